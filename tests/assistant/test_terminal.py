"""What is printed where the encoding of the output lacks letters: the code pages of Windows."""

from __future__ import annotations

import json
import sys
from io import BytesIO, TextIOWrapper
from pathlib import Path

import pytest

from assistant.cli import main
from index.encoder import StaticEncoder
from index.ingest import index_paths

ARTICLE = """Erdoğan bertemu presiden di Bogor

3 Februari 2020

Presiden Turki Recep Tayyip Erdoğan bertemu presiden di Istana Bogor pada Senin → selama dua jam.

Keduanya membahas perdagangan dan pertahanan.
"""
QUESTION = "Siapa yang bertemu presiden di Istana Bogor?"


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory, encoder: StaticEncoder) -> Path:
    folder = tmp_path_factory.mktemp("turki")
    (folder / "bogor.txt").write_text(ARTICLE, encoding="utf-8")
    index_paths(folder / "index", [folder], encoder)
    return folder / "index"


def printed(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> bytes:
    """What the command writes where the output is of code page 1252."""
    output = BytesIO()
    with monkeypatch.context() as patch:
        patch.setattr(sys, "stdout", TextIOWrapper(output, encoding="cp1252"))
        code = main(arguments)
        sys.stdout.flush()
        written = output.getvalue()
    assert code == 0
    return written


def test_letters_that_a_code_page_lacks_are_replaced(
    index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for command in (["ask", QUESTION], ["articles"], ["show", "bogor"]):
        text = printed(monkeypatch, *command, "--index", str(index)).decode("cp1252")
        assert "Erdo?an bertemu presiden di Bogor" in text


def test_json_is_utf8_on_any_code_page(
    index: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = printed(monkeypatch, "ask", QUESTION, "--json", "--index", str(index))
    assert "Erdoğan" in json.loads(whole)["citations"][0]["paragraph"]
    questions = tmp_path / "q.jsonl"
    questions.write_text(json.dumps({"question": QUESTION}), encoding="utf-8")
    [line] = printed(
        monkeypatch, "ask", "--file", str(questions), "--index", str(index)
    ).splitlines()
    assert "Erdoğan" in json.loads(line)["citations"][0]["paragraph"]
