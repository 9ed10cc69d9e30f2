"""What a question may come with, and what is told of anything else."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import date, datetime
from pathlib import Path

import pytest

from assistant import Assistant, Turn
from assistant.question import QuestionError
from assistant.request import MAX_SEARCH_CHARS

QUESTION = "When was the Wendle bridge opened?"


@pytest.fixture(scope="module")
def assistant(built: Path) -> Assistant:
    return Assistant.open(built)


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("question", None), ("question", b"When?"), ("since", "2022-01-01"), ("until", 20220101),
        ("today", "kemarin"), ("sources", "The Sample Gazette"), ("sources", None),
        ("sources", [1]), ("articles", "bridge"), ("articles", b"bridge"), ("search", None),
        ("language", "fr"), ("top", "5"), ("top", True), ("history", "before"),
        ("history", [("When?", "In 1964")]),
    ],
)  # fmt: skip
def test_a_wrong_type_is_told_by_name(name: str, given: object, assistant: Assistant) -> None:
    arguments = {"question": QUESTION, name: given}
    with pytest.raises(QuestionError, match=rf"^{name} cannot be "):
        assistant.ask(**arguments)  # type: ignore[arg-type]  # that is what is tested


def test_a_search_text_is_bounded(assistant: Assistant) -> None:
    assert assistant.ask(QUESTION, search="bridge " * 70).short == "1964"
    with pytest.raises(QuestionError, match="shorten it"):
        assistant.ask(QUESTION, search="x" * (MAX_SEARCH_CHARS + 1))


def test_halves_of_surrogate_pairs_are_passed_over(assistant: Assistant) -> None:
    broken = "When was the Wendle\udce9 bridge\ud83d opened?\x00\u202e"
    before = assistant.ask(QUESTION)
    assert assistant.ask(broken).text == before.text
    history = [Turn(broken, before)]
    follow_up = assistant.ask("And how many vehicles cross it?\ud800", history=history)
    follow_up.understood.encode()
    assert "18,000" in follow_up.text
    assert assistant.ask(QUESTION, search="\ud800", sources=["\udfff"]).abstained


@pytest.mark.parametrize("today", [date.min, date.max, datetime(9999, 12, 31, 23, 59)])
@pytest.mark.parametrize("asked", ["kemarin", "hari ini", "besok", "pekan depan", "2 tahun lalu"])
def test_no_day_is_too_odd(today: date, asked: str, assistant: Assistant) -> None:
    answer = assistant.ask(f"Berapa pedagang yang berjualan di Lok Sari {asked}?", today=today)
    assert answer.abstained != bool(answer.citations)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system copies no processes")
def test_a_copy_of_a_process_says_that_it_cannot_ask_and_asks_with_an_assistant_of_its_own(
    built: Path,
) -> None:
    code = """
import os, signal, sys
from assistant import Assistant
from index.errors import ForkedError
from index.retrieve import HybridRetriever

def ask(asking):
    try:
        print(asking(sys.argv[2]).short, flush=True)
    except ForkedError as error:
        print("forked:", error, flush=True)

assistant = Assistant.open(sys.argv[1])
store = assistant.store
ask(assistant.ask)
if os.fork() == 0:
    signal.alarm(600)  # where it hangs
    ask(assistant.ask)
    ask(HybridRetriever(store).retrieve)
    del store
    assistant = Assistant.open(sys.argv[1])
    ask(assistant.ask)
    sys.exit()
_, status = os.wait()
print(os.waitstatus_to_exitcode(status))
ask(assistant.ask)
"""
    command = [sys.executable, "-c", code, str(built), QUESTION]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=1_200, check=True)
    first, own, retrieved, anew, ended, still = ran.stdout.splitlines()
    assert (first, anew, ended, still) == ("1964", "1964", "0", "1964")
    for told in (own, retrieved):
        assert told.startswith("forked:")
        assert "Assistant.open" in told
