"""Check that a generation opens, answers a query and agrees with itself.

Run as a process of its own: a damaged Chroma folder can crash the process that opens it.
"""

from __future__ import annotations

import sys
from pathlib import Path

from index.catalog import Catalog
from index.generations import Generation
from index.lexical import LexicalIndex
from index.lexicon import Lexicon
from index.vectors import ChromaStore, VectorFile


def check(generation: Generation) -> None:
    """Raise ValueError when the parts of a generation disagree."""
    manifest = generation.read_manifest()
    catalog = Catalog(generation.catalog)
    articles, nodes = catalog.counts()
    chroma = ChromaStore(generation.chroma)
    lexical = LexicalIndex(generation.tantivy, Lexicon())
    counts = {
        "manifest": manifest.paragraphs,
        "catalog": nodes,
        "chroma": len(chroma),
        "tantivy": len(lexical),
    }
    if len(set(counts.values())) != 1 or articles != manifest.articles:
        raise ValueError(f"counts differ: {counts}")
    if nodes:
        vectors = VectorFile(generation.vectors, manifest.dimensions)
        last = catalog.last_node()
        vector = vectors[[last.row]][0]
        if not chroma.search(vector, 1) or not lexical.search(last.paragraph.text, 1):
            raise ValueError("the probe query found nothing")


if __name__ == "__main__":
    check(Generation(Path(sys.argv[1])))
