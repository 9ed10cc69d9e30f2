"""The load that ``python -m evals.load`` makes, on a server that says what is written down here."""

from __future__ import annotations

import itertools
import json
import os
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from assistant.chat.guard import ASK
from evals.benchmark import enlarged
from evals.load import for_seconds, press, steadily
from evals.server import Served

pytestmark = [
    pytest.mark.server, pytest.mark.enable_socket, pytest.mark.allow_hosts(["127.0.0.1"]),
]  # fmt: skip


class Endpoint(BaseHTTPRequestHandler):
    """Answers a question with itself; one that is ``bad`` with an error."""

    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *arguments: object) -> None:
        """Keep quiet."""

    def do_POST(self) -> None:
        assert self.path == ASK
        question = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["question"]
        self.reply(json.dumps({"error": {}} if question == "bad" else {"text": question}))

    def reply(self, text: str) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())


@pytest.fixture
def fake() -> Iterator[Served]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Endpoint) as http:
        http.daemon_threads = True
        threading.Thread(target=http.serve_forever, daemon=True).start()
        yield Served(f"http://127.0.0.1:{http.server_address[1]}", os.getpid())
        http.shutdown()


def test_every_question_is_asked_once_and_failures_are_told_apart(fake: Served) -> None:
    questions = ["good", "bad", "good", "good", "bad"] * 20
    load = press(fake, iter(questions), 4, threading.Event())
    assert (len(load.answer_ms), len(load.failures)) == (60, 40)
    assert "no answer" in load.failures[0]
    assert load.per_second == pytest.approx(60 / load.seconds)
    assert min(load.answer_ms) > 0


def test_a_time_ends_it(fake: Served) -> None:
    load = for_seconds(fake, ["good"], 2, 0.3)
    assert 0.3 <= load.seconds < 10
    assert load.answer_ms


def test_an_interruption_ends_all_clients_at_once(fake: Served) -> None:
    asked = itertools.count()

    class Interrupted:
        def __iter__(self) -> Iterator[str]:
            return self

        def __next__(self) -> str:
            if next(asked) == 20:
                raise KeyboardInterrupt
            return "good"

    with pytest.raises(KeyboardInterrupt):
        press(fake, iter(Interrupted()), 4, threading.Event())
    assert next(asked) < 60


def test_a_server_that_is_gone_is_not_stormed() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        address = f"http://127.0.0.1:{closed.getsockname()[1]}"
    load = for_seconds(Served(address, os.getpid()), ["good"], 2, 0.5)
    assert not load.answer_ms
    assert 2 <= len(load.failures) <= 14


def test_memory_is_looked_at_before_between_and_after(fake: Served) -> None:
    told: list[int] = []
    load, memory = steadily(fake, ["good"], 40, 4, lambda asked, megabytes: told.append(asked))
    assert told == [10, 20, 30, 40]
    assert len(load.answer_ms) == 40
    assert len(memory) == 5
    assert all(megabytes > 1 for megabytes in memory)


def test_a_collection_is_enlarged_by_varying_it() -> None:
    words = "kata " * 30
    made = list(enlarged(lambda: iter([("Judul", [words, "pendek"])]), 3))
    assert [one["id"] for one in made] == ["0-0", "1-0", "2-0"]
    assert len({one["text"][0] for one in made}) == 3
