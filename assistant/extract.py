"""Extractive answers: the best sentences of the best paragraphs, verbatim."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from llama_index.core.schema import NodeWithScore

from assistant.confidence import Features
from assistant.question import Question
from assistant.spans import Span, best_span
from index.catalog import StoredNode
from index.rerank import Coverage, SoftMatcher
from index.store import Store
from index.text import content_words, fold, lemma, sentences, words

MAX_WORDS = 60
MAX_SENTENCES = 3
READ = 10  # paragraphs that are read for sentences
NEXT_BEST = 0.8  # a further sentence must score this share of the best
TYPED = frozenset({"who", "where", "when", "how_many", "why"})

_LEANING = re.compile(
    r"^[\"'“‘]?(?:ia|dia|beliau|mereka|hal (?:itu|ini|tersebut)|itu|ini|he|she|it|they|this|that|these|"
    r"those|tersebut|keduanya|both)\b",
    re.I,
)


@dataclass(frozen=True, slots=True)
class Evidence:
    """A sentence that answers: ``quote`` and ``short`` are offsets into the paragraph's text."""

    node: StoredNode
    quote: Span
    short: Span | None
    score: float
    coverage: Coverage
    sentence: float
    span: float


class Extractor:
    """Finds the sentences of ranked paragraphs that answer a question."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._matcher = SoftMatcher(store.encoder, store.lexical.idf)

    def evidence(self, question: Question, ranked: Sequence[NodeWithScore]) -> list[Evidence]:
        """Sentences of the ranked paragraphs, best first; one a paragraph."""
        ranked = ranked[:READ]
        stored = {n.node_id: n for n in self._store.nodes([r.node.node_id for r in ranked])}
        asked = set(content_words(question.text))
        asked |= {lemma(word) for word in asked}
        found = []
        for one in ranked:
            node = stored[one.node.node_id]
            best = self._best_sentence(question, asked, node, one.score or 0.0)
            if best:
                found.append(best)
        return sorted(found, key=lambda item: (-item.score, item.node.node_id))

    def _best_sentence(
        self, question: Question, asked: set[str], node: StoredNode, rank_score: float
    ) -> Evidence | None:
        text = node.paragraph.text
        spans = sentences(text)
        if not spans:
            return None
        title = self._store.article(node.paragraph.article_id).title
        covers = self._matcher.coverage(
            question.text, [f"{title} {text}"] + [text[start:end] for start, end in spans]
        )
        best: Evidence | None = None
        for i, (start, end) in enumerate(spans):
            cover = covers[i + 1]
            short = best_span(text[start:end], question.answer_type, asked)
            span_score = short[1] if short else 0.0
            score = 0.5 * rank_score + 0.35 * cover.score
            if question.answer_type in TYPED:
                score += 0.3 * span_score
            if best is None or score > best.score:
                first = start
                if i and _LEANING.match(text[start:end]):
                    first = spans[i - 1][0]
                place = (start + short[0][0], start + short[0][1]) if short else None
                best = Evidence(
                    node, (first, end), place, score, covers[0], cover.score, span_score
                )
        return best

    def chosen(self, evidence: Sequence[Evidence]) -> list[Evidence]:
        """One to three sentences that say different things, about ``MAX_WORDS`` words in all."""
        kept: list[Evidence] = []
        total = 0
        for item in evidence:
            text = item.node.paragraph.text[slice(*item.quote)]
            count = len(text.split())
            if kept and (
                item.score < NEXT_BEST * kept[0].score
                or item.sentence < NEXT_BEST * kept[0].sentence
                or total + count > MAX_WORDS
            ):
                continue
            if any(_repeats(text, other.node.paragraph.text[slice(*other.quote)]) for other in kept):
                continue
            kept.append(item)
            total += count
            if len(kept) == MAX_SENTENCES:
                break
        return kept

    def features(self, question: Question, best: Evidence, cosine: float) -> Features:
        """The evidence for an answer that rests on ``best``."""
        cover = best.coverage
        pairs = sorted(zip(cover.weights, cover.best, strict=True), key=lambda pair: -pair[0])
        rarest = [float(value) for _, value in pairs[:3]]
        article_id = best.node.paragraph.article_id
        names = self._weakest(question.names, article_id, cover)
        numbers = self._weakest(question.numbers, article_id, cover)
        return Features(
            coverage=cover.score,
            rarest=sum(rarest) / len(rarest) if rarest else 0.0,
            weakest_name=names,
            weakest_number=numbers,
            sentence=best.sentence,
            cosine=max(0.0, cosine),
            span=best.span,
            typed=float(question.answer_type in TYPED),
        )

    def _weakest(self, asked: Sequence[str], article_id: str, cover: Coverage) -> float:
        """The worst coverage of these words by the paragraph or, failing that, its article."""
        folded = {word for text in asked for word in words(text)}
        values = dict(zip(cover.words, map(float, cover.best), strict=True))
        weak = {word for word in folded if values.get(word, 1.0) < 1.0}
        if not weak:
            return 1.0
        article = self._store.catalog.articles([article_id])[0]
        body = " ".join(
            [article.title, *(p.text for p in article.paragraphs if p.role == "body")]
        )
        if article.published:
            body += article.published.strftime(" %Y %d")
        whole = self._matcher.coverage(" ".join(sorted(weak)), [body])[0]
        inside = dict(zip(whole.words, map(float, whole.best), strict=True))
        return min(max(values.get(word, 0.0), inside.get(word, 1.0)) for word in weak)


def _repeats(text: str, other: str) -> bool:
    left, right = set(map(fold, text.split())), set(map(fold, other.split()))
    return len(left & right) >= 0.7 * min(len(left), len(right))
