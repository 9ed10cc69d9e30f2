"""The lexical index: words, lemmas and character 4-grams in Tantivy, ranked by BM25.

A question's words are looked for together with their translations: each word counts as its best
match, weighted by the strength of the translation (structured queries, Pirkola 1998).
"""

from __future__ import annotations

import math
import os
import shutil
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import tantivy

from index.catalog import StoredNode
from index.filters import Selection
from index.lexicon import Lexicon, QueryWord
from index.text import content_words, grams, lemma

WORDS, GRAMS, NODE, ARTICLE, ROW = "words", "grams", "node", "article", "row"
GRAM_BOOST = 0.25
NAMED_COST = 8  # naming an article in a query takes as long as passing over so many results
WRITER_BYTES = 64_000_000


def word_terms(text: str) -> list[str]:
    """Content words and their lemmas, which are marked with ``~``."""
    return [term for word in content_words(text) for term in (word, "~" + lemma(word))]


def gram_terms(text: str) -> list[str]:
    return [gram for word in content_words(text) for gram in grams(word)]


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    builder.add_text_field(NODE, stored=True, tokenizer_name="raw", index_option="basic")
    builder.add_text_field(ARTICLE, tokenizer_name="raw", index_option="basic")
    builder.add_integer_field(ROW, fast=True)
    for name in (WORDS, GRAMS):
        builder.add_text_field(name, tokenizer_name="whitespace", index_option="freq")
    return builder.build()


class LexicalWriter:
    """Adds and deletes nodes in a folder that nobody reads yet."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._index = tantivy.Index(_schema(), path=str(folder))
        self._writer = self._index.writer(heap_size=WRITER_BYTES, num_threads=1)

    def delete(self, node_ids: Iterable[str]) -> None:
        for node_id in node_ids:
            self._writer.delete_documents_by_term(NODE, node_id)

    def add(self, node: StoredNode, text: str) -> None:
        """Index a node by ``text``, which is more than the paragraph's own."""
        self._writer.add_document(
            tantivy.Document(
                **{
                    NODE: [node.node_id],
                    ARTICLE: [node.paragraph.article_id],
                    ROW: [node.row],
                    WORDS: [" ".join(word_terms(text))],
                    GRAMS: [" ".join(gram_terms(text))],
                }
            )
        )

    def close(self) -> None:
        self._writer.commit()
        self._writer.wait_merging_threads()


class LexicalIndex:
    """Searches a finished folder; safe to use from several threads."""

    def __init__(self, folder: Path, lexicon: Lexicon) -> None:
        self._mirror = None if _can_lock(folder) else _mirror(folder)
        opened = self._mirror.name if self._mirror else str(folder)
        self._searcher = tantivy.Index.open(opened).searcher()
        self._schema = _schema()
        self._lexicon = lexicon

    def close(self) -> None:
        if self._mirror:
            self._mirror.cleanup()

    def __len__(self) -> int:
        return int(self._searcher.num_docs)

    def ids(self) -> list[str]:
        """The ids of all nodes, in no order."""
        everything = self._searcher.search(tantivy.Query.all_query(), max(1, len(self))).hits
        return [str(self._searcher.doc(address)[NODE][0]) for _, address in everything]

    def search(
        self, question: str, top: int, selection: Selection | None = None
    ) -> list[tuple[str, float]]:
        """Node ids with their BM25 scores, best first."""
        concepts = [self._concept(one) for one in self._lexicon.query(question)]
        spelling = [self._term(GRAMS, gram) for gram in sorted(set(gram_terms(question)))]
        if not concepts or top < 1:
            return []
        # Grams are weighted together: a union of bare terms is what Tantivy is quickest at.
        query = _any_of([*concepts, tantivy.Query.boost_query(_any_of(spelling), GRAM_BOOST)])
        if selection is None:
            return self._named(self._searcher.search(query, top, count=False).hits)
        if NAMED_COST * len(selection) <= selection.enough(top):
            named = tantivy.Query.term_set_query(self._schema, ARTICLE, selection.ids)
            unscored = tantivy.Query.const_score_query(named, 0.0)
            query = tantivy.Query.boolean_query(
                [(tantivy.Occur.Must, query), (tantivy.Occur.Must, unscored)]
            )
            return self._named(self._searcher.search(query, top, count=False).hits)
        wanted = min(selection.enough(top), len(self) + 1)
        while True:
            hits = self._searcher.search(query, wanted, count=False).hits
            rows = self._searcher.fast_field_values(ROW, [address for _, address in hits])
            inside = selection.rows[np.array(rows, dtype=np.int64)]
            kept = [hits[i] for i in np.flatnonzero(inside)[:top]]
            if len(kept) == top or len(hits) < wanted:
                return self._named(kept)
            wanted = min(4 * wanted, len(self) + 1)

    def _named(self, hits: Iterable[tuple[float, tantivy.DocAddress]]) -> list[tuple[str, float]]:
        found = ((str(self._searcher.doc(at)[NODE][0]), float(score)) for score, at in hits)
        return sorted(found, key=lambda hit: (-hit[1], hit[0]))

    def _concept(self, word: QueryWord) -> tantivy.Query:
        """A word or the best of its translations, each with its lemma."""
        forms = [(word.word, 1.0), *word.translations]
        return tantivy.Query.disjunction_max_query(
            [
                tantivy.Query.boost_query(
                    _any_of([self._term(WORDS, form), self._term(WORDS, "~" + lemma(form))]),
                    strength,
                )
                for form, strength in forms
            ]
        )

    def _term(self, field: str, term: str) -> tantivy.Query:
        return tantivy.Query.term_query(self._schema, field, term, "freq")

    def idf(self, word: str) -> float:
        """Inverse document frequency of a folded word's lemma.

        In a large collection as BM25 defines it. A word in every paragraph of a small one still
        counts: there it is what the few articles are about, and not a word that says nothing.
        """
        frequency = self._searcher.doc_freq(WORDS, "~" + lemma(word))
        return math.log(1 + (len(self) + 1) / (frequency + 0.5))


def _any_of(queries: Sequence[tantivy.Query]) -> tantivy.Query:
    return tantivy.Query.boolean_query([(tantivy.Occur.Should, one) for one in queries])


def _can_lock(folder: Path) -> bool:
    """Whether this process may take the lock file that Tantivy wants, even to read."""
    return all(os.access(path, os.W_OK) for path in (folder, *folder.glob("*.lock")))


def _mirror(folder: Path) -> tempfile.TemporaryDirectory[str]:
    """A folder of links to the files of one that is read-only."""
    mirror = tempfile.TemporaryDirectory(prefix="tanya-", ignore_cleanup_errors=True)
    for file in folder.resolve().iterdir():
        link = Path(mirror.name) / file.name
        if file.suffix == ".lock":
            continue
        try:
            link.symlink_to(file)
        except OSError:  # Windows lets only some users make links
            shutil.copyfile(file, link)
    return mirror
