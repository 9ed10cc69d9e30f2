"""Questions made of text: what they ask for stands where they say, or was removed."""

import random
import re

import pytest

from assistant.reader.cloze import ASKED, Cloze, cloze
from index.lexicon import Lexicon
from index.types import Language

TEXT = {
    "id": (
        "Jembatan Ampera dibuka pada 30 September 1965 di Palembang oleh pemerintah kota. "
        "Panjangnya mencapai 1.117 meter dan lebarnya 22 meter. "
        "Pemugaran besar dikerjakan oleh Dinas Pekerjaan Umum setelah banjir di Sumatera Selatan."
    ),
    "en": (
        "The bridge was opened on 30 September 1965 in Palembang by the city government. "
        "It is a steel lift bridge and spans 1,117 metres over the Musi River. "
        "The last repair was paid for by the ministry in Jakarta after the floods."
    ),
}  # fmt: skip


def made(language: Language, count: int = 300) -> list[Cloze]:
    rng, lexicon = random.Random(4), Lexicon()
    found = (cloze(TEXT[language], "", language, lexicon, rng) for _ in range(count))
    return [one for one in found if one]


@pytest.mark.parametrize("language", ["id", "en"])
def test_answers_stand_in_their_context_and_not_in_the_question(language: Language) -> None:
    found = made(language)
    assert len(found) > 200
    answers = {one.context[slice(*one.answer)] for one in found if one.answer}
    assert "30 September 1965" in answers
    assert "Palembang" in answers
    assert any(answer.startswith(("1.117", "1,117")) for answer in answers)
    for one in found:
        if one.answer:
            assert one.context == TEXT[language]
            assert one.context[slice(*one.answer)].strip() == one.context[slice(*one.answer)]


@pytest.mark.parametrize("language", ["id", "en"])
def test_some_questions_lose_the_sentence_that_answers_them(language: Language) -> None:
    removed = [one for one in made(language) if one.answer is None]
    assert 10 < len(removed) < 100
    assert all(len(one.context) < len(TEXT[language]) for one in removed)


def test_dates_are_asked_for_as_dates_and_places_as_places() -> None:
    words = {"30 September 1965": "when", "Palembang": "where"}
    asked = {kind: re.compile("|".join(ASKED["en"][kind]), re.I) for kind in words.values()}
    checked = 0
    for one in made("en"):
        kind = words.get(one.context[slice(*one.answer)]) if one.answer else None
        if kind and one.question.isascii() and " the " in one.question:
            checked += bool(asked[kind].search(one.question))
    assert checked > 5


def test_nothing_is_asked_of_a_text_without_names_or_numbers() -> None:
    assert cloze("tidak banyak, itu saja.", "", "id", Lexicon(), random.Random(1)) is None
