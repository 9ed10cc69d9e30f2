"""The route ``POST /api/ask``: JSON in, ``Answer.to_dict`` out, for any program that speaks HTTP.

Gradio's endpoint takes two requests for an answer, and its queue 10 ms of the processor; this takes
one request and 1 ms.
"""

from __future__ import annotations

import asyncio
import os
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from threading import BoundedSemaphore

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
        self._threads = ThreadPoolExecutor(at_once, thread_name_prefix="call")
        self._most = at_once + waiting
        # Python runs one thread at a time: more answers at once than processors hinder each other.
        self._turns = BoundedSemaphore(max(2, os.cpu_count() or 1))
        self._taken = 0  # calls, counted on the event loop alone

    async def ask(self, request: Request) -> Response:
        """The answer, or as status 400, 422 or 503 what is wrong, in both languages."""
        if self._taken >= self._most:
            return told(503, Message("busy"), RETRY)
        self._taken += 1
        try:
            body = await request.body()
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._threads, self._reply, body)
        except ClientDisconnect:
            return Response(status_code=400)  # nobody reads it
        finally:
            self._taken -= 1

    def _reply(self, body: bytes) -> Response:
        try:
            arguments = orjson.loads(body)
        except ValueError:  # of half a surrogate pair, infinity and deep nests as well
            arguments = None
        if not isinstance(arguments, dict):
            return told(400, Message("no_call"))
        assistant = self._engine.assistant
        waits_for_a_model = assistant is not None and assistant.writes
        try:
            with nullcontext() if waits_for_a_model else self._turns:
                answer = answered(self._engine, arguments)
        except QuestionError as error:
            return told(422, error.message)
        except UnavailableError as error:
            return told(503, error.message, RETRY)
        encoded = orjson.dumps(answer, option=orjson.OPT_SERIALIZE_NUMPY)
        return Response(encoded, media_type="application/json")
