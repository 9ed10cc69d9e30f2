"""What every reader is given and what it yields."""

from __future__ import annotations

import codecs
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import PurePosixPath
from typing import BinaryIO

from index.dates import local, stated_date
from index.errors import RejectedFileError
from index.structure import Page, parse_page
from index.text import language_of
from prompts import Message

MAX_BYTES = 200_000_000
MAX_SECONDS = 120.0  # for one document; one that takes longer is cut off there
SAMPLE_BYTES = 100_000  # that tell text from binary data
MOST_CONTROL = 0.002  # of them that stand in no text
MOST_DAMAGED = 0.01  # of the characters of a text in the encoding that it is said to have
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


def decode(data: bytes, *labels: str) -> str:
    """Text from bytes: UTF-16 by its mark or its NULs, UTF-8 where it is valid, else by a label.

    ``labels`` name encodings, the surest first. Without one that fits, what is no UTF-8 is
    Windows-1252: single bytes, or the lines that hold more of these, so that one bad byte costs
    one character.

    Raises:
        RejectedFileError: binary data.

    >>> decode("“Kafé” ".encode() + "é".encode("cp1252"), "utf-8")
    '“Kafé” é'
    """
    marked = data.startswith((b"\xff\xfe", b"\xfe\xff"))
    if wide := "utf-16" if marked else _unmarked_utf16(data[:SAMPLE_BYTES]):
        text = data.decode(wide, "replace")
        if text.count("\ufffd") > MOST_DAMAGED * len(text) + 1:
            raise RejectedFileError("broken_utf16")
        if not marked and _control_share(text[:SAMPLE_BYTES].encode("utf-8", "replace")):
            raise RejectedFileError("binary")
        return text
    if _control_share(data[:SAMPLE_BYTES]) > MOST_CONTROL:
        raise RejectedFileError("binary")
    if data.isascii():
        return _labelled(data, labels) or data.decode("ascii")  # ISO-2022 is written in ASCII too
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        pass
    if text := _labelled(data, labels):
        return text
    text = _mixed(data.removeprefix(b"\xef\xbb\xbf"))
    letters = sum(char.isalnum() or char.isspace() for char in text[:SAMPLE_BYTES])
    if letters < 0.6 * min(len(text), SAMPLE_BYTES):
        raise RejectedFileError("binary") from None
    return text


# What labels stand for on the web: https://encoding.spec.whatwg.org/#names-and-labels
_MEANT = {
    "iso8859-1": "cp1252", "ascii": "cp1252", "iso8859-9": "cp1254", "iso8859-11": "cp874",
    "tis-620": "cp874", "gb2312": "gb18030", "gbk": "gb18030", "shift_jis": "cp932",
    "euc_kr": "cp949",
}  # fmt: skip


def _labelled(data: bytes, labels: Sequence[str]) -> str:
    """The text by the first encoding of these that is known and fits, or nothing."""
    for label in labels:
        try:
            name = codecs.lookup(label).name
            name = _MEANT.get(name, name)
            if name.startswith(("utf", "cp1252")):  # these are found without a label
                continue
            text = data.decode(name, "replace")
        except (LookupError, ValueError):
            continue
        if text.count("\ufffd") <= MOST_DAMAGED * len(text) + 1:
            return text
    return ""


_UTF8_CHARACTER = re.compile(
    rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}"
)


def _mixed(data: bytes) -> str:
    """UTF-8 and Windows-1252 in one text: each line is what more of its bytes speak for."""
    spoken = _spoken(data)
    lines = []
    for line in data.split(b"\n"):
        own = _spoken(line)
        if (own or spoken) > 0:
            lines.append(line.decode("utf-8", "windows-1252"))
        else:
            lines.append(line.decode("cp1252", "replace"))
    return "\n".join(lines)


def _spoken(data: bytes) -> int:
    """How many bytes of characters speak for UTF-8, less those that speak against it."""
    characters = _UTF8_CHARACTER.findall(data)
    high = len(data) - len(data.translate(None, _HIGH))
    return 2 * sum(map(len, characters)) - len(characters) - high


_HIGH = bytes(range(128, 256))


def _as_windows(error: UnicodeError) -> tuple[str, int]:
    """What stands for the bytes that are no UTF-8, and where to go on."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    bad = error.object[error.start : error.end]
    return bad.decode("cp1252", "replace"), error.end


codecs.register_error("windows-1252", _as_windows)


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


def dated(draft: Draft, fields: Mapping[str, str], month_first: bool = False) -> Draft:
    """``draft`` with the dates, author, outlet and the like that ``fields`` states."""
    page = draft.page
    spoken = fields.get("language", "")
    month_first = month_first or is_american(spoken)
    stated = stated_date(fields.get("published", ""), month_first)
    changed = stated_date(fields.get("updated", ""), month_first)
    if any(one and not one.date_only and one.when.tzinfo is None for one in (stated, changed)):
        text = " ".join(text for text, _ in page.blocks)
        language = spoken[:2].lower() or language_of(text) or ""
        stated, changed = local(stated, language), local(changed, language)
    if stated:
        page = replace(page, published=stated.when, date_only=stated.date_only)
    return Draft(
        draft.key,
        replace(page, author=fields.get("author") or page.author),
        fields.get("source", ""),
        fields.get("url", ""),
        spoken,
        fields.get("section", ""),
        changed.when if changed else None,
    )


def is_american(language: str) -> bool:
    """Whether a language is that of the United States, which write the month first.

    >>> is_american("en_US"), is_american("en-GB")
    (True, False)
    """
    return language.lower().replace("_", "-").startswith("en-us")
