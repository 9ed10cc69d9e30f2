"""Dates and times as Indonesian and English news pages write them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "januari january jan", "februari february feb pebruari", "maret march mar",
            "april apr", "mei may", "juni june jun", "juli july jul",
            "agustus august agu ags agt aug", "september sep sept",
            "oktober october okt oct", "november nov nopember", "desember december des dec",
        ),
        start=1,
    )
    for name in names.split()
}  # fmt: skip
ZONES = {
    "WIB": 7, "WITA": 8, "WIT": 9, "GMT": 0, "UTC": 0, "Z": 0, "BST": 1, "CET": 1, "CEST": 2,
    "EST": -5, "EDT": -4, "ET": -5, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8,
    "PDT": -7, "SGT": 8, "AEST": 10, "AEDT": 11, "JST": 9, "IST": 5.5,
}  # fmt: skip

_MONTH = "|".join(sorted(MONTHS, key=len, reverse=True))
_DAY_FIRST = re.compile(
    rf"\b(\d{{1,2}})(?:st|nd|rd|th)?[\s-]+({_MONTH})\.?,?[\s-]+(\d{{4}})\b", re.I
)
_MONTH_FIRST = re.compile(rf"\b({_MONTH})\.?\s+(\d{{1,2}})(?:st|nd|rd|th)?,?\s+(\d{{4}})\b", re.I)
_ISO = re.compile(r"\b(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::\d{2}(?:\.\d+)?)?)?(?!\d)")
_NUMERIC = re.compile(r"\b(\d{1,2})[/.](\d{1,2})[/.](\d{4})\b")
_YEAR = re.compile(r"\d{4}")  # in each of these
_TIME = re.compile(
    r"(?<![\d:.])(\d{1,2})[:.](\d{2})(?::\d{2}(?:\.\d+)?)?\s*([ap]\.?m\b\.?)?\s*"
    r"(\(?(?:(?:GMT|UTC)\s?[+-]\s?\d{1,2}(?::?\d{2})?|(?:" + "|".join(ZONES) + r")\b)\)?|Z\b|"
    r"[+-]\d{2}:?\d{2})?",
    re.I,
)


def date_words(when: datetime) -> str:
    """Day, month in both languages, and year, as questions name them.

    >>> date_words(datetime(2022, 1, 21))
    '21 januari january 2022'
    """
    names = [name for name, number in MONTHS.items() if number == when.month][:2]
    return " ".join([str(when.day), *dict.fromkeys(names), str(when.year)])


@dataclass(frozen=True, slots=True)
class FoundDate:
    """A date in a text; ``span`` covers the date and its time."""

    when: datetime
    date_only: bool
    span: tuple[int, int]


def find_date(text: str) -> FoundDate | None:
    """The first date in ``text``, with the time of day that follows it.

    A time without a zone is taken as Jakarta's (WIB) when the text is Indonesian in form,
    i.e. day first, and as UTC otherwise. Impossible dates are passed over.

    >>> find_date("Jum'at, 21 Januari 2022 - 19:21 WIB").when.isoformat()
    '2022-01-21T19:21:00+07:00'
    >>> find_date("January 5, 2021").date_only
    True
    """
    if not _YEAR.search(text):
        return None
    candidates = []
    for pattern, order in (
        (_DAY_FIRST, "dmy"),
        (_MONTH_FIRST, "mdy"),
        (_ISO, "ymd"),
        (_NUMERIC, "dmy"),
    ):
        candidates += [(match.start(), order, match) for match in pattern.finditer(text)]
    for _, order, match in sorted(candidates, key=lambda item: item[0]):
        found = _resolve(text, order, match)
        if found:
            return found
    return None


def _resolve(text: str, order: str, match: re.Match[str]) -> FoundDate | None:
    parts = dict(zip(order, match.groups()[:3], strict=True))
    month_text = parts["m"].lower()
    month = MONTHS.get(month_text) or (int(month_text) if month_text.isdigit() else 0)
    day, year = int(parts["d"]), int(parts["y"])
    if month > 12 >= day:  # 01/21/2022 can only be month first
        day, month = month, day
    end = match.end()
    rest_start = match.end(3)
    window = text[rest_start : rest_start + 40]
    clock = _TIME.search(window)
    usable = clock and not re.search(r"[A-Za-z]{6,}", window[: clock.start()])
    before = ""
    if not usable:  # "3:45 PM EDT, Tue May 3, 2022"
        before = text[max(0, match.start() - 30) : match.start()]
        clock = _TIME.search(before)
        usable = clock and not re.search(r"[A-Za-z]{4,}", before[clock.end() :])
    try:
        if clock is None or not usable:
            return FoundDate(datetime(year, month, day), True, match.span())
        hour, minute = int(clock.group(1)), int(clock.group(2))
        half = (clock.group(3) or "").lower()
        if half:
            hour = hour % 12 + (12 if half.startswith("p") else 0)
        zone = _zone(clock.group(4), default_hours=0 if order == "mdy" else 7)
        when = datetime(year, month, day, hour, minute, tzinfo=zone)
        if before:
            return FoundDate(when, False, (match.start() - len(before) + clock.start(), end))
        return FoundDate(when, False, (match.start(), max(end, rest_start + clock.end())))
    except ValueError:
        return None


def _zone(name: str | None, default_hours: float) -> timezone:
    if not name:
        return timezone(timedelta(hours=default_hours))
    name = name.strip("()").upper().replace(" ", "")
    if name in ZONES:
        return timezone(timedelta(hours=ZONES[name]))
    offset = name.removeprefix("GMT").removeprefix("UTC")
    sign = -1 if offset[0] == "-" else 1
    digits = offset[1:].replace(":", "").rjust(2, "0").ljust(4, "0")
    return timezone(sign * timedelta(hours=int(digits[:2]), minutes=int(digits[2:])))
