"""Follow-ups are told from questions that stand alone, and are asked of the right articles."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant import Assistant
from assistant.followup import MAX_CARRIED, meaning
from assistant.question import understand
from assistant.types import Answer, Turn
from evals.followups import CONVERSATIONS, load_conversations
from evals.questions import load_questions


def turn(question: str, short: str = "") -> Turn:
    return Turn(question, Answer(question, short, (), "id", 0.5, not short))


MRT = turn("Siapa yang meresmikan MRT Jakarta pada Maret 2019?", "Joko Widodo")


@pytest.mark.parametrize(
    "question",
    [
        "Kapan itu terjadi?",
        "Dan siapa yang menolaknya?",
        "What did he say about it?",
        "Kalau yang di Lombok?",
        "What about the second phase?",
        "Berapa biayanya?",
        "How many?",
        "When did Widodo open it?",
        "Lalu?",
        "Siapa dia?",
        "Was it expensive?",
        "Biaya?",
        "Alasannya?",
    ],
)
def test_follow_ups_lean_on_the_turn_before(question: str) -> None:
    assert meaning(question, [MRT]).topic == MRT.question
    assert meaning(question, []).topic == ""


@pytest.mark.parametrize(
    "question",
    [
        "Di mana Blinken bertemu Lavrov?",
        "Who won the tennis final in Melbourne?",
        "How many people died in the earthquake that hit Palu in 2018?",
        "Is there a vaccine against dengue fever in Indonesia?",
        "Kenapa harga minyak goreng dan gula naik menjelang lebaran?",
        "Apa yang dikatakan Presiden Jokowi mengenai rencananya memindahkan ibu kota negara?",
        "Berapa orang lainnya belum ditemukan hingga Selasa petang?",
        "Kanjuruhan",
        "kanjuruhan",
        "Lavrov?",
    ],
)
def test_questions_that_stand_alone_are_left_as_they_are(question: str) -> None:
    assert meaning(question, [MRT]).text == question
    assert meaning(question, [MRT]).topic == ""


def test_a_question_of_hardly_any_words_takes_those_of_the_turn_before() -> None:
    carried = meaning("Kapan itu terjadi?", [MRT]).text
    assert carried.endswith("Kapan itu terjadi?")
    assert {"MRT", "Jakarta", "2019"} <= set(carried.split())
    assert "Siapa" not in carried


def test_the_answer_before_stands_for_its_pronoun() -> None:
    assert "Joko Widodo" in meaning("Siapa dia?", [MRT]).text
    assert "Joko Widodo" not in meaning("Kapan itu?", [MRT]).text


def test_a_place_gives_way_to_its_counterpart_and_the_question_word_stays() -> None:
    before = turn("Berapa korban gempa di Palu?")
    asked = understand("Kalau di Lombok?", [before])
    assert asked.answer_type == "how_many"
    assert "Palu" not in asked.text
    assert "gempa" in asked.text


def test_the_subject_lasts_over_several_turns_and_stays_short() -> None:
    history = [MRT, turn("Kapan itu terjadi?"), turn("Dan berapa biayanya?")]
    assert "MRT" in meaning("Siapa yang membangunnya?", history).topic
    long = [turn(" ".join(f"Nama{i}" for i in range(300)))] + [turn("Lalu?")] * 5
    assert len(meaning("Lalu?", long).text.split()) <= MAX_CARRIED + 1


def test_the_type_and_the_language_are_those_of_the_follow_up() -> None:
    asked = understand("When was that?", [MRT])
    assert (asked.answer_type, asked.language) == ("when", "en")
    assert understand("Did he resign?", [MRT]).answer_type == "yes_no"


def test_a_conversation_about_one_article(built: Path) -> None:
    assistant = Assistant.open(built)
    first = assistant.ask("When was the Wendle bridge opened?")
    history = [Turn("When was the Wendle bridge opened?", first)]
    for question, words, language in (
        ("And how many vehicles cross it every day?", "18,000", "en"),
        ("Lalu berapa biaya perbaikannya?", "6.5 million", "id"),
    ):
        best = assistant.evidence(question, history=history)[0].node.paragraph
        assert words in best.text
        answer = assistant.ask(question, history=history)
        assert answer.language == language
    changed = assistant.ask("Siapa pemimpin ekspedisi kapal riset Samudra Jaya?", history=history)
    assert "Dewi Latuheru" in changed.citations[0].quotation


def test_every_conversation_belongs_to_an_answerable_question_of_the_set() -> None:
    lines = CONVERSATIONS.read_text(encoding="utf-8").splitlines()
    conversations = load_conversations(load_questions())
    assert len(conversations) == len(lines) > 40
    assert all(one.whole.answerable and one.turns for one in conversations)
