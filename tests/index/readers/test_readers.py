"""Every format becomes the same kind of article."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from index.errors import RejectedFileError
from index.readers import READERS, make_id, read_articles
from index.readers.draft import decode
from index.types import Article

Save = Callable[[str, bytes | str], Path]


def read(path: Path) -> list[Article]:
    return read_articles(path, str(path.parent), path.name)[0]


@pytest.mark.parametrize("ending", sorted(READERS))
def test_each_format_gives_the_same_article(ending: str, make: ModuleType, save: Save) -> None:
    [article] = read(
        save(f"jembatan{'.jsonl' if ending == '.gz' else ''}{ending}", make.contents()[ending])
    )
    assert article.title == make.TITLE
    assert article.published is not None
    assert article.published.isoformat() == make.PUBLISHED
    assert article.language == "id"
    assert [p.text for p in article.paragraphs if p.role == "body"] == make.BODY
    assert [p.number for p in article.paragraphs] == list(range(1, len(article.paragraphs) + 1))


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"]
)
def test_encodings(encoding: str, make: ModuleType, tmp_path: Path) -> None:
    path = tmp_path / "kafe.txt"
    path.write_bytes(f"{make.TITLE}\n\n{make.BODY[0]} Kafé “Élan” ikut dibuka.\n".encode(encoding))
    [article] = read(path)
    assert "Kafé “Élan” ikut dibuka." in article.paragraphs[-1].text


@pytest.mark.parametrize("order", ["<", ">"])
def test_numbers_that_look_like_utf16_are_binary(order: str, tmp_path: Path) -> None:
    path = tmp_path / "angka.txt"
    path.write_bytes(struct.pack(f"{order}2000H", *(1 + n % 30 for n in range(2000))))
    with pytest.raises(RejectedFileError, match="binary"):
        read(path)


def test_an_untitled_text_keeps_all_its_sentences(make: ModuleType, tmp_path: Path) -> None:
    path = tmp_path / "satu.jsonl"
    path.write_text(json.dumps({"text": make.BODY[0]}) + "\n" + json.dumps({"text": "tanpa titik"}))
    first, second = read(path)
    assert [p.text for p in first.paragraphs] == [make.BODY[0]]
    assert make.BODY[0].startswith(first.title.removesuffix("…"))
    assert [(p.text, p.role) for p in second.paragraphs] == [("tanpa titik", "body")]


def test_marks_that_reorder_text_are_dropped(make: ModuleType, tmp_path: Path) -> None:
    path = tmp_path / "rtl.txt"
    path.write_text(
        f"{make.TITLE}\n\nJembatan \u202egnaro\u202c itu dibuka\u200b pada Kamis.\n", "utf-8"
    )
    [article] = read(path)
    assert article.paragraphs[-1].text == "Jembatan gnaro itu dibuka pada Kamis."


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("kosong.txt", b"", "empty"),
        ("spasi.txt", b" \n\n ", "empty"),
        ("biner.md", bytes(range(256)) * 20, "binary"),
        ("gambar.jpg", b"x", "not supported"),
        ("rusak.json", b"{", "broken JSON"),
        ("dalam.json", b"[" * 100_000, "broken JSON"),
        ("tanpa.csv", b"a,b\n1,2\n", "no text"),
        ("menu.txt", b"Home\nLogin\nSearch\n", "no body"),
    ],
)
def test_what_cannot_be_used_is_refused_with_the_reason(
    name: str, content: bytes, reason: str, tmp_path: Path
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(RejectedFileError, match=reason):
        read(path)


def test_a_record_without_a_title_keeps_its_only_block(tmp_path: Path) -> None:
    path = tmp_path / "pendek.jsonl"
    path.write_text(json.dumps({"text": "Di Kepulauan Krakatau Terdapat 400 Tanaman"}))
    [article] = read(path)
    assert [p.text for p in article.paragraphs] == ["Di Kepulauan Krakatau Terdapat 400 Tanaman"]


def test_ids_tell_many_files_of_one_name_apart_and_survive_any_text() -> None:
    ids = {make_id("/berita", f"2022/{n}/index.html", "") for n in range(10_000)}
    assert len(ids) == 10_000
    assert make_id("/berita", "a.jsonl", "\ud800")


@pytest.mark.parametrize("label", ["", "iso-8859-1", "utf-8", "windows-1251", "no-such", "utf-16"])
def test_valid_utf8_wins_over_any_label(label: str) -> None:
    assert decode("“Kafé” – Jum’at".encode(), label) == "“Kafé” – Jum’at"


@pytest.mark.parametrize("label", ["", "iso-8859-1", "latin1", "us-ascii", "utf-8"])
def test_windows_1252_under_whatever_name(label: str) -> None:
    assert decode("Bupati: “siap” – Jum’at".encode("cp1252"), label) == "Bupati: “siap” – Jum’at"


@pytest.mark.parametrize(
    ("encoding", "label"), [("cp932", "shift_jis"), ("gb18030", "gb2312"), ("cp1251", "cp1251")]
)
def test_one_bad_byte_costs_one_character_in_any_encoding(encoding: str, label: str) -> None:
    text = {"cp1251": "Привет из Москвы. "}.get(encoding, "東京で会談した。") * 20
    bad = {"cp1251": b"\x98"}.get(encoding, b"\xff")
    found = decode(text.encode(encoding) + bad + text.encode(encoding), label)
    assert found.startswith(text) and found.endswith(text)
    assert decode("テスト".encode("iso2022_jp"), "iso-2022-jp") == "テスト"


def test_lines_of_two_encodings() -> None:
    lines = ["Judul “satu”", "André tutup", "Lagi: “dua” é", "Kafé – “Élan”"]
    mixed = [
        lines[0].encode(),
        lines[1].encode("cp1252"),
        lines[2].encode(),
        lines[3].encode("cp1252"),
    ]
    assert decode(b"\n".join(mixed)) == "\n".join(lines)
    assert decode("Kafé kota".encode("utf-16")[:-1], "").startswith("Kafé kot")
