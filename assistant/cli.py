"""The command ``tanya``. Heavy imports happen inside the commands, so that help is instant."""

from __future__ import annotations

import argparse
import json
import logging
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

    from assistant.assistant import Assistant
    from assistant.types import Answer
    from index.catalog import Catalog
    from index.generations import Progress
    from index.ingest import Summary
    from index.types import Language

FAILED = 1


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; its exit code."""
    os.environ.setdefault("ANONYMIZED_TELEMETRY", "False")
    os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)
    args = _parser().parse_args(argv)
    from index.errors import IndexFolderError

    try:
        return int(args.run(args) or 0)
    except (IndexFolderError, ValueError) as error:
        print(f"tanya: {error}", file=sys.stderr)
        return FAILED
    except BrokenPipeError:
        sys.stderr.close()
        return FAILED
    except KeyboardInterrupt:
        print("tanya: stopped; the index is as it was before", file=sys.stderr)
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="tanya",
        description="Cited answers from a collection of news articles, in Indonesian and English. "
        "/ Jawaban berkutipan dari kumpulan artikel berita.",
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--index", type=Path, metavar="DIR", help="the index folder")

    one = commands.add_parser("index", parents=[common], help="add or update folders of articles")
    one.add_argument("paths", nargs="*", type=Path, metavar="PATH", help="a folder or a file")
    one.add_argument("--allow-empty", action="store_true", help="accept that a folder is empty now")
    one.add_argument("--restore", action="store_true", help="bring back what was removed by hand")
    one.add_argument(
        "--rebuild", action="store_true", help="repair the search engines; needs no PATH"
    )
    one.set_defaults(run=_index)

    one = commands.add_parser("ask", parents=[common], help="ask a question")
    one.add_argument("question")
    one.add_argument("--json", action="store_true", help="print the answer as JSON")
    one.add_argument("--top", type=_positive, default=5, metavar="N", help="nearest articles shown")
    one.set_defaults(run=_ask)

    one = commands.add_parser("chat", parents=[common], help="ask question after question")
    one.add_argument("folder", nargs="?", type=Path, help="a folder of articles to index first")
    one.set_defaults(run=_chat)

    one = commands.add_parser("articles", parents=[common], help="list the articles")
    one.set_defaults(run=_articles)

    one = commands.add_parser("show", parents=[common], help="show an article or a paragraph")
    one.add_argument("article", metavar="ARTICLE[#pN]")
    one.set_defaults(run=_show)

    one = commands.add_parser("remove", parents=[common], help="take articles out of the index")
    one.add_argument("articles", nargs="+", metavar="ARTICLE")
    one.set_defaults(run=_remove)

    one = commands.add_parser("doctor", parents=[common], help="check the index and explain")
    one.set_defaults(run=_doctor)

    one = commands.add_parser("eval", help="answer the sample questions and report")
    one.add_argument("--gate", action="store_true", help="fail below the committed baseline")
    one.add_argument("--baseline", action="store_true", help="write a new baseline")
    one.add_argument("--lower", action="store_true", help="let a new baseline be lower")
    one.set_defaults(run=_eval)
    return parser


def _positive(text: str) -> int:
    value = int(text) if text.isdigit() else 0
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 1")
    return value


def _index_folder(args: argparse.Namespace) -> Path:
    from assistant.config import default_index

    return args.index.expanduser() if args.index else default_index()


def _console() -> Console:
    from rich.console import Console

    return Console(highlight=False, soft_wrap=True)


def _index(args: argparse.Namespace) -> int:
    if args.rebuild == bool(args.paths):
        raise ValueError("name the folders to index: tanya index PATH… (or --rebuild without any)")
    if args.rebuild:
        from index.ingest import rebuild

        with _progress() as progress:
            paragraphs = rebuild(_index_folder(args), progress)
        print(f"rebuilt {paragraphs} paragraphs")
        return 0
    summary = _run_index(_index_folder(args), args.paths, args.allow_empty, args.restore)
    _print_summary(summary)
    return FAILED if summary.rejected and not summary.added + summary.unchanged else 0


def _run_index(index: Path, paths: list[Path], allow_empty: bool, restore: bool) -> Summary:
    from index.encoder import StaticEncoder
    from index.ingest import index_paths

    with _progress() as progress:
        return index_paths(
            index, paths, StaticEncoder(), progress, allow_empty=allow_empty, restore=restore
        )


@contextmanager
def _progress() -> Iterator[Progress]:
    """A bar for each stage, on standard error."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn
    from rich.progress import Progress as Bars

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Bars(*columns, console=Console(stderr=True), transient=True) as bars:
        tasks = {}

        def progress(stage: str, done: int, total: int) -> None:
            if stage not in tasks:
                tasks[stage] = bars.add_task(stage, total=total)
            bars.update(tasks[stage], completed=done, total=total)

        yield progress


def _print_summary(summary: Summary) -> None:
    from rich.markup import escape
    from rich.table import Table

    console = _console()
    table = Table("added", "updated", "removed", "unchanged", "rejected")
    table.add_row(
        *map(str, (summary.added, summary.updated, summary.removed, summary.unchanged)),
        str(len(summary.rejected)),
    )
    console.print(table)
    for path, reason in summary.rejected:
        console.print(f"rejected {escape(_plain(path))}: {escape(_plain(reason))}")


def _plain(text: str) -> str:
    """``text`` without characters that would steer a terminal."""
    return "".join(char if char.isprintable() else "?" for char in text)


def _ask(args: argparse.Namespace) -> int:
    from assistant.question import understand

    understand(args.question)
    answer = _open(_index_folder(args)).ask(args.question, top=args.top)
    if args.json:
        print(json.dumps(answer.to_dict(), ensure_ascii=False, indent=1))
    else:
        _print_answer(answer)
    return 0


def _open(index: Path) -> Assistant:
    from assistant.assistant import Assistant

    return Assistant.open(index)


def _print_answer(answer: Answer) -> None:
    from rich.text import Text

    from assistant.types import date_text
    from prompts import phrase

    console = _console()
    if answer.short:
        console.print(Text(_plain(answer.short), style="bold"))
    console.print(Text(_plain(answer.text)))
    if answer.notice:
        console.print(Text(answer.notice, style="italic"))
    for article in answer.nearest[:1]:
        console.print(Text(phrase(answer.language, "nearest", title=_plain(article.title))))
    if answer.citations:
        console.print()
        console.print(Text(phrase(answer.language, "sources"), style="bold"))
    for citation in answer.citations:
        day = date_text(citation.date, citation.date_only) or phrase(answer.language, "no_date")
        number = phrase(answer.language, "paragraph", number=citation.paragraph.number)
        parts = [citation.title, citation.source, day, number]
        head = f"[{citation.marker}] " + " · ".join(_plain(part) for part in parts if part)
        console.print(Text(head))
        start, end = citation.quote
        body = Text("    " + _plain(citation.paragraph.text), style="dim")
        body.stylize("not dim bold", start + 4, end + 4)
        console.print(body)
        console.print(Text(f"    tanya show {citation.paragraph.public_id}", style="dim"))


def _chat(args: argparse.Namespace) -> int:
    from assistant.config import samples_folder, samples_index
    from assistant.question import QuestionError
    from assistant.types import Turn
    from index.generations import live_generation
    from prompts import phrase

    index = _index_folder(args)
    language = _interface_language()
    samples = False
    if args.folder:
        _print_summary(_run_index(index, [args.folder], False, False))
    elif not args.index and live_generation(index) is None:
        index, samples = samples_index(), True
        _run_index(index, [samples_folder()], False, False)
    assistant = _open(index)
    articles, paragraphs = assistant.store.catalog.counts()
    print(phrase(language, "welcome", articles=articles, paragraphs=paragraphs))
    if samples:
        print(phrase(language, "samples"))
    history: list[Turn] = []
    while True:
        try:
            question = input(phrase(language, "prompt"))
        except EOFError:
            print()
            return 0
        if not question.strip():
            continue
        try:
            answer = assistant.ask(question, history=history)
        except QuestionError as error:
            print(error)
            continue
        history.append(Turn(question, answer))
        _print_answer(answer)


def _interface_language() -> Language:
    spoken = os.environ.get("LC_ALL") or os.environ.get("LANG") or ""
    return "en" if spoken.lower().startswith("en") else "id"


def _articles(args: argparse.Namespace) -> int:
    from rich.table import Column, Table
    from rich.text import Text

    from assistant.types import date_text

    articles = _read_catalog(args).articles(text=False)
    width = max((len(article.id) for article in articles), default=2)
    table = Table(Column("id", min_width=width), "date", "source", "language", "title")
    for article in articles:
        day = date_text(article.published, article.date_only) or ""
        cells = (article.id, day, article.source, article.language, article.title)
        table.add_row(*(Text(_plain(cell)) for cell in cells))
    _console().print(table)
    return 0


def _show(args: argparse.Namespace) -> int:
    from rich.text import Text

    from assistant.types import date_text
    from index.errors import IndexFolderError
    from index.ingest import find_article

    name, _, number = args.article.partition("#p")
    catalog = _read_catalog(args)
    article = catalog.articles([find_article(catalog, name)])[0]
    console = _console()
    shown = [p for p in article.paragraphs if not number or str(p.number) == number]
    if not shown:
        raise IndexFolderError(
            f"{article.id} has no paragraph {number!r}, only 1 to {len(article.paragraphs)}"
        )
    console.print(Text(_plain(article.title), style="bold"))
    facts = [article.source, date_text(article.published, article.date_only), article.author]
    console.print(Text(_plain(" · ".join(fact for fact in [*facts, article.url] if fact))))
    for paragraph in shown:
        style = "" if paragraph.role == "body" else "dim"
        label = "" if paragraph.role == "body" else f"({paragraph.role}) "
        console.print(Text(f"[p{paragraph.number}] {label}{_plain(paragraph.text)}", style=style))
    return 0


def _read_catalog(args: argparse.Namespace) -> Catalog:
    from index.catalog import Catalog
    from index.errors import MissingIndexError
    from index.generations import live_generation

    index = _index_folder(args)
    live = live_generation(index)
    if live is None:
        raise MissingIndexError(f"no index in {index}; make one with: tanya index PATH")
    live.read_manifest()
    return Catalog(live.catalog)


def _remove(args: argparse.Namespace) -> int:
    from index.encoder import StaticEncoder
    from index.ingest import remove_articles

    index = _index_folder(args)
    _read_catalog(args).close()
    for article_id in remove_articles(index, args.articles, StaticEncoder()):
        print(f"removed {article_id}")
    return 0


def _doctor(args: argparse.Namespace) -> int:
    from assistant.doctor import examine
    from prompts import phrase

    language = _interface_language()
    index = _index_folder(args)
    print(_plain(phrase(language, "doctor.index", index=index)))
    findings = examine(index)
    for one in findings:
        mark = phrase(language, f"doctor.{one.level}")
        text = phrase(language, f"doctor.{one.name}", **one.values)
        print(f"{mark}: {_plain(text)}")
    return FAILED if any(one.level == "wrong" for one in findings) else 0


def _eval(args: argparse.Namespace) -> int:
    from evals.gate import run

    return run(args.gate, args.baseline, args.lower)


if __name__ == "__main__":
    sys.exit(main())
