"""How often a conversation is understood: ``python -m evals.followups [--split test]``.

Each conversation ends in a question that leans on the turns before it and asks what a question of
the question set asks in full. It is asked alone, after its turns, and in full; each question of
the set is also asked after one on something else, which must change nothing.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from assistant.assistant import Assistant
from assistant.config import samples_folder
from assistant.types import Turn
from evals.questions import EvalQuestion, gold_paragraphs, load_questions
from evals.runner import sample_articles
from index.encoder import StaticEncoder
from index.ingest import index_paths
from index.types import Article

CONVERSATIONS = Path(__file__).parent / "conversations.jsonl"
FOUND = 3  # a gold paragraph among so many is found


@dataclass(frozen=True, slots=True)
class Conversation:
    """``question`` asked after ``turns`` means what ``whole`` asks."""

    turns: tuple[str, ...]
    question: str
    whole: EvalQuestion


@dataclass(frozen=True, slots=True)
class Ranks:
    """Places of the first gold paragraph, from 1; 0 where it is not among those that are read.

    ``alone`` without the turns before, ``after`` them, and for the question in ``full``.
    """

    question: str
    alone: int
    after: int
    full: int

    @property
    def resolved(self) -> bool:
        """Whether the conversation finds the paragraph as well as the question in full does."""
        return self.after == 1 or 0 < self.after <= (self.full or self.after)


def load_conversations(questions: Sequence[EvalQuestion]) -> list[Conversation]:
    """The bundled conversations about these questions.

    Raises:
        KeyError: a line lacks a field.
    """
    by_id = {one.id: one for one in questions}
    rows = [json.loads(line) for line in CONVERSATIONS.read_text(encoding="utf-8").splitlines()]
    return [
        Conversation(tuple(row["turns"]), row["question"], by_id[row["of"]])
        for row in rows
        if row["of"] in by_id
    ]


def place(
    assistant: Assistant,
    articles: dict[str, Article],
    whole: EvalQuestion,
    question: str,
    turns: Sequence[str] = (),
) -> int:
    """Where the first gold paragraph of ``whole`` stands when ``question`` follows ``turns``."""
    history: list[Turn] = []
    for turn in turns:
        history.append(Turn(turn, assistant.ask(turn, history=history)))
    gold = {found.public_id for _, found in gold_paragraphs(whole, articles) if found}
    ranked = [
        item.node.paragraph.public_id for item in assistant.evidence(question, history=history)
    ]
    return next((at for at, one in enumerate(ranked, start=1) if one in gold), 0)


def ask_conversations(assistant: Assistant, conversations: Sequence[Conversation]) -> list[Ranks]:
    """The places in each conversation."""
    articles = sample_articles(assistant)
    found = []
    for one in conversations:
        alone = place(assistant, articles, one.whole, one.question)
        after = place(assistant, articles, one.whole, one.question, one.turns)
        full = place(assistant, articles, one.whole, one.whole.question)
        found.append(Ranks(one.question, alone, after, full))
    return found


def ask_after_another_subject(
    assistant: Assistant, questions: Sequence[EvalQuestion]
) -> list[Ranks]:
    """The places of questions that need no turn before them, asked after one on another article."""
    articles = sample_articles(assistant)
    own = [one for one in questions if one.answerable and not one.turns]
    found = []
    for at, one in enumerate(own):
        subjects = {gold.article for gold in one.gold}
        other = next(
            two
            for two in own[at + 1 :] + own[:at]
            if not subjects & {gold.article for gold in two.gold}
        )
        alone = place(assistant, articles, one, one.question)
        after = place(assistant, articles, one, one.question, [other.question])
        found.append(Ranks(one.question, alone, after, alone))
    return found


def main() -> int:
    """Print the shares."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--split", choices=("dev", "test"), default="dev")
    parser.add_argument("--list", action="store_true", help="print what is not resolved")
    args = parser.parse_args()
    questions = [one for one in load_questions() if one.split == args.split]
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as work:
        index_paths(Path(work) / "index", [samples_folder()], StaticEncoder())
        assistant = Assistant.open(Path(work) / "index")
        ranks = {
            "own conversations": ask_conversations(assistant, load_conversations(questions)),
            "follow-ups of the set": ask_conversations(
                assistant,
                [Conversation(one.turns, one.question, one) for one in questions if one.turns],
            ),
            "another subject": ask_after_another_subject(assistant, questions),
        }
    console = Console(width=140)
    table = Table("questions", "n", "resolved", "first alone", "first after", "first in full",
                  f"{FOUND} alone", f"{FOUND} after", f"{FOUND} in full")  # fmt: skip
    for name, found in ranks.items():
        found_in_full = [one for one in found if one.full]
        cells = [sum(one.resolved for one in found_in_full) / max(1, len(found_in_full))]
        for most in (1, FOUND):
            cells += [
                sum(0 < getattr(one, way) <= most for one in found) / len(found)
                for way in ("alone", "after", "full")
            ]
        table.add_row(name, str(len(found)), *(f"{cell:.3f}" for cell in cells))
    console.print(table)
    for name, found in ranks.items() if args.list else ():
        for one in found:
            if not one.resolved and one.after != one.full:
                console.print(f"{name}: {one}", highlight=False, markup=False)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
