"""Short answers in the other language: right, or not said."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from importlib.resources import files

import pytest
from babel.dates import format_date
from babel.numbers import format_decimal
from hypothesis import given
from hypothesis import strategies as st

from assistant.gloss import gloss
from assistant.quantities import equal, quantities
from index.types import Language

AROUND: dict[Language, list[str]] = {
    "id": ["{}", "sekitar {} orang", "lebih dari {} km", "{} persen", "Rp{}", "US$ {}",
           "{} hektare", "{} juta ton", "Rp {} miliar", "{} ribu", "{} tahun",
           "minus {} derajat Celsius"],
    "en": ["{}", "about {} people", "more than {} km", "{} percent", "Rp{}", "US${}",
           "{} hectares", "{} million tonnes", "Rp {} billion", "{} thousand", "{} years",
           "minus {} degrees Celsius"],
}  # fmt: skip


def other(language: Language) -> Language:
    return "en" if language == "id" else "id"


def agree(short: str, said: str, source: Language) -> bool:
    """The same values in the same order, read independently in each language."""
    mine, theirs = quantities(short, source), quantities(said, other(source))
    return len(mine) == len(theirs) and all(map(equal, mine, theirs))


@given(
    st.sampled_from(["id", "en"]), st.integers(0, 11), st.decimals(0, 999_999, places=2)
)  # fmt: skip
def test_amounts_keep_their_value(source: Language, which: int, value: Decimal) -> None:
    shown = format_decimal(value, locale=source, decimal_quantization=False)
    short = AROUND[source][which].format(shown)
    said = gloss(short, source, other(source))
    assert agree(short, said or short, source), (short, said)
    if not said:  # what is not said anew reads the same in both languages
        assert agree(short, short, source) and not any(ch.isalpha() for ch in short[3:])


@given(st.sampled_from(["id", "en"]), st.dates(date(1900, 1, 1), date(2099, 12, 31)))
def test_dates_keep_their_value(source: Language, day: date) -> None:
    for pattern in ("d MMMM y", "d MMM y", "MMMM y", "d MMMM", "EEEE, d MMMM y"):
        short = format_date(day, pattern, locale=source)
        said = gloss(short, source, other(source))
        assert agree(short, said or short, source), (short, said)
        whole = pattern.replace("d MMM y", "d MMMM y")
        assert said in ("", format_date(day, whole, locale=other(source)))


@given(st.text(max_size=60), st.sampled_from(["id", "en"]))
def test_any_text_is_glossed_or_left(text: str, source: Language) -> None:
    said = gloss(text, source, other(source))
    assert said == said.strip()
    assert gloss(text, source, source) == ""


@pytest.mark.parametrize(
    ("short", "said"),
    [
        ("100 ribu", "100,000"),
        ("seratus ribu", "100,000"),
        ("dua belas", "twelve"),
        ("1,5 juta", "1.5 million"),
        ("Rp16 triliun", "Rp16 trillion"),
        ("Rp 4-5 juta", "Rp4-5 million"),
        ("106,9 juta dollar AS", "US$106.9 million"),
        ("sekitar 3,5 miliar orang", "about 3.5 billion people"),
        ("satu orang", "one person"),
        ("218 kilometer persegi", "218 square kilometres"),
        ("1.000 km", "1,000 km"),
        ("26 menit dan 17,53 detik", "26 minutes and 17.53 seconds"),
        ("211.000 ton per bulan", "211,000 tonnes per month"),
        ("M 7,4", "magnitude 7.4"),
        ("ke-17", "17th"),
        ("awal abad ke-19", "early 19th century"),
        ("1990-an", "1990s"),
        ("tahun 1992", "1992"),
        ("21 Januari 2022", "21 January 2022"),
        ("Jumat (21/1/2022)", "Friday (21 January 2022)"),
        ("9-15 Oktober 2005", "9-15 October 2005"),
        ("pukul 19.21 WIB", "19:21 WIB"),
        ("pukul 08.06", "08:06"),
        ("6.000 meter kubik per detik", "6,000 cubic metres per second"),
        ("Juni", "June"),
        ("Uni Eropa (UE)", "European Union"),
        ("antara 2019 dan 2021", "between 2019 and 2021"),
        ("Jenewa, Swiss", "Geneva, Switzerland"),
        ("di kota Jenewa", "the city of Geneva"),
        ("Bank Dunia", "World Bank"),
        ("PBB", "United Nations"),
        ("AS", "United States"),
        ("bahasa Jepang", "Japanese"),
        ("Piala Dunia 2022", "World Cup 2022"),
        ("Minggu", "Sunday"),
    ],
)
def test_indonesian_in_english(short: str, said: str) -> None:
    assert gloss(short, "id", "en") == said


@pytest.mark.parametrize(
    ("short", "said"),
    [
        ("January 21, 2022", "21 Januari 2022"),
        ("October 3-5, 2021", "3-5 Oktober 2021"),
        ("Monday, April 1", "Senin, 1 April"),
        ("US$2.3 billion", "US$2,3 miliar"),
        ("$5 million", "5 juta dolar"),
        ("942,000 hectares", "942.000 hektare"),
        ("mid-18th century", "pertengahan abad ke-18"),
        ("7 pm", "19.00"),
        ("in The Hague", "Den Haag"),
        ("the Red Sea", "Laut Merah"),
        ("China", "Tiongkok"),
    ],
)
def test_english_in_indonesian(short: str, said: str) -> None:
    assert gloss(short, "en", "id") == said


@pytest.mark.parametrize(
    ("short", "source"),
    [
        ("Joko Widodo", "id"),
        ("Jakarta", "id"),
        ("Paris", "en"),
        ("Presiden Rusia", "id"),
        ("kerusakan jalan", "id"),
        ("Inggris", "id"),  # England, the United Kingdom or English
        ("kedua", "id"),  # the second, or both
        ("minggu", "id"),
        ("as", "id"),
        ("1/2/2022", "en"),
        ("12 pounds", "en"),
        ("over the Black Sea", "en"),
        ("12", "id"),
        ("2022", "en"),
        ("", "id"),
        ("…", "en"),
        ("<script>12 juta</script>", "id"),
    ],
)
def test_what_is_not_certain_is_left(short: str, source: Language) -> None:
    assert gloss(short, source, other(source)) == ""


def test_every_name_of_the_table_is_said_in_the_other_language_and_back() -> None:
    lines = files("assistant").joinpath("names.txt").read_text(encoding="utf-8").splitlines()
    pairs = [line.split(" = ") for line in lines if line and not line.startswith("#")]
    indonesian = [name for left, _ in pairs for name in left.split("|")]
    english = [name for _, right in pairs for name in right.split("|")]
    assert len(set(indonesian)) == len(indonesian)
    assert len(set(english)) == len(english)
    for left, right in pairs:
        preferred = left.split("|")[0], right.split("|")[0]
        for name in left.split("|"):
            assert gloss(name, "id", "en") in (preferred[1], ""), name
        assert gloss(preferred[1], "en", "id") in (preferred[0], "")
        if preferred[0].casefold() != preferred[1].casefold():
            assert gloss(preferred[0], "id", "en") == preferred[1]
