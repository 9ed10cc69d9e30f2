"""Somebody at the chat's server, who speaks to it as the page in a browser does."""

from __future__ import annotations

import json
import secrets
import time
from typing import Any

import httpx

READY_SECONDS = 120


def ready(base: str) -> None:
    """Wait until questions can be asked."""
    deadline = time.monotonic() + READY_SECONDS
    while httpx.get(f"{base}/health").status_code != 200:
        assert time.monotonic() < deadline, f"{base} is not ready"
        time.sleep(0.1)


class Page:
    """One page that somebody has open, spoken to as the browser does."""

    def __init__(self, base: str, auth: tuple[str, str] | None = None, root: str = "") -> None:
        self.http = httpx.Client(base_url=f"{base}{root}/en/", auth=auth, timeout=60)
        self.session = secrets.token_hex(6)
        self.config = self.http.get("config").raise_for_status().json()

    def function(self, elem_id: str, event: str) -> int | None:
        """The number of what happens on an event of a part of the page; None when nothing does."""
        [part] = [
            one["id"] for one in self.config["components"] if one["props"].get("elem_id") == elem_id
        ]
        for one in self.config["dependencies"]:
            if [part, event] in one["targets"] and one["backend_fn"]:
                return int(one["id"])
        return None

    def send(self, function: int, data: object, **more: Any) -> httpx.Response:
        body = {"fn_index": function, "data": data, "session_hash": self.session} | more
        return self.http.post("gradio_api/queue/join", json=body)

    def outcome(self, function: int, data: object, **more: Any) -> dict[str, Any]:
        """The last message about an event, with the text of all of them under ``said``."""
        sent = self.send(function, data, **more)
        if sent.status_code != 200:
            return {"success": False, "said": sent.text}
        said = ""
        parameters = {"session_hash": self.session}
        with self.http.stream("GET", "gradio_api/queue/data", params=parameters) as stream:
            for line in stream.iter_lines():
                said += line
                if line.startswith("data: ") and "process_completed" in line:
                    return json.loads(line[6:]) | {"said": said}
        raise AssertionError("the stream ended")

    def ask(self, question: str) -> dict[str, Any]:
        function = self.function("composer", "submit")
        assert function is not None
        return self.outcome(function, [question, None, None, "", None, None, []])
