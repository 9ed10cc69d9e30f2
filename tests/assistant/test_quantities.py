"""Numbers, money, units, dates and times: read from text, compared across notations."""

from __future__ import annotations

from datetime import date, time
from decimal import Decimal

import pytest
from babel.dates import format_date
from babel.numbers import format_decimal
from hypothesis import given
from hypothesis import strategies as st

from assistant.quantities import PartialDate, Quantity, equal, numeral, quantities
from index.types import Language

ID_UNITS = "nol satu dua tiga empat lima enam tujuh delapan sembilan".split()
EN_UNITS = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
    "sixteen seventeen eighteen nineteen".split()
)
EN_TENS = "_ _ twenty thirty forty fifty sixty seventy eighty ninety".split()


def spell_id(n: int) -> str:
    """``n`` in Indonesian words, by the grammar's own recursion."""
    for size, name in ((10**9, "miliar"), (10**6, "juta"), (1000, "ribu"), (100, "ratus")):
        if n >= size:
            many = n // size
            head = f"se{name}" if many == 1 and size <= 1000 else f"{spell_id(many)} {name}"
            return f"{head} {spell_id(n % size)}" if n % size else head
    if n < 10:
        return ID_UNITS[n]
    if n < 20:
        return {10: "sepuluh", 11: "sebelas"}.get(n, f"{ID_UNITS[n - 10]} belas")
    return f"{ID_UNITS[n // 10]} puluh" + (f" {ID_UNITS[n % 10]}" if n % 10 else "")


def spell_en(n: int) -> str:
    for size, name in ((10**9, "billion"), (10**6, "million"), (1000, "thousand")):
        if n >= size:
            head = f"{spell_en(n // size)} {name}"
            return f"{head} {spell_en(n % size)}" if n % size else head
    if n >= 100:
        head = f"{EN_UNITS[n // 100]} hundred"
        return f"{head} and {spell_en(n % 100)}" if n % 100 else head
    if n < 20:
        return EN_UNITS[n]
    return EN_TENS[n // 10] + (f"-{EN_UNITS[n % 10]}" if n % 10 else "")


def only(text: str, language: Language | None = None) -> Quantity:
    [one] = quantities(text, language)
    return one


def same(a: str, b: str, first: Language | None = None, second: Language | None = None) -> bool:
    return equal(only(a, first), only(b, second))


@given(st.integers(0, 10**12 - 1))
def test_spelled_numbers_are_read_in_both_languages(n: int) -> None:
    for text in (spell_id(n), spell_en(n), f"ada {spell_id(n)} orang", f"Then {spell_en(n)} left"):
        assert only(text).value == n, text


@given(st.decimals(0, 10**9, places=2))
def test_formatted_numbers_agree_across_languages(value: Decimal) -> None:
    shown = {code: format_decimal(value, locale=code, decimal_quantization=False) for code in
             ("id", "en")}  # fmt: skip
    for code in ("id", "en"):
        assert numeral(shown[code], code) == value  # type: ignore[index]
        money = only(f"Rp{shown[code]}", code)  # type: ignore[arg-type]
        assert (money.kind, money.value, money.unit) == ("money", value, "IDR")


@given(st.dates(date(1000, 1, 1), date(2099, 12, 31)), st.sampled_from(["long", "medium"]))
def test_formatted_dates_agree_across_languages(day: date, style: str) -> None:
    wanted = PartialDate(day.year, day.month, day.day)
    for locale in ("id", "en", "en_GB"):
        text = format_date(day, style, locale=locale)
        assert only(f"pada {text}.", "id").value == wanted, text
    assert only(day.isoformat()).value == wanted
    assert only(f"{day.day}/{day.month}/{day.year}").value == wanted


@given(st.text(alphabet=st.sampled_from("0123456789.,-/%$ abdehimnorstuRpMk°:()\n"), max_size=60))
def test_any_text_gives_ordered_spans_without_overlap(text: str) -> None:
    end = 0
    for one in quantities(text):
        assert end <= one.span[0] < one.span[1] <= len(text)
        end = one.span[1]
        assert equal(one, one)


@given(st.text(max_size=80), st.text(max_size=80))
def test_equality_is_symmetric_on_any_text(a: str, b: str) -> None:
    for one in quantities(a):
        for other in quantities(b):
            assert equal(one, other) == equal(other, one)


@pytest.mark.parametrize(
    ("text", "language", "kind", "value", "unit"),
    [
        ("1,5 juta", "id", "number", "1500000", ""),
        ("1.5 million", "en", "number", "1500000", ""),
        ("setengah juta", "id", "number", "500000", ""),
        ("half a million", "en", "number", "500000", ""),
        ("two and a half million", "en", "number", "2500000", ""),
        ("dua setengah tahun", "id", "unit", "2.5", "year"),
        ("2 juta 300 ribu", "id", "number", "2300000", ""),
        ("seribu triliun", "id", "number", "1000000000000000", ""),
        ("a dozen", "en", "number", "12", ""),
        ("tiga perempat", "id", "number", "0.75", ""),
        ("a quarter of", "en", "number", "0.25", ""),
        ("1.214 m", "id", "unit", "1214", "metre"),
        ("1.214 m", "en", "unit", "1.214", "metre"),
        ("12.5", "id", "number", "12.5", ""),
        ("Rp16 triliun", "id", "money", "16000000000000", "IDR"),
        ("Rp 5,7 M", "id", "money", "5700000000", "IDR"),
        ("US$2.3 billion", "en", "money", "2300000000", "USD"),
        ("£5m", "en", "money", "5000000", "GBP"),
        ("106,9 juta dollar AS", "id", "money", "106900000", "USD"),
        ("90 dolar Singapura", "id", "money", "90", "SGD"),
        ("5,6 persen", "id", "percent", "5.6", ""),
        ("5.6 per cent", "en", "percent", "5.6", ""),
        ("minus 5 derajat Celsius", "id", "unit", "-5", "degree Celsius"),
        ("M 7,4", "id", "unit", "7.4", "magnitude"),
        ("bermagnitudo 7,4", "id", "unit", "7.4", "magnitude"),
        ("7.4-magnitude", "en", "unit", "7.4", "magnitude"),
        ("3.355 kilometer persegi", "id", "unit", "3355", "square kilometre"),
        ("155 kilometer per jam", "id", "unit", "155", "kilometre per hour"),
        ("500 hektar", "id", "unit", "500", "hectare"),
        ("30-year-old", "en", "unit", "30", "year"),
        ("2000 orang", "id", "number", "2000", ""),
        ("ke-17", "id", "ordinal", "17", ""),
        ("ketujuh belas", "id", "ordinal", "17", ""),
        ("17th", "en", "ordinal", "17", ""),
        ("twenty-first", "en", "ordinal", "21", ""),
        ("abad ke-19", "id", "period", "19", "century"),
        ("19th century", "en", "period", "19", "century"),
        ("1800-an", "id", "period", "1800", "decade"),
        ("1990s", "en", "period", "1990", "decade"),
    ],
)  # fmt: skip
def test_values(text: str, language: Language, kind: str, value: str, unit: str) -> None:
    one = only(text, language)
    assert (one.kind, one.value, one.unit) == (kind, Decimal(value), unit)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("tahun 1992", PartialDate(1992)),
        ("in 2022", PartialDate(2022)),
        ("pada Maret 2020", PartialDate(2020, 3)),
        ("since May", PartialDate(None, 5)),
        ("17 Oktober", PartialDate(None, 10, 17)),
        ("5th of May 2021", PartialDate(2021, 5, 5)),
        ("01/21/2022", PartialDate(2022, 1, 21)),
        ("hari ini (16/8)", PartialDate(None, 8, 16)),
    ],
)
def test_dates(text: str, value: PartialDate) -> None:
    assert only(text).value == value


def test_times() -> None:
    assert (only("pukul 19.21 WIB").value, only("19.21 WIB").unit) == (time(19, 21), "WIB")
    assert only("7 p.m.").value == only("pukul 7 malam").value == time(19)
    assert [one.kind for one in quantities("Skor 19.21 poin", "id")] == ["number"]


def test_ranges_share_what_is_said_once() -> None:
    low, high = quantities("Rp 4-5 juta", "id")
    assert (low.value, high.value, low.unit, high.unit) == (4_000_000, 5_000_000, "IDR", "IDR")
    first, last = quantities("9-15 Oktober 2005")
    assert (first.value, last.value) == (PartialDate(2005, 10, 9), PartialDate(2005, 10, 15))
    assert [one.value for one in quantities("1988-1998")] == [PartialDate(1988), PartialDate(1998)]


@pytest.mark.parametrize("text", ["COVID-19", "G20", "KRI Nanggala-402", "9/11", "v1.2.3", "may"])
def test_names_hold_no_quantity(text: str) -> None:
    found = quantities(f"the {text} of", "en")
    assert not [one for one in found if one.kind not in ("number",)]
    assert len(found) == (2 if text == "9/11" else 0)


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("100 ribu", "100,000"),
        ("100.000", "100,000"),
        ("1,5 juta", "1.5 million"),
        ("seratus ribu", "a hundred thousand"),
        ("Rp16 triliun", "16 trillion rupiah"),
        ("21/1/2022", "21 January 2022"),
        ("17 Oktober", "17 October 2005"),
        ("ke-17", "17th"),
        ("17", "ke-17"),
        ("1,5 km", "1,500 metres"),
        ("dua pekan", "14 days"),
        ("sepekan", "seven days"),
        ("5,6 persen", "5.6%"),
        ("2022", "2.022"),
        ("pukul 19.21 WIB", "7.21 pm"),
    ],
)
def test_equal_values(a: str, b: str) -> None:
    assert same(a, b)


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("US$5", "Rp5"),
        ("5 persen", "5 km"),
        ("2022", "January 2022"),
        ("January 2022", "21 January 2022"),
        ("2021", "2022"),
        ("17 October 2004", "17 October 2005"),
        ("12 km", "12 hectares"),
        ("19.21 WIB", "19.21 WITA"),
        ("1990s", "1990"),
        ("100 ribu", "100 juta"),
    ],
)
def test_different_values(a: str, b: str) -> None:
    assert not same(a, b)


def test_long_rows_of_digits_are_no_numbers() -> None:
    assert quantities("9" * 5000) == []
    assert len(quantities("12 " * 2000)) == 2000
