"""The route ``POST /api/ask``: JSON in, ``Answer.to_dict`` out, for any program that speaks HTTP.

Gradio's endpoint takes two requests for an answer, and its queue 10 ms of the processor; this takes
one request and 1 ms.
"""

from __future__ import annotations

import asyncio
import os
from codecs import BOM_UTF8
from concurrent.futures import ThreadPoolExecutor

import orjson
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from assistant.chat.calls import UnavailableError, answered
from assistant.chat.engine import Engine
from assistant.chat.events import ASKED_AT_ONCE
from assistant.chat.guard import told
from assistant.question import QuestionError
from prompts import Message

MOST_WAITING = 256  # calls; further ones are told to come back
RETRY = {"Retry-After": "1"}


class Route:
    """Answers calls, some at once in threads of their own; the others wait in turn."""

    def __init__(
        self, engine: Engine, at_once: int = ASKED_AT_ONCE, waiting: int = MOST_WAITING
    ) -> None:
        self._engine = engine
        self._most = at_once + waiting
        self._waiting_for_a_model = ThreadPoolExecutor(at_once, thread_name_prefix="call")
        # Python runs one thread at a time: more answers at once than processors hinder each other.
        working = min(at_once, max(2, os.cpu_count() or 1))
        self._working = ThreadPoolExecutor(working, thread_name_prefix="call")
        self._taken = 0  # calls, counted on the event loop alone

    async def ask(self, request: Request) -> Response:
        """The answer, or as status 400, 422 or 503 what is wrong, in both languages."""
        if self._taken >= self._most:
            return told(503, Message("busy"), RETRY)
        self._taken += 1
        try:
            body = await request.body()
            assistant = self._engine.assistant
            writes = assistant is not None and assistant.writes
            threads = self._waiting_for_a_model if writes else self._working
            return await asyncio.get_running_loop().run_in_executor(threads, self._reply, body)
        except ClientDisconnect:
            return Response(status_code=400)  # nobody reads it
        finally:
            self._taken -= 1

    def _reply(self, body: bytes) -> Response:
        try:
            arguments = orjson.loads(body.removeprefix(BOM_UTF8))
        except ValueError as error:  # of half a surrogate pair, infinity and deep nests as well
            return told(400, Message("broken_json", error=error))
        if not isinstance(arguments, dict):
            return told(400, Message("no_call"))
        try:
            answer = answered(self._engine, arguments)
        except QuestionError as error:
            return told(422, error.message)
        except UnavailableError as error:
            return told(503, error.message, RETRY)
        encoded = orjson.dumps(answer, option=orjson.OPT_SERIALIZE_NUMPY)
        return Response(encoded, media_type="application/json")
