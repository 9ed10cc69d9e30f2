"""Damaged, read-only and full: what a user is told, and what is restored."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from index.catalog import Catalog
from index.encoder import StaticEncoder
from index.errors import DamagedIndexError, IndexFolderError
from index.generations import Generation, live_generation, probe
from index.ingest import index_paths, rebuild
from index.lexical import LexicalIndex
from index.lexicon import Lexicon
from index.retrieve import HybridRetriever
from index.store import Store
from index.vectors import ChromaStore
from index.vocabulary import vocabulary_file

QUESTION = "When was the Wendle bridge opened?"


@pytest.fixture
def index(built: Path, tmp_path: Path) -> Path:
    """A copy of the built index, whose source files are elsewhere."""
    return Path(shutil.copytree(built, tmp_path / "index"))


def live(index: Path) -> Generation:
    found = live_generation(index)
    assert found is not None
    return found


def ids(index: Path) -> tuple[list[str], list[str], list[str]]:
    generation = live(index)
    catalog, chroma = Catalog(generation.catalog), ChromaStore(generation.chroma)
    lexical = LexicalIndex(generation.tantivy, Lexicon())
    found = [node.node_id for node in catalog.all_nodes()]
    everything = sorted(found), sorted(chroma.ids()), sorted(lexical.ids())
    catalog.close()
    chroma.close()
    return everything


def found(store: Store) -> list[tuple[str, float]]:
    nodes = HybridRetriever(store, top=5).retrieve(QUESTION)
    return [(one.node.get_content(), round(one.score or 0.0, 3)) for one in nodes]


def no_chroma(index: Path) -> None:
    shutil.rmtree(live(index).chroma)


def no_tantivy(index: Path) -> None:
    shutil.rmtree(live(index).tantivy)


def garbage_in_chroma(index: Path) -> None:
    database = live(index).chroma / "chroma.sqlite3"
    database.write_bytes(b"\xa5" * database.stat().st_size)


def short_tantivy(index: Path) -> None:
    file = max(live(index).tantivy.iterdir(), key=lambda path: path.stat().st_size)
    os.truncate(file, file.stat().st_size // 2)


def no_words(index: Path) -> None:
    shutil.rmtree(live(index).words)


def garbage_in_words(index: Path) -> None:
    file = vocabulary_file(live(index).words)
    file.write_bytes(b"\xa5" * file.stat().st_size)


def no_pointer_target(index: Path) -> None:
    (index / "live").write_text("000099")


@pytest.mark.parametrize(
    "damage",
    [
        no_chroma,
        no_tantivy,
        no_words,
        garbage_in_chroma,
        garbage_in_words,
        short_tantivy,
        no_pointer_target,
    ],
)
def test_a_damaged_engine_is_named_and_rebuilt_without_the_sources(
    damage: Callable[[Path], None], index: Path, encoder: StaticEncoder
) -> None:
    with Store.open(index, encoder) as store:
        before = found(store)
    damage(index)
    with pytest.raises(DamagedIndexError, match="tanya index --rebuild --index"):
        Store.open(index, encoder)
    assert rebuild(index) == len(ids(index)[0])
    catalog, chroma, lexical = ids(index)
    assert catalog == chroma == lexical
    with Store.open(index, encoder) as store:
        assert found(store) == before


def test_a_generation_that_disagrees_with_itself_is_explained(index: Path) -> None:
    generation = live(index)
    stated = generation.read_manifest()
    assert probe(generation, stated) is None
    failure = probe(generation, replace(stated, articles=stated.articles + 1))
    assert failure is not None
    assert (failure.name, failure.values["articles"]) == ("other_counts", stated.articles)
    failure = probe(generation, stated, index / "nowhere")
    assert failure is not None
    assert failure.name == "as_told"


@pytest.mark.parametrize("name", ["vectors.f16", "catalog.sqlite"])
def test_what_cannot_be_rebuilt_is_said(name: str, index: Path) -> None:
    os.truncate(live(index).folder / name, 100)
    with pytest.raises(DamagedIndexError, match="tanya index PATH"):
        rebuild(index)


@contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """``folder`` as one that this user cannot write, also when that is root."""
    if os.geteuid() != 0:
        paths = [folder, *folder.rglob("*")]
        for path in paths:
            path.chmod(0o555 if path.is_dir() else 0o444)
        yield
        for path in paths:
            path.chmod(0o755 if path.is_dir() else 0o644)
        return
    mount = ["mount", "--bind", "-o", "ro", str(folder), str(folder)]
    if shutil.which("mount") is None or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("root writes everything, and may not mount here")
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.mark.skipif(os.name == "nt", reason="permissions")
def test_a_read_only_index_is_asked_but_not_written(
    index: Path, corpus: Path, encoder: StaticEncoder
) -> None:
    with Store.open(index, encoder) as store:
        before = found(store)
    with read_only(index):
        with Store.open(index, encoder) as store:
            assert found(store) == before
        with pytest.raises(IndexFolderError, match="cannot write to"):
            index_paths(index, [corpus], encoder)


LIMITED = """
import resource, sys
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]), resource.RLIM_INFINITY))
from assistant.cli import main
sys.exit(main(sys.argv[2:]))
"""


@pytest.mark.skipif(os.name == "nt", reason="limits on files")
@pytest.mark.parametrize("most_bytes", [1_000, 60_000, 150_000])
def test_a_run_that_cannot_write_on_leaves_the_index_as_it_was(
    most_bytes: int, index: Path, tmp_path: Path, corpus: Path, encoder: StaticEncoder
) -> None:
    """A limit on the size of files fails like a full disk, at another place for each limit."""
    before, generation = ids(index), live(index)
    articles = "\n".join(
        f'{{"title": "Berita {n}", "text": "Kalimat nomor {n} {"kata " * 60}."}}' for n in range(90)
    )
    (corpus / "many.jsonl").write_text(articles)
    command = [sys.executable, "-c", LIMITED, str(most_bytes), "index", str(corpus)]
    command += ["--index", str(index)]
    result = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert result.returncode == 1
    assert "the index is as it was before" in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1
    assert (live(index), ids(index)) == (generation, before)
    assert [path.name for path in index.iterdir() if path.is_dir()] == [generation.folder.name]
    assert index_paths(index, [corpus], encoder).added >= 90
