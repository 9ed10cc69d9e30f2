"""How fast a collection is indexed and asked.

    python -m evals.speed PATH…
    python -m evals.speed --mixed 1000

The first indexes into a temporary folder, starts ``tanya`` from cold, and asks the bundled
questions. The second makes files of every format in turn out of the paragraphs of the bundled
articles, every tenth of them the article before once more; it times how each format is read, and
a run over all of them, the same run again, and one after a correction.
"""

from __future__ import annotations

import argparse
import os
import platform
import random
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from assistant.assistant import Assistant
from assistant.config import samples_folder
from evals.formats import Story, files
from evals.questions import load_questions
from index.encoder import StaticEncoder
from index.ingest import index_paths
from index.readers import read_articles

COPIES = 10  # one file in so many is an article once more
PARAGRAPHS = 10  # of an article


def seconds(command: list[str]) -> float:
    """Wall-clock time of a process that must succeed."""
    started = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - started


def stories() -> Iterator[Story]:
    """Articles without end, of the bundled ones' headlines and paragraphs in another order."""
    chance = random.Random(7)
    texts = [
        article
        for path in sorted(samples_folder().glob("*.md"))
        for article in read_articles(path, "", path.name)[0]
    ]
    body = [one.text for article in texts for one in article.paragraphs if one.role == "body"]
    start = datetime(2020, 1, 1, 7, 30, tzinfo=UTC)
    number = 0
    while True:
        article = chance.choice(texts)
        number += 1
        yield Story(
            f"{article.title} ({number})",
            chance.sample(body, PARAGRAPHS),
            start + timedelta(hours=number),
            f"https://kabar.example/{number}",
            article.source,
        )


def write_mixed(folder: Path, count: int) -> None:
    """Write ``count`` files of every format in turn."""
    folder.mkdir()
    source = stories()
    story = next(source)
    endings = sorted(files(story))
    for number in range(count):
        if number % COPIES:
            story = next(source)
        ending = endings[number % len(endings)]
        (folder / f"{number:05d}{ending}").write_bytes(files(story)[ending])


def time_formats(folder: Path) -> Table:
    """How many files and bytes of each format are read a second, without indexing."""
    taken: dict[str, list[tuple[float, int]]] = defaultdict(list)
    for path in sorted(folder.iterdir()):
        started = time.perf_counter()
        read_articles(path, "", path.name)
        elapsed = time.perf_counter() - started
        taken["".join(path.suffixes)].append((elapsed, path.stat().st_size))
    table = Table("format", "files", "files/s", "MB/s")
    for ending, found in sorted(taken.items()):
        total = sum(elapsed for elapsed, _ in found)
        size = sum(size for _, size in found) / 1e6
        table.add_row(ending, str(len(found)), f"{len(found) / total:,.0f}", f"{size / total:.2f}")
    return table


def time_mixed(folder: Path, index: Path) -> Table:
    """A run over the folder, the same again, and one after a text file was corrected."""
    table = Table("run", "s", "added", "updated", "unchanged", "copies", "rejected")

    def run(name: str) -> None:
        started = time.perf_counter()
        found = index_paths(index, [folder], StaticEncoder())
        taken = time.perf_counter() - started
        counts = (found.added, found.updated, found.unchanged, found.copies, len(found.rejected))
        table.add_row(name, f"{taken:.2f}", *(f"{one:,}" for one in counts))

    run("first")
    run("the same again")
    text = next(folder.glob("*.txt"))
    text.write_text(text.read_text("utf-8") + "\nRedaksi mengoreksi angka di atas.\n", "utf-8")
    run("after a correction")
    return table


def main() -> None:
    parser = argparse.ArgumentParser(description="time indexing and asking")
    parser.add_argument("paths", nargs="*", type=Path, metavar="PATH")
    parser.add_argument("--mixed", type=int, default=0, metavar="N", help="files of every format")
    parser.add_argument("--rounds", type=int, default=3, help="cold starts; the median is shown")
    args = parser.parse_args()
    if bool(args.mixed) == bool(args.paths):
        parser.error("name folders of articles, or --mixed with a number of files")
    if args.mixed:
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as work:
            folder = Path(work) / "mixed"
            write_mixed(folder, args.mixed)
            Console().print(time_formats(folder))
            Console().print(time_mixed(folder, Path(work) / "index"))
        return
    tanya = [sys.executable, "-m", "assistant.cli"]
    table = Table("measure", "value")
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as work:
        index = Path(work) / "index"
        started = time.perf_counter()
        summary = index_paths(index, args.paths, StaticEncoder())
        taken = time.perf_counter() - started
        table.add_row("articles", f"{summary.added:,}")
        table.add_row("paragraphs", f"{summary.paragraphs:,}")
        table.add_row("index, s", f"{taken:.2f}")
        table.add_row("paragraphs/s", f"{summary.paragraphs / taken:,.0f}")
        started = time.perf_counter()
        index_paths(index, args.paths, StaticEncoder())
        table.add_row("the same again, s", f"{time.perf_counter() - started:.2f}")
        cold = [*tanya, "ask", "Where did they meet?", "--index", str(index)]
        for name, command in (
            ("tanya ask, cold, s", cold),
            ("tanya --help, s", [*tanya, "--help"]),
        ):
            table.add_row(name, f"{np.median([seconds(command) for _ in range(args.rounds)]):.2f}")
        assistant = Assistant.open(index)
        questions = [one.question for one in load_questions()]
        for question in questions[:50]:
            assistant.ask(question)
        times = [assistant.ask(question).timings["total"] for question in questions]
        for share in (50, 95, 99):
            table.add_row(f"ask, p{share}, ms", f"{np.percentile(times, share):.1f}")
    table.add_row("machine", f"{os.cpu_count()} cores, {platform.machine()}")
    Console().print(table)


if __name__ == "__main__":
    main()
