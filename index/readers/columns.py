"""The order that a page is read in: columns one after the other, however they are painted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

LEAST_LINES = 3  # of a column
LEAST_CHARS = 12  # of its lines, on the average
GOING_ON = 0.3  # of its lines, at least, that begin with a small letter; cells of tables do not
GUTTER = 0.5  # times the size of the letters, at least, between two columns
MOST_PIECES = 3_000  # of a page whose columns are looked for
_NEAR = 4.0  # points between the beginnings of the lines of a column


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a page, or a piece of one. Positions are in points from the left and the bottom.

    ``row``: what stands at one height has the same, across columns.
    """

    text: str
    left: float
    right: float
    base: float
    size: float
    page: int
    row: int


def in_reading_order(pieces: Sequence[Line]) -> list[Line]:
    """The lines of a page: pieces of one row are put together unless a gutter divides them.

    A page without columns keeps the order in which it is painted.
    """
    lines: list[Line] = []
    for line in _ordered(pieces) if len(pieces) <= MOST_PIECES else pieces:
        last = lines[-1] if lines else None
        if last and last.row == line.row:
            lines[-1] = replace(last, text=f"{last.text} {line.text}", right=line.right)
        else:
            lines.append(line)
    return lines


def _ordered(pieces: Sequence[Line]) -> list[Line]:
    """A page cut at its best gutter, and each side again; what spans it divides it into bands."""
    downwards = _downwards(pieces)
    gutter = max(_gutters(pieces), key=lambda x: _columned(downwards, x), default=0.0)
    if not _columned(downwards, gutter):
        return list(pieces)
    found: list[Line] = []
    for band in _bands(downwards, gutter):
        left = [one for one in band if one.right <= gutter]
        right = [one for one in band if one.left >= gutter]
        spans = len(left) + len(right) < len(band)
        for side in [band] if spans else [left, right]:
            found += _ordered(_downwards(side))
    return found


def _gutters(pieces: Sequence[Line]) -> Iterator[float]:
    """Where columns may begin: left of what begins at one place in several lines."""
    starts = Counter(round(one.left / _NEAR) for one in pieces)
    for start, count in starts.items():
        if count + starts[start + 1] >= LEAST_LINES:
            yield min(one.left for one in pieces if round(one.left / _NEAR) == start) - 0.1


def _columned(pieces: Sequence[Line], gutter: float) -> int:
    """How many pieces stand in columns on both sides of a gutter, of these from top to bottom."""
    return sum(len(band) for band in _bands(pieces, gutter) if _is_columned(band, gutter))


def _is_columned(band: Sequence[Line], gutter: float) -> bool:
    left = [one for one in band if one.right <= gutter]
    right = [one for one in band if one.left >= gutter]
    if min(len(left), len(right)) < LEAST_LINES or len(left) + len(right) < len(band):
        return False
    if not (_is_prose(left) and _is_prose(right)):
        return False
    inner = max(left, key=lambda one: one.right)
    beside = max(one.base for one in left) > min(one.base for one in right)
    below = min(one.base for one in left) < max(one.base for one in right)
    return beside and below and gutter - inner.right >= GUTTER * inner.size


def _is_prose(side: Sequence[Line]) -> bool:
    """Whether the lines are long enough for a text, and go on from one to the next."""
    going_on = sum(one.text[0].islower() for one in side)
    chars = sum(len(one.text) for one in side)
    return going_on >= GOING_ON * len(side) and chars >= LEAST_CHARS * len(side)


def _downwards(pieces: Sequence[Line]) -> list[Line]:
    """The rows from top to bottom, each from left to right."""
    tops: dict[int, float] = {}
    for one in pieces:
        tops[one.row] = max(tops.get(one.row, one.base), one.base)
    return sorted(pieces, key=lambda one: (-tops[one.row], one.row, one.left))


def _bands(pieces: Sequence[Line], gutter: float) -> Iterator[list[Line]]:
    """In the order of ``pieces``: the rows that span the gutter, and those between them."""
    spanning = {one.row for one in pieces if one.left < gutter < one.right}
    for _, band in groupby(pieces, lambda one: one.row in spanning):
        yield list(band)
