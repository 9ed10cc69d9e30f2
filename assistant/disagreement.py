"""When articles give different values for one question: the newest leads, the older is told."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from babel.dates import format_date

from assistant.gloss import gloss
from assistant.measures import UNITS
from assistant.quantities import PartialDate, Quantity, equal, quantities
from index.dates import MONTHS
from index.text import STOP_WORDS, WORD, fold, lemma
from index.types import Language
from prompts import phrase

FURTHEST = 10  # figures further apart than this factor count different things
ABOUT = Decimal("0.1")  # "about 130" agrees with 131
SHARED_WORDS = 0.3  # of the shorter text's content words, within one language

_ABOUT = re.compile(
    r"\b(?:sekitar|kira-kira|kurang lebih|hampir|about|around|approximately|roughly|nearly|almost)"
    r"\s*$",
    re.I,
)


@dataclass(frozen=True, slots=True)
class Claim:
    """What one article answers: ``short`` stands in ``text``, a paragraph under ``title``."""

    title: str
    text: str
    short: str
    published: date | None
    language: Language


@dataclass(frozen=True, slots=True)
class Disagreement:
    """Positions of two claims with different values; ``newer`` should lead the answer."""

    newer: int
    older: int


def disagreement(claims: Sequence[Claim]) -> Disagreement | None:
    """The newest figure and the first claim that an older article contradicts it with, if any.

    ``claims`` come from different articles, the likeliest answer first, and answer one question.
    Two disagree when their short answers hold values of one kind (people, rupiah, per cent,
    kilometres, dates …) that differ by more than rounding, on different days, about a subject
    that shares names or, within one language, words. Values more than ``FURTHEST`` times apart
    count different things.

    >>> old = Claim("Gempa Palu", "Korban tewas di Palu 48 orang.", "48 orang",
    ...             date(2018, 9, 29), "id")
    >>> new = Claim("Palu toll rises", "The toll in Palu rose to 384.", "384",
    ...             date(2018, 9, 30), "en")
    >>> disagreement([old, new])
    Disagreement(newer=1, older=0)
    """
    if not claims:
        return None
    comparable = [0] + [i for i in range(1, len(claims)) if _same_question(claims[0], claims[i])]
    dated = [(claims[i].published, i) for i in comparable]
    days = [(day, i) for day, i in dated if day is not None]
    if len(days) < 2:
        return None
    newest, newer = max(days, key=lambda item: (item[0], -item[1]))
    for day, older in days:
        if day < newest and _differ(claims[older], claims[newer]):
            return Disagreement(newer, older)
    return None


def update_notice(newer: Claim, older: Claim, language: Language) -> str:
    """A sentence in the user's language with what each article said and its date.

    >>> old = Claim("", "48 orang", "48 orang", date(2018, 9, 29), "id")
    >>> new = Claim("", "384 people", "384 people", date(2018, 9, 30), "en")
    >>> update_notice(new, old, "en")
    'An article of 29 September 2018 said 48 people (48 orang); the newer one, of 30 September \
2018, says 384 people.'
    """
    return phrase(
        language,
        "updated",
        older=_said(older, language),
        older_date=_day(older.published, language),
        newer=_said(newer, language),
        newer_date=_day(newer.published, language),
    )


def _said(claim: Claim, language: Language) -> str:
    glossed = gloss(claim.short, claim.language, language)
    return f"{glossed} ({claim.short})" if glossed else claim.short


def _day(day: date | None, language: Language) -> str:
    if day is None:
        return phrase(language, "no_date")
    return format_date(day, "d MMMM y", locale=language)


def _figure(claim: Claim) -> Quantity | None:
    """The first value of the short answer that is no date, else its first date."""
    found = quantities(claim.short, claim.language)
    values = [one for one in found if not isinstance(one.value, PartialDate)]
    return next(iter(values or found), None)


def _same_question(a: Claim, b: Claim) -> bool:
    return _same_kind(_figure(a), _figure(b)) and _same_subject(a, b)


def _same_kind(a: Quantity | None, b: Quantity | None) -> bool:
    if a is None or b is None or a.kind != b.kind:
        return False
    if a.kind == "unit":
        return UNITS[a.unit].dimension == UNITS[b.unit].dimension
    return a.unit == b.unit


def _differ(a: Claim, b: Claim) -> bool:
    left, right = _figure(a), _figure(b)
    if left is None or right is None or equal(left, right):
        return False
    if isinstance(left.value, PartialDate) and isinstance(right.value, PartialDate):
        return _exclude(left.value, right.value)
    if isinstance(left.value, Decimal) and isinstance(right.value, Decimal):
        small, large = sorted((_in_base_unit(left), _in_base_unit(right)))
        if small < 0 or large > FURTHEST * small:
            return False
        return large - small > (ABOUT * large if _is_about(a) or _is_about(b) else 0)
    return True


def _exclude(a: PartialDate, b: PartialDate) -> bool:
    """Whether no day fits both: "2022" and "January 2022" do not exclude each other."""
    parts = ((a.year, b.year), (a.month, b.month), (a.day, b.day))
    return any(None not in pair and pair[0] != pair[1] for pair in parts)


def _in_base_unit(one: Quantity) -> Decimal:
    assert isinstance(one.value, Decimal)
    return one.value * (UNITS[one.unit].factor if one.kind == "unit" else 1)


def _is_about(claim: Claim) -> bool:
    figure = _figure(claim)
    inside = claim.short[: figure.span[0]] if figure else ""
    before = claim.text[: max(0, claim.text.find(claim.short))]
    return bool(_ABOUT.search(inside) or (not inside.strip() and _ABOUT.search(before)))


def _same_subject(a: Claim, b: Claim) -> bool:
    if _names(a) & _names(b):
        return True
    if a.language != b.language:
        return False
    left, right = _content(a), _content(b)
    return len(left & right) >= SHARED_WORDS * max(1, min(len(left), len(right)))


def _names(claim: Claim) -> set[str]:
    """Words with a capital, but for months, stop words and the first one of title and text."""
    return {
        fold(match.group())
        for text in (claim.title, claim.text)
        for i, match in enumerate(WORD.finditer(text))
        if i and match.group()[0].isupper() and _is_telling(match.group())
    }


def _is_telling(word: str) -> bool:
    return len(word) > 2 and fold(word) not in MONTHS and fold(word) not in STOP_WORDS


def _content(claim: Claim) -> set[str]:
    found = (match.group() for match in WORD.finditer(f"{claim.title} {claim.text}"))
    return {lemma(fold(word)) for word in found if word[0].isalpha() and _is_telling(word)}
