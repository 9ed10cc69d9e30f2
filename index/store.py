"""An open generation: everything a reader needs to search it and to show what it found."""

from __future__ import annotations

import weakref
from collections.abc import Sequence
from contextlib import ExitStack, closing
from pathlib import Path

import numpy as np
import sqlalchemy as sa
from chromadb.errors import ChromaError

from index.catalog import Catalog, StoredNode
from index.encoder import Encoder, Vectors
from index.errors import DamagedIndexError
from index.generations import Generation, check_usable, hold_live, repair
from index.lexical import LexicalIndex
from index.lexicon import Lexicon
from index.types import Article
from index.vectors import ChromaStore, ExactSearch, VectorFile


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
    def open(cls, index: Path, encoder: Encoder, lexicon: Lexicon | None = None) -> Store:
        """Open the live generation.

        Raises:
            IndexFolderError: there is none, it is damaged, or it does not fit the encoder.
        """
        with ExitStack() as opened:
            generation, held = hold_live(index)
            opened.enter_context(held)
            check_usable(generation, encoder.fingerprint)
            try:
                return cls(generation, encoder, lexicon or Lexicon(), opened)
            except (ChromaError, sa.exc.SQLAlchemyError, OSError, ValueError) as error:
                reason = " ".join(str(error).split())[:300]
                raise DamagedIndexError(
                    f"{generation.folder} cannot be opened ({reason}); {repair(index)}"
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

    def dense(self, vector: Vectors, top: int) -> list[tuple[str, float]]:
        """Node ids with their cosine to ``vector`` float32[dimensions], best first."""
        return self._dense.search(vector, top)

    def nodes(self, node_ids: Sequence[str]) -> list[StoredNode]:
        """The paragraphs of these ids, in their order."""
        found = {node.node_id: node for node in self.catalog.nodes(node_ids)}
        return [found[node_id] for node_id in node_ids if node_id in found]

    def vectors(self, nodes: Sequence[StoredNode]) -> Vectors:
        """Stored vectors, float32[len(nodes), dimensions]."""
        return self._vectors[[node.row for node in nodes]]

    def close(self) -> None:
        self._close()

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *error: object) -> None:
        self._close()
