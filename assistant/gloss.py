"""A short answer in the user's language, where that can be said for certain.

Numbers, dates, times, amounts and proper names are rendered; anything else leaves the answer
as quoted. Names come from CLDR (through Babel: countries, languages, cities) and ``names.txt``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date, time
from decimal import Decimal
from functools import lru_cache
from importlib.resources import files
from itertools import islice

from babel import Locale
from babel.dates import format_date
from babel.numbers import format_decimal

from assistant.quantities import PartialDate, Quantity, quantities
from index.text import fold
from index.types import Language

LONGEST_NAME = 8  # words
MAX_CHARS = 200  # a longer answer is no short one
LARGEST = Decimal(10**18)  # beyond, digits are no amount
MAX_DECIMALS = 6  # a number with more, such as a third, is not written in digits

_SCALES: dict[Language, tuple[tuple[Decimal, str], ...]] = {
    "id": ((Decimal(10**12), "triliun"), (Decimal(10**9), "miliar"), (Decimal(10**6), "juta")),
    "en": ((Decimal(10**12), "trillion"), (Decimal(10**9), "billion"), (Decimal(10**6), "million")),
}
_SPELLED: dict[Language, tuple[str, ...]] = {
    "id": (*"nol satu dua tiga empat lima enam tujuh delapan sembilan sepuluh sebelas".split(),
           "dua belas"),
    "en": tuple("zero one two three four five six seven eight nine ten eleven twelve".split()),
}  # fmt: skip
_FRACTIONS: dict[Language, dict[Decimal, str]] = {
    "id": {
        Decimal("0.5"): "setengah", Decimal(1) / 3: "sepertiga", Decimal(2) / 3: "dua pertiga",
        Decimal("0.25"): "seperempat", Decimal("0.75"): "tiga perempat",
    },
    "en": {
        Decimal("0.5"): "half", Decimal(1) / 3: "one third", Decimal(2) / 3: "two thirds",
        Decimal("0.25"): "a quarter", Decimal("0.75"): "three quarters",
    },
}  # fmt: skip
_SIGNS = {"IDR": "Rp", "USD": "US$", "EUR": "€", "GBP": "£", "SGD": "S$", "AUD": "A$",
          "HKD": "HK$", "MYR": "RM"}  # fmt: skip
_UNITS = {  # unit: (symbol that both languages use, Indonesian, English, English plural)
    "millimetre": ("mm", "milimeter", "millimetre", "millimetres"),
    "centimetre": ("cm", "sentimeter", "centimetre", "centimetres"),
    "metre": ("m", "meter", "metre", "metres"),
    "kilometre": ("km", "kilometer", "kilometre", "kilometres"),
    "mile": ("", "mil", "mile", "miles"),
    "nautical mile": ("", "mil laut", "nautical mile", "nautical miles"),
    "light-year": ("", "tahun cahaya", "light-year", "light-years"),
    "foot": ("", "kaki", "foot", "feet"),
    "inch": ("", "inci", "inch", "inches"),
    "square metre": ("m²", "meter persegi", "square metre", "square metres"),
    "square kilometre": ("km²", "kilometer persegi", "square kilometre", "square kilometres"),
    "hectare": ("ha", "hektare", "hectare", "hectares"),
    "cubic metre": ("m³", "meter kubik", "cubic metre", "cubic metres"),
    "litre": ("", "liter", "litre", "litres"),
    "barrel": ("", "barel", "barrel", "barrels"),
    "gram": ("g", "gram", "gram", "grams"),
    "kilogram": ("kg", "kilogram", "kilogram", "kilograms"),
    "tonne": ("", "ton", "tonne", "tonnes"),
    "kilometre per hour": ("", "kilometer per jam", "kilometre per hour", "kilometres per hour"),
    "megawatt": ("MW", "megawatt", "megawatt", "megawatts"),
    "gigawatt": ("GW", "gigawatt", "gigawatt", "gigawatts"),
    "degree Celsius": ("°C", "derajat Celsius", "degree Celsius", "degrees Celsius"),
    "degree Fahrenheit": ("°F", "derajat Fahrenheit", "degree Fahrenheit", "degrees Fahrenheit"),
    "second": ("", "detik", "second", "seconds"),
    "minute": ("", "menit", "minute", "minutes"),
    "hour": ("", "jam", "hour", "hours"),
    "day": ("", "hari", "day", "days"),
    "week": ("", "pekan", "week", "weeks"),
    "month": ("", "bulan", "month", "months"),
    "year": ("", "tahun", "year", "years"),
    "decade": ("", "dekade", "decade", "decades"),
    "century": ("", "abad", "century", "centuries"),
    "percentage point": ("", "poin persentase", "percentage point", "percentage points"),
}
_PEOPLE = {"orang": ("person", "people"), "jiwa": ("person", "people"), "kali": ("time", "times")}
_GLUE: dict[Language, dict[str, str]] = {  # stands anywhere
    "id": {"dan": "and", "atau": "or", "kota": "the city of",
           "di atas permukaan laut": "above sea level"},
    "en": {"and": "dan", "or": "atau", "the": "", "person": "orang", "people": "orang",
           "times": "kali", "above sea level": "di atas permukaan laut"},
}  # fmt: skip
_BEFORE: dict[Language, dict[str, str]] = {  # stands before a quantity
    "id": {
        "sekitar": "about", "kira-kira": "about", "kurang lebih": "about", "hampir": "almost",
        "lebih dari": "more than", "kurang dari": "less than", "setidaknya": "at least",
        "sedikitnya": "at least", "paling sedikit": "at least", "antara": "between",
        "sejak": "since", "hingga": "to", "sampai": "to", "awal": "early", "akhir": "late",
        "pertengahan": "mid",
    },
    "en": {
        "about": "sekitar", "around": "sekitar", "approximately": "sekitar", "almost": "hampir",
        "nearly": "hampir", "more than": "lebih dari", "over": "lebih dari",
        "less than": "kurang dari", "at least": "setidaknya", "between": "antara",
        "since": "sejak", "until": "hingga", "to": "hingga", "early": "awal", "late": "akhir",
        "mid": "pertengahan",
    },
}  # fmt: skip
for _, _indonesian, _single, _ in _UNITS.values():
    _GLUE["id"][f"per {_indonesian}"] = f"per {_single}"
    _GLUE["en"][f"per {_single}"] = f"per {_indonesian}"
_DROPPED = ("tahun", "tanggal", "bulan", "pukul")  # before the date or time itself
_LEADING: dict[Language, str] = {
    "id": r"(?:pada|di|dalam|hari)\s+",
    "en": r"(?:on|in|at)\s+",
}
_WORD = re.compile(r"[^\W\d_]+(?:['’.&-][^\W\d_]+)*\.?|\d+|\S")


def gloss(short: str, source: Language, target: Language) -> str:
    """``short`` in the ``target`` language, or "" when it is the same there or not certain.

    >>> gloss("100 ribu", "id", "en"), gloss("Jenewa, Swiss", "id", "en")
    ('100,000', 'Geneva, Switzerland')
    >>> gloss("Jumat (21/1/2022)", "id", "en"), gloss("US$2.3 billion", "en", "id")
    ('Friday (21 January 2022)', 'US$2,3 miliar')
    >>> gloss("Joko Widodo", "id", "en"), gloss("kerusakan jalan", "id", "en")
    ('', '')
    """
    if source == target or not short.strip() or len(short) > MAX_CHARS:
        return ""
    text = short.strip()
    if _name(text, source, target) is None:  # "Hari Natal" is one
        text = re.sub(rf"^(?:{_LEADING[source]})+", "", text, flags=re.I)
    found = quantities(text, source)
    pieces: list[str] = []
    at = 0
    while at < len(text):
        rendered, end = _piece(text, at, found, source, target)
        if rendered is None:
            return ""
        pieces.append(rendered)
        at = end
    said = _tidy("".join(pieces), target)
    return "" if said.casefold() == short.strip().casefold() else said


def _piece(
    text: str, at: int, found: list[Quantity], source: Language, target: Language
) -> tuple[str | None, int]:
    """What stands at ``at`` in the target language (None: not certain) and where it ends."""
    begins = next((i for i, one in enumerate(found) if one.span[0] == at), None)
    if begins is None and not text[at].isalnum():
        return (text[at] if text[at] not in "$€£¥%°" else None), at + 1
    ends = [match.end() for match in islice(_WORD.finditer(text, at), LONGEST_NAME)]
    within = found[begins].span[1] if begins is not None else at  # "US" of "US$5" is no name
    for end in reversed([end for end in ends if end >= within]):
        name = _name(text[at:end], source, target)
        if name is not None:
            return name, end
    if begins is not None:
        return _quantity(text, begins, found, source, target), found[begins].span[1]
    for end in reversed(ends[:4]):
        word = " ".join(text[at:end].split()).lower()
        if word in _GLUE[source]:
            return _GLUE[source][word], end
        ahead = end + len(text[end:]) - len(text[end:].lstrip(" -"))
        following = next((one.kind for one in found if one.span[0] == ahead), "")
        if word in _DROPPED and following in ("date", "time", "period"):
            return "", end
        if word in _BEFORE[source] and following:
            return _BEFORE[source][word], end
        if source == "id" and word in _PEOPLE:
            single = any(one.value == 1 and text[one.span[1] : at].isspace() for one in found)
            return _PEOPLE[word][0 if single else 1], end
    return None, at


def _quantity(
    text: str, at: int, found: list[Quantity], source: Language, target: Language
) -> str | None:
    """The quantity ``found[at]`` in the target language, with its range's other end in mind."""
    one = found[at]
    for other, part in ((at + 1, "low"), (at - 1, "high")):
        if 0 <= other < len(found):
            first, last = sorted((one, found[other]), key=lambda item: item.span)
            if text[first.span[1] : last.span[0]].strip() in ("-", "–"):
                return _render(text, one, found[other], part, source, target)
    return _render(text, one, None, "all", source, target)


def _tidy(text: str, target: Language) -> str:
    text = re.sub(r"\s+", " ", text).strip(" ,;")
    text = re.sub(r"\s+([,;.)])", r"\1", text)
    text = re.sub(r"^(.+) \(\1\)$", r"\1", text)  # a name and its acronym
    if target == "en":
        text = re.sub(r"\bmid\s+", "mid-", text)
    else:
        text = text.replace("pertengahan-", "pertengahan ")
    return text


@dataclass(frozen=True, slots=True)
class _Shown:
    """An amount in three parts; a range says what stands around its numbers once."""

    before: str
    number: str
    after: str


def _render(
    text: str,
    one: Quantity,
    partner: Quantity | None,
    part: str,
    source: Language,
    target: Language,
) -> str | None:
    """The quantity in the target language; ``partner`` is the other end of a range."""
    said = text[one.span[0] : one.span[1]]
    if isinstance(one.value, PartialDate):
        return _show_date(one.value, partner, part, said, source, target)
    if isinstance(one.value, time):
        return _show_time(one.value, one.unit, target)
    whole = said
    if partner and partner.kind == one.kind and isinstance(partner.value, Decimal):
        whole = text[min(one.span[0], partner.span[0]) : max(one.span[1], partner.span[1])]
    shown = _show_amount(one, whole, source, target)
    if shown is None:
        return None
    if partner is None or partner.kind != one.kind:
        return shown.before + shown.number + shown.after
    if part == "low":
        return shown.before + shown.number
    return shown.number + shown.after


def _show_amount(one: Quantity, said: str, source: Language, target: Language) -> _Shown | None:
    value = one.value
    assert isinstance(value, Decimal)
    if one.kind == "ordinal":
        if said.lower() == "kedua":  # the second, or both
            return None
        return _Shown("", _ordinal(int(value), target), "")
    if one.kind == "period":
        if one.unit == "decade":
            return _Shown("", f"{value}s" if target == "en" else f"tahun {value}-an", "")
        century = f"{_ordinal(int(value), 'en')} century"
        return _Shown("", century if target == "en" else f"abad ke-{value}", "")
    number = _number(value, said, target)
    if number is None:
        return None
    digits, scale = number
    if one.kind == "percent":
        sign = "%" if "%" in said else " persen" if target == "id" else " percent"
        return _Shown("", digits, scale + sign)
    if one.kind == "money":
        return _show_money(one.unit, said, digits, scale, target)
    if one.kind == "unit":
        if one.unit == "magnitude":
            return _Shown("magnitude " if target == "en" else "magnitudo ", digits, scale)
        if one.unit not in _UNITS:
            return None
        symbol, indonesian, single, plural = _UNITS[one.unit]
        if symbol and re.search(rf"[\d\s]{re.escape(symbol)}(?:$|\W)", said):
            return _Shown("", digits, f"{scale} {symbol}")
        english = single if value == 1 else plural
        return _Shown("", digits, f"{scale} {indonesian if target == 'id' else english}")
    return _Shown("", digits, scale)


def _show_money(unit: str, said: str, digits: str, scale: str, target: Language) -> _Shown | None:
    lower = said.lower()
    if unit == "USD" and not re.search(r"us|u\.s|as\b|amerika|american", lower):
        # which country's dollar is not said
        if target == "id":
            return _Shown("", digits, f"{scale} dolar")
        return _Shown("$", digits, scale)
    if unit == "GBP" and "£" not in said and "sterling" not in lower and "gbp" not in lower:
        return None  # pounds may be a weight
    return _Shown(_SIGNS.get(unit, f"{unit} "), digits, scale)


def _number(value: Decimal, said: str, target: Language) -> tuple[str, str] | None:
    """Digits and scale word: millions stay words when they were words, "100 ribu" does not."""
    spelled = not any(char.isdigit() for char in said)
    if spelled and value in _FRACTIONS[target] and value != value.to_integral_value():
        return _FRACTIONS[target][value], ""
    if spelled and value == value.to_integral_value() and 0 <= value <= 12:
        return _SPELLED[target][int(value)], ""
    words = re.search(r"[^\W\d_]", re.sub(r"^\W*(?:rp|us|rm|idr|usd)\b", "", said, flags=re.I))
    if words:
        for factor, name in _SCALES[target]:
            if abs(value) >= factor and re.search(r"juta|miliar|milyar|tri|illion|jt|bn|[mMTb]\b",
                                                  said):  # fmt: skip
                digits = _digits(value / factor, target)
                return None if digits is None else (digits, f" {name}")
    digits = _digits(value, target)
    return None if digits is None else (digits, "")


def _digits(value: Decimal, target: Language) -> str | None:
    exponent = value.normalize().as_tuple().exponent
    if not isinstance(exponent, int) or -exponent > MAX_DECIMALS or abs(value) >= LARGEST:
        return None
    if value == value.to_integral_value():
        value = value.to_integral_value()
    return format_decimal(value, locale=target, decimal_quantization=False)


def _ordinal(value: int, target: Language) -> str:
    if target == "id":
        return f"ke-{value}"
    ending = "th" if value % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(
        value % 10, "th"
    )  # fmt: skip
    return f"{value}{ending}"


def _show_date(
    value: PartialDate,
    partner: Quantity | None,
    part: str,
    said: str,
    source: Language,
    target: Language,
) -> str | None:
    if value.day is not None and value.month is not None:
        if source == "en" and re.match(r"\d{1,2}[/.-]", said) and value.day <= 12:
            return None  # 1/2/2022 is February or January
        other = partner.value if partner else None
        if part == "low" and other == replace(value, day=getattr(other, "day", None)):
            return str(value.day)
        day = date(value.year or 2000, value.month, value.day)  # 2000 has a 29 February
        pattern = "d MMMM y" if value.year else "d MMMM"
        return format_date(day, pattern, locale=target)
    if value.month is not None:
        pattern = "MMMM y" if value.year else "MMMM"
        return format_date(date(value.year or 2000, value.month, 1), pattern, locale=target)
    return str(value.year)


def _show_time(value: time, zone: str, target: Language) -> str:
    clock = f"{value:%H.%M}" if target == "id" else f"{value:%H:%M}"
    return f"{clock} {zone}".strip()


def _name(text: str, source: Language, target: Language) -> str | None:
    """The proper name in the target language; None when it is unknown there."""
    plain = " ".join(text.replace("’", "'").split())
    names = _names(source, target)
    if _key(plain) == plain.casefold() and not plain[:1].isupper() and " " not in plain:
        return None  # "minggu" is a week, "Minggu" a Sunday
    return names.get(_key(plain)) or names.get(plain.casefold())


@lru_cache(maxsize=2)
def _names(source: Language, target: Language) -> dict[str, str]:
    """Names that mean one thing; acronyms by their very letters, others case-folded."""
    own: dict[str, str] = {}
    for line in files("assistant").joinpath("names.txt").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            left, _, right = line.partition(" = ")
            sides: dict[Language, list[str]] = {"id": left.split("|"), "en": right.split("|")}
            for name in sides[source]:
                own[_key(name)] = sides[target][0]
    return _cldr_names(source, target) | own


@lru_cache(maxsize=1)
def countries() -> frozenset[str]:
    """The names of countries in both languages, folded."""
    both = (Locale(language).territories for language in ("id", "en"))
    return frozenset(fold(name) for named in both for code, name in named.items() if code.isalpha())


def _cldr_names(source: Language, target: Language) -> dict[str, str]:
    here, there = Locale(source), Locale(target)
    pairs: list[tuple[str, str]] = []
    for code, name in here.territories.items():
        if (code.isalpha() or code in ("002", "150")) and code in there.territories:
            pairs.append((name, there.territories[code]))
    for zone, fields in here.time_zones.items():
        english = zone.rpartition("/")[2].replace("_", " ")
        city = there.time_zones.get(zone, {}).get("city", english)
        if "city" in fields and "/" in zone and "Unknown" not in zone:
            pairs.append((fields["city"], city))
    for code, name in here.languages.items():
        if code in there.languages:
            sides = {"id": f"bahasa {name}", "en": f"{name} language"}
            translated = {"id": f"bahasa {there.languages[code]}", "en": there.languages[code]}
            pairs.append((sides[source], translated[target]))
    days = here.days["format"]["wide"], there.days["format"]["wide"]
    pairs += [(days[0][i], days[1][i]) for i in range(7)]
    if source == "id":
        pairs += [("Jum'at", "Friday"), ("Ahad", "Sunday")]
    meanings: dict[str, set[str]] = {}
    for name, other in pairs:
        if "(" not in name + other:
            meanings.setdefault(_key(name.replace("’", "'")), set()).add(other)
    return {name: next(iter(others)) for name, others in meanings.items() if len(others) == 1}


def _key(name: str) -> str:
    return name if name.replace(".", "").isupper() else name.casefold()
