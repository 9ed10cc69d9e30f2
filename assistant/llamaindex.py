"""Tanya's parts for any LlamaIndex program: embedding, retrievers and reranker.

``HybridRetriever`` and its parts search an index made by ``tanya index``; ``TanyaEmbedding`` and
``SoftIdfRerank`` work on any nodes. ``AnswerRetriever`` reads what it finds and puts first what
is likeliest to answer. ``TanyaQueryEngine`` answers as ``Assistant.ask`` does.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from llama_index.core.base.base_query_engine import BaseQueryEngine
from llama_index.core.base.embeddings.base import BaseEmbedding
from llama_index.core.base.response.schema import Response
from llama_index.core.bridge.pydantic import PrivateAttr
from llama_index.core.callbacks import CallbackManager
from llama_index.core.prompts.mixin import PromptMixinType
from llama_index.core.retrievers import BaseRetriever
from llama_index.core.schema import NodeWithScore, QueryBundle, TextNode

from assistant.assistant import Assistant
from assistant.confidence import Calibration
from assistant.config import default_index
from assistant.extract import Extractor
from assistant.question import understand
from assistant.reader import bundled_reader
from assistant.types import Answer
from index.encoder import Encoder, StaticEncoder
from index.encoder.models import ModelEncoder, open_encoder
from index.filters import Filter, Selection
from index.rerank import CrossEncoderRerank, SoftIdfRerank, SoftMatcher
from index.retrieve import (
    DenseRetriever,
    HybridRetriever,
    LexicalRetriever,
    to_nodes,
)
from index.store import Store
from index.vocabulary import Vocabulary

__all__ = [
    "AnswerRetriever",
    "CrossEncoderRerank",
    "DenseRetriever",
    "Filter",
    "HybridRetriever",
    "LexicalRetriever",
    "ModelEncoder",
    "SoftIdfRerank",
    "SoftMatcher",
    "StaticEncoder",
    "Store",
    "TanyaEmbedding",
    "TanyaQueryEngine",
    "Vocabulary",
    "default_index",
    "open_encoder",
]


class TanyaEmbedding(BaseEmbedding):
    """The bundled bilingual encoder as a LlamaIndex embedding, or any other ``Encoder``."""

    _encoder: Encoder = PrivateAttr()

    def __init__(self, encoder: Encoder | None = None, **kwargs: Any) -> None:
        kwargs.setdefault("model_name", "tanya-bilingual-static")
        super().__init__(**kwargs)
        self._encoder = encoder or StaticEncoder()

    @classmethod
    def class_name(cls) -> str:
        return "TanyaEmbedding"

    def _get_query_embedding(self, query: str) -> list[float]:
        vector: list[float] = self._encoder.encode_questions([query])[0].tolist()
        return vector

    async def _aget_query_embedding(self, query: str) -> list[float]:
        return self._get_query_embedding(query)

    def _get_text_embedding(self, text: str) -> list[float]:
        return self._get_text_embeddings([text])[0]

    def _get_text_embeddings(self, texts: list[str]) -> list[list[float]]:
        vectors: list[list[float]] = self._encoder.encode(texts).tolist()
        return vectors


class AnswerRetriever(BaseRetriever):
    """Paragraphs in the order in which answers are looked for in them.

    The best of ``HybridRetriever`` and ``SoftIdfRerank`` are read; their score is the probability
    that they answer the question. The others follow as they were ranked, with 0.
    """

    def __init__(
        self,
        store: Store,
        top: int = 10,
        articles: Selection | None = None,
    ) -> None:
        """``articles`` restricts the search to what ``store.select`` gave."""
        self._store = store
        self._reader = bundled_reader()
        self._calibration = Calibration.load()
        self._top = top
        self._articles = articles
        super().__init__()

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        question = understand(query_bundle.query_str)
        extractor = Extractor(self._store, self._reader, self._calibration)
        ranked = extractor.ranked(question, self._articles)
        sure = {one.node.node_id: one.confidence for one in extractor.judged(question, ranked)}
        found = {one.found.node_id: one.found for one in ranked}
        order = [*sure, *(one for one in found if one not in sure)][: self._top]
        scored = [replace(found[one], score=sure.get(one, 0.0)) for one in order]
        return to_nodes(self._store, scored)


class TanyaQueryEngine(BaseQueryEngine):
    """An assistant as a LlamaIndex query engine.

    The response holds the text, a node for each citation, and ``Answer.to_dict()`` as metadata.
    """

    def __init__(self, assistant: Assistant) -> None:
        self._assistant = assistant
        super().__init__(callback_manager=CallbackManager([]))

    def _get_prompt_modules(self) -> PromptMixinType:
        return {}

    def _query(self, query_bundle: QueryBundle) -> Response:
        return _response(self._assistant.ask(query_bundle.query_str))

    async def _aquery(self, query_bundle: QueryBundle) -> Response:
        return _response(await self._assistant.aask(query_bundle.query_str))


def _response(answer: Answer) -> Response:
    nodes = []
    for one in answer.citations:
        facts = one.to_dict()
        shown = ("marker", "article_id", "number", "title", "date", "source", "url", "language")
        node = TextNode(
            id_=one.paragraph.public_id,
            text=one.paragraph.text,
            metadata={name: facts[name] for name in shown},
        )
        nodes.append(NodeWithScore(node=node, score=answer.confidence))
    return Response(answer.text, source_nodes=nodes, metadata=answer.to_dict())
