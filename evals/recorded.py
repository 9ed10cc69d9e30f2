"""A language model's replies kept in a file, so that an evaluation can be repeated without it.

A line for each reply: ``{"key": …, "reply": …}``, the key a hash of the messages. Prompts hold the
paragraphs that were found; when these change, the reply is missing and is asked for again, or,
without a model, reported.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Generator, Sequence
from pathlib import Path
from typing import Any

from llama_index.core.base.llms.types import LLMMetadata
from llama_index.core.bridge.pydantic import PrivateAttr
from llama_index.core.llms import LLM, ChatMessage, ChatResponse, CompletionResponse, CustomLLM

from assistant.llm import CONTEXT_TOKENS
from assistant.terminal import say
from evals.runner import Outcome
from prompts import Message, MessageError


class RecordingError(MessageError, ValueError):
    """The file holds no recorded replies; the message names the line."""


class MissingReplyError(LookupError):
    """There is no reply to these messages in the file, and no model to ask."""


class RecordedLLM(CustomLLM):
    """Replies from a file; those that it lacks come from a model, if there is one, and are added.

    A reply that breaks off is not kept.
    """

    _file: Path = PrivateAttr()
    _llm: LLM | None = PrivateAttr()
    _replies: dict[str, str] = PrivateAttr()
    _missing: set[str] = PrivateAttr()

    def __init__(self, file: Path, llm: LLM | None = None) -> None:
        """Raises RecordingError: the file cannot be read, or a line of it is no reply."""
        super().__init__()
        self._file, self._llm = file, llm
        self._replies = _read(file)
        self._missing = set()
        if llm is None and not self._replies:
            raise RecordingError("no_replies", file=file)

    @property
    def missing(self) -> int:
        """How many replies were wanted that nobody could give."""
        return len(self._missing)

    @property
    def metadata(self) -> LLMMetadata:
        return self._llm.metadata if self._llm else LLMMetadata(context_window=CONTEXT_TOKENS)

    def stream_chat(
        self, messages: Sequence[ChatMessage], **kwargs: Any
    ) -> Generator[ChatResponse, None, None]:
        """The recorded reply in one piece, or the model's as it comes.

        Raises:
            MissingReplyError: there is neither.
        """
        key = _key(messages)
        if key in self._replies:
            yield _response(self._replies[key])
        elif self._llm is None:
            self._missing.add(key)
            raise MissingReplyError(f"no reply in {self._file}")
        else:
            whole = ""
            for response in self._llm.stream_chat(messages, **kwargs):
                whole += response.delta or ""
                yield response
            self._replies[key] = whole
            with self._file.open("a", encoding="utf-8") as lines:
                lines.write(json.dumps({"key": key, "reply": whole}, ensure_ascii=False) + "\n")

    def complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> CompletionResponse:
        *_, last = self.stream_complete(prompt)
        return last

    def stream_complete(
        self, prompt: str, formatted: bool = False, **kwargs: Any
    ) -> Generator[CompletionResponse, None, None]:
        for one in self.stream_chat([ChatMessage(prompt)]):
            yield CompletionResponse(text=one.message.content or "", delta=one.delta)


def _response(text: str) -> ChatResponse:
    return ChatResponse(message=ChatMessage(text, role="assistant"), delta=text)


def _key(messages: Sequence[ChatMessage]) -> str:
    said = json.dumps([[one.role, one.content] for one in messages], ensure_ascii=False)
    return hashlib.sha256(said.encode("utf-8")).hexdigest()[:24]


def _read(file: Path) -> dict[str, str]:
    if not file.exists():
        return {}
    replies = {}
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise RecordingError("unread_replies", file=file, error=error) from error
    for number, line in enumerate(lines, start=1):
        try:
            row = json.loads(line)
            replies[str(row["key"])] = str(row["reply"])
        except (ValueError, TypeError, KeyError) as error:
            place = f"{file}:{number}"
            raise RecordingError("part", part=place, reason=Message("not_a_reply")) from error
    return replies


def told(outcomes: Sequence[Outcome], recorded: RecordedLLM | None) -> list[str]:
    """What became of the model's answers, in lines to print."""
    answers = [one.reply.answer for one in outcomes if one.reply]
    written = sum(one.mode == "llm" for one in answers)
    quoted = sum(one.mode != "llm" and not one.abstained for one in answers)
    declined = sum(one.abstained for one in answers)
    count = len(answers)
    model = {"written": written, "count": count, "quoted": quoted, "declined": declined}
    lines = [say("eval.model", **model)]
    if recorded and recorded.missing:
        lines.append(say("eval.not_recorded", count=recorded.missing))
    return lines
