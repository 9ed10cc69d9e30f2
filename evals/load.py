"""How many answers a second the served chat gives to programs, and whether it grows.

    python -m evals.load [--data PATH] [--size N] [--seconds N] [--questions N]

Indexes a collection (leads of Wikipedia below ``--data``, else the sample articles, both varied
until there are enough paragraphs), starts ``tanya chat`` on it, and asks ``POST /api/ask`` from a
process with 1, 8 and 32 clients, each of which asks again as soon as it has an answer. Then
``--questions`` more are asked, and the memory of the server is looked at meanwhile. Clients and
server share the machine. Needs ``ps``. Ctrl-C ends it; what was measured until then is printed.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import platform
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
from rich.console import Console
from rich.table import Table

from assistant.chat.guard import ASK
from assistant.terminal import bars
from evals.benchmark import enlarged, leads, mixed_questions, sample_texts
from evals.questions import load_questions
from evals.server import Served, served

CLIENTS = (1, 8, 32)
STEADY_CLIENTS = 8
WARM = 200  # questions that are not measured
LOOKS = 20  # at the memory while the many questions are asked
FLAT = 0.02  # what memory may grow by in the last half of them
READY_SECONDS = 120
RETRY_SECONDS = 0.1  # after a failure: a server that is gone refuses at once


@dataclass(frozen=True, slots=True)
class Usage:
    """What a process has used so far."""

    memory_mb: float
    cpu_seconds: float


@dataclass(frozen=True, slots=True)
class Load:
    """What some clients got: milliseconds of each answer, and what was not answered."""

    clients: int
    seconds: float
    answer_ms: tuple[float, ...]
    failures: tuple[str, ...]
    cores: float  # that the server kept busy

    @property
    def per_second(self) -> float:
        return len(self.answer_ms) / self.seconds


class Client:
    """A program that asks the route over one connection."""

    def __init__(self, address: str) -> None:
        self._connection = HTTPConnection(urlsplit(address).netloc, timeout=60)

    def ask(self, question: str) -> None:
        """
        Raises:
            ValueError: what came back is no answer.
        """
        body = json.dumps({"question": question})
        self._connection.request("POST", ASK, body, {"Content-Type": "application/json"})
        response = self._connection.getresponse()
        text = response.read().decode("utf-8")
        if response.status != 200:
            raise ValueError(f"status {response.status}: {text[:200]}")
        if not json.loads(text).get("text"):
            raise ValueError(f"no answer: {text[:200]}")


def usage(process: int) -> Usage:
    """What ``ps`` says of a process."""
    told = subprocess.run(
        ["ps", "-o", "rss=,cputime=", "-p", str(process)],
        check=True,
        capture_output=True,
        text=True,
    )
    memory, clock = told.stdout.split()
    return Usage(int(memory) / 1024, clock_seconds(clock))


def clock_seconds(clock: str) -> float:
    """Seconds of ``[[DAYS-]HOURS:]MINUTES:SECONDS``.

    >>> clock_seconds("00:01:05"), clock_seconds("1-02:00:00"), clock_seconds("1:02.50")
    (65.0, 93600.0, 62.5)
    """
    days, _, rest = clock.rpartition("-")
    seconds = 0.0
    for part in rest.split(":"):
        seconds = 60 * seconds + float(part)
    return 86_400 * int(days or 0) + seconds


def press(server: Served, questions: Iterator[str], clients: int, ended: threading.Event) -> Load:
    """Ask with this many clients until ``questions`` run out or ``ended`` is set."""
    lock = threading.Lock()
    times: list[float] = []
    failures: list[str] = []

    def following() -> str | None:
        with lock:
            return next(questions, None)

    def one() -> None:
        client = Client(server.address)
        while not ended.is_set() and (question := following()) is not None:
            started = time.perf_counter()
            try:
                client.ask(question)
            except (OSError, ValueError) as error:
                failures.append(f"{type(error).__name__}: {error}")
                client = Client(server.address)
                ended.wait(RETRY_SECONDS)
                continue
            times.append(1e3 * (time.perf_counter() - started))

    before, started = usage(server.process), time.perf_counter()
    with ThreadPoolExecutor(clients) as threads:
        try:
            asking = [threads.submit(one) for _ in range(clients)]
            wait(asking, return_when=FIRST_EXCEPTION)
        finally:  # of each client, or because of one that failed, or of Ctrl-C
            ended.set()
    for one_client in asking:
        one_client.result()
    seconds = time.perf_counter() - started
    cores = (usage(server.process).cpu_seconds - before.cpu_seconds) / seconds
    return Load(clients, seconds, tuple(times), tuple(failures), cores)


def for_seconds(server: Served, questions: Sequence[str], clients: int, seconds: float) -> Load:
    ended = threading.Event()
    timer = threading.Timer(seconds, ended.set)
    timer.start()
    try:
        return press(server, itertools.cycle(questions), clients, ended)
    finally:
        timer.cancel()


def steadily(
    server: Served,
    questions: Sequence[str],
    count: int,
    looks: int = LOOKS,
    tell: Callable[[int, float], None] = lambda asked, megabytes: None,
) -> tuple[Load, list[float]]:
    """Ask ``count`` questions; the memory of the server in MB before, between and after them.

    ``tell`` is called with how many were asked, and the memory then.
    """
    memory = [usage(server.process).memory_mb]
    parts = []
    asked = itertools.cycle(questions)
    for _ in range(looks):
        some = itertools.islice(asked, max(1, count // looks))
        parts.append(press(server, some, STEADY_CLIENTS, threading.Event()))
        memory.append(usage(server.process).memory_mb)
        tell(sum(len(part.answer_ms) + len(part.failures) for part in parts), memory[-1])
    whole = Load(
        STEADY_CLIENTS,
        sum(part.seconds for part in parts),
        tuple(itertools.chain.from_iterable(part.answer_ms for part in parts)),
        tuple(itertools.chain.from_iterable(part.failures for part in parts)),
        float(np.average([p.cores for p in parts], weights=[p.seconds for p in parts])),
    )
    return whole, memory


def growth(memory: Sequence[float]) -> float:
    """By what share memory grew in the last half of the looks, from its line of best fit.

    >>> growth([100, 180, 200, 200, 200, 200]), round(growth([100, 110, 120, 130]), 2)
    (0.0, 0.08)
    """
    last = np.asarray(memory[len(memory) // 2 :], dtype=np.float64)
    slope, start = np.polyfit(np.arange(len(last)), last, 1)
    return float(round(slope * (len(last) - 1) / start, 6)) + 0.0


def wait_until_ready(server: Served) -> None:
    """
    Raises:
        TimeoutError: it is not ready in time.
    """
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline:
        connection = HTTPConnection(urlsplit(server.address).netloc, timeout=5)
        try:
            connection.request("GET", "/health")
            if connection.getresponse().status == 200:
                return
        except OSError:
            pass
        finally:
            connection.close()
        time.sleep(0.2)
    raise TimeoutError(f"{server.address} is not ready after {READY_SECONDS} seconds")


def print_loads(loads: Sequence[Load], console: Console) -> None:
    table = Table("clients", "answers/s", "p50, ms", "p95, ms", "p99, ms", "cores", "failures")
    for load in loads:
        times = load.answer_ms or (float("nan"),)
        marks = (f"{np.percentile(times, share):.0f}" for share in (50, 95, 99))
        table.add_row(
            str(load.clients), f"{load.per_second:.1f}", *marks, f"{load.cores:.2f}",
            str(len(load.failures)),
        )  # fmt: skip
    console.print(table)
    for failure in sorted({one for load in loads for one in load.failures})[:5]:
        console.print(f"failed: {failure}", markup=False)


def print_memory(memory: Sequence[float], questions: int, console: Console) -> None:
    grown = growth(memory)
    before, halfway, after = memory[0], memory[len(memory) // 2], memory[-1]
    console.print(
        f"memory over {questions:,} questions: {before:,.0f} MB before, {halfway:,.0f} MB halfway, "
        f"{after:,.0f} MB after: "
        f"{'flat' if grown <= FLAT else 'growing'} ({grown:+.1%} in the last half)"
    )


def measure(args: argparse.Namespace, console: Console) -> None:
    """Index, serve, ask; print each figure as soon as it is known."""
    from index.encoder import StaticEncoder
    from index.ingest import index_paths

    texts = leads(args.data, args.size) if args.data else enlarged(sample_texts, args.size)
    questions = (
        mixed_questions(args.data) if args.data else [one.question for one in load_questions()]
    )
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as work:
        corpus, index = Path(work) / "collection.jsonl", Path(work) / "index"
        with corpus.open("w", encoding="utf-8") as file:
            file.writelines(json.dumps(one) + "\n" for one in texts)
        console.print(f"indexing about {args.size:,} paragraphs")
        with bars() as progress:
            paragraphs = index_paths(index, [corpus], StaticEncoder(), progress).paragraphs
        console.print(f"{paragraphs:,} paragraphs; {os.cpu_count()} cores, {platform.machine()}")
        with served(Path(work), "--index", index) as server:
            wait_until_ready(server)
            press(server, iter(questions[:WARM]), 2, threading.Event())
            for count in CLIENTS:
                console.print(f"clients: {count}, for {args.seconds:g} seconds")
                print_loads([for_seconds(server, questions, count, args.seconds)], console)
            console.print(f"{args.questions:,} questions of {STEADY_CLIENTS} clients")
            steady, memory = steadily(
                server,
                questions,
                args.questions,
                tell=lambda asked, megabytes: console.print(f"  {asked:,}: {megabytes:,.0f} MB"),
            )
            print_loads([steady], console)
    print_memory(memory, args.questions, console)


def main() -> int:
    parser = argparse.ArgumentParser(description="load the served chat")
    parser.add_argument("--data", type=Path, metavar="PATH", help="folder with train/ and dev/")
    parser.add_argument("--size", type=int, default=100_000, help="paragraphs")
    parser.add_argument("--seconds", type=float, default=60.0, help="for each number of clients")
    parser.add_argument("--questions", type=int, default=20_000, help="for the memory")
    try:
        measure(parser.parse_args(), Console(width=120))
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
