"""A run as data, compared with an earlier one, and written as JSON, Markdown and TREC files.

The data are plain JSON values, so that every other form of the report is made from a file that was
kept as well as from a run that has just ended.
"""

from __future__ import annotations

import json
import platform
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from os import cpu_count
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Column, Table

from assistant.terminal import say
from evals.figures import (
    FIGURES,
    POOLED,
    answered,
    correct,
    figures,
    groups,
    leads_right,
    milliseconds,
    scores,
)
from evals.metrics import (
    Estimate,
    calibration_error,
    mean_estimate,
    reliability,
    risk_coverage,
)
from evals.runner import DEPTH, Outcome
from prompts import MessageError

SCHEMA_VERSION = 1
NAME = "report.json"

NAMES = tuple(one.name for one in (*FIGURES, *POOLED))
BETTER = {one.name: one.better for one in (*FIGURES, *POOLED)}
IN_MILLISECONDS = {one.name for one in POOLED if not one.percent}

SUMMARY = (
    "ndcg_10", "r_1", "considered_r_1", "lexical_r_1", "correct", "cited_gold", "has_f1",
    "said", "verdict_right", "right_when_answered", "answered", "declined_near_miss",
    "declined_out_of_corpus", "language_right", "crag",
)  # fmt: skip

FAILURES = ("crash", "invented", "wrong", "elsewhere", "language", "declined")
ABOUT = ("questions", "collection", "encoder", "machine", "articles_hash", "questions_hash")

Data = dict[str, Any]


class ReportError(MessageError, ValueError):
    """A file is no report of a run; the message names it."""


def build(outcomes: Sequence[Outcome], about: Mapping[str, object]) -> Data:
    """The report of a run; ``about`` says on what it was made."""
    splits = sorted({one.case.question.split for one in outcomes})
    return {
        "schema_version": SCHEMA_VERSION,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "about": {
            **about,
            "machine": say(
                "eval.machine",
                kind=platform.machine(),
                cores=cpu_count(),
                python=platform.python_version(),
            ),
        },
        "groups": [
            {
                "split": group.split,
                "kind": group.kind,
                "name": group.name,
                "questions": len(group.outcomes),
                "figures": {n: _rounded(e) for n, e in figures(group.outcomes).items()},
            }
            for group in groups(outcomes)
        ],
        "calibration": {split: _calibration(outcomes, split) for split in splits},
        "risk_coverage": {split: _risk_coverage(outcomes, split) for split in splits},
        "milliseconds": [round(ms, 2) for ms in sorted(milliseconds(outcomes))],
        "questions": [_question(one) for one in outcomes],
    }


def _rounded(estimate: Estimate) -> Data:
    numbers = (estimate.value, estimate.low, estimate.high)
    return dict(zip(("value", "low", "high"), (round(one, 4) for one in numbers), strict=True)) | {
        "count": estimate.count
    }


def _calibration(outcomes: Sequence[Outcome], split: str) -> Data:
    chosen = [one for one in outcomes if one.case.question.split == split and one.reply]
    bins = reliability(
        [one.reply.answer.confidence for one in chosen if one.reply],
        [leads_right(one) for one in chosen],
    )
    return {"error": calibration_error(bins), "bins": [asdict(one) for one in bins]}


def _risk_coverage(outcomes: Sequence[Outcome], split: str) -> list[list[float]]:
    chosen = [one for one in outcomes if one.case.question.split == split and one.reply]
    curve = risk_coverage(
        [one.reply.answer.confidence for one in chosen if one.reply],
        [leads_right(one) for one in chosen],
    )
    return [[round(share, 4) for share in point] for point in curve]


def _question(one: Outcome) -> Data:
    question, reply = one.case.question, one.reply
    answer = reply.answer if reply else None
    return {
        "id": question.id,
        "split": question.split,
        "category": question.category,
        "field": question.field,
        "language": question.language,
        "directions": list(one.case.directions),
        "turns": list(question.turns),
        "today": question.today.isoformat() if question.today else None,
        "question": question.question,
        "accepted": [list(part) for part in question.parts] or [list(question.answers)],
        "answerable": question.answerable,
        "gold": [{"id": p.public_id, "text": p.text} for p in one.case.gold],
        "answer": None if answer is None else {
            "text": answer.text,
            "short": answer.short,
            "notice": answer.notice,
            "confidence": round(answer.confidence, 4),
            "abstained": answer.abstained,
            "milliseconds": round(answer.timings.get("total", 0.0), 2),
        },
        "cited": [
            {"id": c.paragraph.public_id, "text": c.paragraph.text, "quote": list(c.quote)}
            for c in (answer.citations if answer else ())
        ],
        "place": _place(one),
        "error": one.error,
        "failure": failure(one),
        "scores": {name: round(value, 4) for name, value in scores(one).items()},
    }  # fmt: skip


def _place(one: Outcome) -> int | None:
    """Where the first gold paragraph was retrieved, from 1; None where it was not."""
    ranked = one.reply.retrieved if one.reply else ()
    return next((i for i, name in enumerate(ranked, 1) if name in one.case.gold_ids), None)


def failure(one: Outcome) -> str:
    """The kind of failure, a key of ``FAILURES``, or empty."""
    if one.reply is None:
        return "crash"
    if answered(one) and not one.case.question.answerable:
        return "invented"
    if not answered(one) and one.case.question.answerable:
        return "declined"
    if not correct(one):
        return "wrong"
    found = scores(one)
    if not found["language_right"]:
        return "language"
    return "" if found.get("cited_gold", 1.0) else "elsewhere"


# Compared with an earlier run.


@dataclass(frozen=True, slots=True)
class Change:
    """A figure over the questions that two runs share; ``difference`` is paired."""

    split: str
    name: str
    before: float
    after: float
    difference: Estimate

    @property
    def certain(self) -> bool:
        """Whether the interval of the difference leaves out zero."""
        return self.difference.low > 0 or self.difference.high < 0


def load(path: Path) -> Data:
    """A report that was kept.

    Raises:
        ReportError: the file is none, or of another version.
    """
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        version = found.get("schema_version")
    except (OSError, ValueError, AttributeError) as error:
        raise ReportError("no_report", path=path, error=error) from error
    if version != SCHEMA_VERSION:
        raise ReportError("other_report", path=path, found=version, known=SCHEMA_VERSION)
    return dict(found)


def changes(before: Data, after: Data) -> Iterator[Change]:
    """The change of each figure, by split, over the questions of both runs."""
    earlier = {_key(one): one["scores"] for one in before["questions"]}
    shared = [one for one in after["questions"] if _key(one) in earlier]
    for split in sorted({one["split"] for one in shared}):
        for name in (figure.name for figure in FIGURES):
            pairs = [
                (earlier[_key(one)][name], one["scores"][name])
                for one in shared
                if one["split"] == split and name in one["scores"] and name in earlier[_key(one)]
            ]
            difference = mean_estimate([now - then for then, now in pairs])
            if difference:
                then, now = (sum(side) / len(pairs) for side in zip(*pairs, strict=True))
                yield Change(split, name, then, now, difference)


def turned(before: Data, after: Data) -> list[tuple[str, str, Data]]:
    """The questions whose failure changed: the kind before, the kind now, and the question."""
    earlier = {_key(one): one["failure"] for one in before["questions"]}
    return [
        (earlier[_key(one)], one["failure"], one)
        for one in after["questions"]
        if earlier.get(_key(one), one["failure"]) != one["failure"]
    ]


def _key(question: Data) -> tuple[str, str, str]:
    return question["field"], question["id"], question["question"]


# Written down.


def write(
    folder: Path, data: Data, outcomes: Sequence[Outcome], before: Data | None = None
) -> list[Path]:
    """Write report.json, report.md, report.html and the TREC files into ``folder``."""
    from evals.page import page

    folder.mkdir(parents=True, exist_ok=True)
    texts = {
        NAME: json.dumps(data, ensure_ascii=False, indent=1) + "\n",
        "report.md": markdown(data, before),
        "report.html": page(data, before),
        "questions.qrels": "".join(_qrels(outcomes)),
        "retrieved.run": "".join(_run(outcomes, "retrieved")),
        "considered.run": "".join(_run(outcomes, "considered")),
        "lexical.run": "".join(_run(outcomes, "lexical")),
    }
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8", newline="\n")
    return [folder / name for name in texts]


def _qrels(outcomes: Sequence[Outcome]) -> Iterator[str]:
    for one in outcomes:
        for name in sorted(one.case.gold_ids):
            yield f"{_trec_id(one)} 0 {name} 1\n"


def _run(outcomes: Sequence[Outcome], ranking: str) -> Iterator[str]:
    for one in outcomes:
        ranked = getattr(one.reply, ranking) if one.reply else ()
        for rank, name in enumerate(ranked, start=1):
            yield f"{_trec_id(one)} Q0 {name} {rank} {DEPTH + 1 - rank} tanya-{ranking}\n"


def _trec_id(one: Outcome) -> str:
    return "".join(one.case.question.id.split()) or "-"


def shown(name: str, value: float) -> str:
    """A figure as text."""
    return f"{value:.1f}" if name in IN_MILLISECONDS else f"{value:.3f}"


def interval(name: str, found: Data) -> str:
    """Where a figure lies, as text; two decimals are all that an interval is worth."""
    digits = 1 if name in IN_MILLISECONDS else 2
    return f"{found['low']:.{digits}f} – {found['high']:.{digits}f}"


def about(data: Data) -> list[tuple[str, str]]:
    """What the run was made on, and how each of these is called."""
    return [
        (say(f"eval.about_{name}") if name in ABOUT else name, str(value))
        for name, value in data["about"].items()
    ]


def title(name: str) -> str:
    """How a figure is called."""
    return say(f"eval.{name}")


def meaning(name: str) -> str:
    """What a figure is."""
    return say(f"eval.{name}_is")


def failure_title(kind: str) -> str:
    """How a kind of failure is called."""
    return say(f"eval.failure_{kind}")


def _cell(found: Data, name: str) -> str:
    one = found.get(name)
    if one is None:
        return ""
    return f"{shown(name, one['value'])} ({interval(name, one)})"


def overview(data: Data) -> list[Data]:
    """The groups of all questions of a split."""
    return [group for group in data["groups"] if group["kind"] == "all"]


def markdown(data: Data, before: Data | None = None) -> str:
    """The report as Markdown."""
    lines = [f"# {say('eval.evaluation')}", "", f"{data['created']}", ""]
    lines += [f"- {name}: {value}" for name, value in about(data)]
    whole = overview(data)
    lines += ["", say("eval.intervals"), ""]
    head = [
        say("eval.figure"),
        *(f"{group['split']} ({group['questions']})" for group in whole),
        say("eval.what_it_is"),
    ]
    rows = [
        [title(name), *(_cell(group["figures"], name) for group in whole), meaning(name)]
        for name in NAMES
        if any(name in group["figures"] for group in whole)
    ]
    lines += _table(head, rows)
    for group in whole:
        part = [one for one in data["groups"] if one["split"] == group["split"]]
        names = [n for n in SUMMARY if any(n in one["figures"] for one in part)]
        rows = [
            [one["name"], str(one["questions"]), *(_value(one["figures"], n) for n in names)]
            for one in part
        ]
        lines += ["", f"## {group['split']}", ""]
        lines += _table(["", say("eval.questions"), *map(title, names)], rows)
    if before:
        lines += ["", f"## {say('eval.since', created=before['created'])}", ""]
        rows = [
            [
                one.split, title(one.name), f"{one.before:.3f}", f"{one.after:.3f}",
                f"{one.difference.value:+.3f} ({one.difference.low:+.3f} – "
                f"{one.difference.high:+.3f})", str(one.difference.count),
            ]
            for one in changes(before, data)
            if one.difference.value
        ]  # fmt: skip
        lines += _table(_compared(), rows)
    lines += ["", f"## {say('eval.failures')}", ""]
    rows = [
        [failure_title(kind), one["id"], one["question"], _said(one)]
        for kind in FAILURES
        for one in data["questions"]
        if one["failure"] == kind
    ]
    head = [say("eval.kind"), "id", say("eval.question"), say("eval.answer")]
    lines += _table(head, rows)
    return "\n".join(lines) + "\n"


def _compared() -> list[str]:
    """The heads of a table of changes."""
    names = ("split", "figure", "before", "now", "difference")
    return [*(say(f"eval.{name}") for name in names), "n"]


def _said(question: Data) -> str:
    answer = question["answer"]
    return str(question["error"] if answer is None else answer["short"] or answer["text"])


def _value(found: Data, name: str) -> str:
    return shown(name, found[name]["value"]) if name in found else ""


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    lines = [head, ["---"] * len(head), *rows]
    return ["| " + " | ".join(_escape(cell) for cell in line) + " |" for line in lines]


def _escape(text: str) -> str:
    """Text that stays one Markdown cell, and is no markup in it."""
    plain = " ".join(text.split())
    for char in "\\`*_[]|#":
        plain = plain.replace(char, "\\" + char)
    return plain.replace("<", "&lt;").replace(">", "&gt;") if plain != "---" else plain


def print_summary(data: Data, console: Console, before: Data | None = None) -> None:
    """Print the figures by group, what changed, and how many failures of each kind there are."""
    whole = overview(data)
    splits = (f"{one['split']} ({one['questions']})" for one in whole)
    table = Table(say("eval.figure"), *splits)
    for name in NAMES:
        cells = [_cell(group["figures"], name) for group in whole]
        if any(cells):
            table.add_row(title(name), *cells)
    console.print(table)
    names = [n for n in SUMMARY if any(n in group["figures"] for group in whole)]
    table = Table(Column(say("eval.questions"), no_wrap=True), "n", *map(title, names))
    for group in data["groups"]:
        label = group["split"] if group["kind"] == "all" else f"{group['split']} {group['name']}"
        values = [_value(group["figures"], name) for name in names]
        table.add_row(label, str(group["questions"]), *values)
    console.print(table)
    if before:
        table = Table(*_compared(), title=say("eval.since", created=before["created"]))
        for one in changes(before, data):
            if one.difference.value:
                interval = f"({one.difference.low:+.3f} – {one.difference.high:+.3f})"
                table.add_row(
                    one.split, title(one.name), f"{one.before:.3f}", f"{one.after:.3f}",
                    f"{one.difference.value:+.3f} {interval}", str(one.difference.count),
                    style="bold" if one.certain else "",
                )  # fmt: skip
        console.print(table)
    for kind in FAILURES:
        count = sum(one["failure"] == kind for one in data["questions"])
        if count:
            console.print(f"{failure_title(kind)}: {count}")
    for one in data["questions"]:
        if one["error"]:
            told = f"{failure_title('crash')}: {one['id']}: {one['error']}"
            console.print(told, markup=False)
