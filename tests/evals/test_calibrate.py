"""The curves that are fitted say what the fitted model says."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from assistant.confidence import Calibration, Features
from evals.calibrate import Decision, Stretches, choose_levels, choose_threshold, fitted_curves

COUNT = len(fields(Features))


def test_curves_equal_the_model() -> None:
    draw = np.random.default_rng(3)
    values = draw.uniform(-1, 1, (400, COUNT))
    values[:, 1] = draw.integers(0, 2, 400)  # few different values
    values[:, 2] = 0.5  # one
    labels = values[:, 0] ** 2 + values[:, 3] * values[:, 1] > draw.uniform(0, 1, 400)
    model = make_pipeline(Stretches(), LogisticRegression(max_iter=3000))
    model.fit(values, labels)
    curves, bias = fitted_curves(model)
    fitted = Calibration(tuple(curves), bias, 0.3, 0.5, 0.7, "", "")
    for row, expected in zip(values[:50], model.predict_proba(values[:50])[:, 1], strict=True):
        assert fitted.confidence(Features(*row)) == pytest.approx(expected, abs=1e-3)


def test_the_threshold_declines_enough_questions_without_an_answer() -> None:
    near = [Decision("facqa near miss", score / 10, False) for score in range(10)]
    few = [Decision("own near miss", 0.01, False)]  # counts as much as the other kind
    outside = [Decision("out of corpus", score / 20, False) for score in range(10)]
    right = [Decision("facqa", 0.9, True)]
    assert choose_threshold(right + near + few + outside) == pytest.approx(0.41)


def test_levels_are_as_right_as_they_say() -> None:
    draw = np.random.default_rng(5)
    scores = draw.uniform(0, 1, 4_000)
    decisions = [Decision("facqa", s, bool(draw.uniform() < s)) for s in map(float, scores)]
    medium, high = choose_levels(decisions, 0.3)
    above = [one.right for one in decisions if one.score >= high]
    assert np.mean(above) == pytest.approx(0.8, abs=0.01)
    assert 0.3 <= medium <= high < 0.7
