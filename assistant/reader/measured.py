"""Whether a number in a text may be what a question for one asks for: a length, money …"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from assistant.measures import CURRENCIES, UNITS, Unit
from assistant.quantities import PartialDate, Quantity, quantities
from assistant.types import AnswerType

Span = tuple[int, int]

BESIDE = 24  # characters on each side of a number in which its unit stands

_DIMENSIONS = {
    "time": "duration", "months": "duration", "fahrenheit": "temperature", "points": "percent"
}  # fmt: skip
_PEOPLE = re.compile(r"\s+(?:orang|jiwa|warga|people|persons?)\b", re.I)
_COUNTS = {"length", "area", "volume", "oil", "mass", "power"}  # "how many … of it"


def _dimension(unit: Unit) -> str:
    return _DIMENSIONS.get(unit.dimension, unit.dimension)


_PRICE = r"(?:harga|biaya|tarif|gaji|upah|denda|anggaran|dana)(?:nya)?"
_BUY = r"(?:costs?|pay|pays|paid|paying|charged?|spen[dt]|earns?|earned|owes?|owed|worth)"
_ASKED: tuple[tuple[str, set[str]], ...] = (
    (r"berapa (?:besar )?persen|(?:what|how many) per ?cent|persentase", {"percent"}),
    (r"(?:berapa kali|how many times)\b", set()),
    *((rf"(?:berapa|how many) (?:{after})\b", {"money"}) for _, after in CURRENCIES.values()),
    *(
        (rf"(?:berapa|how many) (?:{unit.words})(?!\w)", {_dimension(unit)})
        for unit in sorted(UNITS.values(), key=lambda unit: -len(unit.words))
    ),
    (rf"how much (?:money|cash)\b|how much\b.*\b{_BUY}\b", {"money"}),
    (rf"berapa {_PRICE}\b|{_PRICE} berapa\b", {"money", "percent"}),
    (r"(?:se)?berapa lama\b", {"duration"}),
    (r"how long\b", {"duration", "length"}),
    (r"berapa (?:usia|umur)|(?:usia|umur)(?:nya)? berapa|how old\b", {"duration"}),
    (r"(?:se)?berapa (?:jauh|dalam|kedalaman|jarak|ketinggian)(?:nya)?\b", {"length"}),
    (r"how (?:far|deep|tall|wide)\b", {"length"}),
    (r"(?:se)?berapa berat(?:nya)?\b|beratnya berapa\b|how heavy\b", {"mass"}),
    (r"(?:se)?berapa (?:suhu|derajat)|how (?:hot|cold)\b", {"temperature"}),
    (r"(?:se)?berapa (?:cepat|kecepatan)|how fast\b", {"speed", "duration"}),
    (r"how many(?! of)\b|berapa orang\b", _COUNTS | {"people"}),
)
_PATTERNS = tuple((re.compile(rf"\b(?:{said})", re.I), measures) for said, measures in _ASKED)


def fitting(kind: AnswerType, question: str) -> Callable[[str, Sequence[Span], int, int], bool]:
    """Says of words of a text, from the first to the last, whether they may be the number asked.

    They may not if they hold only quantities of other kinds: a date, money, another dimension.
    ``places`` are the offsets of all words of the text.

    >>> fits = fitting("how_many", "How deep was the earthquake?")
    >>> places = [(0, 9), (10, 13), (14, 25), (26, 28), (29, 38)]
    >>> [fits("magnitude 5.6, kedalaman: 10 kilometer", places, i, i) for i in (1, 3)]
    [False, True]
    """
    if kind != "how_many":
        return lambda text, places, first, last: True
    asked = next((one for pattern, one in _PATTERNS if pattern.search(question)), None)

    def fits(text: str, places: Sequence[Span], first: int, last: int) -> bool:
        found = _measures(text, (places[first][0], places[last][1]))
        if asked is None:
            return found != {"date"}
        return not found or not found.isdisjoint(asked | {"number"})

    return fits


def _measures(text: str, span: Span) -> set[str]:
    """What the quantities measure of which something stands in the span."""
    start = max(0, span[0] - BESIDE)
    near = text[start : span[1] + BESIDE]
    begin, end = span[0] - start, span[1] - start
    return {
        _measure(one, near) for one in quantities(near) if one.span[0] < end and one.span[1] > begin
    }


def _measure(one: Quantity, text: str) -> str:
    """What a quantity measures; a year alone may be any number, a century how long ago it is."""
    if one.kind == "number" and _PEOPLE.match(text, one.span[1]):
        return "people"
    if one.kind == "unit":
        return _dimension(UNITS[one.unit])
    if isinstance(one.value, PartialDate) and one.value.month is None:
        return "number"
    return "duration" if one.kind == "period" else one.kind
