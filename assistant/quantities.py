"""Numbers, amounts, dates and times in a text, comparable across both languages' notations."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import time
from decimal import Decimal
from typing import Literal

from assistant.measures import (
    CURRENCIES,
    FRACTIONS,
    ONE_OF,
    ORDINALS,
    PARTS,
    PEOPLE,
    SCALES,
    SMALL,
    TEENS,
    TENS,
    UNITS,
)
from index.dates import MONTHS, ZONES
from index.text import language_of
from index.types import Language

Kind = Literal["number", "percent", "money", "unit", "ordinal", "period", "date", "time"]
Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class PartialDate:
    """A date as far as it is known: at least one part; a day comes with its month."""

    year: int | None = None
    month: int | None = None
    day: int | None = None


@dataclass(frozen=True, slots=True)
class Quantity:
    """A value in a text. ``text[span[0]:span[1]]`` is what was read.

    ``unit`` is a currency code for money, a name of ``UNITS`` for a unit, ``"decade"`` or
    ``"century"`` for a period ("1990s", "abad ke-19"), the zone of a time, otherwise empty.
    """

    kind: Kind
    value: Decimal | PartialDate | time
    unit: str
    span: Span


MAX_DIGITS = 40  # longer rows of digits are no numbers
_MONTH = "|".join(sorted(MONTHS, key=len, reverse=True))
_LONG_MONTH = "|".join(
    name for name in MONTHS if (len(name) > 3 and name != "sept") or name == "mei"
)
_YEAR = r"(1\d{3}|20\d{2})(?!\d|[.,]\d|-an\b|s\b)"
_ORD = r"(?:st|nd|rd|th)?"
_NUMERAL = r"\d+(?:[.,\u00a0\u202f]\d+)*"
_TOKEN = re.compile(rf"{_NUMERAL}|[^\W\d_]+|\S")
_GROUPS = {
    sep: re.compile(rf"[1-9]\d{{0,2}}(?:{re.escape(sep)}\d{{3}})+") for sep in ".,\u00a0\u202f"
}


def numeral(text: str, language: Language | None = None) -> Decimal | None:
    """The value of digits with separators, None when they are no number ("1.2.3").

    One separator before exactly three digits is ambiguous: it groups thousands, unless the
    language writes a decimal there and the digits are not 000.

    >>> [str(numeral("1.214", code)) for code in ("id", "en", None)]
    ['1214', '1.214', '1214']
    >>> str(numeral("100.000", "en")), str(numeral("1,5")), str(numeral("1.234,50"))
    ('100000', '1.5', '1234.50')
    """
    if len(text) > MAX_DIGITS:
        return None
    separators = sorted({char for char in text if not char.isdecimal()}, key=text.rfind)
    if len(separators) > 2:
        return None
    if not separators:
        return Decimal(text)
    last = separators[-1]
    whole, _, rest = text.rpartition(last)
    decimal_point = last == ("," if language == "id" else ".") and language is not None
    if len(separators) == 2:
        if text.count(last) > 1 or not _GROUPS[separators[0]].fullmatch(whole):
            return None
        return Decimal(whole.replace(separators[0], "") + "." + rest)
    grouped = _GROUPS[last].fullmatch(text) is not None
    if text.count(last) > 1 or last not in ".,":
        return Decimal(text.replace(last, "")) if grouped else None
    if grouped and (not decimal_point or rest == "000"):
        return Decimal(whole + rest)
    return Decimal(f"{whole}.{rest}")


def quantities(text: str, language: Language | None = None) -> list[Quantity]:
    """The values in ``text``, in order and without overlap.

    ``language`` decides what a single separator means ("1.214"); without it the text's own.

    >>> [(q.kind, str(q.value), q.unit) for q in quantities("Rp16 triliun, naik 5,6 persen")]
    [('money', '16000000000000', 'IDR'), ('percent', '5.6', '')]
    >>> [q.value for q in quantities("twenty-one of 100,000")]
    [Decimal('21'), Decimal('100000')]
    >>> quantities("Jumat (21/1/2022)")[0].value
    PartialDate(year=2022, month=1, day=21)
    """
    language = language or language_of(text)
    found: list[Quantity] = []
    taken = bytearray(len(text))
    for read in (_dates, _times, _periods, _ordinals, _single_units, _numbers):
        for one in read(text, language):
            start, end = one.span
            if not any(taken[start:end]):
                taken[start:end] = b"\1" * (end - start)
                found.append(one)
    return sorted(found, key=lambda one: one.span)


def equal(a: Quantity, b: Quantity) -> bool:
    """Whether both say the same value.

    What only one of them names is no difference: a currency, a unit, a time zone, the year of a
    day or month. So a bare number equals the same number of anything, an ordinal and a year.
    A date that is less precise is not equal: "2022" is not "January 2022". Units of one
    dimension are converted: 1.5 km = 1,500 metres.

    >>> def same(a, b): return equal(quantities(a)[0], quantities(b)[0])
    >>> same("100 ribu", "100,000"), same("21/1/2022", "21 January 2022"), same("1,5 km", "1500 m")
    (True, True, True)
    >>> same("US$5", "Rp5"), same("2022", "January 2022"), same("17 October", "17 October 2005")
    (False, False, True)
    """
    left, right = a.value, b.value
    if isinstance(left, Decimal) and isinstance(right, Decimal):
        if "number" in (a.kind, b.kind):
            return left == right
        if a.kind != b.kind:
            return False
        if a.kind == "unit":
            one, other = UNITS[a.unit], UNITS[b.unit]
            return one.dimension == other.dimension and left * one.factor == right * other.factor
        return left == right and a.unit == b.unit
    if isinstance(left, PartialDate) and isinstance(right, PartialDate):
        years = left.year == right.year or (
            left.month is not None and None in (left.year, right.year)
        )
        return years and (left.month, left.day) == (right.month, right.day)
    if isinstance(left, time) and isinstance(right, time):
        return left == right and (a.unit == b.unit or not a.unit or not b.unit)
    number, date = (left, right) if isinstance(left, Decimal) else (right, left)
    kind = a.kind if isinstance(left, Decimal) else b.kind
    return (
        kind == "number"
        and isinstance(date, PartialDate)
        and date.month is None
        and number == date.year
    )


def _dates(text: str, language: Language | None) -> Iterator[Quantity]:
    for pattern, order in _DATE_PATTERNS:
        if order == "dm" and language != "id":
            continue  # "9/11" is a date without a year only in Indonesian news
        for match in pattern.finditer(text):
            parts = dict(zip(order, match.groups(), strict=True))
            value = _date(parts.get("y"), parts.get("m"), parts.get("d"))
            if value is None or (order == "y" and _AFTER.match(text, match.end())):
                continue
            start = match.start(1) if order == "m" else match.start()
            if parts.get("e"):  # "18-19 November" is two days
                first = _date(parts.get("y"), parts.get("m"), parts["e"])
                if first is None:
                    continue
                yield Quantity("date", first, "", (start, match.end(order.index("e") + 1)))
                start = match.start(order.index("d") + 1)
            yield Quantity("date", value, "", (start, match.end()))


_DATE_PATTERNS = [
    (re.compile(pattern, re.I), order)
    for pattern, order in (
        (r"(?<!\d)(\d{4})-(\d{2})-(\d{2})(?!\d)", "ymd"),
        (r"(?<![\d/])(\d{1,2})\s?[/.-]\s?(\d{1,2})\s?[/.-]\s?(\d{4}|\d{2})(?![\d/]|[.,]\d)", "dmy"),
        (rf"(?<![\d.,])(?:(\d{{1,2}}){_ORD}\s?[-–]\s?)?(\d{{1,2}}){_ORD}(?: of)?[\s-]+({_MONTH})\b"
         rf"(?:\.?,?[\s-]+{_YEAR})?", "edmy"),
        (rf"\b({_MONTH})\.?\s+(?:(\d{{1,2}}){_ORD}\s?[-–]\s?)?(\d{{1,2}}){_ORD}(?![\d.,]*\d)"
         rf"(?:,?\s+{_YEAR})?", "medy"),
        (rf"\b({_MONTH})\.?,?\s+(?:of\s+|tahun\s+)?{_YEAR}", "my"),
        (r"(?<![\d/.,])(\d{1,2})\s?/\s?(\d{1,2})(?![\d/]|[.,]\d)", "dm"),
        (rf"\b(?-i:(?=[A-Z]))({_LONG_MONTH})\b", "m"),
        (r"\b(?:in|since|until|by|during|of|from|last|this|next|early|late|mid)[ -](?-i:(May))\b",
         "m"),
        (rf"(?<![\w$€£¥.,])(?:(?<![^\W\d_]-)|(?<=mid-))"
         rf"(?<!\D\d-)(?<!\D\d\d-)(?<!\D\d\d\d-){_YEAR}"
         rf"(?![-–]\w*[a-z])(?!\s+(?:{PEOPLE})\b)", "y"),
    )
]  # fmt: skip


def _date(year: str | None, month: str | None, day: str | None) -> PartialDate | None:
    m = (MONTHS.get(month.lower()) or int(month)) if month else None
    d = int(day) if day else None
    y = int(year) if year else None
    if y is not None and year is not None and len(year) == 2:
        y += 2000 if y < 70 else 1900
    if m is not None and d is not None and m > 12 >= d:  # 01/21/2022 can only be month first
        m, d = d, m
    if m is not None and not 1 <= m <= 12:
        return None
    if d is not None and not 1 <= d <= (31 if m not in (2, 4, 6, 9, 11) else 29 if m == 2 else 30):
        return None
    return PartialDate(y, m, d)


_ZONE = r"\s*\(?(" + "|".join(sorted(ZONES, key=len, reverse=True)) + r")\b\)?"
_CLOCK = re.compile(
    rf"(?:(?:\b(pukul|jam|pkl\.?|at)\s+)?(?<![\d.,:/])(\d{{1,2}})([:.](\d{{2}}))?(?!\d|[.,:]\d)"
    rf"(?:\s*([ap])\.?m\b\.?|\s+(pagi|siang|sore|malam)\b)?(?:{_ZONE})?)",
    re.I,
)


def _times(text: str, language: Language | None) -> Iterator[Quantity]:
    for match in _CLOCK.finditer(text):
        said, hours, rest, minutes, half, part, zone = match.groups()
        said_so = bool(said) and (said.lower() != "at" or (rest or "").startswith(":"))
        colon = (rest or "").startswith(":")
        if not (
            half or (rest and zone) or colon or (said_so and (rest or part or said[0] in "pP"))
        ):
            continue
        hour, minute = int(hours), int(minutes or 0)
        if half and 1 <= hour <= 12:
            hour = hour % 12 + (12 if half.lower() == "p" else 0)
        elif (part or "").lower() in ("siang", "sore", "malam") and 1 <= hour < 12:
            hour += 12 if not (part.lower() == "siang" and hour in (10, 11)) else 0
        if hour > 23 or minute > 59:
            continue
        yield Quantity(
            "time", time(hour, minute), (zone or "").upper(), (match.start(2), match.end())
        )


_DECADE = re.compile(r"(?<![\d.,])(?:tahun |dekade |the )?(1\d\d0|20\d0)(?:s|-an|an)\b", re.I)
_CENTURY = re.compile(
    r"\babad ke[- ]?(\d{1,2})\b|\babad (?:ke)?(?P<id>[a-z]+(?: belas)?)\b"
    r"|(?<!\d)(\d{1,2})(?:st|nd|rd|th)[ -]century\b|\b(?P<en>[a-z]+(?:-first)?)[ -]century\b",
    re.I,
)


def _periods(text: str, language: Language | None) -> Iterator[Quantity]:
    for match in _DECADE.finditer(text):
        yield Quantity("period", Decimal(match.group(1)), "decade", match.span())
    for match in _CENTURY.finditer(text):
        word = (match["en"] or (f"ke{match['id']}" if match["id"] else "")).lower()
        digits = match.group(1) or match.group(3)
        value = int(digits) if digits else _ordinal_word(word)
        if value:
            yield Quantity("period", Decimal(value), "century", match.span())


_ORDINAL = re.compile(
    r"\bke[- ]?(\d{1,4})\b|(?<![\d.,])(\d{1,4})(?:st|nd|rd|th)\b|"
    r"\b(ke(?:dua|tiga|empat|lima|enam|tujuh|delapan|sembilan) belas|[a-z]+ty-[a-z]+|[a-z]+)\b",
    re.I,
)


def _ordinals(text: str, language: Language | None) -> Iterator[Quantity]:
    for match in _ORDINAL.finditer(text):
        digits = match.group(1) or match.group(2)
        value = int(digits) if digits else _ordinal_word(match.group(3).lower())
        unit = text[match.start() - 4 : match.start()].lower() == "per "  # "per second"
        if value and not unit and not _is_part(text, match):
            yield Quantity("ordinal", Decimal(value), "", match.span())


def _is_part(text: str, match: re.Match[str]) -> bool:
    """Whether the ordinal names a fraction: "one third", "a fifth of"."""
    before = re.search(r"\b(one|an?)[- ]$", text[max(0, match.start() - 5) : match.start()], re.I)
    return (
        before is not None
        and match.group().lower() in PARTS
        and (before.group(1).lower() == "one" or text[match.end() :].startswith(" of "))
    )


def _ordinal_word(word: str) -> int:
    """
    >>> _ordinal_word("ketujuh belas"), _ordinal_word("twenty-first"), _ordinal_word("century")
    (17, 21, 0)
    """
    if word in ORDINALS:
        return ORDINALS[word]
    first, _, last = word.partition("-")
    if first in TENS and 0 < ORDINALS.get(last, 0) < 10:
        return int(TENS[first]) + ORDINALS[last]
    first, _, last = word.partition(" ")
    if last == "belas" and first.removeprefix("ke") in SMALL:
        return 10 + int(SMALL[first.removeprefix("ke")])
    return 0


_SINGLE = re.compile(
    r"\bse(jam|hari|pekan|minggu|bulan|tahun|abad|dekade|meter|kilometer|hektare?|kilogram|liter|ton)"
    r"\b",
    re.I,
)


def _single_units(text: str, language: Language | None) -> Iterator[Quantity]:
    """One of a unit as a prefix: "sepekan" is one week."""
    for match in _SINGLE.finditer(text):
        unit = next(name for name, one in UNITS.items() if re.fullmatch(one.words, match[1], re.I))
        yield Quantity("unit", Decimal(1), unit, match.span())


@dataclass(frozen=True, slots=True)
class _Token:
    text: str
    start: int
    end: int


_BEFORE = re.compile(
    "(?:(?<![^\\W_])(?:"
    + "|".join(f"(?P<{code}>{before})" for code, (before, _) in CURRENCIES.items())
    + r")|(?P<magnitude>\bM|\b(?:ber)?magnitudo?e?|\bmagnitude of)"
    r"|(?P<minus>(?:^|(?<=\s))[-−]|\bminus))"
    r"\s*(?:sekitar\s+)?$",
    re.I,
)
_AFTER = re.compile(
    r"[\s-]{0,3}(?:(?P<percent>%|persen\b(?! poin)|per ?cent\b|pct\b)|"
    + "|".join(rf"(?P<{code}>(?:{after})\b)" for code, (_, after) in CURRENCIES.items())
    + "|"
    + "|".join(
        f"(?P<u{i}>{pattern})(?!\\w)"
        for i, pattern in sorted(
            enumerate(unit.words for unit in UNITS.values()), key=lambda item: -len(item[1])
        )
    )
    + ")",
    re.I,
)
_NAMES = list(UNITS)
_NEAR = 24  # characters in which a currency or "magnitude" stands before its number


def _numbers(text: str, language: Language | None) -> Iterator[Quantity]:
    tokens = [_Token(m.group(), m.start(), m.end()) for m in _TOKEN.finditer(text)]
    at = 0
    while at < len(tokens):
        value, after = _number(tokens, at, text, language)
        if value is None or _in_a_name(text, tokens[at].start):
            at = max(at + 1, after if value is not None else 0)
            continue
        span = tokens[at].start, tokens[after - 1].end
        first = _dressed(text, value, span)
        if first.span[1] == span[1] and after + 1 < len(tokens) and tokens[after].text in "-–":
            upper, end = _number(tokens, after + 1, text, language)
            if upper is not None and tokens[after + 1].text[0].isdecimal():
                yield from _range(text, first, upper, tokens[after + 1 : end], language)
                at = end
                continue
        yield first
        at = after


def _range(
    text: str, first: Quantity, upper: Decimal, tokens: list[_Token], language: Language | None
) -> Iterator[Quantity]:
    """Both ends of "Rp 4-5 juta": they share the scale, the currency and the unit."""
    last = _dressed(text, upper, (tokens[0].start, tokens[-1].end))
    digits, lower = numeral(tokens[0].text, language), first.value
    if digits and isinstance(lower, Decimal) and lower < digits:
        first = replace(first, value=lower * (upper / digits))
    if last.kind == "number":
        last = replace(last, kind=first.kind, unit=first.unit)
    elif first.kind == "number":
        first = replace(first, kind=last.kind, unit=last.unit)
    yield from (first, last)


def _in_a_name(text: str, start: int) -> bool:
    """Digits that belong to a name: "COVID-19", "G20", "Yu-132"."""
    before = text[max(0, start - _NEAR) : start]
    return (
        text[start].isdecimal()
        and re.search(r"[^\W\d_]-?$", before) is not None
        and _BEFORE.search(before) is None
    )


def _number(
    tokens: list[_Token], at: int, text: str, language: Language | None
) -> tuple[Decimal | None, int]:
    """The number that starts at this token and the index of the token after it.

    ``total`` holds finished thousands; ``part`` the hundreds and tens being read, ``piece`` its
    last summand, which "belas", "puluh" and "ratus" multiply.
    """
    total, part, piece = Decimal(0), Decimal(0), None
    scale = Decimal("Infinity")
    digits = False
    here, good = at, at
    while here < len(tokens):
        word = tokens[here].text.lower()
        if here > at and word == "-":
            follows = tokens[here + 1].text.lower() if here + 1 < len(tokens) else ""
            joined = tokens[here - 1].text.lower()
            if (joined in TENS and follows in SMALL) or (joined in SMALL and follows in PARTS):
                here += 1
                continue
            break
        if word[0].isdecimal():
            if piece is not None or part:
                break
            ahead = tokens[here + 1].text.lower() if here + 1 < len(tokens) else ""
            if good > at and SCALES.get(ahead, scale) >= scale:
                break
            piece = numeral(tokens[here].text, language)
            if piece is None:
                return None, here + 1
            digits = True
        elif word in FRACTIONS:
            if piece is None and not part and good == at:
                piece = FRACTIONS[word]
                coming = _words(tokens, here + 1, here + 3)
                if len(coming) == 2 and coming[0] == "a" and coming[1] in SCALES:
                    here += 1
            elif piece is not None and word == "setengah":
                part, piece = part + piece + FRACTIONS[word], Decimal(0)
            else:
                break
            digits = True
        elif word in SMALL:
            if piece is not None and (digits or piece % 10 or not piece):
                break
            part, piece = part + (piece or 0), SMALL[word]
        elif word in TEENS or word in TENS:
            if piece is not None and (digits or piece % 100 or not piece):
                break
            part, piece = part + (piece or 0), (TEENS | TENS)[word]
        elif word in ("belas", "puluh"):
            if piece is None or digits or not 0 < piece < 10:
                break
            piece = piece + 10 if word == "belas" else piece * 10
        elif word in ("ratus", "hundred"):
            if piece is None or piece >= 100 or part:
                break
            piece *= 100
        elif word == "seratus":
            if piece is not None:
                break
            piece = Decimal(100)
        elif word in ONE_OF:
            if piece is not None or ONE_OF[word] >= scale:
                break
            total, scale = total + ONE_OF[word], ONE_OF[word]
        elif word in ("dozen", "lusin"):
            piece = 12 * (Decimal(1) if piece is None else piece)
            return total + part + piece, here + 1
        elif word in SCALES or _short_scale(tokens, here, text, language):
            factor = SCALES.get(word) or _short_scale(tokens, here, text, language)
            assert factor is not None
            if piece is None:
                if good == at or factor <= scale:
                    break
                total *= factor
            elif factor > scale:
                total = (total + part + piece) * factor
            else:
                total += (part + piece) * factor
            part, piece, scale, digits = Decimal(0), None, factor, False
        elif word in ("a", "an", "se"):
            ahead = tokens[here + 1].text.lower() if here + 1 < len(tokens) else ""
            coming = _words(tokens, here + 1, here + 3)
            fraction = len(coming) == 2 and coming[0] in PARTS and coming[1] == "of"
            if good > at or not (fraction or ahead in ("hundred", "dozen", "lusin", *SCALES)):
                break
            piece = Decimal(1)
            here += 1
            continue
        elif word == "and" and good > at:
            coming = _words(tokens, here + 1, here + 3)
            if coming == ["a", "half"] and piece is not None:
                part, piece, digits = part + piece + Decimal("0.5"), Decimal(0), True
                here += 2
            elif (
                not digits
                and coming
                and coming[0] in (SMALL | TEENS | TENS)
                and tokens[here - 1].text.lower() in ("hundred", "thousand", "million")
            ):
                here += 1
                continue
            else:
                break
        else:
            divisor = PARTS.get(word)
            plural = word.endswith("s") or word.startswith("per")
            if divisor and piece and not digits and plural != (piece == 1):
                return (total + part + piece) / divisor, here + 1
            break
        here += 1
        good = here
    if good == at:
        return None, at
    return total + part + (piece or 0), good


def _words(tokens: list[_Token], start: int, end: int) -> list[str]:
    return [token.text.lower() for token in tokens[start:end]]


def _short_scale(
    tokens: list[_Token], at: int, text: str, language: Language | None
) -> Decimal | None:
    """The scale of "$5m", "10k" or, in Indonesian, "Rp 5 M" (miliar)."""
    if at == 0 or not tokens[at - 1].text[0].isdecimal():
        return None
    word, number = tokens[at].text, tokens[at - 1]
    attached = number.end == tokens[at].start
    before = _BEFORE.search(text[max(0, number.start - _NEAR) : number.start])
    currency = before.lastgroup if before and before.lastgroup in CURRENCIES else ""
    if word in ("M", "T") and currency and (language == "id" or currency == "IDR"):
        return Decimal(10) ** (9 if word == "M" else 12)
    if not attached:
        return None
    if word.lower() == "k":
        return Decimal(1000)
    return {"m": Decimal(10) ** 6, "b": Decimal(10) ** 9, "t": Decimal(10) ** 12}.get(
        word.lower() if currency else ""
    )


def _dressed(text: str, value: Decimal, span: Span) -> Quantity:
    """The number with the currency, unit or per cent sign that stands beside it."""
    start, end = span
    near = max(0, start - _NEAR)
    before = _BEFORE.search(text[near:start])
    if before and before["minus"]:
        value, start = -value, near + before.start()
        before = _BEFORE.search(text[near:start])
    after = _AFTER.match(text, end)
    if before and before.lastgroup in CURRENCIES:
        return Quantity("money", value, before.lastgroup, (near + before.start(), end))
    if before and before["magnitude"] and before["magnitude"] != "m":
        return Quantity("unit", value, "magnitude", (near + before.start(), end))
    if after is None or after.lastgroup is None:
        return Quantity("number", value, "", (start, end))
    group, until = after.lastgroup, after.end()
    if group == "percent":
        return Quantity("percent", value, "", (start, until))
    if group in CURRENCIES:
        return Quantity("money", value, group, (start, until))
    name = _NAMES[int(group[1:])]
    if name == "week" and after.group(group) == "Minggu":  # the day, not the unit
        return Quantity("number", value, "", (start, end))
    return Quantity("unit", value, name, (start, until))
