"""What a question in a conversation asks, when it says so only together with earlier turns.

Rules in both languages, no model. A question leans on earlier ones when it opens like one ("dan",
"what about"), points back ("itu", "-nya", "did he"), or has hardly any words of its own. It is
then asked of the articles that the question before led to, in its own words: measured on
``python -m evals.followups``, that finds more than searching for the words of both.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from assistant.types import Turn
from index.text import STOP_WORDS, WORD, content_words, fold, is_common

MAX_CARRIED = 14  # words that come along, the latest ones
ONE = 1  # a question of no more content words cannot be searched for by itself
FEW = 2  # a question of no more leans on what came before
SOME = 4  # so does one of no more that points back, or whose names are all known already
MANY = 6  # a longer one says enough itself
REMEMBERED = 6  # turns that are looked back on

_OPENING = re.compile(
    r"^(?:dan|lalu|terus|trus|kemudian|selain itu|kalau|kalo|klo|(?:bagaimana|gimana|gmn) dengan|"
    r"and|but|so|then|(?:what|how) about)\b",
    re.I,
)
_POINTER = re.compile(
    r"\b(?:itu|tersebut|tadi|dia|ia|beliau|mereka|sana|situ|sesudahnya|"
    r"it|its|he|him|his|she|hers?|they|them|theirs?|this|these|those|that one|there)\b"
    r"|\b(?:was|is|did|does|do|were|of|about|after|before|by|for) that\b|\bthat\W*$"
    r"|\b(?!(?:(?:ber)?tanya|hanya|punya|lainnya|biasanya|akhirnya|setidaknya|umumnya|misalnya|"
    r"sebenarnya|tentunya|khususnya)\b)\w{3,}nya\b",
    re.I,
)
_EXISTS = re.compile(
    r"\b(?:is|are|was|were|will|been) there\b|\bthere (?:is|are|was|were|will)\b", re.I
)
_PERSON = re.compile(r"\b(?:dia|ia|beliau|he|him|his|she|hers?|himself|herself)\b|nya\b", re.I)
_PLACE = re.compile(r"\b(?:sana|situ|there)\b", re.I)
_PLACED = re.compile(r"\b(?:di|ke|dari|in|at|to|from)\s+((?:[A-Z]\w+\s?)+)")
_ASKS_PERSON = re.compile(r"\b(?:siapa\w*|who|whom)\b", re.I)
_ASKS_PLACE = re.compile(r"\b(?:(?:di ?|ke ?|dari )mana\w*|where)\b", re.I)
YES_NO = re.compile(
    r"^\s*(?:(?:dan|lalu|and|but|so)\s+)?(?:is|are|was|were|did|does|do|has|have|had|can|could|will|"
    r"would|should|benarkah|betulkah|sudahkah|bisakah|adakah|apa benar)\b",
    re.I,
)
_ASKS = re.compile(
    r"\b(?:apa\w*|siapa\w*|kapan\w*|berapa\w*|mana\w*|mengapa|kenapa|bagaimana\w*|gimana|"
    r"what|who|whom|whose|when|where|which|why|how)\b",
    re.I,
)


def asks(text: str) -> bool:
    """Whether ``text`` says what it asks: by a question word, or as a yes/no question."""
    return bool(_ASKS.search(text) or YES_NO.search(text))


@dataclass(frozen=True, slots=True)
class Meaning:
    """What is asked in a conversation.

    ``text`` is the question, led by words of earlier turns where it has too few. ``topic`` is
    what it is about, in the words of earlier turns; empty when it needs none. ``sure``: its
    words show that it leans, not only its shortness.
    """

    text: str
    topic: str = ""
    sure: bool = True


def meaning(text: str, history: Sequence[Turn]) -> Meaning:
    """What ``text`` asks after these turns."""
    topic = answered = short = ""
    for turn in history[-REMEMBERED:]:
        if _leans(turn.question, topic, answered):
            topic = _joined(turn.question, topic, short)
        else:
            topic = turn.question
        short = turn.answer.short
        answered = " ".join([short, *(one.quotation for one in turn.answer.citations)])
    if not _leans(text, topic, answered):
        return Meaning(text)
    sure = bool(_OPENING.search(text) or _points(text))
    whole = _joined(text, topic, short)
    return Meaning(whole if len(content_words(text)) <= ONE else text, topic, sure)


def continued(text: str, topic: str) -> Meaning:
    """What ``text`` asks when it follows the question on ``topic`` in the same sentence.

    Where it has hardly any words of its own, it is about what the topic names.
    """
    few = len(content_words(text)) <= ONE
    carried = " ".join(_names(topic)) or topic
    return Meaning(_joined(text, carried, "") if few else text, topic, few or _points(text))


def _leans(text: str, topic: str, answered: str) -> bool:
    """Whether ``text`` needs the question on ``topic`` before it, which was ``answered``."""
    if not topic:
        return False
    if _OPENING.search(text):
        return True
    own = content_words(text)
    known = set(content_words(topic)) | set(content_words(answered))
    named = {fold(name) for name in _names(text)}
    if not asks(text):  # a bare name is a new topic: "Kanjuruhan"
        named |= {word for word in own if word.isalpha() and not is_common(word)}
    fresh = bool(named - known) or any(word[0].isdigit() and word not in known for word in own)
    if _points(text):
        return len(own) <= (SOME if fresh else MANY)
    if fresh:
        return False
    return len(own) <= FEW or (bool(named) and len(own) <= SOME)


def _points(text: str) -> bool:
    return _POINTER.search(_EXISTS.sub("", text)) is not None


def _joined(text: str, topic: str, short: str) -> str:
    """``text`` led by the words of ``topic`` that it lacks.

    The topic's question word comes along where ``text`` has none ("Kalau yang perak?"), the
    ``short`` answer before where a pronoun stands for it, and a place gives way to its
    counterpart.
    """
    stands = (_PERSON.search(text) and _ASKS_PERSON.search(topic)) or (
        _PLACE.search(text) and _ASKS_PLACE.search(topic)
    )
    if _PLACED.search(text):
        topic = _PLACED.sub(lambda found: found.group().split()[0], topic)
    present = {fold(found.group()) for found in WORD.finditer(text)}
    names = set(_names(topic))
    carried = [
        word
        for word in dict.fromkeys(found.group() for found in WORD.finditer(topic))
        if fold(word) not in present
        and (word in names or not asks(text) or fold(word) not in STOP_WORDS)
    ]
    return " ".join([*carried[-MAX_CARRIED:], *([short] if stands and short else []), text])


def _names(text: str) -> list[str]:
    found = [match.group() for match in WORD.finditer(text)]
    return [word for i, word in enumerate(found) if i and word[0].isupper()]
