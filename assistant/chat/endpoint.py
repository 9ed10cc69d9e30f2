"""The endpoint ``/ask`` of the chat's server: for programs, answers as ``Answer.to_dict``."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any, TypeVar

import gradio as gr

from assistant.chat.conversation import answer_from_dict
from assistant.chat.engine import Engine
from assistant.question import QuestionError
from assistant.types import Turn
from index.types import Language
from prompts import phrase

LOADING_SECONDS = 120.0  # a call waits for the articles at most so long

Value = TypeVar("Value")


class Endpoint:
    """Answers the calls of programs; wrong arguments are explained in the language of the call."""

    def __init__(self, engine: Engine, language: Language) -> None:
        """``language``: of messages, where a call names none."""
        self._engine = engine
        self._language = language

    def ask(
        self,
        question: str,
        language: str = "",
        since: str = "",
        until: str = "",
        sources: list[str] | None = None,
        articles: list[str] | None = None,
        top: int = 5,
        history: list[dict[str, Any]] | None = None,
    ) -> dict[str, Any]:
        """The answer to a question as JSON, schema version 1.

        ``language`` ("id" or "en") is that of the answer, by default the question's; ``since`` and
        ``until`` are inclusive days such as 2023-05-12, ``sources`` outlets and ``articles`` ids
        that may answer; ``top`` bounds the nearest articles of a declined answer. ``history`` are
        the turns that a follow-up leans on: ``{"question": …, "answer": …}``, the answers as they
        were returned.
        """
        spoken: Language = (
            "en" if language == "en" else "id" if language == "id" else self._language
        )
        self._engine.seen.set()
        if not self._engine.wait(LOADING_SECONDS):
            raise _error(phrase(spoken, f"chat.stage_{self._engine.status.stage}"))
        if self._engine.assistant is None:
            raise _error(phrase(spoken, "chat.cannot_open", reason=self._engine.failure))

        def checked(name: str, given: Any, expected: str, read: Callable[[Any], Value]) -> Value:
            try:
                return read(given)
            except (ValueError, TypeError, KeyError, AttributeError):
                told = phrase(
                    spoken, "chat.wrong_argument", argument=name, given=repr(given)[:80],
                    expected=expected,
                )  # fmt: skip
                raise _error(told) from None

        day, texts = "YYYY-MM-DD", '["…", "…"]'
        turn = '[{"question": "…", "answer": {…}}]'
        try:
            answer = self._engine.assistant.ask(
                checked("question", question, '"…"', _text),
                language=checked("language", language, '"id", "en"', _language),
                since=checked("since", since, day, _day),
                until=checked("until", until, day, _day),
                sources=checked("sources", sources or [], texts, _texts),
                articles=None if articles is None else checked("articles", articles, texts, _texts),
                top=checked("top", top, "1, 2, 3, …", _count),
                history=checked("history", history, turn, _turns),
            )
        except QuestionError as error:
            raise _error(error.text(spoken)) from None
        return answer.to_dict()


def _error(told: str) -> gr.Error:
    return gr.Error(told, print_exception=False)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _language(value: Any) -> Language | None:
    if value in (None, ""):
        return None
    if value == "id":
        return "id"
    if value == "en":
        return "en"
    raise ValueError


def _day(value: Any) -> date | None:
    return None if value in (None, "") else date.fromisoformat(value)


def _texts(value: Any) -> list[str]:
    if not isinstance(value, list):
        raise TypeError
    return [_text(one) for one in value]


def _count(value: Any) -> int:
    if isinstance(value, bool) or int(value) != value or value < 1:
        raise ValueError
    return int(value)


def _turns(value: Any) -> list[Turn]:
    return [Turn(_text(one["question"]), answer_from_dict(one["answer"])) for one in value or ()]
