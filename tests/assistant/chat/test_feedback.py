"""What users say of answers is appended to a file; what no answer can be is not."""

from __future__ import annotations

import json
import os
import stat
from dataclasses import replace
from pathlib import Path

import pytest

from assistant import Assistant
from assistant.chat.conversation import Exchange
from assistant.chat.feedback import MAX_ROW_CHARS, record


def test_rows_are_bounded(built: Path, tmp_path: Path) -> None:
    question = "When was the Wendle bridge opened?"
    exchange = Exchange.new(question, Assistant.open(built).ask(question))
    file = tmp_path / "feedback.jsonl"
    file.touch(mode=0o644)
    record(file, exchange, "x" * 10_000 + "\ud800", built)
    with pytest.raises(ValueError, match="characters"):
        record(file, replace(exchange, question="x" * MAX_ROW_CHARS), "", built)
    if os.name == "posix":
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    [row] = map(json.loads, file.read_text(encoding="utf-8").splitlines())
    assert row["question"] == question
    assert len(row["comment"]) == 2_000
