"""Which articles a search keeps to: conditions, and what meets them, told from arrays."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from index.text import fold
from index.types import Article, Language

REMEMBERED = 32  # filters whose selection is kept; a byte per article and paragraph each


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
    languages: tuple[Language, ...] = ()

    @property
    def active(self) -> bool:
        return bool(
            self.search.strip() or self.since or self.until or self.sources or self.languages
        )


@dataclass(frozen=True, slots=True, eq=False)
class Selection:
    """What a search keeps to, of the articles in ``columns``.

    ``articles`` bool[articles] says which, ``rows`` bool[last row + 1] which citable paragraphs
    these have. ``share`` is theirs of all citable paragraphs.
    """

    columns: ArticleColumns
    articles: NDArray[np.bool_]
    rows: NDArray[np.bool_]
    share: float

    def __len__(self) -> int:
        """How many articles these are."""
        return int(np.count_nonzero(self.articles))

    def __contains__(self, article_id: object) -> bool:
        number = self.columns.numbers.get(str(article_id))
        return number is not None and bool(self.articles[number])

    def __and__(self, other: Selection) -> Selection:
        """The articles that are in both, which must be of the same columns."""
        return self.columns.selection(self.articles & other.articles)

    @property
    def ids(self) -> list[str]:
        """The ids of the articles, in the order of the columns."""
        return [self.columns.ids[number] for number in np.flatnonzero(self.articles).tolist()]

    def enough(self, top: int) -> int:
        """How many results of the whole collection hold ``top`` selected ones, most likely."""
        return int(1.3 * top / max(self.share, 1e-6)) + 10


class ArticleColumns:
    """What filters ask of the articles of one generation, an array for each question.

    Safe to use from several threads.
    """

    def __init__(self, articles: Sequence[Article], directory: Sequence[tuple[int, str]]) -> None:
        """``directory`` holds the row and the article id of each citable paragraph."""
        self.ids = [article.id for article in articles]
        self.numbers = {article_id: number for number, article_id in enumerate(self.ids)}
        self._articles = articles
        # The article of each row. Where no citable paragraph is, it is -1: a number after the last.
        self._owners = np.full(max((row for row, _ in directory), default=0) + 1, -1, np.int32)
        rows = np.array([row for row, _ in directory], dtype=np.int64)
        self._owners[rows] = [self.numbers[article_id] for _, article_id in directory]
        self._citable = len(directory)
        # Days are counted from 1; 0 is an undated article.
        published = (one.published.date().toordinal() if one.published else 0 for one in articles)
        self._days = np.fromiter(published, dtype=np.int32, count=len(articles))
        self._sources = _Codes([article.source.casefold() for article in articles])
        self._languages = _Codes([article.language for article in articles])
        self._remembered: OrderedDict[Filter, Selection] = OrderedDict()
        self._lock = threading.Lock()

    def select(self, conditions: Filter) -> Selection:
        """The articles that meet the conditions; told at once where it was asked lately."""
        with self._lock:
            found = self._remembered.get(conditions)
            if found is None:
                found = self.selection(self._met(conditions))
                self._remembered[conditions] = found
                if len(self._remembered) > REMEMBERED:
                    self._remembered.popitem(last=False)
            self._remembered.move_to_end(conditions)
        return found

    def select_ids(self, article_ids: Iterable[str]) -> Selection:
        """The articles of these ids; ids of none are passed over."""
        chosen = np.zeros(len(self.numbers), dtype=np.bool_)
        known = map(self.numbers.get, article_ids)
        chosen[[number for number in known if number is not None]] = True
        return self.selection(chosen)

    def selection(self, articles: NDArray[np.bool_]) -> Selection:
        """These articles, bool[articles], with their rows."""
        rows = np.append(articles, False)[self._owners]
        return Selection(self, articles, rows, np.count_nonzero(rows) / max(1, self._citable))

    def _met(self, conditions: Filter) -> NDArray[np.bool_]:
        met = np.ones(len(self.numbers), dtype=np.bool_)
        if conditions.since:
            met &= self._days >= conditions.since.toordinal()
        if conditions.until:
            met &= (self._days > 0) & (self._days <= conditions.until.toordinal())
        if conditions.sources:
            met &= self._sources.among(source.casefold() for source in conditions.sources)
        if conditions.languages:
            met &= self._languages.among(conditions.languages)
        sought = set(fold(conditions.search).split())
        if sought:
            told = self._told
            left = np.flatnonzero(met)
            met[left] = [all(word in told[number] for word in sought) for number in left.tolist()]
        return met

    @cached_property
    def _told(self) -> list[str]:
        """What ``Filter.search`` looks at of each article; few readers ask for it."""
        return [fold(f"{one.title} {one.source} {one.author}") for one in self._articles]


class _Codes:
    """A column of few different words."""

    def __init__(self, words: Sequence[str]) -> None:
        self._codes: dict[str, int] = {}
        codes = (self._codes.setdefault(word, len(self._codes)) for word in words)
        self._column = np.fromiter(codes, dtype=np.int32, count=len(words))

    def among(self, wanted: Iterable[str]) -> NDArray[np.bool_]:
        """Which entries are one of these words, bool[entries]."""
        chosen = np.zeros(len(self._codes), dtype=np.bool_)
        chosen[[self._codes[word] for word in wanted if word in self._codes]] = True
        found: NDArray[np.bool_] = chosen[self._column]
        return found
