"""Blocks of markup that is text throughout: a book's chapter, a field of a content system."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from index.structure import Block, Kind

if TYPE_CHECKING:
    from lxml.etree import _Element

_KINDS: dict[str, Kind] = {
    **dict.fromkeys(("h1", "h2", "h3", "h4", "h5", "h6"), "heading"),
    "li": "item", "blockquote": "quote", "figcaption": "caption", "caption": "caption",
}  # fmt: skip
_SEPARATE = frozenset(
    "address article aside body dd details div dl dt fieldset figure footer form header hr main "
    "nav ol p pre section summary table tbody td tfoot th thead ul".split()
)
_SILENT = frozenset("script style head template noscript svg math iframe object".split())
_MARKUP = re.compile(r"</?(?:p|br|div|li|h[1-6]|blockquote|strong|em|a|span)\b[^<>]*>", re.I)


def is_markup(text: str) -> bool:
    """Whether a text is written in HTML.

    >>> is_markup("<p>Banjir surut.</p>"), is_markup("1 < 2 and 3 > 2")
    (True, False)
    """
    return bool(_MARKUP.search(text))


def markup_blocks(html: str | bytes) -> list[Block]:
    """The blocks of a page or a part of one, in order."""
    from lxml import etree
    from lxml.html import HTMLParser, document_fromstring

    data = html.encode("utf-8", "replace") if isinstance(html, str) else html
    try:
        tree = document_fromstring(data, parser=HTMLParser(encoding="utf-8", recover=True))
    except etree.LxmlError:
        return []
    return list(_blocks(tree, "text"))


def _blocks(element: _Element, kind: Kind) -> Iterator[Block]:
    parts: list[str] = []

    def walk(parent: _Element, kind: Kind) -> Iterator[Block]:
        parts.append(_inline(parent.text))
        for child in parent:
            tag = child.tag if isinstance(child.tag, str) else ""
            if tag == "tr":
                yield from close(kind)
                cells = (_inline("".join(cell.itertext())).strip() for cell in child)
                yield Block("; ".join(cell for cell in cells if cell), "row")
            elif tag in _KINDS or tag in _SEPARATE:
                yield from close(kind)
                inner = _KINDS.get(tag, kind)
                yield from walk(child, inner)
                yield from close(inner)
            elif tag == "br":
                yield from close(kind)
            elif tag and tag not in _SILENT:
                yield from walk(child, kind)
            parts.append(_inline(child.tail))

    def close(kind: Kind) -> Iterator[Block]:
        text = " ".join("".join(parts).split())
        parts.clear()
        if text:
            yield Block(f"- {text}" if kind == "item" else text, kind)

    yield from walk(element, kind)
    yield from close(kind)


def _inline(text: str | None) -> str:
    return re.sub(r"\s+", " ", text or "")
