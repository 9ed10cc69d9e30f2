"""What the command line prints, in the language of the terminal it runs in."""

from __future__ import annotations

import json
import locale
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, Any

from prompts import Message, MessageError, phrase

if TYPE_CHECKING:
    from datetime import datetime

    from rich.console import Console

    from assistant.types import Answer
    from index.catalog import Catalog
    from index.generations import Progress
    from index.ingest import Summary
    from index.types import Article, Language

UNBOUNDED = 200  # columns, where the output goes to a file or a program


def interface_language() -> Language:
    """Indonesian where the terminal's locale says so, English elsewhere."""
    told = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG")
    spoken = told or locale.getlocale()[0] or ""
    return "id" if spoken.lower().startswith(("id", "in_")) else "en"


def say(name: str, **values: object) -> str:
    """A phrase in the language of the user's terminal."""
    return phrase(interface_language(), name, **values)


def plain(text: str) -> str:
    """``text`` without characters that would steer a terminal."""
    return "".join(char if char.isprintable() else "?" for char in text)


def console() -> Console:
    from rich.console import Console

    found = Console(highlight=False, soft_wrap=True)
    if not (found.is_terminal or os.environ.get("COLUMNS")):
        found.width = UNBOUNDED
    return found


def replace_unwritable() -> None:
    """Let standard output replace what its encoding lacks, as the code pages of Windows do."""
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")


# For programs


def write_utf8() -> None:
    """Let standard output be UTF-8, as JSON is, whatever the system's encoding."""
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8", errors="replace")


@contextmanager
def lines_for_programs() -> Iterator[Progress]:
    """A line of JSON for each step, ``{"stage", "done", "total"}``, and for what goes wrong."""

    def progress(stage: str, done: int, total: int) -> None:
        print_json({"stage": stage, "done": done, "total": total})

    try:
        yield progress
    except MessageError as error:
        print_json({"error": for_programs(error.message)})
        raise


def as_json(data: object, indent: int | None = None) -> str:
    """``data`` as JSON that every encoding of Unicode takes.

    Halves of surrogate pairs stay as they were written, as escapes.

    >>> print(as_json({"id": "é\\ud800"}))
    {"id": "é\\ud800"}
    """
    text = json.dumps(data, ensure_ascii=False, indent=indent)
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def print_json(data: object) -> None:
    print(json.dumps(data), flush=True)


def for_programs(message: Message) -> dict[str, Any]:
    """A message as data, with its text in the user's language."""
    return message.to_dict() | {"text": message.text(interface_language())}


# Runs


@contextmanager
def bars() -> Iterator[Progress]:
    """A bar for each stage, on standard error where that is a terminal."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn
    from rich.progress import Progress as Bars

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    errors = Console(stderr=True)
    with Bars(*columns, console=errors, transient=True, disable=not errors.is_terminal) as shown:
        tasks = {}

        def progress(stage: str, done: int, total: int) -> None:
            if stage not in tasks:
                tasks[stage] = shown.add_task(say(f"cli.stage_{stage}"), total=total)
            shown.update(tasks[stage], completed=done, total=total)

        yield progress


def print_summary(summary: Summary) -> None:
    from rich.markup import escape
    from rich.table import Table

    out = console()
    names = ("added", "updated", "removed", "unchanged", "rejected")
    table = Table(*(say(f"cli.{name}") for name in names))
    table.add_row(
        *map(str, (summary.added, summary.updated, summary.removed, summary.unchanged)),
        str(len(summary.rejected)),
    )
    out.print(table)
    if summary.copies:
        out.print(say("cli.copies", count=summary.copies))
    if summary.gone:
        out.print(say("cli.some_gone", count=summary.gone))
    if summary.undated:
        read = summary.added + summary.updated
        out.print(say("cli.undated", count=summary.undated, total=read))
    for path, reason in summary.rejected:
        word = say("cli.rejected")
        told = reason.text(interface_language())
        out.print(f"{word} {escape(plain(path))}: {escape(plain(told))}")


# Answers


def print_answer(answer: Answer) -> None:
    from rich.text import Text

    from assistant.types import spoken_date

    out = console()
    if answer.understood:
        understood = phrase(answer.language, "understood", question=plain(answer.understood))
        out.print(Text(understood, style="dim"))
    if answer.short:
        out.print(Text(plain(answer.short), style="bold"))
    for line in answer.text.split("\n"):
        out.print(Text(plain(line)))
    if answer.notice:
        out.print(Text(plain(answer.notice), style="italic"))
    if answer.nearest:
        out.print()
        out.print(Text(phrase(answer.language, "chat.nearest"), style="bold"))
    for near in answer.nearest:
        article = near.article
        day = spoken_date(article.published, article.date_only, answer.language)
        line = " · ".join(plain(part) for part in (article.title, article.source, day) if part)
        out.print(Text(line))
        if near.sentence:
            out.print(Text(f"    {plain(near.sentence)}", style="dim"))
        out.print(Text(f"    tanya show {article.id}", style="dim"))
    if answer.citations:
        out.print()
        out.print(Text(phrase(answer.language, "sources"), style="bold"))
    for citation in answer.citations:
        day = spoken_date(citation.date, citation.date_only, answer.language)
        day = day or phrase(answer.language, "no_date")
        number = phrase(answer.language, "paragraph", number=citation.paragraph.number)
        parts = [citation.title, citation.source, day, number]
        head = f"[{citation.marker}] " + " · ".join(plain(part) for part in parts if part)
        out.print(Text(head))
        start, end = citation.quote
        body = Text("    " + plain(citation.paragraph.text), style="dim")
        body.stylize("not dim bold", start + 4, end + 4)
        out.print(body)
        out.print(Text(f"    tanya show {citation.paragraph.public_id}", style="dim"))


# Articles


def print_articles(catalog: Catalog) -> None:
    """A table of all articles, the newest first; what is copied from it stays whole."""
    from rich.table import Column, Table
    from rich.text import Text

    articles = catalog.articles(text=False)
    outlets = {article.id: article.source or article.id for article in articles}
    reprints = catalog.republished()
    table = Table(
        Column("id", no_wrap=True, overflow="ignore", min_width=_widest([a.id for a in articles])),
        Column(say("cli.date"), no_wrap=True, min_width=len("2022-01-21 19:21")),
        Column(say("cli.source"), overflow="fold", min_width=12),
        Column(say("cli.language"), no_wrap=True),
        Column(say("cli.title"), overflow="fold", min_width=24),
    )
    if reprints:
        table.add_column(say("cli.also_published"), overflow="fold", min_width=12)
    for article in articles:
        gone = f" ({_gone(article)})" if article.gone else ""
        day = _day(article)
        cells = [article.id, day, article.source, article.language, article.title + gone]
        if reprints:
            others = (outlets[one] for one in reprints.get(article.id, ()))
            cells.append(", ".join(dict.fromkeys(others)))
        table.add_row(*(Text(plain(cell)) for cell in cells))
    console().print(table)


def print_article(catalog: Catalog, article: Article, numbers: set[int]) -> None:
    """An article's facts and these of its paragraphs."""
    from rich.text import Text

    out = console()
    print_facts(catalog, article)
    for paragraph in article.paragraphs:
        if paragraph.number in numbers:
            style = "" if paragraph.role == "body" else "dim"
            label = "" if paragraph.role == "body" else f"({say(f'cli.role_{paragraph.role}')}) "
            line = f"[p{paragraph.number}] {label}{plain(paragraph.text)}"
            out.print(Text(line, style=style))


def print_facts(catalog: Catalog, article: Article) -> None:
    """Headline, outlet, day and so on, and where else the article is."""
    from rich.text import Text

    from assistant.types import spoken_date

    out = console()
    out.print(Text(plain(article.title), style="bold"))
    day = spoken_date(article.published, article.date_only, interface_language())
    facts = [article.source, day, article.author, article.section, article.url, _gone(article)]
    out.print(Text(plain(" · ".join(fact for fact in facts if fact))))
    for line in _elsewhere(catalog, article.id):
        out.print(Text(plain(line), style="italic"))


def print_history(catalog: Catalog, article_id: str) -> None:
    """What each version changed in the one before, the last change first."""
    from itertools import pairwise

    from rich.text import Text

    from index.history import changes

    out = console()
    versions = catalog.history(article_id)
    if len(versions) == 1:
        print(say("cli.no_history", seen=_minute(versions[0].seen)))
    marks = {"same": ("", ""), "removed": ("[-", "-]"), "added": ("{+", "+}")}
    styles = {"same": "", "removed": "red", "added": "green"}
    for earlier, later in reversed(list(pairwise(versions))):
        seen, before = _minute(later.seen), _minute(earlier.seen)
        heading = say("cli.changed", seen=seen, before=before)
        out.print(Text(f"\n{heading}", style="bold"))
        for change in changes(earlier.blocks, later.blocks):
            pieces = [
                Text(plain(one.text).join(marks[one.kind]), style=styles[one.kind])
                for one in change
            ]
            out.print(Text("  ").append_text(Text(" ").join(pieces)))


def _elsewhere(catalog: Catalog, article_id: str) -> Iterator[str]:
    """Where else the article is: in files of its own, and in other outlets."""
    kept = catalog.copies([article_id]).get(article_id)
    if kept:
        yield say("cli.copy_of", id=kept)
    for copy in catalog.copies_of([article_id]):
        root, path, _ = catalog.file_of(copy)
        yield say("cli.has_copy", id=copy, path=Path(root) / path)
    for other in catalog.articles(catalog.republished(article_id).get(article_id, ()), text=False):
        parts = (other.source, other.title, other.id)
        yield f"{say('cli.also_published')}: " + " · ".join(part for part in parts if part)


def _widest(texts: list[str]) -> int:
    return max(map(len, texts), default=2)


def _day(article: Article) -> str:
    """When it was published, so that lines sort and align."""
    if article.published is None:
        return ""
    return f"{article.published:%Y-%m-%d}" if article.date_only else _shown(article.published)


def _gone(article: Article) -> str:
    """Since when the page of an article has vanished from the web, or nothing."""
    from assistant.types import spoken_date

    day = spoken_date(article.gone, True, interface_language())
    return say("cli.gone", day=day) if day else ""


def _minute(when: datetime) -> str:
    """A moment in the time of this machine."""
    return _shown(when.astimezone())


def _shown(when: datetime) -> str:
    return when.strftime("%Y-%m-%d %H:%M")
