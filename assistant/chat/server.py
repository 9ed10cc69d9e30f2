"""The page's server on this machine: two pages, one a language, and nothing from outside."""

from __future__ import annotations

import os
import socket
import sys
import threading
import webbrowser
from collections.abc import Awaitable, Callable
from importlib.resources import files

import gradio as gr
import uvicorn
from fastapi import FastAPI, Request, Response
from fastapi.responses import RedirectResponse
from starlette.middleware.trustedhost import TrustedHostMiddleware

from assistant.chat.engine import Engine
from assistant.chat.page import build, theme
from index.types import Language
from prompts import MessageError

HOST = "127.0.0.1"
PORT = 7373  # a fixed one: browsers keep conversations by address and port
TRIED = 20  # ports tried when it is taken
PATIENCE_SECONDS = 2.5  # how long the engine waits for the page to be shown first
MAX_UPLOAD = "200mb"
LANGUAGE_COOKIE = "tanya_language"
ICON = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">'
    '<rect width="32" height="32" rx="7" fill="#8f2d16"/>'
    '<path d="M8 9h16v4h-6v12h-4V13H8z" fill="#faf8f3"/></svg>'
)
POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; "
    "style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; "
    "worker-src 'self' blob:; form-action 'self'; frame-ancestors 'none'; base-uri 'self'"
)


class PortError(MessageError):
    """No port could be opened."""


def serve(engine: Engine, port: int | None) -> int:
    """Serve the chat until it is ended with Ctrl-C; the exit code.

    Raises:
        PortError: the port is taken.
    """
    listener = _listen(port)
    url = f"http://{HOST}:{listener.getsockname()[1]}/"
    config = uvicorn.Config(create_app(engine), log_level="warning", ws="none")
    server = uvicorn.Server(config)
    print(f"Tanya: {url}  (Ctrl-C)", flush=True)
    threading.Thread(target=_show, args=(server, engine, url), daemon=True).start()
    server.run(sockets=[listener])
    return 0


def create_app(engine: Engine) -> FastAPI:
    """The pages below ``/id/`` and ``/en/``; ``/`` leads to the one the browser prefers."""
    app = FastAPI(openapi_url=None)
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=[HOST, "localhost"])

    @app.middleware("http")
    async def guard(request: Request, next_: Callable[[Request], Awaitable[Response]]) -> Response:
        response = await next_(request)
        response.headers["Content-Security-Policy"] = POLICY
        response.headers["Referrer-Policy"] = "no-referrer"
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response

    @app.get("/")
    def choose(request: Request) -> RedirectResponse:
        chosen = request.cookies.get(LANGUAGE_COOKIE)
        spoken = request.headers.get("accept-language", "")
        language = chosen if chosen in ("id", "en") else preferred(spoken)
        return RedirectResponse(f"/{language}/", headers={"Vary": "Accept-Language, Cookie"})

    @app.get("/favicon.ico")
    def icon() -> Response:
        return Response(ICON, media_type="image/svg+xml")

    room = files("assistant.chat")
    css = room.joinpath("chat.css").read_text(encoding="utf-8")
    script = room.joinpath("chat.js").read_text(encoding="utf-8")
    for language in ("id", "en"):
        gr.mount_gradio_app(
            app,
            build(engine, language),
            path=f"/{language}",
            server_name=HOST,
            footer_links=[],
            run_history=False,
            ssr_mode=False,
            pwa=False,
            mcp_server=False,
            show_error=False,
            max_file_size=MAX_UPLOAD,
            theme=theme(),
            css=css,
            head=f"<script>{script}tanya.keepLanguage('{language}');</script>",
        )
    return app


def preferred(accept_language: str) -> Language:
    """The language of the page for an ``Accept-Language`` header.

    >>> preferred("id-ID,id;q=0.9,en;q=0.8"), preferred("en-GB,en;q=0.9"), preferred("")
    ('id', 'en', 'id')
    >>> preferred("de,en;q=0.5,id;q=0.1")
    'en'
    """
    for part in accept_language.split(","):
        tag = part.partition(";")[0].strip().lower()
        for language in ("id", "en"):
            if tag.split("-")[0] == language:
                return language
    return "en" if accept_language.strip() else "id"


def _listen(port: int | None) -> socket.socket:
    wanted = [port] if port else range(PORT, PORT + TRIED)
    for number in wanted:
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        if os.name == "posix":  # elsewhere the option would let two programs share a port
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((HOST, number))
            listener.listen(128)
        except OSError:
            listener.close()
            continue
        return listener
    raise PortError("port_taken", port=wanted[0])


def _show(server: uvicorn.Server, engine: Engine, url: str) -> None:
    """Open the browser when the page is there, then load the engine beside it."""
    while not server.started and not server.should_exit:
        threading.Event().wait(0.02)
    if _has_screen():
        threading.Thread(target=webbrowser.open, args=(url,), daemon=True).start()
    engine.seen.wait(PATIENCE_SECONDS)
    engine.start()


def _has_screen() -> bool:
    """Whether a browser with windows can be opened: one in a terminal would take it over."""
    if sys.platform in ("win32", "darwin"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
