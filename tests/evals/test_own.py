"""A user's own questions: the template, feedback, and the whole way through the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from assistant import Assistant
from assistant.cli import main
from evals.own import candidates, write_candidates, write_template
from evals.questions import QuestionSetError, load_questions
from evals.runner import sample_articles
from evals.validate import faults


def test_the_template_is_a_question_file_to_be_filled_in(tmp_path: Path) -> None:
    target, readme = write_template(tmp_path / "own")
    questions = load_questions([target])
    assert [one.answerable for one in questions] == [True, True, False]
    assert "ARTICLE" in str(next(faults(questions, {})))
    for name in ("question", "gold", "answers", "parts"):
        assert f"`{name}`" in readme.read_text(encoding="utf-8")
    with pytest.raises(QuestionSetError, match="--check"):
        write_template(tmp_path / "own")


def test_feedback_becomes_candidates(assistant: Assistant, tmp_path: Path) -> None:
    right = assistant.ask("When was the Wendle bridge opened?").to_dict()
    wrong = assistant.ask("Berapa pedagang yang kembali berjualan?").to_dict()
    declined = assistant.ask("Siapa pelatih timnas sepak bola Indonesia?").to_dict()
    bridge, market = "When was the Wendle bridge opened?", "Berapa pedagang yang kembali?"
    rows = [
        {"id": "a", "question": bridge, "answer": right, "vote": "down", "comment": ""},
        {"id": "b", "question": market, "answer": wrong, "vote": "down", "comment": ""},
        {"id": "b", "question": market, "answer": wrong, "vote": "down", "comment": "salah <b>"},
        {"id": "c", "question": f" {bridge} ", "answer": right, "vote": "up", "comment": ""},
        {"id": "d", "question": "Siapa pelatih timnas?", "answer": declined, "vote": "up"},
        {"id": "e", "question": "Kapan?", "answer": right, "vote": "up", "comment": ""},
        {"id": "e", "question": "Kapan?", "answer": right, "vote": "", "comment": ""},
    ]
    feedback = tmp_path / "feedback.jsonl"
    feedback.write_text("\n".join(json.dumps(row) for row in rows) + "\n\n", encoding="utf-8")
    target = write_candidates(feedback)
    todo, good, outside = load_questions([target])
    assert good.gold[0].quote == right["citations"][0]["quotation"]
    assert (todo.answerable, todo.gold) == (True, ())
    assert todo.note.startswith("salah <b>")
    assert (outside.answerable, outside.category) == (False, "out_of_corpus")
    if right["short"]:
        assert list(faults([good, outside], sample_articles(assistant))) == []
    [fault] = faults([todo], sample_articles(assistant))
    assert "have gold and answers" in str(fault)
    with pytest.raises(QuestionSetError, match="exists"):
        write_candidates(feedback)
    feedback.write_text('{"answer": "x"}\n')
    with pytest.raises(QuestionSetError, match=r"feedback\.jsonl:1"):
        list(candidates(feedback))


def test_own_questions_are_checked_and_run_on_their_own_index(
    built: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "own.jsonl"
    row = {
        "question": "When was the Wendle bridge opened?", "answers": ["1964"],
        "gold": [{"article": "bridge", "quote": "was opened in 1964"}],
    }  # fmt: skip
    path.write_text(json.dumps(row), encoding="utf-8")
    arguments = ["eval", "--questions", str(path), "--index", str(built)]
    assert main([*arguments, "--check"]) == 0
    out = tmp_path / "report"
    assert main([*arguments, "--out", str(out)]) == 0
    assert "1 question" in capsys.readouterr().out
    assert json.loads((out / "report.json").read_text("utf-8"))["questions"][0]["failure"] == ""
    assert main([*arguments, "--out", str(out)]) == 0  # compares with what is there
    assert "Since" in capsys.readouterr().out
    path.write_text(json.dumps(row | {"answers": ["1965"]}), encoding="utf-8")
    assert main([*arguments, "--check"]) == 1
    assert main(arguments) == 1
    assert "none of its answers" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        (["--questions", "a", "--data", "b"], "give one"),
        (["--questions", "a", "--gate"], "baseline is of the sample questions"),
        (["--index", "a"], "--questions FILE"),
        (["--lower"], "--baseline"),
        (["--compare", "nothing.json"], "nothing.json"),
        (["--data", "nothing.json"], "does not exist"),
        (["--questions", "nothing.jsonl"], "nothing.jsonl"),
        (["--from-feedback", "nothing.jsonl"], "nothing.jsonl"),
    ],
)
def test_what_does_not_go_together_is_said_in_one_line(
    arguments: list[str], hint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["eval", *arguments]) == 1
    error = capsys.readouterr().err
    assert hint in error
    assert len(error.strip().splitlines()) == 1
