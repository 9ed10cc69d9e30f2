"""Any sentence-transformers model as the encoder of an index, instead of the bundled one."""

from __future__ import annotations

import hashlib
import json
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from index.encoder import Encoder, StaticEncoder, Vectors
from index.errors import IndexFolderError

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

BATCH = 64


class ModelEncoder:
    """A sentence-transformers model, with its own prompts for questions and passages."""

    def __init__(self, name: str, model: SentenceTransformer) -> None:
        self.name = name
        self._model = model

    @cached_property
    def dimensions(self) -> int:
        return int(self.encode(["dimensions"]).shape[1])

    @cached_property
    def fingerprint(self) -> str:
        """Twelve hexadecimal digits of what the model makes of a few sentences.

        Two models that agree on them are the same model wherever their files lie.
        """
        probes = ["Di mana mereka bertemu?", "The ministers met in Geneva.", "12.500 orang"]
        rounded = np.round(self.encode(probes), 2) + 0.0
        told = json.dumps(rounded.tolist())
        return hashlib.sha256(told.encode("ascii")).hexdigest()[:12]

    def encode(self, texts: list[str]) -> Vectors:
        return self._unit(self._model.encode_document(texts, batch_size=BATCH))

    def encode_questions(self, questions: list[str]) -> Vectors:
        return self._unit(self._model.encode_query(questions, batch_size=BATCH))

    @staticmethod
    def _unit(vectors: Vectors) -> Vectors:
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        unit: Vectors = (vectors / np.maximum(lengths, 1e-12)).astype(np.float32)
        return unit


def open_encoder(name: str = "") -> Encoder:
    """The bundled encoder, or the sentence-transformers model of this name or folder.

    Nothing is downloaded unless the user's environment allows it, and no code of a model is run.

    Raises:
        IndexFolderError: there is no such model here.
    """
    if not name:
        return StaticEncoder()
    from sentence_transformers import SentenceTransformer

    try:
        return ModelEncoder(name, SentenceTransformer(name, trust_remote_code=False))
    except (OSError, ValueError) as error:
        reason = str(error).splitlines()[0]
        raise IndexFolderError("no_encoder", name=repr(name), reason=reason) from error
