"""Word documents: all text that is not deleted, wherever Word keeps it."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from index.errors import RejectedFileError
from index.readers.draft import Draft, Source, draft_of
from index.readers.exports import read_export
from index.readers.packed import open_zip
from index.structure import Block, Kind, parse_article
from prompts import Message

if TYPE_CHECKING:
    from lxml.etree import _Element


def read_docx(source: Source) -> Iterator[Draft | Message]:
    """The article of a Word document: styled paragraphs, lists, tables and notes in their order.

    Of an export of several, each.
    """
    import docx
    from docx.opc.exceptions import OpcError
    from lxml.etree import LxmlError

    open_zip(source.stream)
    source.stream.seek(0)
    try:
        document = docx.Document(source.stream)
        blocks = list(_Reader(document).read(document.element.body))
    except (OpcError, LxmlError, zipfile.BadZipFile, zlib.error, KeyError, ValueError, OSError,
            AttributeError, RecursionError, EOFError) as error:  # fmt: skip
        raise RejectedFileError("broken_word", error=error) from error
    if found := read_export([line for one in blocks for line in (one.text, "")]):
        yield from found
        return
    heads = [one.text for one in blocks[:3] if one.kind == "heading"]
    if heads:
        yield Draft("", parse_article(blocks, heads[0]))
    else:
        yield draft_of({}, [one.text for one in blocks], "")


_STYLES: tuple[tuple[str, Kind], ...] = (
    ("title", "heading"), ("heading", "heading"), ("judul", "heading"), ("list", "item"),
    ("caption", "caption"), ("keterangan", "caption"), ("quote", "quote"),
)  # fmt: skip
_DELETED = frozenset(("del", "moveFrom"))
# What is no text of the document: its properties, the codes of fields, readings of characters
_SILENT = frozenset(
    ("pPr", "rPr", "tblPr", "trPr", "tcPr", "sdtPr", "sectPr", "instrText", "delText", "rt")
)
_SIGNS = {"tab": " ", "ptab": " ", "br": "\n", "cr": "\n", "noBreakHyphen": "-"}
_REFERENCES = {"footnoteReference": "footnotes", "endnoteReference": "endnotes"}


class _Reader:
    """Reads elements of ``word/document.xml`` into blocks.

    Insertions, moves, content controls, smart tags, fields and links are wrapped around text, and
    text boxes and notes hang on a paragraph, behind which they come.
    """

    def __init__(self, document: Any) -> None:
        self._styles = {one.style_id: (one.name or "").lower() for one in document.styles}
        self._notes = {kind: _notes(document, kind) for kind in _REFERENCES.values()}
        self._behind: list[_Element] = []  # what hangs on the paragraph that is being read
        self._joined = ""  # a paragraph whose end is deleted goes on in the next

    def read(self, body: _Element) -> Iterator[Block]:
        yield from self.blocks(body)
        yield from self._open()

    def _open(self) -> Iterator[Block]:
        """The paragraph that waits for its end, where none can come."""
        if text := self._joined.strip():
            yield Block(text)
        self._joined = ""

    def blocks(self, parent: _Element) -> Iterator[Block]:
        for child in parent:
            name = _name(child)
            if name in _DELETED or name in _SILENT or _is_placeholder(child):
                continue
            if name == "p":
                yield from self._paragraph(child)
            elif name == "tbl":
                yield from self._open()
                yield from self._table(child)
            else:
                yield from self.blocks(_shown(child))

    def _paragraph(self, paragraph: _Element) -> Iterator[Block]:
        text = self._joined + "".join(self._inline(paragraph))
        self._joined = ""
        mark = _child(paragraph, "pPr", "rPr")
        if mark is not None and any(_name(one) in _DELETED for one in mark):
            self._joined = text
            return
        style = _child(paragraph, "pPr", "pStyle")
        named = self._styles.get(_value(style), "") if style is not None else ""
        kind: Kind = next((kind for start, kind in _STYLES if named.startswith(start)), "text")
        if kind == "item" or _child(paragraph, "pPr", "numPr") is not None:
            kind = "item"
        for line in filter(None, map(str.strip, text.split("\n"))):
            yield Block(f"- {line}" if kind == "item" else line, kind)
        behind, self._behind = self._behind, []
        for one in behind:
            yield from self.blocks(one)

    def _inline(self, parent: _Element) -> Iterator[str]:
        for child in parent:
            name = _name(child)
            if name in _DELETED or name in _SILENT or _is_placeholder(child):
                continue
            if name == "t":
                yield child.text or ""
            elif name in _SIGNS:
                yield _SIGNS[name]
            elif name == "txbxContent":
                self._behind.append(child)
            elif name in _REFERENCES:
                note = self._notes[_REFERENCES[name]].pop(_value(child, "id"), None)
                if note is not None:
                    self._behind.append(note)
            else:
                yield from self._inline(_shown(child))

    def _table(self, table: _Element) -> Iterator[Block]:
        above: dict[int, str] = {}  # texts of cells that go on in the next row, by their column
        for row in _inside(table, "tr"):
            cells: list[str] = []
            held: list[Block] = []
            column = 0
            for cell in _inside(row, "tc"):
                if _child(cell, "tcPr", "cellDel") is not None:
                    continue
                found = list(self.blocks(cell))
                held += found
                texts = (one.text.removeprefix("- ") for one in found if one.kind != "row")
                text = " ".join(" ".join(texts).split())
                merged = _child(cell, "tcPr", "vMerge")
                if merged is not None and _value(merged) != "restart":
                    text = above.get(column, "")
                cells.append(text)
                above[column] = text
                span = _child(cell, "tcPr", "gridSpan")
                column += int(_value(span) or 1) if span is not None else 1
            cells = [text for text in cells if text]
            if len(cells) == 1 and len(held) > 1:  # a table that lays out text
                yield from held
            else:
                yield Block("; ".join(cells), "row")
                yield from (one for one in held if one.kind == "row")


def _notes(document: Any, kind: str) -> dict[str, _Element]:
    """The notes of a document by their id."""
    from lxml import etree

    parser = etree.XMLParser(resolve_entities=False, no_network=True)
    for relation in document.part.rels.values():
        if relation.reltype.endswith(f"/{kind}") and not relation.is_external:
            notes = etree.fromstring(relation.target_part.blob, parser)
            return {_value(one, "id"): one for one in notes if not _value(one, "type")}
    return {}


def _name(element: _Element) -> str:
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def _value(element: _Element, attribute: str = "val") -> str:
    return next((str(v) for k, v in element.attrib.items() if k.endswith(f"}}{attribute}")), "")


def _child(element: _Element, *names: str) -> _Element | None:
    """The element below ``element`` on the path of these names."""
    for name in names:
        found = next((one for one in element if _name(one) == name), None)
        if found is None:
            return None
        element = found
    return element


def _shown(element: _Element) -> _Element:
    """Of what is written twice, for newer and older versions of Word, the first with a text."""
    if _name(element) != "AlternateContent":
        return element
    return next((one for one in element if any(_name(t) == "t" for t in one.iter())), element[:0])


def _is_placeholder(element: _Element) -> bool:
    """Whether a content control only shows what is to be written into it."""
    return _name(element) == "sdt" and _child(element, "sdtPr", "showingPlcHdr") is not None


def _inside(element: _Element, name: str) -> Iterator[_Element]:
    """The rows of a table or the cells of a row that are not deleted, in content controls too."""
    for child in element:
        found = _name(child)
        if found == name:
            if _child(child, "trPr", "del") is None:
                yield child
        elif found not in _DELETED and found not in _SILENT:
            yield from _inside(child, name)
