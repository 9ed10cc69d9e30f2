"""A web for tests: sites that are scripted in this process, and a server that misbehaves."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from types import ModuleType

import pytest

from index.readers.inputs import Fetched
from index.web.captures import Captures
from index.web.client import Response
from index.web.visits import Manners, Visits

SITE = "https://kabar.example"
Answer = Response | BaseException


def page(title: str, sentence: str = "", head: str = "") -> Response:
    """A page with an article of this headline."""
    body = (
        f"<!doctype html><html lang=id><head><title>{title}</title>{head}</head><body><article>"
        f"<h1>{title}</h1><p>Sebanyak 40 keluarga di tepi sungai mengungsi ke balai desa.</p>"
        f"<p>{sentence or 'Air mulai surut pada Selasa pagi, kata kepala desa.'}</p>"
        "<p>Bantuan beras dan selimut tiba dari kota pada hari yang sama.</p></article></body>"
    )
    return Response(200, {"content-type": "text/html; charset=utf-8"}, body.encode())


def feed(*links: str) -> Response:
    """An RSS feed of these links, newest first."""
    items = "".join(f"<item><link>{link}</link></item>" for link in links)
    body = f'<?xml version="1.0"?><rss version="2.0"><channel>{items}</channel></rss>'
    return Response(200, {"content-type": "application/rss+xml"}, body.encode())


def sitemap(*entries: tuple[str, str], kind: str = "urlset") -> Response:
    """A sitemap of (address, lastmod), or with kind ``sitemapindex`` one of sitemaps."""
    inner = "".join(
        f"<x><loc>{link}</loc><lastmod>{stamp}</lastmod></x>" for link, stamp in entries
    )
    body = f'<{kind} xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{inner}</{kind}>'
    return Response(200, {"content-type": "text/xml"}, body.encode())


@dataclass
class Web:
    """Answers by address, or several to be given one after the other; what was asked, and when.

    An address that is not scripted is not there, and a page whose ETag is sent is not modified.
    """

    answers: dict[str, Answer | list[Answer]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    now: float = 1_700_000_000.0

    def get(self, address: str, headers: Mapping[str, str] | None = None) -> Response:
        self.asked.append(address)
        self.times.append(self.now)
        found = self.answers.get(address, Response(404))
        answer = found if not isinstance(found, list) else found.pop(0)
        if isinstance(answer, BaseException):
            raise answer
        etag = answer.headers.get("etag")
        if etag and headers and headers.get("If-None-Match") == etag:
            return Response(304)
        return answer

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    @property
    def pages(self) -> list[str]:
        """What was asked but for the rules."""
        return [one for one in self.asked if not one.endswith("/robots.txt")]


@dataclass
class Browser:
    """Runs over a scripted web with captures that last from one to the next."""

    web: Web
    folder: Path

    def __call__(self, *roots: str, **manners: int) -> Fetched:
        self.web.asked.clear()
        self.web.times.clear()
        captures = Captures(self.folder)
        visits = Visits(
            captures,
            self.web,
            lambda stage, done, total: None,
            Manners(**manners),  # type: ignore[arg-type]
            lambda: self.web.now,
            self.web.sleep,
        )
        return visits.run(roots)


@pytest.fixture
def web() -> Web:
    return Web()


@pytest.fixture
def visit(web: Web, tmp_path: Path) -> Browser:
    return Browser(web, tmp_path / "web")


class _Handler(BaseHTTPRequestHandler):
    routes: Mapping[str, Callable[[BaseHTTPRequestHandler], None]]

    def log_message(self, format: str, *args: object) -> None:
        """Keep quiet."""

    def do_GET(self) -> None:
        route = self.routes.get(self.path)
        try:
            if route is None:
                self.send_error(404)
            else:
                route(self)
        except (BrokenPipeError, ConnectionResetError):
            pass
        self.close_connection = True


def send(
    body: bytes, headers: Mapping[str, str] | None = None, status: int = 200
) -> Callable[[BaseHTTPRequestHandler], None]:
    """Sends just this; the length unless the headers state one."""

    def route(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **(headers or {})}.items():
            if value:
                handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(body)

    return route


def drip(pieces: Iterator[bytes], pause: float = 0.0) -> Callable[[BaseHTTPRequestHandler], None]:
    """Sends these bytes as they are, headers included, one after the other."""

    def route(handler: BaseHTTPRequestHandler) -> None:
        for piece in pieces:
            handler.wfile.write(piece)
            handler.wfile.flush()
            time.sleep(pause)

    return route


Routes = dict[str, Callable[[BaseHTTPRequestHandler], None]]


@pytest.fixture
def routes() -> Routes:
    return {}


@pytest.fixture
def site(routes: Routes) -> Iterator[str]:
    """The address of a server on this machine with these routes."""
    handler = type("Handler", (_Handler,), {"routes": routes})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as http:
        http.daemon_threads = True
        Thread(target=http.serve_forever, args=(0.01,), daemon=True).start()
        try:
            yield f"http://127.0.0.1:{http.server_address[1]}"
        finally:
            http.shutdown()


@pytest.fixture
def make() -> ModuleType:
    """The functions of this module, which tests cannot import."""
    return sys.modules[__name__]
