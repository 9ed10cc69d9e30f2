"""Fit the confidence of answers on development questions.

    python -m evals.calibrate --data PATH

A passage is right when it is the gold paragraph and its quoted words hold an accepted answer, or
its verdict is the right one. One logistic model orders the passages of a question and decides
whether the best one is shown. Questions on news count more than the others, since they are what
people ask. The threshold is the lowest at which enough questions without an answer are declined.
Figures are five-fold, with all passages of a question in one fold; the last table leaves out one
feature at a time.
"""

from __future__ import annotations

import argparse
import json
import random
import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import astuple, dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track
from rich.table import Table
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold, cross_val_predict

from assistant.confidence import NAMES, Calibration, Features
from assistant.config import samples_folder
from assistant.extract import Evidence, Extractor, quotation
from assistant.question import understand
from assistant.reader import Reader, bundled_reader
from evals.public import PublicQuestion, build_collection, out_of_corpus, same_text
from evals.questions import (
    NEWS_QUESTIONS,
    EvalQuestion,
    gold_paragraphs,
    load_questions,
)
from evals.runner import unpack_news
from evals.short_answers import contains
from index.encoder import StaticEncoder
from index.ingest import index_paths
from index.store import Store

Array = NDArray[np.float64]

COUNTS = {"news": 4.0, "own": 2.0}  # what a passage of these questions counts; a public one, 1
OUTSIDE, NEAR = 0.95, 0.75  # shares of the questions without an answer that must be declined
NEAR_OWN = 2 / 3  # of near misses among our own questions, whose articles are much alike
MEDIUM, HIGH = 0.6, 0.85  # shares that are right, of the answers called so
LEAST_LEVEL = 30  # answers from which a level's accuracy is told


@dataclass(frozen=True, slots=True)
class Candidate:
    """A passage offered for question number ``question``, and whether it is a right one."""

    question: int
    kind: str
    features: Features
    right: bool


@dataclass(frozen=True, slots=True)
class Asked:
    """A question, and how a passage is judged."""

    kind: str
    text: str
    is_right: Callable[[Evidence], bool]


def collect(data: Path, sample: int, encoder: StaticEncoder, reader: Reader) -> list[Candidate]:
    """All candidates of the news questions, of our own, and of public ones.

    At most ``sample`` of each kind of public question. Those on something else are asked of the
    news articles.
    """
    found: list[Candidate] = []
    even = Calibration.even(encoder.fingerprint, reader.fingerprint)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        work = Path(folder)
        index, public = build_collection(data, work, encoder)
        public = [one for one in public if one.kind != "out of corpus"]
        (work / "articles").mkdir()
        unpack_news(work / "articles")
        for name, articles in (("samples", samples_folder()), ("news", work / "articles")):
            index_paths(work / name, [articles], encoder)
        elsewhere = public_questions(list(out_of_corpus(data)), 2 * sample)
        news = partial(written_questions, "news", load_questions([NEWS_QUESTIONS]))
        sets: tuple[tuple[Path, Callable[[Store], list[Asked]]], ...] = (
            (work / "news", lambda store: news(store) + elsewhere),
            (work / "samples", partial(written_questions, "own", load_questions())),
            (index, lambda _: public_questions(public, sample)),
        )
        for path, questions in sets:
            with Store.open(path, encoder) as store:
                extractor = Extractor(store, reader, even)
                start = found[-1].question + 1 if found else 0
                asked = questions(store)
                for number, one in enumerate(track(asked, "asking", transient=True), start):
                    for item in extractor.find(understand(one.text)).evidence:
                        right = one.is_right(item)
                        found.append(Candidate(number, one.kind, item.features, right))
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


def written_questions(name: str, questions: Sequence[EvalQuestion], store: Store) -> list[Asked]:
    """Those for development that stand alone."""
    articles = {one.id: one for one in store.catalog.articles()}
    articles |= {Path(store.catalog.file_of(one.id)[1]).stem: one for one in articles.values()}
    asked = []
    for one in questions:
        if one.split == "test" or one.turns or one.today:
            continue
        gold = {p.public_id for _, p in gold_paragraphs(one, articles) if p}
        kind = f"{name} {one.category.replace('_', ' ')}"
        if one.answerable:
            kind = f"{name} {'yes/no' if one.answer_type == 'yesno' else 'answerable'}"
        asked.append(Asked(kind, one.question, partial(_answers, one, gold)))
    return asked


def _answers(question: EvalQuestion, gold: set[str], item: Evidence) -> bool:
    if item.node.paragraph.public_id not in gold:
        return False
    if question.answer_type == "yesno":
        return item.verdict in question.answers
    return any(contains(quotation(item), answer) for answer in question.answers)


@dataclass(frozen=True, slots=True)
class Decision:
    """What is shown for one question: its best passage."""

    kind: str
    score: float
    right: bool


def decide(candidates: Sequence[Candidate], scores: Array) -> list[Decision]:
    """The best passage of each question."""
    best: dict[int, Decision] = {}
    for one, score in zip(candidates, map(float, scores), strict=True):
        if one.question not in best or score > best[one.question].score:
            best[one.question] = Decision(one.kind, score, one.right)
    return list(best.values())


def share(decisions: Sequence[Decision], threshold: float) -> float:
    """The share of these questions that are answered."""
    return sum(one.score >= threshold for one in decisions) / max(1, len(decisions))


def choose_threshold(decisions: Sequence[Decision]) -> float:
    """The lowest at which enough questions that have no answer are declined.

    ``OUTSIDE`` of those on something else, and of those on a detail that the articles do not give
    ``NEAR`` of the news questions and ``NEAR_OWN`` of our own.
    """
    outside = [one for one in decisions if one.kind.endswith("out of corpus")]
    near = [one for one in decisions if one.kind == "news near miss"]
    own = [one for one in decisions if one.kind == "own near miss"]
    thresholds = (round(float(one), 2) for one in np.linspace(0.02, 0.98, 97))
    return next(
        one
        for one in thresholds
        if 1 - share(outside, one) >= OUTSIDE
        and 1 - share(near, one) >= NEAR
        and 1 - share(own, one) >= NEAR_OWN
    )


def choose_levels(decisions: Sequence[Decision], threshold: float) -> tuple[float, float]:
    """From where the share ``MEDIUM`` of the answers is right, and from where ``HIGH``.

    The second holds for all answers from there on, the first for those in between; both are read
    off the news questions.
    """
    shown = sorted(
        (one.score, one.right)
        for one in decisions
        if one.score >= threshold and one.kind.startswith("news")
    )

    def right(low: float, high: float) -> float:
        between = [good for score, good in shown if low <= score < high]
        return sum(between) / len(between) if len(between) >= LEAST_LEVEL else 0.0

    high = next((score for score, _ in shown if right(score, 2.0) >= HIGH), 1.0)
    medium = next((s for s, _ in shown if s < high and right(s, high) >= MEDIUM), high)
    return medium, high


@dataclass(frozen=True, slots=True)
class Fit:
    """The candidates as numbers, and a model of them."""

    candidates: Sequence[Candidate]
    left_out: str = ""

    @property
    def _columns(self) -> Array:
        kept = [name != self.left_out for name in NAMES]
        return np.array([astuple(one.features) for one in self.candidates])[:, kept]

    @property
    def _labels(self) -> NDArray[np.bool_]:
        return np.array([one.right for one in self.candidates])

    @property
    def _counts(self) -> Array:
        return np.array([COUNTS.get(one.kind.split()[0], 1.0) for one in self.candidates])

    def five_fold(self) -> list[Decision]:
        """What is decided for each question by a model of the others."""
        groups = np.array([one.question for one in self.candidates])
        predicted = cross_val_predict(
            _model(), self._columns, self._labels, groups=groups, cv=GroupKFold(5),
            method="predict_proba", params={"sample_weight": self._counts},
        )  # fmt: skip
        return decide(self.candidates, predicted[:, 1])

    def weights(self) -> tuple[dict[str, float], float]:
        """The weight of each feature, and the bias, of a model of all candidates."""
        model = _model().fit(self._columns, self._labels, sample_weight=self._counts)
        weights = dict(zip(NAMES, model.coef_[0].round(4).tolist(), strict=True))
        return weights, round(float(model.intercept_[0]), 4)


def _model() -> LogisticRegression:
    return LogisticRegression(C=10.0, tol=1e-7, max_iter=5_000)


def print_kinds(decisions: Sequence[Decision], threshold: float, console: Console) -> None:
    """How each kind of question fares at this threshold."""
    table = Table("kind", "n", "answered", "right of these", "right first")
    for kind in dict.fromkeys(one.kind for one in decisions):
        chosen = [one for one in decisions if one.kind == kind]
        shown = [one for one in chosen if one.score >= threshold]
        table.add_row(
            kind, str(len(chosen)), f"{share(chosen, threshold):.3f}",
            f"{sum(one.right for one in shown) / max(1, len(shown)):.3f}",
            f"{sum(one.right for one in chosen) / len(chosen):.3f}",
        )  # fmt: skip
    console.print(table)


def news_figures(decisions: Sequence[Decision]) -> tuple[float, ...]:
    """Of the news questions at the threshold of these decisions: said, verdicts, right, declined.

    Said and right verdicts are shares of the questions that have an answer, right is the share of
    all that is answered, and declined that of the near misses.
    """
    threshold = choose_threshold(decisions)
    shown = [one for one in decisions if one.score >= threshold and one.kind.startswith("news")]

    def of_kind(kind: str) -> float:
        asked = sum(one.kind == kind for one in decisions)
        return sum(one.right for one in shown if one.kind == kind) / max(1, asked)

    near = [one for one in decisions if one.kind == "news near miss"]
    return (
        of_kind("news answerable"), of_kind("news yes/no"),
        sum(one.right for one in shown) / max(1, len(shown)), 1 - share(near, threshold),
    )  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description="fit the confidence of answers")
    parser.add_argument("--data", type=Path, required=True, help="folder with train/ and dev/")
    parser.add_argument("--sample", type=int, default=150, help="questions of each public set")
    parser.add_argument(
        "--out", type=Path, default=Path(__file__).parent.parent / "assistant/calibration.json"
    )
    args = parser.parse_args()
    console = Console()
    encoder, reader = StaticEncoder(), bundled_reader()
    candidates = collect(args.data, args.sample, encoder, reader)
    decisions = Fit(candidates).five_fold()
    threshold = choose_threshold(decisions)
    medium, high = choose_levels(decisions, threshold)
    news = [one for one in decisions if one.kind.startswith("news")]
    for name, low, top in (
        ("high", high, 2.0), ("medium", medium, high), ("low", threshold, medium)
    ):  # fmt: skip
        level = [one.right for one in news if low <= one.score < top]
        right = sum(level) / max(1, len(level))
        console.print(f"level {name}: from {low:.3f}, {len(level)} answers, {right:.3f} right")
    console.print(f"threshold {threshold:.2f}")
    print_kinds(decisions, threshold, console)
    table = Table("left out", "said", "verdicts", "right when answered", "near misses declined")
    for name in ("", *NAMES):
        values = news_figures(Fit(candidates, name).five_fold() if name else decisions)
        table.add_row(name or "nothing", *(f"{value:.3f}" for value in values))
    console.print(table)
    weights, bias = Fit(candidates).weights()
    calibration = {
        "weights": weights,
        "bias": bias,
        "threshold": round(threshold, 3),
        "medium": round(medium, 3),
        "high": round(high, 3),
        "encoder": encoder.fingerprint,
        "reader": reader.fingerprint,
    }
    args.out.write_text(json.dumps(calibration, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
