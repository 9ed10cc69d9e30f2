"""The command ``tanya``. Heavy imports happen inside the commands, so that help is instant."""

from __future__ import annotations

import argparse
import logging
import os
import sys
from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assistant.arguments import parser
from assistant.terminal import (
    as_json,
    bars,
    for_programs,
    interface_language,
    lines_for_programs,
    plain,
    print_answer,
    print_article,
    print_articles,
    print_facts,
    print_history,
    print_json,
    print_summary,
    replace_unwritable,
    say,
    write_utf8,
)
from prompts import Message, MessageError, phrase

if TYPE_CHECKING:
    from assistant.assistant import Assistant
    from index.catalog import Catalog
    from index.generations import Progress
    from index.ingest import Summary

FAILED = 1


class UsageError(MessageError):
    """The arguments do not go together."""


class UnreadError(MessageError):
    """Of something that was named nothing could be read."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; its exit code."""
    os.environ.setdefault("ANONYMIZED_TELEMETRY", "False")
    os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")  # what a model lacks, we say
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # small products: waiting threads cost more
    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)
    replace_unwritable()
    args = parser().parse_args(argv)
    try:
        return _COMMANDS[args.command](args)
    except MessageError as error:
        print(f"tanya: {plain(error.text(interface_language()))}", file=sys.stderr)
        return FAILED
    except ValueError as error:
        print(f"tanya: {plain(str(error))}", file=sys.stderr)
        return FAILED
    except BrokenPipeError:
        sys.stderr.close()
        return FAILED
    except OSError as error:
        if error.filename is None:
            raise
        told = Message("unusable_path", path=error.filename, error=error)
        print(f"tanya: {plain(told.text(interface_language()))}", file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        print(f"tanya: {say('cli.stopped')}", file=sys.stderr)
        return 130


def _index_folder(args: argparse.Namespace) -> Path:
    from assistant.config import default_index

    return args.index.expanduser() if args.index else default_index()


def _asked_index(args: argparse.Namespace) -> Path:
    """The index that is read: the samples', saying so, where there is no other and none is named.

    It is made if need be.
    """
    from assistant.config import samples_folder, samples_index
    from index.errors import LockedIndexError
    from index.generations import live_generation

    index = _index_folder(args)
    if args.index or live_generation(index) is not None:
        return index
    index = samples_index()
    try:
        with bars() as progress:
            _bring_in_line(index, [samples_folder()], progress)
    except LockedIndexError:  # a chat that has just been started makes it
        if live_generation(index) is None:
            raise
    print(f"tanya: {say('cli.samples_asked')}", file=sys.stderr)
    return index


def _index(args: argparse.Namespace) -> int:
    from dataclasses import asdict

    from index.readers import columns_of

    if args.rebuild == bool(args.paths):
        raise UsageError("usage_paths")
    index = _index_folder(args)
    if args.rebuild:
        from index.ingest import rebuild

        with bars() as progress:
            paragraphs = rebuild(index, progress)
        print(say("cli.rebuilt", paragraphs=paragraphs))
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
        rejected = [(path, for_programs(reason)) for path, reason in summary.rejected]
        print_json(asdict(summary) | {"rejected": rejected})
    else:
        print_summary(summary)
    if summary.unread:
        raise UnreadError("nothing_read", what=", ".join(summary.unread))
    return 0


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

    That of the samples, which another version may have made, is begun anew if need be.
    The addresses of the web among ``paths`` are fetched first; ``pages``: at most so many.
    """
    from assistant.config import samples_index
    from index.encoder.models import open_encoder
    from index.generations import encoder_name
    from index.ingest import index_paths

    if index == samples_index():
        encoder, options["renew"] = "", True
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
    return lines_for_programs() if args.json else bars()


def _watch(args: argparse.Namespace) -> int:
    """Index again and again, until Ctrl-C or the system's request to end."""
    import signal
    import threading
    import time
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
        told = plain(say(f"cli.{name}", **values))
        print(f"{datetime.now():%Y-%m-%d %H:%M:%S} {told}", flush=True)

    ended = threading.Event()

    def stop(*_: object) -> None:
        ended.set()
        raise KeyboardInterrupt

    def pause(seconds: float) -> None:
        if ended.is_set():  # the exception came where none can be raised, as in a finaliser
            raise KeyboardInterrupt
        time.sleep(seconds)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    tell("watching", places=", ".join(places))
    try:
        watch(run, args.every, tell, pause)
    except KeyboardInterrupt:
        tell("watch_stopped")
    return 0


def _ask(args: argparse.Namespace) -> int:
    from assistant.question import understand

    if (args.question is None) == (args.file is None):
        raise UsageError("usage_question")
    if args.out and not args.file:
        raise UsageError("usage_out")
    if args.file:
        return _ask_file(args)
    understand(args.question)
    answer = _open(_asked_index(args), args).ask(args.question, top=args.top)
    if args.json:
        write_utf8()
        print(as_json(answer.to_dict(), indent=1))
    else:
        print_answer(answer)
    return 0


def _ask_file(args: argparse.Namespace) -> int:
    from rich.console import Console
    from rich.progress import track

    from assistant.batch import ask_lines, read_lines

    lines = read_lines(args.file)
    assistant = _open(_asked_index(args), args)
    rows = ask_lines(assistant, lines, args.top, interface_language())
    total = sum(bool(line.strip()) for line in lines)
    failed = 0
    if not args.out:
        write_utf8()
    out = args.out.open("w", encoding="utf-8") if args.out else sys.stdout
    console = Console(stderr=True)
    try:
        for row in track(rows, say("cli.asking"), total, console=console, transient=True):
            failed += "error" in row
            print(as_json(row), file=out, flush=True)
    finally:
        if args.out:
            out.close()
    if failed:
        told = say("cli.some_failed", failed=failed, total=total)
        print(f"tanya: {told}", file=sys.stderr)
    return FAILED if failed else 0


def _open(index: Path, args: argparse.Namespace) -> Assistant:
    from assistant.assistant import Assistant

    return Assistant.open(index, **_assistant_options(args))


def _assistant_options(args: argparse.Namespace) -> dict[str, Any]:
    return {
        "llm": args.llm,
        "llm_seconds": args.llm_seconds,
        "reranker": args.reranker,
        "reader": args.reader,
    }


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
    from assistant.chat.accounts import is_exposed
    from assistant.chat.guard import choose_access

    access = choose_access(args.host, args.root_path, args.auth, args.no_auth, args.allow_changes)
    if args.auth and is_exposed(args.auth):
        print(f"tanya: {plain(say('cli.open_accounts', file=args.auth))}", file=sys.stderr)
    return serve(index, folder, samples, access, args.port, _assistant_options(args))


def _chat_in_terminal(
    index: Path, folder: Path | None, samples: bool, args: argparse.Namespace
) -> int:
    from assistant.question import QuestionError
    from assistant.smalltalk import reply, small_talk
    from assistant.types import Turn

    language = interface_language()
    if folder:
        with bars() as progress:
            summary = _bring_in_line(index, [folder], progress)
        if not samples:
            print_summary(summary)
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
        if talk := small_talk(question):
            print(reply(*talk))
            continue
        try:
            answer = assistant.ask(question, history=history)
        except QuestionError as error:
            print(error.text(language))
            continue
        history.append(Turn(question, answer))
        print_answer(answer)


def _mcp(args: argparse.Namespace) -> int:
    from assistant.mcp_server import make_server

    assistant = _open(_index_folder(args), args)
    assistant.follow()
    make_server(assistant).run()
    return 0


def _articles(args: argparse.Namespace) -> int:
    print_articles(_read_catalog(_asked_index(args)))
    return 0


def _show(args: argparse.Namespace) -> int:
    from index.errors import IndexFolderError
    from index.ingest import find_article

    name, _, number = args.article.partition("#p")
    catalog = _read_catalog(_asked_index(args))
    article = catalog.articles([find_article(catalog, name)])[0]
    if args.history:
        print_facts(catalog, article)
        print_history(catalog, article.id)
        return 0
    there = {paragraph.number for paragraph in article.paragraphs}
    shown = {one for one in there if not number or str(one) == number}
    if not shown:
        last = len(article.paragraphs)
        raise IndexFolderError("no_paragraph", id=article.id, number=number, last=last)
    print_article(catalog, article, shown)
    return 0


def _read_catalog(index: Path) -> Catalog:
    from index.catalog import Catalog
    from index.errors import MissingIndexError
    from index.generations import live_generation

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
        _read_catalog(index).close()
        encoder = open_encoder(encoder_name(index))
        removed = remove_articles(index, args.articles, encoder, progress)
    if args.json:
        print_json({"removed": removed})
        return 0
    for article_id in removed:
        print(say("cli.was_removed", id=article_id))
    return 0


def _doctor(args: argparse.Namespace) -> int:
    from assistant.doctor import examine

    language = interface_language()
    index = _index_folder(args)
    print(plain(phrase(language, "doctor.index", index=index)))
    findings = examine(index)
    for one in findings:
        mark = phrase(language, f"doctor.{one.level}")
        text = phrase(language, f"doctor.{one.name}", **one.values)
        print(f"{mark}: {plain(text)}")
    return FAILED if any(one.level == "wrong" for one in findings) else 0


def _eval(args: argparse.Namespace) -> int:
    from evals.command import main as evaluate

    return evaluate(args)


_COMMANDS = {
    "index": _index,
    "watch": _watch,
    "ask": _ask,
    "chat": _chat,
    "mcp": _mcp,
    "articles": _articles,
    "show": _show,
    "remove": _remove,
    "doctor": _doctor,
    "eval": _eval,
}

if __name__ == "__main__":
    sys.exit(main())
