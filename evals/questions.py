"""The question set on the sample articles: its shape, and a check that it is sound."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import date
from pathlib import Path
from typing import Literal

from index.types import Article, Language, Paragraph

FOLDER = Path(__file__).parent / "questions"

CATEGORIES = frozenset(
    "factoid two_paragraphs follow_up relative_date updated_figure informal "
    "near_miss out_of_corpus".split()
)
ANSWER_TYPES = frozenset(
    "person organization place date time number money duration reason manner yesno thing "
    "quote".split()
)


class QuestionSetError(ValueError):
    """The question set contradicts itself or the articles; the message lists every fault."""


@dataclass(frozen=True, slots=True)
class Gold:
    """A paragraph that answers: the article's file name without ending, and words of it."""

    article: str
    quote: str


@dataclass(frozen=True, slots=True)
class EvalQuestion:
    """A question with what a right answer cites and says.

    ``turns`` are the questions asked before it, ``today`` the day on which it is asked, and
    ``twin`` the id of the answerable question that a near miss differs from in one detail.
    """

    id: str
    language: Language
    question: str
    gold: tuple[Gold, ...]
    answers: tuple[str, ...]
    answer_type: str
    answerable: bool
    category: str
    split: Literal["dev", "test"]
    turns: tuple[str, ...] = ()
    today: date | None = None
    twin: str = ""


def load_questions(paths: Iterable[Path] | None = None) -> list[EvalQuestion]:
    """The questions of these JSONL files, by default of the bundled ones.

    Raises:
        QuestionSetError: a line is not a question.
    """
    found = []
    for path in paths or sorted(FOLDER.glob("*.jsonl")):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            if line.strip():
                found.append(_question(line, f"{path.name}:{number}"))
    return found


def _question(line: str, place: str) -> EvalQuestion:
    known = {field.name for field in fields(EvalQuestion)}
    try:
        row = json.loads(line)
        if unknown := row.keys() - known:
            raise QuestionSetError(f"{place}: unknown field {', '.join(sorted(unknown))}")
        row["gold"] = tuple(Gold(**one) for one in row["gold"])
        for name in ("answers", "turns"):
            row[name] = tuple(row.get(name, ()))
        if row.get("today"):
            row["today"] = date.fromisoformat(row["today"])
        return EvalQuestion(**row)
    except (TypeError, KeyError, AttributeError, json.JSONDecodeError) as error:
        raise QuestionSetError(f"{place}: not a question: {error}") from error


def gold_paragraphs(
    question: EvalQuestion, articles: dict[str, Article]
) -> Iterator[tuple[Gold, Paragraph | None]]:
    """Each gold with its paragraph, None where the article or the words are missing.

    ``articles`` are the sample articles by file name without ending.
    """
    for gold in question.gold:
        article = articles.get(gold.article)
        blocks = article.paragraphs if article else ()
        yield gold, next((block for block in blocks if gold.quote in block.text), None)


def validate(questions: Sequence[EvalQuestion], articles: dict[str, Article]) -> None:
    """Check the set against itself and the articles.

    Raises:
        QuestionSetError: naming every question that is unsound, and why.
    """
    by_id = {one.id: one for one in questions}
    faults = []
    if len(by_id) < len(questions):
        faults.append("ids are not unique")
    seen: dict[tuple[str, ...], str] = {}
    for one in questions:
        faults += [f"{one.id}: {fault}" for fault in _faults(one, by_id, articles)]
        same = (*one.turns, one.question, str(one.today))
        if same in seen:
            faults.append(f"{one.id}: asks what {seen[same]} asks")
        seen[same] = one.id
    splits: dict[str, set[str]] = {}
    for one in questions:
        for gold in one.gold:
            splits.setdefault(gold.article, set()).add(one.split)
    faults += [f"{name}: in both splits" for name, both in splits.items() if len(both) > 1]
    if faults:
        raise QuestionSetError("\n".join(faults))


def _faults(
    one: EvalQuestion, by_id: dict[str, EvalQuestion], articles: dict[str, Article]
) -> Iterator[str]:
    if one.language not in ("id", "en"):
        yield f"unknown language {one.language!r}"
    if one.category not in CATEGORIES:
        yield f"unknown category {one.category!r}"
    if one.answer_type not in ANSWER_TYPES:
        yield f"unknown answer type {one.answer_type!r}"
    if one.split not in ("dev", "test"):
        yield f"unknown split {one.split!r}"
    if one.answerable != bool(one.gold) or one.answerable != bool(one.answers):
        yield "answerable questions have gold and answers, others have neither"
    if one.answerable == (one.category in ("near_miss", "out_of_corpus")):
        yield f"category {one.category} with answerable {one.answerable}"
    if one.category == "near_miss":
        twin = by_id.get(one.twin)
        if twin is None or not twin.answerable or twin.split != one.split:
            yield f"its twin {one.twin!r} is no answerable question of the same split"
    texts = []
    for gold, paragraph in gold_paragraphs(one, articles):
        if paragraph is None:
            yield f"no paragraph of {gold.article} holds {gold.quote!r}"
        elif paragraph.role != "body":
            yield f"{gold.article}#p{paragraph.number} is {paragraph.role} and cannot be cited"
        else:
            texts.append(paragraph.text.casefold())
    if one.answer_type != "yesno" and texts:
        stands = any(answer.casefold() in text for answer in one.answers for text in texts)
        if not stands:
            yield "none of its answers stands in a gold paragraph"
