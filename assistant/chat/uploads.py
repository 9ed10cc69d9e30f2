"""Articles that are added and removed in the chat: files in a folder of their own, then a run."""

from __future__ import annotations

import hashlib
import re
import shutil
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from assistant.chat.engine import Engine, Status
from assistant.chat.lists import FileResult, Origin
from assistant.runs import RunFailedError
from index.catalog import Catalog
from index.generations import live_generation
from index.readers import READERS
from index.readers.inputs import WEB
from index.text import cleaned, sentences
from prompts import Message

MAX_NAME_CHARS = 80
HEADLINE_CHARS = 250  # a longer first line is text already
HEADLINE_WORDS = 12


@dataclass(frozen=True, slots=True)
class Stored:
    """A file that was put into the folder; ``known`` when the same was there already."""

    name: str
    path: Path
    known: bool


@dataclass(frozen=True, slots=True)
class Removed:
    """An article that was removed; with ``key`` its file can be brought back."""

    title: str
    origin: Origin
    key: str = ""


def store_file(added: Path, source: Path) -> Stored:
    """Move a file into the folder. Another file of this name stays; the same one is kept once."""
    stem, suffix = source.stem, source.suffix.lower()
    inner = Path(stem).suffix.lower()
    if suffix == ".gz" and inner in READERS:  # it says how to read what is packed
        stem, suffix = Path(stem).stem, f"{inner}.gz"
    path, known = _place(added, stem, suffix, _digest(source))
    if known:
        source.unlink()
    else:
        shutil.move(source, path)
    return Stored(source.name, path, known)


def store_text(added: Path, pasted: str) -> Stored:
    """Write a pasted article into the folder as a page of text, with a headline if it has none."""
    first = cleaned(pasted.strip().splitlines()[0])
    if len(first) > HEADLINE_CHARS:
        first = headline(first)
        pasted = f"{first}\n\n{pasted.strip()}"
    data = (pasted.strip() + "\n").encode("utf-8", "replace")
    digest = hashlib.sha256(data).digest()
    path, known = _place(added, " ".join(first.split()[:8]), ".txt", digest)
    if not known:
        path.write_bytes(data)
    return Stored(first[:MAX_NAME_CHARS], path, known)


def headline(body: str) -> str:
    """What can head a text that has no headline: its first sentence, or how that begins.

    >>> headline("Jembatan itu dibuka. Warga menyeberang.")
    'Jembatan itu dibuka'
    """
    start, end = next(iter(sentences(body)), (0, len(body)))
    first = body[start:end].strip().rstrip(".")
    few = first.split()[:HEADLINE_WORDS]
    begun = " ".join(few)[:HEADLINE_CHARS]
    return first if len(first) <= len(begun) or len(first) <= MAX_NAME_CHARS else f"{begun} …"


def _place(added: Path, stem: str, suffix: str, digest: bytes) -> tuple[Path, bool]:
    """A path of the folder that is free or holds a file of this digest, and whether it does."""
    added.mkdir(mode=0o700, parents=True, exist_ok=True)
    name = re.sub(r"[^\w-]+", "-", stem).strip("-")[:MAX_NAME_CHARS] or "artikel"
    number = 1
    while True:
        path = added / (f"{name}{suffix}" if number == 1 else f"{name}-{number}{suffix}")
        if not path.exists():
            return path, False
        if _digest(path) == digest:
            return path, True
        number += 1


def _digest(path: Path) -> bytes:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()


def add(engine: Engine, stored: Sequence[Stored]) -> Iterator[Status | list[FileResult]]:
    """Index what was stored: the progress, and at last one result a file.

    Files that were rejected are taken out of the folder again.

    Raises:
        RunFailedError: the run failed; the files stay and are read by the next one.
    """
    summary: dict[str, Any] = {}
    folder = str(engine.added)
    for step in engine.run(engine.own_index, "index", folder, "--allow-empty"):
        if isinstance(step, Status):
            yield step
        else:
            summary = step
    reasons: dict[str, list[Message]] = defaultdict(list)
    for path, reason in summary.get("rejected", ()):
        reasons[Path(path).name].append(Message.from_dict(reason))
    results = []
    for one in stored:
        titles, copies = _articles(engine, one.path)
        found = tuple(reasons[one.path.name])
        if titles:
            results.append(FileResult(one.name, titles, one.known or copies, left_out=found))
        else:
            one.path.unlink(missing_ok=True)
            results.append(FileResult(one.name, reason=next(iter(found), Message("no_article"))))
    engine.leave_samples()
    yield results


def _articles(engine: Engine, path: Path) -> tuple[tuple[str, ...], bool]:
    """The titles of a file's articles, and whether all of them are copies of others."""
    live = live_generation(engine.own_index)
    if live is None:
        return (), False
    with closing(Catalog(live.catalog)) as catalog:
        ids = catalog.versions(str(engine.added.resolve()), path.name)
        titles = tuple(article.title for article in catalog.articles(ids, text=False))
        return titles, len(catalog.copies(ids)) == len(ids)


def origins(engine: Engine, catalog: Catalog, ids: Iterable[str]) -> dict[str, Origin]:
    """Where each of these articles comes from."""
    added = str(engine.added.resolve())
    found: dict[str, Origin] = {}
    for article_id, (root, held) in catalog.origins(ids).items():
        if root == added:
            found[article_id] = "added" if held == 1 else "part"
        else:
            found[article_id] = "web" if root == WEB else "folder"
    return found


def remove(engine: Engine, article_id: str) -> Iterator[Status | Removed]:
    """Take an article out of the index: the progress, and at last what was removed.

    One that was added in the chat loses its file too, so that it can be added again, and can be
    brought back while the chat runs; one from a folder of the user's stays out until its content
    changes, and so do copies of either.

    Raises:
        RunFailedError: the run failed, or there is no such article.
    """
    runs = [["remove", article_id]]
    removed = Removed("", "folder")
    live = live_generation(engine.own_index)
    if live is not None:
        with closing(Catalog(live.catalog)) as catalog:
            for article in catalog.articles([article_id], text=False):
                removed = Removed(article.title, origins(engine, catalog, [article_id])[article_id])
            if removed.origin == "added":
                file = engine.added / catalog.file_of(article_id)[1]
                if file.exists():
                    removed = replace(removed, key=engine.keep_removed(file))
                copies = catalog.copies_of([article_id])
                runs = [["remove", *copies]] if copies else []
                runs.append(["index", str(engine.added), "--allow-empty"])
    try:
        for arguments in runs:
            for step in engine.run(engine.own_index, *arguments):
                if isinstance(step, Status):
                    yield step
    except RunFailedError:
        bring_back(engine, removed.key)
        raise
    yield removed


def bring_back(engine: Engine, key: str) -> list[Stored]:
    """Put the file of a removed article back, to be added; nothing if it is kept no longer."""
    file = engine.removed.pop(key, None)
    return [] if file is None else [store_file(engine.added, file)]
