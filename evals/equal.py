"""A second score for short answers: equal values written differently count as right.

It never replaces exact match; report it under its own name.
"""

from __future__ import annotations

from collections.abc import Iterable

from assistant.gloss import gloss
from assistant.quantities import Quantity, equal, quantities
from evals.read import normalise
from index.text import STOP_WORDS, WORD, fold
from index.types import Language

MAX_BESIDE = 3  # words beside a value; with more, the value is not what is said


def equal_answers(said: str, accepted: Iterable[str], language: Language) -> bool:
    """Whether ``said``, a text in ``language``, is one of the ``accepted`` answers.

    It is when the words agree as SQuAD compares them, in either language of a certain gloss, or
    when the values agree one by one and both name the same; up to ``MAX_BESIDE`` words in lower
    case beside them ("22 orang", "about 22") do not count. An empty ``said`` is right when
    nothing is accepted.

    >>> equal_answers("100 ribu", ["100,000"], "id"), equal_answers("21/1/2022", ["tidak"], "id")
    (True, False)
    >>> equal_answers("Jenewa", ["Geneva"], "id"), equal_answers("", [], "id")
    (True, True)
    >>> equal_answers("Boeing 737", ["737 orang"], "id")
    False
    """
    answers = list(accepted) or [""]
    if not normalise(said):
        return any(not normalise(one) for one in answers)
    other: Language = "en" if language == "id" else "id"
    texts = [normalise(text) for text in (said, gloss(said, language, other)) if text]
    for one in answers:
        if normalise(one) in texts:
            return True
        for notation in (language, other):
            if _same_values(said, language, one, notation):
                return True
    return False


def _same_values(said: str, language: Language, accepted: str, notation: Language) -> bool:
    mine, theirs = quantities(said, language), quantities(accepted, notation)
    beside, besides = _beside(said, mine), _beside(accepted, theirs)
    return (
        len(mine) == len(theirs) > 0
        and all(map(equal, mine, theirs))
        and _names(beside) == _names(besides)
        and max(len(beside), len(besides)) <= MAX_BESIDE
    )


def _names(words: list[str]) -> set[str]:
    return {fold(word) for word in words if word[0].isupper()}


def _beside(text: str, values: list[Quantity]) -> list[str]:
    """The words outside the values that mean something; the weekday of a date does not."""
    outside = list(text)
    for one in values:
        outside[slice(*one.span)] = " " * (one.span[1] - one.span[0])
    found = (match.group() for match in WORD.finditer("".join(outside)))
    return [word for word in found if fold(word) not in STOP_WORDS | _EMPTY]


_EMPTY = frozenset(
    """senin selasa rabu kamis jumat jum'at sabtu minggu monday tuesday wednesday thursday friday
    saturday sunday tahun tanggal bulan pukul sekitar hampir lebih kurang sedikitnya setidaknya
    around approximately nearly almost least""".split()
)
