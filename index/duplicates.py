"""The same paragraph in several articles: a wire story in many outlets, a page saved twice.

A text is known by its smallest shingle hashes, a bottom-k sketch (Broder, "On the resemblance and
containment of documents", 1997): texts that share most of their shingles share one of these almost
surely, so an ordinary table finds the candidates, and their shingles decide.
"""

from __future__ import annotations

import zlib
from collections import defaultdict
from collections.abc import Iterable
from itertools import combinations

from index.text import words

SHINGLE_WORDS = 4
SKETCH = 4  # at a resemblance of .8 about one pair in a thousand shares none of four
LEAST_RESEMBLANCE = 0.8
MOST_SHARING = 50  # paragraphs of one hash; what more of them hold is a phrase of the trade
LEAST_WORDS = 8  # "Ia tidak menjawab pertanyaan wartawan." is no sign of a copy


def shingles(text: str) -> frozenset[int]:
    """Hashes of the runs of ``SHINGLE_WORDS`` words; none of a text that is too short.

    >>> len(shingles("Satu dua tiga empat lima enam tujuh delapan sembilan."))
    6
    """
    found = words(text)
    if len(found) < LEAST_WORDS:
        return frozenset()
    runs = (found[i : i + SHINGLE_WORDS] for i in range(len(found) - SHINGLE_WORDS + 1))
    return frozenset(zlib.crc32(" ".join(run).encode()) for run in runs)


def sketch(text: str) -> list[int]:
    """The smallest shingle hashes of a text, at most ``SKETCH``."""
    return sorted(shingles(text))[:SKETCH]


def resemblance(left: str, right: str) -> float:
    """The share of all shingles of two texts that stand in both, 0 to 1.

    >>> text = "Satu dua tiga empat lima enam tujuh delapan sembilan sepuluh."
    >>> resemblance(text, text.upper()), resemblance(text, "Lain.")
    (1.0, 0.0)
    """
    a, b = shingles(left), shingles(right)
    return len(a & b) / max(1, len(a | b))


def is_twin(left: str, right: str) -> bool:
    """Whether two paragraphs are one text, but for a few words."""
    return resemblance(left, right) >= LEAST_RESEMBLANCE


def likely_twins(sketches: Iterable[tuple[int, int]]) -> set[tuple[int, int]]:
    """The pairs of paragraphs that share a hash, from ``(hash, paragraph)``.

    >>> likely_twins([(7, 1), (7, 2), (8, 3)])
    {(1, 2)}
    """
    holders: dict[int, set[int]] = defaultdict(set)
    for one, paragraph in sketches:
        holders[one].add(paragraph)
    return {
        pair
        for found in holders.values()
        if len(found) <= MOST_SHARING
        for pair in combinations(sorted(found), 2)
    }


def is_reprint(shared: int, left: int, right: int) -> bool:
    """Whether two articles of so many paragraphs print the same story.

    At least half of the shorter, and two paragraphs where both have as many.

    >>> is_reprint(3, 5, 12), is_reprint(1, 2, 12), is_reprint(1, 1, 12)
    (True, False, True)
    """
    return shared >= min(2, left, right) and 2 * shared >= min(left, right)
