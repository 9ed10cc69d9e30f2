"""What each part of retrieval is worth, in all four directions.

    python -m evals.retrieval --data PATH [--sets facqa …]

The questions are the answerable ones of each development set; the collection holds all distinct
train and dev paragraphs of that set in the language named second. R@1 / R@10 of the gold
paragraph; equal paragraphs count as one. "As answers come" is how an answer considers them: those
that were read first, by its confidence. With ``--tune`` the weights of fusion and reranking are
varied instead.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path

from llama_index.core.schema import NodeWithScore
from rich.console import Console
from rich.progress import track
from rich.table import Table

from assistant.llamaindex import AnswerRetriever
from index import lexical, rerank
from index.encoder import StaticEncoder
from index.encoder.pairs import rows
from index.filters import Selection
from index.ingest import index_paths
from index.lexicon import Lexicon, QueryWord
from index.rerank import SoftIdfRerank
from index.retrieve import DENSE_WEIGHT, DenseRetriever, HybridRetriever, LexicalRetriever
from index.store import Store
from index.text import language_of

TOP = 10
SITE = "https://collection.example/"  # a URL each, to know the paragraphs by
Stage = Callable[[Store, str], list[NodeWithScore]]
"""Ranks paragraphs of the store for a question."""


@dataclass(frozen=True, slots=True)
class PublicSet:
    """Questions with their gold paragraphs, over the paragraphs of one language."""

    name: str
    questions: list[tuple[str, str]]
    paragraphs: list[str]


def public_sets(data: Path) -> Iterator[PublicSet]:
    """The sets of ``data``, as the definitions of the project have them."""
    for name in ("idk_mrc", "facqa"):
        dev = list(rows(data / "dev" / f"{name}.jsonl.gz"))
        every = [*dev, *rows(data / "train" / f"{name}.jsonl.gz")]
        questions = [(row["question"], row["context"]) for row in dev if row["answerable"]]
        yield PublicSet(f"{name} id→id", questions, distinct(row["context"] for row in every))
    dev = list(rows(data / "dev" / "squad2_xling.jsonl.gz"))
    every = [*dev, *rows(data / "train" / "squad2_xling.jsonl.gz")]
    short = {"eng": "en", "ind": "id"}
    for asked, side in (("eng", "ind"), ("ind", "eng"), ("ind", "ind"), ("eng", "eng")):
        questions = [(row[f"q_{asked}"], row[f"ctx_{side}"]) for row in dev if row["answerable"]]
        name = f"squad {short[asked]}→{short[side]}"
        yield PublicSet(name, questions, distinct(row[f"ctx_{side}"] for row in every))


def distinct(texts: Iterator[str]) -> list[str]:
    return list(dict.fromkeys(texts))


class NoTranslation(Lexicon):
    """The same words, and nothing said of the other language."""

    def query(self, question: str) -> list[QueryWord]:
        return [QueryWord(one.word, ()) for one in super().query(question)]


def build(work: Path, paragraphs: Sequence[str], encoder: StaticEncoder) -> Path:
    """An index of these paragraphs, each an article without a title."""
    corpus = work / "collection.jsonl"
    lines = (
        json.dumps({"id": str(i), "url": f"{SITE}{i}", "text": [" ".join(text.split())]})
        for i, text in enumerate(paragraphs)
    )
    corpus.write_text("\n".join(lines), encoding="utf-8")
    index_paths(work / "index", [corpus], encoder)
    return work / "index"


@dataclass(frozen=True, slots=True)
class Bench:
    """An open collection and its questions with the ids of their gold paragraphs."""

    store: Store
    questions: list[tuple[str, str]]

    @classmethod
    def open(cls, one: PublicSet, work: Path, encoder: StaticEncoder, lexicon: Lexicon) -> Bench:
        store = Store.open(build(work, one.paragraphs, encoder), encoder, lexicon)
        number = {text: i for i, text in enumerate(one.paragraphs)}
        found = [(question, f"{SITE}{number[gold]}") for question, gold in one.questions]
        return cls(store, found)

    def measure(self, stage: Stage) -> tuple[float, float]:
        """R@1 and R@10 of the gold paragraph."""
        first = ten = 0
        for question, gold in self.questions:
            urls = distinct(one.node.metadata["url"] for one in stage(self.store, question))
            first += urls[:1] == [gold]
            ten += gold in urls[:TOP]
        return first / len(self.questions), ten / len(self.questions)


def ranked(
    store: Store,
    question: str,
    dense_weight: float = DENSE_WEIGHT,
    articles: Selection | None = None,
) -> list[NodeWithScore]:
    """Retrieved and reranked, as answers do it, within these ``articles``."""
    retriever = HybridRetriever(store, dense_weight=dense_weight, articles=articles)
    return reranked(store, question, retriever.retrieve(question))


def reranked(store: Store, question: str, nodes: list[NodeWithScore]) -> list[NodeWithScore]:
    """The ``nodes`` in the order in which answers are looked for in them."""
    matcher = store.matcher()
    language = language_of(question) or "id"
    return SoftIdfRerank(matcher, top=50, language=language).postprocess_nodes(
        nodes, query_str=question
    )


def answering(store: Store, question: str) -> list[NodeWithScore]:
    """As answers are looked for: those that are read first, the likeliest to answer in front."""
    return _answers_of(store).retrieve(question)


@lru_cache(maxsize=1)
def _answers_of(store: Store) -> AnswerRetriever:
    return AnswerRetriever(store, top=50)


STAGES: dict[str, Stage] = {
    "lexical": lambda store, question: LexicalRetriever(store, 50).retrieve(question),
    "dense": lambda store, question: DenseRetriever(store, 50).retrieve(question),
    "fused": lambda store, question: HybridRetriever(store).retrieve(question),
    "fused + rerank": ranked,
    "as answers come": answering,
}


def ablations(one: PublicSet, encoder: StaticEncoder) -> dict[str, tuple[float, float]]:
    """R@1 and R@10 of each stage, and of the whole without translations or 4-grams."""
    report = {}
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        work = Path(folder)
        bench = Bench.open(one, work, encoder, Lexicon())
        for name, stage in STAGES.items():
            report[name] = bench.measure(stage)
        plain = Bench(Store.open(work / "index", encoder, NoTranslation()), bench.questions)
        for name in ("lexical", "fused + rerank"):
            report[f"{name}, no translations"] = plain.measure(STAGES[name])
        boost, lexical.GRAM_BOOST = lexical.GRAM_BOOST, 0.0
        report["fused + rerank, no 4-grams"] = bench.measure(ranked)
        lexical.GRAM_BOOST = boost
        bench.store.close()
        plain.store.close()
    return report


def tuned(one: PublicSet, encoder: StaticEncoder) -> dict[str, tuple[float, float]]:
    """R@1 and R@10 at other weights of 4-grams, dense score and coverage."""
    report = {}
    kept = lexical.GRAM_BOOST, rerank.MIX
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        bench = Bench.open(one, Path(folder), encoder, Lexicon())
        for boost in (0.1, 0.25):
            for weight in (0.2, 0.3, 0.4):
                for mix in (0.3, 0.5, 0.65):
                    lexical.GRAM_BOOST = boost
                    rerank.MIX = mix
                    name = f"4-grams {boost} dense {weight} coverage {mix}"
                    report[name] = bench.measure(partial(ranked, dense_weight=weight))
        bench.store.close()
    lexical.GRAM_BOOST, rerank.MIX = kept
    return report


def main() -> None:
    parser = argparse.ArgumentParser(description="measure the parts of retrieval")
    parser.add_argument("--data", type=Path, required=True, help="folder with train/ and dev/")
    parser.add_argument("--sets", nargs="*", default=[], help="only sets that begin like this")
    parser.add_argument("--tune", action="store_true", help="vary the weights instead")
    args = parser.parse_args()
    encoder = StaticEncoder()
    wanted = tuple(args.sets) or ("",)
    chosen = [one for one in public_sets(args.data) if one.name.startswith(wanted)]
    measure = tuned if args.tune else ablations
    reports = {one.name: measure(one, encoder) for one in track(chosen, "sets", transient=True)}
    table = Table("R@1 / R@10")
    for one in chosen:
        table.add_column(f"{one.name}\n{len(one.questions)} on {len(one.paragraphs)}")
    for name in next(iter(reports.values())):
        cells = (f"{first:.3f} / {ten:.3f}" for first, ten in (r[name] for r in reports.values()))
        table.add_row(name, *cells)
    Console(width=200).print(table)


if __name__ == "__main__":
    main()
