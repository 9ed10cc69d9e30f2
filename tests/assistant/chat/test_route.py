"""The route for programs behind its guard, without a server."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

from assistant import Answer, Assistant
from assistant.chat import calls, guard
from assistant.chat.accounts import read_accounts
from assistant.chat.engine import Engine
from assistant.chat.guard import ASK, Access, Guard
from assistant.chat.route import Route
from prompts import Message

OPENED = "When was the Wendle bridge opened?"
HERE = "http://127.0.0.1"


class Loaded(Engine):
    """An engine whose loading is over, or never ends."""

    def __init__(self, assistant: Any = None, failure: Message | None = None) -> None:
        super().__init__(Path(), None, samples=False)
        self._assistant = assistant
        self.failure = failure
        if assistant or failure:
            self._settled.set()


class Slow:
    """Answers when it is told to; ``most`` is how many questions it had at once."""

    def __init__(self, writes: bool = False) -> None:
        self.writes = writes
        self.go = threading.Event()
        self.now = self.most = 0

    def ask(self, question: str) -> Answer:
        self.now += 1
        self.most = max(self.most, self.now)
        assert self.go.wait(30)
        self.now -= 1
        return Answer(question, "", (), "en", 0.5, False)


@pytest.fixture(scope="module")
def assistant(built: Path) -> Assistant:
    return Assistant.open(built)


def guarded(route: Route, access: Access | None = None) -> Guard:
    app = Starlette()
    app.add_route(ASK, route.ask, methods=["POST"])
    return Guard(app, access or Access(), lambda: "ok")


def client(app: Guard) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=HERE)


def send(app: Guard, *requests: dict[str, Any]) -> list[httpx.Response]:
    """The responses to requests that are sent one after the other."""

    async def sending() -> list[httpx.Response]:
        async with client(app) as http:
            return [
                await http.request(**({"method": "POST", "url": ASK} | one)) for one in requests
            ]

    return asyncio.run(sending())


def ask(engine: Engine, **arguments: Any) -> httpx.Response:
    [response] = send(guarded(Route(engine)), {"json": arguments})
    return response


def test_it_gives_the_json_of_the_python_api(assistant: Assistant) -> None:
    response = ask(Loaded(assistant), question=OPENED)
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/json"
    given = response.json()
    assert given | {"timings": {}} == assistant.ask(OPENED).to_dict() | {"timings": {}}
    assert given["citations"]


def test_arguments_are_those_of_the_python_api(assistant: Assistant) -> None:
    engine = Loaded(assistant)
    first = ask(engine, question=OPENED).json()
    article = first["citations"][0]["article_id"]
    assert ask(engine, question=OPENED, language="id").json()["language"] == "id"
    assert ask(engine, question=OPENED, since="2023-05-12", until="2023-05-12").json()["citations"]
    assert ask(engine, question=OPENED, until="2023-05-11").json()["abstained"]
    assert ask(engine, question=OPENED, sources=["no such outlet"]).json()["abstained"]
    assert ask(engine, question=OPENED, articles=[]).json()["abstained"]
    assert ask(engine, question=OPENED, articles=[article], top=None, today="").json()["citations"]
    history = [{"question": "How many vehicles cross the Wendle bridge?", "answer": first}]
    followed = ask(engine, question="And when was it opened?", history=history).json()
    assert followed["understood"].startswith("How many vehicles")


def test_today_is_what_relative_days_count_from() -> None:
    class Calendar:
        writes = False

        def ask(self, question: str, **options: Any) -> Answer:
            return Answer(str(options["today"]), "", (), "en", 0.5, False)

    assert ask(Loaded(Calendar()), question="x", today="2023-05-12").json()["text"] == "2023-05-12"


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"question": None}, "the question is empty"),
        ({"question": "?!"}, "the question "),
        ({"question": "x" * 2_001}, "2,001"),
        ({"question": ["x"]}, "question cannot be ['x']"),
        ({"language": "fr"}, 'language cannot be \'fr\'; write "id", "en"'),
        ({"today": "yesterday"}, "today cannot be"),
        ({"since": 3}, "since cannot be"),
        ({"sources": "The Sample Gazette"}, "sources cannot be"),
        ({"articles": [1]}, "articles cannot be"),
        ({"top": 0}, "top cannot be 0"),
        ({"history": {"question": "When?"}}, "history cannot be"),
        ({"sourcs": []}, "'sourcs' is no argument"),
    ],
)
def test_wrong_arguments_are_explained_in_both_languages(
    wrong: dict[str, Any], said: str, assistant: Assistant
) -> None:
    response = ask(Loaded(assistant), **({"question": OPENED} | wrong))
    assert response.status_code == 422
    told = response.json()["error"]
    assert said in told["en"]
    assert told["id"] and told["id"] != told["en"]


@pytest.mark.parametrize(
    "body",
    [
        b"", b"{", b"[]", b'"x"', b"\xff\xfe\x00", b"[" * 100_000, b"question=When?", b"1" * 5_000,
        b'{"question": "x", "top": 1e999}', b'{"question": "x", "top": NaN}',
        b'{"question": "When was the bridge opened? \\ud800"}',
    ],
)  # fmt: skip
def test_what_is_no_call_is_refused(body: bytes, assistant: Assistant) -> None:
    [response] = send(guarded(Route(Loaded(assistant))), {"content": body})
    assert response.status_code == 400
    assert "JSON" in response.json()["error"]["id"]


def test_what_is_wrong_with_the_json_is_said_and_a_byte_order_mark_is_not(
    assistant: Assistant,
) -> None:
    half = b'{"question": "Who opened \\ud83d?"}'
    marked = b"\xef\xbb\xbf" + json.dumps({"question": OPENED}).encode()
    route = guarded(Route(Loaded(assistant)))
    refused, answered = send(route, {"content": half}, {"content": marked})
    assert "surrogate" in refused.json()["error"]["en"]
    assert answered.json()["citations"]


def test_a_call_has_a_limit_stated_or_not(assistant: Assistant) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(guard.MAX_CALL // 2**16 + 2):
            yield b" " * 2**16

    large = b" " * (guard.MAX_CALL + 1)
    app = guarded(Route(Loaded(assistant)))
    for response in send(app, {"content": large}, {"content": pieces()}):
        assert response.status_code == 413
        assert "1,024 kB" in response.json()["error"]["en"]
        assert "1.024 kB" in response.json()["error"]["id"]


def test_without_articles_it_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calls, "LOADING_SECONDS", 0.01)
    loading = Loaded()
    response = ask(loading, question=OPENED)
    assert (response.status_code, response.headers["retry-after"]) == (503, "1")
    assert "being prepared" in response.json()["error"]["en"]
    assert loading.seen.is_set()
    response = ask(Loaded(failure=Message("no_index", index="x")), question=OPENED)
    assert response.status_code == 503
    assert "tidak ada indeks di x" in response.json()["error"]["id"]


def test_calls_wait_in_turn_and_too_many_are_sent_away() -> None:
    slow = Slow()
    app = guarded(Route(Loaded(slow), at_once=1, waiting=2))

    async def crowd() -> list[httpx.Response]:
        async with client(app) as http:
            taken = [
                asyncio.create_task(http.post(ASK, json={"question": str(n)})) for n in range(3)
            ]
            await asyncio.sleep(0.2)
            refused = await http.post(ASK, json={"question": "one too many"})
            slow.go.set()
            answered = await asyncio.gather(*taken)
            return [refused, *answered, await http.post(ASK, json={"question": "later"})]

    refused, *answered = asyncio.run(crowd())
    assert (refused.status_code, refused.headers["retry-after"]) == (503, "1")
    assert "too many" in refused.json()["error"]["en"]
    assert [one.status_code for one in answered] == [200] * 4
    assert [one.json()["text"] for one in answered] == ["0", "1", "2", "later"]


@pytest.mark.parametrize("writes", [True, False])
def test_only_a_model_is_asked_more_than_there_are_processors(
    writes: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.cpu_count", lambda: 3)
    slow = Slow(writes)
    app = guarded(Route(Loaded(slow), at_once=8))

    async def crowd() -> list[httpx.Response]:
        async with client(app) as http:
            taken = [
                asyncio.create_task(http.post(ASK, json={"question": str(n)})) for n in range(8)
            ]
            await asyncio.sleep(0.4)
            slow.go.set()
            return await asyncio.gather(*taken)

    assert [one.status_code for one in asyncio.run(crowd())] == [200] * 8
    assert slow.most == (8 if writes else 3)


def test_nobody_who_waits_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    begun: list[int] = []

    class Quick:
        writes = False

        def ask(self, question: str) -> Answer:
            begun.append(int(question))
            time.sleep(0.005)
            return Answer(question, "", (), "en", 0.5, False)

    app = guarded(Route(Loaded(Quick()), at_once=8))

    async def crowd() -> None:
        async with client(app) as http:
            await asyncio.gather(*(http.post(ASK, json={"question": str(n)}) for n in range(40)))

    asyncio.run(crowd())
    assert sorted(begun) == list(range(40))
    assert max(abs(place - number) for place, number in enumerate(begun)) <= 2


def test_it_stands_behind_the_guard(assistant: Assistant) -> None:
    body = json.dumps({"question": OPENED})
    here = guarded(Route(Loaded(assistant)))
    refused = send(
        here,
        {"content": body, "headers": {"Origin": "http://evil.example"}},
        {"content": body, "headers": {"Sec-Fetch-Site": "cross-site"}},
        {"content": body, "headers": {"Host": "evil.example"}},
        {"method": "GET"},
        {"method": "OPTIONS"},
        {"url": f"{ASK}/"},
    )
    assert [one.status_code for one in refused] == [403, 403, 400, 404, 404, 404]
    access = Access("0.0.0.0", "/tanya", read_accounts("anna:sandi", "x"), changes=False)
    shared = guarded(Route(Loaded(assistant)), access)
    anna = {"content": body, "auth": ("anna", "sandi")}
    proxied = anna | {"url": f"/tanya{ASK}"}
    responses = send(shared, {"content": body}, anna, proxied)
    assert [one.status_code for one in responses] == [401, 200, 200]
    assert responses[1].headers["x-content-type-options"] == "nosniff"
