"""The parts for other LlamaIndex programs, used as those use them."""

from __future__ import annotations

import asyncio
from pathlib import Path

from assistant import Assistant
from assistant.llamaindex import (
    AnswerRetriever,
    Filter,
    HybridRetriever,
    Store,
    TanyaQueryEngine,
)
from index.encoder import StaticEncoder

QUESTION = "When was the Wendle bridge opened?"


def test_the_query_engine_answers_as_the_assistant_does(built: Path) -> None:
    assistant = Assistant.open(built)
    answer = assistant.ask(QUESTION)
    engine = TanyaQueryEngine(assistant)
    for response in (engine.query(QUESTION), asyncio.run(engine.aquery(QUESTION))):
        assert str(response) == answer.text
        assert [one.node.node_id for one in response.source_nodes] == [
            one.paragraph.public_id for one in answer.citations
        ]
        assert response.metadata is not None
        assert response.metadata["schema_version"] == 1


def test_the_hybrid_retriever_works_on_its_own(built: Path, encoder: StaticEncoder) -> None:
    retriever = HybridRetriever(Store.open(built, encoder), top=3)
    nodes = retriever.retrieve("Berapa kendaraan melintasi jembatan Wendle?")
    assert len(nodes) == 3
    assert "Wendle" in nodes[0].metadata["title"]


def test_the_hybrid_retriever_keeps_to_a_filter(built: Path, encoder: StaticEncoder) -> None:
    store = Store.open(built, encoder)
    indonesian = store.select(Filter(languages=("id",)))
    nodes = HybridRetriever(store, articles=indonesian).retrieve("the Wendle bridge")
    assert {node.metadata["language"] for node in nodes} == {"id"}


def test_the_answer_retriever_orders_as_the_assistant_does(built: Path) -> None:
    assistant = Assistant.open(built)
    evidence = assistant.evidence(QUESTION)
    nodes = AnswerRetriever(assistant.store, top=50).retrieve(QUESTION)
    read = nodes[: len(evidence)]
    assert [one.node.node_id for one in read] == [one.node.node_id for one in evidence]
    assert [one.score for one in read] == [one.confidence for one in evidence]
    assert all(one.score == 0 for one in nodes[len(evidence) :])
    hybrid = HybridRetriever(assistant.store, top=50).retrieve(QUESTION)
    assert {one.node.node_id for one in nodes} == {one.node.node_id for one in hybrid}
    assert AnswerRetriever(assistant.store, top=2).retrieve(QUESTION) == nodes[:2]


def test_the_answer_retriever_keeps_to_a_filter(built: Path) -> None:
    store = Store.open(built)
    indonesian = store.select(Filter(languages=("id",)))
    nodes = AnswerRetriever(store, articles=indonesian).retrieve(QUESTION)
    assert {node.metadata["language"] for node in nodes} == {"id"}
