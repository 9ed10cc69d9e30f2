"""What retrieval finds within a filter is what exact filtered search finds."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evals.filters import ExactSearch, filtered
from evals.retrieval import ranked
from index.encoder import StaticEncoder
from index.filters import Filter
from index.store import Store
from index.types import Language

QUESTIONS = [
    "When was the Wendle bridge opened?",
    "Berapa pedagang yang kembali berjualan di pasar terapung?",
    "Where did the research ship arrive?",
    "?",
]
LANGUAGES: list[Language] = ["id", "en"]
DAYS = st.none() | st.sampled_from(
    [date(2022, 9, 3), date(2023, 3, 6), date(2023, 5, 12), date(2024, 1, 1)]
)


@pytest.fixture(scope="module")
def store(built: Path, encoder: StaticEncoder) -> Store:
    return Store.open(built, encoder)


@pytest.fixture(scope="module")
def exact(built: Path, store: Store) -> ExactSearch:
    return ExactSearch(built, store, QUESTIONS)


@settings(max_examples=40, deadline=None)
@given(
    question=st.sampled_from(QUESTIONS),
    conditions=st.builds(
        Filter,
        search=st.sampled_from(["", "wendle", "pasar"]),
        since=DAYS,
        until=DAYS,
        sources=st.lists(st.sampled_from(["Kabar Contoh", "The Sample Gazette"])).map(tuple),
        languages=st.lists(st.sampled_from(LANGUAGES)).map(tuple),
    ),
)
def test_the_same_in_the_same_order(
    store: Store, exact: ExactSearch, question: str, conditions: Filter
) -> None:
    chosen = store.select(conditions)
    found = [(one.node.node_id, one.score) for one in ranked(store, question, articles=chosen)]
    right = [(one.node.node_id, one.score) for one in exact.ranked(question, chosen)]
    assert dict(found) == pytest.approx(dict(right), abs=1e-4)
    assert [score for _, score in found] == sorted((score for _, score in found), reverse=True)
    inside = [one.node.metadata["article_id"] in chosen for one in exact.ranked(question, chosen)]
    assert all(inside)


def test_the_benchmark_tells_what_it_found(built: Path) -> None:
    report = {one.name: one for one in filtered(built, QUESTIONS)}
    assert {name: one.same for name, one in report.items() if one.same < 1} == {}
    assert report["language en"].share == pytest.approx(1 / 3)
    assert report["outlet Satu"].share == 0
