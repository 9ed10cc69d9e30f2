"""Watching: rounds that go well and badly, and how it ends."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from assistant.runs import RunFailedError
from assistant.watch import RETRY_SECONDS, interval, watch

SUMMARY = {"added": 1, "updated": 0, "removed": 0, "gone": 0, "rejected": []}


class StopError(Exception):
    """Ends a watch when the rounds of a test are over."""


def watched(rounds: list[Any]) -> tuple[list[tuple[str, dict[str, object]]], list[float]]:
    """What is told, and the pauses, when rounds give these summaries or raise these errors."""
    left: Iterator[Any] = iter(rounds)
    told: list[tuple[str, dict[str, object]]] = []
    pauses: list[float] = []

    def run() -> dict[str, Any]:
        result = next(left, None)
        if result is None:
            raise StopError
        if isinstance(result, Exception):
            raise result
        return dict(result)

    with pytest.raises(StopError):
        watch(run, 900, lambda name, **values: told.append((name, values)), pauses.append)
    return told, pauses


def test_a_failed_round_is_tried_again_soon() -> None:
    told, pauses = watched([RunFailedError("locked", index="i", holder="process 1"), SUMMARY])
    assert [name for name, _ in told] == ["watch_failed", "watched"]
    assert "another run" in str(told[0][1]["error"])
    assert pauses[0] == pytest.approx(RETRY_SECONDS, abs=1)
    assert pauses[1] == pytest.approx(900, abs=1)


def test_a_rejection_is_told_when_it_is_new() -> None:
    bad = {**SUMMARY, "rejected": [["https://kabar.example/1", {"text": "not there (404)"}]]}
    told, _ = watched([bad, bad, SUMMARY, bad])
    assert [name for name, _ in told] == [
        "watched", "watch_rejected", "watched", "watched", "watched", "watch_rejected",
    ]  # fmt: skip


@pytest.mark.parametrize("text", ["15", "m", "0m", "-5m", "1.5h", "15 minutes", "9999999d"])
def test_what_is_no_interval(text: str) -> None:
    with pytest.raises(ValueError, match=re.escape(text)):
        interval(text)


PAGE = """<!doctype html><html lang=id><title>Banjir Surut di Desa Contoh</title><article>
<h1>Banjir Surut di Desa Contoh</h1><p>Sebanyak 40 keluarga mengungsi ke balai desa.</p>
<p>Air mulai surut pada Selasa pagi, kata kepala desa.</p></article>"""


@pytest.fixture
def site(tmp_path: Path) -> Iterator[str]:
    """A site with a feed of one page."""
    folder = tmp_path / "site"
    folder.mkdir()
    (folder / "satu.html").write_text(PAGE, "utf-8")
    (folder / "rss.xml").write_text("<rss><item><link>satu.html</link></item></rss>", "utf-8")

    class Handler(SimpleHTTPRequestHandler):
        def __init__(self, *args: Any) -> None:
            super().__init__(*args, directory=str(folder))

        def log_message(self, format: str, *args: object) -> None:
            """Keep quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        Thread(target=http.serve_forever, args=(0.01,), daemon=True).start()
        yield f"http://127.0.0.1:{http.server_address[1]}"
        http.shutdown()


server = [
    pytest.mark.server,
    pytest.mark.enable_socket,
    pytest.mark.allow_hosts(["127.0.0.1"]),
]


class TestCommands:
    pytestmark = server

    def tanya(self, tmp_path: Path, *args: str, wait: bool = True) -> Any:
        command = [sys.executable, "-m", "assistant.cli", *args, "--index", str(tmp_path / "index")]
        env = os.environ | {
            "LANG": "en_GB.UTF-8",
            "COLUMNS": "200",
            "LC_ALL": "",
            "PYTHONUTF8": "1",
        }
        if wait:
            return subprocess.run(command, capture_output=True, text=True, env=env, timeout=200)
        return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=env)

    def test_index_then_the_page_vanishes(self, site: str, tmp_path: Path) -> None:
        refused = self.tanya(tmp_path, "index", f"{site}/rss.xml")
        assert refused.returncode == 1
        assert "--allow-private" in refused.stdout
        first = self.tanya(tmp_path, "index", f"{site}/rss.xml", "--allow-private")
        assert first.returncode == 0, first.stderr
        (tmp_path / "site" / "satu.html").unlink()
        second = self.tanya(tmp_path, "index", f"{site}/rss.xml", "--allow-private")
        assert "gone from the web since the last run: 1" in second.stdout
        assert "gone from the web since" in self.tanya(tmp_path, "articles").stdout
        shown = self.tanya(tmp_path, "show", "satu").stdout
        assert "gone from the web since" in shown
        assert f"{site}/satu.html" in shown
        assert "40 keluarga" in shown

    def test_bad_addresses(self, tmp_path: Path) -> None:
        for command in ("index", "watch"):
            result = self.tanya(tmp_path, command, "file:///etc/passwd")
            assert result.returncode == 1
            assert "only http and https" in result.stderr
            assert len(result.stderr.strip().splitlines()) == 1

    @pytest.mark.skipif(os.name == "nt", reason="signals")
    @pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
    def test_watch_goes_on_until_it_is_ended(self, how: int, site: str, tmp_path: Path) -> None:
        args = ("watch", f"{site}/rss.xml", "--allow-private", "--every", "1s")
        with self.tanya(tmp_path, *args, wait=False) as process:
            lines = [process.stdout.readline() for _ in range(3)]
            process.send_signal(how)
            rest = process.stdout.read()
        assert process.returncode == 0
        assert f"watching {site}/rss.xml" in lines[0]
        assert "added 1," in lines[1]
        assert "added 0," in lines[2]
        assert "stopped" in rest.splitlines()[-1]
