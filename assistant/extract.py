"""Extractive answers: retrieve, rerank, read, and keep the sentences that answer, verbatim."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from llama_index.core.postprocessor.types import BaseNodePostprocessor
from numpy.typing import NDArray

from assistant.confidence import Calibration, Features
from assistant.question import Question
from assistant.reader import Reader, Reading
from assistant.types import spoken_date
from index.catalog import StoredNode
from index.filters import Selection
from index.rerank import Coverage, mixed
from index.retrieve import Found, HybridRetriever, best_first, to_nodes
from index.store import Store
from index.text import fold, sentences, words
from index.types import Article

MAX_WORDS = 60
MAX_SENTENCES = 3
READ = 5  # paragraphs in the question's language that are read for an answer
READ_ACROSS = 4  # paragraphs in the other language
NEXT_BEST = 0.6  # a further paragraph must be this likely, as a share of the best one
MAX_SHORT_WORDS = 22
ELSEWHERE = 0.9  # what a word counts that only the rest of the article covers
KNOWN = 0.5  # a name or number covered less stands nowhere in the article
UNKNOWN = 0.3  # what is left of the confidence then
WHOLE = 3  # paragraphs of an article that names what it is about; a lone one need not
ROLE = 4  # content words; a shorter question for who it is names a role: "presiden Ukraina"
APART = 0.75  # a role covered less by words that stand together is another's
ANOTHERS = 0.4  # what is left of the confidence then
BESIDE = 3  # words on each side of a number that may say what is counted
TYPED = frozenset({"who", "where", "when", "how_many"})
LEANS = 0.3  # a neighbour that covers so much more of the question is quoted as well

Span = tuple[int, int]

_DOER = re.compile(  # who did something, and not who holds an office
    r"\bsiapa(?:kah)?\s+yang\s+(?!men(?:jadi|jabat)\b)"
    r"|\bwho\s+(?!is\b|was\b|are\b|were\b|be(?:came|comes)\b|serve[sd]\b)",
    re.I,
)
_LEANING = re.compile(
    r"^[\"'“‘]?(?:ia|dia|beliau|mereka|hal (?:itu|ini|tersebut)|itu|ini|he|she|it|they|this|that|"
    r"these|those|tersebut|keduanya|both)\b",
    re.I,
)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A paragraph that was read, and what is known of it.

    ``rank`` is the reranked score, ``relative`` its share of the best one in the same language,
    since scores across languages are lower; ``rival`` is the best score in the language of the
    question. Both look only at paragraphs that hold anything of the kind asked for. ``whole``,
    ``article`` and ``sentences`` say how the paragraph with its title and day, its whole article of
    ``length`` paragraphs, and each sentence at ``spans`` cover the question.
    """

    node: StoredNode
    across: bool
    rank: float
    relative: float
    rival: float
    cosine: float
    reading: Reading | None
    whole: Coverage
    article: Coverage
    length: int
    spans: list[Span]
    sentences: list[Coverage]

    @property
    def read(self) -> float:
        """A tenth of the reader's log-odds, in [-1, 1]; -1 where it found nothing."""
        return max(-1.0, min(1.0, self.reading.score / 10)) if self.reading else -1.0


@dataclass(frozen=True, slots=True)
class Evidence:
    """A passage that may answer: ``quote`` and ``short`` are offsets into the paragraph's text.

    ``confidence`` is the calibrated probability that the passage answers the question, times
    ``known``: less than 1 where the article holds nothing of a name or number asked about, or
    where a person is asked for by a role and the passage speaks of another's.
    """

    node: StoredNode
    quote: Span
    short: Span | None
    features: Features
    known: float
    confidence: float


class Extractor:
    """Finds passages of one store that answer a question."""

    def __init__(
        self,
        store: Store,
        reader: Reader,
        calibration: Calibration,
        reranker: BaseNodePostprocessor | None = None,
    ) -> None:
        """``reranker``, if given, orders the paragraphs after ours has."""
        self.store = store
        self._reranker = reranker
        self._reader = reader
        self._calibration = calibration
        self._matcher = store.matcher()

    def evidence(self, question: Question, articles: Selection | None = None) -> list[Evidence]:
        """Passages of different paragraphs, the likeliest answer first.

        ``articles`` restricts the search to these.
        """
        return self.judged(question, self.ranked(question, articles))

    def ranked(self, question: Question, articles: Selection | None = None) -> list[Found]:
        """Paragraphs in the order in which they are considered to be read."""
        found = HybridRetriever(self.store, articles=articles).search(question.text)
        words = self.store.words_of([one.row for one in found])
        covers = self._matcher.coverage(question.text, words)
        across = [one.language != question.language for one in found]
        scores = mixed([one.score for one in found], covers, across)
        ranked = best_first(
            replace(one, score=score) for one, score in zip(found, scores, strict=True)
        )
        if self._reranker is None:
            return ranked
        nodes = self._reranker.postprocess_nodes(
            to_nodes(self.store, ranked), query_str=question.text
        )
        by_id = {one.node_id: one for one in ranked}
        return [replace(by_id[one.node_id], score=one.score or 0.0) for one in nodes]

    def judged(self, question: Question, ranked: Sequence[Found]) -> list[Evidence]:
        """The best of ``ranked``, read; the likeliest answer first."""
        own = [one for one in ranked if one.language == question.language][:READ]
        other = [one for one in ranked if one.language != question.language]
        best = own + other[:READ_ACROSS]
        if not best:
            return []
        candidates = self._candidates(question, best)
        surest = max(one.read for one in candidates)
        found = [self._passage(question, one, surest) for one in candidates]
        return sorted(found, key=lambda item: (-item.confidence, item.node.node_id))

    def _candidates(self, question: Question, ranked: Sequence[Found]) -> list[Candidate]:
        """The ranked paragraphs with everything that is known of them, in their order."""
        scores = {one.node_id: one.score for one in ranked}
        nodes = [node for node in self.store.nodes(list(scores)) if node.paragraph.text.strip()]
        sources = [self.store.article(node.paragraph.article_id) for node in nodes]
        texts = [node.paragraph.text for node in nodes]
        titles = [_head(source) for source in sources]
        readings = self._reader.read(
            question.text, texts, question.answer_type, titles, self._matcher.vocabulary
        )
        best: dict[str, float] = {}  # of those that hold anything of the kind asked for
        for node, source, reading in zip(nodes, sources, readings, strict=True):
            if reading:
                here = scores[node.node_id]
                best[source.language] = max(best.get(source.language, 1e-6), here)
        cosines = (
            self.store.vectors(nodes) @ self.store.encoder.encode_questions([question.text])[0]
        )
        spans = [sentences(text) for text in texts]
        rows = self.store.catalog.rows_within({source.id for source in sources})
        articles = [np.concatenate(self.store.words_of(own)) for own in rows.values()]
        pieces = [
            text[slice(*span)] for text, own in zip(texts, spans, strict=True) for span in own
        ]
        covers = iter(
            self._matcher.coverage(
                question.text,
                [*self.store.words_of([node.row for node in nodes]), *pieces, *articles],
            )
        )
        whole = [next(covers) for _ in nodes]
        each = [[next(covers) for _ in own] for own in spans]
        article = dict(zip(rows, covers, strict=True))
        return [
            Candidate(
                node=node,
                across=source.language != question.language,
                rank=scores[node.node_id],
                relative=min(1.0, scores[node.node_id] / best.get(source.language, np.inf)),
                rival=best.get(question.language, 0.0),
                cosine=max(0.0, float(cosine)),
                reading=reading,
                whole=whole[i],
                article=article[source.id],
                length=len(rows[source.id]),
                spans=spans[i],
                sentences=each[i],
            )
            for i, (node, source, cosine, reading) in enumerate(
                zip(nodes, sources, cosines, readings, strict=True)
            )
        ]

    def _passage(self, question: Question, one: Candidate, surest: float) -> Evidence:
        """The sentences of a candidate that answer, and how likely they do."""
        text = one.node.paragraph.text
        quote = _quote(text, one)
        short = one.reading.span if one.reading and _inside(one.reading.span, quote) else None
        if question.answer_type == "yes_no" or not _is_short(text, short):
            short = None
        typed = question.answer_type in TYPED
        covered = np.maximum(one.whole.best, ELSEWHERE * one.article.best)
        total = max(float(one.whole.weights.sum()), 1e-6)
        features = Features(
            coverage=one.whole.score,
            together=one.whole.together,
            article=float((covered * one.whole.weights).sum()) / total,
            weakest=float(covered.min(initial=1.0)),
            weakest_name=_weakest(question.names, one.whole.words, covered),
            weakest_number=_weakest(question.numbers, one.whole.words, covered),
            sentence=max(
                cover.score
                for cover, span in zip(one.sentences, one.spans, strict=True)
                if _inside(span, quote)
            ),
            cosine=one.cosine,
            rank=one.rank,
            relative=one.relative,
            reading=one.read * (not typed),
            typed_reading=one.read * typed,
            typed=float(typed),
            behind=surest - one.read,
            counted=self._counted(question, text, short),
            rival=one.rival * one.across,
            across=float(one.across),
        )
        strange = min(features.weakest_name, features.weakest_number) < KNOWN
        known = UNKNOWN if strange and one.length >= WHOLE else 1.0
        office = question.answer_type == "who" and not _DOER.search(question.text)
        role = office and question.names and len(one.whole.words) <= ROLE
        whose = _weakest(question.names, one.whole.words, one.whole.best)
        if role and min(whose, max(self._tight(question, text, one.spans))) < APART:
            known *= ANOTHERS
        confidence = known * self._calibration.confidence(features)
        return Evidence(one.node, quote, short, features, known, confidence)

    def _tight(self, question: Question, text: str, spans: Sequence[Span]) -> list[float]:
        """How well each sentence covers the question by words that stand together."""
        return self._matcher.tight(question.text, [text[slice(*span)] for span in spans])

    def _counted(self, question: Question, text: str, short: Span | None) -> float:
        """How near the words around a number mean what the question counts, in [-1, 1].

        0 where it counts nothing.
        """
        if not question.counted:
            return 0.0
        if short is None:
            return -1.0
        start, end = short
        around = [*text[:start].split()[-BESIDE:], text[start:end], *text[end:].split()[:BESIDE]]
        [cover] = self._matcher.coverage(question.counted, [" ".join(around)])
        return 2 * float(cover.best[0]) - 1


def chosen(evidence: Sequence[Evidence], threshold: float) -> list[Evidence]:
    """One to three passages that say different things, about ``MAX_WORDS`` words in all."""
    kept: list[Evidence] = []
    total = 0
    for item in evidence:
        text = quotation(item)
        count = len(text.split())
        if kept and (
            item.confidence < max(NEXT_BEST * kept[0].confidence, threshold)
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


def _head(article: Article) -> str:
    """What is read before a paragraph: what its article is about, and of which day it is."""
    day = spoken_date(article.published, True, article.language)
    return ". ".join(filter(None, (article.title, day)))


def _quote(text: str, one: Candidate) -> Span:
    """The sentence that holds the answer, else the one that covers the question best.

    A neighbour is quoted as well when it covers much more, or when the sentence leans on it.
    """
    spans = one.spans
    at = covers = max(range(len(spans)), key=lambda i: one.sentences[i].score)
    if one.reading and one.reading.score > 0:
        span = one.reading.span
        at = next((i for i, sentence in enumerate(spans) if _inside(span, sentence)), at)
    start, end = spans[at]
    if abs(at - covers) == 1 and one.sentences[covers].score - one.sentences[at].score > LEANS:
        return min(start, spans[covers][0]), max(end, spans[covers][1])
    if at and _LEANING.match(text[start:end]):
        return spans[at - 1][0], end
    return start, end


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
