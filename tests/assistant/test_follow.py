"""A long-lived assistant while runs of other processes change the index."""

from __future__ import annotations

import gc
import subprocess
import sys
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from assistant import Answer, Assistant, assistant
from index.encoder import StaticEncoder
from index.ingest import index_paths
from index.store import Store

VISIBLE_SECONDS = 2.0
BRIDGE = "When was the Wendle bridge opened?"
PARK = "Kapan taman kota Belira dibuka untuk umum?"
STORY = "Taman Kota Belira Dibuka\n\nTaman kota Belira dibuka untuk umum pada Selasa pagi.\n"


def run(index: Path, corpus: Path) -> None:
    command = [sys.executable, "-m", "assistant.cli", "index", str(corpus), "--index", str(index)]
    subprocess.run(command, check=True, capture_output=True, timeout=120)


def cited(answer: Answer) -> str:
    return " ".join(one.title for one in answer.citations)


def within(seconds: float, seen: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + seconds
    while not seen():
        if time.monotonic() > deadline:
            return False
    return True


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[threading.Thread]]:
    """The threads that opened a generation."""
    threads: list[threading.Thread] = []
    real = Store.open

    def noted(*arguments: object) -> Store:
        threads.append(threading.current_thread())
        return real(*arguments)  # type: ignore[arg-type]  # handed on as they came

    monkeypatch.setattr(Store, "open", noted)
    yield threads


def test_a_run_is_seen_in_time_and_no_question_opens_it(
    corpus: Path, tmp_path: Path, encoder: StaticEncoder, opened: list[threading.Thread]
) -> None:
    index = tmp_path / "index"
    index_paths(index, [corpus], encoder)
    asked = Assistant.open(index)
    asked.follow()
    opened.clear()
    assert "Wendle" in cited(asked.ask(BRIDGE))
    (corpus / "taman.txt").write_text(STORY)
    (corpus / "bridge.md").unlink()
    ended, errors = threading.Event(), []

    def ask_on() -> None:
        try:
            while not ended.is_set():
                asked.ask(BRIDGE)
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=ask_on) for _ in range(2)]
    for thread in threads:
        thread.start()
    run(index, corpus)
    assert "Wendle" not in cited(asked.ask(BRIDGE))  # at once
    assert within(VISIBLE_SECONDS, lambda: "Belira" in cited(asked.ask(PARK)))
    ended.set()
    for thread in threads:
        thread.join()
    assert errors == []
    assert len(opened) == 1
    assert not {threading.current_thread(), *threads} & set(opened)


def test_what_is_gone_is_not_cited_before_the_new_state_is_open(
    corpus: Path, tmp_path: Path, encoder: StaticEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(assistant, "FOLLOW_SECONDS", 600.0)
    index = tmp_path / "index"
    index_paths(index, [corpus], encoder)
    asked = Assistant.open(index)
    asked.follow()
    before = asked.store.name
    (corpus / "bridge.md").unlink()
    index_paths(index, [corpus], encoder)
    answer = asked.ask(BRIDGE)
    assert "Wendle" not in cited(answer)
    assert "Wendle" not in " ".join(one.article.title for one in answer.nearest)
    assert "Lok Sari" in cited(asked.ask("Mengapa pasar terapung Lok Sari ditutup?"))
    assert asked.store.name == before
    asked.refresh()
    assert asked.store.name != before


def test_nobody_is_followed_for_ever(built: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(assistant, "FOLLOW_SECONDS", 0.01)
    threads = threading.active_count()
    asked = Assistant.open(built)
    asked.follow()
    gone = weakref.ref(asked)
    del asked

    def ended() -> bool:
        gc.collect()
        return gone() is None and threading.active_count() <= threads

    assert within(10, ended)


def test_a_damaged_new_state_leaves_the_old_one_in_use(
    corpus: Path, tmp_path: Path, encoder: StaticEncoder, caplog: pytest.LogCaptureFixture
) -> None:
    index = tmp_path / "index"
    index_paths(index, [corpus], encoder)
    asked = Assistant.open(index)
    asked.follow()
    (index / "other").write_text("000099")
    (index / "other").replace(index / "live")  # at once, as runs do
    assert within(10, lambda: "000099" in caplog.text)
    assert "Wendle" in cited(asked.ask(BRIDGE))
    assert caplog.text.count("cannot be opened") == 1
