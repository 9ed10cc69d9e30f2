"""Which reader a file is for: by its name, unless its first bytes say otherwise."""

from __future__ import annotations

import re
from collections.abc import Iterator

from index.errors import RejectedFileError
from index.readers.documents import read_epub
from index.readers.draft import Draft, Reader, Source
from index.readers.mail import read_email
from index.readers.objects import read_json, read_jsonl
from index.readers.packed import read_gzip, read_zip
from index.readers.pdf import read_pdf
from index.readers.saved import read_html, read_mhtml, read_warc, read_webarchive
from index.readers.tables import read_csv
from index.readers.text import read_markdown, read_text
from index.readers.word import read_docx
from prompts import Message

READERS: dict[str, Reader] = {
    ".txt": read_text,
    ".md": read_markdown,
    ".html": read_html,
    ".htm": read_html,
    ".xhtml": read_html,
    ".mhtml": read_mhtml,
    ".mht": read_mhtml,
    ".webarchive": read_webarchive,
    ".eml": read_email,
    ".warc": read_warc,
    ".pdf": read_pdf,
    ".docx": read_docx,
    ".epub": read_epub,
    ".json": read_json,
    ".jsonl": read_jsonl,
    ".ndjson": read_jsonl,
    ".csv": read_csv,
    ".tsv": read_csv,
    ".zip": read_zip,
    ".gz": read_gzip,
}

MAPPED_SUFFIXES = frozenset((".json", ".jsonl", ".ndjson", ".csv", ".tsv", ".gz", ".zip"))
"""Of the files that hold records, or may: their columns can be named."""

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_SIGNATURES = (
    (b"%PDF-", ".pdf"),
    (b"\x1f\x8b", ".gz"),
    (b"WARC/", ".warc"),
    (b"bplist00", ".webarchive"),
)
_PACKED = (".zip", ".docx", ".epub")  # all of them ZIP files
_BINARY = (".pdf", ".gz", *_PACKED)


def read_source(source: Source) -> Iterator[Draft | Message]:
    """The articles of a file, and a reason for each part that is left out.

    Raises:
        RejectedFileError: nothing of it can be used.
    """
    reader = READERS.get(source.suffix)
    if reader is None:
        known = ", ".join(sorted(READERS))
        if not source.suffix:
            raise RejectedFileError("no_suffix", known=known)
        raise RejectedFileError("unknown_format", suffix=source.suffix, known=known)
    source.stream.seek(0)
    head = source.stream.read(1_024)
    if not head.strip():
        raise RejectedFileError("empty")
    yield from READERS[_format(source.suffix, head)](source)


def _format(suffix: str, head: bytes) -> str:
    """The suffix of the format that these first bytes have.

    Raises:
        RejectedFileError: they belong to no format, or not to that of the name.
    """
    if head.startswith(_OLE):
        raise RejectedFileError("old_office")
    found = next((name for start, name in _SIGNATURES if head.startswith(start)), "")
    if not found and b"%PDF-" in head and suffix == ".pdf":
        found = ".pdf"  # readers allow some bytes before the mark
    if head.startswith(b"PK\x03\x04"):
        found = suffix if suffix in _PACKED else _packed(head)
    if found and found != suffix:
        return found
    if not found and suffix in _BINARY:
        if re.match(rb"\s*(?:<!doctype html|<html)", head, re.I):
            return ".html"
        raise RejectedFileError("not_this_format", suffix=suffix)
    return suffix


def _packed(head: bytes) -> str:
    return ".epub" if b"application/epub+zip" in head else ".zip"
