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
from functools import lru_cache
from itertools import chain
from typing import Any

import numpy as np
from llama_index.core.bridge.pydantic import PrivateAttr
from llama_index.core.postprocessor.types import BaseNodePostprocessor
from llama_index.core.schema import NodeWithScore, QueryBundle
from numpy.typing import NDArray

from index.dates import date_words
from index.encoder import StaticEncoder, Vectors
from index.lexicon import Lexicon, QueryWord
from index.text import content_words, grams, lemma

FLOOR = 0.3  # a cosine below says nothing; it counts as 0
MIX = 0.4  # the share of coverage in the score
TOGETHER = 0.3  # the share of coverage within a few words of each other
RUN = 15  # so many content words are near each other; about thirty words of running text
ACROSS = 1.15  # evens out that translations cover a question less than its own words do
SPELLING = 0.85  # what two spellings of one word count when their 4-grams agree


@dataclass(frozen=True, slots=True)
class Coverage:
    """How well a text covers the question's content words.

    ``matches`` float32[n_words, n_text] in [0, 1] says how well each content word of the text
    stands for each word asked, ``best`` float32[n_words] what its best match is worth, and
    ``weights`` float32[n_words] are the inverse document frequencies of the words asked.
    """

    words: list[str]
    matches: NDArray[np.float32]
    best: NDArray[np.float32]
    weights: NDArray[np.float32]

    @property
    def score(self) -> float:
        """The weighted mean of ``best``."""
        total = float(self.weights.sum())
        return float(self.best @ self.weights) / total if total else 0.0

    @property
    def together(self) -> float:
        """The same within the run of about ``RUN`` words that covers the question best."""
        step = RUN // 3
        count = max(3, -(-self.matches.shape[1] // step))
        padded = np.zeros((len(self.words), count * step), dtype=np.float32)
        padded[:, : self.matches.shape[1]] = self.matches
        steps = padded.reshape(len(self.words), count, step).max(axis=2)
        runs = np.maximum(np.maximum(steps[:, :-2], steps[:, 1:-1]), steps[:, 2:])
        total = float(self.weights.sum())
        return float((self.weights @ runs).max()) / total if total else 0.0


class SoftMatcher:
    """Scores how texts cover a question, word by word."""

    def __init__(
        self, encoder: StaticEncoder, idf: Callable[[str], float], lexicon: Lexicon | None = None
    ) -> None:
        self._encoder = encoder
        self._idf = idf
        self._lexicon = lexicon or Lexicon()
        self._last: _Asked | None = None  # the same question covers texts several times

    def coverage(self, question: str, texts: Sequence[str]) -> list[Coverage]:
        """The coverage of the question by each text."""
        asked = self._asked(question)
        found = [_words(text) for text in texts]
        column = {word: j for j, word in enumerate(dict.fromkeys(chain.from_iterable(found)))}
        matches = self._matches(asked, list(column))
        own = [matches[:, [column[word] for word in text]] for text in found]
        return [
            Coverage(asked.words, one, one.max(axis=1, initial=0), asked.weights) for one in own
        ]

    def _asked(self, question: str) -> _Asked:
        last = self._last
        if last is None or last.question != question:
            words = self._lexicon.query(question)
            weights = np.array([self._weight(one) for one in words], dtype=np.float32)
            vectors = self._encoder.word_vectors([one.word for one in words])
            last = self._last = _Asked(question, words, weights, vectors)
        return last

    def _weight(self, asked: QueryWord) -> float:
        """The word's rarity, or that of its translations where these are commoner."""
        own = self._idf(asked.word)
        if not asked.translations:
            return own
        shares = [(strength * strength, self._idf(word)) for word, strength in asked.translations]
        return min(own, sum(s * idf for s, idf in shares) / sum(s for s, _ in shares))

    def _matches(self, asked: _Asked, found: list[str]) -> NDArray[np.float32]:
        """How well each word found stands for each word asked, float32[n_asked, n_found]."""
        cosines = asked.vectors @ self._encoder.word_vectors(found).T
        matches: NDArray[np.float32] = np.clip((cosines - FLOOR) / (1 - FLOOR), 0.0, 1.0)
        matches[asked.figures] = 0.0  # another number is no support, however near its vector
        for j, word in enumerate(found):
            for i in asked.beginnings.get(word[:2], ()):
                if matches[i, j] < SPELLING and same_spelling(asked.words[i], word):
                    matches[i, j] = SPELLING
            for form in (word, lemma(word)):
                for i, strength in asked.wanted.get(form, ()):
                    matches[i, j] = max(matches[i, j], strength)
        return matches


class _Asked:
    """A question made ready for matching: what its words look like, mean and weigh.

    ``weights`` float32[n_words] and ``vectors`` float32[n_words, dimensions] are of ``words``.
    ``figures`` are the numbers of those words that are numbers, ``beginnings`` those of the
    others by their first two letters, and ``wanted`` says by form which word it stands for and
    how well.
    """

    def __init__(
        self, question: str, asked: list[QueryWord], weights: NDArray[np.float32], vectors: Vectors
    ) -> None:
        self.question = question
        self.words = [one.word for one in asked]
        self.weights = weights
        self.vectors = vectors
        self.figures = [i for i, word in enumerate(self.words) if word[0].isdigit()]
        self.beginnings: dict[str, list[int]] = {}
        self.wanted: dict[str, list[tuple[int, float]]] = {}
        for i, one in enumerate(asked):
            meant = [(one.word, 1.0)]
            if i not in self.figures:
                meant = [*one.translations, *one.synonyms, (one.word, 1.0)]
                self.beginnings.setdefault(one.word[:2], []).append(i)
            for word, strength in meant:
                for form in {word, lemma(word)}:
                    self.wanted.setdefault(form, []).append((i, strength))


@lru_cache(maxsize=20_000)
def _words(text: str) -> tuple[str, ...]:
    """The content words of a text; remembered, since paragraphs are covered often."""
    return tuple(content_words(text))


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
        covers = self._matcher.coverage(query_bundle.query_str, [_context(n) for n in nodes])
        best = max(max(node.score or 0.0 for node in nodes), 1e-6)
        ranked = []
        for node, cover in zip(nodes, covers, strict=True):
            same = node.node.metadata.get("language", self.language) == self.language
            score = (1 - MIX - TOGETHER) * (node.score or 0.0) / best
            score += MIX * cover.score + TOGETHER * cover.together
            ranked.append(NodeWithScore(node=node.node, score=score * (1 if same else ACROSS)))
        ranked.sort(key=lambda node: (-(node.score or 0.0), node.node.node_id))
        return ranked[: self.top]


def _context(node: NodeWithScore) -> str:
    """The node's text behind its title and day, which questions name and paragraphs do not."""
    metadata = node.node.metadata
    published = metadata.get("published")
    day = date_words(datetime.fromisoformat(published)) if published else ""
    return f"{metadata.get('title', '')} {day} {node.node.get_content()}"


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
        pairs = [(query_bundle.query_str, _context(node)) for node in head]
        likely = self._model.predict(pairs, show_progress_bar=False)
        order = sorted(range(len(head)), key=lambda i: (-float(likely[i]), i))
        scores = sorted((node.score or 0.0 for node in head), reverse=True)
        ranked = [
            NodeWithScore(node=head[i].node, score=score)
            for i, score in zip(order, scores, strict=True)
        ]
        return ranked + tail
