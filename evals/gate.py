"""Compare a run with the committed baseline: no figure may fall below its floor.

A floor stands a little below the figure it was measured from, so that a question or two near a
threshold may fall on the other side on another platform.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from assistant.config import samples_folder
from assistant.terminal import say
from evals.figures import FIGURES, scores
from evals.metrics import Estimate, mean_estimate
from evals.questions import FOLDER, NEWS_ARTICLES, NEWS_QUESTIONS
from evals.runner import Outcome
from prompts import MessageError

BASELINE = Path(__file__).parent / "baseline.json"
SLACK = 0.01  # at least so far stands a floor below its figure
FLIPS = 2.5  # and at least as far as so many questions count

Measured = Mapping[str, Mapping[str, Estimate]]
Floors = Mapping[str, Mapping[str, float]]


class BaselineError(MessageError, ValueError):
    """The baseline cannot be read or may not be written; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Baseline:
    """The floors by split and figure, and what they were measured on."""

    fingerprints: Mapping[str, str]
    floors: Floors

    @classmethod
    def load(cls, path: Path = BASELINE) -> Baseline:
        """Read the committed baseline.

        Raises:
            BaselineError: there is none.
        """
        if not path.exists():
            raise BaselineError("no_baseline", path=path)
        content = json.loads(path.read_text(encoding="utf-8"))
        return cls(content["fingerprints"], content["floors"])

    def save(self, path: Path = BASELINE) -> None:
        content = {"fingerprints": dict(self.fingerprints), "floors": self.floors}
        path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def fingerprints() -> dict[str, str]:
    """Hashes of the articles and the questions that a baseline belongs to."""
    found = {}
    kept = {
        "articles": [*samples_folder().iterdir(), NEWS_ARTICLES],
        "questions": [*FOLDER.iterdir(), NEWS_QUESTIONS],
    }
    for name, paths in kept.items():
        digest = hashlib.sha256()
        for path in sorted(paths, key=lambda path: path.name):
            # Git may check text out with other line ends.
            digest.update(path.name.encode() + path.read_bytes().replace(b"\r\n", b"\n"))
        found[name] = digest.hexdigest()[:16]
    return found


def measured(outcomes: Sequence[Outcome]) -> dict[str, dict[str, Estimate]]:
    """The figures that have floors, by split."""
    found: dict[str, dict[str, Estimate]] = {}
    for split in sorted({one.case.question.split for one in outcomes}):
        each = [scores(one) for one in outcomes if one.case.question.split == split]
        found[split] = {
            figure.name: estimate
            for figure in FIGURES
            if figure.floor
            and (estimate := mean_estimate([s[figure.name] for s in each if figure.name in s]))
        }
    return found


def floors(found: Measured) -> dict[str, dict[str, float]]:
    """The floors that these figures allow."""
    exact = {figure.name for figure in FIGURES if figure.exact}
    return {
        split: {
            name: round(one.value - (0.0 if name in exact else max(SLACK, FLIPS / one.count)), 4)
            for name, one in figures.items()
        }
        for split, figures in found.items()
    }


def shortfalls(
    found: Measured, baseline: Baseline, current: Mapping[str, str] | None = None
) -> list[str]:
    """A line for each figure that is below its floor or missing, and for what has changed."""
    return [
        *_changed(baseline.fingerprints, fingerprints() if current is None else current),
        *(
            _shortfall(split, name, value, floor)
            for split, name, floor in _each(baseline.floors)
            if (value := found.get(split, {}).get(name)) is None or value.value < floor - 1e-9
        ),
    ]


def _shortfall(split: str, name: str, found: Estimate | None, floor: float) -> str:
    if found is None:
        return say("eval.shortfall_missing", split=split, figure=name, floor=floor)
    value = f"{found.value:.4f}"
    return say("eval.shortfall", split=split, figure=name, value=value, floor=floor)


def _changed(before: Mapping[str, str], now: Mapping[str, str]) -> Iterable[str]:
    for name, digest in now.items():
        if before.get(name) != digest:
            yield say("eval.changed", what=say(f"eval.changed_{name}"))


def _each(by_split: Floors) -> Iterable[tuple[str, str, float]]:
    return (
        (split, name, floor) for split, some in by_split.items() for name, floor in some.items()
    )


def renewed(found: Measured, before: Baseline | None, lower: bool) -> Baseline:
    """The baseline of these figures. Unless ``lower``, no floor falls and none is lost.

    Raises:
        BaselineError: one would, by more than its tolerance.
    """
    new = floors(found)
    falling = []
    for split, name, floor in _each(before.floors if before and not lower else {}):
        value = found.get(split, {}).get(name)
        if value is None or value.value < floor:
            now = "–" if value is None else f"{value.value:.4f}"
            falling.append(f"{split} {name} {floor} → {now}")
        else:
            new[split][name] = max(floor, new[split][name])
    if falling:
        raise BaselineError("falling_floors", falling=", ".join(falling))
    return Baseline(fingerprints(), new)
