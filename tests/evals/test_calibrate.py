"""What the calibration chooses, from decisions that are known."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pytest

from assistant.confidence import NAMES, Calibration, Features
from evals.calibrate import Candidate, Decision, Fit, choose_levels, choose_threshold, decide


def features(**given: float) -> Features:
    return Features(**{field.name: given.get(field.name, 0.0) for field in fields(Features)})


def candidates() -> list[Candidate]:
    """Four passages for each of 200 questions: right where the reader is ahead and sure."""
    draw = np.random.default_rng(3)
    found = []
    for number in range(200):
        readings = draw.normal(0, 0.5, 4)
        for reading in readings:
            right = bool(reading == readings.max() and reading + draw.normal(0, 0.1) > 0.2)
            lead = float(reading - np.sort(readings)[-2 if reading == readings.max() else -1])
            one = features(reading=float(reading), lead=lead, coverage=float(draw.uniform()))
            found.append(Candidate(number, "news answerable", one, right))
    return found


def test_the_weights_say_what_the_model_says() -> None:
    fit = Fit(candidates())
    weights, bias = fit.weights()
    assert list(weights) == list(NAMES)
    assert weights["reading"] > abs(weights["coverage"])
    calibration = Calibration(tuple(weights.values()), bias, 0.5, 0.6, 0.8, "", "")
    good, bad = features(reading=1.0, lead=0.5), features(reading=-1.0, lead=-0.5)
    assert calibration.confidence(good) > 0.9
    assert calibration.confidence(bad) < 0.1
    decisions = fit.five_fold()
    assert len(decisions) == 200
    shown = [one.right for one in decisions if one.score > 0.5]
    assert np.mean(shown) > 0.85


def test_the_best_passage_of_a_question_is_shown() -> None:
    both = [Candidate(1, "own", features(), right) for right in (True, False)]
    assert decide(both, np.array([0.4, 0.6])) == [Decision("own", 0.6, False)]


def test_the_threshold_declines_enough_questions_without_an_answer() -> None:
    near = [Decision("news near miss", score / 20, False) for score in range(20)]
    outside = [Decision("out of corpus", score / 40, False) for score in range(20)]
    right = [Decision("news answerable", 0.9, True)]
    assert choose_threshold(right + near + outside) == pytest.approx(0.71)


def test_levels_are_as_right_as_they_say() -> None:
    draw = np.random.default_rng(5)
    scores = draw.uniform(0, 1, 4_000)
    decisions = [
        Decision("news answerable", s, bool(draw.uniform() < s)) for s in map(float, scores)
    ]
    medium, high = choose_levels(decisions, 0.3)
    above = [one.right for one in decisions if one.score >= high]
    assert np.mean(above) == pytest.approx(0.85, abs=0.01)
    between = [one.right for one in decisions if medium <= one.score < high]
    assert np.mean(between) == pytest.approx(0.6, abs=0.03)
    assert 0.3 <= medium <= high < 0.8
