"""Check that a generation opens, answers a query and agrees with itself.

``python -m index.probe GENERATION CHROMA``, with the manifest on standard input. It runs as a
process of its own, with a limit on what it can write: a damaged Chroma folder can crash the
process that opens it, or grow until the disk is full. The last line on standard error says what
is wrong, as JSON where we say it.
"""

from __future__ import annotations

import os
import sys
import threading
from contextlib import closing
from pathlib import Path

from index.catalog import Catalog
from index.errors import DamagedIndexError
from index.generations import Generation, Manifest
from index.lexical import LexicalIndex
from index.lexicon import Lexicon
from index.vectors import ChromaStore, VectorFile
from index.vocabulary import ParagraphWords

ROOM = 64_000_000  # bytes that a sound Chroma folder may grow by


def check(generation: Generation, manifest: Manifest, chroma: Path) -> None:
    """Raise DamagedIndexError when the parts of a generation disagree."""
    with (
        closing(Catalog(generation.catalog)) as catalog,
        closing(ChromaStore(chroma)) as dense,
        closing(LexicalIndex(generation.tantivy, Lexicon())) as lexical,
    ):
        articles, _ = catalog.counts()
        nodes = sorted(catalog.node_ids())
        if (articles, len(nodes)) != (manifest.articles, manifest.paragraphs):
            raise DamagedIndexError(
                "other_counts",
                articles=articles,
                paragraphs=len(nodes),
                stated_articles=manifest.articles,
                stated_paragraphs=manifest.paragraphs,
            )
        for name, ids in (("Chroma", dense.ids()), ("Tantivy", lexical.ids())):
            if sorted(ids) != nodes:
                raise DamagedIndexError(
                    "engine_count", engine=name, found=len(ids), paragraphs=len(nodes)
                )
        if not nodes:
            return
        vectors = VectorFile(generation.vectors, manifest.dimensions)
        last = catalog.last_node()
        if last.row > len(vectors):
            raise DamagedIndexError("vector_count", vectors=len(vectors), row=last.row)
        words = ParagraphWords(generation.words)
        if last.row > len(words):
            raise DamagedIndexError("word_count", found=len(words), row=last.row)
        vector = vectors[[last.row]][0]
        if not dense.search(vector, 1) or not lexical.search(last.paragraph.text, 1):
            raise DamagedIndexError("nothing_found")


def limit_writing(most_bytes: int) -> None:
    """No file may grow beyond this, where the system knows such a limit."""
    if sys.platform != "win32":
        import resource

        _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        if hard == resource.RLIM_INFINITY or most_bytes < hard:
            resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, hard))


def end_with_parent() -> None:
    """End this process when whoever started it is gone and standard input with it."""

    def wait() -> None:
        os.read(0, 1)
        os._exit(1)

    threading.Thread(target=wait, daemon=True).start()


def main() -> None:
    generation, chroma = Generation(Path(sys.argv[1])), Path(sys.argv[2])
    manifest = Manifest.from_json(sys.stdin.readline())
    end_with_parent()
    limit_writing(max(generation.sizes().values(), default=0) + ROOM)
    try:
        check(generation, manifest, chroma)
    except DamagedIndexError as error:
        sys.exit(error.message.to_json())


if __name__ == "__main__":
    main()
