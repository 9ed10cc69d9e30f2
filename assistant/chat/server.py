"""The page's server: two pages, one a language, and nothing from outside."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import socket
import sys
import tempfile
import threading
import webbrowser
from importlib.resources import files

import gradio as gr
import uvicorn
from fastapi import FastAPI, Request, Response
from fastapi.responses import RedirectResponse

from assistant.chat import addresses
from assistant.chat.connection import Connection
from assistant.chat.engine import Engine
from assistant.chat.guard import ASK, MAX_UPLOAD, MOST_OPEN, Access, Guard, Health
from assistant.chat.page import build, head, theme, translations
from assistant.chat.route import Route
from assistant.chat.spoken import Spoken
from assistant.terminal import say
from index.types import Language
from prompts import MessageError

PORT = 7373  # a fixed one: browsers keep conversations by address and port
TRIED = 20  # ports tried when it is taken
PATIENCE_SECONDS = 2.5  # how long the engine waits for the page to be shown first
CONNECTIONS = MOST_OPEN + 64  # some more, so that the guard can tell them why it refuses
SWITCH_SECONDS = 0.0005  # a thread back from the search engines waits so long for its turn at most
ENDING_SECONDS = 3  # for what is still being sent when the server is ended
LANGUAGE_COOKIE = "tanya_language"
ICON = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">'
    '<rect width="32" height="32" rx="7" fill="#8f2d16"/>'
    '<path d="M8 9h16v4h-6v12h-4V13H8z" fill="#faf8f3"/></svg>'
)


class PortError(MessageError):
    """No port could be opened."""


def serve(engine: Engine, access: Access, port: int | None) -> int:
    """Serve the chat until it is ended, with Ctrl-C or by the system; the exit code.

    Raises:
        PortError: the port is taken, or the host is not one of this machine.
    """
    with tempfile.TemporaryDirectory(prefix="tanya-", ignore_cleanup_errors=True) as uploads:
        # Gradio's own folder is shared by all users of the machine, and stays. It reads the name
        # when an app is made and again with each file, so it is set before and never changed.
        os.environ["GRADIO_TEMP_DIR"] = os.path.realpath(uploads)
        _serve(engine, access, port)
    engine.close()
    print(say("cli.ended"), flush=True)
    if engine.assistant is not None and engine.assistant.writes:
        os._exit(0)  # a model may keep a thread busy for a minute, and nobody waits for its words
    return 0


def _serve(engine: Engine, access: Access, port: int | None) -> None:
    listener = _listen(access.host, port)
    opened = listener.getsockname()[1]
    here, others = addresses.hosts(listener, access.host)
    url = addresses.url(here, opened)
    config = uvicorn.Config(
        create_app(engine, access),
        log_level="warning",
        access_log=False,  # it would name what people read
        http=Connection,
        ws="none",
        server_header=False,
        limit_concurrency=CONNECTIONS,
        timeout_graceful_shutdown=ENDING_SECONDS,
    )
    server = uvicorn.Server(config)
    logging.getLogger("uvicorn.error").addFilter(_is_news)
    print(f"Tanya: {url}  (Ctrl-C)", flush=True)
    if others is not None:
        told = addresses.url(others or say("cli.this_machine"), opened)
        print(say("cli.for_others", url=told), flush=True)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # ended alike, and tidied up
    sys.setswitchinterval(SWITCH_SECONDS)
    threading.Thread(
        target=_show, args=(server, engine, None if access.shared else url), daemon=True
    ).start()
    with contextlib.suppress(KeyboardInterrupt):
        server.run(sockets=[listener])


def create_app(engine: Engine, access: Access) -> Guard:
    """The pages below ``/id/`` and ``/en/``; ``/`` leads to the one the browser prefers.

    Beside them stands the route for programs.
    """
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False)

    @app.get("/")
    def choose(request: Request) -> RedirectResponse:
        chosen = request.cookies.get(LANGUAGE_COOKIE)
        spoken = request.headers.get("accept-language", "")
        language = chosen if chosen in ("id", "en") else preferred(spoken)
        return RedirectResponse(
            f"{access.root_path}/{language}/", headers={"Vary": "Accept-Language, Cookie"}
        )

    @app.get("/favicon.ico")
    def icon() -> Response:
        return Response(ICON, media_type="image/svg+xml")

    @app.get("/id")
    @app.get("/en")
    def complete(request: Request) -> RedirectResponse:
        return RedirectResponse(f"{request.url.path}/")

    app.add_route(ASK, Route(engine).ask, methods=["POST"])
    room = files("assistant.chat")
    css = room.joinpath("chat.css").read_text(encoding="utf-8")
    script = room.joinpath("chat.js").read_text(encoding="utf-8")
    for language in ("id", "en"):
        gr.mount_gradio_app(
            app,
            build(engine, language),
            path=f"/{language}",
            server_name=access.host,
            root_path=f"{access.root_path}/{language}",
            footer_links=[],
            run_history=False,
            ssr_mode=False,
            pwa=False,
            mcp_server=False,
            show_error=False,
            max_file_size=MAX_UPLOAD,
            enable_monitoring=False,
            theme=theme(),
            css=css,
            head=head(language, script),
            i18n=translations(language),
        )

    def health() -> Health:
        if engine.failure is not None:
            return "failed"
        return "loading" if engine.assistant is None else "ok"

    return Guard(Spoken(app), access, health)


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


def _listen(host: str, port: int | None) -> socket.socket:
    wanted = [port] if port else range(PORT, PORT + TRIED)
    try:
        family, *_ = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)[0]
    except OSError:
        raise PortError("no_address", host=host) from None
    failure: OSError | None = None
    for number in wanted:
        listener = socket.socket(family, socket.SOCK_STREAM)
        if os.name == "posix":  # elsewhere the option would let two programs share a port
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, number))
            listener.listen(128)
        except OSError as error:
            listener.close()
            failure = error
            continue
        return listener
    raise PortError("port_closed", port=wanted[0], host=host, error=failure)


def _is_news(record: logging.LogRecord) -> bool:
    """Whether the log tells more than that what was open at the end was closed."""
    error = record.exc_info[1] if record.exc_info else None
    return not (isinstance(error, asyncio.CancelledError) or record.msg.startswith("Cancel "))


def _show(server: uvicorn.Server, engine: Engine, url: str | None) -> None:
    """When the page is there, open the browser at ``url``, then load the engine beside it."""
    while not server.started and not server.should_exit:
        threading.Event().wait(0.02)
    if url:
        if _has_screen():
            threading.Thread(target=webbrowser.open, args=(url,), daemon=True).start()
        engine.seen.wait(PATIENCE_SECONDS)
    engine.start()


def _has_screen() -> bool:
    """Whether a browser with windows can be opened: one in a terminal would take it over."""
    if sys.platform in ("win32", "darwin"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
