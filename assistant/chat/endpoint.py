"""The endpoint ``/ask`` of the chat's server for programs that use gradio_client."""

from __future__ import annotations

from typing import Any

import gradio as gr

from assistant.chat.calls import UnavailableError, answered
from assistant.chat.engine import Engine
from assistant.question import QuestionError
from index.types import Language


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
        today: str = "",
    ) -> dict[str, Any]:
        """The answer to a question as JSON, schema version 1.

        ``language`` ("id" or "en") is that of the answer, by default the question's; ``since`` and
        ``until`` are inclusive days such as 2023-05-12, ``sources`` outlets and ``articles`` ids
        that may answer; ``top`` bounds the nearest articles of a declined answer. ``history`` are
        the turns that a follow-up leans on: ``{"question": …, "answer": …}``, the answers as they
        were returned. ``today`` is the day that "yesterday" counts from.
        """
        try:
            return answered(
                self._engine,
                {
                    "question": question, "language": language, "since": since, "until": until,
                    "sources": sources, "articles": articles, "top": top, "history": history,
                    "today": today,
                },
            )  # fmt: skip
        except (QuestionError, UnavailableError) as error:
            spoken: Language = (
                "en" if language == "en" else "id" if language == "id" else self._language
            )
            raise gr.Error(error.text(spoken), print_exception=False) from None
