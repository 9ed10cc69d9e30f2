"""What a question may come with: the arguments of ``Assistant.ask``, checked by name."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import date, datetime
from typing import Any

from assistant.question import QuestionError
from assistant.types import Answer, Turn

MAX_SEARCH_CHARS = 500


def check_request(arguments: Mapping[str, object]) -> None:
    """
    Raises:
        QuestionError: an argument is of a type that it cannot have, or a search text is too long.
    """
    for name, given in arguments.items():
        expected, fits = _ARGUMENTS[name]
        if not fits(given):
            raise QuestionError(
                "wrong_argument", argument=name, given=repr(given)[:80], expected=expected
            )
    search = arguments.get("search")
    if isinstance(search, str) and len(search) > MAX_SEARCH_CHARS:
        raise QuestionError("long_search", count=len(search), most=MAX_SEARCH_CHARS)


def day_of(given: date) -> date:
    """The day of a date that may have a time, which no day compares with."""
    return given.date() if isinstance(given, datetime) else given


def _is_text(given: object) -> bool:
    return isinstance(given, str)


def _are_texts(given: object) -> bool:
    if not isinstance(given, Collection) or isinstance(given, str | bytes):
        return False
    return all(map(_is_text, given))


def _are_turns(given: object) -> bool:
    return isinstance(given, Collection) and all(
        isinstance(one, Turn) and _is_text(one.question) and isinstance(one.answer, Answer)
        for one in given
    )


def _is_day(given: object) -> bool:
    return given is None or isinstance(given, date)


_DAY = "datetime.date(2024, 5, 31)"
_TEXTS = '["…", "…"]'
_ARGUMENTS: dict[str, tuple[str, Callable[[Any], bool]]] = {
    "question": ('"…"', _is_text),
    "history": ('[Turn("…", answer)]', _are_turns),
    "today": (_DAY, _is_day),
    "since": (_DAY, _is_day),
    "until": (_DAY, _is_day),
    "sources": (_TEXTS, _are_texts),
    "search": ('"…"', _is_text),
    "articles": (_TEXTS, lambda given: given is None or _are_texts(given)),
    "language": ('"id", "en"', lambda given: given in (None, "id", "en")),
    "top": ("1, 2, 3, …", lambda given: isinstance(given, int) and not isinstance(given, bool)),
}
"""By name, what an argument could be and whether it is that."""
