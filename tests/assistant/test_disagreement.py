"""Articles that give different figures."""

from __future__ import annotations

from datetime import date
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.disagreement import Claim, Disagreement, disagreement, update_notice
from index.text import language_of
from index.types import Language

EARLY, LATE = date(2022, 10, 2), date(2022, 10, 7)
OLD = Claim(
    "Kerusuhan di Stadion Sampel",
    "Sedikitnya 127 orang meninggal dalam kerusuhan di Stadion Sampel, Malang.",
    "127 orang",
    EARLY,
    "id",
)
NEW = Claim(
    "Six suspects named as Sampel death toll is revised",
    "The death toll of the crush in Malang is now officially 131.",
    "131",
    LATE,
    "en",
)


def claim(short: str, published: date | None, language: Language = "id") -> Claim:
    return Claim(
        "Banjir di Lok Sari", f"Catatan dari Lok Sari: {short}.", short, published, language
    )


def test_the_newest_leads_whatever_the_order() -> None:
    middle = claim("129 orang", date(2022, 10, 5))
    for order in permutations([OLD, NEW]):
        found = disagreement(order)
        assert found is not None
        assert (order[found.newer], order[found.older]) == (NEW, OLD)
    assert disagreement([OLD, middle, NEW]) == Disagreement(newer=2, older=0)  # of another place


@pytest.mark.parametrize(
    ("older", "newer"),
    [
        ("328.724 hektare", "942.000 hektare"),
        ("Rp 2,3 miliar", "Rp 3 miliar"),
        ("5,6 persen", "6 persen"),
        ("12 km", "13.000 meter"),
        ("1 Mei 2023", "15 Mei 2023"),
        ("sekitar 150 kapal", "369 kapal"),
    ],
)
def test_different_values_of_one_kind(older: str, newer: str) -> None:
    assert disagreement([claim(older, EARLY), claim(newer, LATE)]) == Disagreement(1, 0)
    assert disagreement([claim(newer, LATE), claim(older, EARLY)]) == Disagreement(0, 1)


@pytest.mark.parametrize(
    ("older", "newer"),
    [
        ("100 ribu orang", "100.000 orang"),
        ("12 km", "12.000 meter"),
        ("sekitar 130 orang", "131 orang"),
        ("2023", "Mei 2023"),
        ("Mei 2023", "15 Mei 2023"),
        ("127 orang", "5 persen"),
        ("Rp 5 juta", "US$ 5 juta"),
        ("12 km", "12 hektare"),
        ("5 orang", "5 juta orang"),
        ("Rahmat Alfian", "Siti Mahlia"),
        ("Rahmat Alfian", "12 orang"),
        ("", ""),
    ],
)
def test_no_disagreement(older: str, newer: str) -> None:
    assert disagreement([claim(older, EARLY), claim(newer, LATE)]) is None


def test_without_two_dates_nothing_is_newer() -> None:
    assert disagreement([claim("5 orang", None), claim("6 orang", LATE)]) is None
    assert disagreement([claim("5 orang", LATE), claim("6 orang", LATE)]) is None
    assert disagreement([claim("5 orang", LATE)]) is None
    assert disagreement([]) is None


def test_other_subjects_are_not_compared() -> None:
    other = Claim("Ticket prices", "A match costs 131 to watch.", "131", LATE, "en")
    assert disagreement([OLD, other]) is None


@given(
    st.lists(
        st.tuples(st.integers(1, 9), st.none() | st.dates(date(2020, 1, 1), date(2020, 1, 9))),
        max_size=5,
    )
)
def test_the_newer_is_newer_and_says_something_else(drawn: list[tuple[int, date | None]]) -> None:
    claims = [claim(f"{count} orang", day) for count, day in drawn]
    found = disagreement(claims)
    if found is not None:
        newer, older = claims[found.newer], claims[found.older]
        assert newer.published is not None and older.published is not None
        assert newer.published > older.published
        assert newer.short != older.short
        assert newer.published == max(day for _, day in drawn if day is not None)


@pytest.mark.parametrize("language", ["id", "en"])
def test_the_notice_names_both_values_and_dates_in_the_users_language(language: Language) -> None:
    notice = update_notice(NEW, OLD, language)
    assert language_of(notice) == language
    days = {"id": ("2 Oktober 2022", "7 Oktober 2022"), "en": ("2 October 2022", "7 October 2022")}
    assert all(part in notice for part in (*days[language], "127 orang", "131"))
    assert ("127 people (127 orang)" in notice) == (language == "en")


def test_braces_in_an_answer_are_text() -> None:
    odd = Claim("", "{older} 5", "{older} 5", EARLY, "id")
    assert "{older} 5" in update_notice(NEW, odd, "id")
