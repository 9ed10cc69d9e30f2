"""The nearest vectors of a file are those that a plain product finds."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from index.vectors import CACHED, SHRUNK, VectorFile, shrunk

DIMENSIONS = 24


def test_every_finite_half_is_widened_exactly() -> None:
    halves = np.arange(2**16, dtype=np.uint16).view(np.float16)
    halves = halves[np.isfinite(halves)]
    assert (shrunk(halves).astype(np.float64) == halves.astype(np.float64) * SHRUNK).all()


@pytest.mark.parametrize("count", [0, 1, 7, CACHED + 1, 2 * CACHED + 3])
@pytest.mark.parametrize("top", [1, 5, 10 * CACHED])
def test_the_nearest_of_some_rows(count: int, top: int, tmp_path: Path) -> None:
    rng = np.random.default_rng(count)
    vectors = rng.normal(size=(3 * CACHED, DIMENSIONS)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    file = tmp_path / "vectors.f16"
    VectorFile.write(file, DIMENSIONS, range(1, len(vectors) + 1), vectors)
    rows = np.sort(rng.choice(len(vectors), count, replace=False)) + 1
    cosines = vectors[rows - 1].astype(np.float16).astype(np.float32) @ vectors[0]
    found = VectorFile(file, DIMENSIONS).nearest(rows, vectors[0], top)
    best = np.sort(cosines)[::-1][:top]
    assert [cosine for _, cosine in found] == pytest.approx(best.tolist(), abs=1e-6)
    by_row = dict(zip(rows.tolist(), cosines.tolist(), strict=True))
    assert [by_row[row] for row, _ in found] == pytest.approx(best.tolist(), abs=1e-6)
    assert len({row for row, _ in found}) == min(top, count)


def test_an_empty_file_holds_nothing(tmp_path: Path) -> None:
    vectors = VectorFile(tmp_path / "none", DIMENSIONS)
    assert vectors.nearest(np.zeros(0, dtype=np.int64), np.ones(DIMENSIONS, np.float32), 3) == []
