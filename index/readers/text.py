"""Plain text and Markdown."""

from __future__ import annotations

import re
from collections.abc import Iterator

from index.readers.draft import Draft, Source, draft_of
from index.structure import parse_page


def read_text(source: Source) -> Iterator[Draft]:
    yield Draft("", parse_page(source.text().splitlines()))


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
