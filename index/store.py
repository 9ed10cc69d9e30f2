"""An open generation: everything a reader needs to search it and to show what it found."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from index.catalog import Catalog, StoredNode
from index.encoder import Encoder, Vectors
from index.generations import Generation, require_generation
from index.lexical import LexicalIndex
from index.types import Article
from index.vectors import ChromaStore, VectorFile


class Store:
    """The live generation of an index, opened for reading. Safe to use from several threads."""

    def __init__(self, generation: Generation, encoder: Encoder) -> None:
        self.name = generation.folder.name
        self.encoder = encoder
        self.catalog = Catalog(generation.catalog)
        self.lexical = LexicalIndex(generation.tantivy)
        self._chroma = ChromaStore(generation.chroma)
        self._vectors = VectorFile(generation.vectors, encoder.dimensions)
        self._articles = {a.id: a for a in self.catalog.articles(text=False)}

    @classmethod
    def open(cls, index: Path, encoder: Encoder) -> Store:
        """Open the live generation.

        Raises:
            IndexFolderError: there is none, or it does not fit the encoder.
        """
        return cls(require_generation(index, encoder.fingerprint), encoder)

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
        return self._chroma.search(vector, top)

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
        self._chroma.close()
        self.catalog.close()
