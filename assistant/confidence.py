"""How sure an answer is: a logistic model of what the reader says and how the words agree.

``python -m evals.calibrate`` fits it on development questions.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, fields
from importlib.resources import files
from operator import attrgetter, mul

from assistant.types import Level


@dataclass(frozen=True, slots=True)
class Features:
    """Evidence for an answer; log-odds are in tens, cut at 1.5 on either side.

    - ``reading``: the reader's log-odds of the span against "not answered here", of questions
      that are not yes/no;
    - ``verdict``: of yes/no questions, the log-odds that the passage decides them; ``yes_no``,
      1 for these questions;
    - ``lead``: how far the passage is ahead of the best other one, or behind it;
    - ``coverage`` of the question's words by paragraph, title and day, weighted by their rarity;
      ``weakest``, the worst covered name or figure of the question; ``cosine`` of question and
      paragraph, all in [0, 1].
    """

    reading: float
    verdict: float
    yes_no: float
    lead: float
    coverage: float
    weakest: float
    cosine: float


NAMES = tuple(field.name for field in fields(Features))
_VALUES = attrgetter(*NAMES)  # ``astuple`` copies each value, which takes ten times as long


@dataclass(frozen=True, slots=True)
class Calibration:
    """The weight of each feature, in their order, and the threshold below which to decline.

    ``medium`` and ``high`` are the confidences from which an answer is called so; what share of
    these answers was right is in the README.
    """

    weights: tuple[float, ...]
    bias: float
    threshold: float
    medium: float
    high: float
    encoder: str
    reader: str

    def level(self, confidence: float) -> Level:
        """How sure an answer is, in one of three words."""
        if confidence >= self.high:
            return "high"
        return "medium" if confidence >= self.medium else "low"

    def confidence(self, features: Features) -> float:
        """The probability that the passage answers the question."""
        total = self.bias + sum(map(mul, self.weights, _VALUES(features)))
        return 1 / (1 + math.exp(-max(-30.0, min(30.0, total))))

    @classmethod
    def even(cls, encoder: str, reader: str) -> Calibration:
        """All features alike, no threshold, and never sure: a start for fitting."""
        return cls((1.0,) * len(NAMES), -2.0, 0.0, 0.5, 2.0, encoder, reader)

    @classmethod
    def load(cls) -> Calibration:
        """The bundled calibration."""
        data = json.loads(files("assistant").joinpath("calibration.json").read_text("utf-8"))
        weights = tuple(float(data["weights"][name]) for name in NAMES)
        return cls(weights, *(data[name] for name in list(cls.__slots__)[1:]))
