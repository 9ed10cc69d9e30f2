"""Documents that are ZIP files of XML: Word and e-books."""

from __future__ import annotations

import posixpath
import zipfile
import zlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from index.errors import RejectedFileError
from index.readers.draft import LATE, Draft, Source, dated, draft_of, of_part
from index.readers.markup import markup_blocks
from index.readers.packed import open_zip
from index.structure import Block, Kind, parse_article
from index.text import language_of, words
from prompts import Message

if TYPE_CHECKING:
    from lxml.etree import _Element

LEAST_WORDS = 20  # of a chapter: less is a cover, a title page or a dedication


def read_docx(source: Source) -> Iterator[Draft | Message]:
    """The article of a Word document: styled paragraphs, lists and tables in their order."""
    import docx
    from docx.opc.exceptions import OpcError
    from lxml.etree import LxmlError

    open_zip(source.stream)
    source.stream.seek(0)
    try:
        document = docx.Document(source.stream)
        blocks = list(_word_blocks(document))
    except (OpcError, LxmlError, zipfile.BadZipFile, zlib.error, KeyError, ValueError, OSError,
            AttributeError, RecursionError, EOFError) as error:  # fmt: skip
        raise RejectedFileError("broken_word", error=error) from error
    heads = [one.text for one in blocks[:3] if one.kind == "heading"]
    if heads:
        yield Draft("", parse_article(blocks, heads[0]))
    else:
        yield draft_of({}, [one.text for one in blocks], "")


_STYLES: tuple[tuple[str, Kind], ...] = (
    ("title", "heading"), ("heading", "heading"), ("judul", "heading"), ("list", "item"),
    ("caption", "caption"), ("keterangan", "caption"), ("quote", "quote"),
)  # fmt: skip


def _word_blocks(document: Any) -> Iterator[Block]:
    from docx.table import Table

    for one in document.iter_inner_content():
        if isinstance(one, Table):
            yield from _word_rows(one)
            continue
        style = (one.style.name or "").lower() if one.style is not None else ""
        kind: Kind = next((kind for start, kind in _STYLES if style.startswith(start)), "text")
        numbered = one._p.pPr is not None and one._p.pPr.numPr is not None
        for line in filter(None, map(str.strip, one.text.split("\n"))):
            if numbered or kind == "item":
                yield Block(f"- {line}", "item")
            else:
                yield Block(line, kind)


def _word_rows(table: Any) -> Iterator[Block]:
    for row in table.rows:
        cells: dict[int, str] = {}  # merged cells come several times
        for cell in row.cells:
            cells.setdefault(id(cell._tc), " ".join(cell.text.split()))
        yield Block("; ".join(text for text in cells.values() if text), "row")


def read_epub(source: Source) -> Iterator[Draft | Message]:
    """The chapters of an e-book, each an article: a magazine's, or a book's."""
    with open_zip(source.stream) as book:
        names = set(book.namelist())
        if "META-INF/encryption.xml" in names and "META-INF/rights.xml" in names:
            raise RejectedFileError("drm")
        container = _xml(book, "META-INF/container.xml")
        package_name = next((node.get("full-path") for node in container.iter("{*}rootfile")), None)
        if not package_name:
            raise RejectedFileError("no_book_package")
        package = _xml(book, package_name)
        facts = {
            "source": _fact(package, "publisher") or _fact(package, "title"),
            "author": _fact(package, "creator"),
            "published": _fact(package, "date"),
            "language": _fact(package, "language"),
        }
        items = {node.get("id"): node for node in package.iter("{*}item") if node.get("href")}
        for reference in package.iter("{*}itemref"):
            item = items.get(reference.get("idref"))
            if item is None or "nav" in (item.get("properties") or "").split():
                continue
            href = unquote(item.get("href"))
            name = posixpath.normpath(posixpath.join(posixpath.dirname(package_name), href))
            if source.expired():
                yield of_part(name, LATE)
                return
            try:
                blocks = markup_blocks(book.read(name))
            except (KeyError, zipfile.BadZipFile, RuntimeError, zlib.error, EOFError) as error:
                yield of_part(name, Message("unreadable", error=error))
                continue
            if sum(len(words(one.text)) for one in blocks) < LEAST_WORDS:
                continue
            heading = next((one.text for one in blocks[:5] if one.kind == "heading"), "")
            page = parse_article(blocks, heading or _fact(package, "title"))
            read = " ".join(text for text, _ in page.blocks)  # a book's language is often a default
            language = language_of(f"{page.title} {read}") or facts["language"]
            yield dated(Draft(name, page), facts | {"language": language})


def _xml(book: zipfile.ZipFile, name: str) -> _Element:
    from lxml import etree

    parser = etree.XMLParser(resolve_entities=False, no_network=True, recover=True)
    try:
        tree = etree.fromstring(book.read(name), parser)
    except (KeyError, etree.LxmlError, zipfile.BadZipFile, RuntimeError, zlib.error, EOFError,
            ValueError) as error:  # fmt: skip
        raise RejectedFileError("unreadable_in_book", name=name) from error
    if tree is None:
        raise RejectedFileError("empty_in_book", name=name)
    return tree


def _fact(package: _Element, name: str) -> str:
    """The first Dublin Core element of this name."""
    found = (" ".join((node.text or "").split()) for node in package.iter(f"{{*}}{name}"))
    return next((text for text in found if text), "")
