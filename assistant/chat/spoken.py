"""The pages' HTML, changed so that Gradio speaks the language of the page.

Gradio speaks that of the browser, which it asks before any script of ours runs.
"""

from __future__ import annotations

import json

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from index.types import Language

_SCRIPT = """<head><script>
for (const [name, value] of [["language", {0}], ["languages", [{0}]]])
  Object.defineProperty(navigator, name, {{ get: () => value }});
</script>"""


class Spoken:
    """An application whose pages under ``/id/`` and ``/en/`` tell Gradio their language."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        language = _language(scope)
        if language is None:
            await self._app(scope, receive, send)
            return
        plain = [header for header in scope["headers"] if header[0] != b"accept-encoding"]
        body = b""
        start: Message = {}

        async def changed(message: Message) -> None:
            nonlocal body, start
            if message["type"] != "http.response.body":
                start = message
                return
            body += message.get("body", b"")
            if message.get("more_body"):
                return
            whole = spoken(body, language)
            MutableHeaders(scope=start)["content-length"] = str(len(whole))
            await send(start)
            await send({"type": "http.response.body", "body": whole})

        await self._app({**scope, "headers": plain}, receive, changed)


def spoken(page: bytes, language: Language) -> bytes:
    """A page whose browser says that it speaks this language.

    >>> b'"id"' in spoken(b"<head><title>", "id")
    True
    """
    return page.replace(b"<head>", _SCRIPT.format(json.dumps(language)).encode(), 1)


def _language(scope: Scope) -> Language | None:
    """The language of the page that is asked for; None when it is something else."""
    if scope["type"] != "http" or scope["method"] != "GET":
        return None
    for language in ("id", "en"):
        if scope["path"] == f"{scope.get('root_path', '')}/{language}/":
            return language
    return None
