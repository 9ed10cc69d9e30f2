"""What the reader sees of a word besides its vector."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from index.text import STOP_WORDS, WORD, lemma, words

Flags = NDArray[np.float16]

QUESTION_FLAGS = 3
TEXT_FLAGS = 13
_SENTENCE = re.compile(r"[.!?…][\"'”’)\]]*\s+$")
_PREFIX = 4  # letters; "ukraina" and "ukraine" begin alike


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
    last = 0
    for match in islice(WORD.finditer(text), maximum):
        word, spelling = _spelling(match.group())
        folded.append(word)
        places.append(match.span())
        flags += spelling, _gap(text[last : match.start()], not last)
        last = match.end()
    found = np.frombuffer(b"".join(flags), dtype=np.uint8).reshape(len(folded), 9)
    return Words(folded, places, found.astype(np.float16))


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


def pair_features(question: Words, text: Words, meant: Mapping[str, float]) -> Flags:
    """float16[n_words, TEXT_FLAGS]: the text's own flags, and its matches with the question.

    ``meant`` holds the translations of the question's words, each with its strength.
    """
    asked = {word for word in question.words if word not in STOP_WORDS}
    lemmas = {lemma(word) for word in asked}
    begins = {word[:_PREFIX] for word in asked if len(word) > _PREFIX}
    nothing = (False, False, False, 0.0)
    matches = [
        nothing
        if word in STOP_WORDS
        else (
            word in asked,
            lemma(word) in lemmas,
            word[:_PREFIX] in begins,
            meant.get(word) or meant.get(lemma(word), 0.0),
        )
        for word in text.words
    ]
    own = np.zeros((len(text.words), TEXT_FLAGS), dtype=np.float16)
    own[:, :9] = text.flags
    own[:, 9:] = np.array(matches, dtype=np.float16).reshape(len(matches), TEXT_FLAGS - 9)
    return own
