"""Everything works while only this machine can be reached."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from visitor import Page, ready

from evals.server import chat

ROOT = Path(__file__).parent.parent
QUESTION = "When was the Wendle bridge opened?"


class Offline:
    """Runs ``tanya``, and all that it starts, where every other machine is out of reach."""

    def __init__(self, folder: Path) -> None:
        self.blocked = folder / "blocked.txt"
        self.env = {
            "PYTHONPATH": str(ROOT / "tests" / "offline"), "BLOCKED": str(self.blocked),
            "HOME": str(folder), "XDG_DATA_HOME": str(folder), "LOCALAPPDATA": str(folder),
            "COLUMNS": "200", "PYTHONUTF8": "1",
            "CI": "", "GITHUB_ACTIONS": "",  # where libraries keep quiet by themselves
        }  # fmt: skip

    def python(self, *arguments: object) -> str:
        done = subprocess.run(
            [sys.executable, *map(str, arguments)],
            env=os.environ | self.env, capture_output=True, text=True, encoding="utf-8",
            timeout=300,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def tanya(self, *arguments: object) -> str:
        return self.python("-m", "assistant.cli", *arguments)


@pytest.fixture
def offline(tmp_path: Path) -> Offline:
    return Offline(tmp_path)


def test_the_blockade_holds(offline: Offline) -> None:
    code = """
import asyncio, httpx, subprocess, sys
for address in ("http://203.0.113.1/", "http://example.com/"):
    try:
        httpx.get(address)
    except httpx.ConnectError as error:
        assert "blocked" in str(error), error
    else:
        raise AssertionError(address)
child = "import socket; socket.create_connection(('203.0.113.2', 80))"
assert subprocess.run([sys.executable, "-c", child], capture_output=True).returncode
"""
    offline.python("-c", code)
    noted = offline.blocked.read_text(encoding="utf-8")
    assert "203.0.113.1" in noted
    assert "example.com" in noted
    assert "203.0.113.2" in noted


def test_index_ask_and_eval(offline: Offline, corpus: Path, tmp_path: Path) -> None:
    index = ("--index", tmp_path / "index")
    offline.tanya("index", corpus, *index)
    answer = json.loads(offline.tanya("ask", QUESTION, "--json", *index))
    assert "1964" in answer["text"]
    questions = tmp_path / "questions.jsonl"
    asked = {
        "id": "q-1", "language": "en", "question": QUESTION, "answers": ["1964"],
        "gold": [{"article": "bridge", "quote": "was opened in 1964"}], "answer_type": "date",
        "answerable": True, "category": "factoid", "split": "dev",
    }  # fmt: skip
    questions.write_text(json.dumps(asked) + "\n", encoding="utf-8")
    report = tmp_path / "report"
    offline.tanya("eval", "--questions", questions, "--out", report, *index)
    assert (report / "report.html").exists()
    assert not list(tmp_path.rglob("*deviceid*"))  # no library that reports, even outside Python
    assert not offline.blocked.exists(), offline.blocked.read_text(encoding="utf-8")


@pytest.mark.server
@pytest.mark.enable_socket
@pytest.mark.allow_hosts(["127.0.0.1"])
def test_chat(offline: Offline, corpus: Path, tmp_path: Path) -> None:
    """The first run indexes; then pages, their files, a question."""
    with chat(tmp_path, corpus, "--index", tmp_path / "index", env=offline.env) as base:
        ready(base)
        page = Page(base)
        for path in ("", "theme.css", "config"):
            assert page.http.get(path).status_code == 200
        assert "1964" in page.ask(QUESTION)["said"]
    assert not offline.blocked.exists(), offline.blocked.read_text(encoding="utf-8")
