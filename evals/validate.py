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

from assistant.terminal import interface_language, say
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
from prompts import Message

KNOWN = {
    "language": frozenset(("id", "en")),
    "category": CATEGORIES,
    "answer_type": ANSWER_TYPES,
    "split": frozenset(("dev", "test", "news")),
}
UNANSWERABLE = ("near_miss", "out_of_corpus")
SAME_FRAME = 4  # so many questions that differ in names and figures alone are cut from a template
FRAME_WORDS = 4  # shorter frames ("who won …?") are how people ask
COPIED = 0.8  # a question that shares so many of its words with a gold paragraph is remarked on
SHOWN = 20  # random questions for reading

_SLOT = re.compile(r"\b(?:[A-Z0-9][\w’'./-]*|\d[\d.,]*)(?:\s+(?:[A-Z0-9][\w’'./-]*))*")


def validate(questions: Sequence[EvalQuestion], articles: dict[str, Article]) -> None:
    """Check the set against itself and the articles.

    Raises:
        QuestionSetError: how many faults there are, and the first.
    """
    if found := list(faults(questions, articles)):
        raise QuestionSetError("unsound_questions", count=len(found), first=found[0])


def faults(questions: Sequence[EvalQuestion], articles: dict[str, Article]) -> Iterator[Message]:
    """A sentence for everything that makes the set unsound."""
    by_id = {one.id: one for one in questions}
    repeated = [name for name, times in Counter(one.id for one in questions).items() if times > 1]
    if repeated:
        yield Message("fault_ids", ids=", ".join(repeated))
    asked: dict[tuple[object, ...], EvalQuestion] = {}
    for one in questions:
        for fault in _faults(one, by_id, articles):
            yield Message("part", part=one.id, reason=fault)
        scope = tuple(tuple(words(turn)) for turn in (*one.turns, one.question)), one.today
        other = asked.setdefault(scope, one)
        if other is not one:
            same = other.answerable == one.answerable and (
                {tuple(words(answer)) for answer in other.answers}
                & {tuple(words(answer)) for answer in one.answers}
                or not one.answerable
            )
            fault = Message("fault_same" if same else "fault_contradiction", other=other.id)
            yield Message("part", part=one.id, reason=fault)
    splits: dict[str, set[str]] = defaultdict(set)
    for one in questions:
        for gold in one.gold:
            splits[gold.article].add(one.split)
    for name, both in splits.items():
        if len(both) > 1:
            yield Message("part", part=name, reason=Message("fault_splits"))
    for shared, ids in frames(questions).items():
        if len(ids) >= SAME_FRAME:
            yield Message("fault_template", frame=repr(shared), ids=", ".join(ids))


def _faults(
    one: EvalQuestion, by_id: dict[str, EvalQuestion], articles: dict[str, Article]
) -> Iterator[Message]:
    for name, known in KNOWN.items():
        given = getattr(one, name)
        if given not in known:
            listed = ", ".join(sorted(known))
            yield Message("fault_unknown", field=name, given=repr(given), known=listed)
    if not words(one.question):
        yield Message("fault_nothing")
    if one.answerable != bool(one.gold) or one.answerable != bool(one.answers):
        yield Message("fault_gold")
    if one.answerable == (one.category in UNANSWERABLE):
        yield Message("fault_category", category=one.category, answerable=one.answerable)
    if one.category == "near_miss" and one.split != "news":
        twin = by_id.get(one.twin)
        if twin is None or not twin.answerable or twin.split != one.split:
            yield Message("fault_twin", twin=repr(one.twin))
    if one.category == "follow_up" and not one.turns:
        yield Message("fault_turns")
    if one.category == "relative_date" and one.today is None:
        yield Message("fault_today")
    texts = []
    for gold, paragraph in gold_paragraphs(one, articles):
        if gold.article not in articles:
            yield Message("fault_article", article=repr(gold.article))
        elif paragraph is None:
            yield Message("fault_quote", article=gold.article, quote=repr(gold.quote))
        elif paragraph.role != "body":
            place = f"{gold.article}#p{paragraph.number}"
            yield Message("fault_role", paragraph=place, role=paragraph.role)
        else:
            texts.append(paragraph.text)
    if one.answer_type != "yesno" and texts:
        for accepted in one.parts or (one.answers,):
            if not any(contains(text, answer) for answer in accepted for text in texts):
                yield Message("fault_answers", answers=", ".join(accepted))


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


def remarks(questions: Sequence[EvalQuestion], articles: dict[str, Article]) -> Iterator[Message]:
    """What an author may want to look at."""
    for one in questions:
        if one.category == "two_paragraphs" and not one.parts:
            yield Message("part", part=one.id, reason=Message("remark_parts"))
    for item in overlaps(questions, articles):
        if item.share >= COPIED and not item.across:
            remark = Message("remark_repeats", percent=round(100 * item.share))
            yield Message("part", part=item.question.id, reason=remark)


def print_check(
    questions: Sequence[EvalQuestion],
    articles: dict[str, Article],
    console: Console,
    draw: random.Random,
) -> int:
    """Print faults, remarks, make-up and random questions; how many faults there are."""
    found = list(faults(questions, articles))
    language = interface_language()
    for fault in found:
        told = f"{say('cli.fault')}: {fault.text(language)}"
        console.print(Text(told, style="red"))
    for remark in remarks(questions, articles):
        told = f"{say('cli.remark')}: {remark.text(language)}"
        console.print(Text(told, style="yellow"))
    console.print(_make_up(questions))
    console.print(_overlap_table(list(overlaps(questions, articles))))
    for one in draw.sample(list(questions), min(SHOWN, len(questions))):
        _print_question(one, articles, console)
    unanswerable = sum(not one.answerable for one in questions)
    percent = round(100 * unanswerable / max(1, len(questions)))
    counts = {"count": len(questions), "unanswerable": unanswerable, "percent": percent}
    console.print(say("eval.summed_up", **counts, faults=len(found)))
    return len(found)


def _make_up(questions: Sequence[EvalQuestion]) -> Table:
    table = Table(say("eval.questions"), "dev", "test", title=say("eval.make_up"))
    for kind in ("field", "category", "answer_type", "language"):
        counts = Counter((str(getattr(one, kind)), one.split) for one in questions)
        for name in sorted({name for name, _ in counts}):
            table.add_row(f"{kind} {name}", str(counts[name, "dev"]), str(counts[name, "test"]))
    return table


def _overlap_table(found: Sequence[Overlap]) -> Table:
    heads = say("eval.mean"), say("eval.quarter")
    table = Table("", "n", *heads, title=say("eval.overlap"))
    for name, across in ((say("eval.within"), False), (say("eval.across"), True)):
        shares = sorted(one.share for one in found if one.across == across)
        if shares:
            upper = shares[int(0.75 * (len(shares) - 1))]
            mean = sum(shares) / len(shares)
            table.add_row(name, str(len(shares)), f"{mean:.2f}", f"{upper:.2f}")
    return table


def _print_question(one: EvalQuestion, articles: dict[str, Article], console: Console) -> None:
    head = f"\n{one.id} · {one.category} · {one.answer_type} · {one.split}"
    today = f" · {say('eval.asked_on', day=one.today)}" if one.today else ""
    console.print(Text(head + today, style="dim"))
    for turn in one.turns:
        console.print(Text(f"  {say('eval.turn', turn=turn)}"))
    console.print(Text(one.question, style="bold"))
    wanted = " + ".join(" | ".join(part) for part in one.parts) or " | ".join(one.answers)
    twin = f" ({say('eval.twin', of=one.twin)})" if one.twin else ""
    console.print(Text(f"  {wanted or say('eval.no_answer')}{twin}"))
    for gold, paragraph in gold_paragraphs(one, articles):
        console.print(Text(f"  {gold.article}: {paragraph.text if paragraph else '?'}"))
