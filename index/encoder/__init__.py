"""The bundled bilingual encoder: static word-piece vectors, read without importing torch.

A text's vector is the mean of its pieces' vectors, scaled to length 1. The model folder is in
sentence-transformers' own format, so ``SentenceTransformer(BUNDLED)`` gives the same vectors.
"""

from __future__ import annotations

import hashlib
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file
from tokenizers import Tokenizer

from index.text import cleaned

BUNDLED = Path(__file__).parent / "model"

Vectors = NDArray[np.float32]


class Encoder(Protocol):
    """Anything that turns texts into unit vectors. ``name`` opens it again; "" is the bundled."""

    name: str

    @property
    def dimensions(self) -> int: ...

    @property
    def fingerprint(self) -> str: ...

    def encode(self, texts: list[str]) -> Vectors:
        """Unit vectors of passages, float32[len(texts), dimensions]."""
        ...

    def encode_questions(self, questions: list[str]) -> Vectors:
        """Unit vectors of questions, float32[len(questions), dimensions]."""
        ...


class StaticEncoder:
    """Mean of static piece vectors, from a sentence-transformers ``StaticEmbedding`` folder."""

    name = ""

    def __init__(self, folder: Path = BUNDLED) -> None:
        self._folder = folder
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.no_padding()
        self._tokenizer.no_truncation()
        weights = load_file(folder / "model.safetensors")["embedding.weight"]
        self._weights: Vectors = weights.astype(np.float32)

    @property
    def dimensions(self) -> int:
        return int(self._weights.shape[1])

    @cached_property
    def fingerprint(self) -> str:
        """Twelve hexadecimal digits of the weights' and the vocabulary's SHA-256."""
        digest = hashlib.sha256()
        for name in ("model.safetensors", "tokenizer.json"):
            digest.update((self._folder / name).read_bytes())
        return digest.hexdigest()[:12]

    @property
    def pieces(self) -> int:
        """How many pieces there are."""
        return len(self._weights)

    def piece_vectors(self, numbers: NDArray[np.integer[Any]]) -> Vectors:
        """The vectors of these pieces, float32[len(numbers), dimensions]."""
        return self._weights.take(numbers, axis=0)

    def cut(self, texts: list[str]) -> list[list[int]]:
        """The numbers of the pieces of each text."""
        try:
            encoded = self._tokenizer.encode_batch_fast(texts, add_special_tokens=False)
        except TypeError:  # half of a surrogate pair, which stands for nothing
            texts = [cleaned(text) for text in texts]
            encoded = self._tokenizer.encode_batch_fast(texts, add_special_tokens=False)
        return [one.ids for one in encoded]

    def encode(self, texts: list[str]) -> Vectors:
        return unit(self.means(texts))

    def means(self, texts: list[str]) -> Vectors:
        """Means of the piece vectors, float32[len(texts), dimensions].

        The longer such a vector, the more its text says of what it is about.
        """
        return self.means_of(self.cut(texts))

    def means_of(self, cut: list[list[int]]) -> Vectors:
        """``means`` of texts that are cut into pieces already."""
        vectors = np.zeros((len(cut), self.dimensions), dtype=np.float32)
        for row, pieces in enumerate(cut):
            if pieces:
                np.add.reduce(self._weights.take(pieces, axis=0), axis=0, out=vectors[row])
                vectors[row] /= len(pieces)
        return vectors

    def encode_questions(self, questions: list[str]) -> Vectors:
        """The same as ``encode``: questions and passages are embedded alike."""
        return self.encode(questions)


def word_encoder(encoder: Encoder) -> StaticEncoder:
    """The encoder of single words: the given one if it is of that kind, else the bundled one."""
    return encoder if isinstance(encoder, StaticEncoder) else StaticEncoder()


def unit(vectors: Vectors) -> Vectors:
    """The same directions with length 1; what has no direction stays zero."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    scaled: Vectors = vectors / np.maximum(lengths, 1e-12)
    return scaled
