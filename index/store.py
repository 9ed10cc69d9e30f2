"""An open generation: everything a reader needs to search it and to show what it found."""

from __future__ import annotations

import weakref
from collections.abc import Iterable, Sequence
from contextlib import ExitStack, closing
from functools import cached_property
from itertools import repeat
from pathlib import Path

import numpy as np
import sqlalchemy as sa
from chromadb.errors import ChromaError
from numpy.typing import NDArray

from index.catalog import Catalog, StoredNode, article_of
from index.encoder import Encoder, Vectors, words_of
from index.encoder.models import open_encoder
from index.errors import DamagedIndexError
from index.generations import Generation, check_usable, encoder_name, hold_live
from index.lexical import LexicalIndex, Selection
from index.lexicon import Lexicon
from index.rerank import SoftMatcher
from index.types import Article
from index.vectors import ChromaStore, VectorFile
from index.vocabulary import Ids, ParagraphWords, Vocabulary, vocabulary_file

MOST_NEW_WORDS = 200_000  # that questions may add to a vocabulary before it is read again
EXACT_SHARE = 0.2  # of the collection; a larger selection is searched in Chroma


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
        self.words = words_of(encoder)
        self.lexicon = lexicon
        self.catalog = opened.enter_context(closing(Catalog(generation.catalog)))
        self._articles = {a.id: a for a in self.catalog.articles(text=False)}
        self._vectors = VectorFile(generation.vectors, encoder.dimensions)
        self._vocabulary_file = vocabulary_file(generation.words)
        self._vocabulary = Vocabulary(self.words, self._vocabulary_file)
        self._paragraph_words = ParagraphWords(generation.words)
        self.lexical = opened.enter_context(closing(LexicalIndex(generation.tantivy, lexicon)))
        self._chroma: ChromaStore | None = None  # it cannot open a read-only folder
        if ChromaStore.can_open(generation.chroma):
            self._chroma = opened.enter_context(closing(ChromaStore(generation.chroma)))
            self._chroma.search(np.ones(encoder.dimensions, dtype=np.float32), 1)  # loads its graph
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
        known, owners = self._owners
        chosen = np.zeros(len(known) + 1, dtype=np.bool_)
        chosen[list(map(known.get, article_ids, repeat(-1)))] = True
        chosen[-1] = False  # what is not known, and rows that nothing owns
        rows = chosen[owners]
        return Selection(article_ids, rows, float(rows.sum()) / max(1, len(self)))

    def dense(
        self, vector: Vectors, top: int, selection: Selection | None = None
    ) -> list[tuple[str, float]]:
        """Node ids with their cosine to ``vector`` float32[dimensions], best first.

        A small selection is scored exactly; for a large one, more is fetched and what lies
        outside is dropped.
        """
        if self._chroma is not None and selection is None:
            return self._chroma.search(vector, top)
        if self._chroma is not None and selection is not None and selection.share > EXACT_SHARE:
            hits = self._chroma.search(vector, selection.enough(top))
            inside = [hit for hit in hits if article_of(hit[0]) in selection.articles]
            if len(inside) >= top:
                return inside[:top]
        _, owners = self._owners
        rows = np.flatnonzero(owners >= 0 if selection is None else selection.rows)
        best = self._vectors.nearest(rows, vector, top)
        ids = self.catalog.ids_at([row for row, _ in best])
        return [(ids[row], cosine) for row, cosine in best]

    @cached_property
    def _owners(self) -> tuple[dict[str, int], NDArray[np.int32]]:
        """A number for each article, and int32[last row + 1] the article of each citable row.

        It is -1 where there is no citable paragraph.
        """
        known = {article_id: number for number, article_id in enumerate(self._articles)}
        places = self.catalog.directory()
        owners = np.full(max((row for row, _ in places), default=0) + 1, -1, dtype=np.int32)
        owners[[row for row, _ in places]] = [known[article_id] for _, article_id in places]
        return known, owners

    def nodes(self, node_ids: Sequence[str]) -> list[StoredNode]:
        """The paragraphs of these ids, in their order."""
        found = {node.node_id: node for node in self.catalog.nodes(node_ids)}
        return [found[node_id] for node_id in node_ids if node_id in found]

    def twins(self, node_id: str) -> list[str]:
        """Public ids of the near-identical paragraphs in other articles."""
        return [paragraph.public_id for paragraph in self.catalog.twins(node_id)]

    def matcher(self) -> SoftMatcher:
        """Says how paragraphs of this store, and other texts, cover a question."""
        if len(self._vocabulary) > self._vocabulary.stored + MOST_NEW_WORDS:
            self._vocabulary = Vocabulary(self.words, self._vocabulary_file)
        return SoftMatcher(self._vocabulary, self.lexical.idf, self.lexicon, self._paragraph_words)

    def words_of(self, rows: Sequence[int]) -> list[Ids]:
        """What ``matcher`` knows the paragraphs at these rows by, each with its title and day."""
        return self._paragraph_words[rows]

    def vectors(self, nodes: Sequence[StoredNode]) -> Vectors:
        """Stored vectors, float32[len(nodes), dimensions]."""
        return self._vectors[[node.row for node in nodes]]

    def cosines(self, node_ids: Iterable[str], vector: Vectors) -> dict[str, float]:
        """The exact cosine of each of these paragraphs to ``vector`` float32[dimensions]."""
        rows = self.catalog.rows_of(node_ids)
        exact = self._vectors[list(rows.values())] @ vector
        return dict(zip(rows, exact.tolist(), strict=True))

    def close(self) -> None:
        self._close()

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *error: object) -> None:
        self._close()
