"""Fit the confidence of answers on development questions.

    python -m evals.calibrate --data PATH

A passage is right when it is the gold paragraph and its quoted words hold an accepted answer.
One logistic model ranks the passages of a question and decides whether the best one is shown. Its
threshold is where answered answerable and declined unanswerable questions are best together;
figures are five-fold, with all passages of a question in one fold.
"""

from __future__ import annotations

import argparse
import json
import random
import tempfile
from collections import Counter
from dataclasses import astuple, dataclass, fields
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.progress import track
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold, cross_val_predict

from assistant.confidence import Calibration, Features
from assistant.extract import Evidence, Extractor, quotation
from assistant.question import understand
from assistant.reader import Reader, SpanReader
from evals.public import PublicQuestion, build_collection, same_text
from index.encoder import StaticEncoder
from index.lexicon import Lexicon
from index.store import Store

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A passage offered for question number ``question``, and whether it is a right one."""

    question: int
    kind: str
    features: Features
    right: bool


def collect(data: Path, sample: int, encoder: StaticEncoder, reader: Reader) -> list[Candidate]:
    """All candidates of at most ``sample`` questions of each kind."""
    found: list[Candidate] = []
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as work:
        index, questions = build_collection(data, Path(work), encoder)
        store = Store.open(index, encoder)
        extractor = Extractor(
            store, reader, Calibration.even(encoder.fingerprint, reader.fingerprint)
        )
        random.Random(7).shuffle(questions)
        taken: Counter[str] = Counter()
        chosen = []
        for question in questions:
            taken[question.kind] += 1
            if taken[question.kind] <= sample:
                chosen.append(question)
        for number, question in enumerate(track(chosen, "asking", transient=True)):
            for item in extractor.evidence(understand(question.text)):
                right = _is_right(item, question)
                found.append(Candidate(number, question.kind, item.features, right))
        store.close()
    return found


def _is_right(item: Evidence, question: PublicQuestion) -> bool:
    if not question.gold or not same_text(item.node.paragraph.text, question.gold):
        return False
    # Translated answers do not always stand in the translated paragraph.
    standing = [answer for answer in question.answers if answer in question.gold]
    return not standing or any(answer in quotation(item) for answer in standing)


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


def choose_threshold(decisions: list[Decision]) -> float:
    """Where answerable, out-of-corpus and near-miss questions are best together."""
    outside = [one for one in decisions if one.kind == "out of corpus"]
    near = [one for one in decisions if one.kind.endswith("near miss")]
    inside = [one for one in decisions if one not in outside and one not in near]

    def balanced(threshold: float) -> float:
        declined = 2 - share(outside, threshold) - share(near, threshold)
        return share(inside, threshold) / 2 + declined / 4

    return max((float(one) for one in np.linspace(0.02, 0.9, 89)), key=balanced)


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
    model = LogisticRegression(C=1.0, max_iter=2000)
    folds = GroupKFold(5)
    predicted = cross_val_predict(
        model, features, labels, groups=groups, cv=folds, method="predict_proba"
    )
    decisions = decide(candidates, predicted[:, 1])
    threshold = choose_threshold(decisions)
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
    model.fit(features, labels)
    names = [field.name for field in fields(Features)]
    calibration = {
        "weights": dict(zip(names, map(float, model.coef_[0].round(4)), strict=True)),
        "bias": round(float(model.intercept_[0]), 4),
        "threshold": round(threshold, 3),
        "encoder": encoder.fingerprint,
        "reader": reader.fingerprint,
    }
    print(json.dumps(calibration, indent=1))
    args.out.write_text(json.dumps(calibration, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
