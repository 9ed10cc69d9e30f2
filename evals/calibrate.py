"""Fit the confidence of answers on development questions.

    python -m evals.calibrate --data PATH

An answer counts as right when it cites the gold paragraph. The threshold is where the mean of
answered answerable and declined out-of-corpus questions is best; figures are five-fold.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from dataclasses import astuple, fields
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression  # type: ignore[import-untyped]
from sklearn.model_selection import cross_val_predict  # type: ignore[import-untyped]

from assistant.confidence import Features
from assistant.extract import Extractor
from assistant.question import understand
from evals.public import PublicQuestion, load_sets, out_of_corpus, same_text
from index.encoder import StaticEncoder
from index.rerank import SoftIdfRerank, SoftMatcher
from index.retrieve import HybridRetriever
from index.store import Store

Array = NDArray[np.float64]
NEAR_MISS_WEIGHT = 0.5  # unanswerable by a minimal edit: undecidable from words alone


def observe(store: Store, question: PublicQuestion) -> tuple[Features, bool] | None:
    """Features of the best answer, and whether it cites the gold paragraph."""
    asked = understand(question.text)
    matcher = SoftMatcher(store.encoder, store.lexical.idf)
    rerank = SoftIdfRerank(matcher, top=20, language=asked.language)
    found = HybridRetriever(store).retrieve(asked.text)
    extractor = Extractor(store)
    evidence = extractor.evidence(asked, rerank.postprocess_nodes(found, query_str=asked.text))
    if not evidence:
        return None
    best = evidence[0]
    vector = store.encoder.encode([asked.text])[0]
    cosine = float(store.vectors([best.node])[0] @ vector)
    right = bool(question.gold) and same_text(best.node.paragraph.text, question.gold)
    return extractor.features(asked, best, cosine), right


def collect(data: Path, sample: int) -> tuple[Array, Array, Array, list[str]]:
    """Features float[n, f], labels, weights, and the kind of each question."""
    encoder = StaticEncoder()
    features, labels, weights, kinds = [], [], [], []
    outside = out_of_corpus(data)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as work:
        for position, one in enumerate(load_sets(data, Path(work), encoder)):
            store = Store.open(one.index, encoder)
            inside = one.questions[:sample]
            strangers = outside[position::6]
            for question in inside + strangers:
                observed = observe(store, question)
                if observed is None:
                    continue
                values, right = observed
                if question in strangers:
                    kind = "out_of_corpus"
                else:
                    kind = one.name if question.gold else f"{one.name} near miss"
                features.append(astuple(values))
                labels.append(float(right))
                weights.append(NEAR_MISS_WEIGHT if kind.endswith("near miss") else 1.0)
                kinds.append(kind)
            store.close()
    return np.array(features), np.array(labels), np.array(weights), kinds


def main() -> None:
    parser = argparse.ArgumentParser(description="fit the confidence of answers")
    parser.add_argument("--data", type=Path, required=True, help="folder with train/ and dev/")
    parser.add_argument("--sample", type=int, default=400, help="questions of each set")
    parser.add_argument(
        "--out", type=Path, default=Path(__file__).parent.parent / "assistant/calibration.json"
    )
    args = parser.parse_args()
    features, labels, weights, kinds = collect(args.data, args.sample)
    model = LogisticRegression(C=1.0, max_iter=1000)
    outside = np.array([kind == "out_of_corpus" for kind in kinds])
    near = np.array([kind.endswith("near miss") for kind in kinds])
    scores = cross_val_predict(
        model, features, labels, cv=5, method="predict_proba", params={"sample_weight": weights}
    )[:, 1]
    best, threshold = 0.0, 0.5
    for candidate in np.linspace(0.05, 0.95, 91):
        answered = float((scores[~outside & ~near] >= candidate).mean())
        declined = float((scores[outside] < candidate).mean())
        if (answered + declined) / 2 > best:
            best, threshold = (answered + declined) / 2, float(candidate)
    print(f"balanced accuracy {best:.3f} at threshold {threshold:.2f}")
    for kind in dict.fromkeys(kinds):
        chosen = np.array([one == kind for one in kinds])
        answered = scores[chosen] >= threshold
        right = labels[chosen][answered].mean() if answered.any() else float("nan")
        print(f"{kind:24} n {chosen.sum():5} answered {answered.mean():.3f} right {right:.3f}")
    model.fit(features, labels, sample_weight=weights)
    names = [field.name for field in fields(Features)]
    calibration = {
        "weights": dict(zip(names, map(float, model.coef_[0].round(4)), strict=True)),
        "bias": round(float(model.intercept_[0]), 4),
        "threshold": round(threshold, 3),
        "encoder": StaticEncoder().fingerprint,
    }
    print(json.dumps(calibration, indent=1))
    args.out.write_text(json.dumps(calibration, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
