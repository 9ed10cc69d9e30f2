"""Vectors of paragraphs: a float16 file that is the truth, and Chroma for searching it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import chromadb
import numpy as np
from chromadb.api.shared_system_client import SharedSystemClient
from chromadb.config import Settings
from numpy.typing import NDArray

from index.encoder import Vectors
from index.errors import ForkedError
from index.forks import in_copies, never_free
from index.generations import DATABASE

COLLECTION = "paragraphs"
BATCH = 5_000  # below Chroma's maximum of 5,461
CACHED = 1_000  # vectors that fit into a processor's cache as float32
SHRUNK = 2.0**-112  # the bias of float16 exponents beside that of float32
SIGN_AND_NUMBER = np.int32(-0x70000001)  # without the copies of the sign that a shift leaves
SEARCH_WIDTH = 400  # Chroma's default of 100 loses a quarter of the true top 100


in_copies(lambda: never_free(SharedSystemClient._identifier_to_system))


def shrunk(halves: NDArray[np.float16]) -> Vectors:
    """Finite float16 numbers times ``SHRUNK`` as float32, exactly.

    The exponent of a float32 has three bits more and another bias: moving the bits and keeping
    the sign is three times as fast as NumPy's conversion.

    >>> float(shrunk(np.array([-1.5], dtype=np.float16))[0]) == -1.5 * SHRUNK
    True
    """
    bits = halves.view(np.int16).astype(np.int32)
    bits <<= 13
    bits &= SIGN_AND_NUMBER
    return bits.view(np.float32)


class VectorFile:
    """float16[rows, dimensions]; line ``row - 1`` belongs to the catalog's paragraph ``row``."""

    def __init__(self, path: Path, dimensions: int) -> None:
        self._path = path
        self._dimensions = dimensions
        size = path.stat().st_size if path.exists() else 0
        rows = size // (2 * dimensions)
        self._rows: NDArray[np.float16] | None = None
        if rows:
            mapped = np.memmap(path, dtype=np.float16, mode="r", shape=(rows, dimensions))
            self._rows = np.asarray(mapped)  # every operation on a memmap itself takes longer

    def __len__(self) -> int:
        return 0 if self._rows is None else len(self._rows)

    def __getitem__(self, rows: Sequence[int] | NDArray[np.int64]) -> Vectors:
        """The vectors of these catalog rows, float32[len(rows), dimensions]."""
        if self._rows is None or len(rows) == 0:
            return np.zeros((0, self._dimensions), dtype=np.float32)
        found: Vectors = self._rows[np.asarray(rows) - 1].astype(np.float32)
        return found

    def nearest(
        self, rows: NDArray[np.int64], vector: Vectors, top: int
    ) -> list[tuple[int, float]]:
        """The best of these rows with their cosine to ``vector`` float32[dimensions]; exact."""
        if self._rows is None:
            return []
        lines = rows - 1
        most = 2 * len(lines) > len(self)  # then to read on is quicker than to pick
        cosines = np.empty(len(self) if most else len(lines), dtype=np.float32)
        enlarged = vector * np.float32(1 / SHRUNK)
        for start in range(0, len(cosines), CACHED):
            part = slice(start, start + CACHED)
            halves = self._rows[part] if most else self._rows.take(lines[part], axis=0)
            cosines[part] = shrunk(halves) @ enlarged
        if most:
            cosines = cosines[lines]
        best = np.argpartition(-cosines, top)[:top] if top < len(rows) else np.arange(len(rows))
        best = best[np.lexsort((rows[best], -cosines[best]))]
        return list(zip(rows[best].tolist(), cosines[best].tolist(), strict=True))

    @staticmethod
    def write(path: Path, dimensions: int, rows: Sequence[int], vectors: Vectors) -> None:
        """Put ``vectors`` float32[len(rows), dimensions] at these rows; the file grows."""
        if not rows:
            return
        path.touch()
        with path.open("r+b") as file:
            for row, vector in zip(rows, vectors.astype(np.float16), strict=True):
                file.seek((row - 1) * 2 * dimensions)
                file.write(vector.tobytes())


class ChromaStore:
    """An embedded Chroma folder with ids and vectors only.

    All of them share threads, which are not in a copy of the process (``os.fork``): once one was
    open before, none can be opened there.
    """

    _process: int | None = None

    def __init__(self, folder: Path, create: bool = False) -> None:
        """
        Raises:
            ForkedError: one was opened before this process was copied.
        """
        if not self._has_threads():
            raise ForkedError("forked")
        ChromaStore._process = os.getpid()
        self._client = chromadb.PersistentClient(
            path=str(folder), settings=Settings(anonymized_telemetry=False)
        )
        if create:
            self._collection = self._client.get_or_create_collection(
                COLLECTION,
                embedding_function=None,
                configuration={"hnsw": {"space": "cosine", "ef_search": SEARCH_WIDTH}},
            )
        else:
            self._collection = self._client.get_collection(COLLECTION, embedding_function=None)

    @staticmethod
    def can_open(folder: Path) -> bool:
        """Whether this process may write the folder: Chroma does, even to read it."""
        return (
            ChromaStore._has_threads()
            and os.access(folder, os.W_OK)
            and os.access(folder / DATABASE, os.W_OK)
        )

    @staticmethod
    def _has_threads() -> bool:
        return ChromaStore._process in (None, os.getpid())

    def __len__(self) -> int:
        return self._collection.count()

    def ids(self) -> list[str]:
        """The ids of all nodes, in no order."""
        return list(self._collection.get(include=[])["ids"])

    def add(self, node_ids: Sequence[str], vectors: Vectors) -> None:
        for start in range(0, len(node_ids), BATCH):
            part = slice(start, start + BATCH)
            self._collection.add(ids=list(node_ids[part]), embeddings=vectors[part])

    def delete(self, node_ids: Sequence[str]) -> None:
        for start in range(0, len(node_ids), BATCH):
            self._collection.delete(ids=list(node_ids[start : start + BATCH]))

    def search(self, vector: Vectors, top: int) -> list[tuple[str, float]]:
        """Node ids with their cosine to ``vector`` float32[dimensions], best first."""
        if top < 1:
            return []
        found = self._collection.query(
            query_embeddings=vector[None], n_results=top, include=["distances"]
        )
        distances = (found["distances"] or [[]])[0]
        hits = [(id_, 1.0 - float(d)) for id_, d in zip(found["ids"][0], distances, strict=True)]
        return sorted(hits, key=lambda hit: (-hit[1], hit[0]))

    def close(self) -> None:
        close = getattr(self._client, "close", None)
        if close is not None:
            close()
        else:
            SharedSystemClient.clear_system_cache()
