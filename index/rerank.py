"""Rerank by soft-IDF late interaction: which words of a paragraph answer the question's words.

For each content word of the question the best match with any word of the paragraph and its
title, averaged with the words' inverse document frequencies as weights. A match is the word
itself, a translation of it, another spelling, or a near word vector (as in ColBERT's MaxSim,
Khattab and Zaharia 2020, over static vectors).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import Any

import numpy as np
from llama_index.core.bridge.pydantic import PrivateAttr
from llama_index.core.postprocessor.types import BaseNodePostprocessor
from llama_index.core.schema import BaseNode, NodeWithScore, QueryBundle
from numpy.typing import NDArray

from index.chunking import in_context
from index.encoder import Vectors
from index.lexicon import Lexicon, QueryWord
from index.text import content_words, grams, lemma
from index.vocabulary import Ids, ParagraphWords, Vocabulary, beginning

FLOOR = 0.3  # a cosine below says nothing; it counts as 0
MIX = 0.4  # the share of coverage in the score
TOGETHER = 0.3  # the share of coverage within a few words of each other
RUN = 15  # so many content words are near each other; about thirty words of running text
ACROSS = 1.15  # evens out that translations cover a question less than its own words do
SPELLING = 0.85  # what two spellings of one word count when their 4-grams agree
ROW = "row"  # in a node's metadata: the row of its words
NOTHING: Ids = np.array([-1], dtype=np.int32)  # stands for the words of an empty text


@dataclass(frozen=True, slots=True)
class Coverage:
    """How well a text covers the question's content words.

    ``best`` float32[n_words] in [0, 1] says how well the text's best match stands for each word
    asked, and ``weights`` float32[n_words] are the inverse document frequencies of these words.
    ``score`` is the weighted mean of ``best``, and ``together`` the same within the run of about
    ``RUN`` words that covers the question best.
    """

    words: list[str]
    best: NDArray[np.float32]
    weights: NDArray[np.float32]
    score: float
    together: float


class SoftMatcher:
    """Scores how texts cover a question, word by word. For one thread at a time."""

    def __init__(
        self,
        vocabulary: Vocabulary,
        idf: Callable[[str], float],
        lexicon: Lexicon | None = None,
        paragraphs: ParagraphWords | None = None,
    ) -> None:
        """``paragraphs`` holds the words of paragraphs by row, numbered as in ``vocabulary``."""
        self.vocabulary = vocabulary
        self._idf = idf
        self._lexicon = lexicon or Lexicon()
        self._paragraphs = paragraphs
        self._last: _Asked | None = None  # the same question covers texts several times

    def coverage(self, question: str, texts: Sequence[str | Ids]) -> list[Coverage]:
        """The coverage of the question by each text, given as it is written or by its words."""
        words = [content_words(text) for text in texts if isinstance(text, str)]
        ids = self.vocabulary.ids(list(chain.from_iterable(words)))
        ends = np.cumsum([len(one) for one in words], dtype=np.int64)
        written = iter(np.split(ids, ends[:-1]))
        return self._covers(
            question, [next(written) if isinstance(text, str) else text for text in texts]
        )

    def node_coverage(self, question: str, nodes: Sequence[BaseNode]) -> list[Coverage]:
        """The coverage of the question by each node, together with its title and day.

        Nodes that come from an index are not read again.
        """
        if self._paragraphs is not None and all(ROW in node.metadata for node in nodes):
            words = self._paragraphs[[node.metadata[ROW] for node in nodes]]
            return self.coverage(question, words)
        return self.coverage(question, [_context(node) for node in nodes])

    def _covers(self, question: str, texts: Sequence[Ids]) -> list[Coverage]:
        if not texts:
            return []
        asked, matches, starts, lengths = self._matched(question, texts)
        best = np.maximum.reduceat(matches, starts, axis=1)
        scores = (asked.weights @ best / asked.total).tolist()
        near = _within(matches, asked, starts, lengths, RUN // 3, 3).tolist()
        return [
            Coverage(asked.words, best[:, i], asked.weights, scores[i], near[i])
            for i in range(len(texts))
        ]

    def _matched(
        self, question: str, texts: Sequence[Ids]
    ) -> tuple[_Asked, NDArray[np.float32], NDArray[np.int64], NDArray[np.int64]]:
        """The words asked, and how well each word of the texts stands for them.

        float32[n_asked, n], where each text begins, and its length; an empty one has one word.
        """
        asked = self._asked(question)
        texts = [text if len(text) else NOTHING for text in texts]
        found, column = np.unique(np.concatenate(texts), return_inverse=True)
        matches = self._matches(asked, found)[:, column]
        lengths = np.array([len(text) for text in texts])
        return asked, matches, np.cumsum(lengths) - lengths, lengths

    def _asked(self, question: str) -> _Asked:
        last = self._last
        if last is None or last.question != question:
            words = self._lexicon.query(question)
            weights = np.array([self._weight(one) for one in words], dtype=np.float32)
            vectors = self.vocabulary.vectors([one.word for one in words])
            last = self._last = _Asked(question, words, weights, vectors)
        return last

    def _weight(self, asked: QueryWord) -> float:
        """The word's rarity, or that of its translations where these are commoner."""
        own = self._idf(asked.word)
        if not asked.translations:
            return own
        shares = [(strength * strength, self._idf(word)) for word, strength in asked.translations]
        return min(own, sum(s * idf for s, idf in shares) / sum(s for s, _ in shares))

    def _matches(self, asked: _Asked, found: Ids) -> NDArray[np.float32]:
        """How well each word found stands for each word asked, float32[n_asked, n_found].

        Words are found by their numbers, in ascending order; a negative one is no word.
        """
        vocabulary = self.vocabulary
        words = found[found >= 0]
        matches = np.zeros((len(asked.words), len(found)), dtype=np.float32)
        if not len(words) or not asked.words:
            return matches
        own = matches[:, len(found) - len(words) :]
        cosines = vocabulary.cosines(asked.vectors, words)
        np.clip((cosines - FLOOR) / (1 - FLOOR), 0.0, 1.0, out=own)
        own[asked.figures] = 0.0  # another number is no support, however near its vector
        beginnings = vocabulary.beginnings(words)
        for i, word in asked.spelled:
            alike = (beginnings == beginning(word)) & (own[i] < SPELLING)
            for j in np.flatnonzero(alike):
                if same_spelling(word, vocabulary.word(words[j])):
                    own[i, j] = SPELLING
        forms, strengths = asked.wanted(vocabulary)
        for written in (words, vocabulary.lemmas(words)):
            place = np.minimum(np.searchsorted(forms, written), len(forms) - 1)
            hit = np.flatnonzero(forms[place] == written)
            own[:, hit] = np.maximum(own[:, hit], strengths[:, place[hit]])
        return matches


class _Asked:
    """A question made ready for matching: what its words look like, mean and weigh.

    ``weights`` float32[n_words], whose sum is ``total``, and ``vectors`` float32[n_words,
    dimensions] are of ``words``. ``figures`` are the places of those words that are numbers,
    ``spelled`` the places of those of the others that are long enough to be spelled otherwise,
    with the words.
    """

    def __init__(
        self, question: str, asked: list[QueryWord], weights: NDArray[np.float32], vectors: Vectors
    ) -> None:
        self.question = question
        self.words = [one.word for one in asked]
        self.weights = weights
        self.total = max(float(weights.sum()), 1e-6)
        self.vectors = vectors
        self.figures = [i for i, word in enumerate(self.words) if word[0].isdigit()]
        self.spelled = [
            (i, word)
            for i, word in enumerate(self.words)
            if i not in self.figures and beginning(word)
        ]
        self._forms: dict[str, list[tuple[int, float]]] = {}
        for i, one in enumerate(asked):
            meant = [(one.word, 1.0)]
            if i not in self.figures:
                meant = [*one.translations, *one.synonyms, (one.word, 1.0)]
            for word, strength in meant:
                for form in {word, lemma(word)}:
                    self._forms.setdefault(form, []).append((i, strength))

    def wanted(self, vocabulary: Vocabulary) -> tuple[Ids, NDArray[np.float32]]:
        """The forms that stand for words asked, and how well.

        Their numbers in ascending order, int32[n], and float32[n_words, n].
        """
        numbers = {form: vocabulary.find(form) for form in self._forms}
        forms = sorted(numbers, key=numbers.__getitem__)
        strengths = np.zeros((len(self.words), len(forms)), dtype=np.float32)
        for column, form in enumerate(forms):
            for i, strength in self._forms[form]:
                strengths[i, column] = max(strengths[i, column], strength)
        return np.array([numbers[form] for form in forms], dtype=np.int32), strengths


def _within(
    matches: NDArray[np.float32],
    asked: _Asked,
    starts: NDArray[np.int64],
    lengths: NDArray[np.int64],
    step: int,
    count: int,
) -> NDArray[np.float32]:
    """How well the best run of ``count`` times ``step`` words of each text covers the question.

    float32[n_texts]. Runs begin at every ``step``-th word.
    """
    steps = -(-lengths // step)
    ends = np.cumsum(steps)
    owner = np.repeat(np.arange(len(steps)), steps)
    number = np.arange(ends[-1]) - (ends - steps)[owner]  # of the step in its text
    runs = np.maximum.reduceat(matches, starts[owner] + number * step, axis=1)
    width = 1
    while width < count:  # a run is the better of two shorter ones that overlap
        ahead = min(width, count - width)
        same = owner[ahead:] == owner[:-ahead]
        longer = runs.copy()
        longer[:, :-ahead] = np.maximum(runs[:, :-ahead], runs[:, ahead:] * same)
        runs, width = longer, width + ahead
    found: NDArray[np.float32] = np.maximum.reduceat(asked.weights @ runs, ends - steps)
    return found / asked.total


def same_spelling(word: str, other: str) -> bool:
    """Whether two longer words share most of their 4-grams, as "ukraina" and "ukraine" do."""
    if min(len(word), len(other)) < 5 or word[:2] != other[:2]:
        return False
    left, right = set(grams(word)), set(grams(other))
    return 2 * len(left & right) >= 0.6 * (len(left) + len(right))


class SoftIdfRerank(BaseNodePostprocessor):
    """Mixes each node's score with the question's soft-IDF coverage by its text and title.

    A part of it is the coverage within a run of words: an answer stands near what is asked
    about (proximity, Tao and Zhai 2007).

    Works on any LlamaIndex nodes; scores are divided by the best before they are mixed.
    """

    top: int = 10
    language: str = "id"
    _matcher: SoftMatcher = PrivateAttr()

    def __init__(self, matcher: SoftMatcher, top: int = 10, language: str = "id") -> None:
        super().__init__(top=top, language=language)  # type: ignore[call-arg]  # pydantic fields
        self._matcher = matcher

    @classmethod
    def class_name(cls) -> str:
        return "SoftIdfRerank"

    def _postprocess_nodes(
        self, nodes: list[NodeWithScore], query_bundle: QueryBundle | None = None
    ) -> list[NodeWithScore]:
        if query_bundle is None or not nodes:
            return nodes[: self.top]
        covers = self._matcher.node_coverage(query_bundle.query_str, [one.node for one in nodes])
        across = [one.metadata.get("language", self.language) != self.language for one in nodes]
        scores = mixed([node.score or 0.0 for node in nodes], covers, across)
        ranked = [
            NodeWithScore(node=one.node, score=score)
            for one, score in zip(nodes, scores, strict=True)
        ]
        ranked.sort(key=lambda node: (-(node.score or 0.0), node.node.node_id))
        return ranked[: self.top]


def mixed(
    scores: Sequence[float], covers: Sequence[Coverage], across: Sequence[bool]
) -> list[float]:
    """The scores of paragraphs mixed with how these cover the question.

    ``across`` tells those in another language than the question's.
    """
    best = max([1e-6, *scores])
    return [
        ((1 - MIX - TOGETHER) * score / best + MIX * cover.score + TOGETHER * cover.together)
        * (ACROSS if other else 1)
        for score, cover, other in zip(scores, covers, across, strict=True)
    ]


def _context(node: BaseNode) -> str:
    """What ``in_context`` says of a node."""
    published = node.metadata.get("published")
    day = datetime.fromisoformat(published) if published else None
    return in_context(node.metadata.get("title", ""), day, node.get_content())


class CrossEncoderRerank(BaseNodePostprocessor):
    """Orders the best ``top`` nodes as a sentence-transformers cross-encoder ranks them.

    The scores stay and are dealt out anew in that order, so that what is calibrated on them
    keeps its meaning. Nodes behind the best ``top`` keep their places.
    """

    top: int = 20
    _model: Any = PrivateAttr()

    def __init__(self, model: str | Any, top: int = 20) -> None:
        """``model``: its name or folder, or a ``CrossEncoder``."""
        super().__init__(top=top)  # type: ignore[call-arg]  # a pydantic field
        if isinstance(model, str):
            from sentence_transformers import CrossEncoder

            model = CrossEncoder(model, trust_remote_code=False)
        self._model = model

    @classmethod
    def class_name(cls) -> str:
        return "CrossEncoderRerank"

    def _postprocess_nodes(
        self, nodes: list[NodeWithScore], query_bundle: QueryBundle | None = None
    ) -> list[NodeWithScore]:
        if query_bundle is None or not nodes:
            return nodes
        head, tail = nodes[: self.top], nodes[self.top :]
        pairs = [(query_bundle.query_str, _context(node.node)) for node in head]
        likely = self._model.predict(pairs, show_progress_bar=False)
        order = sorted(range(len(head)), key=lambda i: (-float(likely[i]), i))
        scores = sorted((node.score or 0.0 for node in head), reverse=True)
        ranked = [
            NodeWithScore(node=head[i].node, score=score)
            for i, score in zip(order, scores, strict=True)
        ]
        return ranked + tail
