"""The bundled encoder reads its file as sentence-transformers does."""

from __future__ import annotations

import subprocess
import sys

import numpy as np

from index.encoder import BUNDLED, StaticEncoder

TEXTS = [
    "Di mana Blinken bertemu Lavrov?",
    "Where did they meet?",
    "Kafé “Élan” – 1.234,5 juta; 100,000!",
    "x",
    "Gempa bumi mengguncang Palu. " * 80,
    "漢字 и кириллица",
]


def test_vectors_equal_those_of_sentence_transformers(encoder: StaticEncoder) -> None:
    from sentence_transformers import SentenceTransformer

    theirs = SentenceTransformer(str(BUNDLED), device="cpu").encode(TEXTS)
    np.testing.assert_allclose(encoder.encode(TEXTS), theirs, atol=2e-3)


def test_shapes_and_lengths(encoder: StaticEncoder) -> None:
    vectors = encoder.encode([*TEXTS, ""])
    assert vectors.shape == (len(TEXTS) + 1, encoder.dimensions)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors[:-1], axis=1), 1.0, atol=1e-5)
    assert not vectors[-1].any()  # no words, no direction
    assert encoder.encode([]).shape == (0, encoder.dimensions)


def test_translations_are_nearer_than_other_sentences(encoder: StaticEncoder) -> None:
    left = encoder.encode(["Gempa bumi merusak ribuan rumah", "Bank sentral menaikkan suku bunga"])
    right = encoder.encode(
        ["An earthquake damaged thousands of houses", "The central bank raised rates"]
    )
    cosines = left @ right.T
    assert cosines[0, 0] > cosines[0, 1]
    assert cosines[1, 1] > cosines[1, 0]


def test_the_default_path_does_not_import_torch() -> None:
    code = (
        "import sys; from assistant import Assistant; Assistant.open; from index.encoder import "
        "StaticEncoder; StaticEncoder().encode(['a']); import assistant.assistant; "
        "assert not {'torch', 'sentence_transformers', 'transformers'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_model_is_small() -> None:
    assert (BUNDLED / "model.safetensors").stat().st_size <= 20_000_000
