"""An open generation: everything a reader needs to search it and to show what it found."""

from __future__ import annotations

import weakref
from collections.abc import Sequence
from contextlib import ExitStack, closing
from functools import cached_property
from pathlib import Path

import numpy as np
import sqlalchemy as sa
from chromadb.errors import ChromaError
from numpy.typing import NDArray

from index.catalog import Catalog, StoredNode, article_of
from index.encoder import Encoder, StaticEncoder, Vectors
from index.encoder.models import open_encoder
from index.errors import DamagedIndexError
from index.generations import Generation, check_usable, encoder_name, hold_live
from index.lexical import LexicalIndex, Selection
from index.lexicon import Lexicon
from index.types import Article
from index.vectors import ChromaStore, ExactSearch, VectorFile

EXACT_SHARE = 0.2  # of the collection; a larger selection is searched in Chroma
_NO_ROWS = np.zeros(0, dtype=np.int64)


class Store:
    """The live generation of an index, opened for reading. Safe to use from several threads.

    It stays on the disk until it is closed, or nobody refers to it any more.
    """

    def __init__(
        self, generation: Generation, encoder: Encoder, lexicon: Lexicon, opened: ExitStack
    ) -> None:
        """``opened`` holds what is to be closed with the store."""
        self.name = generation.folder.name
        self.encoder = encoder
        self.words = encoder if isinstance(encoder, StaticEncoder) else StaticEncoder()
        self.lexicon = lexicon
        self.catalog = opened.enter_context(closing(Catalog(generation.catalog)))
        self._articles = {a.id: a for a in self.catalog.articles(text=False)}
        self._vectors = VectorFile(generation.vectors, encoder.dimensions)
        self.lexical = opened.enter_context(closing(LexicalIndex(generation.tantivy, lexicon)))
        self._dense: ChromaStore | ExactSearch
        if ChromaStore.can_open(generation.chroma):
            self._dense = opened.enter_context(closing(ChromaStore(generation.chroma)))
            self._dense.search(np.ones(encoder.dimensions, dtype=np.float32), 1)  # loads its graph
        else:
            ids = {node.row: node.node_id for node in self.catalog.all_nodes()}
            self._dense = ExactSearch(self._vectors, ids)
        self._close = weakref.finalize(self, opened.pop_all().close)
        self._close.atexit = False  # the system does it then

    @classmethod
    def open(
        cls, index: Path, encoder: Encoder | None = None, lexicon: Lexicon | None = None
    ) -> Store:
        """Open the live generation, by default with the encoder that it was built with.

        Raises:
            IndexFolderError: there is none, it is damaged, or it does not fit the encoder.
        """
        if encoder is None:
            encoder = open_encoder(encoder_name(index))
        with ExitStack() as opened:
            generation, held = hold_live(index)
            opened.enter_context(held)
            check_usable(generation, encoder.fingerprint)
            try:
                return cls(generation, encoder, lexicon or Lexicon(), opened)
            except (ChromaError, sa.exc.SQLAlchemyError, OSError, ValueError) as error:
                raise DamagedIndexError(
                    "damaged_generation", folder=generation.folder, error=error, index=index
                ) from error

    def __len__(self) -> int:
        """How many paragraphs can be found."""
        return len(self.lexical)

    @property
    def articles(self) -> list[Article]:
        """All articles without their paragraphs, newest first."""
        return list(self._articles.values())

    def article(self, article_id: str) -> Article:
        """An article without its paragraphs.

        Raises:
            KeyError: there is none of this id.
        """
        return self._articles[article_id]

    def select(self, article_ids: frozenset[str]) -> Selection:
        """These articles as something that searches can keep to."""
        return Selection(article_ids, frozenset(self._articles.keys() - article_ids))

    def dense(
        self, vector: Vectors, top: int, selection: Selection | None = None
    ) -> list[tuple[str, float]]:
        """Node ids with their cosine to ``vector`` float32[dimensions], best first.

        A small selection is scored exactly; for a large one, more is fetched and what lies
        outside is dropped.
        """
        if selection is None:
            return self._dense.search(vector, top)
        rows = np.concatenate([self._directory.get(one, _NO_ROWS) for one in selection.inside])
        if len(rows) > EXACT_SHARE * len(self):
            wanted = int(1.3 * top * len(self) / len(rows)) + 10
            outside = selection.outside
            hits = [
                hit
                for hit in self._dense.search(vector, wanted)
                if article_of(hit[0]) not in outside
            ]
            if len(hits) >= top:
                return hits[:top]
        return self._exact(rows, vector, top)

    def _exact(self, rows: NDArray[np.int64], vector: Vectors, top: int) -> list[tuple[str, float]]:
        cosines = self._vectors[rows] @ vector
        best = np.argsort(-cosines, kind="stable")[:top]
        nodes = {node.row: node.node_id for node in self.catalog.nodes_at(rows[best].tolist())}
        return [(nodes[int(rows[i])], float(cosines[i])) for i in best]

    @cached_property
    def _directory(self) -> dict[str, NDArray[np.int64]]:
        """The rows of each article's citable paragraphs."""
        rows: dict[str, list[int]] = {}
        for row, article_id in self.catalog.directory():
            rows.setdefault(article_id, []).append(row)
        return {article_id: np.array(own) for article_id, own in rows.items()}

    def nodes(self, node_ids: Sequence[str]) -> list[StoredNode]:
        """The paragraphs of these ids, in their order."""
        found = {node.node_id: node for node in self.catalog.nodes(node_ids)}
        return [found[node_id] for node_id in node_ids if node_id in found]

    def twins(self, node_id: str) -> list[str]:
        """Public ids of the near-identical paragraphs in other articles."""
        return [paragraph.public_id for paragraph in self.catalog.twins(node_id)]

    def vectors(self, nodes: Sequence[StoredNode]) -> Vectors:
        """Stored vectors, float32[len(nodes), dimensions]."""
        return self._vectors[[node.row for node in nodes]]

    def close(self) -> None:
        self._close()

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *error: object) -> None:
        self._close()
