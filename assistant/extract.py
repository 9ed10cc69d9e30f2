"""Extractive answers: retrieve, rerank, read, and keep the sentences that answer, verbatim."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from assistant.confidence import Calibration, Features
from assistant.question import Question
from assistant.reader import Reader, Reading
from index.catalog import StoredNode
from index.rerank import Coverage, SoftIdfRerank, SoftMatcher
from index.retrieve import HybridRetriever
from index.store import Store
from index.text import fold, sentences, words

MAX_WORDS = 60
MAX_SENTENCES = 3
READ = 8  # paragraphs that are read for an answer
NEXT_BEST = 0.6  # a further paragraph must be this likely, as a share of the best one
MAX_SHORT_WORDS = 22
LEANS = 0.3  # a neighbour that covers so much more of the question is quoted as well

Span = tuple[int, int]

_LEANING = re.compile(
    r"^[\"'“‘]?(?:ia|dia|beliau|mereka|hal (?:itu|ini|tersebut)|itu|ini|he|she|it|they|this|that|"
    r"these|those|tersebut|keduanya|both)\b",
    re.I,
)


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
        self._matcher = SoftMatcher(store.encoder, store.lexical.idf)

    def evidence(
        self, question: Question, articles: frozenset[str] | None = None
    ) -> list[Evidence]:
        """At most ``READ`` passages of different paragraphs, the likeliest answer first.

        ``articles`` restricts the search to these ids.
        """
        retrieved = HybridRetriever(self._store, articles=articles).retrieve(question.text)
        rerank = SoftIdfRerank(self._matcher, top=READ, language=question.language)
        ranked = rerank.postprocess_nodes(retrieved, query_str=question.text)
        if not ranked:
            return []
        nodes = self._store.nodes([one.node.node_id for one in ranked])
        scores = {one.node.node_id: one.score or 0.0 for one in ranked}
        best = max(max(scores.values()), 1e-6)
        readings = self._reader.read(question.text, [node.paragraph.text for node in nodes])
        vector = self._store.encoder.encode([question.text])[0]
        cosines = self._store.vectors(nodes) @ vector
        bodies: dict[str, str] = {}
        found = []
        for node, reading, cosine in zip(nodes, readings, cosines, strict=True):
            rank = scores[node.node_id]
            one = self._passage(question, node, reading, rank, rank / best, float(cosine), bodies)
            if one:
                found.append(one)
        return sorted(found, key=lambda item: (-item.confidence, item.node.node_id))

    def _passage(
        self,
        question: Question,
        node: StoredNode,
        reading: Reading | None,
        rank: float,
        relative: float,
        cosine: float,
        bodies: dict[str, str],
    ) -> Evidence | None:
        text = node.paragraph.text
        spans = sentences(text)
        if not spans or reading is None:
            return None
        title = self._store.article(node.paragraph.article_id).title
        whole, *each = self._matcher.coverage(
            question.text, [f"{title} {text}"] + [text[start:end] for start, end in spans]
        )
        at = max(range(len(spans)), key=lambda i: each[i].score)
        covers = at
        if reading.score > 0:
            at = next((i for i, one in enumerate(spans) if _inside(reading.span, one)), at)
        start, end = spans[at]
        if abs(at - covers) == 1 and each[covers].score - each[at].score > LEANS:
            start, end = min(start, spans[covers][0]), max(end, spans[covers][1])
        elif at and _LEANING.match(text[start:end]):
            start = spans[at - 1][0]
        short = reading.span if start <= reading.span[0] and reading.span[1] <= end else None
        if question.answer_type == "yes_no" or not _is_short(text, short):
            short = None
        article_id = node.paragraph.article_id
        features = Features(
            coverage=whole.score,
            rarest=_rarest(whole),
            weakest_name=self._weakest(question.names, article_id, whole, bodies),
            weakest_number=self._weakest(question.numbers, article_id, whole, bodies),
            sentence=max(each[at].score, each[covers].score * (start <= spans[covers][0] < end)),
            cosine=max(0.0, cosine),
            rank=rank,
            relative=relative,
            reading=max(-1.0, min(1.0, reading.score / 10)),
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

    def _weakest(
        self, asked: Sequence[str], article_id: str, cover: Coverage, bodies: dict[str, str]
    ) -> float:
        """The worst coverage of these words by the paragraph or, failing that, its article."""
        folded = {word for text in asked for word in words(text)}
        values = dict(zip(cover.words, map(float, cover.best), strict=True))
        weak = {word for word in folded if values.get(word, 1.0) < 1.0}
        if not weak:
            return 1.0
        if article_id not in bodies:
            bodies[article_id] = self._body(article_id)
        whole = self._matcher.coverage(" ".join(sorted(weak)), [bodies[article_id]])[0]
        inside = dict(zip(whole.words, map(float, whole.best), strict=True))
        return min(max(values.get(word, 0.0), inside.get(word, 1.0)) for word in weak)

    def _body(self, article_id: str) -> str:
        article = self._store.catalog.articles([article_id])[0]
        parts = [article.title, *(p.text for p in article.paragraphs if p.role == "body")]
        if article.published:
            parts.append(article.published.strftime("%Y %d"))
        return " ".join(parts)


def quotation(evidence: Evidence) -> str:
    """The quoted words."""
    return evidence.node.paragraph.text[slice(*evidence.quote)]


def _inside(inner: Span, outer: Span) -> bool:
    return outer[0] <= inner[0] and inner[1] <= outer[1]


def _is_short(text: str, span: Span | None) -> bool:
    return span is not None and len(text[slice(*span)].split()) <= MAX_SHORT_WORDS


def _rarest(cover: Coverage) -> float:
    pairs = sorted(zip(cover.weights, cover.best, strict=True), key=lambda pair: -pair[0])
    rarest = [float(value) for _, value in pairs[:3]]
    return sum(rarest) / len(rarest) if rarest else 0.0


def _repeats(text: str, other: str) -> bool:
    left, right = set(map(fold, text.split())), set(map(fold, other.split()))
    return len(left & right) >= 0.7 * min(len(left), len(right))
