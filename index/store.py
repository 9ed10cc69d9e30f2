"""An open generation: everything a reader needs to search it and to show what it found."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from index.catalog import Catalog, StoredNode, article_of
from index.encoder import Encoder, StaticEncoder, Vectors
from index.encoder.models import open_encoder
from index.generations import Generation, encoder_name, require_generation
from index.lexical import LexicalIndex, Selection
from index.lexicon import Lexicon
from index.types import Article
from index.vectors import ChromaStore, VectorFile

EXACT_SHARE = 0.2  # of the collection; a larger selection is searched in Chroma
_NO_ROWS = np.zeros(0, dtype=np.int64)


class Store:
    """The live generation of an index, opened for reading. Safe to use from several threads."""

    def __init__(self, generation: Generation, encoder: Encoder, lexicon: Lexicon) -> None:
        self.name = generation.folder.name
        self.encoder = encoder
        self.words = encoder if isinstance(encoder, StaticEncoder) else StaticEncoder()
        self.lexicon = lexicon
        self.catalog = Catalog(generation.catalog)
        self.lexical = LexicalIndex(generation.tantivy, lexicon)
        self._chroma = ChromaStore(generation.chroma)
        self._vectors = VectorFile(generation.vectors, encoder.dimensions)
        self._articles = {a.id: a for a in self.catalog.articles(text=False)}

    @classmethod
    def open(
        cls, index: Path, encoder: Encoder | None = None, lexicon: Lexicon | None = None
    ) -> Store:
        """Open the live generation, by default with the encoder that it was built with.

        Raises:
            IndexFolderError: there is none, or it does not fit the encoder.
        """
        if encoder is None:
            encoder = open_encoder(encoder_name(index))
        generation = require_generation(index, encoder.fingerprint)
        return cls(generation, encoder, lexicon or Lexicon())

    def newer(self, generation: Generation) -> Store:
        """Another generation of the same index, with the same encoder and lexicon.

        Raises:
            IndexFolderError: it was built with another encoder.
        """
        require_generation(generation.folder.parent, self.encoder.fingerprint)
        return Store(generation, self.encoder, self.lexicon)

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
            return self._chroma.search(vector, top)
        rows = np.concatenate([self._directory.get(one, _NO_ROWS) for one in selection.inside])
        if len(rows) > EXACT_SHARE * len(self):
            wanted = int(1.3 * top * len(self) / len(rows)) + 10
            outside = selection.outside
            hits = [
                hit
                for hit in self._chroma.search(vector, wanted)
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

    def vectors(self, nodes: Sequence[StoredNode]) -> Vectors:
        """Stored vectors, float32[len(nodes), dimensions]."""
        return self._vectors[[node.row for node in nodes]]

    def close(self) -> None:
        self._chroma.close()
        self.catalog.close()
