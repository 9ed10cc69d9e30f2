"""The time that a question asks about: "kemarin", "last month", "sejak Januari", "in 2022"."""

from __future__ import annotations

import re
from calendar import isleap
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Literal

from assistant.quantities import PartialDate, Quantity, quantities
from index.types import Language

Span = tuple[int, int]

REPORTED_WITHIN = timedelta(days=7)  # news of a day appears until a week later


@dataclass(frozen=True, slots=True)
class DateRange:
    """The days from ``since`` to ``until``, both inclusive; None where it is open.

    ``kind`` says what the range restricts. ``"publication"``: the article appeared about then
    (days, weeks and months named relative to today), which may be used as a filter.
    ``"mentioned"``: the article speaks of that time (absolute dates, years, the future) and may
    be much older or newer, so that it can only be a hint.
    ``span`` is where the question says so.
    """

    since: date | None
    until: date | None
    kind: Literal["publication", "mentioned"]
    span: Span

    @property
    def reported_until(self) -> date | None:
        """The last day on which articles report on the range; None where it is open."""
        if self.until is None or self.until > date.max - REPORTED_WITHIN:
            return None
        return self.until + REPORTED_WITHIN


@dataclass(frozen=True, slots=True)
class _Period:
    """Days that a phrase names: ``precision`` is the length of what it counts in."""

    first: date
    last: date
    precision: Literal["day", "week", "month", "year", "longer"]
    relative: bool
    span: Span


def when(question: str, today: date, language: Language | None = None) -> DateRange | None:
    """The time that the question names, None when it names none.

    Of several, the one relative to ``today`` counts, then the most precise, then the first.

    >>> day = date(2022, 3, 16)
    >>> when("Apa yang terjadi kemarin?", day)
    DateRange(since=datetime.date(2022, 3, 15), until=datetime.date(2022, 3, 15), \
kind='publication', span=(17, 24))
    >>> found = when("What happened between 2019 and 2021?", day)
    >>> str(found.since), str(found.until), found.kind
    ('2019-01-01', '2021-12-31', 'mentioned')
    >>> found = when("Siapa yang bertemu sejak Januari?", day)
    >>> str(found.since), found.until
    ('2022-01-01', None)
    """
    try:
        periods = list(_periods(question, today, language))
        joined = _joined(question, periods, today)
        return joined or _likeliest([_related(question, one, today) for one in periods], periods)
    except (OverflowError, ValueError):  # "9999 years ago" lies before the calendar
        return None


def _likeliest(ranges: list[DateRange], periods: list[_Period]) -> DateRange | None:
    order = ("day", "week", "month", "year", "longer")
    ranked = sorted(
        zip(ranges, periods, strict=True),
        key=lambda pair: (not pair[1].relative, order.index(pair[1].precision), pair[1].span),
    )
    return ranked[0][0] if ranked else None


_WEEKDAYS = {
    name: number
    for number, names in enumerate(
        (
            "senin monday", "selasa tuesday", "rabu wednesday", "kamis thursday",
            "jumat jum'at friday", "sabtu saturday", "minggu ahad sunday",
        )
    )
    for name in names.split()
}  # fmt: skip
_DAY_NAME = "|".join(sorted(_WEEKDAYS, key=len, reverse=True))
_UNIT = {
    "hari": "day", "day": "day", "pekan": "week", "minggu": "week", "week": "week",
    "bulan": "month", "month": "month", "tahun": "year", "year": "year",
}  # fmt: skip
_STEP = {
    "ini": 0, "this": 0, "lalu": -1, "kemarin": -1, "silam": -1, "last": -1, "previous": -1,
    "depan": 1, "mendatang": 1, "next": 1,
}  # fmt: skip
_DAYS = {
    r"(?:the\s+)?day before yesterday|kemarin lusa|kemarin dulu": -2,
    r"yesterday|kemarin|last night|semalam|tadi malam": -1,
    r"hari ini|today|tadi (?:pagi|siang|sore)|(?:siang|sore|malam) ini|pagi ini|"
    r"this (?:morning|afternoon|evening)|tonight": 0,
    r"(?:the\s+)?day after tomorrow|lusa": 2,
    r"tomorrow|besok": 1,
}  # fmt: skip
_RELATIVE_DAY = re.compile(
    "|".join(rf"(?P<d{i}>\b(?:{words})\b)" for i, words in enumerate(_DAYS)), re.I
)
_OFFSETS = list(_DAYS.values())
_RELATIVE_UNIT = re.compile(
    r"\b(?P<weekend>akhir\s+)?(?P<id>pekan|minggu|bulan|tahun)\s+(?:yang\s+)?"
    r"(?P<after>ini|lalu|kemarin|silam|depan|mendatang)\b"
    r"|\b(?P<before>this|(?<!the )last|previous|next)\s+(?P<en>week|month|year)(?P<end>end)?\b",
    re.I,
)
_RELATIVE_WEEKDAY = re.compile(
    rf"\b(?P<id>{_DAY_NAME})\s+(?P<week>pekan\s+|minggu\s+)?(?:yang\s+)?"
    r"(?P<after>ini|lalu|kemarin|silam|depan|mendatang)\b"
    rf"|\b(?P<before>this|last|next)\s+(?P<en>{_DAY_NAME})\b"
    rf"|\b(?P<of>{_DAY_NAME})\s+(?:of\s+)?(?P<which>this|last|next)\s+week\b",
    re.I,
)
_SINGLE = re.compile(
    r"\ban?\s+(day|week|month|year)\s+ago\b|\b(?:last|past)\s+(day|week|month|year)\b", re.I
)


def _periods(question: str, today: date, language: Language | None) -> Iterator[_Period]:
    taken: list[Span] = []
    for read in (_weekdays, _counted, _dated, _units, _days):
        for one in read(question, today, language):
            if all(one.span[1] <= start or end <= one.span[0] for start, end in taken):
                taken.append(one.span)
                yield _part(question, one)


def _days(question: str, today: date, language: Language | None) -> Iterator[_Period]:
    for match in _RELATIVE_DAY.finditer(question):
        assert match.lastgroup is not None
        day = today + timedelta(days=_OFFSETS[int(match.lastgroup[1:])])
        yield _Period(day, day, "day", True, match.span())


def _units(question: str, today: date, language: Language | None) -> Iterator[_Period]:
    for match in _RELATIVE_UNIT.finditer(question):
        unit = _UNIT[(match["id"] or match["en"]).lower()]
        step = _STEP[(match["after"] or match["before"]).lower()]
        if match["id"] == "Minggu" and match.start("id") > 0 and step:
            continue  # the day; read with the weekdays
        period = _calendar(unit, _shift(today, unit, step), match.span())
        if unit == "week" and (match["weekend"] or match["end"]):
            period = replace(period, first=period.first + timedelta(days=5))
        elif match["weekend"]:  # "akhir bulan lalu": its end, which _part finds
            period = replace(period, span=(match.start("id"), match.end()))
        yield period


def _weekdays(question: str, today: date, language: Language | None) -> Iterator[_Period]:
    monday = today - timedelta(days=today.weekday())
    for match in _RELATIVE_WEEKDAY.finditer(question):
        name = match["id"] or match["en"] or match["of"]
        number = _WEEKDAYS[name.lower()]
        step = _STEP[(match["after"] or match["before"] or match["which"]).lower()]
        if name.lower() == "minggu" and (name == "minggu" or match.start() == 0):
            continue  # "minggu lalu" is last week
        if match["week"] or match["of"] or step == 0:
            day = monday + timedelta(days=number + 7 * step)
        elif step < 0:
            day = today - timedelta(days=(today.weekday() - number - 1) % 7 + 1)
        else:
            day = today + timedelta(days=(number - today.weekday() - 1) % 7 + 1)
        yield _Period(day, day, "day", True, match.span())


def _counted(question: str, today: date, language: Language | None) -> Iterator[_Period]:
    """ "two weeks ago" is that calendar week; "the last two weeks" end today."""
    amounts = [
        (one.value, one.unit, one.span)
        for one in quantities(question, language)
        if one.kind == "unit" and isinstance(one.value, Decimal) and one.unit in _UNIT.values()
    ]
    for match in _SINGLE.finditer(question):
        word = match[1] or match[2]
        start = match.start(1) if match[1] else match.start(2)
        if match[1] or re.search(r"past$", question[:start].rstrip(), re.I):
            amounts.append((Decimal(1), word.lower(), (start, start + len(word))))
    for value, unit, (start, end) in amounts:
        if value != value.to_integral_value() or value < 1:
            continue
        count = int(value)
        ago = re.match(r"\s+(?:ago\b|(?:yang\s+)?(?:lalu|silam)\b)", question[end:], re.I)
        last = re.match(r"\s+(?:terakhir|belakangan)\b", question[end:], re.I)
        before = re.search(r"\b(?:last|past)\s+$", question[:start], re.I)
        if ago:
            there = _shift(today, unit, -count)
            yield _calendar(unit, there, (start, end + ago.end()))
        elif last or before:
            first = _shift(today, unit, -count)
            span = before.start() if before else start, end + (last.end() if last else 0)
            yield replace(_calendar(unit, today, span), first=first, last=today)


def _dated(question: str, today: date, language: Language | None) -> Iterator[_Period]:
    found = _with_years(question, quantities(question, language))
    for one in found:
        if one.kind == "period" and isinstance(one.value, Decimal):
            number = int(one.value)
            first = number if one.unit == "decade" else 100 * number - 99
            years = 10 if one.unit == "decade" else 100
            if 1 <= first <= 9000:
                yield _Period(
                    date(first, 1, 1), date(first + years - 1, 12, 31), "longer", False, one.span
                )
        elif isinstance(one.value, PartialDate):
            yield from _one_date(question, one, one.value, today)


_YEAR_AFTER = re.compile(
    r"\s+(?:(?:tahun|of)\s+)?"
    r"(?:ini|lalu|silam|kemarin|depan|mendatang|(?:last|this|next) year)\b",
    re.I,
)


_IN_MONTH = re.compile(
    r"(?:^|\b(?:pada|di|bulan|sejak|semenjak|sebelum|setelah|sesudah|hingga|sampai|antara|dari|dan|"
    r"awal|pertengahan|akhir|in|since|before|after|until|by|during|of|between|from|to|and|early|mid|"
    r"late))[\s-]*$",
    re.I,
)


def _one_date(question: str, one: Quantity, value: PartialDate, today: date) -> Iterator[_Period]:
    start, end = one.span
    relative, year = False, value.year
    if year is None:
        year = _latest_year(value, today)
        ahead = _YEAR_AFTER.match(question, end)
        before = re.search(r"\b(last|this|next)\s+$", question[:start], re.I)
        if ahead or before:
            said = (ahead or before or [""])[0].lower()
            step = next(step for word, step in _STEP.items() if word in said)
            if "tahun" in said or "year" in said or step == 0:
                year = today.year + step
            elif step > 0:
                year += 1
            elif (year, value.month) == (today.year, today.month) and value.day is None:
                year -= 1  # "last March" asked in March
            relative = True
            start, end = before.start() if before else start, ahead.end() if ahead else end
    bare = value.year is None and value.day is None and not relative
    if bare and not _IN_MONTH.search(question[: one.span[0]]):
        return  # "April" may be a person
    if value.month is None:
        yield replace(_calendar("year", date(year, 1, 1), (start, end)), relative=relative)
    elif value.day is None:
        first = date(year, value.month, 1)
        yield replace(_calendar("month", first, (start, end)), relative=relative)
    else:
        day = _safe_date(year, value.month, value.day)
        yield _Period(day, day, "day", relative, (start, end))


def _with_years(question: str, found: list[Quantity]) -> list[Quantity]:
    """Dates with the year that a range says once: "dari Januari hingga Maret 2020"."""
    result = list(found)
    for i, (one, following) in enumerate(pairwise(found)):
        first, last = one.value, following.value
        if (
            isinstance(first, PartialDate)
            and isinstance(last, PartialDate)
            and first.year is None
            and _PAIR.fullmatch(question[one.span[1] : following.span[0]])
        ):
            result[i] = replace(one, value=replace(first, year=last.year))
    return result


def _latest_year(value: PartialDate, today: date) -> int:
    """The year of the latest such day or month that has begun."""
    month, day = value.month or 1, value.day or 1
    year = today.year if (month, day) <= (today.month, today.day) else today.year - 1
    while (month, day) == (2, 29) and not isleap(year):
        year -= 1
    return year


def _safe_date(year: int, month: int, day: int) -> date:
    """The day, or the last one of its month (29 February in a year without one)."""
    last = _calendar("month", date(year, month, 1), (0, 0)).last
    return date(year, month, min(day, last.day))


def _shift(day: date, unit: str, count: int) -> date:
    """The day ``count`` units later.

    >>> str(_shift(date(2024, 3, 31), "month", -1)), str(_shift(date(2024, 2, 29), "year", 1))
    ('2024-02-29', '2025-02-28')
    """
    if unit in ("day", "week"):
        return day + timedelta(days=count * (7 if unit == "week" else 1))
    months = day.year * 12 + day.month - 1 + count * (12 if unit == "year" else 1)
    return _safe_date(months // 12, months % 12 + 1, day.day)


def _calendar(unit: str, day: date, span: Span) -> _Period:
    """The calendar day, week (Monday to Sunday), month or year that holds the day."""
    if unit == "day":
        return _Period(day, day, "day", True, span)
    if unit == "week":
        first = day - timedelta(days=day.weekday())
        return _Period(first, first + timedelta(days=6), "week", True, span)
    if unit == "month":
        first = day.replace(day=1)
        following = (first + timedelta(days=31)).replace(day=1)
        return _Period(first, following - timedelta(days=1), "month", True, span)
    return _Period(date(day.year, 1, 1), date(day.year, 12, 31), "year", True, span)


_THIRDS = (
    re.compile(
        r"\b(?:awal|early|beginning of|start of)[\s-]+(?:tahun\s+|bulan\s+|in\s+|the\s+)?$", re.I
    ),
    re.compile(r"\b(?:pertengahan|mid|middle of)[\s-]+(?:tahun\s+|bulan\s+)?$", re.I),
    re.compile(r"\b(?:akhir|late|end of)[\s-]+(?:tahun\s+|bulan\s+|in\s+)?$", re.I),
)


def _part(question: str, period: _Period) -> _Period:
    """A third of a month or year when it is said so: "awal 2020", "late January"."""
    before = question[: period.span[0]]
    third = next((i for i, one in enumerate(_THIRDS) if one.search(before)), None)
    if third is None or period.precision not in ("month", "year"):
        return period
    if period.precision == "year":
        year = period.first.year
        first = date(year, 4 * third + 1, 1)
        last = _calendar("month", date(year, 4 * third + 4, 1), period.span).last
    else:
        first = period.first.replace(day=10 * third + 1)
        last = period.last if third == 2 else period.first.replace(day=10 * third + 10)
    return replace(period, first=first, last=last)


_LINK = r"(?:(?:the|tanggal|bulan|tahun|hari|awal|pertengahan|akhir|early|mid|late|end of)[\s-]+)*$"
_SINCE = re.compile(rf"\b(?:sejak|semenjak|since|starting|mulai)\s+(?:in\s+|dari\s+)?{_LINK}", re.I)
_AFTER = re.compile(rf"\b(?:setelah|sesudah|after)\s+{_LINK}", re.I)
_BEFORE = re.compile(rf"\b(?:sebelum|before|prior to)\s+{_LINK}", re.I)
_UNTIL = re.compile(rf"\b(?:hingga|sampai|until|till|up to|as of)\s+(?:dengan\s+)?{_LINK}", re.I)


def _related(question: str, period: _Period, today: date) -> DateRange:
    """The range that the word before the period makes of it."""
    before = question[: period.span[0]]
    since: date | None = period.first
    until: date | None = period.last
    if _SINCE.search(before):
        until = None
    elif _AFTER.search(before):
        since, until = period.last + timedelta(days=1), None
    elif _BEFORE.search(before):
        since, until = None, period.first - timedelta(days=1)
    elif _UNTIL.search(before):
        since = None
    return DateRange(since, until, _kind(period, today), period.span)


def _kind(period: _Period, today: date) -> Literal["publication", "mentioned"]:
    short = period.precision in ("day", "week", "month")
    past = period.first <= today
    return "publication" if period.relative and short and past else "mentioned"


_PAIR = re.compile(
    r"\s*(?:-|–|(?:dan|and|hingga|sampai|s\.?d\.?|to|until|through)\s+(?:dengan\s+)?)"
    r"\s*(?:tanggal\s+|bulan\s+|tahun\s+)?",
    re.I,
)
_BETWEEN = re.compile(r"\b(?:antara|between|dari|from)\s+(?:tanggal\s+|bulan\s+|tahun\s+)?$", re.I)


def _joined(question: str, periods: list[_Period], today: date) -> DateRange | None:
    """Two periods that make one range: "between 2019 and 2021", "18-19 November"."""
    for first, last in pairwise(sorted(periods, key=lambda one: one.span)):
        between = _PAIR.fullmatch(question[first.span[1] : last.span[0]])
        dash = between and between[0].strip() in ("-", "–")
        told = _BETWEEN.search(question[: first.span[0]])
        if between and (dash or told) and first.first <= last.last:
            kinds = {_kind(first, today), _kind(last, today)}
            kind = kinds.pop() if len(kinds) == 1 else "mentioned"
            return DateRange(first.first, last.last, kind, (first.span[0], last.span[1]))
    return None
