"""The figures of a run, and how each question contributes to them.

Most figures are means over questions: a function gives the value of one outcome, or None where
the figure does not apply to it. The others are taken over all outcomes together. A crash counts
as a miss everywhere.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from assistant.types import Answer
from evals import metrics
from evals.metrics import Estimate
from evals.runner import Case, Outcome, Reply
from evals.short_answers import best, contains, equal_value, exact, overlap_f1
from index.text import STOP_WORDS, WORD, language_of, words

Better = Literal["higher", "lower"]
Value = float | None

PRECISION = 0.95  # at which coverage is stated

_MARKERS = re.compile(r"((?:\s*\[\d+\])+)")
_YES = frozenset({"ya", "yes", "benar", "betul"})
_NO = frozenset({"tidak", "no", "bukan", "belum"})


@dataclass(frozen=True, slots=True)
class Figure:
    """A mean over questions. ``floor``: the gate holds it; it must be better when higher.

    ``eval.toml`` says how a figure is called and, as ``NAME_is``, what it is.
    """

    name: str
    score: Callable[[Outcome], Value]
    better: Better = "higher"
    floor: bool = False
    exact: bool = False


@dataclass(frozen=True, slots=True)
class PooledFigure:
    """A figure of all outcomes of a group together, given as an array of places in it."""

    name: str
    statistic: Callable[[Sequence[Outcome]], Callable[[NDArray[np.int64]], Value]]
    better: Better = "higher"
    percent: bool = True


# Retrieval: answerable questions only.

Ranked = Callable[[Reply], Sequence[str]]


def _ranking(
    ranked: Ranked, score: Callable[[Sequence[str], frozenset[str], int], float], k: int
) -> Callable[[Outcome], Value]:
    def value(one: Outcome) -> Value:
        if not one.case.question.answerable:
            return None
        return score(ranked(one.reply), one.case.gold_ids, k) if one.reply else 0.0

    return value


def _retrieved(reply: Reply) -> Sequence[str]:
    return reply.retrieved


def _considered(reply: Reply) -> Sequence[str]:
    return reply.considered


def _lexical(reply: Reply) -> Sequence[str]:
    return reply.lexical


def _when(
    condition: Callable[[Case], bool], score: Callable[[Outcome], Value]
) -> Callable[[Outcome], Value]:
    return lambda one: score(one) if condition(one.case) else None


def _gain(one: Outcome) -> Value:
    ours = _ranking(_retrieved, metrics.ndcg, 10)(one)
    theirs = _ranking(_lexical, metrics.ndcg, 10)(one)
    return None if ours is None or theirs is None else ours - theirs


# Answers.


def answered(one: Outcome) -> bool:
    return one.reply is not None and not one.reply.answer.abstained


def correct(one: Outcome) -> bool:
    """An accepted answer stands in the text (a proxy: the text may also mislead), or it is right
    that there is none.

    Where an answer has several parts, all must stand there. A yes/no question is right when the
    short answer says so or, if it says neither, when the gold words are quoted in full view.
    """
    if one.reply is None:
        return False
    question, answer = one.case.question, one.reply.answer
    if not question.answerable or answer.abstained:
        return answer.abstained and not question.answerable
    if question.answer_type == "yesno":
        first = words(answer.short)[:1]
        if first and first[0] in _YES | _NO:
            meant = {word for accepted in question.answers for word in words(accepted)}
            return bool(meant & (_YES if first[0] in _YES else _NO))
        return any(
            gold.quote in citation.paragraph.text
            for gold in question.gold
            for citation in answer.citations
        )
    said = f"{answer.text} {answer.short}"
    return all(
        any(contains(said, accepted) for accepted in part)
        for part in question.parts or (question.answers,)
    )


def _short(
    compare: Callable[[str, str], float], kind: Literal["all", "has", "no"]
) -> Callable[[Outcome], Value]:
    def value(one: Outcome) -> Value:
        question = one.case.question
        if kind != "all" and (kind == "has") != question.answerable:
            return None
        if question.answer_type == "yesno":
            return None
        if one.reply is None:
            return 0.0
        said = "" if one.reply.answer.abstained else one.reply.answer.short
        return best(compare, said, question.answers)

    return value


# Citations.


def _cited_gold(one: Outcome) -> Value:
    if not one.case.question.answerable:
        return None
    if one.reply is None or not one.reply.answer.citations:
        return 0.0
    return float(one.reply.answer.citations[0].paragraph.public_id in one.case.gold_ids)


def _citation_precision(one: Outcome) -> Value:
    if not one.case.question.answerable or one.reply is None or one.reply.answer.abstained:
        return None
    cited = [one.paragraph.public_id for one in one.reply.answer.citations]
    return sum(name in one.case.gold_ids for name in cited) / len(cited) if cited else 0.0


def _support(one: Outcome) -> Value:
    """The share of the answer's sentences that the paragraphs they cite carry, as far as their
    numbers and names say."""
    if one.reply is None or one.reply.answer.abstained:
        return None
    answer = one.reply.answer
    cited = {citation.marker: citation.paragraph.text for citation in answer.citations}
    pieces = _MARKERS.split(answer.text)
    carried = []
    for sentence, markers in zip(pieces[::2], [*pieces[1::2], ""], strict=True):
        if not words(sentence):
            continue
        numbers = [int(number) for number in re.findall(r"\d+", markers)]
        texts = [cited[number] for number in numbers if number in cited]
        standing = set(words(" ".join(texts)))
        carried.append(bool(texts) and _facts(sentence) <= standing)
    return sum(carried) / len(carried) if carried else 0.0


def _facts(sentence: str) -> set[str]:
    found = [match.group() for match in WORD.finditer(sentence)]
    facts = [
        word
        for place, word in enumerate(found)
        if word[0].isdigit() or (place and word[0].isupper() and word.lower() not in STOP_WORDS)
    ]
    return set(words(" ".join(facts)))


def _proven(one: Outcome) -> Value:
    """Every quotation is a slice of a paragraph that may be cited; a declined answer cites none."""
    if one.reply is None:
        return 0.0
    answer = one.reply.answer
    if answer.abstained:
        return float(not answer.citations)
    return float(
        bool(answer.citations)
        and all(
            citation.quotation
            and citation.quotation in citation.paragraph.text
            and citation.paragraph.role == "body"
            for citation in answer.citations
        )
    )


# Abstention, language, all in one.


def _declined(category: str) -> Callable[[Outcome], Value]:
    def value(one: Outcome) -> Value:
        if one.case.question.category != category:
            return None
        return float(one.reply is not None and one.reply.answer.abstained)

    return value


def _answered(one: Outcome) -> Value:
    return float(answered(one)) if one.case.question.answerable else None


def _cites_gold(one: Outcome) -> bool:
    if one.reply is None:
        return False
    return any(c.paragraph.public_id in one.case.gold_ids for c in one.reply.answer.citations)


def right(one: Outcome) -> bool:
    """A gold paragraph is cited, and the answer is said or the verdict is right."""
    question = one.case.question
    if not question.answerable or not answered(one) or not _cites_gold(one):
        return False
    if question.answer_type == "yesno":
        return _verdict_right(one) == 1.0
    return correct(one)


def _said(one: Outcome) -> Value:
    question = one.case.question
    if not question.answerable or question.answer_type == "yesno":
        return None
    return float(right(one))


def _verdict_right(one: Outcome) -> Value:
    question = one.case.question
    if not question.answerable or question.answer_type != "yesno":
        return None
    verdict = one.reply.answer.verdict if one.reply else None
    meant = {word for accepted in question.answers for word in words(accepted)}
    return float(verdict is not None and bool(meant & (_YES if verdict == "yes" else _NO)))


def _right_when_answered(one: Outcome) -> Value:
    return float(right(one)) if answered(one) else None


def _hallucinated(one: Outcome) -> Value:
    if one.case.question.answerable:
        return None
    return float(one.reply is None or not one.reply.answer.abstained)


def _refused(one: Outcome) -> Value:
    return float(not answered(one)) if one.case.question.answerable else None


def _crag(one: Outcome) -> Value:
    if correct(one):
        return 1.0
    return -1.0 if answered(one) else 0.0


def own_words(answer: Answer) -> str:
    """What the assistant says itself: its text without quotations and markers, and the notice."""
    text = answer.text
    for citation in answer.citations:
        if citation.quotation:
            text = text.replace(citation.quotation, " ")
    return f"{_MARKERS.sub(' ', text)} {answer.notice}".strip()


def _language_right(one: Outcome) -> Value:
    if one.reply is None:
        return 0.0
    answer, language = one.reply.answer, one.case.question.language
    said = language_of(own_words(answer))
    return float(answer.language == language and said in (None, language))


FIGURES = (
    Figure("ndcg_10", _ranking(_retrieved, metrics.ndcg, 10), floor=True),
    Figure("r_1", _ranking(_retrieved, metrics.success, 1), floor=True),
    Figure(
        "r_1_within",
        _when(lambda case: not case.across, _ranking(_retrieved, metrics.success, 1)),
        floor=True,
    ),
    Figure(
        "r_1_across",
        _when(lambda case: case.across, _ranking(_retrieved, metrics.success, 1)),
        floor=True,
    ),
    Figure("r_5", _ranking(_retrieved, metrics.success, 5)),
    Figure("r_10", _ranking(_retrieved, metrics.success, 10), floor=True),
    Figure("mrr_10", _ranking(_retrieved, metrics.reciprocal_rank, 10)),
    Figure("considered_r_1", _ranking(_considered, metrics.success, 1), floor=True),
    Figure("considered_mrr_10", _ranking(_considered, metrics.reciprocal_rank, 10)),
    Figure("lexical_r_1", _ranking(_lexical, metrics.success, 1)),
    Figure("lexical_ndcg_10", _ranking(_lexical, metrics.ndcg, 10)),
    Figure("gain_ndcg_10", _gain),
    Figure(
        "correct",
        lambda one: float(correct(one)) if one.case.question.answerable else None,
        floor=True,
    ),
    Figure("short_em", _short(exact, "all")),
    Figure("short_f1", _short(overlap_f1, "all"), floor=True),
    Figure("has_em", _short(exact, "has")),
    Figure("has_f1", _short(overlap_f1, "has"), floor=True),
    Figure("no_em", _short(exact, "no")),
    Figure("has_value", _short(equal_value, "has")),
    Figure("cited_gold", _cited_gold, floor=True),
    Figure("said", _said, floor=True),
    Figure("verdict_right", _verdict_right, floor=True),
    Figure("right_when_answered", _right_when_answered, floor=True),
    Figure("citation_precision", _citation_precision, floor=True),
    Figure("support", _support, floor=True),
    Figure("proven", _proven, floor=True, exact=True),
    Figure("answered", _answered, floor=True),
    Figure("refused", _refused, "lower"),
    Figure("hallucinated", _hallucinated, "lower"),
    Figure("declined_near_miss", _declined("near_miss"), floor=True),
    Figure("declined_out_of_corpus", _declined("out_of_corpus"), floor=True),
    Figure("crag", _crag, floor=True),
    Figure("language_right", _language_right, floor=True, exact=True),
)


def _confidence(one: Outcome) -> float:
    return one.reply.answer.confidence if one.reply else 0.0


def leads_right(one: Outcome) -> bool:
    """Whether the passage that leads, or would have led, the answer is a gold paragraph."""
    return one.reply is not None and bool(set(one.reply.considered[:1]) & one.case.gold_ids)


def _balanced(outcomes: Sequence[Outcome]) -> Callable[[NDArray[np.int64]], Value]:
    answerable = np.array([one.case.question.answerable for one in outcomes])
    right = np.array([
        one.reply is not None and answered(one) == one.case.question.answerable
        for one in outcomes
    ])  # fmt: skip

    def value(chosen: NDArray[np.int64]) -> Value:
        has, good = answerable[chosen], right[chosen]
        if has.all() or not has.any():
            return None
        return float(good[has].mean() + good[~has].mean()) / 2

    return value


def _auroc(outcomes: Sequence[Outcome]) -> Callable[[NDArray[np.int64]], Value]:
    scores = np.array([_confidence(one) for one in outcomes])
    labels = np.array([one.case.question.answerable for one in outcomes])
    return lambda chosen: metrics.auroc(scores[chosen], labels[chosen])


def _coverage(outcomes: Sequence[Outcome]) -> Callable[[NDArray[np.int64]], Value]:
    scores = np.array([_confidence(one) for one in outcomes])
    right = np.array([leads_right(one) for one in outcomes])
    return lambda chosen: metrics.coverage_at_precision(scores[chosen], right[chosen], PRECISION)


def milliseconds(outcomes: Sequence[Outcome]) -> list[float]:
    """The time of each answer."""
    return [one.reply.answer.timings.get("total", 0.0) for one in outcomes if one.reply]


def _latency(share: int) -> Callable[[Sequence[Outcome]], Callable[[NDArray[np.int64]], Value]]:
    def statistic(outcomes: Sequence[Outcome]) -> Callable[[NDArray[np.int64]], Value]:
        times = np.array([
            one.reply.answer.timings.get("total", 0.0) if one.reply else np.nan for one in outcomes
        ])  # fmt: skip

        def value(chosen: NDArray[np.int64]) -> Value:
            known = times[chosen][~np.isnan(times[chosen])]
            return float(np.percentile(known, share)) if len(known) else None

        return value

    return statistic


POOLED = (
    PooledFigure("balanced_accuracy", _balanced),
    PooledFigure("auroc", _auroc),
    PooledFigure("coverage_95", _coverage),
    PooledFigure("p50", _latency(50), "lower", percent=False),
    PooledFigure("p95", _latency(95), "lower", percent=False),
    PooledFigure("p99", _latency(99), "lower", percent=False),
)


def scores(one: Outcome) -> dict[str, float]:
    """What this outcome adds to each figure that applies to it."""
    found = {figure.name: figure.score(one) for figure in FIGURES}
    return {name: value for name, value in found.items() if value is not None}


@dataclass(frozen=True, slots=True)
class Group:
    """Outcomes of one kind; ``kind`` is all, direction, category or field."""

    split: str
    kind: str
    name: str
    outcomes: tuple[Outcome, ...]


def groups(outcomes: Sequence[Outcome]) -> list[Group]:
    """All outcomes of each split, and by direction, category and field within it."""
    found: dict[tuple[str, str, str], list[Outcome]] = {}
    for one in outcomes:
        question = one.case.question
        keys = [("all", question.split), ("category", question.category)]
        keys += [("direction", direction) for direction in one.case.directions]
        keys += [("field", question.field)] if question.field else []
        for kind, name in keys:
            found.setdefault((question.split, kind, name), []).append(one)
    order = ("all", "direction", "category", "field")
    ordered = sorted(found, key=lambda key: (key[0], order.index(key[1]), key[2]))
    return [Group(*key, tuple(found[key])) for key in ordered]


def figures(outcomes: Sequence[Outcome]) -> dict[str, Estimate]:
    """Every figure that applies to these outcomes, with its interval."""
    found: dict[str, Estimate] = {}
    each = [scores(one) for one in outcomes]
    for figure in FIGURES:
        estimate = metrics.mean_estimate([one[figure.name] for one in each if figure.name in one])
        if estimate:
            found[figure.name] = estimate
    for pooled in POOLED:
        estimate = metrics.pooled_estimate(len(outcomes), pooled.statistic(outcomes))
        if estimate:
            found[pooled.name] = estimate
    return found
