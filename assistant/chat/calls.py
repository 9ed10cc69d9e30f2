"""Calls of programs: arguments as JSON in, answers as ``Answer.to_dict`` out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from assistant.chat.conversation import answer_from_dict
from assistant.chat.engine import Engine
from assistant.question import QuestionError
from assistant.types import Turn
from index.types import Language
from prompts import MessageError

LOADING_SECONDS = 120.0  # a call waits for the articles at most so long


class UnavailableError(MessageError):
    """No question can be answered at the moment."""


def answered(engine: Engine, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The answer to a call as JSON values, schema version 1; null is no argument.

    Raises:
        QuestionError: an argument is wrong; the message says which and what it could be.
        UnavailableError: the articles are not there in time, or cannot be opened.
    """
    options = {"question": "", **_read(arguments)}
    engine.seen.set()
    if not engine.wait(LOADING_SECONDS):
        raise UnavailableError("not_ready")
    if engine.assistant is None:
        raise UnavailableError("not_opened", reason=engine.failure)
    return engine.assistant.ask(**options).to_dict()


def _read(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """What ``Assistant.ask`` takes."""
    options: dict[str, Any] = {}
    for name, given in arguments.items():
        if name not in _ARGUMENTS:
            raise QuestionError("no_argument", given=repr(name)[:80], known=", ".join(_ARGUMENTS))
        expected, read = _ARGUMENTS[name]
        try:
            if given is not None:
                options[name] = read(given)
        except (ValueError, TypeError, KeyError, AttributeError, OverflowError):
            raise QuestionError(
                "wrong_argument", argument=name, given=repr(given)[:80], expected=expected
            ) from None
    return options


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _language(value: Any) -> Language | None:
    if value == "":
        return None
    if value == "id":
        return "id"
    if value == "en":
        return "en"
    raise ValueError


def _day(value: Any) -> date | None:
    return None if value == "" else date.fromisoformat(value)


def _texts(value: Any) -> list[str]:
    if not isinstance(value, list):
        raise TypeError
    return [_text(one) for one in value]


def _count(value: Any) -> int:
    if isinstance(value, bool) or int(value) != value or value < 1:
        raise ValueError
    return int(value)


def _turns(value: Any) -> list[Turn]:
    return [Turn(_text(one["question"]), answer_from_dict(one["answer"])) for one in value]


_DAY = "YYYY-MM-DD"
_TEXTS = '["…", "…"]'
_ARGUMENTS: dict[str, tuple[str, Callable[[Any], object]]] = {
    "question": ('"…"', _text),
    "language": ('"id", "en"', _language),
    "since": (_DAY, _day),
    "until": (_DAY, _day),
    "sources": (_TEXTS, _texts),
    "articles": (_TEXTS, _texts),
    "top": ("1, 2, 3, …", _count),
    "history": ('[{"question": "…", "answer": {…}}]', _turns),
    "today": (_DAY, _day),
}
"""By name, what an argument could be and what reads it."""
