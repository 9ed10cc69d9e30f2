"""Ranking, abstention and calibration metrics, and how sure each figure is.

Rankings are lists of ids, the best first; ``gold`` is the set of relevant ids. The names are those
of ir-measures, against which the tests hold them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

RESAMPLES = 1_000
SEED = 20_240


def ndcg(ranked: Sequence[str], gold: Collection[str], k: int) -> float:
    """nDCG@k with binary relevance (Järvelin and Kekäläinen 2002).

    >>> ndcg(["a", "b", "c"], {"a"}, 10), round(ndcg(["b", "a"], {"a"}, 10), 4)
    (1.0, 0.6309)
    """
    gains = sum(1 / math.log2(place + 2) for place, one in enumerate(ranked[:k]) if one in gold)
    ideal = sum(1 / math.log2(place + 2) for place in range(min(k, len(gold))))
    return gains / ideal if ideal else 0.0


def success(ranked: Sequence[str], gold: Collection[str], k: int) -> float:
    """1 when a gold paragraph is among the first k; recall@k where one paragraph is gold."""
    return float(any(one in gold for one in ranked[:k]))


def reciprocal_rank(ranked: Sequence[str], gold: Collection[str], k: int) -> float:
    """1 / the place of the first gold paragraph among the first k, else 0."""
    return next((1 / place for place, one in enumerate(ranked[:k], start=1) if one in gold), 0.0)


def auroc(scores: ArrayLike, labels: ArrayLike) -> float | None:
    """The chance that a true label scores above a false one, ties half; None without both.

    >>> auroc([0.9, 0.4, 0.4, 0.1], [True, True, False, False])
    0.875
    """
    truths = np.asarray(labels, dtype=bool)
    positive, negative = int(truths.sum()), int((~truths).sum())
    if not positive or not negative:
        return None
    _, inverse, counts = np.unique(
        np.asarray(scores, dtype=np.float64), return_inverse=True, return_counts=True
    )
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[inverse]
    wins = float(ranks[truths].sum()) - positive * (positive + 1) / 2
    return wins / (positive * negative)


def coverage_at_precision(scores: ArrayLike, right: ArrayLike, precision: float) -> float | None:
    """The largest share that can be answered, best scores first, at this precision.

    Equal scores are answered together. None without scores.

    >>> coverage_at_precision([0.9, 0.8, 0.7, 0.6], [True, True, False, True], 0.95)
    0.5
    """
    values = np.asarray(scores, dtype=np.float64)
    if not len(values):
        return None
    order = np.argsort(-values, kind="stable")
    ordered = values[order]
    hits = np.cumsum(np.asarray(right, dtype=bool)[order])
    last_of_ties = np.append(ordered[1:] != ordered[:-1], True)
    enough = last_of_ties & (hits >= precision * np.arange(1, len(ordered) + 1))
    found = np.flatnonzero(enough)
    return float((found[-1] + 1) / len(ordered)) if len(found) else 0.0


def risk_coverage(scores: Sequence[float], right: Sequence[bool]) -> list[tuple[float, float]]:
    """Coverage and risk (the share of wrong answers) when the surest are answered, for every count.

    The risk-coverage curve of El-Yaniv and Wiener (2010).

    >>> risk_coverage([0.9, 0.8, 0.1, 0.7], [True, True, False, False])
    [(0.25, 0.0), (0.5, 0.0), (0.75, 0.3333333333333333), (1.0, 0.5)]
    """
    order = np.argsort(-np.asarray(scores, dtype=np.float64), kind="stable")
    wrong = np.cumsum(~np.asarray(right, dtype=bool)[order])
    counts = np.arange(1, len(order) + 1)
    return list(zip((counts / len(order)).tolist(), (wrong / counts).tolist(), strict=True))


@dataclass(frozen=True, slots=True)
class Bin:
    """Answers whose confidence lies in [low, high): their mean confidence and share right."""

    low: float
    high: float
    count: int
    confidence: float
    right: float


def reliability(scores: Sequence[float], right: Sequence[bool], bins: int = 10) -> list[Bin]:
    """The bins of equal width that hold anything, from low to high."""
    values = np.asarray(scores, dtype=np.float64)
    truths = np.asarray(right, dtype=np.float64)
    places = np.minimum((values * bins).astype(int), bins - 1)
    found = []
    for place in np.unique(places):
        inside = places == place
        found.append(
            Bin(
                float(place) / bins,
                float(place + 1) / bins,
                int(inside.sum()),
                float(values[inside].mean()),
                float(truths[inside].mean()),
            )
        )
    return found


def calibration_error(bins: Sequence[Bin]) -> float | None:
    """Expected calibration error (Naeini et al. 2015): the mean gap, weighted by count."""
    total = sum(one.count for one in bins)
    if not total:
        return None
    return sum(one.count * abs(one.confidence - one.right) for one in bins) / total


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure over ``count`` questions with its 95 % bootstrap interval."""

    value: float
    low: float
    high: float
    count: int


def mean_estimate(values: Sequence[float]) -> Estimate | None:
    """The mean with its percentile bootstrap interval (Efron 1979); None of nothing."""
    if not values:
        return None
    array = np.asarray(values, dtype=np.float64)
    if array.min() == array.max():
        return Estimate(float(array[0]), float(array[0]), float(array[0]), len(array))
    draws = np.random.default_rng(SEED).integers(0, len(array), (RESAMPLES, len(array)))
    low, high = np.percentile(array[draws].mean(axis=1), (2.5, 97.5))
    return Estimate(float(array.mean()), float(low), float(high), len(array))


def pooled_estimate(
    count: int, statistic: Callable[[NDArray[np.int64]], float | None]
) -> Estimate | None:
    """The same for a statistic of all questions together, given their places int64[count].

    Resamples for which the statistic is None are drawn in vain.
    """
    value = statistic(np.arange(count))
    if value is None:
        return None
    generator = np.random.default_rng(SEED)
    drawn = (statistic(generator.integers(0, count, count)) for _ in range(RESAMPLES // 2))
    low, high = np.percentile([one for one in drawn if one is not None], (2.5, 97.5))
    return Estimate(value, float(low), float(high), count)
