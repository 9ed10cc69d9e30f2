"""Whether a question set is sound, and what it looks like.

Faults make a set unusable: it contradicts itself or the articles. Remarks are for its author.
"""

from __future__ import annotations

import random
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table
from rich.text import Text

from evals.questions import (
    ANSWER_TYPES,
    CATEGORIES,
    EvalQuestion,
    QuestionSetError,
    gold_paragraphs,
)
from evals.short_answers import contains
from index.text import content_words, lemma, words
from index.types import Article

UNANSWERABLE = ("near_miss", "out_of_corpus")
SAME_FRAME = 4  # so many questions that differ in names and figures alone are cut from a template
FRAME_WORDS = 4  # shorter frames ("who won …?") are how people ask
COPIED = 0.8  # a question that shares so many of its words with a gold paragraph is remarked on
SHOWN = 20  # random questions for reading

_SLOT = re.compile(r"\b(?:[A-Z0-9][\w’'./-]*|\d[\d.,]*)(?:\s+(?:[A-Z0-9][\w’'./-]*))*")


def validate(questions: Sequence[EvalQuestion], articles: dict[str, Article]) -> None:
    """Check the set against itself and the articles.

    Raises:
        QuestionSetError: naming every question that is unsound, and why.
    """
    if found := list(faults(questions, articles)):
        raise QuestionSetError("\n".join(found))


def faults(questions: Sequence[EvalQuestion], articles: dict[str, Article]) -> Iterator[str]:
    """A line for everything that makes the set unsound."""
    by_id = {one.id: one for one in questions}
    repeated = [name for name, times in Counter(one.id for one in questions).items() if times > 1]
    if repeated:
        yield f"ids are not unique: {', '.join(repeated)}"
    asked: dict[tuple[object, ...], EvalQuestion] = {}
    for one in questions:
        for fault in _faults(one, by_id, articles):
            yield f"{one.id}: {fault}"
        scope = tuple(tuple(words(turn)) for turn in (*one.turns, one.question)), one.today
        other = asked.setdefault(scope, one)
        if other is not one:
            same = other.answerable == one.answerable and (
                {tuple(words(answer)) for answer in other.answers}
                & {tuple(words(answer)) for answer in one.answers}
                or not one.answerable
            )
            yield f"{one.id}: {'asks what' if same else 'contradicts'} {other.id}" + (
                " asks" if same else ", which asks the same"
            )
    splits: dict[str, set[str]] = defaultdict(set)
    for one in questions:
        for gold in one.gold:
            splits[gold.article].add(one.split)
    for name, both in splits.items():
        if len(both) > 1:
            yield f"{name}: in both splits"
    for shared, ids in frames(questions).items():
        if len(ids) >= SAME_FRAME:
            yield f"cut from one template {shared!r}: {', '.join(ids)}"


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
    if not words(one.question):
        yield "asks nothing"
    if one.answerable != bool(one.gold) or one.answerable != bool(one.answers):
        yield "answerable questions have gold and answers, others have neither"
    if one.answerable == (one.category in UNANSWERABLE):
        yield f"category {one.category} with answerable {one.answerable}"
    if one.category == "near_miss":
        twin = by_id.get(one.twin)
        if twin is None or not twin.answerable or twin.split != one.split:
            yield f"its twin {one.twin!r} is no answerable question of the same split"
    if one.category == "follow_up" and not one.turns:
        yield "a follow-up needs the turns before it"
    if one.category == "relative_date" and one.today is None:
        yield "a relative date needs the day of today"
    texts = []
    for gold, paragraph in gold_paragraphs(one, articles):
        if gold.article not in articles:
            yield f"unknown article {gold.article!r}"
        elif paragraph is None:
            yield f"no paragraph of {gold.article} holds {gold.quote!r}"
        elif paragraph.role != "body":
            yield f"{gold.article}#p{paragraph.number} is {paragraph.role} and cannot be cited"
        else:
            texts.append(paragraph.text)
    if one.answer_type != "yesno" and texts:
        for accepted in one.parts or (one.answers,):
            if not any(contains(text, answer) for answer in accepted for text in texts):
                yield f"none of its answers stands in a gold paragraph: {', '.join(accepted)}"


def frames(questions: Sequence[EvalQuestion]) -> dict[str, list[str]]:
    """The ids of the answerable questions that are equal but for names and figures, by frame.

    A near miss is meant to share the frame of its twin.
    """
    found: dict[str, list[str]] = defaultdict(list)
    for one in questions:
        if one.category == "near_miss":
            continue
        first, *rest = one.question.split(" ", 1)
        frame = " ".join(f"{first.lower()} {_SLOT.sub('…', ''.join(rest))}".lower().split())
        if len([word for word in frame.split() if word.strip("?….,")]) >= FRAME_WORDS:
            found[frame].append(one.id)
    return {frame: ids for frame, ids in found.items() if "…" in frame and len(ids) > 1}


@dataclass(frozen=True, slots=True)
class Overlap:
    """The share of a question's content words that stand, as lemmas, in its nearest gold."""

    question: EvalQuestion
    across: bool
    share: float


def overlaps(questions: Sequence[EvalQuestion], articles: dict[str, Article]) -> Iterator[Overlap]:
    """How far each answerable question repeats the words of a gold paragraph."""
    for one in questions:
        asked = {lemma(word) for word in content_words(one.question)}
        shares = [
            len(asked & {lemma(word) for word in content_words(paragraph.text)}) / len(asked)
            for _, paragraph in gold_paragraphs(one, articles)
            if paragraph and asked
        ]
        if shares:
            across = all(articles[gold.article].language != one.language for gold in one.gold)
            yield Overlap(one, across, max(shares))


def remarks(questions: Sequence[EvalQuestion], articles: dict[str, Article]) -> Iterator[str]:
    """What an author may want to look at."""
    for one in questions:
        if one.category == "two_paragraphs" and not one.parts:
            yield f"{one.id}: needs two paragraphs, but no parts: any of its answers will do"
    for item in overlaps(questions, articles):
        if item.share >= COPIED and not item.across:
            yield f"{item.question.id}: repeats {item.share:.0%} of its words from the paragraph"


def print_check(
    questions: Sequence[EvalQuestion],
    articles: dict[str, Article],
    console: Console,
    draw: random.Random,
) -> int:
    """Print faults, remarks, make-up and random questions; how many faults there are."""
    found = list(faults(questions, articles))
    for line in found:
        console.print(Text(f"fault: {line}", style="red"))
    for line in remarks(questions, articles):
        console.print(Text(f"remark: {line}", style="yellow"))
    console.print(_make_up(questions))
    console.print(_overlap_table(list(overlaps(questions, articles))))
    for one in draw.sample(list(questions), min(SHOWN, len(questions))):
        _print_question(one, articles, console)
    unanswerable = sum(not one.answerable for one in questions)
    console.print(
        f"{len(questions)} questions, {unanswerable} of them without an answer "
        f"({unanswerable / max(1, len(questions)):.0%}); faults: {len(found)}"
    )
    return len(found)


def _make_up(questions: Sequence[EvalQuestion]) -> Table:
    table = Table("questions", "dev", "test", title="Make-up")
    for kind in ("field", "category", "answer_type", "language"):
        counts = Counter((str(getattr(one, kind)), one.split) for one in questions)
        for name in sorted({name for name, _ in counts}):
            table.add_row(f"{kind} {name}", str(counts[name, "dev"]), str(counts[name, "test"]))
    return table


def _overlap_table(found: Sequence[Overlap]) -> Table:
    title = "Share of a question's words that stand in its gold paragraph"
    table = Table("", "n", "mean", "a quarter has at least", title=title)
    for name, across in (("within a language", False), ("across", True)):
        shares = sorted(one.share for one in found if one.across == across)
        if shares:
            upper = shares[int(0.75 * (len(shares) - 1))]
            mean = sum(shares) / len(shares)
            table.add_row(name, str(len(shares)), f"{mean:.2f}", f"{upper:.2f}")
    return table


def _print_question(one: EvalQuestion, articles: dict[str, Article], console: Console) -> None:
    head = f"\n{one.id} · {one.category} · {one.answer_type} · {one.split}"
    console.print(Text(head + (f" · asked on {one.today}" if one.today else ""), style="dim"))
    for turn in one.turns:
        console.print(Text(f"  before: {turn}"))
    console.print(Text(one.question, style="bold"))
    wanted = " + ".join(" | ".join(part) for part in one.parts) or " | ".join(one.answers)
    console.print(Text(f"  {wanted or 'no answer'}" + (f" (twin {one.twin})" if one.twin else "")))
    for gold, paragraph in gold_paragraphs(one, articles):
        console.print(Text(f"  {gold.article}: {paragraph.text if paragraph else '?'}"))
