"""Dates and times as Indonesian and English news pages write them."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, timezone

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

_MONTHS = MONTHS | {
    "peb": 2, "pebr": 2, "febr": 2, "mrt": 3, "agst": 8, "agus": 8, "agust": 8, "nop": 11,
}  # fmt: skip
"""With short forms that mean a month only inside a date: Jakarta's MRT is a railway."""

_MONTH = "|".join(sorted(_MONTHS, key=len, reverse=True))
_CENTURY = r"(?:19|20)\d{2}"
_FORMS = tuple(
    (re.compile(form, re.I), order)
    for form, order in (
        (rf"\b(\d{{1,2}})(?:st|nd|rd|th)?[\s./-]+({_MONTH})\.?,?[\s/-]+(\d{{4}})\b", "dmy"),
        (rf"\b({_MONTH})\.?\s+(\d{{1,2}})(?:st|nd|rd|th)?,?\s+(\d{{4}})\b", "mdy"),
        (rf"\b({_CENTURY})([-/.])(\d{{1,2}})\2(\d{{1,2}})(?!\d)", "y-md"),
        (rf"\b(\d{{1,2}})([-/.])(\d{{1,2}})\2({_CENTURY})\b", "d-my"),
        (r"(\d{4})\s?年\s?(\d{1,2})\s?月\s?(\d{1,2})\s?日", "ymd"),
    )
)
"""The forms of a day in a text, and what their groups are; ``-`` is what divides numbers."""

_YEAR = re.compile(r"\d{4}")  # in each of these
_TIME = re.compile(
    r"(?<![\d:.])(\d{1,2})[:.](\d{2})(?::\d{2}(?:\.\d+)?)?\s*([ap]\.?m\b\.?)?\s*"
    r"(\(?(?:(?:GMT|UTC)\s?[+-]\s?\d{1,2}(?::?\d{2})?|(?:" + "|".join(ZONES) + r")\b)\)?|Z\b|"
    r"[+-]\d{2}:?\d{2})?",
    re.I,
)
# "/ 13 Jumadil Akhir 1441 H", whatever the month is called
_HIJRI = re.compile(
    r"[/|(,–-]?\s{0,3}\b\d{1,2}\s+[A-Z][\w'’‘-]+(?:\s+[A-Z][\w'’‘-]+){0,2}\s+1[34]\d\d\s?"
    r"(?:Hijriah|Hijriyah|AH|H)\b\.?\)?"
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


def find_date(text: str, month_first: bool = False) -> FoundDate | None:
    """The first date in ``text``, with the time of day that follows it.

    A time without a zone is taken as Jakarta's (WIB) when the text is Indonesian in form,
    i.e. day first, and as UTC otherwise. Impossible dates are passed over. ``month_first``: of
    two numbers that may both be a month the first is, as in the United States.

    >>> find_date("Jum'at, 21 Januari 2022 - 19:21 WIB").when.isoformat()
    '2022-01-21T19:21:00+07:00'
    >>> find_date("January 5, 2021").date_only
    True
    >>> find_date("02/03/2020").when.month, find_date("02/03/2020", month_first=True).when.month
    (3, 2)
    """
    if not _YEAR.search(text):
        return None
    plain = without_hijri(text)
    candidates = []
    for form, order in _FORMS:
        candidates += [(match.start(), order, match) for match in form.finditer(plain)]
    for _, order, match in sorted(candidates, key=lambda item: item[0]):
        found = _resolve(plain, order, match, month_first)
        if found:
            return found
    return None


def without_hijri(text: str) -> str:
    """``text`` with blanks in place of dates of the Islamic calendar.

    >>> without_hijri("7 Februari 2020 / 13 Jumadil Akhir 1441 H 18.30 WIT").split()
    ['7', 'Februari', '2020', '18.30', 'WIT']
    """
    return _HIJRI.sub(lambda match: " " * len(match.group()), text) if "14" in text else text


_DAYS = frozenset(
    """senin selasa rabu kamis jumat jum at sabtu minggu ahad monday tuesday wednesday thursday
    friday saturday sunday pon wage kliwon legi pahing paing""".split()
)


def is_calendar(text: str) -> bool:
    """Whether a whole line names only a weekday, or a day of another calendar.

    >>> is_calendar("Jumat Kliwon, 13 Jumadil Akhir 1441 H"), is_calendar("Kliwon di Yogya")
    (True, False)
    """
    if len(text) > 100:
        return False
    return all(one in _DAYS for one in re.findall(r"\w+", without_hijri(text).lower()))


def _resolve(
    text: str, order: str, match: re.Match[str], month_first: bool = False
) -> FoundDate | None:
    parts = dict(zip(order, match.groups()[: len(order)], strict=True))
    month_text = parts["m"].lower()
    month = _MONTHS.get(month_text) or (int(month_text) if month_text.isdigit() else 0)
    day, year = int(parts["d"]), int(parts["y"])
    if order == "d-my" and ((month_first and day <= 12) or month > 12 >= day):
        day, month = month, day  # 01/21/2022 can only be month first
    try:
        date = datetime(year, month, day)
    except ValueError:
        return None
    end = match.end()
    window = text[end : end + 80]
    blanks = len(window) - len(window.lstrip())  # long where a date of another calendar stood
    window = window[: 40 + blanks]
    clock = _TIME.search(window)
    usable = clock and not re.search(r"[A-Za-z]{6,}", window[: clock.start()])
    before = ""
    if not usable:  # "3:45 PM EDT, Tue May 3, 2022"
        before = text[max(0, match.start() - 30) : match.start()]
        clock = _TIME.search(before)
        usable = clock and not re.search(r"[A-Za-z]{4,}", before[clock.end() :])
    if clock is None or not usable:
        return FoundDate(date, True, match.span())
    hour, minute = int(clock.group(1)), int(clock.group(2))
    half = (clock.group(3) or "").lower()
    if half:
        hour = hour % 12 + (12 if half.startswith("p") else 0)
    try:
        zone = _zone(clock.group(4), default_hours=0 if order == "mdy" else 7)
        when = date.replace(hour=hour, minute=minute, tzinfo=zone)
    except ValueError:  # those were no hours and minutes
        return FoundDate(date, True, match.span())
    if before:
        return FoundDate(when, False, (match.start() - len(before) + clock.start(), end))
    return FoundDate(when, False, (match.start(), end + clock.end()))


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


# What a field states


_COUNTED = {9: 1, 10: 1, 13: 1_000, 16: 1_000_000, 19: 1_000_000_000}  # digits: parts of a second
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})(?:[T _-]?(\d{2})(\d{2})(?:\d{2})?(\w*|[+-]\d{4}))?")
_NET = re.compile(r"/Date\((\d+)(?:[+-]\d{4})?\)/")
# "Mon Feb 03 07:15:00 +0000 2020"
_YEAR_LAST = re.compile(
    rf"\b({_MONTH})\s+(\d{{1,2}})\s+(\d\d:\d\d(?::\d\d)?)\s+(\S+\s+)?(\d{{4}})\b", re.I
)
_SHORT_YEAR = re.compile(
    rf"(^\D{{0,12}}\d{{1,2}}(?:[\s./-]+(?:{_MONTH})\.?,?[\s/-]+|[-/.]\d{{1,2}}[-/.])'?)(\d\d)(?![\d:.])",
    re.I,
)


def stated_date(text: str, month_first: bool = False) -> FoundDate | None:
    """The date that a whole field states, as people or machines write it.

    None where it states none that an article can have; a time has no zone unless it is stated or
    the text is written for people.

    >>> stated_date("2022-01-21T19:21:00+0700").when.isoformat()
    '2022-01-21T19:21:00+07:00'
    >>> stated_date("1750680000000").when.isoformat()
    '2025-06-23T12:00:00+00:00'
    >>> [str(stated_date(one).when.date()) for one in ("20200203", "03 Feb 20", "3.2.2020")]
    ['2020-02-03', '2020-02-03', '2020-02-03']
    >>> stated_date("1970-01-01T00:00:00Z") is None  # a clock that was never set
    True
    """
    text = text.strip()[:200]
    for read in (_counted, _compact, _iso):
        found = read(text)
        if found and is_plausible(found.when):
            return None if _is_unset(found.when) else found
    plain = _YEAR_LAST.sub(r"\2 \1 \5 \3 \4", text)
    plain = _SHORT_YEAR.sub(lambda match: f"{match.group(1)}{_century(match.group(2))}", plain)
    found = find_date(plain, month_first)
    if found is None or not is_plausible(found.when):
        return None
    return FoundDate(found.when, found.date_only, (0, len(text)))


def local(found: FoundDate | None, language: str) -> FoundDate | None:
    """``found`` in a zone: that stated, else Jakarta's, or UTC where the text is English."""
    if found is None or found.date_only or found.when.tzinfo:
        return found
    zone = timezone(timedelta(hours=0 if language == "en" else ZONES["WIB"]))
    return replace(found, when=found.when.replace(tzinfo=zone))


def is_plausible(when: datetime) -> bool:
    """Whether an article can be of this day: from 1900 to tomorrow, which has begun elsewhere."""
    return when.year >= 1900 and when.date() <= (datetime.now(UTC) + timedelta(days=1)).date()


def _is_unset(when: datetime) -> bool:
    """Where clocks and databases begin to count, which they state when they know nothing."""
    if (when.month, when.day, when.hour, when.minute) == (1, 1, 0, 0) and when.year in (1900, 1970):
        return True
    return when.tzinfo is not None and when.timestamp() == 0


def _counted(text: str) -> FoundDate | None:
    """Seconds since 1970, or thousandths, millionths and so on."""
    text = (_NET.match(text) or [text, text])[1]
    digits, _, rest = text.partition(".")
    if not digits.isascii() or not digits.isdigit() or rest.strip("0123456789"):
        return None
    parts = _COUNTED.get(len(digits))
    if parts is None:
        return None
    return FoundDate(datetime.fromtimestamp(int(digits) // parts, UTC), False, (0, len(text)))


def _compact(text: str) -> FoundDate | None:
    """Digits alone, as in 20200203 or 20200203T001500Z."""
    match = _COMPACT.fullmatch(text)
    if match is None:
        return None
    year, month, day, hour, minute, zone = match.groups()
    try:
        when = datetime(int(year), int(month), int(day))
        if hour is None:
            return FoundDate(when, True, match.span())
        when = when.replace(hour=int(hour), minute=int(minute))
        when = when.replace(tzinfo=_zone(zone, 0)) if zone else when
    except (ValueError, IndexError):
        return None
    return FoundDate(when, False, match.span())


def _iso(text: str) -> FoundDate | None:
    if not re.match(r"\d{4}-\d\d-\d\d", text):
        return None
    try:
        when = datetime.fromisoformat(re.sub(r"\s*(?:UTC|GMT)$", "Z", text).replace(" ", "T", 1))
    except ValueError:
        return None
    midnight = when.tzinfo is None and not (when.hour or when.minute or when.second)
    return FoundDate(when, midnight, (0, len(text)))  # tables write days as midnights


def _century(year: str) -> str:
    """Four digits of a year for two: the century that does not lie ahead."""
    return ("20" if int(year) <= datetime.now(UTC).year % 100 else "19") + year


_AGO = re.compile(
    r"(?:(?P<number>\d{1,3}|se|an?|one|satu)\s?(?P<unit>detik|menit|jam|hari|minggu|pekan|"
    r"seconds?|secs?|minutes?|mins?|hours?|hrs?|days?|weeks?|[dhm])\s+(?:yang\s+)?(?:lalu|ago)|"
    r"(?P<now>baru saja|just now|hari ini|today|kemarin|yesterday))"
    r"(?:,?\s*(?:pukul|pkl\.?|at)?\s*(?P<clock>\d{1,2}[:.]\d\d)\s*(?P<zone>WIB|WITA|WIT)?)?",
    re.I,
)
_UNITS = {
    "d": "days", "m": "minutes", "h": "hours", "s": "seconds", "j": "hours",
    "detik": "seconds", "hari": "days", "menit": "minutes", "minggu": "weeks", "pekan": "weeks",
    "min": "minutes", "sec": "seconds", "week": "weeks",
}  # fmt: skip
_AROUND = re.compile(
    r"^(?:diperbarui|diterbitkan|dipublikasikan|terbit|tayang|updated|published|posted)?[\s:|•·–-]*"
    r"|[\s.|•·–-]*$",
    re.I,
)


def relative_date(text: str, saved: datetime | None) -> FoundDate | None:
    """The moment that a line such as "2 jam yang lalu" means when its page is saved then.

    None where the line says anything else; ``is_relative`` tells whether it is one at all.

    >>> relative_date("2 jam yang lalu", datetime(2020, 2, 3, 9, tzinfo=UTC)).when.isoformat()
    '2020-02-03T07:00:00+00:00'
    """
    plain = _AROUND.sub("", text.strip()[:100])
    match = _AGO.fullmatch(plain)
    if match is None or saved is None:
        return None
    word = (match["now"] or "").lower()
    unit = (match["unit"] or "").lower()
    if word:
        ago = timedelta(days=word in ("kemarin", "yesterday"))
    else:
        number = int(match["number"]) if match["number"].isdigit() else 1
        kind = _UNITS.get(unit) or _UNITS.get(unit[:4]) or _UNITS.get(unit[:3]) or _UNITS[unit[0]]
        ago = timedelta(**{kind: number})
    when = saved - ago
    exact = word in ("baru saja", "just now") or (not word and ago < timedelta(days=1))
    if match["clock"] and not exact:
        hour, minute = re.split("[:.]", match["clock"])
        try:
            zone = _zone(match["zone"], 7)
            when = when.astimezone(zone).replace(hour=int(hour), minute=int(minute))
            return FoundDate(when, False, (0, len(text)))
        except ValueError:
            return None
    return FoundDate(when, not exact, (0, len(text)))


def is_relative(text: str) -> bool:
    """Whether a whole line says how long ago something was.

    >>> is_relative("Diperbarui 3 menit lalu"), is_relative("Hujan turun 2 jam yang lalu")
    (True, False)
    """
    return len(text) <= 100 and bool(_AGO.fullmatch(_AROUND.sub("", text.strip())))
