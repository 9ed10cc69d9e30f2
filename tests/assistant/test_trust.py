"""Questions that invite a wrong answer: near misses, who said it, too many words."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant import Assistant
from index.encoder import StaticEncoder
from index.ingest import index_paths


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
        "When was the Ashby bridge opened?",
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
    ("question", "likely"),
    [
        ("Siapa yang meresmikan JLM Palembang?", True),
        ("Who opened the JLM in Palembang?", True),
        ("Siapa gubernur Palembang?", False),  # an office of which the text speaks elsewhere
        ("Siapa yang menjabat gubernur Palembang?", False),
    ],
)
def test_a_deed_may_stand_further_from_its_object_than_an_office_from_its_place(
    question: str, likely: bool, encoder: StaticEncoder, tmp_path: Path
) -> None:
    (tmp_path / "jembatan.txt").write_text(
        "Jembatan Baru Dibuka\n\n"
        "Gubernur Raka Hadiyanto dari provinsi tetangga meresmikan Jembatan Lintas Musi Raya "
        "Terpadu (JLM) fase pertama di kota Palembang pada Minggu pagi.\n",
        encoding="utf-8",
    )
    index_paths(tmp_path / "index", [tmp_path / "jembatan.txt"], encoder)
    [evidence] = Assistant.open(tmp_path / "index").evidence(question)
    assert (evidence.known == 1.0) == likely


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


@pytest.mark.parametrize(
    ("question", "counts"),
    [
        ("Berapa pedagang yang sudah kembali berjualan di pasar terapung Lok Sari?", True),
        ("How many traders have returned to the Lok Sari floating market?", True),
        ("Berapa kapal yang sudah kembali berjualan di pasar terapung Lok Sari?", False),
    ],
)
def test_a_number_counts_what_is_asked(question: str, counts: bool, assistant: Assistant) -> None:
    text = "140 pedagang"
    [found] = [
        one for one in assistant.evidence(question) if text in one.node.paragraph.text and one.short
    ]
    assert (found.features.counted > 0) == counts
