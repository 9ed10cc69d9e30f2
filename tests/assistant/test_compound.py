"""Questions that ask two things at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant import Assistant
from assistant.compound import cut
from assistant.question import understand
from evals.questions import load_questions
from prompts import phrase


@pytest.mark.parametrize(
    ("question", "parts"),
    [
        (
            "Berapa panjang jalurnya, dan sejak kapan dibangun?",
            ["Berapa panjang jalurnya?", "sejak kapan dibangun?"],
        ),
        (
            "Siapa yang hadir, apa yang dibahas dan berapa lama rapatnya",
            ["Siapa yang hadir, apa yang dibahas?", "berapa lama rapatnya?"],
        ),
        (
            "Kapan dan di mana pertemuan itu berlangsung?",
            ["Kapan pertemuan itu berlangsung?", "di mana pertemuan itu berlangsung?"],
        ),
        (
            "Siapa arsiteknya dan pada masa wangsa apa candi itu berdiri?",
            ["Siapa arsiteknya?", "pada masa wangsa apa candi itu berdiri?"],
        ),
        (
            "Did the ferry sink, and how many were on board?",
            ["Did the ferry sink?", "how many were on board?"],
        ),
        (
            "On which island was it heard, and in which hangar was it stored?",
            ["On which island was it heard?", "in which hangar was it stored?"],
        ),
    ],
)
def test_cut(question: str, parts: list[str]) -> None:
    assert cut(question) == parts


@pytest.mark.parametrize(
    "question",
    [
        "Apa hubungan Rusia dan Ukraina?",
        "Siapa presiden Rusia dan Ukraina?",
        "Berapa orang yang tewas dan hilang?",
        "Who met Blinken and Lavrov?",
        "Blinken dan siapa?",
        "Who and why?",
        "Who said what and how and when and where and why was it printed?",
    ],
)
def test_what_asks_one_thing_is_not_cut(question: str) -> None:
    assert cut(question) == [question]


def test_no_bundled_question_on_one_thing_is_cut() -> None:
    alone = [one for one in load_questions() if one.category != "two_paragraphs"]
    assert [one.question for one in alone if len(cut(one.question)) > 1] == []


def test_the_first_part_is_the_topic_of_the_second() -> None:
    asked = understand("When did parliament pass the law, and who signed it?")
    first, second = asked.parts
    assert (first.text, first.answer_type, first.topic) == (
        "When did parliament pass the law?", "when", ""
    )  # fmt: skip
    assert (second.answer_type, second.topic, second.leaning) == ("who", first.text, True)
    assert "law" in second.text  # it has hardly any words of its own


def test_each_part_is_answered_from_its_paragraph(built: Path) -> None:
    answer = Assistant.open(built).ask(
        "How many vehicles cross the Wendle bridge every day, and who is the chief engineer?"
    )
    assert answer.short.split("; ")[-1] == "Helen Marwick"
    assert "18,000" in answer.short.split("; ")[0]
    assert [one.paragraph.number for one in answer.citations[:2]] == [2, 3]
    assert answer.notice == ""


def test_a_part_that_is_not_answered_is_named(built: Path) -> None:
    answer = Assistant.open(built).ask(
        "How many vehicles cross the Wendle bridge every day, and who is the president of Brazil?"
    )
    assert "18,000" in answer.short
    missing = phrase("en", "part_declined", part="who is the president of Brazil?")
    assert answer.notice == missing


def test_a_question_of_which_no_part_is_answered_is_declined(built: Path) -> None:
    answer = Assistant.open(built).ask("Kapan dan di mana presiden Brasil dilantik?")
    assert (answer.abstained, answer.citations) == (True, ())
