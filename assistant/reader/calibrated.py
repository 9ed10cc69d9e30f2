"""Another reader in the place of the bundled one, without another calibration."""

from __future__ import annotations

from collections.abc import Sequence

from assistant.reader import Reader, Reading
from assistant.types import AnswerType
from index.vocabulary import Vocabulary


class CalibratedReader:
    """Spans and order of one reader, scores of the one that the confidence is calibrated on.

    Both read. The log-odds of two models differ in size, so those of ``measure`` are dealt out
    anew in the order of ``lead``: its surest reading gets the highest, and so on. Where
    ``measure`` finds fewer readings, the least sure ones of ``lead`` go without a score, and out.
    """

    def __init__(self, lead: Reader, measure: Reader) -> None:
        self._lead = lead
        self._measure = measure

    @property
    def fingerprint(self) -> str:
        """That of the reader whose scores these are."""
        return self._measure.fingerprint

    def read(
        self,
        question: str,
        texts: Sequence[str],
        kind: AnswerType = "what",
        titles: Sequence[str] | None = None,
        vocabulary: Vocabulary | None = None,
    ) -> list[Reading | None]:
        """As ``Reader.read``."""
        measured = self._measure.read(question, texts, kind, titles, vocabulary)
        found = self._lead.read(question, texts, kind, titles, vocabulary)
        return dealt(found, [one.score for one in measured if one])


def dealt(found: Sequence[Reading | None], scores: Sequence[float]) -> list[Reading | None]:
    """The readings with these scores instead of their own, the best score to the best reading.

    >>> dealt([Reading((0, 4), 7.0), None, Reading((2, 3), 9.0)], [-1.5, 2.5])
    [Reading(span=(0, 4), score=-1.5), None, Reading(span=(2, 3), score=2.5)]
    """
    read = [(row, one) for row, one in enumerate(found) if one]
    read.sort(key=lambda item: -item[1].score)
    readings: list[Reading | None] = [None] * len(found)
    for (row, one), score in zip(read, sorted(scores, reverse=True), strict=False):
        readings[row] = Reading(one.span, score)
    return readings
