"""LlamaIndex retrievers over a store: dense, lexical, and the two fused."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import Future
from dataclasses import dataclass

from llama_index.core.retrievers import BaseRetriever
from llama_index.core.schema import NodeWithScore, QueryBundle, TextNode

from index.catalog import StoredNode, article_of
from index.encoder import Vectors
from index.filters import Selection
from index.rerank import ROW
from index.store import Store
from index.types import Language

CANDIDATES = 100  # of each kind, before fusion
DENSE_WEIGHT = 0.4  # of the fused score
OTHER_SHARE = 0.4  # of the candidates: the language that is found less often


@dataclass(frozen=True, slots=True)
class Found:
    """A paragraph that was found, by its id and its row in the store; nothing of it is read yet."""

    node_id: str
    row: int
    language: Language
    score: float


def to_node(store: Store, stored: StoredNode, score: float) -> NodeWithScore:
    """The LlamaIndex node of a paragraph; its metadata says where it comes from."""
    paragraph = stored.paragraph
    article = store.article(paragraph.article_id)
    metadata = {
        "article_id": article.id,
        "number": paragraph.number,
        "title": article.title,
        "source": article.source,
        "url": article.url,
        "published": article.published.isoformat() if article.published else "",
        "language": article.language,
        ROW: stored.row,
    }
    hidden = [name for name in metadata if name != "title"]
    node = TextNode(
        id_=stored.node_id,
        text=paragraph.text,
        metadata=metadata,
        excluded_embed_metadata_keys=hidden,
        excluded_llm_metadata_keys=hidden,
    )
    return NodeWithScore(node=node, score=score)


class DenseRetriever(BaseRetriever):
    """Paragraphs by cosine of their vectors; scores lie in [-1, 1]."""

    def __init__(self, store: Store, top: int = 10) -> None:
        self._store = store
        self._top = top
        super().__init__()

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        vector = self._store.encoder.encode_questions([query_bundle.query_str])[0]
        return _nodes(self._store, self._store.dense(vector, self._top))


class LexicalRetriever(BaseRetriever):
    """Paragraphs by BM25 over words, lemmas and character 4-grams."""

    def __init__(self, store: Store, top: int = 10) -> None:
        self._store = store
        self._top = top
        super().__init__()

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        return _nodes(self._store, self._store.lexical.search(query_bundle.query_str, self._top))


class HybridRetriever(BaseRetriever):
    """Dense and lexical candidates, ranked by the weighted sum of their scores.

    Each score is divided by the best of its kind (max normalisation). The cosine is exact for
    every candidate, also for those that only the lexical search found.
    """

    def __init__(
        self,
        store: Store,
        top: int = 50,
        dense_weight: float = DENSE_WEIGHT,
        articles: Selection | None = None,
    ) -> None:
        """``articles`` restricts the search to what ``store.select`` gave; None searches all."""
        self._store = store
        self._articles = articles
        self._top = top
        self._dense_weight = dense_weight
        super().__init__()

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        return to_nodes(self._store, self.search(query_bundle.query_str))

    def search(self, question: str) -> list[Found]:
        """What retrieving gives, without its text: most of it is never looked at."""
        vector = self._store.encoder.encode_questions([question])[0]
        lexical, dense = self._candidates(question, vector)
        cosines = self._store.cosines(lexical.keys() | dense.keys(), vector)
        best_cosine = max([1e-6, *(cosine for _, _, cosine in cosines)])
        best_lexical = max(lexical.values(), default=0.0) or 1.0
        fused = []
        for node_id, row, cosine in cosines:
            words = (1 - self._dense_weight) * lexical.get(node_id, 0.0) / best_lexical
            meaning = self._dense_weight * max(cosine, 0.0) / best_cosine
            language = self._store.article(article_of(node_id)).language
            fused.append(Found(node_id, row, language, meaning + words))
        return self._both_languages(best_first(fused))

    def _candidates(
        self, question: str, vector: Vectors
    ) -> tuple[dict[str, float], dict[str, float]]:
        """The best of each kind with their scores: lexical, then dense.

        Both engines search at the same time, outside Python.
        """
        dense: Future[list[tuple[str, float]]] = Future()

        def search() -> None:
            try:
                dense.set_result(self._store.dense(vector, CANDIDATES, self._articles))
            except BaseException as error:  # also a panic in Rust; raised where it is asked for
                dense.set_exception(error)

        beside = threading.Thread(target=search, name="dense", daemon=True)
        beside.start()
        try:
            lexical = self._store.lexical.search(question, CANDIDATES, self._articles)
        finally:
            beside.join()  # nobody may close the store before
        return dict(lexical), dict(dense.result())

    def _both_languages(self, ranked: list[Found]) -> list[Found]:
        """The best ``top``, but at least ``OTHER_SHARE`` of them in the less frequent language.

        Scores across languages are lower: without a share of its own, a collection's other
        language would rarely be read.
        """
        best = ranked[: self._top]
        languages = [one.language for one in ranked]
        found = Counter(languages[: self._top])
        rare: Language = "id" if found["id"] < found["en"] else "en"
        wanted = int(OTHER_SHARE * self._top)
        others = [i for i, language in enumerate(languages) if language == rare][:wanted]
        missing = [i for i in others if i >= self._top]
        if missing:
            inside = [i for i in range(len(best)) if languages[i] != rare]
            dropped = set(inside[len(inside) - len(missing) :])
            best = [one for i, one in enumerate(best) if i not in dropped]
            best += [ranked[i] for i in missing]
        return best


def best_first(found: Iterable[Found]) -> list[Found]:
    return sorted(found, key=lambda one: (-one.score, one.node_id))


def to_nodes(store: Store, found: Iterable[Found]) -> list[NodeWithScore]:
    """The LlamaIndex nodes of what was found, in the same order."""
    return _nodes(store, [(one.node_id, one.score) for one in found])


def _nodes(store: Store, hits: list[tuple[str, float]]) -> list[NodeWithScore]:
    scores = dict(hits)
    return [to_node(store, stored, scores[stored.node_id]) for stored in store.nodes(list(scores))]
