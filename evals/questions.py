"""Questions with what a right answer cites and says: one JSON object a line."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import date
from pathlib import Path
from typing import Any, Literal

from index.text import language_of
from index.types import Article, Language, Paragraph
from prompts import Message, MessageError

FOLDER = Path(__file__).parent / "questions"
NEWS = Path(__file__).parent / "news"
NEWS_QUESTIONS = NEWS / "questions.jsonl"
NEWS_ARTICLES = NEWS / "articles.jsonl.gz"

CATEGORIES = frozenset(
    "factoid two_paragraphs follow_up relative_date updated_figure informal "
    "near_miss out_of_corpus".split()
)
ANSWER_TYPES = frozenset(
    "person organization place date time number money duration reason manner yesno thing "
    "quote".split()
)


class QuestionSetError(MessageError, ValueError):
    """The question set cannot be read, or contradicts itself or the articles."""


@dataclass(frozen=True, slots=True)
class Gold:
    """A paragraph that answers: its article's file name without ending or id, and words of it."""

    article: str
    quote: str


@dataclass(frozen=True, slots=True)
class EvalQuestion:
    """A question with what a right answer cites and says.

    Any of ``gold`` and any of ``answers`` will do; where an answer has several parts, ``parts``
    holds the accepted words of each, and all parts are needed. ``turns`` are the questions asked
    before it, ``today`` the day on which it is asked, and ``twin`` the id of the answerable
    question that a near miss differs from in one detail. ``field`` is the name of its file. The
    split ``news`` holds the questions on real news.
    """

    id: str
    language: Language
    question: str
    gold: tuple[Gold, ...]
    answers: tuple[str, ...]
    answer_type: str
    answerable: bool
    category: str
    split: Literal["dev", "test", "news"]
    turns: tuple[str, ...] = ()
    today: date | None = None
    twin: str = ""
    parts: tuple[tuple[str, ...], ...] = ()
    note: str = ""
    field: str = ""


def load_questions(paths: Iterable[Path] | None = None) -> list[EvalQuestion]:
    """The questions of these JSONL files, by default of the bundled ones.

    Only ``question`` must be there, with ``gold`` and ``answers`` if it has an answer; the rest
    has defaults.

    Raises:
        QuestionSetError: a line is not a question.
    """
    found: list[EvalQuestion] = []
    for path in paths or sorted(FOLDER.glob("*.jsonl")):
        found += [_question(line, path, number) for number, line in numbered_lines(path)]
    return found


def numbered_lines(path: Path) -> Iterator[tuple[int, str]]:
    """The lines of a JSONL file that are not blank, numbered from 1.

    Raises:
        QuestionSetError: the file cannot be read.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise QuestionSetError("unread_questions", path=path, error=error) from error
    return ((i, line) for i, line in enumerate(text.split("\n"), start=1) if line.strip())


def _question(line: str, path: Path, number: int) -> EvalQuestion:
    known = {field.name for field in fields(EvalQuestion)} - {"field"}
    place = f"{path.name}:{number}"
    try:
        row = json.loads(line)
        if unknown := row.keys() - known:
            told = Message(
                "unknown_fields", given=", ".join(sorted(unknown)), known=", ".join(sorted(known))
            )
            raise QuestionSetError("part", part=place, reason=told)
        row = _defaults(row, f"{path.stem}-{number}") | row
        row["gold"] = tuple(Gold(**one) for one in row["gold"])
        for name in ("answers", "turns"):
            row[name] = tuple(row[name])
        row["parts"] = tuple(tuple(part) for part in row["parts"])
        if row["today"]:
            row["today"] = date.fromisoformat(row["today"])
        return EvalQuestion(**row, field=path.stem)
    except (TypeError, KeyError, AttributeError, json.JSONDecodeError) as error:
        told = Message("not_a_question", error=error)
        raise QuestionSetError("part", part=place, reason=told) from error
    except QuestionSetError:
        raise
    except ValueError as error:
        raise QuestionSetError("part", part=place, reason=error) from error


def _defaults(row: dict[str, Any], name: str) -> dict[str, Any]:
    answerable = bool(row.get("gold"))
    return {
        "id": name,
        "language": language_of(row["question"]) or "id",
        "gold": [],
        "answers": [],
        "answer_type": "thing",
        "answerable": answerable,
        "category": "factoid" if answerable else "out_of_corpus",
        "split": "test",
        "turns": [],
        "today": None,
        "parts": [],
    }


def gold_paragraphs(
    question: EvalQuestion, articles: Mapping[str, Article]
) -> Iterator[tuple[Gold, Paragraph | None]]:
    """Each gold with its paragraph, None where the article or the words are missing.

    ``articles`` are the articles by the names that ``Gold.article`` may have.
    """
    for gold in question.gold:
        article = articles.get(gold.article)
        blocks = article.paragraphs if article else ()
        yield gold, next((block for block in blocks if gold.quote in block.text), None)
