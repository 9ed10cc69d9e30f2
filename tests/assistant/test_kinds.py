"""Vectors that say of what kind a word is: learned from neighbours, stored, and those that ship."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest

from assistant.reader import BUNDLED
from assistant.reader.kinds import KINDS, load, stored, word_vectors
from index.encoder import StaticEncoder, unit
from index.lexicon import Lexicon
from index.types import Language
from index.vocabulary import Vocabulary

MONTHS = ("januari", "februari", "maret", "april")
CITIES = ("jakarta", "surabaya", "bandung", "medan")


def cosines(kinds: np.ndarray, encoder: StaticEncoder, words: list[str]) -> np.ndarray:
    """Of the kinds of these words, float32[n, n]."""
    vocabulary = Vocabulary(encoder)
    found = word_vectors(vocabulary, vocabulary.ids(words), kinds)[:, encoder.dimensions :]
    vectors = unit(found)
    return vectors @ vectors.T


def test_words_that_stand_in_the_same_places_are_of_one_kind(
    encoder: StaticEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    torch = pytest.importorskip("torch")
    from assistant.reader import neighbours

    monkeypatch.setattr(neighbours, "BATCH", 256)
    monkeypatch.setattr(neighbours, "FREQUENT", 1.0)  # so few words are all common
    torch.manual_seed(1)
    rng = random.Random(1)
    texts: list[tuple[str, Language]] = []
    for _ in range(4_000):
        month, city, day = rng.choice(MONTHS), rng.choice(CITIES), rng.randint(1, 28)
        texts.append(
            (f"Pada tanggal {day} {month} hujan turun di kota {city} dan sekitarnya", "id")
        )
    kinds = neighbours.learn(texts, encoder, Lexicon(), 1)
    assert kinds.shape == (encoder.pieces, neighbours.DIMENSIONS)
    near = cosines(kinds, encoder, [*MONTHS, *CITIES])
    alike = np.kron(np.eye(2), np.ones((4, 4))).astype(bool)
    assert near[alike].min() > near[~alike].max()


def test_a_file_holds_the_vectors_in_eight_bits(tmp_path: Path) -> None:
    vectors = np.random.default_rng(1).normal(size=(500, 64)).astype(np.float32)
    np.save(tmp_path / KINDS, stored(vectors))
    assert (tmp_path / KINDS).stat().st_size < 33_000
    loaded = load(tmp_path / KINDS)
    expected = vectors / np.linalg.norm(vectors, axis=1).mean()
    assert np.abs(np.clip(expected, -127 / 256, 127 / 256) - loaded).max() <= 0.002


@pytest.mark.parametrize(
    ("word", "alike", "other"),
    [
        ("presiden", "governor", "pemilu"),
        ("1998", "2004", "krisis"),
        ("desember", "april", "natal"),
        ("london", "paris", "museum"),
        ("perusahaan", "company", "saham"),
    ],
)
def test_the_bundled_kinds_are_of_both_languages(
    word: str, alike: str, other: str, encoder: StaticEncoder
) -> None:
    near = cosines(load(BUNDLED / KINDS), encoder, [word, alike, other])
    assert near[0, 1] > near[0, 2] + 0.1
