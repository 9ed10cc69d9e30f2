"""The SQuAD scores are those of its definition; equal values are equal in any notation."""

from __future__ import annotations

import re
import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evals.short_answers import best, contains, equal_value, exact, overlap_f1

WORDS = st.lists(
    st.sampled_from(
        ["the", "a", "An", "Jakarta", "jakarta", "1,5", "juta", "U.S.", "—", "dan", "!"]
    ),
    max_size=8,
).map(" ".join)


def definition(said: str, accepted: list[str]) -> tuple[float, float]:
    """SQuAD 2.0 as published: the best over the answers that are not empty after normalising."""

    def tokens(text: str) -> list[str]:
        kept = text.lower().translate({ord(mark): None for mark in string.punctuation})
        return [word for word in re.sub(r"\b(?:a|an|the)\b", " ", kept).split() if word]

    answers = [one for one in accepted if tokens(one)] or [""]
    scores = []
    for answer in answers:
        left, right = tokens(said), tokens(answer)
        shared = sum(min(left.count(word), right.count(word)) for word in set(left))
        if not left or not right:
            f1 = float(left == right)
        elif not shared:
            f1 = 0.0
        else:
            precision, recall = shared / len(left), shared / len(right)
            f1 = 2 * precision * recall / (precision + recall)
        scores.append((float(left == right), f1))
    return max(em for em, _ in scores), max(f1 for _, f1 in scores)


@settings(deadline=None)
@given(WORDS, st.lists(WORDS, max_size=3))
def test_exact_match_and_f1_are_those_of_squad(said: str, accepted: list[str]) -> None:
    em, f1 = definition(said, accepted)
    assert best(exact, said, accepted) == em
    assert best(overlap_f1, said, accepted) == pytest.approx(f1)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("100 ribu", "100,000"),
        ("100.000", "100,000"),
        ("1,5 juta orang", "orang 1.5 million"),
        ("21/1/2022", "21 January 2022"),
        ("21 Januari 2022", "January 21, 2022"),
        ("Rp16 triliun", "16 trillion rupiah"),
        ("ke-17", "17th"),
        ("Mei 2021", "May 2021"),
        ("enam", "6"),
        ("60 persen", "60%"),
        ("5.2 billion", "US$5,2 miliar"),
    ],
)
def test_equal_values(left: str, right: str) -> None:
    assert equal_value(left, right) == equal_value(right, left) == 1.0


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("1,5 juta", "15 juta"),
        ("1.500", "1.5"),
        ("21/1/2022", "22/1/2022"),
        ("Rp16 triliun", "US$16 triliun"),
        ("400 m", "400 juta"),
        ("", "0"),
    ],
)
def test_different_values(left: str, right: str) -> None:
    assert equal_value(left, right) == 0.0


def test_an_answer_stands_in_a_text_as_whole_words() -> None:
    text = "Kerugian mencapai 5,2 miliar dolar pada 24 Maret 2019 di Jakarta."
    assert contains(text, "5.2 billion")
    assert contains(text, "24/3/2019")
    assert contains(text, "jakarta")
    assert not contains(text, "2 miliar")
    assert not contains(text, "Jakart")
    assert not contains(text, "")
