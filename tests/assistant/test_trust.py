"""Questions that invite a wrong answer: near misses, who said it, too many words."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant import Assistant


@pytest.fixture(scope="module")
def assistant(built: Path) -> Assistant:
    return Assistant.open(built)


@pytest.mark.parametrize(
    "question",
    [
        "Berapa peneliti dibawa kapal riset Samudra Jaya ke Ambon pada 2019?",  # another year
        "Siapa pemimpin ekspedisi kapal riset Samudra Jaya pada tahun 2015?",
        "Berapa peneliti dibawa kapal riset Baruna Jaya ke Ambon?",  # another ship
        "Berapa pedagang yang sudah kembali berjualan di pasar terapung Muara Kuin?",  # place
        "How many vehicles cross the Severn bridge every day?",
        "What did Peter Ashdown, the county's chief engineer, say?",  # another person
        "How many people died on the Wendle bridge?",  # another thing
    ],
)
def test_a_near_miss_is_declined(question: str, assistant: Assistant) -> None:
    for typed in (question, question.lower()):
        answer = assistant.ask(typed)
        assert answer.abstained
        assert not answer.citations


@pytest.mark.parametrize(
    ("question", "who"),
    [
        ("Who said that it would rather be late than sorry?", "Helen Marwick"),
        ("Siapa yang mengatakan 140 pedagang sudah kembali berjualan?", "Rahmat Alfian"),
        ("Who said that 140 traders had returned to the market?", "Rahmat Alfian"),
    ],
)
def test_who_said_it(question: str, who: str, assistant: Assistant) -> None:
    answer = assistant.ask(question)
    assert answer.short == who
    assert who in answer.citations[0].quotation


@pytest.mark.parametrize(
    ("question", "answered"),
    [
        ("Berapa pedagang sudah kembali berjualan di Lok Sari pada Maret 2023?", True),
        ("Berapa pedagang sudah kembali berjualan di Lok Sari pada Maret 2021?", False),
        ("How many vehicles crossed the Wendle bridge every day in May 2023?", True),
        ("How many vehicles crossed the Wendle bridge every day in May 2019?", False),
    ],
)
def test_a_question_may_name_the_month_in_which_the_article_appeared(
    question: str, answered: bool, assistant: Assistant
) -> None:
    assert assistant.ask(question).abstained != answered


def test_of_two_questions_in_one_the_cited_sentences_answer_both(assistant: Assistant) -> None:
    answer = assistant.ask(
        "How many vehicles cross the Wendle bridge daily, and when was it opened?"
    )
    said = " ".join(citation.quotation for citation in answer.citations)
    assert "18,000" in said
    assert "1964" in said


def test_a_question_longer_than_any_article_is_answered_rightly_or_declined(
    assistant: Assistant,
) -> None:
    asked = "Mengapa pasar terapung Lok Sari ditutup? "
    answer = assistant.ask(asked + "Saya membaca banyak kabar dan ingin tahu sebabnya. " * 30)
    assert answer.abstained or "banjir" in answer.citations[0].quotation
