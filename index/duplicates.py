"""The same paragraph in several articles: a wire story in many outlets, a page saved twice.

A text is known by its smallest shingle hashes, a bottom-k sketch (Broder, "On the resemblance and
containment of documents", 1997): texts that share most of their shingles share one of these almost
surely, so an ordinary table finds the candidates, and their shingles decide.
"""

from __future__ import annotations

import zlib

from index.text import words

SHINGLE_WORDS = 4
SKETCH = 4  # at a resemblance of .8 about one pair in a thousand shares none of four
LEAST_RESEMBLANCE = 0.8
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
