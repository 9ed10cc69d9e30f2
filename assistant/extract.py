"""Extractive answers: retrieve, rerank, read, and keep the sentences that answer, verbatim."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from llama_index.core.schema import NodeWithScore
from numpy.typing import NDArray

from assistant.confidence import Calibration, Features
from assistant.question import Question
from assistant.reader import Reader, Reading
from index.catalog import StoredNode
from index.rerank import Coverage, SoftIdfRerank, SoftMatcher
from index.retrieve import HybridRetriever
from index.store import Store
from index.text import fold, sentences, words
from index.types import Language

MAX_WORDS = 60
MAX_SENTENCES = 3
READ = 6  # paragraphs in the language of the question that are read for an answer
READ_ACROSS = 4  # paragraphs in the other language
NEXT_BEST = 0.6  # a further paragraph must be this likely, as a share of the best one
MAX_SHORT_WORDS = 22
ELSEWHERE = 0.9  # what a word counts that only the rest of the article covers
TYPED = frozenset({"who", "where", "when", "how_many"})
LEANS = 0.3  # a neighbour that covers so much more of the question is quoted as well

Span = tuple[int, int]

_LEANING = re.compile(
    r"^[\"'“‘]?(?:ia|dia|beliau|mereka|hal (?:itu|ini|tersebut)|itu|ini|he|she|it|they|this|that|"
    r"these|those|tersebut|keduanya|both)\b",
    re.I,
)


@dataclass(frozen=True, slots=True)
class Scores:
    """What retrieval says of a paragraph.

    ``rank`` is the reranked score, ``relative`` its share of the best one in the same language,
    since scores across languages are lower and cannot be compared. ``rival``: for a
    paragraph in the other language, the best score in the language of the question.
    """

    rank: float
    relative: float
    cosine: float
    rival: float


@dataclass(frozen=True, slots=True)
class Evidence:
    """A passage that may answer: ``quote`` and ``short`` are offsets into the paragraph's text.

    ``confidence`` is the calibrated probability that the passage answers the question.
    """

    node: StoredNode
    quote: Span
    short: Span | None
    features: Features
    confidence: float


class Extractor:
    """Finds passages of one store that answer a question."""

    def __init__(self, store: Store, reader: Reader, calibration: Calibration) -> None:
        self._store = store
        self._reader = reader
        self._calibration = calibration
        self._matcher = SoftMatcher(store.encoder, store.lexical.idf, store.lexicon)

    def evidence(
        self, question: Question, articles: frozenset[str] | None = None
    ) -> list[Evidence]:
        """Passages of different paragraphs, the likeliest answer first.

        ``articles`` restricts the search to these ids.
        """
        retrieved = HybridRetriever(self._store, articles=articles).retrieve(question.text)
        rerank = SoftIdfRerank(self._matcher, top=len(retrieved), language=question.language)
        ranked = _by_language(
            rerank.postprocess_nodes(retrieved, query_str=question.text), question.language
        )
        if not ranked:
            return []
        nodes = self._store.nodes([one.node.node_id for one in ranked])
        scores = {one.node.node_id: one.score or 0.0 for one in ranked}
        best: dict[str, float] = {}
        for hit in ranked:
            language = hit.node.metadata["language"]
            best[language] = max(best.get(language, 1e-6), hit.score or 0.0)
        texts = [node.paragraph.text for node in nodes]
        titles = [self._store.article(node.paragraph.article_id).title for node in nodes]
        readings = self._reader.read(question.text, texts, question.answer_type, titles)
        vector = self._store.encoder.encode([question.text])[0]
        cosines = self._store.vectors(nodes) @ vector
        articles_cover = self._article_covers(question, nodes)
        found = []
        for node, reading, cosine in zip(nodes, readings, cosines, strict=True):
            rank = scores[node.node_id]
            language = self._store.article(node.paragraph.article_id).language
            rival = best.get(question.language, 0.0) if language != question.language else 0.0
            scored = Scores(rank, rank / best[language], max(0.0, float(cosine)), rival)
            whole = articles_cover[node.paragraph.article_id]
            one = self._passage(question, node, reading, scored, whole)
            if one:
                found.append(one)
        return sorted(found, key=lambda item: (-item.confidence, item.node.node_id))

    def _article_covers(
        self, question: Question, nodes: Sequence[StoredNode]
    ) -> dict[str, Coverage]:
        ids = list(dict.fromkeys(node.paragraph.article_id for node in nodes))
        bodies = []
        for article in self._store.catalog.articles(ids):
            parts = [article.title, *(p.text for p in article.paragraphs if p.role == "body")]
            if article.published:
                parts.append(article.published.strftime("%Y %d"))
            bodies.append((article.id, " ".join(parts)))
        covers = self._matcher.coverage(question.text, [body for _, body in bodies])
        return dict(zip((article_id for article_id, _ in bodies), covers, strict=True))

    def _passage(
        self,
        question: Question,
        node: StoredNode,
        reading: Reading | None,
        scored: Scores,
        article: Coverage,
    ) -> Evidence | None:
        text = node.paragraph.text
        spans = sentences(text)
        if not spans:
            return None
        source = self._store.article(node.paragraph.article_id)
        whole, *each = self._matcher.coverage(
            question.text, [f"{source.title} {text}"] + [text[start:end] for start, end in spans]
        )
        at = covers = max(range(len(spans)), key=lambda i: each[i].score)
        if reading and reading.score > 0:
            at = next((i for i, one in enumerate(spans) if _inside(reading.span, one)), at)
        start, end = spans[at]
        if abs(at - covers) == 1 and each[covers].score - each[at].score > LEANS:
            start, end = min(start, spans[covers][0]), max(end, spans[covers][1])
        elif at and _LEANING.match(text[start:end]):
            start = spans[at - 1][0]
        short = reading.span if reading and _inside(reading.span, (start, end)) else None
        if question.answer_type == "yes_no" or not _is_short(text, short):
            short = None
        read = max(-1.0, min(1.0, reading.score / 10)) if reading else -1.0
        typed = question.answer_type in TYPED
        covered = np.maximum(whole.best, ELSEWHERE * article.best)
        features = Features(
            coverage=whole.score,
            article=float((covered * whole.weights).sum() / max(float(whole.weights.sum()), 1e-6)),
            weakest=float(covered.min(initial=1.0)),
            weakest_name=_weakest(question.names, whole.words, covered),
            weakest_number=_weakest(question.numbers, whole.words, covered),
            sentence=max(
                each[i].score for i, one in enumerate(spans) if _inside(one, (start, end))
            ),
            cosine=scored.cosine,
            rank=scored.rank,
            relative=scored.relative,
            reading=read * (not typed),
            typed_reading=read * typed,
            typed=float(typed),
            rival=scored.rival,
            across=float(source.language != question.language),
        )
        return Evidence(node, (start, end), short, features, self._calibration.confidence(features))

    def chosen(self, evidence: Sequence[Evidence]) -> list[Evidence]:
        """One to three passages that say different things, about ``MAX_WORDS`` words in all."""
        kept: list[Evidence] = []
        total = 0
        for item in evidence:
            text = quotation(item)
            count = len(text.split())
            if kept and (
                item.confidence < max(NEXT_BEST * kept[0].confidence, self._calibration.threshold)
                or total + count > MAX_WORDS
            ):
                continue
            if any(_repeats(text, quotation(other)) for other in kept):
                continue
            kept.append(item)
            total += count
            if len(kept) == MAX_SENTENCES:
                break
        return kept


def _by_language(ranked: list[NodeWithScore], language: Language) -> list[NodeWithScore]:
    """The best ``READ`` paragraphs in the question's language and ``READ_ACROSS`` in the other."""
    own = [one for one in ranked if one.node.metadata["language"] == language][:READ]
    other = [one for one in ranked if one.node.metadata["language"] != language][:READ_ACROSS]
    return own + other


def quotation(evidence: Evidence) -> str:
    """The quoted words."""
    return evidence.node.paragraph.text[slice(*evidence.quote)]


def _inside(inner: Span, outer: Span) -> bool:
    return outer[0] <= inner[0] and inner[1] <= outer[1]


def _is_short(text: str, span: Span | None) -> bool:
    return span is not None and len(text[slice(*span)].split()) <= MAX_SHORT_WORDS


def _weakest(asked: Sequence[str], found: Sequence[str], covered: NDArray[np.float32]) -> float:
    """The worst coverage among these words of the question."""
    folded = {word for text in asked for word in words(text)}
    return min(
        (float(c) for word, c in zip(found, covered, strict=True) if word in folded), default=1.0
    )


def _repeats(text: str, other: str) -> bool:
    left, right = set(map(fold, text.split())), set(map(fold, other.split()))
    return len(left & right) >= 0.7 * min(len(left), len(right))
