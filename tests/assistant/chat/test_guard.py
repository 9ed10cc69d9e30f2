"""What is refused is told in both languages, to people and to programs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from assistant.chat import guard
from assistant.chat.accounts import read_accounts
from assistant.chat.guard import ASK, Access, Guard

SHARED = Access("0.0.0.0", "/tanya", read_accounts("anna:sandi", "x"), changes=False)


async def count(request: Request) -> Response:
    return PlainTextResponse(str(len(await request.body())))


def send(access: Access, method: str, path: str, **options: Any) -> httpx.Response:
    app = Starlette()
    for known in (ASK, "/en/gradio_api/queue/join"):
        app.add_route(known, count, methods=["POST"])

    async def sending() -> httpx.Response:
        transport = httpx.ASGITransport(Guard(app, access, lambda: "ok"))
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as http:
            return await http.request(method, path, **options)

    return asyncio.run(sending())


def sentences(response: httpx.Response) -> list[str]:
    """The Indonesian and the English one."""
    if response.headers["content-type"] == "application/json":
        return list(response.json()["error"].values())
    assert response.headers["content-type"] == "text/plain; charset=utf-8"
    return response.text.splitlines()


@pytest.mark.parametrize(
    ("access", "method", "path", "headers", "status", "said"),
    [
        (Access(), "GET", "/", {"Host": "evil.example"}, 400, ("hanya untuk", "127.0.0.1")),
        (Access(), "GET", "/", {"Origin": "http://evil.example"}, 403, ("situs lain", "site")),
        (SHARED, "GET", "/", {}, 401, ("sandi diperlukan", "a password")),
        (Access(), "GET", "/docs", {}, 404, ("tidak ada", "page is /")),
        (Access("0.0.0.0", "/tanya"), "GET", "/x", {}, 404, ("di /tanya/", "page is /tanya/")),
        (Access(), "POST", "/en/gradio_api/queue/join", {"Content-Length": str(2**30)}, 413,
         ("16 MB", "larger than 16 MB")),
        (Access(), "POST", "/en/gradio_api/upload", {"Content-Length": str(2**30)}, 413,
         ("200 MB", "larger than 200 MB")),
        (SHARED, "POST", ASK, {}, 401, ("sandi diperlukan", "a password")),
        (Access(), "POST", ASK, {"Host": "evil.example"}, 400, ("hanya untuk", "127.0.0.1")),
        (Access(), "POST", ASK, {"Content-Length": str(2**30)}, 413, ("1.024 kB", "1,024 kB")),
        (Access(), "GET", "/health", {"Cookie": "x" * 20_000}, 431, ("16 kB", "16 kB")),
        (Access(), "POST", f"{ASK}?{'x' * 20_000}", {}, 431, ("16 kB", "16 kB")),
    ],
)  # fmt: skip
def test_refusals_are_told_in_both_languages(
    access: Access, method: str, path: str, headers: dict[str, str], status: int,
    said: tuple[str, str],
) -> None:  # fmt: skip
    response = send(access, method, path, headers=headers)
    assert response.status_code == status
    assert "json" in response.headers["content-type"] or not path.startswith(ASK)
    for sentence, words in zip(sentences(response), said, strict=True):
        assert words in sentence


@pytest.mark.parametrize("path", [ASK, "/en/gradio_api/queue/join"])
def test_so_is_a_body_that_grows_too_large_or_stops(
    path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guard, "BODY_SECONDS", 1)

    async def large() -> AsyncIterator[bytes]:
        for _ in range(guard.MAX_BODY // 2**20 + 2):
            yield b" " * 2**20

    async def stopping() -> AsyncIterator[bytes]:
        yield b"{"
        await asyncio.sleep(60)

    for body, status, said in ((large(), 413, "larger than"), (stopping(), 408, "for 1 seconds")):
        response = send(Access(), "POST", path, content=body)
        assert response.status_code == status
        assert response.headers["connection"] == "close"
        assert response.headers["x-content-type-options"] == "nosniff"
        indonesian, english = sentences(response)
        assert said in english
        assert indonesian != english
    assert send(Access(), "POST", path, content=b"abc").text == "3"


def test_more_than_so_many_open_requests_are_told_to_come_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(guard, "MOST_OPEN", 2)
    release = asyncio.Event()

    async def hold(request: Request) -> Response:
        await release.wait()
        return PlainTextResponse("done")

    app = Starlette()
    app.add_route("/", hold, methods=["GET"])

    async def crowd() -> tuple[list[httpx.Response], httpx.Response, list[httpx.Response]]:
        transport = httpx.ASGITransport(Guard(app, Access(), lambda: "ok"))
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as http:
            held = [asyncio.create_task(http.get("/")) for _ in range(2)]
            await asyncio.sleep(0.05)
            refused = [await http.get("/"), await http.post(ASK)]
            health = await http.get("/health")
            release.set()
            return refused, health, [*await asyncio.gather(*held), await http.get("/")]

    refused, health, served = asyncio.run(crowd())
    for response in refused:
        assert (response.status_code, response.headers["retry-after"]) == (503, "5")
        assert [len(one) > 20 for one in sentences(response)] == [True, True]
    assert health.status_code == 200
    assert [one.text for one in served] == ["done"] * 3
