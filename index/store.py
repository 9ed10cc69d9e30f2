"""An open generation: everything a reader needs to search it and to show what it found."""

from __future__ import annotations

import os
import weakref
from collections.abc import Iterable, Sequence
from contextlib import ExitStack, closing
from functools import cached_property
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
import sqlalchemy as sa
from chromadb.errors import ChromaError

from index.catalog import Catalog, StoredNode, article_of
from index.encoder import Encoder, Vectors, word_encoder
from index.encoder.models import open_encoder
from index.errors import DamagedIndexError, ForkedError
from index.filters import ArticleColumns, Filter, Selection
from index.generations import Generation, check_usable, encoder_name, hold_live
from index.lexical import LexicalIndex
from index.lexicon import Lexicon
from index.rerank import SoftMatcher
from index.types import Article
from index.vectors import ChromaStore, VectorFile
from index.vocabulary import Ids, ParagraphWords, Vocabulary, vocabulary_file

EXACT_SHARE, EXACT_ROWS = 0.2, 120_000  # a selection that is larger than both is left to Chroma
SURE_WIDTH = 1_200  # then fetched at least: with 400, the ten best are others in 3 % of questions


class Store:
    """The live generation of an index, opened for reading. Safe to use from several threads.

    It stays on the disk until it is closed, or nobody refers to it any more. A copy of the process
    (``os.fork``) cannot search it, and opens one of its own.
    """

    def __init__(
        self, generation: Generation, encoder: Encoder, lexicon: Lexicon, opened: ExitStack
    ) -> None:
        """``opened`` holds what is to be closed with the store."""
        self.name = generation.folder.name
        self.encoder = encoder
        self.words = word_encoder(encoder)
        self.lexicon = lexicon
        self.catalog = opened.enter_context(closing(Catalog(generation.catalog)))
        self._articles = {a.id: a for a in self.catalog.articles(text=False)}
        self._vectors = VectorFile(generation.vectors, encoder.dimensions)
        self._vocabulary = Vocabulary(self.words, vocabulary_file(generation.words))
        self._paragraph_words = ParagraphWords(generation.words)
        self.lexical = opened.enter_context(closing(LexicalIndex(generation.tantivy, lexicon)))
        # It cannot open a read-only folder, and not in a copy of a process that has used it.
        self._chroma: ChromaStore | None = None
        if ChromaStore.can_open(generation.chroma):
            self._chroma = opened.enter_context(closing(ChromaStore(generation.chroma)))
            self._chroma.search(np.ones(encoder.dimensions, dtype=np.float32), 1)  # loads its graph
        self._process = os.getpid()
        self._close = weakref.finalize(self, _close, opened.pop_all(), self._process)
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
            except (ChromaError, sa.exc.SQLAlchemyError, BadZipFile, OSError, ValueError) as error:
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

    def select(self, conditions: Filter) -> Selection:
        """The articles that meet the conditions, as something that searches can keep to."""
        return self._columns.select(conditions)

    def select_ids(self, article_ids: Iterable[str]) -> Selection:
        """The articles of these ids, as something that searches can keep to."""
        return self._columns.select_ids(article_ids)

    def dense(
        self, vector: Vectors, top: int, selection: Selection | None = None
    ) -> list[tuple[str, float]]:
        """Node ids with their cosine to ``vector`` float32[dimensions], best first.

        A small selection is scored exactly; for a large one, more is fetched and what lies
        outside is dropped.

        Raises:
            ForkedError: the process is a copy of the one that opened the store.
        """
        self.require_process()
        if self._chroma is not None and selection is None:
            return self._chroma.search(vector, top)
        kept = self.select(Filter()) if selection is None else selection
        rows = np.flatnonzero(kept.rows)
        if self._chroma is not None and len(rows) > max(EXACT_ROWS, EXACT_SHARE * len(self)):
            hits = self._chroma.search(vector, max(kept.enough(top), SURE_WIDTH))
            inside = [hit for hit in hits if article_of(hit[0]) in kept]
            if len(inside) >= top:
                return inside[:top]
        best = self._vectors.nearest(rows, vector, top)
        ids = self.catalog.ids_at([row for row, _ in best])
        return [(ids[row], cosine) for row, cosine in best]

    @cached_property
    def _columns(self) -> ArticleColumns:
        """Made at the first filter: most questions come without."""
        return ArticleColumns(self.articles, self.catalog.directory())

    def nodes(self, node_ids: Sequence[str]) -> list[StoredNode]:
        """The paragraphs of these ids, in their order."""
        found = {node.node_id: node for node in self.catalog.nodes(node_ids)}
        return [found[node_id] for node_id in node_ids if node_id in found]

    def twins(self, node: StoredNode) -> list[str]:
        """Public ids of the near-identical paragraphs in other articles."""
        return [paragraph.public_id for paragraph in self.catalog.twins(node)]

    def matcher(self) -> SoftMatcher:
        """Says how paragraphs of this store, and other texts, cover a question."""
        self._vocabulary = self._vocabulary.fresh()
        return SoftMatcher(self._vocabulary, self.lexical.idf, self.lexicon, self._paragraph_words)

    def words_of(self, rows: Sequence[int]) -> list[Ids]:
        """What ``matcher`` knows the paragraphs at these rows by, each with its title and day."""
        return self._paragraph_words[rows]

    def vectors(self, nodes: Sequence[StoredNode]) -> Vectors:
        """Stored vectors, float32[len(nodes), dimensions]."""
        return self._vectors[[node.row for node in nodes]]

    def cosines(self, node_ids: Iterable[str], vector: Vectors) -> list[tuple[str, int, float]]:
        """Id, row, and exact cosine to ``vector`` float32[dimensions] of these paragraphs."""
        rows = self.catalog.rows_of(node_ids)
        exact = self._vectors[list(rows.values())] @ vector
        return list(zip(rows.keys(), rows.values(), exact.tolist(), strict=True))

    def require_process(self) -> None:
        """
        Raises:
            ForkedError: the process is a copy of the one that opened the store.
        """
        if os.getpid() != self._process:
            raise ForkedError("forked")

    def close(self) -> None:
        self._close()

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *error: object) -> None:
        self._close()


def _close(opened: ExitStack, process: int) -> None:
    if os.getpid() == process:  # in a copy of it, the engines would wait for threads that are not
        opened.close()
