"""What every reader is given and what it yields."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import PurePosixPath
from typing import BinaryIO

from index.dates import find_date
from index.errors import RejectedFileError
from index.structure import Page, parse_page
from prompts import Message

MAX_BYTES = 200_000_000
MAX_SECONDS = 120.0  # for one document; one that takes longer is cut off there
SAMPLE_BYTES = 100_000  # that tell text from binary data
MOST_CONTROL = 0.002  # of them that stand in no text
LATE = Message("not_in_time", minutes=round(MAX_SECONDS / 60))


@dataclass(frozen=True, slots=True)
class Origin:
    """Where on the web something comes from; what its site, and the list that named it, say of it.

    ``title`` and ``published`` stand in where the page itself is silent.
    """

    url: str = ""
    charset: str = ""
    title: str = ""
    published: str = ""


@dataclass(frozen=True, slots=True)
class Source:
    """A file, or one packed into another. ``name`` tells its format; ``stream`` can seek.

    ``fields`` names the columns of records: ``{"title": "judul"}``. ``deadline`` is the monotonic
    time at which reading stops.
    """

    name: str
    stream: BinaryIO
    fields: Mapping[str, str] = field(default_factory=dict)
    deadline: float = field(default_factory=lambda: time.monotonic() + MAX_SECONDS)
    depth: int = 0
    origin: Origin = Origin()

    @property
    def suffix(self) -> str:
        return PurePosixPath(self.name).suffix.lower()

    def read(self) -> bytes:
        """All bytes.

        Raises:
            RejectedFileError: there are more than ``MAX_BYTES``.
        """
        self.stream.seek(0)
        data = self.stream.read(MAX_BYTES + 1)
        if len(data) > MAX_BYTES:
            raise RejectedFileError("too_large", megabytes=MAX_BYTES // 1_000_000)
        return data

    def text(self) -> str:
        return decode(self.read())

    def expired(self) -> bool:
        return time.monotonic() > self.deadline


@dataclass(frozen=True, slots=True)
class Draft:
    """An article before it has an id: ``key`` tells the articles of one file apart."""

    key: str
    page: Page
    source: str = ""
    url: str = ""
    language: str = ""
    section: str = ""
    updated: datetime | None = None


Reader = Callable[[Source], Iterator[Draft | Message]]
"""Yields the articles of a source, and a reason for each part that is left out."""


def of_part(key: str, reason: Message) -> Message:
    """A reason that names the part of a file that it is about; that of the whole has no key."""
    return Message("part", part=key, reason=reason) if key else reason


def decode(data: bytes) -> str:
    """Text from bytes: UTF-8, UTF-16 by its mark or its NUL bytes, else Windows-1252.

    Raises:
        RejectedFileError: binary data.
    """
    marked = data.startswith((b"\xff\xfe", b"\xfe\xff"))
    if wide := "utf-16" if marked else _unmarked_utf16(data[:SAMPLE_BYTES]):
        try:
            text = data.decode(wide)
        except UnicodeDecodeError as error:
            raise RejectedFileError("broken_utf16") from error
        if not marked and _control_share(text[:SAMPLE_BYTES].encode("utf-8", "replace")):
            raise RejectedFileError("binary")
        return text
    if _control_share(data[:SAMPLE_BYTES]) > MOST_CONTROL:
        raise RejectedFileError("binary")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("cp1252", errors="replace")
        letters = sum(char.isalnum() or char.isspace() for char in text[:SAMPLE_BYTES])
        if letters < 0.6 * min(len(text), SAMPLE_BYTES):
            raise RejectedFileError("binary") from None
        return text


def _control_share(sample: bytes) -> float:
    """The share of bytes that stand in no text."""
    found = sum(byte < 9 or 13 < byte < 27 or 27 < byte < 32 for byte in sample)
    return found / max(1, len(sample))


def _unmarked_utf16(sample: bytes) -> str:
    """The byte order of UTF-16 without a mark, or nothing.

    Of Latin letters every other byte is NUL, and next to none of those between.

    >>> _unmarked_utf16("Banjir".encode("utf-16-be")), _unmarked_utf16(b"Banjir")
    ('utf-16-be', '')
    """
    for name, high, low in (("utf-16-le", sample[1::2], sample[::2]),
                            ("utf-16-be", sample[::2], sample[1::2])):  # fmt: skip
        if high.count(0) > 0.7 * len(high) and low.count(0) < 0.02 * len(low):
            return name
    return ""


def draft_of(fields: Mapping[str, str], blocks: list[str], key: str) -> Draft:
    """An article of blocks whose kinds are unknown; ``fields`` says what is known of it."""
    return dated(Draft(key, parse_page(blocks, title=fields.get("title", ""))), fields)


def dated(draft: Draft, fields: Mapping[str, str]) -> Draft:
    """``draft`` with the dates, author, outlet and the like that ``fields`` states."""
    page = draft.page
    stated = find_date(fields.get("published", ""))
    changed = find_date(fields.get("updated", ""))
    if stated:
        page = replace(page, published=stated.when, date_only=stated.date_only)
    return Draft(
        draft.key,
        replace(page, author=fields.get("author") or page.author),
        fields.get("source", ""),
        fields.get("url", ""),
        fields.get("language", ""),
        fields.get("section", ""),
        changed.when if changed else None,
    )
