"""Rerank by soft-IDF late interaction: which words of a paragraph answer the question's words.

For each content word of the question the best cosine to any word of the paragraph and its
title (as in ColBERT's MaxSim, Khattab and Zaharia 2020, over static vectors), averaged with
the words' inverse document frequencies as weights.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from llama_index.core.bridge.pydantic import PrivateAttr
from llama_index.core.postprocessor.types import BaseNodePostprocessor
from llama_index.core.schema import NodeWithScore, QueryBundle
from numpy.typing import NDArray

from index.encoder import Encoder
from index.text import content_words, grams, lemma, words

FLOOR = 0.3  # a cosine below says nothing; it counts as 0
MIX_SAME_LANGUAGE = 0.5
MIX_ACROSS = 0.8
SPELLING = 0.85  # what two spellings of one word count when their 4-grams agree


@dataclass(frozen=True, slots=True)
class Coverage:
    """How well a text covers the question's content words.

    ``best`` float32[n_words] in [0, 1] for each word, ``weights`` float32[n_words] their
    inverse document frequencies, ``score`` the weighted mean of ``best``.
    """

    words: list[str]
    best: NDArray[np.float32]
    weights: NDArray[np.float32]

    @property
    def score(self) -> float:
        total = float(self.weights.sum())
        return float((self.best * self.weights).sum()) / total if total else 0.0


class SoftMatcher:
    """Scores how texts cover a question, word by word."""

    def __init__(self, encoder: Encoder, idf: Callable[[str], float]) -> None:
        self._encoder = encoder
        self._idf = idf

    def coverage(self, question: str, texts: list[str]) -> list[Coverage]:
        """The coverage of the question by each text."""
        asked = list(dict.fromkeys(content_words(question))) or list(dict.fromkeys(words(question)))
        weights = np.array([self._idf(word) for word in asked], dtype=np.float32)
        vectors = self._encoder.word_vectors(asked)
        return [self._cover(asked, weights, vectors, text) for text in texts]

    def _cover(
        self,
        asked: list[str],
        weights: NDArray[np.float32],
        vectors: NDArray[np.float32],
        text: str,
    ) -> Coverage:
        found = list(dict.fromkeys(content_words(text)))
        if not found or not asked:
            return Coverage(asked, np.zeros(len(asked), dtype=np.float32), weights)
        cosines = vectors @ self._encoder.word_vectors(found).T
        best = np.clip((cosines.max(axis=1) - FLOOR) / (1 - FLOOR), 0.0, 1.0).astype(np.float32)
        lemmas = {lemma(word) for word in found}
        for i, word in enumerate(asked):
            if word in found or lemma(word) in lemmas:
                best[i] = 1.0
            elif word[0].isdigit():
                best[i] = 0.0  # another number is no support, however near its vector
            elif best[i] < SPELLING and any(same_spelling(word, other) for other in found):
                best[i] = SPELLING
        return Coverage(asked, best, weights)


def same_spelling(word: str, other: str) -> bool:
    """Whether two longer words share most of their 4-grams, as "ukraina" and "ukraine" do."""
    if min(len(word), len(other)) < 5 or word[:2] != other[:2]:
        return False
    left, right = set(grams(word)), set(grams(other))
    return 2 * len(left & right) >= 0.6 * (len(left) + len(right))


class SoftIdfRerank(BaseNodePostprocessor):
    """Mixes each node's score with the question's soft-IDF coverage by its text and title.

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
        texts = [f"{n.node.metadata.get('title', '')} {n.node.get_content()}" for n in nodes]
        covers = self._matcher.coverage(query_bundle.query_str, texts)
        best = max(max(node.score or 0.0 for node in nodes), 1e-6)
        ranked = []
        for node, cover in zip(nodes, covers, strict=True):
            same = node.node.metadata.get("language", self.language) == self.language
            mix = MIX_SAME_LANGUAGE if same else MIX_ACROSS
            score = (1 - mix) * (node.score or 0.0) / best + mix * cover.score
            ranked.append(NodeWithScore(node=node.node, score=score))
        ranked.sort(key=lambda node: (-(node.score or 0.0), node.node.node_id))
        return ranked[: self.top]
