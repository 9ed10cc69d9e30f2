"""The arguments of the command ``tanya``, told in the language of the terminal."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NoReturn

from assistant.terminal import say


class _Help(argparse.HelpFormatter):
    def add_usage(
        self,
        usage: str | None,
        actions: Iterable[argparse.Action],
        groups: Iterable[Any],
        prefix: str | None = None,
    ) -> None:
        super().add_usage(usage, actions, groups, say("cli.usage") if prefix is None else prefix)


class _Parser(argparse.ArgumentParser):
    """argparse knows English only; here the words around the options are ours."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options, formatter_class=_Help)
        self._positionals.title = say("cli.arguments")
        self._optionals.title = say("cli.options")
        self._option_string_actions["--help"].help = say("cli.help")

    def error(self, message: str) -> NoReturn:
        told = say("cli.usage_error", message=message, command=self.prog)
        self.exit(2, f"tanya: {told}\n")


def parser() -> argparse.ArgumentParser:
    """The commands and their options; ``command`` is the name of the one given."""
    top = _Parser(prog="tanya", description=say("cli.description"))
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def command(name: str, *parents: Any) -> argparse.ArgumentParser:
        told = say(f"cli.{name}")
        whole = f"{told[0].upper()}{told[1:]}."
        return commands.add_parser(name, parents=parents, help=told, description=whole)

    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--index", type=Path, metavar="DIR", help=say("cli.index_folder"))

    model = argparse.ArgumentParser(add_help=False)
    model.add_argument("--llm", metavar="MODEL", help=say("cli.llm"))
    model.add_argument(
        "--llm-seconds", type=_positive, default=60, metavar="N", help=say("cli.llm_seconds")
    )
    model.add_argument("--reranker", metavar="MODEL", help=say("cli.reranker"))
    model.add_argument("--reader", metavar="MODEL", help=say("cli.reader"))

    web = argparse.ArgumentParser(add_help=False)
    web.add_argument("--allow-private", action="store_true", help=say("cli.allow_private"))
    web.add_argument("--pages", type=_positive, default=1_000, metavar="N", help=say("cli.pages"))

    one = command("index", common, web)
    one.add_argument("paths", nargs="*", type=_place, metavar="PATH", help=say("cli.path"))
    one.add_argument("--allow-empty", action="store_true", help=say("cli.allow_empty"))
    one.add_argument("--restore", action="store_true", help=say("cli.restore"))
    one.add_argument("--rebuild", action="store_true", help=say("cli.rebuild"))
    one.add_argument("--map", metavar="FIELD=COLUMN,…", help=say("cli.map"))
    one.add_argument("--encoder", metavar="MODEL", help=say("cli.encoder"))
    one.add_argument("--json", action="store_true", help=say("cli.index_json"))

    one = command("watch", common, web)
    one.add_argument("paths", nargs="+", type=_place, metavar="PATH", help=say("cli.path"))
    one.add_argument("--every", type=_interval, default=900.0, metavar="15m", help=say("cli.every"))

    one = command("ask", common, model)
    one.add_argument("question", nargs="?", metavar="QUESTION", help=say("cli.question"))
    one.add_argument("--file", type=Path, metavar="JSONL", help=say("cli.ask_file"))
    one.add_argument("--out", type=Path, metavar="JSONL", help=say("cli.ask_out"))
    one.add_argument("--json", action="store_true", help=say("cli.ask_json"))
    one.add_argument("--top", type=_positive, default=5, metavar="N", help=say("cli.top"))

    one = command("chat", common, model)
    one.add_argument("folder", nargs="?", type=Path, metavar="FOLDER", help=say("cli.chat_folder"))
    one.add_argument("--port", type=_positive, metavar="N", help=say("cli.port"))
    one.add_argument("--host", default="127.0.0.1", metavar="ADDRESS", help=say("cli.host"))
    one.add_argument("--root-path", default="", metavar="/PATH", help=say("cli.root_path"))
    one.add_argument("--auth", type=Path, metavar="FILE", help=say("cli.auth"))
    one.add_argument("--no-auth", action="store_true", help=say("cli.no_auth"))
    one.add_argument("--allow-changes", action="store_true", help=say("cli.allow_changes"))
    one.add_argument("--terminal", action="store_true", help=say("cli.terminal"))

    command("mcp", common, model)

    command("articles", common)

    one = command("show", common)
    one.add_argument("article", metavar="ARTICLE[#pN]", help=say("cli.article"))
    one.add_argument("--history", action="store_true", help=say("cli.history"))

    one = command("remove", common)
    one.add_argument("articles", nargs="+", metavar="ARTICLE", help=say("cli.article"))
    one.add_argument("--json", action="store_true", help=say("cli.index_json"))

    command("doctor", common)

    one = command("eval", common, model)
    one.add_argument("--gate", action="store_true", help=say("cli.gate"))
    one.add_argument("--baseline", action="store_true", help=say("cli.baseline"))
    one.add_argument("--lower", action="store_true", help=say("cli.lower"))
    one.add_argument("--check", action="store_true", help=say("cli.check"))
    one.add_argument("--out", type=Path, metavar="FOLDER", help=say("cli.eval_out"))
    one.add_argument("--compare", type=Path, metavar="JSON", help=say("cli.compare"))
    one.add_argument("--questions", type=Path, metavar="JSONL", help=say("cli.questions"))
    one.add_argument("--record", type=Path, metavar="JSONL", help=say("cli.record"))
    one.add_argument("--init", type=Path, metavar="FOLDER", help=say("cli.init"))
    one.add_argument("--from-feedback", type=Path, metavar="JSONL", help=say("cli.from_feedback"))
    one.add_argument("--data", type=Path, metavar="PATH", help=say("cli.data"))
    one.add_argument("--sample", type=_positive, default=0, metavar="N", help=say("cli.sample"))
    return top


def _positive(text: str) -> int:
    value = int(text) if text.isdigit() else 0
    if value < 1:
        raise argparse.ArgumentTypeError(say("cli.not_positive", text=repr(text)))
    return value


def _place(text: str) -> Path | str:
    """A path; an address of the web stays as it is."""
    return text if re.match(r"[a-zA-Z][a-zA-Z0-9+.-]+://", text) else Path(text)


def _interval(text: str) -> float:
    from assistant.watch import interval

    try:
        return interval(text)
    except ValueError:
        raise argparse.ArgumentTypeError(say("cli.no_interval", text=repr(text))) from None
