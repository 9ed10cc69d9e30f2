"""The nouns of an answer. They serialise to JSON, schema version 1."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal

from index.types import Article, Language, Paragraph

SCHEMA_VERSION = 1

AnswerType = Literal["who", "where", "when", "how_many", "why", "how", "what", "yes_no"]


YesNo = Literal["yes", "no"]

AnswerKind = Literal["fact", "overview"]
"""Whether an answer says one thing or lists what the articles tell about a topic."""

Level = Literal["high", "medium", "low"]
"""How sure an answer is, in words whose accuracy was measured."""


@dataclass(frozen=True, slots=True)
class Citation:
    """The proof of a sentence: ``paragraph.text[quote[0]:quote[1]]`` is what is quoted."""

    marker: int
    paragraph: Paragraph
    title: str
    date: datetime | None
    date_only: bool
    source: str
    url: str
    language: Language
    quote: tuple[int, int]
    also_in: tuple[str, ...] = ()
    section: str = ""

    @property
    def quotation(self) -> str:
        return self.paragraph.text[self.quote[0] : self.quote[1]]

    def to_dict(self) -> dict[str, Any]:
        return {
            "marker": self.marker,
            "paragraph_id": self.paragraph.public_id,
            "article_id": self.paragraph.article_id,
            "number": self.paragraph.number,
            "paragraph": self.paragraph.text,
            "title": self.title,
            "date": date_text(self.date, self.date_only),
            "source": self.source,
            "url": self.url,
            "language": self.language,
            "quote": list(self.quote),
            "quotation": self.quotation,
            "also_in": list(self.also_in),
            "section": self.section,
        }


@dataclass(frozen=True, slots=True)
class Near:
    """An article near a declined question, and its sentence that is closest to it: no answer."""

    article: Article
    sentence: str = ""

    def to_dict(self) -> dict[str, str]:
        return {
            "article_id": self.article.id,
            "title": self.article.title,
            "sentence": self.sentence,
        }


@dataclass(frozen=True, slots=True)
class Answer:
    """What is said to the user.

    ``text`` holds the sentences with their markers, or the words of a declined answer;
    ``short`` is the answer in a few words, or empty. ``verdict`` answers a yes/no question; it is
    None for any other, and where the articles do not decide it. ``confidence`` lies in [0, 1], and
    ``level`` says it in a word.
    ``nearest`` names articles near a declined question. ``understood`` is a follow-up in full, as
    it was taken. ``timings`` are milliseconds.
    """

    text: str
    short: str
    citations: tuple[Citation, ...]
    language: Language
    confidence: float
    abstained: bool
    level: Level = "low"
    nearest: tuple[Near, ...] = ()
    notice: str = ""
    mode: Literal["extractive", "llm"] = "extractive"
    understood: str = ""
    timings: dict[str, float] = field(default_factory=dict)
    verdict: YesNo | None = None
    kind: AnswerKind = "fact"

    def to_dict(self) -> dict[str, Any]:
        """The answer as JSON values, schema version 1 (documented in the README)."""
        return {
            "schema_version": SCHEMA_VERSION,
            "text": self.text,
            "short": self.short,
            "citations": [citation.to_dict() for citation in self.citations],
            "language": self.language,
            "confidence": round(self.confidence, 4),
            "level": self.level,
            "abstained": self.abstained,
            "nearest": [one.to_dict() for one in self.nearest],
            "notice": self.notice,
            "mode": self.mode,
            "understood": self.understood,
            "verdict": self.verdict,
            "kind": self.kind,
            "timings": {name: round(ms, 2) for name, ms in self.timings.items()},
        }


@dataclass(frozen=True, slots=True)
class Turn:
    """A question of the conversation and its answer."""

    question: str
    answer: Answer


def date_text(when: datetime | None, date_only: bool) -> str | None:
    """ISO 8601: a date alone when nothing more is known."""
    if when is None:
        return None
    return when.date().isoformat() if date_only else when.isoformat()


MONTHS: dict[Language, str] = {
    "id": "Januari Februari Maret April Mei Juni Juli Agustus September Oktober November Desember",
    "en": "January February March April May June July August September October November December",
}


def spoken_date(when: date | None, date_only: bool, language: Language) -> str:
    """A date as people write it, with the time where it is known; empty without one.

    >>> spoken_date(datetime(2022, 3, 1, 9, 5), False, "id")
    '1 Maret 2022, 09.05'
    """
    if when is None:
        return ""
    day = f"{when.day} {MONTHS[language].split()[when.month - 1]} {when.year}"
    return day if date_only else day + when.strftime(", %H.%M" if language == "id" else ", %H:%M")
