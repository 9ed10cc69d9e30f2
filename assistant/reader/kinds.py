"""Word vectors that say what kind of thing a word stands for.

The encoder's vectors say what a text is about: "presiden" lies near "pemilu". In these "presiden"
lies near "president" and "gubernur", "1998" near "1997", and "london" near "paris", which is what
has to be known to tell an answer from its surroundings. Like the encoder's they are means of
vectors of word pieces.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from index.encoder import Vectors
from index.vocabulary import Ids, Vocabulary

KINDS = "kinds.npy"
STEP = 1 / 256  # of a stored number


def word_vectors(vocabulary: Vocabulary, ids: Ids, kinds: Vectors) -> Vectors:
    """What a word is about and, behind it, of what kind, float32[len(ids), both dimensions].

    ``kinds`` float32[pieces, dimensions] are vectors of the encoder's pieces.
    """
    return np.concatenate([vocabulary.means(ids), vocabulary.means(ids, kinds)], axis=1)


def stored(vectors: Vectors) -> NDArray[np.int8]:
    """The vectors of pieces as a file holds them, int8, with a mean length of 1."""
    scaled = vectors / max(float(np.linalg.norm(vectors, axis=1).mean()), 1e-12)
    rounded: NDArray[np.int8] = np.clip(np.rint(scaled / STEP), -127, 127).astype(np.int8)
    return rounded


def load(file: Path) -> Vectors:
    """The vectors of pieces in a file that holds what ``stored`` gave."""
    vectors: Vectors = np.load(file, allow_pickle=False).astype(np.float32) * np.float32(STEP)
    return vectors
