"""Hard negatives: paragraphs that our own retrieval finds for a question, and that do not answer.

Those of the same article are what fools a reader most.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from assistant.reader.encoding import heading
from assistant.reader.training.examples import (
    Example,
    Group,
    News,
    NewsQuestion,
    answered,
    elsewhere,
    written,
)
from index.encoder import StaticEncoder
from index.ingest import index_paths
from index.rerank import SoftIdfRerank
from index.retrieve import HybridRetriever
from index.store import Store
from index.text import fold

FOUND = 10  # paragraphs that are found for a question, as many as are read
BESIDE = 4  # further paragraphs of the same article
LOOKALIKES = 1_000  # questions of each public set


def mined(news: News, work: Path, rng: random.Random) -> list[Group]:
    """Every question with its paragraph, then those of its article and of others that fool."""
    index = _indexed(news, work)
    with Store.open(index) as store:
        retriever = HybridRetriever(store)
        groups: list[Group] = []
        for one in news.questions:
            found = _found(store, retriever, one)
            others = [
                (heading(one.title, one.day, written(text, one.title)), text)
                for text in one.paragraphs
                if not _may_answer(one, text) and len(text) > 40
            ]
            beside = rng.sample(others, min(BESIDE, len(others)))
            pairs = dict.fromkeys([*found, *beside])
            groups.append((answered(one), *(elsewhere(one, *pair) for pair in pairs)))
    return groups


def _found(
    store: Store, retriever: HybridRetriever, one: NewsQuestion
) -> Iterator[tuple[str, str]]:
    rerank = SoftIdfRerank(store.matcher(), FOUND, one.language)
    nodes = rerank.postprocess_nodes(retriever.retrieve(one.question), query_str=one.question)
    for item in store.nodes([node.node_id for node in nodes]):
        article = store.article(item.paragraph.article_id)
        text = item.paragraph.text
        if not _may_answer(one, text):
            yield heading(article.title, article.published, article.language), text


def _may_answer(one: NewsQuestion, text: str) -> bool:
    """Whether the paragraph is the gold one, or holds the words of the answer."""
    gold = one.paragraphs[one.gold]
    if text in gold or gold in text:
        return True
    return bool(one.answer) and one.verdict == "open" and fold(one.answer) in fold(text)


def _indexed(news: News, work: Path) -> Path:
    """An index of the articles that may be trained on."""
    lines = [
        json.dumps(
            {"id": key, "title": title, "text": list(texts), "date": day and day.isoformat()}
        )
        for key, title, day, texts in news.corpus()
    ]
    corpus = work / "training-articles.jsonl"
    corpus.write_text("\n".join(lines), encoding="utf-8")
    index_paths(work / "index", [corpus], StaticEncoder())
    return work / "index"


def lookalikes(
    sets: dict[str, list[Example]], encoder: StaticEncoder, rng: random.Random
) -> list[Group]:
    """Answerable questions of each public set, and the other context that is most like them."""
    groups: list[Group] = []
    for found in sets.values():
        answerable = [one for one in found if one.span]
        asked = rng.sample(answerable, min(LOOKALIKES, len(answerable)))
        contexts = list(dict.fromkeys((one.head, one.paragraph) for one in found))
        vectors = encoder.encode([text for _, text in contexts])
        cosines = encoder.encode([one.asked for one in asked]) @ vectors.T
        for one, near in zip(asked, np.argsort(-cosines, axis=1)[:, :3], strict=True):
            assert one.span
            answer = fold(one.paragraph[slice(*one.span)])
            for title, text in (contexts[i] for i in near):
                if text != one.paragraph and answer not in fold(text):
                    groups.append((one, Example(one.asked, title, text)))
                    break
    return groups
