"""What every reader is given and what it yields."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath
from typing import BinaryIO

from index.dates import find_date
from index.errors import RejectedFileError
from index.structure import Page, parse_page
from prompts import Message

MAX_BYTES = 200_000_000
MAX_SECONDS = 120.0  # for one document; one that takes longer is cut off there
LATE = Message("not_in_time", minutes=round(MAX_SECONDS / 60))


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


Reader = Callable[[Source], Iterator[Draft | Message]]
"""Yields the articles of a source, and a reason for each part that is left out."""


def of_part(key: str, reason: Message) -> Message:
    """A reason that names the part of a file that it is about; that of the whole has no key."""
    return Message("part", part=key, reason=reason) if key else reason


def decode(data: bytes) -> str:
    """Text from bytes: UTF-8, UTF-16 by its mark, else Windows-1252.

    Raises:
        RejectedFileError: binary data.
    """
    for mark, encoding in ((b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if data.startswith(mark):
            try:
                return data.decode(encoding)
            except UnicodeDecodeError as error:
                raise RejectedFileError("broken_utf16") from error
    sample = data[:100_000]
    control = sum(byte < 9 or 13 < byte < 27 or 27 < byte < 32 for byte in sample)
    if control > 0.002 * len(sample):
        raise RejectedFileError("binary")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("cp1252", errors="replace")
        letters = sum(char.isalnum() or char.isspace() for char in text[:100_000])
        if letters < 0.6 * min(len(text), 100_000):
            raise RejectedFileError("binary") from None
        return text


def draft_of(fields: Mapping[str, str], blocks: list[str], key: str) -> Draft:
    """An article of blocks whose kinds are unknown; ``fields`` says what is known of it."""
    return dated(Draft(key, parse_page(blocks, title=fields.get("title", ""))), fields)


def dated(draft: Draft, fields: Mapping[str, str]) -> Draft:
    """``draft`` with the date, author, outlet, address and language that ``fields`` states."""
    page = draft.page
    stated = find_date(fields.get("published", ""))
    if stated:
        page = replace(page, published=stated.when, date_only=stated.date_only)
    return Draft(
        draft.key,
        replace(page, author=fields.get("author") or page.author),
        fields.get("source", ""),
        fields.get("url", ""),
        fields.get("language", ""),
    )
