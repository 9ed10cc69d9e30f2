"""Captures: what was fetched, as it was, and what a site wants to be told when asked again.

They lie in one SQLite file of the index folder, apart from the generations: a run that is ended
early keeps what it has fetched, and pages can be read anew without asking for them again.
"""

from __future__ import annotations

import hashlib
import sqlite3
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import astuple, dataclass, fields
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path, PurePosixPath
from typing import Literal
from urllib.parse import unquote, urlsplit

from index.readers.draft import Origin, Source

Kind = Literal["page", "list"]


@dataclass(frozen=True, slots=True)
class Capture:
    """What an address gave when it was last asked with success; times in seconds since 1970.

    ``root``: the address of the run that led here first. ``final``: where redirects ended;
    ``known_as``: where they ended at first, which names the article for good.
    ``stamp``: what the list that named it said of its last change. ``vanished``: when it was first
    found to be no longer there.
    """

    asked: str
    root: str
    final: str
    known_as: str
    kind: Kind
    suffix: str
    sha256: str
    first: float
    checked: float
    charset: str = ""
    etag: str = ""
    modified: str = ""
    title: str = ""
    published: str = ""
    stamp: str = ""
    vanished: float | None = None

    def conditions(self) -> dict[str, str]:
        """The headers that spare a site sending what we have (RFC 9110, 13.1)."""
        stated = {"If-None-Match": self.etag, "If-Modified-Since": self.modified}
        return {name: value for name, value in stated.items() if value}


_COLUMNS = tuple(one.name for one in fields(Capture))
_TABLES = f"""
CREATE TABLE IF NOT EXISTS captures ({", ".join(_COLUMNS)}, body BLOB, PRIMARY KEY (asked));
CREATE INDEX IF NOT EXISTS captures_by_root ON captures (root);
CREATE TABLE IF NOT EXISTS robots (site PRIMARY KEY, fetched, text);
"""


class Captures:
    """All captures of an index. Every change is on the disk when its method returns."""

    def __init__(self, folder: Path) -> None:
        """``folder`` is made if it is not there."""
        folder.mkdir(parents=True, exist_ok=True)
        self._database = sqlite3.connect(folder / "captures.sqlite", isolation_level=None)
        self._database.executescript(_TABLES)

    def close(self) -> None:
        self._database.close()

    def get(self, asked: str) -> Capture | None:
        return next(self._where("asked = ?", asked), None)

    def of_root(self, root: str) -> list[Capture]:
        """The captures that this address led to first, those asked longest ago first."""
        return list(self._where("root = ? ORDER BY checked", root))

    def _where(self, condition: str, value: str) -> Iterator[Capture]:
        query = f"SELECT {', '.join(_COLUMNS)} FROM captures WHERE {condition}"
        return (Capture(*row) for row in self._database.execute(query, (value,)))

    def body(self, asked: str) -> bytes:
        """What the site sent; there must be a capture of this address."""
        query = "SELECT body FROM captures WHERE asked = ?"
        return zlib.decompress(self._database.execute(query, (asked,)).fetchone()[0])

    def put(self, capture: Capture, body: bytes) -> None:
        """Keep a capture with its body in place of the earlier one of this address."""
        marks = ", ".join("?" * (len(_COLUMNS) + 1))
        columns = ", ".join((*_COLUMNS, "body"))
        self._database.execute(
            f"INSERT OR REPLACE INTO captures ({columns}) VALUES ({marks})",
            (*astuple(capture), zlib.compress(body)),
        )

    def update(self, capture: Capture) -> None:
        """Change what is known of a capture; its body stays."""
        changes = ", ".join(f"{name} = ?" for name in _COLUMNS)
        self._database.execute(
            f"UPDATE captures SET {changes} WHERE asked = ?", (*astuple(capture), capture.asked)
        )

    def robots(self, site: str) -> tuple[float, str] | None:
        """When a site's rules for robots were fetched, and their text."""
        query = "SELECT fetched, text FROM robots WHERE site = ?"
        row = self._database.execute(query, (site,)).fetchone()
        return None if row is None else (float(row[0]), str(row[1]))

    def put_robots(self, site: str, fetched: float, text: str) -> None:
        self._database.execute(
            "INSERT OR REPLACE INTO robots VALUES (?, ?, ?)", (site, fetched, text)
        )

    def pages(self, captures: Iterable[Capture]) -> dict[str, CapturedPage]:
        """The pages among these as inputs of a run; of two captures of one the later counts."""
        return {
            one.known_as: CapturedPage(self, one)
            for one in sorted(captures, key=lambda one: one.checked)
            if one.kind == "page"
        }


def digest(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


@dataclass(frozen=True, slots=True)
class CapturedPage:
    """A captured page as an input of a run."""

    captures: Captures
    capture: Capture

    @property
    def shown(self) -> str:
        return self.capture.final

    @property
    def suffix(self) -> str:
        return self.capture.suffix

    @property
    def gone(self) -> datetime | None:
        vanished = self.capture.vanished
        return None if vanished is None else datetime.fromtimestamp(int(vanished), UTC)

    def fingerprint(self) -> str:
        """The hash of the body, and whether the page is gone, which the catalog notes too."""
        return self.capture.sha256 + (f"-gone-{self.gone:%Y%m%d%H%M%S}" if self.gone else "")

    @contextmanager
    def open(self, fields: Mapping[str, str]) -> Iterator[Source]:
        one = self.capture
        stem = PurePosixPath(unquote(urlsplit(one.final).path)).stem or "page"
        stream = BytesIO(self.captures.body(one.asked))
        origin = Origin(one.final, one.charset, one.title, one.published)
        yield Source(f"{stem}{one.suffix}", stream, fields, origin=origin)
