"""What the reader sees of a word besides its vector."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

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
    flags: list[tuple[bool, ...]] = []
    last = 0
    for match in WORD.finditer(text):
        if len(folded) == maximum:
            break
        surface, gap = match.group(), text[last : match.start()]
        found = words(surface)
        word = found[0] if found else surface
        folded.append(word)
        places.append(match.span())
        flags.append(
            (
                word in STOP_WORDS,
                surface[0].isupper(),
                len(surface) > 1 and surface.isupper(),
                surface[0].isdigit(),
                "," in gap or ";" in gap or ":" in gap,
                "(" in gap or ")" in gap,
                any(mark in gap for mark in "\"'“”‘’"),
                not last or bool(_SENTENCE.search(gap)),
                "-" in gap or "–" in gap or "—" in gap,
            )
        )
        last = match.end()
    return Words(folded, places, np.array(flags, dtype=np.float16).reshape(len(flags), 9))


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
    own = np.zeros((len(text.words), TEXT_FLAGS), dtype=np.float16)
    own[:, :9] = text.flags
    for i, word in enumerate(text.words):
        if word in STOP_WORDS:
            continue
        own[i, 9] = word in asked
        own[i, 10] = lemma(word) in lemmas
        own[i, 11] = word[:_PREFIX] in begins
        own[i, 12] = meant.get(word) or meant.get(lemma(word), 0.0)
    return own
