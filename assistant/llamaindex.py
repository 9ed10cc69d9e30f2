"""Tanya's parts for any LlamaIndex program: embedding, retrievers and reranker.

``HybridRetriever`` and its parts search an index made by ``tanya index``; ``TanyaEmbedding`` and
``SoftIdfRerank`` work on any nodes.
"""

from __future__ import annotations

from typing import Any

from llama_index.core.base.embeddings.base import BaseEmbedding
from llama_index.core.bridge.pydantic import PrivateAttr

from assistant.config import default_index
from index.encoder import Encoder, StaticEncoder
from index.encoder.models import ModelEncoder, open_encoder
from index.rerank import CrossEncoderRerank, SoftIdfRerank, SoftMatcher
from index.retrieve import DenseRetriever, HybridRetriever, LexicalRetriever
from index.store import Store

__all__ = [
    "CrossEncoderRerank",
    "DenseRetriever",
    "HybridRetriever",
    "LexicalRetriever",
    "ModelEncoder",
    "SoftIdfRerank",
    "SoftMatcher",
    "StaticEncoder",
    "Store",
    "TanyaEmbedding",
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
