"""Language models that say what a test has written down: in this process, and behind HTTP."""

from __future__ import annotations

import itertools
import json
import socket
import struct
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any

from llama_index.core.base.llms.types import LLMMetadata
from llama_index.core.bridge.pydantic import PrivateAttr
from llama_index.core.llms import CompletionResponse, CustomLLM

Reply = str | Callable[[str], str]


class ScriptedLLM(CustomLLM):
    """Says its replies in turn, in pieces; a callable reply is given the prompt."""

    context_window: int = 8192
    pause_s: float = 0.0
    _replies: list[Reply] = PrivateAttr()
    _prompts: list[str] = PrivateAttr()

    def __init__(self, *replies: Reply, context_window: int = 8192, pause_s: float = 0.0) -> None:
        super().__init__(context_window=context_window, pause_s=pause_s)  # type: ignore[call-arg]
        self._replies = list(replies)
        self._prompts = []

    @property
    def prompts(self) -> list[str]:
        return self._prompts

    @property
    def metadata(self) -> LLMMetadata:
        return LLMMetadata(context_window=self.context_window)

    def complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> CompletionResponse:
        *_, last = self.stream_complete(prompt)
        return last

    def stream_complete(
        self, prompt: str, formatted: bool = False, **kwargs: Any
    ) -> Iterator[CompletionResponse]:
        self._prompts.append(prompt)
        reply = self._replies.pop(0)
        text = reply if isinstance(reply, str) else reply(prompt)
        for start in range(0, len(text), 7):
            time.sleep(self.pause_s)
            yield CompletionResponse(text=text[: start + 7], delta=text[start : start + 7])


@dataclass
class Behaviour:
    """How the server answers: ``status``, the ``pieces`` of the reply, and what goes wrong.

    ``left`` is set once a client has gone before the end of a reply.
    """

    pieces: Iterable[str] = ()
    status: int = 200
    delay_s: float = 0.0
    garbage: bool = False
    half: bool = False
    reset: bool = False
    endless_line: bool = False
    left: Event = field(default_factory=Event)
    requests: list[dict[str, Any]] = field(default_factory=list)


class _Handler(BaseHTTPRequestHandler):
    behaviours: Iterator[Behaviour]

    def log_message(self, format: str, *args: object) -> None:
        """Keep quiet."""

    def do_POST(self) -> None:
        behaviour = next(self.behaviours)
        length = int(self.headers.get("Content-Length", 0))
        behaviour.requests.append(json.loads(self.rfile.read(length)) | {"path": self.path})
        if behaviour.reset:
            lingering = struct.pack("ii", 1, 0)  # closing then sends a reset
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, lingering)
            self.close_connection = True
            return
        if behaviour.status != 200:
            body = json.dumps({"error": {"message": "scripted"}}).encode()
            self.send_response(behaviour.status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
            return
        ollama = self.path.startswith("/api/")
        self.send_response(200)
        kind = "application/x-ndjson" if ollama else "text/event-stream"
        self.send_header("Content-Type", kind)
        if behaviour.half:  # promises more than it sends
            self.send_header("Content-Length", "100000")
        self.end_headers()
        try:
            while behaviour.endless_line:
                time.sleep(behaviour.delay_s)
                self._send("x" * 1_000)
            for piece in behaviour.pieces:
                time.sleep(behaviour.delay_s)
                self._send(_line(ollama, piece))
            if behaviour.garbage:
                self._send("data: {not json\n\n" if not ollama else "{not json\n")
            elif not behaviour.half:
                self._send(_line(ollama, None))
        except (BrokenPipeError, ConnectionResetError):
            behaviour.left.set()
        self.close_connection = True

    def _send(self, text: str) -> None:
        self.wfile.write(text.encode())
        self.wfile.flush()


def _line(ollama: bool, piece: str | None) -> str:
    """A piece in the server's protocol; None ends the reply."""
    if ollama:
        message = {"role": "assistant", "content": piece or ""}
        return json.dumps({"model": "m", "message": message, "done": piece is None}) + "\n"
    if piece is None:
        return "data: [DONE]\n\n"
    choice = {"index": 0, "delta": {"role": "assistant", "content": piece}, "finish_reason": None}
    chunk = {"id": "1", "object": "chat.completion.chunk", "created": 1, "model": "m"}
    return f"data: {json.dumps(chunk | {'choices': [choice]})}\n\n"


@contextmanager
def server(*behaviours: Behaviour) -> Iterator[str]:
    """The address of a server on this machine that behaves so, one request after the other."""
    handler = type("Handler", (_Handler,), {"behaviours": itertools.cycle(behaviours)})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as http:
        http.daemon_threads = True
        Thread(target=http.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{http.server_address[1]}"
        finally:
            http.shutdown()
