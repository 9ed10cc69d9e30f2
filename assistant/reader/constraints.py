"""Which spans can answer a question of a kind at all: a date for "when", a name for "who" …"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import pairwise

import numpy as np
import simplemma
from numpy.typing import NDArray

from assistant.reader.features import Words
from assistant.types import AnswerType
from index.dates import MONTHS
from index.text import STOP_WORDS

Mask = NDArray[np.bool_]

DATE_WORDS = frozenset(MONTHS) | frozenset(
    """senin selasa rabu kamis jumat jum'at sabtu minggu monday tuesday wednesday thursday friday
    saturday sunday kemarin lusa yesterday today tomorrow tahun abad pekan bulan hari pagi siang
    sore malam year century week month day morning afternoon evening night spring summer autumn
    fall winter jam pukul wib wita wit gmt noon midnight""".split()
)
_DAY_OR_YEAR = re.compile(r"\d{1,3}|1\d{3}|2[01]\d{2}|\d{1,2}[.:]\d{2}")
_CLOCK = re.compile(r"\d{1,2}[.:]\d{2}")
_ASKS_CLOCK = re.compile(r"\b(?:(?:jam|pukul) berapa|(?:what|which)(?: local)? time|what hour)\b")
_BEFORE_CLOCK = frozenset({"jam", "pukul", "at"})
_BEHIND_CLOCK = frozenset({"am", "pm", "a", "p", "wib", "wita", "wit", "o'clock"})
_YEAR = re.compile(r"1[5-9]\d{2}|20\d{2}")
_BEFORE_YEARS = frozenset(MONTHS) | {"tahun", "year", "pada", "in", "sejak", "since"}
NUMBER_WORDS = frozenset(
    """satu dua tiga empat lima enam tujuh delapan sembilan sepuluh sebelas belas puluh seratus
    ratus seribu ribu sejuta juta miliar triliun lusin setengah separuh sepertiga seperempat
    zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen
    sixteen seventeen eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety
    hundred thousand million billion trillion dozen half third quarter none""".split()
)


_DATELINE = re.compile(
    r"([A-ZÀ-Þ][A-ZÀ-Þ .'’/-]{2,40})(?:,\s[^.!?–—-]{2,50}|\s?\([^)]{2,50}\))?\s[-–—]\s"
)


def dateline(text: str) -> tuple[int, int]:
    """Where the place before the first sentence of a report ends, and where the agency behind it.

    Both 0 without any. They say where the text comes from, and answer at most where and when.

    >>> text = "PALU, Kabar Contoh - Gempa mengguncang kota."
    >>> place, agency = dateline(text)
    >>> text[:place], text[agency:]
    ('PALU', 'Gempa mengguncang kota.')
    >>> dateline("Gempa - yang terkuat tahun ini - mengguncang Palu.")
    (0, 0)
    """
    match = _DATELINE.match(text)
    return (match.end(1), match.end()) if match else (0, 0)


def allowed_spans(kind: AnswerType, asked: Words, text: Words) -> Mask:
    """bool[n, n]: whether the words first to last of ``text`` can answer.

    A span must hold a word that the question does not; for "when" a date word or a
    figure that may be a day, a year or a time, for "what time" a time, for "how many" a number that
    is no year, for "who" and "where" a name that the question does not name.
    """
    known = set(asked.words)
    fresh = np.array([word not in known and word not in STOP_WORDS for word in text.words], bool)
    digit = text.flags[:, 3].astype(bool)
    if kind == "when" and _ASKS_CLOCK.search(" ".join(asked.words)):
        return _holds(fresh & _clock(text))
    if kind == "when":
        dated = np.array([word in DATE_WORDS for word in text.words], bool)
        figure = np.array([bool(_DAY_OR_YEAR.fullmatch(word)) for word in text.words], bool)
        return _holds(fresh) & _holds(dated | figure)
    if kind == "how_many":
        number = np.array([word in NUMBER_WORDS for word in text.words], bool)
        digit = digit & ~_years(text)
        return _holds((digit | number) & np.array([w not in known for w in text.words], bool))
    if kind in ("who", "where"):
        name = _names(text)
        named = np.array([word in known for word in text.words], bool) & name
        return _holds(fresh & name) & ~_holds(named)
    return _holds(fresh)


def _clock(text: Words) -> Mask:
    """Figures that are times of day."""
    before = ["", *text.words[:-1]]
    behind = [*text.words[1:], ""]
    close = [b[0] - a[1] == 1 for a, b in pairwise(text.places)]
    told = [
        bool(_CLOCK.fullmatch(word))
        or (word.isdigit() and len(word) < 3 and (b in _BEFORE_CLOCK or n in _BEHIND_CLOCK))
        or (word.isdigit() and near and len(n) == 2 and n.isdigit())  # 6:04
        for word, b, n, near in zip(text.words, before, behind, [*close, False], strict=True)
    ]
    return np.array(told, bool)


def _years(text: Words) -> Mask:
    """Figures that are years, since a month or a word for "year" or "in" stands before them."""
    before = [False, *(word in _BEFORE_YEARS for word in text.words[:-1])]
    year = [bool(_YEAR.fullmatch(word)) for word in text.words]
    years: Mask = np.array(before, bool)[: len(year)] & np.array(year, bool)
    return years


def allowed_in_text(kind: AnswerType, asked: Words, words: Words, text: str, skipped: int) -> Mask:
    """``allowed_spans`` of ``words``, without those that begin before the report itself does.

    ``words`` may stand anywhere in the title of ``skipped`` characters and the ``text`` after it.
    """
    allowed = allowed_spans(kind, asked, words)
    place, report = (skipped + end for end in dateline(text))
    begins = np.array([begin for begin, _ in words.places])
    if kind == "when":
        place = report
    elif kind != "where":
        place = skipped
    allowed[begins < skipped] = False
    allowed[(begins >= place) & (begins < report)] = False
    allowed[np.ix_(begins < place, begins >= place)] = False
    return allowed


def _names(text: Words) -> Mask:
    """Words written as names; at the start of a sentence only if no dictionary has them."""
    capital = text.flags[:, 1].astype(bool)
    first = text.flags[:, 7].astype(bool) & ~text.flags[:, 2].astype(bool)
    common = np.array([_is_common(word) for word in text.words], bool)
    stop = text.flags[:, 0].astype(bool)
    names: Mask = capital & ~stop & ~(first & common)
    return names


@lru_cache(maxsize=100_000)
def _is_common(word: str) -> bool:
    return bool(simplemma.is_known(word, lang=("id", "en")))


def _holds(chosen: Mask) -> Mask:
    """bool[n, n]: whether a chosen word stands among the words first to last."""
    before = np.concatenate([[0], np.cumsum(chosen)])
    holds: Mask = (before[None, 1:] - before[:-1, None]) > 0
    return holds
