"""Small talk is told from questions, of which none may be lost to it."""

from __future__ import annotations

import pytest

from assistant.smalltalk import reply, small_talk
from evals.followups import load_conversations
from evals.questions import load_questions


@pytest.mark.parametrize(
    ("said", "kind", "language"),
    [
        ("halo", "greeting", "id"),
        ("Selamat pagi, Tanya!", "greeting", "id"),
        ("Hi there", "greeting", "en"),
        ("thanks", "thanks", "en"),
        ("Terima kasih banyak ya 🙏", "thanks", "id"),
        ("kamu siapa?", "about", "id"),
        ("apa yang bisa kamu lakukan?", "about", "id"),
        ("Apa itu Tanya?", "about", "id"),
        ("What can you do?", "about", "en"),
    ],
)
def test_small_talk_is_answered_in_its_language(said: str, kind: str, language: str) -> None:
    found = small_talk(said)
    assert found == (kind, language)
    assert reply(*found)


@pytest.mark.parametrize(
    "question",
    [
        "", "🙂", "Halo, kapan gempa Palu?", "Apa itu?", "Apa itu ya?", "Siapa itu?",
        "Siapa yang kamu maksud?",
        "Thanks to whom was it built?", "What is it?", "Tanya", "Apa itu Whoosh?",
    ],
)  # fmt: skip
def test_questions_are_no_small_talk(question: str) -> None:
    assert small_talk(question) is None


def test_no_sample_question_is_small_talk() -> None:
    questions = load_questions()
    asked = [one.question for one in questions]
    for one in load_conversations(questions):
        asked += [*one.turns, one.question]
    assert len(asked) > 700
    assert [one for one in asked if small_talk(one)] == []
