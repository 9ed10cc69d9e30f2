"""How sure an answer is: a logistic model over how well the articles cover the question.

Each kind of evidence has a curve that says what its values are worth, and their sum is the log-odds
(a generalised additive model, Hastie and Tibshirani 1986). ``python -m evals.calibrate`` fits the
curves on development questions.
"""

from __future__ import annotations

import json
import math
from bisect import bisect_right
from dataclasses import dataclass, fields
from importlib.resources import files
from operator import attrgetter

from assistant.types import Level


@dataclass(frozen=True, slots=True)
class Features:
    """Evidence for an answer; every value lies in [0, 1], the readings and ``counted`` in [-1, 1]
    and ``behind`` in [0, 2].

    - ``coverage`` of the question's words by the paragraph and its title, weighted by their
      rarity; ``together``, the same within the run of words that covers it best; ``article``, with
      words that only the rest of the article holds;
    - ``weakest``, ``weakest_name`` and ``weakest_number``: the worst covered word, name and
      figure of the question; ``sentence``, the coverage by the quoted words;
    - ``cosine`` of question and paragraph; ``rank``, the reranked score; ``relative``, its share
      of the best one in the same language;
    - ``reading``, a tenth of the reader's log-odds, for questions whose answer has no typical
      form and, as ``typed_reading``, for those that ask who, where, when or how many (``typed``);
      ``behind``, how far it lies behind the surest reading among the candidates;
    - ``counted``, for questions how many of something there are: 1 where the number found stands
      beside it, -1 where it does not;
    - ``across``, 1 when question and article differ in language, and then ``rival``, the best
      reranked score in the language of the question.
    """

    coverage: float
    together: float
    article: float
    weakest: float
    weakest_name: float
    weakest_number: float
    sentence: float
    cosine: float
    rank: float
    relative: float
    reading: float
    typed_reading: float
    typed: float
    behind: float
    counted: float
    rival: float
    across: float


_NAMES = tuple(field.name for field in fields(Features))
_VALUES = attrgetter(*_NAMES)  # ``astuple`` copies each value, which takes ten times as long


Curve = tuple[tuple[float, ...], tuple[float, ...]]
"""Ascending values of a feature, and what each is worth in log-odds; straight lines between."""


def worth(curve: Curve, value: float) -> float:
    """What ``value`` is worth; beyond the ends of the curve as much as there.

    >>> worth(((0.0, 0.5, 1.0), (-1.0, 1.0, 1.5)), 0.25)
    0.0
    >>> worth(((0.0, 0.5, 1.0), (-1.0, 1.0, 1.5)), 7.0)
    1.5
    """
    values, worths = curve
    after = bisect_right(values, value)
    if after == 0 or after == len(values):
        return worths[0] if after == 0 else worths[-1]
    share = (value - values[after - 1]) / (values[after] - values[after - 1])
    return worths[after - 1] + share * (worths[after] - worths[after - 1])


@dataclass(frozen=True, slots=True)
class Calibration:
    """A curve for each feature, in their order, and the threshold below which to decline.

    Of the development questions, a third of them unanswerable by design, answers of at least
    ``high`` were right in eight of ten, those from ``medium`` up to there in two of three, the
    others in nearly half.
    """

    curves: tuple[Curve, ...]
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
        total = self.bias + sum(map(worth, self.curves, _VALUES(features)))
        return 1 / (1 + math.exp(-max(-30.0, min(30.0, total))))

    @classmethod
    def even(cls, encoder: str, reader: str) -> Calibration:
        """All features alike and no threshold: a start for fitting."""
        line = ((-2.0, 2.0), (-2.0, 2.0))
        return cls((line,) * len(_NAMES), -4.0, 0.0, 0.5, 0.9, encoder, reader)

    @classmethod
    def load(cls) -> Calibration:
        """The bundled calibration."""
        data = json.loads(files("assistant").joinpath("calibration.json").read_text("utf-8"))
        return cls(
            tuple((tuple(xs), tuple(ys)) for xs, ys in map(data["curves"].get, _NAMES)),
            data["bias"],
            data["threshold"],
            data["medium"],
            data["high"],
            data["encoder"],
            data["reader"],
        )
