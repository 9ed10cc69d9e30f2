"""Earlier versions of an article, and what changed between two of them, by paragraph and word."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from difflib import SequenceMatcher
from typing import Literal

from index.types import Article

MOST_VERSIONS = 50  # kept of an article; the oldest go first
MOST_PAIRS = 10_000  # of paragraphs compared to find out which one became which
LEAST_ALIKE = 0.4  # share of words: below it a paragraph was not changed but replaced

Kind = Literal["same", "added", "removed"]


@dataclass(frozen=True, slots=True)
class Version:
    """The text of an article as it was first seen at ``seen``: headline and body paragraphs."""

    seen: datetime
    version: str
    title: str
    paragraphs: tuple[str, ...]

    @classmethod
    def of(cls, article: Article, version: str, seen: datetime) -> Version:
        body = tuple(one.text for one in article.paragraphs if one.role == "body")
        return cls(seen, version, article.title, body)

    @property
    def blocks(self) -> tuple[str, ...]:
        """Headline and paragraphs in a row."""
        return (self.title, *self.paragraphs)

    def pack(self) -> bytes:
        """Headline and paragraphs, compressed."""
        return zlib.compress(json.dumps(self.blocks, ensure_ascii=False).encode(), 9)

    @classmethod
    def unpack(cls, seen: datetime, version: str, packed: bytes) -> Version:
        title, *paragraphs = json.loads(zlib.decompress(packed))
        return cls(seen, version, title, tuple(paragraphs))


@dataclass(frozen=True, slots=True)
class Piece:
    """Words of a paragraph that stayed, came or went; a blank stands between pieces."""

    kind: Kind
    text: str


Change = tuple[Piece, ...]
"""A paragraph that is not as it was; of one piece where all of it came or went."""


def changes(before: Sequence[str], after: Sequence[str]) -> list[Change]:
    """The paragraphs that differ, in order; equal ones are left out.

    >>> changes(["Air naik.", "Tiga orang hilang."], ["Air naik.", "Empat orang hilang."])[0][:2]
    (Piece(kind='removed', text='Tiga'), Piece(kind='added', text='Empat'))
    """
    found: list[Change] = []
    for tag, a, b, c, d in SequenceMatcher(None, before, after).get_opcodes():
        if tag != "equal":
            found += _replaced(before[a:b], after[c:d])
    return found


def _replaced(before: Sequence[str], after: Sequence[str]) -> Iterator[Change]:
    """What became of some paragraphs: each goes with the first later one that is like it."""
    start = 0
    for old in before:
        place = _place(old, after, start) if len(before) * len(after) <= MOST_PAIRS else None
        if place is None:
            yield (Piece("removed", old),)
            continue
        for new in after[start:place]:
            yield (Piece("added", new),)
        yield _changed_words(old, after[place])
        start = place + 1
    for new in after[start:]:
        yield (Piece("added", new),)


def _place(old: str, after: Sequence[str], start: int) -> int | None:
    """Where the paragraph most like ``old`` stands from ``start`` on, if any is like it."""
    known = set(old.lower().split())
    best, alike = None, LEAST_ALIKE
    for place in range(start, len(after)):
        found = set(after[place].lower().split())
        share = len(known & found) / max(1, len(known | found))
        if share > alike:
            best, alike = place, share
    return best


def _changed_words(old: str, new: str) -> Change:
    left, right = old.split(), new.split()
    pieces: list[Piece] = []
    for tag, a, b, c, d in SequenceMatcher(None, left, right).get_opcodes():
        if tag == "equal":
            pieces.append(Piece("same", " ".join(left[a:b])))
            continue
        kinds: tuple[tuple[Kind, list[str]], ...] = (("removed", left[a:b]), ("added", right[c:d]))
        pieces += [Piece(kind, " ".join(found)) for kind, found in kinds if found]
    return tuple(pieces)
