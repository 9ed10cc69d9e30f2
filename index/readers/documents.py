"""E-books."""

from __future__ import annotations

import posixpath
import zipfile
import zlib
from collections.abc import Iterator
from typing import TYPE_CHECKING
from urllib.parse import unquote

from index.errors import RejectedFileError
from index.readers.draft import LATE, Draft, Source, dated, of_part
from index.readers.markup import markup_blocks
from index.readers.packed import open_zip
from index.structure import parse_article
from index.text import language_of, words
from prompts import Message

if TYPE_CHECKING:
    from lxml.etree import _Element

LEAST_WORDS = 20  # of a chapter: less is a cover, a title page or a dedication


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
