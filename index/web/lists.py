"""Lists of pages: RSS and Atom feeds, sitemaps, and sitemaps of sitemaps."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from index.errors import RejectedFileError
from index.readers.draft import decode
from index.web.addresses import AddressError, web_address, without_trackers
from index.web.client import FetchError, unpacked

if TYPE_CHECKING:
    from lxml.etree import _Element

MAX_ENTRIES = 50_000  # of a list; what a sitemap may hold
MAX_LIST_BYTES = 50_000_000  # likewise
_ROOT = re.compile(
    r"\s*+(?:(?><\?.*?\?>|<!--.*?-->|<!DOCTYPE[^>\[]*>)\s*+)*+"  # possessive: never tried again
    r"<(?:\w+:)?(rss|feed|RDF|urlset|sitemapindex)[\s>]",
    re.S | re.I,
)


@dataclass(frozen=True, slots=True)
class Entry:
    """A page that a list names, and what it says of it; ``stamp`` changes when the page does.

    ``trusted``: while the stamp stays, so does the page.
    """

    address: str
    title: str = ""
    published: str = ""
    stamp: str = ""
    trusted: bool = False


@dataclass(frozen=True, slots=True)
class PageList:
    """The pages that a list names, and the further ``lists`` that a sitemap index names."""

    pages: tuple[Entry, ...] = ()
    lists: tuple[Entry, ...] = ()


def is_list(body: bytes) -> bool:
    """Whether the body of an answer is a feed or a sitemap.

    >>> is_list(b'<?xml version="1.0"?><rss version="2.0">'), is_list(b"<html>")
    (True, False)
    """
    try:
        return _ROOT.match(_head(plain(body))) is not None
    except FetchError:
        return False


def _head(body: bytes) -> str:
    if body.startswith((b"\xff\xfe", b"\xfe\xff")):
        return body[:8_000].decode("utf-16", "replace")
    return body[:4_000].decode("utf-8-sig", "replace")


def plain(body: bytes) -> bytes:
    """A sitemap without the gzip that it may be kept in.

    Raises:
        FetchError: the gzip is broken, or unpacks to more than a list may hold.
    """
    if not body.startswith(b"\x1f\x8b"):
        return body
    found = bytearray()
    for chunk in unpacked([body], MAX_LIST_BYTES):
        found += chunk
        if len(found) > MAX_LIST_BYTES:
            raise FetchError("too_large", megabytes=MAX_LIST_BYTES // 1_000_000)
    return bytes(found)


def read_list(body: bytes, address: str) -> PageList:
    """The entries of a feed or sitemap that was fetched from ``address``.

    Raises:
        FetchError: it cannot be understood.
    """
    from lxml import etree

    text = _text(plain(body))
    if "<!ENTITY" in text[:100_000]:
        raise FetchError("list_entities")
    parser = etree.XMLParser(
        encoding="utf-8",  # whatever the list says of itself
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        recover=True,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(text.encode("utf-8", "replace"), parser, base_url=address)
    except (etree.LxmlError, ValueError) as error:
        raise FetchError("broken_list", error=error) from error
    if root is None:
        raise FetchError("no_list")
    kind = _name(root)
    if kind in ("urlset", "sitemapindex"):
        entries = tuple(_unique(_sitemap_entries(root, address)))
        return PageList(pages=entries) if kind == "urlset" else PageList(lists=entries)
    return PageList(pages=tuple(_unique(_feed_entries(root, address))))


_DECLARED = re.compile(rb"""<\?xml\b[^>]{0,200}?\bencoding\s*=\s*["']([\w.:-]+)["']""")


def _text(data: bytes) -> str:
    """The text of a list: valid UTF-8 wins over the encoding that it declares.

    Raises:
        FetchError: it is no text.
    """
    declared = _DECLARED.search(data[:1_000])
    try:
        return decode(data, declared[1].decode("ascii") if declared else "")
    except RejectedFileError as error:
        raise FetchError("broken_list", error=error) from error


def _unique(entries: Iterator[Entry]) -> list[Entry]:
    found: dict[str, Entry] = {}
    for entry in entries:
        found.setdefault(entry.address, entry)
        if len(found) == MAX_ENTRIES:
            break
    return list(found.values())


def _sitemap_entries(root: _Element, address: str) -> Iterator[Entry]:
    for element in root:
        facts = _facts(element)
        news = next((_facts(child) for child in element if _name(child) == "news"), {})
        link = _absolute(facts.get("loc", ""), address)
        if link:
            stamp = facts.get("lastmod", "")
            title, published = news.get("title", ""), news.get("publication_date", "")
            yield Entry(link, title, published, stamp, trusted=bool(stamp))


def _feed_entries(root: _Element, address: str) -> Iterator[Entry]:
    """The entries of RSS 0.9 to 2.0 and Atom."""
    for element in root.iter():
        if _name(element) not in ("item", "entry"):
            continue
        facts = _facts(element)
        link = _link(element, facts, address)
        if link:
            published = facts.get("pubDate") or facts.get("published") or facts.get("date") or ""
            stamp = facts.get("updated") or facts.get("modified") or ""
            yield Entry(link, facts.get("title", ""), published or stamp, stamp)


def _link(element: _Element, facts: dict[str, str], address: str) -> str:
    """Where an entry leads: its original link, its link, or an identifier that is one."""
    candidates = [(facts.get("origLink", ""), element.base)]
    for child in element:
        if _name(child) == "link":
            target = child.get("href") or "".join(child.itertext())
            if child.get("rel", "alternate") == "alternate":
                candidates.append((target, child.base))
        elif _name(child) == "guid" and child.get("isPermaLink") != "false":
            candidates.append((facts.get("guid", ""), child.base))
    found = (_absolute(text, base or address) for text, base in candidates)
    return next((link for link in found if link), "")


def _absolute(text: str, base: str) -> str:
    try:
        return without_trackers(web_address(text, base)) if text.strip() else ""
    except AddressError:
        return ""


def _facts(element: _Element) -> dict[str, str]:
    """The text of each child by its name; of one name, those of the own namespace come first."""
    found: dict[str, str] = {}
    for child in sorted(element, key=lambda child: _space(child) != _space(element)):
        text = " ".join("".join(child.itertext()).split())[:2_000]
        if text:
            found.setdefault(_name(child), text)
    return found


def _space(element: _Element) -> str:
    return element.tag.rpartition("}")[0] if isinstance(element.tag, str) else ""


def _name(element: _Element) -> str:
    """The name of an element without its namespace; empty for what is no element."""
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""
