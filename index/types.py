"""The nouns of the index."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Language = Literal["id", "en"]
Role = Literal["body", "caption", "boilerplate"]


@dataclass(frozen=True, slots=True)
class Paragraph:
    """One block of a page. ``number`` counts all blocks of the article from 1."""

    article_id: str
    number: int
    text: str
    role: Role = "body"

    @property
    def public_id(self) -> str:
        return f"{self.article_id}#p{self.number}"


@dataclass(frozen=True, slots=True)
class Article:
    """A news article. ``id`` is stable: it survives a change of content.

    ``published`` is timezone-aware unless ``date_only``, when only its date means anything;
    ``updated`` is when the outlet says it changed the text last, ``gone`` when its page was
    found to have vanished from the web.
    """

    id: str
    source: str
    url: str
    title: str
    published: datetime | None
    date_only: bool
    language: Language
    author: str
    paragraphs: tuple[Paragraph, ...]
    section: str = ""
    updated: datetime | None = None
    gone: datetime | None = None
