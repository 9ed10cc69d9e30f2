"""Shorthand of chats is spelled out; what is written in full stays as it is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.question import understand
from assistant.shorthand import spelled_out
from evals.questions import load_questions


@pytest.mark.parametrize(
    ("typed", "full"),
    [
        ("kpn gempa palu kejadian?", "kapan gempa palu kejadian?"),
        ("brp org yg ngungsi krn banjir?", "berapa orang yang ngungsi karena banjir?"),
        ("negara2nya mana aja sih", "negara-negaranya mana saja"),
        ("gmn daftar u/ mudik gratis, tsb?", "bagaimana daftar untuk mudik gratis, tersebut?"),
        ("whos the new pm of the u.s. ally?", "who is the new pm of the u.s. ally?"),
        ("co2 dan covid19 di jkt", "co2 dan covid19 di jakarta"),
        ("cek situs bs.org atau x@lg.com dong", "cek situs bs.org atau x@lg.com"),
    ],
)  # fmt: skip
def test_spelled_out(typed: str, full: str) -> None:
    assert spelled_out(typed) == full


def test_questions_in_full_stay_as_they_are() -> None:
    changed = [
        one.question
        for one in load_questions()
        if one.question != one.question.lower() and spelled_out(one.question) != one.question
    ]
    assert changed == []


@given(st.text(max_size=200))
def test_what_is_spelled_out_once_stays(text: str) -> None:
    assert spelled_out(spelled_out(text)) == spelled_out(text)


def test_it_is_asked_for_in_whole_words_and_shown_as_typed() -> None:
    asked = understand("brp tentara yg dikirim ke perbatasan?")
    assert asked.text == "berapa tentara yang dikirim ke perbatasan?"
    assert asked.said == "brp tentara yg dikirim ke perbatasan?"
    assert (asked.answer_type, asked.understood) == ("how_many", "")
