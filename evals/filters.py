"""Retrieval within filters: how long it takes beside none, and whether it finds what is best.

Run by ``python -m evals.benchmark filters``.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import get_args

import numpy as np
from llama_index.core.schema import NodeWithScore
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track
from rich.table import Table

from evals.benchmark import DAYS, FIRST_DAY, OUTLETS, percentiles, shown
from evals.retrieval import ranked, reranked
from index.encoder import StaticEncoder, Vectors
from index.filters import Filter, Selection
from index.generations import live_generation
from index.retrieve import CANDIDATES, HybridRetriever
from index.store import Store
from index.types import Language
from index.vectors import VectorFile

TO_USER = Console(stderr=True)


@dataclass(frozen=True, slots=True)
class Filtered:
    """Retrieval within one filter: ``slower`` than without it at p50 and p95.

    ``same`` is the share of questions whose ten best are those of exact filtered search,
    ``choose_ms`` what it takes to tell for the first time which articles the filter selects.
    """

    name: str
    share: float
    choose_ms: float
    retrieve_ms: tuple[float, float, float]
    slower: tuple[float, float]
    same: float


class ExactSearch:
    """The score of every paragraph for each of these questions, told once without any shortcut."""

    def __init__(self, index: Path, store: Store, questions: list[str]) -> None:
        live = live_generation(index)
        assert live is not None
        self._store = store
        self._numbers = {question: number for number, question in enumerate(questions)}
        rows = store.catalog.rows_of(store.catalog.node_ids())
        self._ids = list(rows)
        self._rows = np.array(list(rows.values()), dtype=np.int64)
        vectors = VectorFile(live.vectors, store.encoder.dimensions)[self._rows]
        self._dense = store.encoder.encode_questions(questions) @ vectors.T
        self._lexical = np.zeros_like(self._dense)
        place = {node_id: number for number, node_id in enumerate(self._ids)}
        for number, question in enumerate(track(questions, "exact search", console=TO_USER)):
            for node_id, score in store.lexical.search(question, len(store)):
                self._lexical[number, place[node_id]] = score

    def ranked(self, question: str, articles: Selection) -> list[NodeWithScore]:
        """What ``evals.retrieval.ranked`` would find if each of its searches were exact."""
        number = self._numbers[question]
        inside = np.flatnonzero(articles.rows[self._rows])
        lexical = self._best(self._lexical[number], inside[self._lexical[number, inside] > 0])
        dense = self._best(self._dense[number], inside)

        class Exact(HybridRetriever):
            def _candidates(self, *_: object) -> tuple[dict[str, float], dict[str, float]]:
                return lexical, dense

        return reranked(self._store, question, Exact(self._store).retrieve(question))

    def _best(self, scores: Vectors, inside: NDArray[np.int64]) -> dict[str, float]:
        best = inside[np.argsort(-scores[inside], kind="stable")[:CANDIDATES]]
        return {self._ids[i]: float(scores[i]) for i in best.tolist()}


def conditions() -> dict[str, Filter]:
    """Filters of each kind, of different shares of the leads."""
    filters = {}
    for share in (0.5, 0.1, 0.01, 0.001):
        days = int(share * DAYS)
        since = FIRST_DAY + timedelta((DAYS - days) // 2)
        filters[f"{days:,} days"] = Filter(since=since, until=since + timedelta(days - 1))
    filters |= {f"outlet {name}": Filter(sources=(name,)) for name in OUTLETS}
    filters |= {f"language {code}": Filter(languages=(code,)) for code in get_args(Language)}
    since = FIRST_DAY + timedelta(DAYS // 2)
    filters["all three"] = Filter(since=since, sources=("Separuh",), languages=("en",))
    return filters


def filtered(index: Path, questions: list[str]) -> list[Filtered]:
    """Retrieve within days, outlets and languages that hold different shares of the articles.

    The same questions are asked without the filter and with it in turn, so that both times stem
    from the same moments; exact search comes first, so that the words of both are known already.
    """
    report = []
    with Store.open(index, StaticEncoder()) as store:
        exact = ExactSearch(index, store, questions)
        everything = store.select(Filter())
        for question in questions:
            ranked(store, question)
        for name, condition in track(conditions().items(), "filters", console=TO_USER):
            started = time.perf_counter()
            chosen = store.select(condition)
            choosing = _ms_since(started)
            plain, times, same = [], [], []
            for question in questions:
                right = _ten(exact.ranked(question, chosen))
                started = time.perf_counter()
                ranked(store, question)
                plain.append(_ms_since(started))
                started = time.perf_counter()
                found = ranked(store, question, articles=store.select(condition))
                times.append(_ms_since(started))
                same.append(_ten(found) == right)
            within, whole = percentiles(times), percentiles(plain)
            slower = within[0] / whole[0], within[1] / whole[1]
            share = len(chosen) / max(1, len(everything))
            report.append(Filtered(name, share, choosing, within, slower, float(np.mean(same))))
    return report


def _ms_since(started: float) -> float:
    return 1e3 * (time.perf_counter() - started)


def _ten(found: list[NodeWithScore]) -> list[str]:
    return [one.node.node_id for one in found[:10]]


def show_filters(size: int, report: list[Filtered]) -> None:
    table = Table(
        f"{size:,} paragraphs", "of the articles", "choose, ms", "retrieve p50 / p95 / p99, ms",
        "times the unfiltered p50 / p95", "ten best are the exact ones",
    )  # fmt: skip
    for one in report:
        table.add_row(
            one.name,
            f"{one.share:.2%}",
            f"{one.choose_ms:.1f}",
            shown(one.retrieve_ms),
            " / ".join(f"{times:.2f}" for times in one.slower),
            f"{one.same:.1%}",
        )
    Console(width=180).print(table)
    slowest = max(one.slower[0] for one in report)
    same = float(np.mean([one.same for one in report]))
    print(f"at most {slowest:.2f} times the unfiltered p50; exact in {same:.2%} of all cases")
