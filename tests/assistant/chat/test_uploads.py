"""Added files get a folder of their own, and results say what became of each."""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant.chat.engine import Engine
from assistant.chat.html import View
from assistant.chat.lists import FileResult, failure, file_results
from assistant.chat.uploads import Removed, add, bring_back, origins, remove, store_file, store_text
from assistant.runs import RunFailedError
from index.catalog import Catalog
from index.encoder import StaticEncoder
from index.generations import live_generation
from index.ingest import index_paths
from index.readers import read_articles
from prompts import Message

STORY = "Taman Kota Belira Dibuka\n\nTaman kota Belira dibuka untuk umum pada Selasa pagi.\n"


def results(steps: Iterator[object]) -> list[FileResult]:
    *_, last = steps
    assert isinstance(last, list)
    return last


def titles(index: Path) -> list[str]:
    live = live_generation(index)
    assert live is not None
    catalog = Catalog(live.catalog)
    found = [article.title for article in catalog.articles(text=False)]
    catalog.close()
    return found


def test_names_are_harmless_and_nothing_is_overwritten(tmp_path: Path) -> None:
    added, source = tmp_path / "added", tmp_path / "in"
    source.mkdir()
    stored = []
    for content in ("satu", "dua", "satu"):
        file = source / "..evil name<b>.TXT"
        file.write_text(content)
        stored.append(store_file(added, file))
    assert [one.known for one in stored] == [False, False, True]
    assert stored[0].path == stored[2].path != stored[1].path
    assert all(one.path.parent == added for one in stored)
    assert {one.path.name for one in stored} == {"evil-name-b.txt", "evil-name-b-2.txt"}
    assert stored[1].path.read_text() == "dua"
    assert list(source.iterdir()) == []  # nothing is left where it was uploaded
    assert store_text(added, "../../x\nisi").path.parent == added


def test_a_packed_file_keeps_what_says_how_to_read_it(tmp_path: Path) -> None:
    added = tmp_path / "added"
    row = json.dumps({"judul": "Taman Kota Belira Dibuka", "isi": "Taman itu dibuka pada Selasa."})
    for name, kept in (
        ("Berita Kota.jsonl.gz", "Berita-Kota.jsonl.gz"),
        ("berita.v2.JSON.GZ", "berita-v2.json.gz"),
        ("berita.v2.gz", "berita-v2.gz"),
    ):
        file = tmp_path / name
        file.write_bytes(gzip.compress(row.encode()))
        stored = store_file(added, file)
        assert (stored.name, stored.path.name) == (name, kept)
    for path in added.glob("*.json*.gz"):
        [article], reasons = read_articles(path, str(added), path.name)
        assert (article.title, reasons) == ("Taman Kota Belira Dibuka", [])
    if os.name == "posix":
        assert added.stat().st_mode & 0o077 == 0


def test_a_text_without_a_headline_gets_one_that_can_be_read(tmp_path: Path) -> None:
    engine = Engine(tmp_path / "index", None, samples=False)
    first = (
        "Taman kota Belira dibuka untuk umum pada Selasa pagi oleh wali kota Sinta Harum sendiri"
    )
    long = f"{first}. " * 60
    short = "Pasar Belira dibuka. " + "Pedagang berjualan lagi di sana sejak pagi. " * 20
    found = results(add(engine, [store_text(engine.added, one) for one in (long, short)]))
    assert all(one.reason is None for one in found)
    assert sorted(titles(engine.own_index)) == [
        "Pasar Belira dibuka",
        "Taman kota Belira dibuka untuk umum pada Selasa pagi oleh wali kota …",
    ]


def test_add_remove_and_add_again(tmp_path: Path) -> None:
    engine = Engine(tmp_path / "index", None, samples=False)
    bad = tmp_path / "foto.txt"
    bad.write_bytes(bytes(range(256)) * 40)
    picture = tmp_path / "a.png"
    picture.write_bytes(b"\x89PNG")
    stored = [store_text(engine.added, STORY)]
    stored += [store_file(engine.added, file) for file in (bad, picture)]
    good, rejected, unknown = results(add(engine, stored))
    assert good == FileResult("Taman Kota Belira Dibuka", ("Taman Kota Belira Dibuka",))
    assert rejected.reason == Message("binary")
    for language, binary, format_ in (
        ("id", "berisi data biner, bukan teks", "format .png tidak didukung"),
        ("en", "binary data, not text", "format .png not supported"),
    ):
        page = file_results(View(language), [rejected, unknown])
        assert binary in page and format_ in page
    assert "not supported" in str(unknown.reason)
    assert [path.name for path in engine.added.iterdir()] == [stored[0].path.name]
    assert not bad.exists() and not picture.exists()
    assert store_text(engine.added, STORY).known
    live = live_generation(engine.own_index)
    assert live is not None
    [article] = Catalog(live.catalog).articles(text=False)
    *_, removed = remove(engine, article.id)
    assert isinstance(removed, Removed)
    assert (removed.title, removed.origin) == ("Taman Kota Belira Dibuka", "added")
    assert titles(engine.own_index) == []
    assert list(engine.added.iterdir()) == []
    results(add(engine, bring_back(engine, removed.key)))
    assert titles(engine.own_index) == ["Taman Kota Belira Dibuka"]
    assert bring_back(engine, removed.key) == []


def test_copies_and_parts_left_out_are_told(tmp_path: Path) -> None:
    engine = Engine(tmp_path / "index", None, samples=False)
    title, body = STORY.strip().split("\n\n")
    row = json.dumps({"judul": title, "isi": body, "id": 1})
    table = tmp_path / "tabel.jsonl"
    table.write_text(f"{row}\n{{oops\n")
    first, second = results(
        add(engine, [store_file(engine.added, table), store_text(engine.added, STORY)])
    )
    assert (first.titles, len(first.left_out)) == ((title,), 1)
    assert "line 2" in str(first.left_out[0])
    assert second.titles == (title,)
    assert [first.known, second.known].count(True) == 1
    live = live_generation(engine.own_index)
    assert live is not None
    [article] = Catalog(live.catalog).articles(text=False)
    list(remove(engine, article.id))
    assert titles(engine.own_index) == []


def test_an_article_of_the_users_folder_keeps_its_file(
    corpus: Path, tmp_path: Path, encoder: StaticEncoder
) -> None:
    engine = Engine(tmp_path / "index", None, samples=False)
    index_paths(engine.own_index, [corpus], encoder)
    before = sorted(corpus.iterdir())
    live = live_generation(engine.own_index)
    assert live is not None
    first = Catalog(live.catalog).articles(text=False)[0]
    assert set(origins(engine, Catalog(live.catalog), [first.id]).values()) == {"folder"}
    *_, removed = remove(engine, first.id)
    assert removed == Removed(first.title, "folder")  # its file was not touched
    assert first.title not in titles(engine.own_index)
    assert sorted(corpus.iterdir()) == before


def test_an_article_of_a_file_with_others_leaves_the_file(tmp_path: Path) -> None:
    engine = Engine(tmp_path / "index", None, samples=False)
    rows = [
        {"judul": f"Pasar {name} dibuka", "isi": f"Pasar {name} dibuka oleh wali kota."}
        for name in ("Belira", "Tamora")
    ]
    table = tmp_path / "tabel.jsonl"
    table.write_text("\n".join(map(json.dumps, rows)))
    results(add(engine, [store_file(engine.added, table)]))
    live = live_generation(engine.own_index)
    assert live is not None
    first, _ = Catalog(live.catalog).articles(text=False)
    *_, removed = remove(engine, first.id)
    assert removed == Removed(first.title, "part")
    assert len(titles(engine.own_index)) == 1
    assert [path.name for path in engine.added.iterdir()] == ["tabel.jsonl"]


def test_a_removal_that_fails_keeps_the_file(tmp_path: Path) -> None:
    engine = Engine(tmp_path / "index", None, samples=False)
    stored = store_text(engine.added, STORY)
    results(add(engine, [stored]))
    live = live_generation(engine.own_index)
    assert live is not None
    [article] = Catalog(live.catalog).articles(text=False)
    manifest = next(engine.own_index.glob("*/manifest.json"))
    manifest.write_text("broken")
    with pytest.raises(RunFailedError):
        list(remove(engine, article.id))
    assert stored.path.read_text(encoding="utf-8").startswith("Taman Kota Belira")


def test_what_is_kept_to_be_brought_back_ends_with_the_chat(tmp_path: Path) -> None:
    engine = Engine(tmp_path / "index", None, samples=False)
    key = engine.keep_removed(store_text(engine.added, STORY).path)
    kept = engine.removed[key]
    assert kept.exists()
    engine.close()
    assert not kept.exists()
    assert bring_back(engine, key) == []


def test_a_run_that_fails_says_why(tmp_path: Path) -> None:
    engine = Engine(tmp_path / "index", None, samples=False)
    with pytest.raises(RunFailedError, match="does not exist") as failed:
        list(engine.run(engine.own_index, "index", str(tmp_path / "<nowhere>")))
    page = failure(View("id"), "run_failed", reason=failed.value.message)
    assert "&lt;nowhere&gt; tidak ada; sebutkan folder" in page
    with pytest.raises(RunFailedError) as failed:
        list(remove(engine, "zzz"))
    assert "tidak ada indeks di" in failed.value.text("id")


def test_an_index_that_cannot_be_opened_is_explained_on_the_page(tmp_path: Path) -> None:
    engine = Engine(tmp_path / "index", None, samples=False)
    engine.start()
    assert engine.wait(60)
    assert engine.assistant is None
    assert engine.failure == Message("no_index", index=tmp_path / "index")


def test_the_page_says_why_the_first_run_made_no_index(tmp_path: Path) -> None:
    (tmp_path / "berita").mkdir()
    (tmp_path / "berita" / "taman.txt").write_text(STORY, encoding="utf-8")
    (tmp_path / "file").write_text("no folder", encoding="utf-8")
    engine = Engine(tmp_path / "file" / "index", tmp_path / "berita", samples=False)
    engine.start()
    assert engine.wait(60)
    assert engine.failure is not None
    assert engine.failure.name != "no_index"
    assert str(tmp_path / "file") in engine.failure.text("id")
