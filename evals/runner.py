"""Ask every question of an archive and keep what came back, for the figures to judge."""

from __future__ import annotations

import gzip
import json
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from llama_index.core.schema import NodeWithScore
from rich.console import Console
from rich.progress import track

from assistant.assistant import Assistant
from assistant.config import samples_folder
from assistant.question import understand
from assistant.terminal import say
from assistant.types import Answer, Turn
from evals.questions import NEWS_ARTICLES, EvalQuestion, gold_paragraphs
from index.encoder import StaticEncoder
from index.ingest import index_paths
from index.retrieve import LexicalRetriever
from index.types import Article, Paragraph

DEPTH = 50  # paragraphs of a ranking that are kept


@dataclass(frozen=True, slots=True)
class Case:
    """A question with its gold paragraphs and the directions it asks in, as ``"en→id"``.

    A near miss asks in the directions of its twin.
    """

    question: EvalQuestion
    gold: tuple[Paragraph, ...]
    directions: tuple[str, ...]

    @property
    def gold_ids(self) -> frozenset[str]:
        return frozenset(paragraph.public_id for paragraph in self.gold)

    @property
    def across(self) -> bool:
        """Whether no gold paragraph is in the language of the question."""
        language = self.question.language
        return bool(self.directions) and f"{language}→{language}" not in self.directions


@dataclass(frozen=True, slots=True)
class Reply:
    """The answer to a question, and the paragraphs found for it as public ids, best first.

    All but the last come from the very run that answered: ``retrieved`` is the order of retrieval,
    ``considered`` the order after reading. ``lexical`` is the baseline by words alone.
    """

    answer: Answer
    retrieved: tuple[str, ...] = ()
    considered: tuple[str, ...] = ()
    lexical: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a question; without a reply it crashed with ``error``."""

    case: Case
    reply: Reply | None
    error: str = ""


Ask = Callable[[EvalQuestion], Reply]


def sample_articles(assistant: Assistant) -> dict[str, Article]:
    """The indexed articles by id and, where one file is one article, its name without ending."""
    catalog = assistant.store.catalog
    articles = catalog.articles()
    stems = [Path(catalog.file_of(one.id)[1]).stem for one in articles]
    times = Counter(stems)
    named = {stem: one for stem, one in zip(stems, articles, strict=True) if times[stem] == 1}
    return named | {one.id: one for one in articles}


def cases(questions: Sequence[EvalQuestion], articles: Mapping[str, Article]) -> list[Case]:
    """The questions with their gold paragraphs."""
    found: dict[str, Case] = {}
    for one in questions:
        gold = [paragraph for _, paragraph in gold_paragraphs(one, articles) if paragraph]
        languages = {articles[paragraph.article_id].language for paragraph in gold}
        directions = tuple(sorted(f"{one.language}→{language}" for language in languages))
        found[one.id] = Case(one, tuple(dict.fromkeys(gold)), directions)
    return [
        replace(case, directions=found[case.question.twin].directions)
        if case.question.twin in found
        else case
        for case in found.values()
    ]


class Archive:
    """Asks an assistant."""

    def __init__(self, assistant: Assistant) -> None:
        self._assistant = assistant
        self._lexical = LexicalRetriever(assistant.store, top=DEPTH)

    def reply(self, question: EvalQuestion) -> Reply:
        """The answer after the question's earlier turns, with the rankings that led to it."""
        history: list[Turn] = []
        for turn in question.turns:
            answer = self._assistant.ask(turn, history=history, today=question.today)
            history.append(Turn(turn, answer))
        traced = self._assistant.trace(question.question, history=history, today=question.today)
        asked = understand(question.question, history)
        return Reply(
            traced.answer,
            self._public_ids(traced.ranked[:DEPTH]),
            tuple(item.node.paragraph.public_id for item in traced.evidence),
            _ids(self._lexical.retrieve(asked.text)),
        )

    def _public_ids(self, node_ids: Sequence[str]) -> tuple[str, ...]:
        nodes = self._assistant.store.nodes(node_ids)
        return tuple(node.paragraph.public_id for node in nodes)


def _ids(nodes: Sequence[NodeWithScore]) -> tuple[str, ...]:
    return tuple(f"{n.node.metadata['article_id']}#p{n.node.metadata['number']}" for n in nodes)


def outcome(case: Case, ask: Ask) -> Outcome:
    """Ask one question. A crash of any kind is a result, and counts as a miss."""
    try:
        return Outcome(case, ask(case.question))
    except Exception as error:  # whatever it is, the run goes on
        return Outcome(case, None, f"{type(error).__name__}: {error}")


def run(found: Sequence[Case], ask: Ask, console: Console, label: str = "") -> list[Outcome]:
    """Ask all questions, with progress."""
    label = label or say("eval.asking")
    return [outcome(one, ask) for one in track(found, label, console=console, transient=True)]


@contextmanager
def sample_archive(**options: Any) -> Iterator[Assistant]:
    """An assistant over the bundled sample articles, indexed into a temporary folder.

    ``options`` go to ``Assistant.open``.
    """
    with archive(samples_folder(), **options) as assistant:
        yield assistant


@contextmanager
def news_archive(**options: Any) -> Iterator[Assistant]:
    """An assistant over the bundled news articles, indexed into a temporary folder."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as work:
        unpack_news(Path(work))
        with archive(Path(work), **options) as assistant:
            yield assistant


def unpack_news(folder: Path) -> None:
    """Write each of the bundled news articles into a file, named as questions name it."""
    with gzip.open(NEWS_ARTICLES, "rt", encoding="utf-8") as lines:
        for line in lines:
            name = json.loads(line)["id"]
            (folder / f"{name}.json").write_text(line, encoding="utf-8")


@contextmanager
def archive(articles: Path, **options: Any) -> Iterator[Assistant]:
    """An assistant over these articles, indexed into a temporary folder."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as work:
        index = Path(work) / "index"
        index_paths(index, [articles], StaticEncoder())
        assistant = Assistant.open(index, **options)
        yield assistant
        assistant.store.close()
