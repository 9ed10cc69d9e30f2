"""Times in questions: the same in both languages, for any day on which they are asked."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.when import DateRange, when
from index.types import Language

TODAY = date(2022, 3, 16)  # a Wednesday
EVERY_DAY = st.dates()
DAYS = st.dates(date(1950, 1, 1), date(2080, 12, 31))
PHRASES = [
    ("kemarin", "yesterday"),
    ("hari ini", "today"),
    ("kemarin lusa", "the day before yesterday"),
    ("besok", "tomorrow"),
    ("pekan lalu", "last week"),
    ("minggu ini", "this week"),
    ("bulan lalu", "last month"),
    ("bulan ini", "this month"),
    ("tahun lalu", "last year"),
    ("tahun depan", "next year"),
    ("Senin lalu", "last Monday"),
    ("Rabu pekan lalu", "Wednesday of last week"),
    ("Jumat depan", "next Friday"),
    ("akhir pekan lalu", "last weekend"),
    ("dua pekan lalu", "two weeks ago"),
    ("setahun lalu", "a year ago"),
    ("3 bulan terakhir", "the last 3 months"),
    ("sepekan terakhir", "the past week"),
    ("Januari lalu", "last January"),
    ("Januari tahun lalu", "January last year"),
    ("sejak Januari", "since January"),
    ("sebelum 2020", "before 2020"),
    ("setelah Maret 2020", "after March 2020"),
    ("hingga kemarin", "until yesterday"),
    ("antara 2019 dan 2021", "between 2019 and 2021"),
    ("dari Januari hingga Maret 2020", "from January to March 2020"),
    ("awal 2020", "early 2020"),
    ("akhir Januari 2021", "late January 2021"),
    ("5 Maret", "March 5"),
    ("29 Februari", "29 February"),
    ("tahun 1990-an", "the 1990s"),
    ("abad ke-19", "the 19th century"),
]


def found(question: str, today: date = TODAY, language: Language | None = None) -> DateRange:
    one = when(question, today, language)
    assert one is not None, question
    return one


def days(question: str, today: date = TODAY) -> tuple[str, str]:
    one = found(question, today)
    return str(one.since), str(one.until)


@pytest.mark.parametrize(("indonesian", "english"), PHRASES)
@settings(max_examples=25)
@given(today=DAYS)
def test_both_languages_mean_the_same(indonesian: str, english: str, today: date) -> None:
    ours = found(f"Apa yang terjadi {indonesian}?", today)
    theirs = found(f"What happened {english}?", today)
    assert (ours.since, ours.until, ours.kind) == (theirs.since, theirs.until, theirs.kind)
    assert ours.since is not None or ours.until is not None
    if ours.since and ours.until:
        assert ours.since <= ours.until
    if ours.kind == "publication" and ours.since:
        assert ours.since <= today


@given(DAYS, st.integers(1, 400))
def test_days_ago_are_counted(today: date, count: int) -> None:
    for question in (f"Apa {count} hari lalu?", f"What was {count} days ago?"):
        one = found(question, today)
        assert one.since == one.until == today - timedelta(days=count)
        assert one.reported_until == one.since + timedelta(days=7)


@given(DAYS, st.integers(1000, 2099))
def test_a_year_is_a_hint(today: date, year: int) -> None:
    for question in (f"Siapa menang pada tahun {year}?", f"Who won in {year}?"):
        one = found(question, today)
        assert (one.since, one.until) == (date(year, 1, 1), date(year, 12, 31))
        assert one.kind == "mentioned"


@given(DAYS, st.dates(date(1000, 1, 1), date(2099, 12, 31)))
def test_an_absolute_day_does_not_depend_on_today(today: date, day: date) -> None:
    one = found(f"What happened on {day.isoformat()}?", today)
    assert (one.since, one.until, one.kind) == (day, day, "mentioned")


VOCABULARY = (
    "kemarin lalu pekan minggu Minggu Senin bulan tahun sejak hingga antara dan 2019 2021 31 "
    "Februari Maret last next this week month year ago since before until between and to "
    "May 9999 99999999 hari abad ke-99 awal akhir depan a the 16/8 - ke-0 0"
).split()


@given(st.lists(st.sampled_from(VOCABULARY), max_size=8), DAYS)
def test_any_words_give_a_sound_range_or_none(words: list[str], today: date) -> None:
    question = " ".join(words)
    one = when(question, today)
    if one is not None:
        assert 0 <= one.span[0] < one.span[1] <= len(question)
        assert one.since is None or one.until is None or one.since <= one.until


@given(st.text(max_size=80))
def test_any_text_is_accepted(text: str) -> None:
    when(text, TODAY)


@pytest.mark.parametrize(
    ("question", "since", "until"),
    [
        ("kemarin", "2022-03-15", "2022-03-15"),
        ("apa berita pekan lalu", "2022-03-07", "2022-03-13"),
        ("siapa datang Minggu lalu", "2022-03-13", "2022-03-13"),
        ("minggu lalu siapa datang", "2022-03-07", "2022-03-13"),
        ("Senin lalu", "2022-03-14", "2022-03-14"),
        ("last Wednesday", "2022-03-09", "2022-03-09"),
        ("two weeks ago", "2022-02-28", "2022-03-06"),
        ("the last 3 months", "2021-12-16", "2022-03-16"),
        ("Maret lalu", "2021-03-01", "2021-03-31"),
        ("pada Desember", "2021-12-01", "2021-12-31"),
        ("in March", "2022-03-01", "2022-03-31"),
        ("29 Februari", "2020-02-29", "2020-02-29"),
        ("akhir bulan lalu", "2022-02-21", "2022-02-28"),
        ("mid-2020", "2020-05-01", "2020-08-31"),
        ("setelah 2020", "2021-01-01", "None"),
        ("before March 2020", "None", "2020-02-29"),
        ("18-19 November 2020", "2020-11-18", "2020-11-19"),
        ("Asian Games 2018 kemarin", "2022-03-15", "2022-03-15"),
        ("di tahun 2021, pada 5 Mei 2021", "2021-05-05", "2021-05-05"),
    ],
)
def test_ranges(question: str, since: str, until: str) -> None:
    assert days(question) == (since, until)


@pytest.mark.parametrize(
    "question",
    [
        "Siapa presiden Rusia?",
        "What may happen to the last soldier of this army?",
        "Berapa lama perjalanan 3 hari itu?",
        "Setelah gempa, siapa yang datang?",
        "Siapa suami April Sari?",
        "When was the last year the bridge was open?",
        "Di mana Fokker 28-1000 jatuh?",
        "99999999 hari lalu",
        "9999 years ago",
        "",
    ],
)
def test_questions_without_a_time(question: str) -> None:
    assert when(question, TODAY) is None


def test_only_short_relative_times_of_the_past_restrict_publication() -> None:
    kinds = {
        "kemarin": "publication",
        "this week": "publication",
        "bulan lalu": "publication",
        "last year": "mentioned",
        "besok": "mentioned",
        "in March": "mentioned",
        "17 Agustus 1945": "mentioned",
    }
    assert {question: found(question).kind for question in kinds} == kinds


def test_news_of_a_day_appears_until_a_week_later() -> None:
    one = found("kemarin")
    assert (one.since, one.reported_until) == (date(2022, 3, 15), date(2022, 3, 22))
    assert found("sejak Januari").reported_until is None


@given(st.sampled_from(PHRASES), st.one_of(EVERY_DAY, st.sampled_from([date.min, date.max])))
def test_no_day_of_the_calendar_is_too_early_or_too_late(
    phrases: tuple[str, str], today: date
) -> None:
    for asked in phrases:
        found = when(f"Apa yang terjadi {asked}?", today)
        if found and found.until and found.reported_until:
            assert found.reported_until > found.until
