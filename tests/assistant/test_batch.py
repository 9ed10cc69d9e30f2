"""Many questions at once: in order, each on its own, and none stops the rest."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from assistant import Assistant
from assistant.batch import ask_lines, read_lines
from assistant.cli import main

QUESTION = "When was the Wendle bridge opened?"


@pytest.fixture(scope="module")
def assistant(built: Path) -> Assistant:
    return Assistant.open(built)


def test_order_ids_and_filters_are_kept(assistant: Assistant) -> None:
    rows = [
        {"id": "a", "question": QUESTION, "extra": 1},
        {"id": 7, "question": QUESTION, "until": "2023-05-11"},
        {"question": QUESTION, "sources": "the sample gazette", "since": "2023-05-12"},
        {"question": QUESTION, "sources": ["nobody"]},
    ]
    lines = [json.dumps(row) for row in rows]
    found = list(ask_lines(assistant, [lines[0], "", *lines[1:]]))
    assert [one["line"] for one in found] == [1, 3, 4, 5]
    assert [one.get("id") for one in found] == ["a", 7, None, None]
    assert [one["abstained"] for one in found] == [False, True, False, True]
    alone = assistant.ask(QUESTION).to_dict()
    assert found[0] | {"timings": 0} == {
        "line": 1, "id": "a", "question": QUESTION, **alone, "timings": 0,
    }  # fmt: skip


def test_errors_are_told_in_the_language_asked_for(assistant: Assistant) -> None:
    lines = ["[]", '{"question": "Siapa?", "today": "besok"}', '{"question": "?!"}']
    told = [row["error"] for row in ask_lines(assistant, lines, language="id")]
    assert told[0].startswith("setiap baris berisi objek JSON")
    assert told[1:] == [
        "today berisi 'besok'; tulis tanggal seperti 2024-05-31",
        "pertanyaannya kosong; tanyakan misalnya: Di mana mereka bertemu?",
    ]
    assert "no date such as" in next(ask_lines(assistant, lines[1:]))["error"]


@pytest.mark.parametrize(
    "line",
    [
        "no json", '{"question": "Siapa \\ud83d?"}', "[]", "1", '"x"', "{}", '{"question": 1}',
        '{"question": ""}', '{"question": "Siapa?", "today": "soon"}',
        '{"question": "Siapa?", "since": 3}', '{"question": "Siapa?", "sources": 3}',
        json.dumps({"question": "x" * 10_000}),
    ],
)  # fmt: skip
def test_a_bad_line_stops_nothing(line: str, assistant: Assistant) -> None:
    good = json.dumps({"question": QUESTION})
    first, bad, last = ask_lines(assistant, [good, line, good])
    assert bad["error"]
    assert bad["line"] == 2
    assert "text" not in bad
    assert first["text"] == last["text"]


def test_the_command_writes_a_line_for_each(
    built: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    questions, out = tmp_path / "q.jsonl", tmp_path / "a.jsonl"
    questions.write_text(
        json.dumps({"question": QUESTION}) + "\r\nbroken\n\n", encoding="utf-8-sig"
    )
    arguments = ["ask", "--file", str(questions), "--index", str(built)]
    assert main([*arguments, "--out", str(out)]) == 1
    assert "1 of 2 questions failed" in capsys.readouterr().err
    first, second = map(json.loads, out.read_text(encoding="utf-8").splitlines())
    assert "1964" in first["text"]
    assert second["error"]
    questions.write_text(json.dumps({"question": QUESTION}), encoding="utf-8")
    assert main(arguments) == 0
    assert "1964" in json.loads(capsys.readouterr().out)["text"]


def test_what_is_wrong_with_a_line_is_said(assistant: Assistant) -> None:
    half, broken = ask_lines(assistant, ['{"question": "Siapa \\ud83d?"}', '{"question": '])
    assert "surrogate" in half["error"]
    assert "line 1 column" in broken["error"]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig", "windows-1252"])
def test_questions_in_any_usual_encoding(encoding: str, tmp_path: Path) -> None:
    file = tmp_path / "q.jsonl"
    file.write_bytes('{"question": "Siapa “José”?"}\r\n{"question": "Siapa?"}\n'.encode(encoding))
    assert read_lines(file) == ['{"question": "Siapa “José”?"}', '{"question": "Siapa?"}', ""]


def test_half_a_surrogate_pair_on_the_command_line_ends_nothing(
    built: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for options in ([], ["--json"]):
        assert main(["ask", f"{QUESTION}\udce9", "--index", str(built), *options]) == 0
        assert "1964" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        ([], "give a question"),
        (["Siapa?", "--file", "q.jsonl"], "give a question, or"),
        (["Siapa?", "--out", "a.jsonl"], "--file"),
        (["--file", "nothing.jsonl"], "nothing.jsonl"),
    ],
)
def test_what_does_not_go_together(
    arguments: list[str], hint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["ask", *arguments]) == 1
    assert hint in capsys.readouterr().err
