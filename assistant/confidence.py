"""How sure an answer is: a logistic model over how well the articles cover the question.

The weights are fitted on development questions by ``python -m evals.calibrate``.
"""

from __future__ import annotations

import json
import math
from dataclasses import astuple, dataclass, fields
from importlib.resources import files


@dataclass(frozen=True, slots=True)
class Features:
    """Evidence for an answer; every value lies in [0, 1].

    ``coverage`` of the question's words by the paragraph and its title, weighted by their
    rarity; ``weakest_name`` and ``weakest_number``, the worst covered name and figure of the
    question in the article; ``sentence``, the coverage by the answering sentence; ``rarest``,
    that of the three rarest words; ``cosine`` of question and paragraph; ``span``, the score of
    the short answer; ``typed``, 1 when the type of question calls for one.
    """

    coverage: float
    rarest: float
    weakest_name: float
    weakest_number: float
    sentence: float
    cosine: float
    span: float
    typed: float


@dataclass(frozen=True, slots=True)
class Calibration:
    """A logistic model: one weight a feature, and the threshold below which to decline."""

    weights: tuple[float, ...]
    bias: float
    threshold: float
    encoder: str

    def confidence(self, features: Features) -> float:
        """The probability that the articles hold the answer."""
        total = self.bias + sum(
            weight * value for weight, value in zip(self.weights, astuple(features), strict=True)
        )
        return 1 / (1 + math.exp(-max(-30.0, min(30.0, total))))

    @classmethod
    def load(cls) -> Calibration:
        """The bundled calibration."""
        data = json.loads(files("assistant").joinpath("calibration.json").read_text("utf-8"))
        names = [field.name for field in fields(Features)]
        return cls(
            tuple(data["weights"][name] for name in names),
            data["bias"],
            data["threshold"],
            data["encoder"],
        )
