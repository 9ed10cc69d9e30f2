"""Which articles a question is restricted to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from index.text import fold
from index.types import Article


@dataclass(frozen=True, slots=True)
class Filter:
    """Conditions that an article must meet, all of them; an empty one is met by every article.

    Every word of ``search`` stands in the title, the outlet or the author's name. ``since`` and
    ``until`` are inclusive days; an undated article meets neither. ``sources`` are outlets.
    """

    search: str = ""
    since: date | None = None
    until: date | None = None
    sources: tuple[str, ...] = ()

    @property
    def active(self) -> bool:
        return bool(self.search.strip() or self.since or self.until or self.sources)

    def select(self, articles: Iterable[Article]) -> list[Article]:
        """The articles that meet the conditions, in their order."""
        wanted = {source.casefold() for source in self.sources}
        sought = fold(self.search).split()
        return [article for article in articles if self._met(article, wanted, sought)]

    def _met(self, article: Article, wanted: set[str], sought: list[str]) -> bool:
        day = article.published.date() if article.published else None
        if (self.since or self.until) and day is None:
            return False
        if day and ((self.since and day < self.since) or (self.until and day > self.until)):
            return False
        if wanted and article.source.casefold() not in wanted:
            return False
        if not sought:
            return True
        told = fold(f"{article.title} {article.source} {article.author}")
        return all(word in told for word in sought)
