"""What the reader sees of a word besides its vector."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from index.dates import MONTHS
from index.text import STOP_WORDS, WORD, lemma, words

Flags = NDArray[np.float16]

QUESTION_FLAGS = 3
TEXT_FLAGS = 13
_SENTENCE = re.compile(r"[.!?…][\"'”’)\]]*\s+$")
_NO_MARKS = bytes(5)
_PREFIX = 4  # letters; "ukraina" and "ukraine" begin alike
_DAY = r"(?:0?[1-9]|[12]\d|3[01])"
_DATE = re.compile(
    rf"(?<![\d/])({_DAY})/({_DAY})/(?:\d{{4}}|\d\d)(?![\d/])"  # 24/3/2019, 6-8/10/2020
    rf"|(?<![\d-]){_DAY}-(\d\d?)-\d{{4}}(?![\d-])"  # 24-3-2019
    rf"|(?<![\d-])\d{{4}}-(\d\d)-{_DAY}(?![\d-])"  # 2019-03-24
    rf"|\(\s?{_DAY}/(\d\d?)(?=\s?[,)])"  # Minggu (24/3)
)
_FIGURES = re.compile(r"\d[/-]\d")  # which every such date holds
_MONTHS = {number: name for name, number in reversed(MONTHS.items())}


@dataclass(frozen=True, slots=True)
class Words:
    """The words of a text: folded, with their offsets, and flags that need no question."""

    words: list[str]
    places: list[tuple[int, int]]
    flags: Flags


def analyse(text: str, maximum: int = 60) -> Words:
    """The first ``maximum`` words of ``text``."""
    folded: list[str] = []
    places: list[tuple[int, int]] = []
    flags: list[bytes] = []
    months = _months(text)
    last = 0
    for match in islice(WORD.finditer(text), maximum):
        word, spelling = _spelling(match.group())
        start, end = match.span()
        folded.append(months.get(start, word))
        places.append((start, end))
        gap = text[last:start]
        flags.append(spelling + (_NO_MARKS if gap == " " and last else _gap(gap, not last)))
        last = end
    found = np.frombuffer(b"".join(flags), dtype=np.uint8).reshape(len(folded), 9)
    return Words(folded, places, found.astype(np.float16))


def _months(text: str) -> dict[int, str]:
    """The names of months that are written as numbers, by where these begin.

    >>> _months("Minggu (24/3/2019), 1/2 kilogram")
    {11: 'maret'}
    """
    found: dict[int, str] = {}
    if not _FIGURES.search(text):
        return found
    for match in _DATE.finditer(text):
        group = match.lastindex or 0
        if group == 2 and int(match[2]) > 12:  # only English may put the month first
            group = 1
        name = _MONTHS.get(int(match[group]))
        if name:
            found[match.start(group)] = name
    return found


@lru_cache(maxsize=200_000)
def _spelling(surface: str) -> tuple[str, bytes]:
    """The folded word, and four flags: stop word, capital, all capitals, digit."""
    found = words(surface)
    word = found[0] if found else surface
    flags = (
        word in STOP_WORDS,
        surface[0].isupper(),
        len(surface) > 1 and surface.isupper(),
        surface[0].isdigit(),
    )
    return word, bytes(flags)


@lru_cache(maxsize=2_000)
def _gap(gap: str, begins: bool) -> bytes:
    """Five flags of what stands before a word: comma, bracket, quote, sentence end, dash.

    ``begins``: the word is the first of its text.
    """
    flags = (
        "," in gap or ";" in gap or ":" in gap,
        "(" in gap or ")" in gap,
        any(mark in gap for mark in "\"'“”‘’"),
        begins or bool(_SENTENCE.search(gap)),
        "-" in gap or "–" in gap or "—" in gap,
    )
    return bytes(flags)


def question_features(question: Words) -> Flags:
    """float16[n_words, QUESTION_FLAGS]: stop word, capital, digit."""
    return question.flags[:, [0, 1, 3]]


class PairFeatures:
    """What words of a text have to do with a question; each word is looked at once.

    ``meant`` holds the translations of the question's words, each with its strength.
    """

    def __init__(
        self,
        question: Words,
        meant: Mapping[str, float],
        lemma: Callable[[str], str] = lemma,
    ) -> None:
        """``lemma`` gives the dictionary form of a folded word."""
        asked = {word for word in question.words if word not in STOP_WORDS}
        self._asked = asked
        self._lemmas = {lemma(word) for word in asked}
        self._begins = {word[:_PREFIX] for word in asked if len(word) > _PREFIX}
        self._meant = meant
        self._lemma = lemma
        self._known: dict[str, tuple[bool, bool, bool, float]] = {}

    def __call__(self, text: Words) -> Flags:
        """float16[n_words, TEXT_FLAGS]: the text's own flags, and its matches."""
        for word in text.words:
            if word not in self._known:
                self._known[word] = self._matches(word)
        matches = list(map(self._known.__getitem__, text.words))
        own = np.zeros((len(matches), TEXT_FLAGS), dtype=np.float16)
        own[:, :9] = text.flags
        own[:, 9:] = np.array(matches, dtype=np.float16).reshape(len(matches), TEXT_FLAGS - 9)
        return own

    def _matches(self, word: str) -> tuple[bool, bool, bool, float]:
        """The same word, the same lemma, the same beginning, and the strength as translation."""
        if word in STOP_WORDS:
            return False, False, False, 0.0
        stem = self._lemma(word)
        return (
            word in self._asked,
            stem in self._lemmas,
            word[:_PREFIX] in self._begins,
            self._meant.get(word) or self._meant.get(stem, 0.0),
        )
