"""Training questions made of any text: a name, date, number or phrase of a sentence is asked for.

The words around it become the question, some of them dropped or replaced, so that the reader
learns to align and to tell kinds of answers apart before it sees real questions (unsupervised
question answering by cloze translation, Lewis et al. 2019).
"""

from __future__ import annotations

import random
import re
from dataclasses import dataclass

from index.dates import MONTHS
from index.lexicon import Lexicon, switched
from index.text import STOP_WORDS, WORD, fold, sentences
from index.types import Language

BEFORE, AFTER = 8, 6  # words of the sentence that are kept around what is asked for
DROPPED = 0.3  # of those words, and of those left that much is replaced by a synonym
SWITCHED = 0.4  # share of questions that are put in the other language
REMOVED = 0.15  # share of contexts that lose the sentence asked about: not answered there

_MONTH = "|".join(sorted(MONTHS, key=len, reverse=True))
_DATE = re.compile(rf"\b(?:\d{{1,2}}\s+)?(?:{_MONTH})\s+\d{{4}}\b|(?<!\w)(?:1[5-9]|20)\d\d\b", re.I)
_NUMBER = re.compile(
    r"\b\d+(?:[.,]\d+)*\b(?:\s+(?:ribu|juta|miliar|persen|thousand|million|billion|percent)\b)?"
    r"(?:\s+[a-z]{3,12}\b)?"
)
_NAME = re.compile(r"\b[A-Z][\w'’-]*(?:\s+(?:[A-Z][\w'’-]*|bin|van|de|of|von))*\s?(?<=\w)")
_PHRASE = re.compile(
    r"\b(?:adalah|merupakan|ialah|yaitu|is|was|are|were|became)\s+((?:[^\W\d_]+\s+){1,5}[^\W\d_]+)"
)
_PLACE = re.compile(r"\b(?:di|ke|dari|kota|negara|in|at|from|near|to)\s+$", re.I)
_ACTOR = re.compile(
    r"\b(?:oleh|by|seorang|presiden|president|menteri|minister|kata|said)\s+$", re.I
)

ASKED: dict[Language, dict[str, tuple[str, ...]]] = {
    "id": {
        "when": ("kapan", "kapankah", "tahun berapa", "pada tanggal berapa"),
        "how_many": ("berapa", "berapakah", "berapa banyak", "berapa jumlah"),
        "where": ("di mana", "dimana", "dimanakah", "di kota mana", "ke mana"),
        "who": ("siapa", "siapakah", "siapa nama"),
        "name": ("apa", "siapa", "apa nama", "siapakah", "apakah nama"),
        "what": ("apa", "apakah", "apa yang dimaksud dengan", "apa itu"),
    },
    "en": {
        "when": ("when", "what year", "in what year", "on what date"),
        "how_many": ("how many", "how much", "what number of"),
        "where": ("where", "in which city", "in what country", "to where"),
        "who": ("who", "whose", "which person"),
        "name": ("what", "who", "which", "what is the name of"),
        "what": ("what", "what kind of", "what is"),
    },
}


@dataclass(frozen=True, slots=True)
class Cloze:
    """A made question on a context; ``answer`` is its offsets there, None when it was removed."""

    question: str
    context: str
    answer: tuple[int, int] | None


def cloze(
    text: str, title: str, language: Language, lexicon: Lexicon, rng: random.Random
) -> Cloze | None:
    """A question on something in ``text``; None when nothing there can be asked for."""
    spans = sentences(text)
    order = list(range(len(spans)))
    rng.shuffle(order)
    for at in order[:3]:
        start, end = spans[at]
        found = _askable(text[start:end])
        if not found:
            continue
        kind, (first, last) = rng.choice(found)
        question = _question(text[start:end], first, last, kind, language, lexicon, rng)
        if not question:
            continue
        if title and rng.random() < 0.5 and fold(title) not in fold(question):
            question = f"{question} {title}"
        if rng.random() < SWITCHED:
            question = switched(question, language, lexicon, rng)
        if len(spans) > 2 and rng.random() < REMOVED:
            rest = f"{text[:start].rstrip()} {text[end:].lstrip()}".strip()
            gone = text[start + first : start + last]
            return Cloze(question, rest, None) if gone not in rest else None
        return Cloze(question, text, (start + first, start + last))
    return None


def _askable(sentence: str) -> list[tuple[str, tuple[int, int]]]:
    """The kind and the offsets of everything in a sentence that a question can ask for."""
    found: list[tuple[str, tuple[int, int]]] = []
    taken: list[tuple[int, int]] = []
    for kind, pattern in (("when", _DATE), ("how_many", _NUMBER), ("name", _NAME)):
        for match in pattern.finditer(sentence):
            first, last = match.span()
            if any(a < last and b > first for a, b in taken):
                continue
            before = sentence[:first]
            if kind == "name" and (first == 0 or fold(match.group()) in STOP_WORDS):
                continue
            taken.append((first, last))
            exact = kind
            if kind == "name" and _PLACE.search(before):
                exact = "where"
            elif kind == "name" and _ACTOR.search(before):
                exact = "who"
            found.append((exact, (first, last)))
    found += [("what", match.span(1)) for match in _PHRASE.finditer(sentence)]
    return found


def _question(
    sentence: str, first: int, last: int, kind: str, language: Language, lexicon: Lexicon,
    rng: random.Random,
) -> str:  # fmt: skip
    """What the sentence says around the gap, led by the word that asks; empty if too little."""
    before = [m.group() for m in WORD.finditer(sentence[:first])]
    if kind == "where" and before:
        before.pop()
    after = [m.group() for m in WORD.finditer(sentence[last:])]
    kept = []
    for word in before[-rng.randint(2, BEFORE) :] + after[: rng.randint(0, AFTER)]:
        if rng.random() < DROPPED:
            continue
        if word[0].islower() and rng.random() < DROPPED:
            others = lexicon.synonyms(fold(word), language)
            word = rng.choice(others[:3])[0] if others else word
        kept.append(word)
    if sum(fold(word) not in STOP_WORDS for word in kept) < 2:
        return ""
    asked = rng.choice(ASKED[language][kind])
    parts = [*kept, asked] if rng.random() < 0.2 else [asked, *kept]
    question = " ".join(parts)
    return question[0].upper() + question[1:] + ("?" if rng.random() < 0.7 else "")
