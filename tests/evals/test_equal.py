"""The score that accepts equal values."""

from __future__ import annotations

from decimal import Decimal

import pytest
from babel.numbers import format_decimal
from hypothesis import given
from hypothesis import strategies as st

from evals.equal import equal_answers
from evals.read import exact
from index.types import Language


@pytest.mark.parametrize(
    ("said", "accepted", "language"),
    [
        ("100 ribu", "100,000", "id"),
        ("21/1/2022", "21 January 2022", "id"),
        ("Rabu (30/11/2022)", "30 November 2022", "id"),
        ("sekitar 22 orang", "22", "id"),
        ("Sekitar 22 orang", "dua puluh dua orang", "id"),
        ("Rp16 triliun", "16 trillion rupiah", "id"),
        ("Rp17.200 sampai Rp17.600", "Rp 17,200 to Rp 17,600", "id"),
        ("17th", "ke-17", "en"),
        ("in 1992", "tahun 1992", "en"),
        ("Geneva, Switzerland", "Jenewa, Swiss", "en"),
        ("Jenewa", "Geneva", "id"),
        ("The Golden Gate", "golden gate", "en"),
        ("Boeing 737", "pesawat Boeing 737", "id"),
    ],
)
def test_equal(said: str, accepted: str, language: Language) -> None:
    assert equal_answers(said, ["lain", accepted], language)


@pytest.mark.parametrize(
    ("said", "accepted"),
    [
        ("100 ribu", "100 juta"),
        ("22 Januari 2022", "21 Januari 2022"),
        ("2022", "21 Januari 2022"),
        ("22 orang", "22 orang dan 5 anak"),
        ("Boeing 737", "737"),
        ("Peraturan Nomor 22", "22"),
        ("1-3", "3-1"),
        ("Rp5", "US$5"),
        ("dua mekanisme yang memastikan tekanan uap tidak tinggi", "dua"),
        ("Jakarta", "Bandung"),
        ("", "22"),
        ("22", ""),
    ],
)
def test_not_equal(said: str, accepted: str) -> None:
    assert not equal_answers(said, [accepted], "id")


def test_nothing_is_right_when_nothing_is_accepted() -> None:
    assert equal_answers("", [], "id")
    assert equal_answers("", [""], "id")
    assert not equal_answers("22", [], "id")


@given(st.decimals(0, 10**9, places=2), st.sampled_from(["id", "en"]))
def test_notations_of_both_languages_agree(value: Decimal, language: Language) -> None:
    shown = {code: format_decimal(value, locale=code, decimal_quantization=False)
             for code in ("id", "en")}  # fmt: skip
    other = shown["en" if language == "id" else "id"]
    assert equal_answers(shown[language], [other], language)


@given(st.text(max_size=30), st.text(max_size=30))
def test_an_exact_match_is_always_equal(said: str, accepted: str) -> None:
    assert equal_answers(accepted, [accepted], "id")
    if exact(said, accepted):
        assert equal_answers(said, [accepted], "id")
