"""Kill index runs at random moments and check that nothing is lost.

    python -m evals.crash --rounds 200

Each round changes a small collection, starts ``index`` or ``remove`` in a process of its own and
kills it (SIGKILL) at a random moment of a named stage. Afterwards the index must hold exactly the
old or the new state: catalog, vectors, Chroma and Tantivy, compared with what the files say. The
run is then repeated without a kill and must end at the new state.
"""

from __future__ import annotations

import argparse
import hashlib
import multiprocessing
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import closing
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path

from rich.console import Console
from rich.table import Table

from index.catalog import Catalog
from index.chunking import embedded_text
from index.encoder import StaticEncoder, Vectors
from index.errors import RejectedFileError
from index.generations import KEPT, generations, live_generation
from index.ingest import content_version, index_paths, remove_articles, silent
from index.lexical import LexicalIndex
from index.lexicon import Lexicon
from index.readers import read_articles
from index.vectors import ChromaStore, VectorFile
from prompts import Message

STAGES = ("read", "encode", "vectors", "lexical", "publish", "collect")
FINISHED = "finished"
FILES = 24  # of the collection, about
TIMEOUT = 120  # seconds that an undisturbed run may take
WORDS = """warga kota desa banjir gempa jembatan pasar sekolah menteri bupati laporan korban
bantuan jalan sungai the council bridge river school minister report flood harbour railway
opened closed said repaired planned measured""".split()

Node = tuple[str, str]
"""The text of a paragraph and the hash of its vector."""


@dataclass(frozen=True, slots=True)
class State:
    """All that an index holds: sets of files, articles, removals, and nodes by id."""

    files: frozenset[tuple[str, ...]]
    articles: frozenset[tuple[str, str]]
    removed: frozenset[tuple[str, str]]
    nodes: dict[str, Node]


def indexed_state(index: Path, encoder: StaticEncoder, root: Path) -> State:
    """What an index holds.

    Raises:
        AssertionError: its parts disagree, or there are more generations than there should be.
    """
    live = live_generation(index)
    if live is None:
        return State(frozenset(), frozenset(), frozenset(), {})
    vectors = VectorFile(live.vectors, encoder.dimensions)
    with closing(Catalog(live.catalog)) as catalog, closing(ChromaStore(live.chroma)) as chroma:
        found = catalog.all_nodes()
        ids = sorted(node.node_id for node in found)
        for name, others in (
            ("Chroma", chroma.ids()),
            ("Tantivy", LexicalIndex(live.tantivy, Lexicon()).ids()),
        ):
            assert sorted(others) == ids, f"{name} and the catalog hold different paragraphs"
        for node, vector in zip(found, vectors[[node.row for node in found]], strict=True):
            best = chroma.search(vector, 1)[0]
            assert best[1] > 0.999, f"Chroma does not find {node.node_id}"
        nodes = {node.node_id: (node.paragraph.text, _hash(vectors[[node.row]])) for node in found}
        records = catalog.files([str(root)]).values()
        return State(
            frozenset((one.root, one.path, one.sha256, _told(one.reasons)) for one in records),
            frozenset((one.id, catalog.file_of(one.id)[2]) for one in catalog.articles()),
            frozenset(catalog.removed().items()),
            nodes,
        )


def _told(reasons: Iterable[Message]) -> str:
    return "; ".join(map(str, reasons))


def _hash(vector: Vectors) -> str:
    return hashlib.sha256(vector.astype("<f2").tobytes()).hexdigest()[:16]


@dataclass(slots=True)
class Collection:
    """A folder of generated articles that changes, and what an index of it must hold."""

    folder: Path
    chance: random.Random
    removed: dict[str, str] = field(default_factory=dict)  # by hand: content version by id
    written: int = 0

    def write(self, name: str) -> None:
        self.written += 1
        words = [" ".join(self.chance.choices(WORDS, k=12)) for _ in range(3)]
        title = f"Laporan {self.written} tentang {words[0]}"
        body = [f"Paragraf {self.written} menyebut {line} dalam laporan." for line in words[1:]]
        blocks = "\n\n".join(body)
        (self.folder / name).write_text(f"---\ntitle: {title}\n---\n{blocks}\n", "utf-8")

    def grow(self, count: int) -> None:
        for _ in range(count):
            self.write(f"laporan-{self.written + 1:05d}.md")

    def change(self) -> None:
        """Add some files, rewrite some, delete some."""
        names = sorted(path.name for path in self.folder.glob("*.md"))
        self.chance.shuffle(names)
        deleted = self.chance.randint(1, 3) if len(names) > FILES else 1
        for name in names[:deleted]:
            (self.folder / name).unlink()
        for name in names[deleted : deleted + self.chance.randint(1, 3)]:
            self.write(name)
        self.grow(self.chance.randint(1, 3))

    def remove(self, encoder: StaticEncoder) -> list[str]:
        """Take one or two articles out by hand; their ids."""
        chosen = self.chance.sample(
            sorted(self.state(encoder).articles), k=self.chance.randint(1, 2)
        )
        self.removed |= dict(chosen)
        return [article_id for article_id, _ in chosen]

    def state(self, encoder: StaticEncoder) -> State:
        """What the files say, without an index."""
        files, articles = set(), set()
        nodes: dict[str, Node] = {}
        root = str(self.folder)
        for path in sorted(self.folder.iterdir()):
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
            try:
                found, reasons = read_articles(path, root, path.name)
            except RejectedFileError as error:
                found, reasons = [], [error.message]
            files.add((root, path.name, digest, _told(reasons)))
            for article in found:
                version = content_version(article)
                if self.removed.get(article.id) == version:
                    continue
                articles.add((article.id, version))
                for one in article.paragraphs:
                    vector = encoder.encode([embedded_text(article.title, one.text)])
                    name = f"{article.id}@{version}#p{one.number}"
                    nodes[name] = one.text, _hash(vector)
        return State(frozenset(files), frozenset(articles), frozenset(self.removed.items()), nodes)


def work(index: Path, folder: Path, ids: list[str], stages: Connection | None = None) -> None:
    """One run: ``remove`` when there are ids, else ``index``; it announces its stages."""

    def announce(stage: str, done: int, total: int) -> None:
        if stages is not None:
            stages.send(stage)

    progress = announce if stages is not None else silent
    if ids:
        remove_articles(index, ids, StaticEncoder(), progress)
    else:
        index_paths(index, [folder], StaticEncoder(), progress)
    if stages is not None:
        stages.send(FINISHED)


@dataclass(frozen=True, slots=True)
class Round:
    """What one round did: where the kill was aimed and where it hit."""

    number: int
    task: str
    aimed: str
    hit: str
    outcome: str


class Crasher:
    """Kills runs over one index, round after round; every choice follows from the seed."""

    def __init__(self, folder: Path, seed: int) -> None:
        self._chance = random.Random(seed)
        self._encoder = StaticEncoder()
        self._index = folder / "index"
        (folder / "articles").mkdir()
        self._collection = Collection(folder / "articles", self._chance)
        self._processes = multiprocessing.get_context("forkserver")
        self._processes.set_forkserver_preload(["index.ingest", "rich.table"])
        self.hits: Counter[str] = Counter()
        self._usual: dict[str, float] = {}

    def prepare(self) -> None:
        """Undisturbed runs: the index, older generations of it, and the usual times."""
        self._collection.grow(FILES)
        (self._collection.folder / "empty.md").write_bytes(b"")
        for _ in range(2):
            self._killed_run([], FINISHED)
            self._must_hold([self._collection.state(self._encoder)])
            self._collection.change()
        work(self._index, self._collection.folder, [])

    def round(self, number: int) -> Round:
        """One killed run and its repetition.

        Raises:
            AssertionError: the index holds something else than it must.
        """
        least = min(self.hits[stage] for stage in STAGES)
        aimed = self._chance.choice([one for one in STAGES if self.hits[one] == least])
        before = self._collection.state(self._encoder)
        ids: list[str] = []
        if aimed not in ("read", "encode") and self._chance.random() < 0.3:
            ids = self._collection.remove(self._encoder)
        else:
            self._collection.change()
        after = self._collection.state(self._encoder)
        hit = self._killed_run(ids, aimed)
        self.hits[hit] += 1
        found = self._must_hold([before, after])
        if found == before:
            work(self._index, self._collection.folder, ids)
        else:
            index_paths(self._index, [self._collection.folder], self._encoder)
        self._must_hold([after])
        left = {path.name for path in self._index.iterdir()}
        kept = {one.folder.name for one in generations(self._index)}
        assert len(kept) <= KEPT, f"generations {sorted(kept)} are left"
        assert left == kept | {"live", "lock"}, f"left over: {sorted(left - kept)}"
        task = "remove" if ids else "index"
        return Round(number, task, aimed, hit, "old" if found == before else "new")

    def finish(self) -> None:
        """Compare with an index of the same files that was made in one run."""
        fresh = self._index.with_name("fresh")
        index_paths(fresh, [self._collection.folder], self._encoder)
        here = indexed_state(self._index, self._encoder, self._collection.folder)
        there = indexed_state(fresh, self._encoder, self._collection.folder)
        gone = {article_id for article_id, _ in there.articles - here.articles}
        assert here.files == there.files
        assert here.articles <= there.articles
        assert gone <= {article_id for article_id, _ in here.removed}
        assert here.nodes.items() <= there.nodes.items()

    def _must_hold(self, states: list[State]) -> State:
        found = indexed_state(self._index, self._encoder, self._collection.folder)
        assert found in states, "the index holds neither the old nor the new state"
        return found

    def _killed_run(self, ids: list[str], aimed: str) -> str:
        """Run and kill in the stage ``aimed``; the stage that was hit, or ``FINISHED``."""
        receiving, sending = self._processes.Pipe(duplex=False)
        arguments = (self._index, self._collection.folder, ids, sending)
        process = self._processes.Process(target=work, args=arguments)
        process.start()
        sending.close()
        hit, began = "start", time.monotonic()
        deadline = began + TIMEOUT
        kill_at = deadline
        try:
            while True:
                if not receiving.poll(max(0.0, kill_at - time.monotonic())):
                    assert kill_at < deadline, f"the run hangs in stage {hit}"
                    process.kill()
                    kill_at = deadline
                stage = receiving.recv()
                if stage == hit:
                    continue
                if aimed == FINISHED:
                    self._usual[hit] = time.monotonic() - began
                hit, began = stage, time.monotonic()
                if stage == aimed and kill_at == deadline and stage != FINISHED:
                    kill_at = began + self._chance.uniform(0, self._usual.get(stage, 0.0))
        except EOFError:  # it was killed, or has ended
            pass
        process.join()
        assert hit == FINISHED or process.exitcode == -signal.SIGKILL, (
            f"the run failed in stage {hit} with exit code {process.exitcode}"
        )
        return hit


def crash(rounds: int, seed: int, log: Callable[[Round], None]) -> Counter[str]:
    """Kill ``rounds`` runs; how often each stage was hit.

    Raises:
        AssertionError: an index lost or mixed something, or a stage was hit too seldom.
    """
    with tempfile.TemporaryDirectory() as work_folder:
        crasher = Crasher(Path(work_folder).resolve(), seed)
        crasher.prepare()
        for number in range(1, rounds + 1):
            log(crasher.round(number))
        crasher.finish()
    seldom = [stage for stage in STAGES if crasher.hits[stage] < rounds // 20]
    assert not seldom, f"hit less than {rounds // 20} times: {seldom} ({dict(crasher.hits)})"
    return crasher.hits


def main() -> None:
    parser = argparse.ArgumentParser(description="kill index runs and check what is left")
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    outcomes: Counter[str] = Counter()

    def log(one: Round) -> None:
        outcomes[one.outcome] += 1
        print(f"{one.number:4} {one.task:6} aimed {one.aimed:8} hit {one.hit:8} {one.outcome}")
        sys.stdout.flush()

    hits = crash(args.rounds, args.seed, log)
    table = Table("stage", "kills")
    for stage, count in sorted(hits.items(), key=lambda item: -item[1]):
        table.add_row(stage, str(count))
    Console().print(table)
    print(f"state afterwards: {dict(outcomes)}; no index was lost or mixed")


if __name__ == "__main__":
    main()
