"""Many questions from a file, their answers into another: one JSON object a line."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import orjson

from assistant.assistant import Assistant
from assistant.question import QuestionError
from index.errors import RejectedFileError
from index.readers.draft import decode
from index.types import Language
from prompts import Message


def ask_lines(
    assistant: Assistant, lines: Sequence[str], top: int = 5, language: Language = "en"
) -> Iterator[dict[str, Any]]:
    """A row for each line that is not blank, in order: the answer, or ``error`` where it failed.

    A line is ``{"question": …}``, with ``id``, ``today``, ``since``, ``until`` (dates) and
    ``sources`` (outlets) if wanted; further fields are left alone. Each row has ``line`` and
    ``question``, and ``id`` where one was given. A bad line stops nothing; ``language`` is that
    of the errors.
    """
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        row: dict[str, Any] = {"line": number}
        try:
            asked = _parsed(line)
            row |= {name: asked[name] for name in ("id", "question") if name in asked}
            answer = assistant.ask(
                asked["question"],
                today=_day(asked, "today"),
                since=_day(asked, "since"),
                until=_day(asked, "until"),
                sources=_sources(asked),
                top=top,
            )
            row |= answer.to_dict()
        except Exception as error:  # whatever is wrong with one question, the others are asked
            row["error"] = Message("as_told", text=error).text(language)
        yield row


def _parsed(line: str) -> dict[str, Any]:
    try:
        asked = orjson.loads(line)
    except ValueError as error:  # of half a surrogate pair and deep nests as well
        raise QuestionError("broken_json", error=error) from None
    if not isinstance(asked, dict) or not isinstance(asked.get("question"), str):
        raise QuestionError("no_question_in_line")
    return asked


def _day(asked: dict[str, Any], name: str) -> date | None:
    value = asked.get(name)
    try:
        return date.fromisoformat(value) if value else None
    except (TypeError, ValueError):
        raise QuestionError("no_day", field=name, value=repr(value)) from None


def _sources(asked: dict[str, Any]) -> list[str]:
    sources = asked.get("sources") or []
    return [sources] if isinstance(sources, str) else [str(one) for one in sources]


def read_lines(path: Path) -> list[str]:
    """The lines of a file of questions, in UTF-8 or what its bytes speak for.

    Raises:
        QuestionError: it cannot be read.
    """
    try:
        return re.split(r"\r\n?|\n", decode(path.read_bytes()))
    except (OSError, RejectedFileError) as error:
        raise QuestionError("unread_questions", path=path, error=error) from error
