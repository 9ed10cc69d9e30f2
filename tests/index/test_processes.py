"""Readers in processes of their own while runs change the index."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import threading
from pathlib import Path
from typing import IO

import pytest

from index.encoder import StaticEncoder
from index.generations import live_generation
from index.ingest import index_paths, remove_articles

# Asks again and again, as the assistant does: it looks at what is live before each question.
READER = """
import json, sys, time
from pathlib import Path
from index.encoder import StaticEncoder
from index.generations import live_generation
from index.retrieve import HybridRetriever
from index.store import Store
index, encoder = Path(sys.argv[1]), StaticEncoder()
store = Store.open(index, encoder)
while True:
    asked = time.time()
    live = live_generation(index)
    if live.folder.name != store.name:
        store = Store.open(index, encoder, store.lexicon)
    nodes = HybridRetriever(store, top=50).retrieve("Wendle bridge, pasar Lok Sari, berita baru")
    print(json.dumps({"asked": asked, "generation": store.name,
                      "titles": sorted({one.node.metadata["title"] for one in nodes})}), flush=True)
    time.sleep(0.02)
"""


def lines_of(stream: IO[str]) -> queue.Queue[dict[str, object]]:
    """What the stream says, line by line, as it comes."""
    lines: queue.Queue[dict[str, object]] = queue.Queue()

    def read() -> None:
        for line in stream:
            lines.put(json.loads(line))

    threading.Thread(target=read, daemon=True).start()
    return lines


def test_readers_follow_the_runs_of_another_process(
    corpus: Path, tmp_path: Path, encoder: StaticEncoder
) -> None:
    index = tmp_path / "index"
    index_paths(index, [corpus], encoder)
    readers = [
        subprocess.Popen(
            [sys.executable, "-c", READER, str(index)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    try:
        answers = [lines_of(reader.stdout) for reader in readers if reader.stdout]
        for one in answers:
            assert any("Wendle" in title for title in one.get(timeout=120)["titles"])  # type: ignore[attr-defined]

        def expect(present: str, absent: str) -> None:
            """The live generation is used for every question asked from now on."""
            live = live_generation(index)
            assert live is not None
            for one in answers:
                while (answer := one.get(timeout=120))["generation"] != live.folder.name:
                    pass
                assert any(present in title for title in answer["titles"])  # type: ignore[attr-defined]
                assert not any(absent in title for title in answer["titles"])  # type: ignore[attr-defined]

        (corpus / "baru.txt").write_text("Judul Berita Baru Ini\n\nIni kalimat berita baru.\n")
        (corpus / "kapal.json").unlink()
        index_paths(index, [corpus], encoder)
        expect(present="Berita Baru", absent="Samudra Jaya")
        remove_articles(index, ["baru"], encoder)
        expect(present="Wendle", absent="Berita Baru")
        (corpus / "bridge.md").unlink()
        index_paths(index, [corpus], encoder)
        expect(present="Lok Sari", absent="Wendle")
        for reader in readers:
            assert reader.poll() is None, reader.stderr and reader.stderr.read()
    finally:
        for reader in readers:
            reader.kill()
            reader.communicate()


SLOW_READER = """
import sys
from pathlib import Path
from concurrent.futures import ThreadPoolExecutor
from index.encoder import StaticEncoder
from index.retrieve import HybridRetriever
from index.store import Store
store = Store.open(Path(sys.argv[1]), StaticEncoder())
print("open", flush=True)
sys.stdin.readline()
def ask(question):
    return {one.node.metadata["title"] for one in HybridRetriever(store).retrieve(question)}
with ThreadPoolExecutor(4) as threads:  # each opens a connection of its own to the catalog
    print(max(len(one) for one in threads.map(ask, ["Wendle bridge"] * 8)))
"""


@pytest.mark.skipif(os.name == "nt", reason="on Windows open files cannot be deleted")
def test_a_slow_reader_keeps_its_generation(
    corpus: Path, tmp_path: Path, encoder: StaticEncoder
) -> None:
    """Opened, then silent while four runs publish; its first question opens files lazily."""
    index = tmp_path / "index"
    index_paths(index, [corpus], encoder)
    first = live_generation(index)
    assert first is not None
    command = [sys.executable, "-c", SLOW_READER, str(index)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as reader:
        assert reader.stdout is not None
        assert reader.stdout.readline() == "open\n"
        for number in range(3):
            (corpus / "baru.txt").write_text(
                f"Judul Berita Nomor {number}\n\nKalimat {number} ini.\n"
            )
            index_paths(index, [corpus], encoder)
        assert first.complete
        answer, _ = reader.communicate("\n")
        assert answer.strip() == "3"
    (corpus / "baru.txt").unlink()
    index_paths(index, [corpus], encoder)
    assert not first.complete
