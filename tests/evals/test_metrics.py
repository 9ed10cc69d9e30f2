"""Our metrics agree with ir-measures and with definitions written down again here."""

from __future__ import annotations

import ir_measures
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ir_measures import RR, Qrel, ScoredDoc, Success, nDCG

from evals.metrics import (
    auroc,
    calibration_error,
    coverage_at_precision,
    mean_estimate,
    ndcg,
    pooled_estimate,
    reciprocal_rank,
    reliability,
    success,
)

IDS = [f"d{number}" for number in range(30)]
SCORED = st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=60)


@settings(max_examples=200, deadline=None)
@given(
    ranked=st.permutations(IDS).flatmap(lambda ids: st.integers(0, 30).map(lambda n: ids[:n])),
    gold=st.sets(st.sampled_from([*IDS, "unseen"]), min_size=1, max_size=5),
)
def test_ranking_metrics_are_those_of_ir_measures(ranked: list[str], gold: set[str]) -> None:
    ours = {
        nDCG @ 10: ndcg(ranked, gold, 10),
        Success @ 1: success(ranked, gold, 1),
        Success @ 5: success(ranked, gold, 5),
        Success @ 10: success(ranked, gold, 10),
        RR @ 10: reciprocal_rank(ranked, gold, 10),
    }
    # A question without results counts 0; ir-measures needs to see it in the run to say so.
    run = [ScoredDoc("q", name, -float(place)) for place, name in enumerate(ranked)]
    theirs = ir_measures.calc_aggregate(
        list(ours), [Qrel("q", name, 1) for name in gold], run or [ScoredDoc("q", "none", 0.0)]
    )
    for measure, value in ours.items():
        assert value == pytest.approx(theirs[measure]), measure


@settings(deadline=None)
@given(SCORED)
def test_auroc_counts_the_pairs_that_are_in_order(scored: list[tuple[float, bool]]) -> None:
    yes = [score for score, label in scored if label]
    no = [score for score, label in scored if not label]
    found = auroc([score for score, _ in scored], [label for _, label in scored])
    if not yes or not no:
        assert found is None
        return
    wins = sum((left > right) + (left == right) / 2 for left in yes for right in no)
    assert found == pytest.approx(wins / (len(yes) * len(no)))


@settings(deadline=None)
@given(SCORED)
def test_coverage_is_the_best_threshold_that_is_precise_enough(
    scored: list[tuple[float, bool]],
) -> None:
    found = coverage_at_precision([s for s, _ in scored], [label for _, label in scored], 0.95)
    best = 0.0
    for threshold, _ in scored:
        kept = [label for score, label in scored if score >= threshold]
        if sum(kept) >= 0.95 * len(kept):
            best = max(best, len(kept) / len(scored))
    assert found == pytest.approx(best)


def test_reliability_loses_nobody_and_calibrated_scores_have_no_error() -> None:
    bins = reliability([0.0, 0.05, 0.5, 1.0], [False, True, False, True])
    assert [(one.low, one.count) for one in bins] == [(0.0, 2), (0.5, 1), (0.9, 1)]
    assert calibration_error(reliability([0.5, 0.5], [True, False])) == pytest.approx(0.0)
    assert calibration_error(reliability([1.0, 1.0], [False, False])) == pytest.approx(1.0)
    assert calibration_error([]) is None


def test_intervals() -> None:
    values = np.random.default_rng(1).random(200).tolist()
    one = mean_estimate(values)
    assert one is not None
    assert one.low < one.value < one.high
    assert one.count == 200
    # about 1.96 standard errors to each side
    assert one.high - one.low == pytest.approx(2 * 1.96 * np.std(values) / 200**0.5, rel=0.15)
    assert mean_estimate([]) is None
    array = np.asarray(values)
    same = pooled_estimate(200, lambda chosen: float(array[chosen].mean()))
    assert same is not None
    assert (same.value, same.low) == (pytest.approx(one.value), pytest.approx(one.low, abs=0.02))
    assert pooled_estimate(0, lambda chosen: None) is None
