"""Retrieval on its own: each retriever, the fusion, the filter, the reranker."""

from __future__ import annotations

from pathlib import Path

import pytest
from llama_index.core.retrievers import BaseRetriever

from index.catalog import article_of
from index.encoder import StaticEncoder
from index.filters import Filter
from index.rerank import SoftIdfRerank
from index.retrieve import DenseRetriever, HybridRetriever, LexicalRetriever
from index.store import Store


@pytest.fixture(scope="module")
def store(built: Path, encoder: StaticEncoder) -> Store:
    return Store.open(built, encoder)


@pytest.mark.parametrize("kind", [DenseRetriever, LexicalRetriever, HybridRetriever])
def test_contract_of_every_retriever(kind: type[BaseRetriever], store: Store) -> None:
    retriever = kind(store)
    nodes = retriever.retrieve("jembatan Wendle bridge retak cracks")
    scores = [node.score for node in nodes]
    assert scores == sorted(scores, reverse=True)
    assert len({node.node.node_id for node in nodes}) == len(nodes)
    assert "Wendle" in nodes[0].node.metadata["title"]
    assert nodes == kind(store).retrieve("jembatan Wendle bridge retak cracks")
    assert len(kind(store, top=1).retrieve("dermaga")) == 1
    assert len(kind(store, top=1000).retrieve("dermaga")) <= len(store)


@pytest.mark.parametrize("text", ["", "   ", "?!", "((( AND title:x", '"', "a" * 5000, "漢字"])
def test_odd_questions_raise_nothing(text: str, store: Store) -> None:
    HybridRetriever(store).retrieve(text)


def test_only_the_articles_allowed_are_found(store: Store) -> None:
    allowed = store.select(Filter(search="Ambon"))
    nodes = HybridRetriever(store, articles=allowed).retrieve("Where is the Wendle bridge?")
    assert [*{node.node.metadata["article_id"] for node in nodes}] == allowed.ids


def test_captions_and_boilerplate_are_never_found(store: Store) -> None:
    nodes = HybridRetriever(store, top=1000).retrieve("Baca juga: Harga Ikan Naik di Tiga Kota")
    assert nodes
    assert not [node for node in nodes if "Baca juga" in node.node.get_content()]


def test_the_reranker_prefers_the_covering_paragraph(store: Store) -> None:
    matcher = store.matcher()
    question = "Berapa pedagang yang kembali berjualan di pasar terapung?"
    nodes = HybridRetriever(store).retrieve(question)
    best = SoftIdfRerank(matcher, top=1, language="id").postprocess_nodes(nodes, query_str=question)
    assert "140 pedagang" in best[0].node.get_content()


def test_coverage_of_numbers_is_exact(store: Store) -> None:
    matcher = store.matcher()
    right, wrong = matcher.coverage("1964", ["opened in 1964", "opened in 1965"])
    assert (right.score, wrong.score) == (1.0, 0.0)


def test_a_matcher_covers_one_question_after_another(store: Store) -> None:
    texts = ["The bridge opened in 1964.", "Jembatan itu retak."]
    questions = ["When did the bridge open?", "Jembatan mana yang retak?"] * 2
    one = store.matcher()
    for question in questions:
        fresh = store.matcher()
        for found, expected in zip(
            one.coverage(question, texts), fresh.coverage(question, texts), strict=True
        ):
            assert found.words == expected.words
            assert found.score == expected.score > 0


@pytest.mark.parametrize("exact_share", [0.0, 1.0])
@pytest.mark.parametrize("named_cost", [0, 8, 10**9])
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_filtered_search_is_exact(
    share: float,
    named_cost: int,
    exact_share: float,
    store: Store,
    encoder: StaticEncoder,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("index.lexical.NAMED_COST", named_cost)
    monkeypatch.setattr("index.store.EXACT_ROWS", 0)
    monkeypatch.setattr("index.store.EXACT_SHARE", exact_share)
    ids = sorted(one.id for one in store.articles)
    allowed = frozenset(ids[: max(1, int(share * len(ids)))])
    chosen = store.select_ids(allowed)
    question = "Where is the Wendle bridge?"
    inside = [node for node in store.catalog.all_nodes() if node.paragraph.article_id in allowed]
    vector = encoder.encode([question])[0]
    cosines = store.vectors(inside) @ vector
    exact = {inside[i].node_id: float(cosines[i]) for i in (-cosines).argsort()[:5]}
    assert dict(store.dense(vector, 5, chosen)) == pytest.approx(exact, abs=1e-2)
    every = dict(store.lexical.search(question, 10_000))
    kept = {one: score for one, score in every.items() if article_of(one) in allowed}
    assert dict(store.lexical.search(question, 10_000, chosen)) == pytest.approx(kept, rel=1e-5)
    best = dict(list(kept.items())[:3])
    assert dict(store.lexical.search(question, 3, chosen)) == pytest.approx(best, rel=1e-5)


def test_articles_that_are_not_there_select_nothing(store: Store, encoder: StaticEncoder) -> None:
    chosen = store.select_ids(["nowhere"])
    assert not chosen.rows.any()
    assert store.dense(encoder.encode(["jembatan"])[0], 5, chosen) == []
    assert HybridRetriever(store, articles=chosen).retrieve("jembatan") == []
