"""The evaluation with a language model that says what is written down, live and from a file."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from scripted import ScriptedLLM

from assistant import Assistant
from assistant.cli import main
from evals.questions import EvalQuestion
from evals.recorded import RecordedLLM, RecordingError, told
from evals.report import build
from evals.runner import Archive, Outcome, cases, outcome, sample_articles

FOLLOW_UP = EvalQuestion(
    id="q-5", language="en", question="And when was it opened?", gold=(), answers=(),
    answer_type="date", answerable=False, category="follow_up", split="dev",
    turns=("How many vehicles cross the Wendle bridge every day?",),
)  # fmt: skip


def writes(prompt: str) -> str:
    """A model that says in full what it should, quotes what it should, and makes something up."""
    if "Last question" in prompt:
        return "And when was the Wendle bridge opened?"
    blocks = re.findall(r'<paragraph number="(\d+)".*?>\n(.*?)\n</paragraph>', prompt, re.S)
    wanted = {"opened?": "1964", "ditutup?": "banjir", "every day?": "18,000"}
    words = next(words for end, words in wanted.items() if f"{end}\nAnswer" in prompt
                 or f"{end}\nJawab" in prompt)  # fmt: skip
    number, text = next((n, text) for n, text in blocks if words in text)
    said = text.split(". ")[0].rstrip(".")
    return f"{said} [{number}]. The Moon pays for all 999 of it [{number}]."


def evaluate(
    built: Path, sound: tuple[EvalQuestion, ...], llm: RecordedLLM | ScriptedLLM
) -> list[Outcome]:
    assistant = Assistant.open(built, llm=llm)
    archive = Archive(assistant)
    found = cases([*sound, FOLLOW_UP], sample_articles(assistant))
    return [outcome(one, archive.reply) for one in found]


def texts(outcomes: list[Outcome]) -> list[str]:
    return [one.reply.answer.text if one.reply else one.error for one in outcomes]


def test_a_recorded_run_can_be_repeated_without_the_model(
    built: Path, sound: tuple[EvalQuestion, ...], tmp_path: Path
) -> None:
    file = tmp_path / "replies.jsonl"
    live = evaluate(built, sound, RecordedLLM(file, ScriptedLLM(*[writes] * 20)))
    figures = build(live, {"questions": "five"})["groups"][0]["figures"]
    assert [one.error for one in live] == [""] * 5
    answers = [one.reply.answer for one in live if one.reply]
    assert [one.mode for one in answers] == ["llm", "extractive", "llm", "llm", "llm"]
    assert all("Moon" not in one.text and "999" not in one.text for one in answers)
    assert answers[4].understood == "And when was the Wendle bridge opened?"
    replies = RecordedLLM(file)
    again = evaluate(built, sound, replies)
    assert texts(again) == texts(live)
    assert replies.missing == 0
    repeated = build(again, {"questions": "five"})["groups"][0]["figures"]
    steady = figures.keys() - {"p50", "p95", "p99"}
    assert {name: repeated[name] for name in steady} == {name: figures[name] for name in steady}
    assert told(again, replies) == [
        "language model: wrote 4 of 5 answers; 0 are quoted from the articles, 1 declined"
    ]


def test_missing_replies_are_answered_from_the_articles_and_counted(
    built: Path, sound: tuple[EvalQuestion, ...], tmp_path: Path
) -> None:
    file = tmp_path / "replies.jsonl"
    evaluate(built, sound, RecordedLLM(file, ScriptedLLM(*[writes] * 20)))
    kept = file.read_text(encoding="utf-8").splitlines()[:1]
    file.write_text("\n".join(kept) + "\n", encoding="utf-8")
    replies = RecordedLLM(file)
    outcomes = evaluate(built, sound, replies)
    assert [one.reply.answer.mode for one in outcomes if one.reply].count("llm") == 1
    assert all(one.reply and not one.error for one in outcomes)
    assert replies.missing == 4  # two answers, the follow-up in full, and the answer to it
    assert told(outcomes, replies)[1].startswith("replies not recorded: 4")
    assert file.read_text(encoding="utf-8").splitlines() == kept


@pytest.mark.parametrize("line", ["nothing", "[]", '{"key": "a"}', "7"])
def test_a_file_that_holds_no_replies(line: str, tmp_path: Path) -> None:
    file = tmp_path / "replies.jsonl"
    with pytest.raises(RecordingError, match="holds no replies"):
        RecordedLLM(file)
    file.write_text(f"{json.dumps({'key': 'a', 'reply': 'b'})}\n{line}\n", encoding="utf-8")
    with pytest.raises(RecordingError, match=r"replies\.jsonl:2"):
        RecordedLLM(file)


@pytest.mark.parametrize("other", ["--gate", "--baseline", "--data=questions"])
def test_the_baseline_knows_no_model(other: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["eval", "--llm", "openai:m", other]) == 1
    assert "--llm" in capsys.readouterr().err


def test_the_command_reports_what_the_model_wrote(
    built: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    row = {"question": "When was the Wendle bridge opened?", "answers": ["1964"],
           "gold": [{"article": "bridge", "quote": "was opened in 1964"}]}  # fmt: skip
    questions, file = tmp_path / "mine.jsonl", tmp_path / "replies.jsonl"
    questions.write_text(json.dumps(row) + "\n", encoding="utf-8")
    file.write_text('{"key": "another", "reply": "…"}\n', encoding="utf-8")
    arguments = ["--questions", questions, "--index", built, "--record", file]
    assert main(["eval", *map(str, arguments)]) == 0
    printed = capsys.readouterr().out
    assert "wrote 0 of 1 answers" in printed
    assert "replies not recorded: 1" in printed
