"""Runs over folders: what they add, replace and remove, and what a kill leaves."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from index.catalog import Catalog
from index.encoder import StaticEncoder
from index.errors import IncompatibleIndexError, IndexFolderError, LockedIndexError
from index.generations import live_generation
from index.ingest import index_paths, remove_articles
from index.locks import write_lock
from index.store import Store


def contents(index: Path) -> dict[str, tuple[str, ...]]:
    """Everything that can be found, by title."""
    live = live_generation(index)
    assert live is not None
    catalog = Catalog(live.catalog)
    found = {
        one.title: tuple(f"{p.number} {p.role} {p.text}" for p in one.paragraphs)
        for one in catalog.articles()
    }
    catalog.close()
    return found


def test_two_runs_give_the_same_index_as_one(
    corpus: Path, tmp_path: Path, encoder: StaticEncoder
) -> None:
    index = tmp_path / "index"
    first = index_paths(index, [corpus], encoder)
    generation = live_generation(index)
    second = index_paths(index, [corpus], encoder)
    assert (first.added, second.added, second.unchanged) == (3, 0, 3)
    assert live_generation(index) == generation  # nothing to do, nothing written


def test_changed_and_vanished_files(corpus: Path, tmp_path: Path, encoder: StaticEncoder) -> None:
    index = tmp_path / "index"
    index_paths(index, [corpus], encoder)
    pasar = corpus / "pasar.txt"
    pasar.write_text(pasar.read_text("utf-8").replace("140 pedagang", "175 pedagang"), "utf-8")
    (corpus / "bridge.md").unlink()
    summary = index_paths(index, [corpus], encoder)
    assert (summary.added, summary.updated, summary.removed, summary.unchanged) == (0, 1, 1, 1)
    everything = json.dumps(contents(index))
    assert "175 pedagang" in everything
    assert "140 pedagang" not in everything
    assert "Wendle" not in everything
    fresh = tmp_path / "fresh"
    index_paths(fresh, [corpus], encoder)
    assert contents(fresh) == contents(index)


def test_dense_lexical_and_catalog_agree_after_changes(
    corpus: Path, tmp_path: Path, encoder: StaticEncoder
) -> None:
    index = tmp_path / "index"
    index_paths(index, [corpus], encoder)
    (corpus / "bridge.md").unlink()
    index_paths(index, [corpus], encoder)
    store = Store.open(index, encoder)
    everything = {node.node_id for node in store.catalog.all_nodes()}
    vector = encoder.encode(["Wendle bridge"])[0]
    assert {id_ for id_, _ in store.dense(vector, 100)} == everything
    assert {id_ for id_, _ in store.lexical.search("Wendle bridge closed", 100)} <= everything
    for node in store.catalog.all_nodes():
        title = store.article(node.paragraph.article_id).title
        wanted = encoder.encode([f"{title}. {node.paragraph.text}"])[0]
        assert float(store.vectors([node])[0] @ wanted) > 0.999
    store.close()


def test_roots_that_are_not_named_stay(
    corpus: Path, tmp_path: Path, encoder: StaticEncoder
) -> None:
    index, other = tmp_path / "index", tmp_path / "other"
    other.mkdir()
    (other / "satu.txt").write_text(
        "Satu Desa Menanam Seribu Pohon\n\nWarga Desa Contoh menanam seribu pohon pada Minggu.\n"
    )
    index_paths(index, [corpus], encoder)
    index_paths(index, [other], encoder)
    assert len(contents(index)) == 4
    (corpus / "bridge.md").unlink()
    index_paths(index, [other], encoder)
    assert len(contents(index)) == 4


def test_an_emptied_root_is_refused_unless_allowed(
    corpus: Path, tmp_path: Path, encoder: StaticEncoder
) -> None:
    index = tmp_path / "index"
    index_paths(index, [corpus], encoder)
    for file in corpus.iterdir():
        file.unlink()
    with pytest.raises(IndexFolderError, match="--allow-empty"):
        index_paths(index, [corpus], encoder)
    assert len(contents(index)) == 3
    index_paths(index, [corpus], encoder, allow_empty=True)
    assert contents(index) == {}


def test_removed_articles_stay_out_until_they_change(
    corpus: Path, tmp_path: Path, encoder: StaticEncoder
) -> None:
    index = tmp_path / "index"
    index_paths(index, [corpus], encoder)
    [gone] = remove_articles(index, ["bridge"], encoder)
    assert gone.startswith("bridge-")
    index_paths(index, [corpus], encoder)
    assert len(contents(index)) == 2
    bridge = corpus / "bridge.md"
    bridge.write_text(bridge.read_text("utf-8").replace("18,000", "19,000"), "utf-8")
    index_paths(index, [corpus], encoder)
    assert len(contents(index)) == 3
    remove_articles(index, ["bridge"], encoder)
    index_paths(index, [corpus], encoder, restore=True)
    assert len(contents(index)) == 3


def test_bad_files_are_reported_and_stop_nothing(
    corpus: Path, tmp_path: Path, encoder: StaticEncoder
) -> None:
    (corpus / "kosong.txt").write_bytes(b"")
    (corpus / "biner.txt").write_bytes(bytes(range(256)) * 40)
    (corpus / "gambar.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    (corpus / "rusak.json").write_text("{oops", encoding="utf-8")
    (corpus / "baris.jsonl").write_text(
        '{"title": "Baik", "text": "Kalimat yang benar ada di sini."}\n{oops\n[1]\n', "utf-8"
    )
    summary = index_paths(tmp_path / "index", [corpus], encoder)
    reasons = {(Path(path).name, str(reason).split(":")[0]) for path, reason in summary.rejected}
    assert summary.added == 4
    assert {name for name, _ in reasons} == {
        "kosong.txt", "biner.txt", "gambar.png", "rusak.json", "baris.jsonl",
    }  # fmt: skip
    assert ("baris.jsonl", "line 2") in reasons
    assert ("kosong.txt", "empty") in reasons
    again = index_paths(tmp_path / "index", [corpus], encoder)
    assert again.rejected == summary.rejected


def test_what_programs_leave_in_folders_is_not_reported(
    corpus: Path, tmp_path: Path, encoder: StaticEncoder
) -> None:
    (corpus / "$RECYCLE.BIN").mkdir()
    (corpus / "$RECYCLE.BIN" / "lama.txt").write_text("Berita lama yang dibuang orang.", "utf-8")
    for name in ("~$berita.docx", "Thumbs.db", "desktop.ini", ".DS_Store", "._pasar.txt"):
        (corpus / name).write_bytes(b"\0\1 apa saja")
    summary = index_paths(tmp_path / "index", [corpus], encoder)
    assert (summary.added, summary.rejected) == (3, [])


def test_an_index_inside_its_folder_is_passed_over(corpus: Path, encoder: StaticEncoder) -> None:
    (corpus / "lain").mkdir()
    (corpus / "lain" / "kapal.json").write_bytes((corpus / "kapal.json").read_bytes())
    index_paths(corpus / "lain" / "indeks", [corpus / "lain"], encoder)
    for added in (4, 0):
        summary = index_paths(corpus / "indeks", [corpus], encoder)
        assert (summary.added, summary.rejected) == (added, [])


def test_a_missing_path_and_another_encoder(
    corpus: Path, tmp_path: Path, encoder: StaticEncoder
) -> None:
    index = tmp_path / "index"
    with pytest.raises(IndexFolderError, match="does not exist"):
        index_paths(index, [tmp_path / "nowhere"], encoder)
    index_paths(index, [corpus], encoder)
    manifest = index / (index / "live").read_text("ascii") / "manifest.json"
    data = json.loads(manifest.read_text("utf-8"))
    data["encoder"] = "0123456789ab"
    manifest.write_text(json.dumps(data), "utf-8")
    with pytest.raises(IncompatibleIndexError, match="tanya index"):
        Store.open(index, encoder)


def test_a_second_writer_is_refused(corpus: Path, tmp_path: Path, encoder: StaticEncoder) -> None:
    index = tmp_path / "index"
    with write_lock(index, "tanya index"), pytest.raises(LockedIndexError):
        index_paths(index, [corpus], encoder)


RUN = """
import sys
from pathlib import Path
from index.encoder import StaticEncoder
from index.ingest import index_paths
def progress(stage, done, total):
    print(stage, done, flush=True)
    if stage == sys.argv[3]:
        sys.stdin.readline()
index_paths(Path(sys.argv[1]), [Path(sys.argv[2])], StaticEncoder(), progress)
"""


@pytest.mark.skipif(os.name == "nt", reason="SIGKILL")
@pytest.mark.parametrize("stage", ["scan", "read", "encode", "publish"])
def test_a_killed_run_leaves_the_old_index(
    stage: str, corpus: Path, tmp_path: Path, encoder: StaticEncoder
) -> None:
    index = tmp_path / "index"
    index_paths(index, [corpus], encoder)
    before = contents(index)
    (corpus / "bridge.md").unlink()
    (corpus / "baru.txt").write_text("Judul Berita yang Baru\n\nIni kalimat berita yang baru.\n")
    command = [sys.executable, "-c", RUN, str(index), str(corpus), stage]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stdin=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if line.startswith(stage):
                break
        time.sleep(0.05)
        process.send_signal(signal.SIGKILL)
    assert contents(index) == before
    assert Store.open(index, encoder).dense(encoder.encode(["bridge"])[0], 3)
    index_paths(index, [corpus], encoder)
    fresh = tmp_path / "fresh"
    index_paths(fresh, [corpus], encoder)
    assert contents(index) == contents(fresh)


@pytest.mark.parametrize("damage", ["format", "encoder", "file", "pointer"])
def test_an_index_that_can_be_made_again_is(
    damage: str, corpus: Path, tmp_path: Path, encoder: StaticEncoder
) -> None:
    index = tmp_path / "index"
    index_paths(index, [corpus], encoder)
    whole, live = contents(index), live_generation(index)
    assert live is not None
    manifest = json.loads(live.manifest.read_text("utf-8"))
    if damage == "format":
        live.manifest.write_text(json.dumps({"format": manifest["format"] - 1}), "utf-8")
    elif damage == "encoder":
        live.manifest.write_text(json.dumps(manifest | {"encoder": "0" * 12}), "utf-8")
    elif damage == "file":
        live.vectors.unlink()
    else:
        (index / "live").write_text("000099", "utf-8")
    with pytest.raises(IndexFolderError):
        index_paths(index, [corpus], encoder)
    assert index_paths(index, [corpus], encoder, renew=True).added == 3
    assert contents(index) == whole
    assert index_paths(index, [corpus], encoder, renew=True).unchanged == 3
