"""How fast a collection is indexed and asked.

    python -m evals.speed PATH…

Indexes into a temporary folder, starts ``tanya`` from cold, and asks the bundled questions.
"""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from assistant.assistant import Assistant
from evals.questions import load_questions
from index.encoder import StaticEncoder
from index.ingest import index_paths


def seconds(command: list[str]) -> float:
    """Wall-clock time of a process that must succeed."""
    started = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - started


def main() -> None:
    parser = argparse.ArgumentParser(description="time indexing and asking")
    parser.add_argument("paths", nargs="+", type=Path, metavar="PATH")
    parser.add_argument("--rounds", type=int, default=3, help="cold starts; the median is shown")
    args = parser.parse_args()
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
