"""Plain text and Markdown."""

from __future__ import annotations

import re
from collections.abc import Iterator

from index.readers.draft import Draft, Source, draft_of
from index.readers.exports import read_export
from index.readers.wrapping import paragraph_lines
from index.structure import parse_page
from prompts import Message


def read_text(source: Source) -> Iterator[Draft | Message]:
    """The article of a text, or the articles of an export."""
    text = source.text()
    if found := read_export(text.splitlines()):
        yield from found
    else:
        yield Draft("", parse_page(paragraph_lines(text)))


def read_markdown(source: Source) -> Iterator[Draft]:
    text = source.text()
    front: dict[str, str] = {}
    match = re.match(r"---[ \t]*\r?\n(.*?)\r?\n---[ \t]*\r?\n", text, re.DOTALL)
    if match:
        for line in match.group(1).splitlines():
            name, separator, value = line.partition(":")
            if separator:
                front[name.strip()] = value.strip().strip("\"'")
        text = text[match.end() :]
    blocks = [" ".join(block.split()) for block in re.split(r"\n\s*\n", text.replace("\r\n", "\n"))]
    yield draft_of(front, blocks, "")
