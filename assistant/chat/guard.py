"""What stands between the network and the page: who may come in, and to what.

Gradio serves more than a page needs: files by path, other servers' files, a proxy, login routes
of its own. Here a list says what is let through, and everything else is not there.
"""

from __future__ import annotations

import asyncio
import ipaddress
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import SplitResult, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.types import Message as Event

from assistant.chat.accounts import ENVIRONMENT, Accounts, find_accounts
from prompts import Message, MessageError

HEALTH = "/health"
ASK = "/api/ask"
READ = ("", "config", "theme.css", "favicon.ico", "manifest.json", "gradio_api/info",
        "gradio_api/startup-events", "gradio_api/queue/data")  # fmt: skip
PAGE = ("", "config")
READ_BELOW = ("assets/", "static/", "gradio_api/heartbeat/", "gradio_api/call/")
SENT = ("gradio_api/queue/join", "gradio_api/cancel", "gradio_api/reset")
SENT_BELOW = ("gradio_api/call/", "gradio_api/run/")
UPLOAD = "gradio_api/upload"
UPLOAD_PROGRESS = "gradio_api/upload_progress"
MAX_BODY = 16 * 2**20  # a browser keeps some ten megabytes of conversations, all sent with an event
MAX_UPLOAD = 200 * 2**20
MAX_CALL = 2**20  # a question and the answers before it
MAX_HEAD = 16 * 2**10  # address and headers
BODY_SECONDS = 30  # waited for each piece of a request
FAILURE_SECONDS = 1.0  # before a wrong password is refused
CHECKED_AT_ONCE = 4
CLOSE = {"Connection": "close"}
MOST_OPEN = 512  # requests; an open page holds two, and more are told to come back later
LATER = {**CLOSE, "Retry-After": "5"}
POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; "
    "style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; "
    "worker-src 'self' blob:; form-action 'self'; frame-ancestors 'none'; base-uri 'self'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}

Health = Literal["ok", "loading", "failed"]


class AccessError(MessageError):
    """The chat may not be served like this."""


@dataclass(frozen=True, slots=True)
class Access:
    """Where the chat is served and what those who reach it may do.

    ``root_path`` is what a proxy puts before the paths, as in ``/tanya``. ``changes``: articles
    may be added and removed.
    """

    host: str = "127.0.0.1"
    root_path: str = ""
    accounts: Accounts | None = None
    changes: bool = True

    @property
    def shared(self) -> bool:
        """Whether others than this machine's user come in."""
        return bool(self.root_path) or not is_loopback(self.host)


def choose_access(
    host: str,
    root_path: str = "",
    auth: Path | None = None,
    no_auth: bool = False,
    allow_changes: bool = False,
) -> Access:
    """What these options of the command line ask for.

    ``auth`` is a file of accounts; ``no_auth`` lets everybody in.

    Raises:
        AccessError: others would come in without a password, or the options contradict each other.
        AccountsError: the accounts cannot be read.
    """
    root_path = root_path.rstrip("/")
    if root_path and not re.fullmatch(r"(/[\w.~-]+)+", root_path, re.ASCII):
        raise AccessError("no_root_path", given=root_path)
    if no_auth and auth:
        raise AccessError("usage_auth")
    accounts = None if no_auth else find_accounts(auth)
    shared = Access(host, root_path).shared
    if shared and accounts is None and not no_auth:
        raise AccessError("no_password", variable=ENVIRONMENT)
    return Access(host, root_path, accounts, allow_changes or not shared)


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches the address.

    >>> is_loopback("127.0.0.1"), is_loopback("::1"), is_loopback("localhost")
    (True, True, True)
    >>> is_loopback("0.0.0.0"), is_loopback("192.168.1.7"), is_loopback("news.example")
    (False, False, False)
    """
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class Guard:
    """An ASGI application around the pages: refuses, bounds, and adds the security headers."""

    def __init__(self, app: ASGIApp, access: Access, health: Callable[[], Health]) -> None:
        self._app = app
        self._access = access
        self._health = health
        self._checking = asyncio.Semaphore(CHECKED_AT_ONCE)
        self._open = 0  # requests, counted on the event loop alone

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        path = scope["path"].removeprefix(self._access.root_path)  # proxies may strip it or not
        app: ASGIApp = self._app
        if _head_length(scope) > MAX_HEAD:
            app = refused(path, 431, Message("too_large_head", kilobytes=MAX_HEAD >> 10), CLOSE)
        elif path == HEALTH:
            app = self._health_report()
        elif self._open >= MOST_OPEN:
            app = refused(path, 503, Message("busy_server"), LATER)
        elif refusal := await self._refusal(scope["method"], path, headers):
            app = refusal
        limit = MAX_CALL if path == ASK else MAX_UPLOAD if path.endswith(UPLOAD) else MAX_BODY
        exchange = _Exchange(path, limit, receive, _with_headers(send))
        if _stated_length(headers) > limit:
            app = exchange.too_large()
        root = self._access.root_path
        scope = {**scope, "root_path": root, "path": root + path}
        if path[len("/id/") :] in PAGE:  # Gradio would open files that the query names
            scope["query_string"] = b""
        self._open += 1
        try:
            await app(scope, exchange.receive, exchange.send)
        finally:
            self._open -= 1

    def _health_report(self) -> Response:
        health = self._health()
        return JSONResponse({"status": health}, 200 if health == "ok" else 503)

    async def _refusal(self, method: str, path: str, headers: Headers) -> Response | None:
        """The answer to a request that is not let through."""
        access = self._access
        here = is_loopback(access.host) and access.accounts is None
        if here and not is_loopback(_parts(f"//{headers.get('host', '')}").hostname or ""):
            return refused(path, 400, Message("other_host"))  # DNS rebinding
        if _from_another_site(method, headers):
            return refused(path, 403, Message("other_site"))
        if access.accounts is not None and not await self._admitted(access.accounts, headers):
            challenge = {"WWW-Authenticate": 'Basic realm="Tanya", charset="UTF-8"'}
            return refused(path, 401, Message("no_login"), challenge)
        if not is_served(method, path, access.changes):
            return refused(path, 404, Message("not_served", page=f"{access.root_path}/"))
        return None

    async def _admitted(self, accounts: Accounts, headers: Headers) -> bool:
        given = headers.get("authorization")
        if given is None:
            return False
        if accounts.knows(given):
            return True
        async with self._checking:  # bounds how many passwords can be tried in a second
            admitted = await asyncio.to_thread(accounts.admits, given)
            if not admitted:
                await asyncio.sleep(FAILURE_SECONDS)
        return admitted


def is_served(method: str, path: str, changes: bool) -> bool:
    """Whether the page or its API needs this path.

    >>> is_served("GET", "/id/", True), is_served("GET", "/id/gradio_api/file=/etc/passwd", True)
    (True, False)
    >>> is_served("POST", "/en/gradio_api/upload", True)
    True
    >>> is_served("POST", "/en/gradio_api/upload", False)
    False
    """
    if ".." in path.split("/"):
        return False
    reads = method in ("GET", "HEAD")
    if path in ("", "/", "/favicon.ico", "/id", "/en"):
        return reads
    if path == ASK:
        return method == "POST"
    if not path.startswith(("/id/", "/en/")):
        return False
    inner = path[len("/id/") :]
    if reads:
        return (
            inner in READ or inner.startswith(READ_BELOW) or (changes and inner == UPLOAD_PROGRESS)
        )
    if method != "POST":
        return False
    return inner in SENT or inner.startswith(SENT_BELOW) or (changes and inner == UPLOAD)


def told(status: int, message: Message, headers: Mapping[str, str] | None = None) -> Response:
    """What is wrong with a call, for programs: ``{"error": {"id": …, "en": …}}``."""
    sentences = {"id": message.text("id"), "en": message.text("en")}
    return JSONResponse({"error": sentences}, status, headers)


def refused(
    path: str, status: int, message: Message, headers: Mapping[str, str] | None = None
) -> Response:
    """Why a request is not let through: to programs as ``told``, to people as plain text."""
    if path == ASK:
        return told(status, message, headers)
    return PlainTextResponse(f"{message.text('id')}\n{message.text('en')}\n", status, headers)


def _from_another_site(method: str, headers: Headers) -> bool:
    """Whether a page of another origin sends this, with whatever the browser adds by itself."""
    origin = headers.get("origin")
    if origin is not None:
        ours = headers.get("host"), headers.get("x-forwarded-host", "").split(",")[0].strip()
        site = _parts(origin).netloc
        return not site or site not in ours
    other = headers.get("sec-fetch-site") in ("cross-site", "same-site")
    return other and method not in ("GET", "HEAD")


def _parts(url: str) -> SplitResult:
    """The parts of an address; all empty when it is none."""
    try:
        return urlsplit(url)
    except ValueError:
        return urlsplit("")


def _head_length(scope: Scope) -> int:
    """The bytes of the address and the headers of a request.

    h11 bounds only what comes in several pieces.
    """
    address = len(scope.get("raw_path") or b"") + len(scope["query_string"])
    return address + sum(len(name) + len(value) for name, value in scope["headers"])


def _stated_length(headers: Headers) -> int:
    stated = headers.get("content-length", "")
    return int(stated) if stated.isdigit() else 0


class _Exchange:
    """A request and its answer: of a body so many bytes at most, each piece within its time.

    What goes beyond is refused in both languages, whatever the application makes of it.
    """

    def __init__(self, path: str, limit: int, receive: Receive, send: Send) -> None:
        self._path = path
        self._limit = limit
        self._receive = receive
        self._send = send
        self._received = 0
        self._complete = False
        self._refusal: Response | None = None
        self._answering = False

    def too_large(self) -> Response:
        if self._path == ASK:
            message = Message("too_large_call", kilobytes=self._limit >> 10)
        else:
            message = Message("too_large_request", megabytes=self._limit >> 20)
        return refused(self._path, 413, message, CLOSE)

    async def receive(self) -> Event:
        """
        Raises:
            HTTPException: for the application, so that it reads no further.
        """
        if self._complete:  # only that the client has gone is still to come
            return await self._receive()
        try:
            async with asyncio.timeout(BODY_SECONDS):
                message = await self._receive()
        except TimeoutError:
            told = Message("too_slow_request", seconds=BODY_SECONDS)
            self._refusal = refused(self._path, 408, told, CLOSE)
            raise HTTPException(408) from None
        self._received += len(message.get("body", b""))
        self._complete = not message.get("more_body", False)
        if self._received > self._limit:
            self._refusal = self.too_large()
            raise HTTPException(413)
        return message

    async def send(self, message: Event) -> None:
        if self._refusal is None or self._answering:
            self._answering = True
            await self._send(message)
        elif message["type"] == "http.response.start":
            await self._refusal({"type": "http"}, self._receive, self._send)


def _with_headers(send: Send) -> Send:
    async def sending(message: Event) -> None:
        if message["type"] == "http.response.start":
            MutableHeaders(scope=message).update(HEADERS)
        await send(message)

    return sending
