"""Answer the question set and compare the result with a committed baseline.

``tanya eval`` prints the tables; ``tanya eval --gate`` fails where a figure falls below its floor.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import quantiles

from rich.console import Console
from rich.progress import track
from rich.table import Table

from assistant.assistant import Assistant
from assistant.config import samples_folder
from assistant.types import Answer, Turn
from evals.questions import FOLDER, EvalQuestion, gold_paragraphs, load_questions, validate
from index.encoder import StaticEncoder
from index.ingest import index_paths
from index.text import language_of, words
from index.types import Article

BASELINE = Path(__file__).parent / "baseline.json"
SLACK = 0.01  # a floor stands this far below the measured figure when it is written

Ask = Callable[[EvalQuestion], Answer]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one question. ``cited_gold``: the first citation is a gold paragraph."""

    question: EvalQuestion
    directions: tuple[str, ...]
    answered: bool
    cited_gold: bool
    correct: bool
    language_right: bool
    proven: bool
    milliseconds: float
    error: str = ""


@dataclass(frozen=True, slots=True)
class Figures:
    """Shares in [0, 1], higher is better; None where no question of the kind was asked."""

    questions: int
    cited_gold: float | None
    correct: float | None
    answered: float | None
    right_when_answered: float | None
    declined_near_miss: float | None
    declined_out_of_corpus: float | None
    language_right: float | None
    proven: float | None


def sample_articles(assistant: Assistant) -> dict[str, Article]:
    """The indexed articles by file name without ending."""
    catalog = assistant.store.catalog
    return {Path(catalog.file_of(one.id)[1]).stem: one for one in catalog.articles()}


def judge(question: EvalQuestion, articles: dict[str, Article], ask: Ask) -> Outcome:
    """Ask and compare. A crash counts as a miss and is reported."""
    gold = [paragraph for _, paragraph in gold_paragraphs(question, articles) if paragraph]
    ids = {paragraph.public_id for paragraph in gold}
    languages = {articles[one.article].language for one in question.gold}
    directions = tuple(sorted(f"{question.language}→{language}" for language in languages))
    try:
        answer = ask(question)
    except Exception as error:  # a crash of any kind is a result
        return Outcome(question, directions, False, False, False, False, False, 0.0, repr(error))
    first = answer.citations[0] if answer.citations else None
    return Outcome(
        question,
        directions,
        answered=not answer.abstained,
        cited_gold=first is not None and first.paragraph.public_id in ids,
        correct=_correct(question, answer),
        language_right=_language_right(question, answer),
        proven=_proven(answer),
        milliseconds=answer.timings.get("total", 0.0),
    )


def _correct(question: EvalQuestion, answer: Answer) -> bool:
    """An accepted answer stands in the text: a proxy, since a longer text may also mislead."""
    if answer.abstained:
        return not question.answerable
    if not question.answerable:
        return False
    if question.answer_type == "yesno":
        ids = {gold.article for gold in question.gold}
        return bool(ids) and any(
            gold.quote in citation.paragraph.text
            for gold in question.gold
            for citation in answer.citations
        )
    said = f" {' '.join(words(answer.text + ' ' + answer.short))} "
    return any(f" {' '.join(words(one))} " in said for one in question.answers)


def _language_right(question: EvalQuestion, answer: Answer) -> bool:
    own = answer.text if answer.abstained else answer.notice
    return answer.language == question.language and (
        not own or language_of(own) == question.language
    )


def _proven(answer: Answer) -> bool:
    """Every quotation is a slice of its paragraph, and an answer without citations declines."""
    if answer.abstained:
        return not answer.citations
    return bool(answer.citations) and all(
        one.quotation and one.quotation in one.paragraph.text and one.paragraph.role == "body"
        for one in answer.citations
    )


def figures(outcomes: Sequence[Outcome]) -> Figures:
    """The shares over these outcomes."""
    answerable = [one for one in outcomes if one.question.answerable]
    answered = [one for one in answerable if one.answered]
    near = [one for one in outcomes if one.question.category == "near_miss"]
    outside = [one for one in outcomes if one.question.category == "out_of_corpus"]
    return Figures(
        len(outcomes),
        _share(one.cited_gold for one in answerable),
        _share(one.correct for one in answerable),
        _share(one.answered for one in answerable),
        _share(one.cited_gold for one in answered),
        _share(not one.answered and not one.error for one in near),
        _share(not one.answered and not one.error for one in outside),
        _share(one.language_right for one in outcomes),
        _share(one.proven for one in outcomes),
    )


def _share(values: Iterable[bool]) -> float | None:
    found = list(values)
    return round(sum(found) / len(found), 4) if found else None


def fingerprints() -> dict[str, str]:
    """Hashes of the articles and the questions that a baseline belongs to."""
    found = {}
    for name, folder in (("articles", samples_folder()), ("questions", FOLDER)):
        digest = hashlib.sha256()
        for path in sorted(folder.iterdir()):
            # Git may check text out with other line ends.
            digest.update(path.name.encode() + path.read_bytes().replace(b"\r\n", b"\n"))
        found[name] = digest.hexdigest()[:16]
    return found


def evaluate(questions: Sequence[EvalQuestion], index: Path, console: Console) -> list[Outcome]:
    """Index the sample articles into ``index`` and answer every question."""
    index_paths(index, [samples_folder()], StaticEncoder())
    assistant = Assistant.open(index)
    articles = sample_articles(assistant)
    validate(questions, articles)

    def ask(question: EvalQuestion) -> Answer:
        history: list[Turn] = []
        for turn in question.turns:
            history.append(Turn(turn, assistant.ask(turn, history=history)))
        return assistant.ask(question.question, history=history, today=question.today)

    return [
        judge(one, articles, ask)
        for one in track(questions, "asking", console=console, transient=True)
    ]


def shortfalls(found: Figures, floors: dict[str, float]) -> list[str]:
    """A line for each figure below its floor, or missing."""
    values = asdict(found)
    lines = []
    for name, floor in floors.items():
        value = values.get(name)
        if value is None or value < floor:
            lines.append(f"{name} is {value}, its floor is {floor}")
    return lines


def run(gate: bool = False, write: bool = False, lower: bool = False) -> int:
    """Print the tables; with ``gate`` compare with the baseline. The exit code."""
    terminal = Console()
    console = terminal if terminal.is_terminal else Console(width=160)
    questions = load_questions()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as work:
        outcomes = evaluate(questions, Path(work) / "index", console)
    _print(outcomes, console)
    found = {
        split: figures([one for one in outcomes if one.question.split == split])
        for split in ("dev", "test")
    }
    baseline = json.loads(BASELINE.read_text(encoding="utf-8")) if BASELINE.exists() else {}
    if write:
        return _write(found, baseline, lower, console)
    if not gate:
        return 0
    lines = []
    if baseline.get("fingerprints") != fingerprints():
        lines.append("articles or questions changed; write a baseline: tanya eval --baseline")
    for split, floors in baseline.get("floors", {}).items():
        lines += [f"{split}: {line}" for line in shortfalls(found[split], floors)]
    for line in lines:
        console.print(f"[red]below the baseline:[/red] {line}", highlight=False)
    if not lines:
        console.print("gate passed")
    return 1 if lines else 0


def _write(
    found: dict[str, Figures], baseline: dict[str, dict[str, dict[str, float]]], lower: bool,
    console: Console,
) -> int:  # fmt: skip
    floors: dict[str, dict[str, float]] = {}
    for split, values in found.items():
        measured = {k: v for k, v in asdict(values).items() if k != "questions" and v is not None}
        exact = ("language_right", "proven")
        floors[split] = {
            name: value if name in exact else round(max(0.0, value - SLACK), 4)
            for name, value in measured.items()
        }
        before = baseline.get("floors", {}).get(split, {})
        for name, floor in before.items():
            if floors[split].get(name, 0.0) < floor and not lower:
                console.print(
                    f"{split} {name} would fall from {floor} to {floors[split].get(name)}; "
                    "if that is meant: tanya eval --baseline --lower"
                )
                return 1
            if not lower:
                floors[split][name] = max(floor, floors[split][name])
    content = {"fingerprints": fingerprints(), "floors": floors}
    BASELINE.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    console.print(f"wrote {BASELINE.name}")
    return 0


def _print(outcomes: Sequence[Outcome], console: Console) -> None:
    table = Table(
        "questions", "n", "gold first", "correct", "answered", "right when answered",
        "near misses declined", "others declined", "language",
    )  # fmt: skip
    groups: dict[str, list[Outcome]] = {}
    for one in outcomes:
        groups.setdefault(f"{one.question.split}", []).append(one)
        for direction in one.directions:
            groups.setdefault(f"{one.question.split} {direction}", []).append(one)
        groups.setdefault(f"{one.question.split} {one.question.category}", []).append(one)
    for name in sorted(groups):
        value = figures(groups[name])
        shown = (
            value.cited_gold, value.correct, value.answered, value.right_when_answered,
            value.declined_near_miss, value.declined_out_of_corpus, value.language_right,
        )  # fmt: skip
        cells = ("" if one is None else f"{one:.3f}" for one in shown)
        table.add_row(name, str(value.questions), *cells)
    console.print(table)
    times = sorted(one.milliseconds for one in outcomes)
    if len(times) > 1:
        cuts = quantiles(times, n=20, method="inclusive")
        console.print(f"ask: p50 {cuts[9]:.1f} ms, p95 {cuts[18]:.1f} ms", highlight=False)
    for one in outcomes:
        if one.error:
            console.print(f"crash {one.question.id}: {one.error}", markup=False)
