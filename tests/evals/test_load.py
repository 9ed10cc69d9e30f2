"""The load that ``python -m evals.load`` makes, on a server that says what is written down here."""

from __future__ import annotations

import json
import os
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


def test_memory_is_looked_at_before_between_and_after(fake: Served) -> None:
    load, memory = steadily(fake, ["good"], 40, looks=4)
    assert len(load.answer_ms) == 40
    assert len(memory) == 5
    assert all(megabytes > 1 for megabytes in memory)


def test_a_collection_is_enlarged_by_varying_it() -> None:
    words = "kata " * 30
    made = list(enlarged(lambda: iter([("Judul", [words, "pendek"])]), 3))
    assert [one["id"] for one in made] == ["0-0", "1-0", "2-0"]
    assert len({one["text"][0] for one in made}) == 3
