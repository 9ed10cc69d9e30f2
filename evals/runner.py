"""Ask every question of an archive and keep what came back, for the figures to judge."""

from __future__ import annotations

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
from evals.questions import EvalQuestion, gold_paragraphs
from index.encoder import StaticEncoder
from index.ingest import index_paths
from index.rerank import SoftIdfRerank
from index.retrieve import HybridRetriever, LexicalRetriever
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

    ``retrieved`` is the ranking of retriever and reranker, ``considered`` the one that the answer
    is made from, ``lexical`` the baseline by words alone.
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
    """Asks an assistant, and its retrieval apart from it."""

    def __init__(self, assistant: Assistant) -> None:
        self._assistant = assistant
        store = assistant.store
        self._hybrid = HybridRetriever(store, top=DEPTH)
        self._lexical = LexicalRetriever(store, top=DEPTH)
        self._matcher = store.matcher()

    def reply(self, question: EvalQuestion) -> Reply:
        """The answer after the question's earlier turns, with the rankings behind it."""
        history: list[Turn] = []
        for turn in question.turns:
            answer = self._assistant.ask(turn, history=history, today=question.today)
            history.append(Turn(turn, answer))
        answer = self._assistant.ask(question.question, history=history, today=question.today)
        considered = self._assistant.evidence(question.question, history=history)
        asked = understand(question.question, history)
        rerank = SoftIdfRerank(self._matcher, top=DEPTH, language=asked.language)
        ranked = rerank.postprocess_nodes(self._hybrid.retrieve(asked.text), query_str=asked.text)
        return Reply(
            answer,
            _ids(ranked),
            tuple(item.node.paragraph.public_id for item in considered),
            _ids(self._lexical.retrieve(asked.text)),
        )


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
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as work:
        index = Path(work) / "index"
        index_paths(index, [samples_folder()], StaticEncoder())
        assistant = Assistant.open(index, **options)
        yield assistant
        assistant.store.close()
