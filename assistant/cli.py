"""The command ``tanya``. Heavy imports happen inside the commands, so that help is instant."""

from __future__ import annotations

import argparse
import json
import locale
import logging
import os
import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from prompts import Message, MessageError, phrase

if TYPE_CHECKING:
    from datetime import datetime

    from rich.console import Console

    from assistant.assistant import Assistant
    from assistant.types import Answer
    from index.catalog import Catalog
    from index.generations import Progress
    from index.ingest import Summary
    from index.types import Article, Language

FAILED = 1


class UsageError(MessageError):
    """The arguments do not go together."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; its exit code."""
    os.environ.setdefault("ANONYMIZED_TELEMETRY", "False")
    os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)
    args = _parser().parse_args(argv)
    try:
        return int(args.run(args) or 0)
    except MessageError as error:
        print(f"tanya: {_plain(error.text(_interface_language()))}", file=sys.stderr)
        return FAILED
    except ValueError as error:
        print(f"tanya: {error}", file=sys.stderr)
        return FAILED
    except BrokenPipeError:
        sys.stderr.close()
        return FAILED
    except KeyboardInterrupt:
        print(f"tanya: {_say('cli.stopped')}", file=sys.stderr)
        return 130


def _say(name: str, **values: object) -> str:
    """A phrase in the language of the user's terminal."""
    return phrase(_interface_language(), name, **values)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="tanya",
        description=_say("cli.description"),
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--index", type=Path, metavar="DIR", help=_say("cli.index_folder"))

    model = argparse.ArgumentParser(add_help=False)
    model.add_argument("--llm", metavar="MODEL", help=_say("cli.llm"))
    model.add_argument(
        "--llm-seconds", type=_positive, default=60, metavar="N", help=_say("cli.llm_seconds")
    )
    model.add_argument("--reranker", metavar="MODEL", help=_say("cli.reranker"))

    web = argparse.ArgumentParser(add_help=False)
    web.add_argument("--allow-private", action="store_true", help=_say("cli.allow_private"))
    web.add_argument("--pages", type=_positive, default=1_000, metavar="N", help=_say("cli.pages"))

    one = commands.add_parser("index", parents=[common, web], help=_say("cli.index"))
    one.add_argument("paths", nargs="*", type=_place, metavar="PATH", help=_say("cli.path"))
    one.add_argument("--allow-empty", action="store_true", help=_say("cli.allow_empty"))
    one.add_argument("--restore", action="store_true", help=_say("cli.restore"))
    one.add_argument("--rebuild", action="store_true", help=_say("cli.rebuild"))
    one.add_argument("--map", metavar="FIELD=COLUMN,…", help=_say("cli.map"))
    one.add_argument("--encoder", metavar="MODEL", help=_say("cli.encoder"))
    one.add_argument("--json", action="store_true", help=_say("cli.index_json"))
    one.set_defaults(run=_index)

    one = commands.add_parser("watch", parents=[common, web], help=_say("cli.watch"))
    one.add_argument("paths", nargs="+", type=_place, metavar="PATH", help=_say("cli.path"))
    one.add_argument(
        "--every", type=_interval, default=900.0, metavar="15m", help=_say("cli.every")
    )
    one.set_defaults(run=_watch)

    one = commands.add_parser("ask", parents=[common, model], help=_say("cli.ask"))
    one.add_argument("question", nargs="?")
    one.add_argument("--file", type=Path, metavar="JSONL", help=_say("cli.ask_file"))
    one.add_argument("--out", type=Path, metavar="JSONL", help=_say("cli.ask_out"))
    one.add_argument("--json", action="store_true", help=_say("cli.ask_json"))
    one.add_argument("--top", type=_positive, default=5, metavar="N", help=_say("cli.top"))
    one.set_defaults(run=_ask)

    one = commands.add_parser("chat", parents=[common, model], help=_say("cli.chat"))
    one.add_argument("folder", nargs="?", type=Path, help=_say("cli.chat_folder"))
    one.add_argument("--port", type=_positive, metavar="N", help=_say("cli.port"))
    one.add_argument("--host", default="127.0.0.1", metavar="ADDRESS", help=_say("cli.host"))
    one.add_argument("--root-path", default="", metavar="/PATH", help=_say("cli.root_path"))
    one.add_argument("--auth", type=Path, metavar="FILE", help=_say("cli.auth"))
    one.add_argument("--no-auth", action="store_true", help=_say("cli.no_auth"))
    one.add_argument("--allow-changes", action="store_true", help=_say("cli.allow_changes"))
    one.add_argument("--terminal", action="store_true", help=_say("cli.terminal"))
    one.set_defaults(run=_chat)

    one = commands.add_parser("mcp", parents=[common, model], help=_say("cli.mcp"))
    one.set_defaults(run=_mcp)

    one = commands.add_parser("articles", parents=[common], help=_say("cli.articles"))
    one.set_defaults(run=_articles)

    one = commands.add_parser("show", parents=[common], help=_say("cli.show"))
    one.add_argument("article", metavar="ARTICLE[#pN]")
    one.add_argument("--history", action="store_true", help=_say("cli.history"))
    one.set_defaults(run=_show)

    one = commands.add_parser("remove", parents=[common], help=_say("cli.remove"))
    one.add_argument("articles", nargs="+", metavar="ARTICLE")
    one.add_argument("--json", action="store_true", help=_say("cli.index_json"))
    one.set_defaults(run=_remove)

    one = commands.add_parser("doctor", parents=[common], help=_say("cli.doctor"))
    one.set_defaults(run=_doctor)

    one = commands.add_parser("eval", parents=[common, model], help=_say("cli.eval"))
    one.add_argument("--gate", action="store_true", help=_say("cli.gate"))
    one.add_argument("--baseline", action="store_true", help=_say("cli.baseline"))
    one.add_argument("--lower", action="store_true", help=_say("cli.lower"))
    one.add_argument("--check", action="store_true", help=_say("cli.check"))
    one.add_argument("--out", type=Path, metavar="FOLDER", help=_say("cli.eval_out"))
    one.add_argument("--compare", type=Path, metavar="JSON", help=_say("cli.compare"))
    one.add_argument("--questions", type=Path, metavar="JSONL", help=_say("cli.questions"))
    one.add_argument("--record", type=Path, metavar="JSONL", help=_say("cli.record"))
    one.add_argument("--init", type=Path, metavar="FOLDER", help=_say("cli.init"))
    one.add_argument("--from-feedback", type=Path, metavar="JSONL", help=_say("cli.from_feedback"))
    one.add_argument("--data", type=Path, metavar="PATH", help=_say("cli.data"))
    one.add_argument("--sample", type=_positive, default=0, metavar="N", help=_say("cli.sample"))
    one.set_defaults(run=_eval)
    return parser


def _positive(text: str) -> int:
    value = int(text) if text.isdigit() else 0
    if value < 1:
        raise argparse.ArgumentTypeError(_say("cli.not_positive", text=repr(text)))
    return value


def _place(text: str) -> Path | str:
    """A path; an address of the web stays as it is."""
    return text if re.match(r"[a-zA-Z][a-zA-Z0-9+.-]+://", text) else Path(text)


def _interval(text: str) -> float:
    from assistant.watch import interval

    try:
        return interval(text)
    except ValueError:
        raise argparse.ArgumentTypeError(_say("cli.no_interval", text=repr(text))) from None


def _index_folder(args: argparse.Namespace) -> Path:
    from assistant.config import default_index

    return args.index.expanduser() if args.index else default_index()


def _console() -> Console:
    from rich.console import Console

    return Console(highlight=False, soft_wrap=True)


def _index(args: argparse.Namespace) -> int:
    from dataclasses import asdict

    from index.readers import columns_of

    if args.rebuild == bool(args.paths):
        raise UsageError("usage_paths")
    index = _index_folder(args)
    if args.rebuild:
        from index.ingest import rebuild

        with _bars() as progress:
            paragraphs = rebuild(index, progress)
        print(_say("cli.rebuilt", paragraphs=paragraphs))
        return 0
    options = {
        "encoder": args.encoder,
        "fields": columns_of(args.map) if args.map else {},
        "allow_empty": args.allow_empty,
        "restore": args.restore,
        "allow_private": args.allow_private,
        "pages": args.pages,
    }
    with _progress(args) as progress:
        summary = _bring_in_line(index, args.paths, progress, **options)
    if args.json:
        rejected = [(path, _for_programs(reason)) for path, reason in summary.rejected]
        _print_json(asdict(summary) | {"rejected": rejected})
    else:
        _print_summary(summary)
    return FAILED if summary.rejected and not summary.added + summary.unchanged else 0


def _bring_in_line(
    index: Path,
    paths: Sequence[Path | str],
    progress: Progress,
    encoder: str | None = None,
    allow_private: bool = False,
    pages: int = 0,
    **options: Any,
) -> Summary:
    """Index with the named encoder, else with that of the index, else with the bundled one.

    The addresses of the web among ``paths`` are fetched first; ``pages``: at most so many.
    """
    from index.encoder.models import open_encoder
    from index.generations import encoder_name
    from index.ingest import index_paths

    model = open_encoder(encoder_name(index) if encoder is None else encoder)
    folders = [one for one in paths if isinstance(one, Path)]
    addresses = [one for one in paths if isinstance(one, str)]
    if not addresses:
        return index_paths(index, folders, model, progress, **options)
    from index.web.client import HttpClient
    from index.web.visits import Manners, fetched

    client = HttpClient(allow_private)
    with fetched(index, addresses, client, progress, Manners(pages=pages)) as found:
        return index_paths(index, folders, model, progress, fetched=found, **options)


def _progress(args: argparse.Namespace) -> AbstractContextManager[Progress]:
    return _lines_for_programs() if args.json else _bars()


@contextmanager
def _lines_for_programs() -> Iterator[Progress]:
    """A line of JSON for each step, ``{"stage", "done", "total"}``, and for what goes wrong."""

    def progress(stage: str, done: int, total: int) -> None:
        _print_json({"stage": stage, "done": done, "total": total})

    try:
        yield progress
    except MessageError as error:
        _print_json({"error": _for_programs(error.message)})
        raise


def _print_json(data: object) -> None:
    print(json.dumps(data), flush=True)


def _for_programs(message: Message) -> dict[str, Any]:
    """A message as data, with its text in the user's language."""
    return message.to_dict() | {"text": message.text(_interface_language())}


@contextmanager
def _bars() -> Iterator[Progress]:
    """A bar for each stage, on standard error."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn
    from rich.progress import Progress as Bars

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Bars(*columns, console=Console(stderr=True), transient=True) as bars:
        tasks = {}

        def progress(stage: str, done: int, total: int) -> None:
            if stage not in tasks:
                tasks[stage] = bars.add_task(_say(f"cli.stage_{stage}"), total=total)
            bars.update(tasks[stage], completed=done, total=total)

        yield progress


def _print_summary(summary: Summary) -> None:
    from rich.markup import escape
    from rich.table import Table

    console = _console()
    names = ("added", "updated", "removed", "unchanged", "rejected")
    table = Table(*(_say(f"cli.{name}") for name in names))
    table.add_row(
        *map(str, (summary.added, summary.updated, summary.removed, summary.unchanged)),
        str(len(summary.rejected)),
    )
    console.print(table)
    if summary.copies:
        console.print(_say("cli.copies", count=summary.copies))
    if summary.gone:
        console.print(_say("cli.some_gone", count=summary.gone))
    for path, reason in summary.rejected:
        word = _say("cli.rejected")
        told = reason.text(_interface_language())
        console.print(f"{word} {escape(_plain(path))}: {escape(_plain(told))}")


def _watch(args: argparse.Namespace) -> int:
    """Index again and again, until Ctrl-C or the system's request to end."""
    import signal
    from datetime import datetime

    from assistant.runs import run_command
    from assistant.watch import watch
    from index.errors import IndexFolderError
    from index.web.addresses import web_address

    places = []
    for place in args.paths:
        if isinstance(place, Path) and not place.expanduser().exists():
            raise IndexFolderError("no_path", path=place)
        places.append(web_address(place) if isinstance(place, str) else str(place.absolute()))
    options = ["--index", str(_index_folder(args)), "--pages", str(args.pages)]
    if args.allow_private:
        options.append("--allow-private")

    def run() -> dict[str, Any]:
        *_, summary = run_command(["index", *options, *places])
        return summary

    def tell(name: str, **values: object) -> None:
        told = _plain(_say(f"cli.{name}", **values))
        print(f"{datetime.now():%Y-%m-%d %H:%M:%S} {told}", flush=True)

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, stop)
    tell("watching", places=", ".join(places))
    try:
        watch(run, args.every, tell)
    except KeyboardInterrupt:
        tell("watch_stopped")
    return 0


def _plain(text: str) -> str:
    """``text`` without characters that would steer a terminal."""
    return "".join(char if char.isprintable() else "?" for char in text)


def _ask(args: argparse.Namespace) -> int:
    from assistant.question import understand

    if (args.question is None) == (args.file is None):
        raise UsageError("usage_question")
    if args.out and not args.file:
        raise UsageError("usage_out")
    if args.file:
        return _ask_file(args)
    understand(args.question)
    answer = _open(_index_folder(args), args).ask(args.question, top=args.top)
    if args.json:
        print(json.dumps(answer.to_dict(), ensure_ascii=False, indent=1))
    else:
        _print_answer(answer)
    return 0


def _ask_file(args: argparse.Namespace) -> int:
    from rich.console import Console
    from rich.progress import track

    from assistant.batch import ask_lines, read_lines

    lines = read_lines(args.file)
    assistant = _open(_index_folder(args), args)
    rows = ask_lines(assistant, lines, args.top, _interface_language())
    total = sum(bool(line.strip()) for line in lines)
    failed = 0
    out = args.out.open("w", encoding="utf-8") if args.out else sys.stdout
    console = Console(stderr=True)
    try:
        for row in track(rows, _say("cli.asking"), total, console=console, transient=True):
            failed += "error" in row
            print(json.dumps(row, ensure_ascii=False), file=out, flush=True)
    finally:
        if args.out:
            out.close()
    if failed:
        told = _say("cli.some_failed", failed=failed, total=total)
        print(f"tanya: {told}", file=sys.stderr)
    return FAILED if failed else 0


def _open(index: Path, args: argparse.Namespace) -> Assistant:
    from assistant.assistant import Assistant

    return Assistant.open(index, **_assistant_options(args))


def _assistant_options(args: argparse.Namespace) -> dict[str, Any]:
    return {"llm": args.llm, "llm_seconds": args.llm_seconds, "reranker": args.reranker}


def _print_answer(answer: Answer) -> None:
    from rich.text import Text

    from assistant.types import date_text

    console = _console()
    if answer.understood:
        understood = phrase(answer.language, "understood", question=_plain(answer.understood))
        console.print(Text(understood, style="dim"))
    if answer.short:
        console.print(Text(_plain(answer.short), style="bold"))
    console.print(Text(_plain(answer.text)))
    if answer.notice:
        console.print(Text(_plain(answer.notice), style="italic"))
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
    from index.errors import IndexFolderError, MissingIndexError
    from index.generations import live_generation

    index = _index_folder(args)
    folder = args.folder.expanduser().resolve() if args.folder else None
    if folder and not folder.exists():
        raise IndexFolderError("no_path", path=args.folder)
    samples = False
    if not folder and live_generation(index) is None:
        if args.index:
            raise MissingIndexError("no_index", index=index)
        samples, folder = True, samples_folder()
    if args.terminal:
        index = samples_index() if samples else index
        return _chat_in_terminal(index, folder, samples, args)
    from assistant.chat import serve
    from assistant.chat.guard import choose_access

    access = choose_access(args.host, args.root_path, args.auth, args.no_auth, args.allow_changes)
    return serve(index, folder, samples, access, args.port, _assistant_options(args))


def _chat_in_terminal(
    index: Path, folder: Path | None, samples: bool, args: argparse.Namespace
) -> int:
    from assistant.question import QuestionError
    from assistant.types import Turn

    language = _interface_language()
    if folder:
        with _bars() as progress:
            summary = _bring_in_line(index, [folder], progress)
        if not samples:
            _print_summary(summary)
    assistant = _open(index, args)
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
            print(error.text(language))
            continue
        history.append(Turn(question, answer))
        _print_answer(answer)


def _mcp(args: argparse.Namespace) -> int:
    from assistant.mcp_server import make_server

    assistant = _open(_index_folder(args), args)
    assistant.follow()
    make_server(assistant).run()
    return 0


def _interface_language() -> Language:
    """Indonesian where the terminal's locale says so, English elsewhere."""
    told = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG")
    spoken = told or locale.getlocale()[0] or ""
    return "id" if spoken.lower().startswith(("id", "in_")) else "en"


def _articles(args: argparse.Namespace) -> int:
    from rich.table import Column, Table
    from rich.text import Text

    from assistant.types import date_text

    catalog = _read_catalog(args)
    articles = catalog.articles(text=False)
    outlets = {article.id: article.source or article.id for article in articles}
    reprints = catalog.republished()
    width = max((len(article.id) for article in articles), default=2)
    columns = ["date", "source", "language", "title", *(["also_published"] if reprints else [])]
    names = (_say(f"cli.{name}") for name in columns)
    table = Table(Column("id", min_width=width), *names)
    for article in articles:
        day = date_text(article.published, article.date_only) or ""
        gone = f" ({_gone(article)})" if article.gone else ""
        cells = [article.id, day, article.source, article.language, article.title + gone]
        if reprints:
            others = (outlets[one] for one in reprints.get(article.id, ()))
            cells.append(", ".join(dict.fromkeys(others)))
        table.add_row(*(Text(_plain(cell)) for cell in cells))
    _console().print(table)
    return 0


def _gone(article: Article) -> str:
    """Since when the page of an article has vanished from the web, or nothing."""
    from assistant.types import date_text

    return _say("cli.gone", day=date_text(article.gone, True)) if article.gone else ""


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
        last = len(article.paragraphs)
        raise IndexFolderError("no_paragraph", id=article.id, number=number, last=last)
    console.print(Text(_plain(article.title), style="bold"))
    day = date_text(article.published, article.date_only)
    facts = [article.source, day, article.author, article.section, article.url, _gone(article)]
    console.print(Text(_plain(" · ".join(fact for fact in facts if fact))))
    for line in _elsewhere(catalog, article.id):
        console.print(Text(_plain(line), style="italic"))
    if args.history:
        _print_history(catalog, article.id)
        return 0
    for paragraph in shown:
        style = "" if paragraph.role == "body" else "dim"
        label = "" if paragraph.role == "body" else f"({_say(f'cli.role_{paragraph.role}')}) "
        console.print(Text(f"[p{paragraph.number}] {label}{_plain(paragraph.text)}", style=style))
    return 0


def _elsewhere(catalog: Catalog, article_id: str) -> Iterator[str]:
    """Where else the article is: in files of its own, and in other outlets."""
    kept = catalog.copies([article_id]).get(article_id)
    if kept:
        yield _say("cli.copy_of", id=kept)
    for copy in catalog.copies_of([article_id]):
        root, path, _ = catalog.file_of(copy)
        yield _say("cli.has_copy", id=copy, path=Path(root) / path)
    for other in catalog.articles(catalog.republished(article_id).get(article_id, ()), text=False):
        parts = (other.source, other.title, other.id)
        yield f"{_say('cli.also_published')}: " + " · ".join(part for part in parts if part)


def _print_history(catalog: Catalog, article_id: str) -> None:
    """What each version changed in the one before, the last change first."""
    from itertools import pairwise

    from rich.text import Text

    from index.history import changes

    console = _console()
    versions = catalog.history(article_id)
    if len(versions) == 1:
        print(_say("cli.no_history", seen=_minute(versions[0].seen)))
    marks = {"same": ("", ""), "removed": ("[-", "-]"), "added": ("{+", "+}")}
    styles = {"same": "", "removed": "red", "added": "green"}
    for earlier, later in reversed(list(pairwise(versions))):
        seen, before = _minute(later.seen), _minute(earlier.seen)
        heading = _say("cli.changed", seen=seen, before=before)
        console.print(Text(f"\n{heading}", style="bold"))
        for change in changes(earlier.blocks, later.blocks):
            pieces = [
                Text(_plain(one.text).join(marks[one.kind]), style=styles[one.kind])
                for one in change
            ]
            console.print(Text("  ").append_text(Text(" ").join(pieces)))


def _minute(when: datetime) -> str:
    """A moment in the time of this machine."""
    return when.astimezone().strftime("%Y-%m-%d %H:%M")


def _read_catalog(args: argparse.Namespace) -> Catalog:
    from index.catalog import Catalog
    from index.errors import MissingIndexError
    from index.generations import live_generation

    index = _index_folder(args)
    live = live_generation(index)
    if live is None:
        raise MissingIndexError("no_index", index=index)
    live.read_manifest()
    return Catalog(live.catalog)


def _remove(args: argparse.Namespace) -> int:
    from index.encoder.models import open_encoder
    from index.generations import encoder_name
    from index.ingest import remove_articles

    index = _index_folder(args)
    with _progress(args) as progress:
        _read_catalog(args).close()
        encoder = open_encoder(encoder_name(index))
        removed = remove_articles(index, args.articles, encoder, progress)
    if args.json:
        _print_json({"removed": removed})
        return 0
    for article_id in removed:
        print(_say("cli.was_removed", id=article_id))
    return 0


def _doctor(args: argparse.Namespace) -> int:
    from assistant.doctor import examine

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
    from evals.command import main as evaluate

    return evaluate(args)


if __name__ == "__main__":
    sys.exit(main())
