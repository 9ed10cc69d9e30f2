"""What ``tanya eval`` does: one function for each thing it is asked for."""

from __future__ import annotations

import argparse
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.text import Text

from assistant.assistant import Assistant
from assistant.config import default_index
from assistant.terminal import say
from evals import gate, report
from evals.questions import (
    NEWS_QUESTIONS,
    EvalQuestion,
    QuestionSetError,
    load_questions,
)
from evals.runner import (
    Archive,
    Outcome,
    cases,
    news_archive,
    run,
    sample_archive,
    sample_articles,
)
from evals.validate import print_check, validate
from prompts import MessageError

FAILED = 1


class EvalUsageError(MessageError):
    """The arguments do not go together."""


def main(args: argparse.Namespace) -> int:
    """Run ``tanya eval`` with these arguments; the exit code.

    Raises:
        MessageError: the arguments do not go together, or what they name is unsound.
    """
    terminal = Console()
    console = terminal if terminal.is_terminal else Console(width=200)
    _agree(args)
    if args.init:
        from evals.own import write_template

        return _listed(write_template(args.init), console)
    if args.from_feedback:
        from evals.own import write_candidates

        return _listed([write_candidates(args.from_feedback)], console)
    if args.data:
        return _report(*_public(args, console), args, console)
    if args.questions:
        return _own(args, console)
    return _samples(args, console)


def _agree(args: argparse.Namespace) -> None:
    others = ("init", "from_feedback", "data", "questions")
    given = [f"--{name.replace('_', '-')}" for name in others if getattr(args, name)]
    if len(given) > 1:
        raise EvalUsageError("usage_one_of", given=", ".join(given))
    if given and (args.gate or args.baseline):
        raise EvalUsageError("usage_baseline", given=given[0])
    named = ("llm", "record", "reranker", "reader")
    models = [f"--{name}" for name in named if getattr(args, name)]
    if models and (args.gate or args.baseline):
        raise EvalUsageError("usage_baseline_model", given=", ".join(models))
    if models and args.data:
        raise EvalUsageError("usage_data_model", given=", ".join(models))
    if args.index and not args.questions:
        raise EvalUsageError("usage_eval_index")
    if args.lower and not args.baseline:
        raise EvalUsageError("usage_lower")
    if args.compare and not args.compare.exists():
        raise EvalUsageError("no_compare", path=args.compare)


def _listed(paths: Sequence[Path], console: Console) -> int:
    for path in paths:
        console.print(Text(say("eval.wrote", path=path)))
    return 0


def _samples(args: argparse.Namespace, console: Console) -> int:
    options = _options(args)
    about: dict[str, object] = {}
    outcomes: list[Outcome] = []
    faults = 0
    sets = (
        ("eval.samples", load_questions(), sample_archive),
        ("eval.news", load_questions([NEWS_QUESTIONS]), news_archive),
    )
    for name, questions, archive in sets:
        with archive(**options) as assistant:
            if args.check:
                articles = sample_articles(assistant)
                faults += print_check(questions, articles, console, random.Random())
                continue
            one, found = _ask(questions, assistant, say(name), console)
            about = {k: f"{about[k]}; {v}" if k in about else v for k, v in one.items()}
            outcomes += found
    if args.check:
        return FAILED if faults else 0
    _tell(outcomes, options, console)
    status = _report(
        about | {f"{k}_hash": v for k, v in gate.fingerprints().items()}, outcomes, args, console
    )
    measured = gate.measured(outcomes)
    if args.baseline:
        before = gate.Baseline.load() if gate.BASELINE.exists() else None
        gate.renewed(measured, before, args.lower).save()
        return _listed([gate.BASELINE], console)
    if not args.gate:
        return status
    lines = gate.shortfalls(measured, gate.Baseline.load())
    for line in lines:
        console.print(Text(say("eval.below", line=line), style="red"))
    if not lines:
        console.print(say("eval.gate_passed"))
    return FAILED if lines else 0


def _own(args: argparse.Namespace, console: Console) -> int:
    questions = load_questions([args.questions])
    if not questions:
        raise QuestionSetError("no_questions", path=args.questions)
    options = _options(args)
    assistant = Assistant.open(args.index or default_index(), **options)
    articles = sample_articles(assistant)
    if args.check:
        return FAILED if print_check(questions, articles, console, random.Random()) else 0
    about, outcomes = _ask(questions, assistant, args.questions.name, console)
    _tell(outcomes, options, console)
    return _report(about, outcomes, args, console)


def _options(args: argparse.Namespace) -> dict[str, Any]:
    """What ``Assistant.open`` is given: the models that were asked for."""
    llm = args.llm
    if args.record:
        from assistant.llm import open_llm
        from evals.recorded import RecordedLLM

        llm = RecordedLLM(args.record, open_llm(llm, args.llm_seconds) if llm else None)
    return {
        "llm": llm,
        "llm_seconds": args.llm_seconds,
        "reranker": args.reranker,
        "reader": args.reader,
    }


def _tell(outcomes: Sequence[Outcome], options: dict[str, Any], console: Console) -> None:
    """What became of the answers of a language model, if there is one."""
    if options["llm"] is not None:
        from evals.recorded import RecordedLLM, told

        llm = options["llm"]
        for line in told(outcomes, llm if isinstance(llm, RecordedLLM) else None):
            console.print(Text(line))


def _ask(
    questions: Sequence[EvalQuestion], assistant: Assistant, name: str, console: Console
) -> tuple[dict[str, object], list[Outcome]]:
    articles = sample_articles(assistant)
    validate(questions, articles)
    documents, paragraphs = assistant.store.catalog.counts()
    about: dict[str, object] = {
        "questions": name,
        "collection": say("eval.collection", articles=documents, paragraphs=paragraphs),
        "encoder": assistant.store.encoder.fingerprint,
    }
    return about, run(cases(questions, articles), Archive(assistant).reply, console)


def _public(args: argparse.Namespace, console: Console) -> tuple[dict[str, object], list[Outcome]]:
    from evals.datasets import read_datasets, run_dataset

    datasets, skipped = read_datasets(args.data)
    for line in skipped:
        console.print(Text(say("eval.left_out", what=line), style="dim"))
    outcomes: list[Outcome] = []
    sizes = []
    for one in datasets:
        size, found = run_dataset(one, args.sample, console)
        sizes.append(say("eval.set_size", set=one.name, paragraphs=size))
        outcomes += found
    return {"questions": str(args.data), "collection": "; ".join(sizes)}, outcomes


def _report(
    about: dict[str, object],
    outcomes: Sequence[Outcome],
    args: argparse.Namespace,
    console: Console,
) -> int:
    data = report.build(outcomes, about)
    kept = args.out / report.NAME if args.out else None
    earlier = args.compare or (kept if kept and kept.exists() else None)
    before = report.load(earlier) if earlier else None
    report.print_summary(data, console, before)
    return _listed(report.write(args.out, data, outcomes, before), console) if args.out else 0
