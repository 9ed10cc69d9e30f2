"""Connections whose requests do not begin, or have heads without an end."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Iterator

import pytest
import uvicorn
from starlette.types import Receive, Scope, Send

from assistant.chat import connection
from assistant.chat.connection import Connection

pytestmark = [
    pytest.mark.server, pytest.mark.enable_socket, pytest.mark.allow_hosts(["127.0.0.1"]),
]  # fmt: skip

HEAD = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\n"
PATIENCE = 0.5


async def slow_echo(scope: Scope, receive: Receive, send: Send) -> None:
    body, more = b"", True
    while more:
        message = await receive()
        body, more = body + message.get("body", b""), message.get("more_body", False)
    await asyncio.sleep(2 * PATIENCE)
    headers = [(b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    """A connection to a server that waits half a second for the head of a request."""
    monkeypatch.setattr(connection, "HEAD_SECONDS", PATIENCE)
    config = uvicorn.Config(slow_echo, http=Connection, ws="none", lifespan="off", log_config=None)
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
        thread.start()
        with socket.create_connection(listener.getsockname(), timeout=30) as client:
            yield client
        server.should_exit = True
        thread.join(30)


def seconds_open(client: socket.socket, drip: bytes = b"") -> float:
    """How long the server keeps the connection, while a byte follows the other."""
    started = time.monotonic()
    client.settimeout(0.1)
    while time.monotonic() - started < 10:
        try:
            client.sendall(drip)
            if not client.recv(1_000):
                break
        except TimeoutError:
            continue
        except OSError:
            break
    return time.monotonic() - started


@pytest.mark.parametrize("begun", [b"", b"POST / HT", b"GET / HTTP/1.1\r\nHost: x\r\nX-Y: "])
def test_a_request_that_does_not_begin_is_not_waited_for(
    begun: bytes, opened: socket.socket
) -> None:
    opened.sendall(begun)
    assert PATIENCE / 2 < seconds_open(opened, b"a" if begun else b"") < 5


def test_bodies_and_answers_take_longer_and_the_next_request_is_timed_again(
    opened: socket.socket,
) -> None:
    for _ in range(2):
        opened.sendall(HEAD)
        time.sleep(2 * PATIENCE)
        opened.sendall(b"abcd")
        answer = opened.recv(1_000)
        while not answer.endswith(b"abcd"):
            answer += opened.recv(1_000)
        assert answer.startswith(b"HTTP/1.1 200")
    opened.sendall(HEAD[:-2])
    assert PATIENCE / 2 < seconds_open(opened) < 5


def test_a_head_without_an_end_is_refused(opened: socket.socket) -> None:
    opened.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n")
    with pytest.raises(OSError):
        for number in range(20_000):
            opened.sendall(b"X-%d: %s\r\n" % (number, b"a" * 8_000))
    assert number < 5_000
