"""Fit the confidence of answers on development questions.

    python -m evals.calibrate --data PATH

A passage is right when it is the gold paragraph and its quoted words hold an accepted answer. One
additive logistic model ranks the passages of a question and decides whether the best one is shown.
Our own questions count more than the public ones, since they are asked of news. The threshold is
the lowest at which enough questions without an answer are declined; the figures are five-fold, with
all passages of a question in one fold.
"""

from __future__ import annotations

import argparse
import json
import random
import tempfile
from collections import Counter
from collections.abc import Callable
from dataclasses import astuple, dataclass, fields
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.progress import track
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold, cross_val_predict
from sklearn.pipeline import Pipeline, make_pipeline

from assistant.confidence import Calibration, Curve, Features
from assistant.config import samples_folder
from assistant.extract import Evidence, Extractor, quotation
from assistant.question import understand
from assistant.reader import Reader, SpanReader
from evals.public import PublicQuestion, build_collection, same_text
from evals.questions import EvalQuestion, gold_paragraphs, load_questions
from index.encoder import StaticEncoder
from index.ingest import index_paths
from index.lexicon import Lexicon
from index.store import Store

Array = NDArray[np.float64]

OWN_WEIGHT = 5.0  # of a passage of our own articles; a public one counts once
NAMES = tuple(field.name for field in fields(Features))
KNOTS = 5  # where the curve of a feature may bend
STRAIGHT = frozenset({"relative", "rank"})  # do not bend: to be first by a hair is worth a hair
OUTSIDE, NEAR = 0.9, 0.7  # shares of the questions without an answer that must be declined
LEAST_LEVEL = 50  # answers from which a level's accuracy is told


@dataclass(frozen=True, slots=True)
class Candidate:
    """A passage offered for question number ``question``, and whether it is a right one."""

    question: int
    kind: str
    features: Features
    known: float
    right: bool


@dataclass(frozen=True, slots=True)
class Asked:
    """A question, and how a passage is judged."""

    kind: str
    text: str
    is_right: Callable[[Evidence], bool]


def collect(data: Path, sample: int, encoder: StaticEncoder, reader: Reader) -> list[Candidate]:
    """All candidates of at most ``sample`` public questions of each kind, and of our own."""
    found: list[Candidate] = []
    even = Calibration.even(encoder.fingerprint, reader.fingerprint)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as work:
        index, public = build_collection(data, Path(work), encoder)
        index_paths(Path(work) / "samples", [samples_folder()], encoder)
        for folder in (index, Path(work) / "samples"):
            store = Store.open(folder, encoder)
            extractor = Extractor(store, reader, even)
            asked = public_questions(public, sample) if folder == index else own_questions(store)
            start = found[-1].question + 1 if found else 0
            for number, one in enumerate(track(asked, "asking", transient=True), start):
                for item in extractor.evidence(understand(one.text)):
                    right = one.is_right(item)
                    found.append(Candidate(number, one.kind, item.features, item.known, right))
            store.close()
    return found


def public_questions(questions: list[PublicQuestion], sample: int) -> list[Asked]:
    """At most ``sample`` of each kind, drawn at random."""
    random.Random(7).shuffle(questions)
    taken: Counter[str] = Counter()
    chosen = []
    for one in questions:
        taken[one.kind] += 1
        if taken[one.kind] <= sample:
            chosen.append(Asked(one.kind, one.text, partial(_answers_public, one)))
    return chosen


def _answers_public(question: PublicQuestion, item: Evidence) -> bool:
    if not question.gold or not same_text(item.node.paragraph.text, question.gold):
        return False
    # Translated answers do not always stand in the translated paragraph.
    standing = [answer for answer in question.answers if answer in question.gold]
    return not standing or any(answer in quotation(item) for answer in standing)


def own_questions(store: Store) -> list[Asked]:
    """The development half of the bundled questions that stand alone."""
    articles = {Path(store.catalog.file_of(a.id)[1]).stem: a for a in store.catalog.articles()}
    asked = []
    for one in load_questions():
        if one.split != "dev" or one.turns or one.today:
            continue
        gold = {p.public_id for _, p in gold_paragraphs(one, articles) if p}
        kind = "own near miss" if one.category == "near_miss" else "own out of corpus"
        if one.answerable:
            languages = {articles[gold.article].language for gold in one.gold}
            kind = "own within" if one.language in languages else "own across"
        asked.append(Asked(kind, one.question, partial(_answers_own, one, gold)))
    return asked


def _answers_own(question: EvalQuestion, gold: set[str], item: Evidence) -> bool:
    if item.node.paragraph.public_id not in gold:
        return False
    said = quotation(item).casefold()
    return question.answer_type == "yesno" or any(a.casefold() in said for a in question.answers)


@dataclass(frozen=True, slots=True)
class Decision:
    """What is shown for one question: its best passage."""

    kind: str
    score: float
    right: bool


def decide(candidates: list[Candidate], scores: Array) -> list[Decision]:
    """The best passage of each question."""
    best: dict[int, Decision] = {}
    for one, score in zip(candidates, map(float, scores), strict=True):
        if one.question not in best or score > best[one.question].score:
            best[one.question] = Decision(one.kind, score, one.right)
    return list(best.values())


def share(decisions: list[Decision], threshold: float) -> float:
    """The share of these questions that are answered."""
    return sum(one.score >= threshold for one in decisions) / max(1, len(decisions))


class Stretches(TransformerMixin, BaseEstimator):  # type: ignore[misc]  # sklearn has no types
    """How far each feature is along each stretch between its knots, in [0, 1].

    The knots are its least and greatest value and ``KNOTS`` quantiles between, so that a linear
    model of the stretches is a sum of curves of straight lines.
    """

    def fit(self, features: Array, labels: object = None) -> Stretches:
        self.knots_ = [
            np.unique(np.quantile(column, np.linspace(0, 1, 2 + (name not in STRAIGHT) * KNOTS)))
            for name, column in zip(NAMES, features.T, strict=True)
        ]
        return self

    def transform(self, features: Array) -> Array:
        columns = zip(features.T, self.knots_, strict=True)
        return np.hstack([stretches(column, knots) for column, knots in columns])


def stretches(values: Array, knots: Array) -> Array:
    """How far ``values`` are from each knot to the next, float64[n, len(knots) - 1] in [0, 1].

    >>> stretches(np.array([0.5, 3.0]), np.array([0.0, 1.0, 3.0])).tolist()
    [[0.5, 0.0], [1.0, 1.0]]
    """
    low, high = knots[:-1], knots[1:]
    along: Array = np.clip((values[:, None] - low) / (high - low), 0, 1)
    return along


def fitted_curves(model: Pipeline) -> tuple[list[Curve], float]:
    """The curves of a pipeline of steps and logistic regression, and its bias."""
    steps, linear = (step for _, step in model.steps)
    curves, begin = [], 0
    for knots in steps.knots_:
        own = linear.coef_[0][begin : begin + len(knots) - 1]
        worths = np.concatenate([[0.0], np.cumsum(own)])
        curves.append((tuple(knots.round(5).tolist()), tuple(worths.round(4).tolist())))
        begin += len(own)
    return curves, round(float(linear.intercept_[0]), 4)


def choose_threshold(decisions: list[Decision]) -> float:
    """The lowest at which enough questions that have no answer are declined.

    ``OUTSIDE`` of those on something else and ``NEAR`` of those on a detail that the articles do
    not give; each kind of question counts the same, however many there are of it.
    """

    def declined(suffix: str, threshold: float) -> float:
        kinds = sorted({one.kind for one in decisions if one.kind.endswith(suffix)})
        of_kind = ([one for one in decisions if one.kind == kind] for kind in kinds)
        return float(np.mean([1 - share(own, threshold) for own in of_kind]))

    thresholds = (round(float(one), 2) for one in np.linspace(0.02, 0.98, 97))
    return next(
        one
        for one in thresholds
        if declined("out of corpus", one) >= OUTSIDE and declined("near miss", one) >= NEAR
    )


def choose_levels(decisions: list[Decision], threshold: float) -> tuple[float, float]:
    """From where answers are right in about two of three cases, and from where in eight of ten.

    The second holds for all answers from there on, the first for those in between. A third of
    the questions have no answer and were made to look as if, which users seldom do.
    """
    shown = sorted(one.score for one in decisions if one.score >= threshold)

    def right(low: float, high: float) -> float:
        between = [one.right for one in decisions if low <= one.score < high]
        return sum(between) / len(between) if len(between) >= LEAST_LEVEL else 0.0

    high = next((score for score in shown if right(score, 2.0) >= 0.8), 1.0)
    medium = next((s for s in shown if s < high and right(s, high) >= 0.64), high)
    return medium, high


def main() -> None:
    parser = argparse.ArgumentParser(description="fit the confidence of answers")
    parser.add_argument("--data", type=Path, required=True, help="folder with train/ and dev/")
    parser.add_argument("--sample", type=int, default=400, help="questions of each set")
    parser.add_argument(
        "--out", type=Path, default=Path(__file__).parent.parent / "assistant/calibration.json"
    )
    args = parser.parse_args()
    encoder = StaticEncoder()
    reader = SpanReader(encoder, Lexicon())
    candidates = collect(args.data, args.sample, encoder, reader)
    features = np.array([astuple(one.features) for one in candidates])
    labels = np.array([one.right for one in candidates])
    groups = np.array([one.question for one in candidates])
    model = make_pipeline(Stretches(), LogisticRegression(C=1.0, tol=1e-7, max_iter=3000))
    folds = GroupKFold(5)
    counts = np.array([OWN_WEIGHT if one.kind.startswith("own") else 1.0 for one in candidates])
    predicted = cross_val_predict(
        model, features, labels, groups=groups, cv=folds, method="predict_proba",
        params={"logisticregression__sample_weight": counts},
    )  # fmt: skip
    known = np.array([one.known for one in candidates])
    decisions = decide(candidates, known * predicted[:, 1])
    threshold = choose_threshold(decisions)
    medium, high = choose_levels(decisions, threshold)
    for name, low, top in (
        ("high", high, 2.0), ("medium", medium, high), ("low", threshold, medium)
    ):  # fmt: skip
        level = [one.right for one in decisions if low <= one.score < top]
        share_right = sum(level) / max(1, len(level))
        print(f"level {name}: from {low:.3f}, {len(level)} answers, {share_right:.3f} right")
    print(f"threshold {threshold:.2f}")
    for kind in dict.fromkeys(one.kind for one in decisions):
        chosen = [one for one in decisions if one.kind == kind]
        shown = [one for one in chosen if one.score >= threshold]
        right = sum(one.right for one in shown) / max(1, len(shown))
        first = sum(one.right for one in chosen) / len(chosen)
        print(
            f"{kind:24} n {len(chosen):5} answered {share(chosen, threshold):.3f} "
            f"right of these {right:.3f} right first {first:.3f}"
        )
    model.fit(features, labels, logisticregression__sample_weight=counts)
    curves, bias = fitted_curves(model)
    calibration = {
        "curves": dict(zip(NAMES, curves, strict=True)),
        "bias": bias,
        "threshold": round(threshold, 3),
        "medium": round(medium, 3),
        "high": round(high, 3),
        "encoder": encoder.fingerprint,
        "reader": reader.fingerprint,
    }
    print(json.dumps(calibration, indent=1))
    args.out.write_text(json.dumps(calibration, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
