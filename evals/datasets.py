"""Question sets in the shapes that others publish, each asked of an index of its own passages.

A file is SQuAD-style JSON, or JSONL with one row a question: ``question`` and ``context``; or
``q_eng``, ``ctx_eng``, ``q_ind`` and ``ctx_ind`` for a set in both languages, asked in the four
directions; or ``question`` alone, for questions that no passage answers. Files may be gzipped.
"""

from __future__ import annotations

import gzip
import json
import random
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from rich.console import Console

from assistant.assistant import Assistant
from evals.questions import EvalQuestion, QuestionSetError
from evals.runner import Archive, Case, Outcome, run
from index.encoder import StaticEncoder
from index.ingest import index_paths
from index.text import language_of
from index.types import Article, Language
from prompts import Message

ENDINGS = (".json", ".jsonl", ".json.gz", ".jsonl.gz")
SIDES: tuple[tuple[str, Language], ...] = (("eng", "en"), ("ind", "id"))
SITE = "https://passages.example/"  # an address each: passages that resemble are no copies


@dataclass(frozen=True, slots=True)
class Passage:
    """A context that questions are asked on."""

    text: str
    title: str
    language: Language


@dataclass(slots=True)
class Dataset:
    """Passages of one set, and its questions with the passage that answers each, or none."""

    name: str
    passages: dict[str, Passage] = field(default_factory=dict)
    questions: list[tuple[EvalQuestion, str]] = field(default_factory=list)

    def add_passage(self, text: str, title: str, language: str) -> None:
        known: Language = "en" if language == "en" else "id"
        self.passages.setdefault(text, Passage(text, title.replace("_", " "), known))

    def add_question(
        self, name: str, text: str, language: str, answers: Sequence[str], context: str
    ) -> None:
        """Without ``answers`` or ``context`` the question has no answer."""
        answerable = bool(context and answers)
        question = EvalQuestion(
            id=name,
            language="en" if language == "en" else "id",
            question=text,
            gold=(),
            answers=tuple(answers) if answerable else (),
            answer_type="thing",
            answerable=answerable,
            category="factoid" if answerable else "near_miss" if context else "out_of_corpus",
            split="dev",
            field=self.name,
        )
        self.questions.append((question, context if answerable else ""))


def read_datasets(path: Path) -> tuple[list[Dataset], list[Message]]:
    """The sets of a file or of all files in a folder, and what of it is left out.

    Where a folder ``dev`` has a folder ``train`` beside it, the passages of the file of the same
    name there join the set: a larger haystack. Questions without passages are asked of the first
    set in their language.

    Raises:
        QuestionSetError: there is no set, or a row is broken.
    """
    if not path.exists():
        raise QuestionSetError("no_data", path=path)
    files = [path] if path.is_file() else sorted(path.iterdir())
    found: list[Dataset] = []
    strays = Dataset("")
    skipped: list[Message] = []
    for file in files:
        if not file.name.endswith(ENDINGS):
            continue
        before = len(strays.questions)
        sets = _read(file, strays)
        found += sets
        if not sets and len(strays.questions) == before:
            skipped.append(Message("part", part=file.name, reason=Message("no_questions_in_file")))
    for question, _ in strays.questions:
        host = next((one for one in found if _language(one) == question.language), None)
        if host:
            host.questions.append((replace(question, field=host.name), ""))
    if strays.questions and not found:
        raise QuestionSetError("no_passages", path=path)
    if not found:
        raise QuestionSetError("no_dataset", path=path)
    return found, skipped


def _language(dataset: Dataset) -> str:
    return next(iter(dataset.passages.values())).language


def _read(file: Path, strays: Dataset) -> list[Dataset]:
    name = file.name.split(".")[0]
    one = Dataset(name)
    sides = {side: Dataset(f"{name}-{language}") for side, language in SIDES}
    try:
        for row in _rows(file):
            _add(row, one, sides, strays)
        beside = file.parent.parent / "train" / file.name
        if file.parent.name == "dev" and beside.exists():
            for row in _rows(beside):
                _add_passages(row, one, sides)
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        told = Message("no_dataset_row", error=error)
        raise QuestionSetError("part", part=file, reason=told) from error
    return [each for each in (one, *sides.values()) if each.questions]


def _rows(file: Path) -> Iterator[dict[str, Any]]:
    raw = gzip.decompress(file.read_bytes()) if file.suffix == ".gz" else file.read_bytes()
    text = raw.decode("utf-8-sig")
    if not file.name.removesuffix(".gz").endswith(".json"):
        yield from (json.loads(line) for line in text.split("\n") if line.strip())
        return
    content = json.loads(text)
    for document in content["data"]:
        for paragraph in document["paragraphs"]:
            for asked in paragraph["qas"]:
                answers = [one["text"] for one in asked.get("answers", ())]
                yield {
                    "id": asked["id"],
                    "question": asked["question"],
                    "context": paragraph["context"],
                    "title": document.get("title", ""),
                    "answers": [] if asked.get("is_impossible") else answers,
                }


def _add(row: dict[str, Any], one: Dataset, sides: dict[str, Dataset], strays: Dataset) -> None:
    _add_passages(row, one, sides)
    if "context" in row and "question" in row:
        answers = row["answers"] if row.get("answerable", True) else []
        language = row.get("lang") or language_of(row["question"]) or "id"
        one.add_question(row["id"], row["question"], language, answers, row["context"])
    elif "q_eng" in row:
        for side, place in SIDES:
            answers = row[f"answers_{side}"] if row["answerable"] else []
            for asked, language in SIDES:
                name = f"{row['id']}-{language}-{place}"
                text = row[f"q_{asked}"]
                sides[side].add_question(name, text, language, answers, row[f"ctx_{side}"])
    elif "question" in row:
        language = row.get("lang") or language_of(row["question"]) or "id"
        strays.add_question(str(row.get("id", row["question"])), row["question"], language, (), "")


def _add_passages(row: dict[str, Any], one: Dataset, sides: dict[str, Dataset]) -> None:
    title = row.get("title") or ""
    if "context" in row and "question" in row:
        language = row.get("lang") or language_of(row["context"]) or "id"
        one.add_passage(row["context"], title, language)
    elif "ctx_eng" in row:
        for side, language in SIDES:
            sides[side].add_passage(row[f"ctx_{side}"], title, language)


def run_dataset(dataset: Dataset, sample: int, console: Console) -> tuple[int, list[Outcome]]:
    """Index the passages, each an article, and ask ``sample`` questions of them, or with 0 all.

    Returns how many paragraphs there are, and what came back.
    """
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as work:
        corpus = Path(work) / "passages.jsonl"
        lines = [
            json.dumps({"id": str(number), "url": f"{SITE}{number}", "title": one.title,
                        "text": [" ".join(one.text.split())], "language": one.language})
            for number, one in enumerate(dataset.passages.values())
        ]  # fmt: skip
        corpus.write_text("\n".join(lines), encoding="utf-8")
        index_paths(Path(work) / "index", [corpus], StaticEncoder())
        assistant = Assistant.open(Path(work) / "index")
        asked = dataset.questions
        if sample and sample < len(asked):
            asked = random.Random(0).sample(asked, sample)
        found = _cases(asked, assistant.store.catalog.articles())
        size = len(assistant.store)
        outcomes = run(found, Archive(assistant).reply, console, dataset.name)
        assistant.store.close()
    return size, outcomes


def _cases(asked: Sequence[tuple[EvalQuestion, str]], articles: Sequence[Article]) -> list[Case]:
    by_text = {_squeezed("".join(p.text for p in one.paragraphs)): one for one in articles}
    found = []
    for question, context in asked:
        article = by_text.get(_squeezed(context)) if context else None
        if article is None:
            found.append(Case(question, (), ()))
            continue
        # A long passage is stored as several paragraphs; gold are those that hold an answer.
        # Translated answers do not always stand in the translated passage: then all are.
        holding = tuple(
            paragraph
            for paragraph in article.paragraphs
            if any(answer in paragraph.text for answer in question.answers)
        )
        direction = f"{question.language}→{article.language}"
        found.append(Case(question, holding or article.paragraphs, (direction,)))
    return found


def _squeezed(text: str) -> str:
    """The letters and digits: reading a file drops what does not show, and spaces move."""
    return "".join(char for char in text.casefold() if char.isalnum())
