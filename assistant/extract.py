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
from assistant.reader.encoding import heading
from assistant.types import YesNo
from index.catalog import StoredNode
from index.filters import Selection
from index.rerank import Coverage, mixed
from index.retrieve import Found, HybridRetriever, to_nodes
from index.store import Store
from index.text import fold, sentences, words
from index.types import Article

READ = 12  # paragraphs that are read for an answer
READ_FIRST = 6  # of these, before it is decided whether the others are needed
READ_ACROSS = 2  # of these in the language that is found less, where there are as many
MAX_WORDS = 60
MAX_SENTENCES = 3
NEXT_BEST = 0.6  # a further paragraph must be this likely, as a share of the best one
MAX_SHORT_WORDS = 22
LOG_ODDS = 10.0  # what counts as 1 in a feature
MOST = 1.5
ARTICLE_ONLY_WEIGHT = 0.9  # what a word counts that only the rest of the article covers
KNOWN = 0.5  # a name or figure that is covered less stands nowhere in the article
MISSING_NAME_PENALTY = 0.3  # what is left of the confidence then
DECIDED = 0.5  # log-odds between yes and no; of verdicts below, less than half were right
UNDECIDED_PENALTY = 0.3  # what is left of the confidence in them
WHOLE = 3  # paragraphs of an article that names what it is about; a lone one need not

Span = tuple[int, int]

_LEANING = re.compile(
    r"^[\"'“‘]?(?:ia|dia|beliau|mereka|hal (?:itu|ini|tersebut)|itu|ini|he|she|it|they|this|that|"
    r"these|those|tersebut|keduanya|both)\b",
    re.I,
)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A paragraph in the order in which it is considered, and how it covers the question."""

    found: Found
    coverage: Coverage


@dataclass(frozen=True, slots=True)
class Passage:
    """A candidate with its text; ``cosine`` is that of question and paragraph."""

    node: StoredNode
    article: Article
    candidate: Candidate
    cosine: float


@dataclass(frozen=True, slots=True)
class Evidence:
    """A passage that may answer: ``quote`` and ``short`` are offsets into the paragraph's text.

    ``verdict`` is what it says to a yes/no question, else None. ``confidence`` is the calibrated
    probability that the passage answers the question; less where yes and no are about as likely,
    and where the article holds nothing of a name or figure asked about, which the questions it is
    calibrated on hardly ever have.
    """

    node: StoredNode
    quote: Span
    short: Span | None
    verdict: YesNo | None
    features: Features
    confidence: float


@dataclass(frozen=True, slots=True)
class Findings:
    """What became of a question: paragraphs as ranked, and what was read, the likeliest first.

    The paragraphs of ``evidence`` are some of ``ranked``, each with one passage.
    """

    ranked: list[Candidate]
    evidence: list[Evidence]

    @property
    def confidence(self) -> float:
        """That of the likeliest passage; 0 without any."""
        return self.evidence[0].confidence if self.evidence else 0.0


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

    def find(self, question: Question, articles: Selection | None = None) -> Findings:
        """Passages that may answer; ``articles`` restricts the search to these."""
        ranked = self.ranked(question, articles)
        return Findings(ranked, self.judged(question, ranked))

    def ranked(self, question: Question, articles: Selection | None = None) -> list[Candidate]:
        """Paragraphs in the order in which they are considered to be read."""
        found = HybridRetriever(self.store, articles=articles).search(question.text)
        rows = self.store.words_of([one.row for one in found])
        covers = self._matcher.coverage(question.text, rows)
        across = [one.language != question.language for one in found]
        scores = mixed([one.score for one in found], covers, across)
        ranked = sorted(
            (
                Candidate(replace(one, score=score), cover)
                for one, cover, score in zip(found, covers, scores, strict=True)
            ),
            key=lambda one: (-one.found.score, one.found.node_id),
        )
        if self._reranker is None:
            return ranked
        nodes = self._reranker.postprocess_nodes(
            to_nodes(self.store, [one.found for one in ranked]), query_str=question.text
        )
        by_id = {one.found.node_id: one for one in ranked}
        return [
            replace(one, found=replace(one.found, score=node.score or 0.0))
            for node in nodes
            if (one := by_id[node.node_id])
        ]

    def judged(self, question: Question, ranked: Sequence[Candidate]) -> list[Evidence]:
        """The best of ``ranked``, read; the likeliest answer first.

        What is sure after the first ``READ_FIRST`` is not looked for in the others.
        """
        chosen = {one.found.node_id: one for one in to_read(ranked)}
        nodes = [node for node in self.store.nodes(list(chosen)) if node.paragraph.text.strip()]
        if not nodes:
            return []
        place = {node_id: i for i, node_id in enumerate(chosen)}
        nodes.sort(key=lambda node: place[node.node_id])
        asked = self.store.encoder.encode_questions([question.text])[0]
        cosines = (self.store.vectors(nodes) @ asked).tolist()
        passages = [
            Passage(node, self.store.article(node.paragraph.article_id), chosen[node.node_id], near)
            for node, near in zip(nodes, cosines, strict=True)
        ]
        readings = self._read(question, passages[:READ_FIRST])
        evidence = self._evidence(question, passages, readings)
        if passages[READ_FIRST:] and not self._is_sure(evidence):
            readings += self._read(question, passages[READ_FIRST:])
            evidence = self._evidence(question, passages, readings)
        return evidence

    def _is_sure(self, evidence: Sequence[Evidence]) -> bool:
        best = evidence[0].confidence if evidence else 0.0
        return self._calibration.level(best) == "high"

    def _read(self, question: Question, passages: Sequence[Passage]) -> list[Reading | None]:
        texts = [one.node.paragraph.text for one in passages]
        articles = [one.article for one in passages]
        heads = [heading(one.title, one.published, one.language) for one in articles]
        return self._reader.read(question.text, texts, heads)

    def _evidence(
        self,
        question: Question,
        passages: Sequence[Passage],
        readings: Sequence[Reading | None],
    ) -> list[Evidence]:
        """What was read of the first passages, the likeliest answer first."""
        yes_no = is_yes_no([one for one in readings if one])
        scores = [log_odds(one, yes_no) for one in readings]
        named = bool(question.names or question.numbers)
        read = passages[: len(readings)]
        known = self._known(question, {one.article.id for one in read} if named else set())
        found = []
        for i, (passage, reading) in enumerate(zip(read, readings, strict=True)):
            if reading is None:
                continue
            coverage = passage.candidate.coverage
            features = _features(
                scores[i], max(scores[:i] + scores[i + 1 :], default=-MOST), yes_no,
                coverage, question, passage.cosine,
            )  # fmt: skip
            confidence = self._calibration.confidence(features)
            if yes_no and not is_decided(reading):
                confidence *= UNDECIDED_PENALTY
            if named:
                covered, count = known[passage.article.id]
                weakest = _weakest(question, covered.words, coverage.best, covered.best)
                if count >= WHOLE and weakest < KNOWN:
                    confidence *= MISSING_NAME_PENALTY
            found.append(_evidence(passage.node, reading, yes_no, features, confidence))
        return sorted(found, key=lambda item: (-item.confidence, item.node.node_id))

    def _known(self, question: Question, article_ids: set[str]) -> dict[str, tuple[Coverage, int]]:
        """How each whole article covers the question, and how many paragraphs it has."""
        rows = self.store.catalog.rows_within(article_ids)
        words = [np.concatenate(self.store.words_of(own)) for own in rows.values()]
        covers = self._matcher.coverage(question.text, words)
        return {
            article_id: (cover, len(own))
            for (article_id, own), cover in zip(rows.items(), covers, strict=True)
        }


def to_read(ranked: Sequence[Candidate]) -> list[Candidate]:
    """The best ``READ``, of which ``READ_ACROSS`` in the language that is found less.

    Scores across languages are lower: without a share of its own, the other language of a
    collection would hardly be read.
    """
    best = list(ranked[:READ])
    languages = [one.found.language for one in best]
    rare = "id" if languages.count("id") < languages.count("en") else "en"
    others = [one for one in ranked if one.found.language == rare][:READ_ACROSS]
    missing = [one for one in others if one not in best]
    if missing:
        common = [one for one in best if one.found.language != rare]
        dropped = common[len(common) - len(missing) :]
        best = [one for one in best if one not in dropped] + missing
    return best


def is_yes_no(readings: Sequence[Reading]) -> bool:
    """Whether the reader takes what is asked for a yes/no question."""
    open_ = [one.probability("open") for one in readings]
    return bool(open_) and sum(open_) / len(open_) < 0.5


def is_decided(reading: Reading) -> bool:
    """Whether yes or no is clearly the likelier."""
    yes, no = reading.probability("supported"), reading.probability("contradicted")
    return float(abs(np.log((yes + 1e-6) / (no + 1e-6)))) >= DECIDED


def log_odds(reading: Reading | None, yes_no: bool) -> float:
    """Those that the passage answers, in tens; of a yes/no question, that it decides it."""
    if reading is None:
        return -MOST
    score = reading.score
    if yes_no:
        decided = reading.probability("supported") + reading.probability("contradicted")
        score = float(np.log((decided + 1e-6) / (reading.probability("not_said") + 1e-6)))
    return max(-MOST, min(MOST, score / LOG_ODDS))


def _features(
    score: float,
    rival: float,
    yes_no: bool,
    coverage: Coverage,
    question: Question,
    cosine: float,
) -> Features:
    return Features(
        reading=0.0 if yes_no else score,
        verdict=score if yes_no else 0.0,
        yes_no=float(yes_no),
        lead=score - rival,
        coverage=coverage.score,
        weakest=_weakest(question, coverage.words, coverage.best),
        cosine=max(0.0, cosine),
    )


def _evidence(
    node: StoredNode, reading: Reading, yes_no: bool, features: Features, confidence: float
) -> Evidence:
    text = node.paragraph.text
    quote = _quote(text, reading.span)
    brief = not yes_no and len(text[slice(*reading.span)].split()) <= MAX_SHORT_WORDS
    short = reading.span if brief else None
    verdict: YesNo | None = None
    if yes_no:
        supported = reading.probability("supported") >= reading.probability("contradicted")
        verdict = "yes" if supported else "no"
    return Evidence(node, quote, short, verdict, features, confidence)


def _quote(text: str, span: Span) -> Span:
    """The sentences that hold the answer, and the one before when the first leans on it."""
    spans = sentences(text)
    inside = [i for i, (begin, end) in enumerate(spans) if begin < span[1] and end > span[0]]
    if not inside:
        return span
    first, last = inside[0], inside[-1]
    if first and _LEANING.match(text[slice(*spans[first])]):
        first -= 1
    return spans[first][0], spans[last][1]


def chosen(evidence: Sequence[Evidence], threshold: float) -> list[Evidence]:
    """One to three passages that say different things, about ``MAX_WORDS`` words in all.

    Those of a yes/no question all have the verdict of the first.
    """
    kept: list[Evidence] = []
    total = 0
    for item in evidence:
        text = quotation(item)
        count = len(text.split())
        if kept and (
            item.confidence < max(NEXT_BEST * kept[0].confidence, threshold)
            or item.verdict != kept[0].verdict
            or total + count > MAX_WORDS
        ):
            continue
        if any(repeats(text, quotation(other)) for other in kept):
            continue
        kept.append(item)
        total += count
        if len(kept) == MAX_SENTENCES:
            break
    return kept


def quotation(evidence: Evidence) -> str:
    """The quoted words."""
    return evidence.node.paragraph.text[slice(*evidence.quote)]


def _weakest(
    question: Question,
    asked: Sequence[str],
    here: NDArray[np.float32],
    article: NDArray[np.float32] | None = None,
) -> float:
    """The worst coverage of the names and figures of the question, 1 without any.

    ``asked`` are the words of the question; ``here`` and ``article``, float32[n_words], say how the
    paragraph and its whole article cover them.
    """
    covered = here if article is None else np.maximum(here, ARTICLE_ONLY_WEIGHT * article)
    folded = {word for text in (*question.names, *question.numbers) for word in words(text)}
    return min(
        (float(c) for word, c in zip(asked, covered, strict=True) if word in folded), default=1.0
    )


def repeats(text: str, other: str) -> bool:
    left, right = set(map(fold, text.split())), set(map(fold, other.split()))
    return len(left & right) >= 0.7 * min(len(left), len(right))
