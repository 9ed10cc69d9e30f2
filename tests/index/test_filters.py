"""Filters select what a plain reading of their conditions selects, and search keeps to it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.encoder import StaticEncoder
from index.filters import REMEMBERED, ArticleColumns, Filter
from index.store import Store
from index.text import fold
from index.types import Article, Language

SOURCES = ["Kabar Contoh", "kabar contoh", "The Sample Gazette", "Straße", "STRASSE", ""]
LANGUAGES: list[Language] = ["id", "en"]
NIGHT = datetime(2023, 3, 6, 23, 30, tzinfo=UTC)
DAYS = st.integers(0, 6).map(lambda count: (NIGHT + timedelta(count)).date())
ARTICLE = st.builds(
    Article,
    id=st.just(""),
    source=st.sampled_from(SOURCES),
    url=st.just(""),
    title=st.sampled_from(["Jembatan Wendle retak", "Café dibuka", "Pasar; terapung", ""]),
    published=st.none() | st.integers(0, 6).map(lambda count: NIGHT + timedelta(count)),
    date_only=st.booleans(),
    language=st.sampled_from(LANGUAGES),
    author=st.sampled_from(["", "Siti Mahlia"]),
    paragraphs=st.just(()),
)
CONDITIONS = st.builds(
    Filter,
    search=st.sampled_from(["", " ", "WENDLE", "cafe", "siti contoh", "tidak ada"]),
    since=st.none() | DAYS,
    until=st.none() | DAYS,
    sources=st.lists(st.sampled_from([*SOURCES, "Nowhere"]), max_size=2).map(tuple),
    languages=st.lists(st.sampled_from(LANGUAGES), max_size=2).map(tuple),
)


def meets(article: Article, conditions: Filter) -> bool:
    """The conditions, read one by one."""
    day = article.published.date() if article.published else None
    told = fold(f"{article.title} {article.source} {article.author}")
    return (
        (conditions.since is None or (day is not None and conditions.since <= day))
        and (conditions.until is None or (day is not None and day <= conditions.until))
        and article.source.casefold()
        in [one.casefold() for one in conditions.sources or [article.source]]
        and article.language in (conditions.languages or LANGUAGES)
        and all(word in told for word in fold(conditions.search).split())
    )


def columns_of(articles: list[Article]) -> tuple[list[Article], ArticleColumns]:
    """Articles of two paragraphs each; row 1 and what lies between the articles is not citable."""
    named = [replace(article, id=f"a{number}") for number, article in enumerate(articles)]
    places = [(3 * i + j, one.id) for i, one in enumerate(named) for j in (2, 3)]
    return named, ArticleColumns(named, places)


@given(st.lists(ARTICLE, max_size=8), st.lists(CONDITIONS, min_size=1, max_size=4))
def test_the_articles_that_meet_all_conditions(
    articles: list[Article], several: list[Filter]
) -> None:
    named, columns = columns_of(articles)
    for conditions in several * 2:
        met = [one.id for one in named if meets(one, conditions)]
        found = columns.select(conditions)
        assert found.ids == met
        assert len(found) == len(met)
        assert [one.id for one in named if one.id in found] == met
        owners = [named[row // 3 - (row % 3 == 0)].id for row in found.rows.nonzero()[0].tolist()]
        assert owners == [one for one in met for _ in range(2)]
        assert found.share == len(met) / max(1, len(named))
        assert conditions.active or len(met) == len(named)


@given(st.lists(ARTICLE, max_size=8), CONDITIONS, CONDITIONS)
def test_two_selections_meet(articles: list[Article], one: Filter, other: Filter) -> None:
    _, columns = columns_of(articles)
    both = columns.select(one) & columns.select(other)
    assert both.ids == [i for i in columns.select(one).ids if i in columns.select(other)]
    again = columns.select_ids(both.ids)
    assert again.rows.tolist() == both.rows.tolist()
    assert again.share == both.share


def test_what_was_asked_lately_is_remembered_and_no_more() -> None:
    _, columns = columns_of([])
    filters = [Filter(since=date(2023, 1, 1) + timedelta(i)) for i in range(REMEMBERED + 1)]
    first, *others = (columns.select(one) for one in filters)
    assert columns.select(filters[0]) is not first
    assert columns.select(filters[-1]) is others[-1]


def test_ids_of_no_article_are_passed_over() -> None:
    _, columns = columns_of([])
    assert columns.select_ids(["nowhere"]).ids == []
    assert "nowhere" not in columns.select(Filter())


@pytest.mark.parametrize(
    ("chosen", "count"),
    [
        (Filter(), 3),
        (Filter(search="WENDLE bridge"), 1),
        (Filter(search="kabar contoh"), 1),
        (Filter(search="wendle ambon"), 0),
        (Filter(since=date(2023, 3, 6)), 2),
        (Filter(since=date(2023, 3, 7), until=date(2023, 5, 12)), 1),
        (Filter(sources=("kabar contoh", "The Sample Gazette")), 2),
        (Filter(search="bridge", sources=("Kabar Contoh",)), 0),
        (Filter(languages=("en",)), 1),
    ],
)
def test_filters_of_an_index(
    built: Path, encoder: StaticEncoder, chosen: Filter, count: int
) -> None:
    store = Store.open(built, encoder)
    assert len(store.select(chosen)) == count
    assert chosen.active == (chosen != Filter())
