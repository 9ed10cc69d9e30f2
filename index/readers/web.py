"""Web pages: what they state about themselves, and the blocks of the article."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import astuple, dataclass, replace
from datetime import UTC, datetime, timedelta, timezone
from html import unescape
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

from index.dates import ZONES, FoundDate, find_date
from index.errors import RejectedFileError
from index.readers.draft import Draft, decode
from index.structure import Block, Kind, parse_article, parse_page
from index.text import language_of, words

if TYPE_CHECKING:
    from lxml.etree import _Element

MAX_PAGE_BYTES = 20_000_000
MAX_CAPTION_WORDS = 60
MAX_ROW_CHARS = 1_000  # of a table that holds data, not the page
LINK_SHARE = 0.8  # of a block's letters: above it the block is a link with a word or two around it

_ARTICLE_TYPES = re.compile(r"Article$|^BlogPosting$|^LiveBlogPosting$|^Report$|^Review$")


@dataclass(frozen=True, slots=True)
class Facts:
    """What a page states about its article, as text; empty where it is silent."""

    title: str = ""
    published: str = ""
    author: str = ""
    source: str = ""
    url: str = ""
    language: str = ""
    section: str = ""
    updated: str = ""


def read_page(
    html: str,
    key: str = "",
    url: str = "",
    known: Facts | None = None,
    listed: Facts | None = None,
) -> Draft | None:
    """The article of a web page, or None when it holds none.

    ``url``: where it was fetched. ``known``: facts that are surer than what the page states;
    ``listed``: facts less sure, from a feed, in which titles may be HTML.

    Raises:
        RejectedFileError: the page is larger than any page of news.
    """
    from lxml import etree
    from lxml.html import HTMLParser, document_fromstring

    if len(html) > MAX_PAGE_BYTES:
        raise RejectedFileError("page_too_large", megabytes=MAX_PAGE_BYTES // 1_000_000)
    try:
        # Bytes, since lxml refuses a string that has an encoding declaration.
        data = html.encode("utf-8", "replace")
        tree = document_fromstring(data, parser=HTMLParser(encoding="utf-8", recover=True))
    except etree.LxmlError:
        return None
    stated = page_facts(tree, html)
    blocks = _article_blocks(html, _captions(tree))
    lines = [] if blocks else _article_lines(html)
    if not blocks and not lines:
        return None
    facts = _overlaid(known, stated) if known else stated
    if listed:
        facts = _overlaid(facts, replace(listed, title=_text(listed.title)))
    facts = _completed(facts, html)
    if blocks:
        page = parse_article(blocks, facts.title, facts.author)
    else:
        page = parse_page(lines, facts.title)
    text = " ".join(text for text, _ in page.blocks)
    language = language_of(f"{facts.title} {text}") or facts.language
    when = _local(facts.published, language)
    changed = _local(facts.updated, language)
    if when:
        page = replace(page, published=when.when, date_only=when.date_only)
    return Draft(
        key,
        replace(page, author=facts.author or page.author),
        facts.source or (urlsplit(facts.url or url).hostname or "").removeprefix("www."),
        facts.url or url,
        language,
        facts.section,
        changed.when if changed else None,
    )


def decode_page(data: bytes, charset: str = "") -> str:
    """The text of a page: by ``charset``, else as it declares itself, else as any text.

    >>> decode_page("<meta charset='windows-1252'>Kafé".encode("cp1252"))[-4:]
    'Kafé'
    """
    declared = re.search(rb"""<meta[^>]{0,200}?charset=["']?([\w-]{1,40})""", data[:4_000], re.I)
    return decode(data, charset, declared.group(1).decode("ascii") if declared else "")


# What the page states


def page_facts(tree: _Element, html: str = "") -> Facts:
    """The facts of a page: JSON-LD first, then meta tags, then its elements."""
    metas = _metas(tree)
    item = _news_item(tree)
    headline = _first(tree.xpath("//h1")) if len(tree.xpath("//h1")) == 1 else ""
    site = metas.get("og:site_name") or _name(item.get("publisher"))
    titles = [
        _text(item.get("headline")),
        _without_site(metas.get("og:title", ""), site, headline),
        headline,
        _without_site(metas.get("title", "") or _first(tree.xpath("//title")), site, headline),
    ]
    dates = [
        _text(item.get("datePublished")),
        *(metas.get(name, "") for name in _DATE_METAS),
        *map(str, tree.xpath("//*[@itemprop='datePublished']/@content")[:1]),
        *map(str, tree.xpath("//*[@itemprop='datePublished']/@datetime")[:1]),
    ]
    links = [
        *map(str, tree.xpath("//link[@rel='canonical']/@href")[:1]),
        metas.get("og:url", ""),
        _text(item.get("url")),
        *re.findall(r"<!-- saved from url=\(\d+\)(http[^\s>]+)", html[:2_000]),
    ]
    base = next((link for link in reversed(links) if link.startswith("http")), "")
    link = next((urljoin(base, link) for link in links if link), "")
    spoken = _text(item.get("inLanguage")) or metas.get("og:locale", "") or tree.get("lang", "")
    changes = [
        _text(item.get("dateModified")),
        metas.get("article:modified_time", ""),
        metas.get("og:updated_time", ""),
    ]
    authors = [metas.get("author", ""), metas.get("article:author", ""), metas.get("byl", "")]
    return Facts(
        title=next((title for title in titles if len(words(title)) > 1), ""),
        published=_sharpest(dates, list(map(str, tree.xpath("//time/@datetime")[:20]))),
        author=_name(item.get("author"))
        or next((one for one in authors if one and not one.startswith(("http", "@"))), ""),
        source=_name(item.get("publisher")) or metas.get("og:site_name", ""),
        url=link if link.startswith(("http://", "https://")) else "",
        language=spoken[:2].lower(),
        section=_first_name(item.get("articleSection")) or metas.get("article:section", ""),
        updated=next((one for one in changes if moment(one)), ""),
    )


def _first_name(value: Any) -> str:
    """A name, or the first of several: sites name the section first, then its parents."""
    return next(filter(None, map(_name, value)), "") if isinstance(value, list) else _name(value)


_DATE_METAS = (
    "article:published_time", "og:article:published_time", "datepublished", "publishdate",
    "pubdate", "published", "published_at", "publish_date", "publish-date", "publication_date",
    "parsely-pub-date", "sailthru.date", "dc.date.issued", "dcterms.created", "dcterms.date",
    "dc.date", "og:pubdate", "article.published", "date", "cxenseparse:recs:publishtime",
    "cxenseparse:publishtime", "content_publishdate", "content_date",
)  # fmt: skip


def _metas(tree: _Element) -> dict[str, str]:
    """The content of each meta tag by its lower-cased name; the first of a name counts."""
    found: dict[str, str] = {}
    for meta in tree.iter("meta"):
        name = meta.get("property") or meta.get("name") or meta.get("itemprop") or ""
        content = _text(meta.get("content"))
        if name and content:
            found.setdefault(name.lower().strip(), content)
    return found


def _news_item(tree: _Element) -> Mapping[str, Any]:
    """The first JSON-LD object that is an article with a headline, or nothing.

    A publisher that it only refers to is put in its place.
    """
    items = []
    identified: dict[str, Mapping[str, Any]] = {}
    for script in tree.xpath("//script[contains(@type, 'ld+json')]"):
        # Line breaks inside strings are the commonest fault.
        try:
            data = json.loads(script.text or "", strict=False)
        except (ValueError, RecursionError):
            continue
        for item in _objects(data):
            if _text(item.get("headline")):
                items.append(item)
            if item.get("name") and (key := _text(item.get("@id"))):
                identified.setdefault(key, item)
    articles = [item for item in items if _is_article(item)]
    dated = [item for item in articles if _text(item.get("datePublished"))]
    found = next(iter(dated or articles or items), {})
    publisher = found.get("publisher")
    if isinstance(publisher, dict) and not publisher.get("name"):
        return {**found, "publisher": identified.get(_text(publisher.get("@id")))}
    return found


def _objects(data: Any, depth: int = 0) -> Iterator[Mapping[str, Any]]:
    if isinstance(data, dict):
        yield data
    if depth < 8 and isinstance(data, (dict, list)):
        for value in data.values() if isinstance(data, dict) else data:
            yield from _objects(value, depth + 1)


def _is_article(item: Mapping[str, Any]) -> bool:
    kinds = item.get("@type")
    return any(
        _ARTICLE_TYPES.search(str(kind)) for kind in (kinds if isinstance(kinds, list) else [kinds])
    )


def _name(value: Any) -> str:
    """The names of a person, an organisation, or several of them."""
    if isinstance(value, list):
        return ", ".join(dict.fromkeys(name for name in map(_name, value) if name))
    if isinstance(value, dict):
        return _name(value.get("name"))
    name = _text(value)
    return "" if name.startswith("http") else name


def _text(value: Any) -> str:
    """A string without markup and entities (some pages escape twice), on one line."""
    if not isinstance(value, str):
        return ""
    plain = unescape(unescape(value))
    return " ".join(re.sub(r"<[a-zA-Z/][^<>]{0,200}>", "", plain).split())


def _first(elements: list[_Element]) -> str:
    return " ".join(elements[0].text_content().split()) if elements else ""


_SITE_SEPARATOR = re.compile(r"\s+(?:[|\-–—*·•:«»]|::|//)\s+")


def _without_site(title: str, site: str, headline: str) -> str:
    """``title`` without the name of the site before or behind it.

    >>> _without_site("Banjir di Palu | Kabar Contoh", "Kabar Contoh", "")
    'Banjir di Palu'
    >>> _without_site("Banjir di Palu - Nasional | kabar.example", "", "Banjir di Palu")
    'Banjir di Palu'
    """
    parts = _SITE_SEPARATOR.split(title)
    if len(parts) == 1:
        return title
    known = words(headline)
    if known and words(title)[: len(known)] == known:
        return headline
    outlet = words(site)
    if outlet and words(parts[-1]) == outlet:
        return title[: title.rindex(parts[-1])].rstrip(" |-–—*·•:«»/")
    if outlet and words(parts[0]) == outlet:
        return title[len(parts[0]) :].lstrip(" |-–—*·•:«»/")
    return title


def _sharpest(stated: list[str], elements: list[str]) -> str:
    """The first date stated, in the form that also knows the hour and the zone.

    ``elements``: those of ``time`` elements, which count only when they are of that day or the
    next (a day's difference is one of time zones), or when nothing else is stated.
    """
    dates = [(text, found) for text in stated if (found := moment(text))]
    if not dates:
        return next((text for text in elements if moment(text)), "")
    day = dates[0][1].when.date()
    for text, found in [*dates, *((text, moment(text)) for text in elements)]:
        if found and found.when.tzinfo and abs((found.when.date() - day).days) <= 1:
            return text
    return dates[0][0]


def moment(text: str) -> FoundDate | None:
    """The moment that a machine wrote; without a zone unless it is stated.

    >>> moment("2022-01-21T19:21:00+0700").when.isoformat()
    '2022-01-21T19:21:00+07:00'
    >>> moment("1750680000000").when.isoformat()
    '2025-06-23T12:00:00+00:00'
    """
    text = text.strip()
    if re.fullmatch(r"1\d{9}|1\d{12}", text):
        return FoundDate(datetime.fromtimestamp(int(text[:10]), UTC), False, (0, len(text)))
    try:
        when = datetime.fromisoformat(re.sub(r"\s*(?:UTC|GMT)$", "Z", text).replace(" ", "T", 1))
    except ValueError:
        return find_date(text)
    return FoundDate(when, len(text) <= len("2022-01-21"), (0, len(text)))


def _local(text: str, language: str) -> FoundDate | None:
    """The moment that a page states; without a zone it is Jakarta's on an Indonesian page."""
    found = moment(text)
    if found and not found.date_only and found.when.tzinfo is None:
        zone = timezone(timedelta(hours=ZONES["WIB"] if language == "id" else 0))
        return replace(found, when=found.when.replace(tzinfo=zone))
    return found


def _completed(facts: Facts, html: str) -> Facts:
    """``facts`` with what trafilatura makes out of the layout where they are silent."""
    if facts.title and facts.published and facts.author and facts.url:
        return facts
    from trafilatura.metadata import extract_metadata

    known = extract_metadata(html)
    return Facts(
        facts.title or _text(known.title),
        facts.published or _text(known.date),
        facts.author or _text(known.author),
        facts.source or _text(known.sitename),
        facts.url or _text(known.url),
        facts.language,
        facts.section,
        facts.updated,
    )


def _overlaid(known: Facts, stated: Facts) -> Facts:
    return Facts(*(a or b for a, b in zip(astuple(known), astuple(stated), strict=True)))


# The blocks of the article


def _captions(tree: _Element) -> frozenset[str]:
    """The plain words of all captions: of ``figcaption`` elements, and of what is called one."""
    named = (
        "//figcaption | //*[not(self::html or self::body)]"
        "[contains(@class, 'caption') or contains(@class, 'Caption')]"
    )
    found = set()
    for element in tree.xpath(named):
        for part in (element, *element.iter("p")):
            text = words(part.text_content())
            if 0 < len(text) <= MAX_CAPTION_WORDS:
                found.add(" ".join(text))
    return frozenset(found)


_POSTER = re.compile(r"^[—–-]\s?.{1,80}\(@\w+\)")


def _with_posters(blocks: Iterable[Block]) -> Iterator[Block]:
    """Posts of social networks in one block with who wrote them: "… — Ani (@ani) May 2"."""
    held: Block | None = None
    for one in blocks:
        if held and _POSTER.match(one.text):
            held = Block(f"{held.text} {one.text}", held.kind)
            continue
        if held:
            yield held
        held = one
    if held:
        yield held


def _article_blocks(html: str, captions: frozenset[str]) -> list[Block]:
    """The blocks of the article; none when the page has no elements that tell them apart."""
    body = _extracted(html, tables=True)
    if body is None or any(
        len("".join(row.itertext())) > MAX_ROW_CHARS for row in body.iter("row")
    ):
        return []
    return [
        replace(one, kind="caption") if " ".join(words(one.text)) in captions else one
        for one in _with_posters(_blocks(body))
    ]


def _article_lines(html: str) -> list[str]:
    """The lines of a page that is laid out as a table or by line breaks."""
    body = _extracted(html, tables=False)
    return [] if body is None else "\n".join(body.itertext()).splitlines()


def _extracted(html: str, tables: bool) -> _Element | None:
    """trafilatura's tree of the article, or None when it finds none."""
    import trafilatura
    from trafilatura.settings import Document

    found = trafilatura.bare_extraction(
        html, include_comments=False, include_links=tables, include_tables=tables
    )
    if not isinstance(found, Document) or found.body is None:
        return None
    return found.body


_KINDS: dict[str, Kind] = {"head": "heading", "item": "item", "quote": "quote"}


def _blocks(element: _Element, kind: Kind = "text") -> Iterator[Block]:
    """The blocks below an element of trafilatura's tree, in order."""
    parts: list[str] = []  # of the block that is open
    linked = 0

    def closed() -> Iterator[Block]:
        nonlocal linked
        text = "".join(parts)
        letters = sum(map(str.isalnum, text))
        found: Kind = "link" if letters and linked / letters > LINK_SHARE else kind
        for line in _lines(text):
            yield Block(f"- {line}" if found == "item" else line, found)
        parts.clear()
        linked = 0

    parts.append(_inline(element.text))
    for child in element:
        if child.tag == "lb":
            parts.append("\n")
        elif child.tag in ("hi", "ref", "del", "code"):
            inner = _inline("".join(child.itertext()))
            parts.append(inner)
            linked += sum(map(str.isalnum, inner)) if child.tag == "ref" else 0
        elif child.tag == "table":
            yield from closed()
            yield from _rows(child)
        elif isinstance(child.tag, str) and child.tag not in ("graphic",):
            yield from closed()
            yield from _blocks(child, _KINDS.get(child.tag, kind))
        parts.append(_inline(child.tail))
    yield from closed()


def _inline(text: str | None) -> str:
    """Text with its line breaks, which mean nothing in HTML, as blanks."""
    return re.sub(r"\s+", " ", text or "")


def _lines(text: str) -> Iterator[str]:
    """The lines of a block; one that goes on in the next line is joined with it."""
    open_line = ""
    for line in (" ".join(line.split()) for line in text.split("\n")):
        if not line:
            continue
        if open_line and line[0].islower() and open_line[-1] not in ".!?:;":
            open_line += f" {line}"
            continue
        if open_line:
            yield open_line
        open_line = line
    if open_line:
        yield open_line


def _rows(table: _Element) -> Iterator[Block]:
    """Each row as one block in which every cell is named by its column's head.

    A row of "Palu | 1.203" under "Kota | Korban" becomes "Kota: Palu; Korban: 1.203".
    """
    heads: list[str] = []
    for row in table.iter("row"):
        cells = [" ".join("".join(cell.itertext()).split()) for cell in row.iter("cell")]
        if cells == heads:
            continue
        if not heads and all(cell.get("role") == "head" for cell in row.iter("cell")):
            heads = cells
            continue
        if len(heads) == len(cells) > 1:
            pairs = zip(heads, cells, strict=True)
            yield Block("; ".join(f"{h}: {c}" if h else c for h, c in pairs if c), "row")
        else:
            yield Block("; ".join(cell for cell in cells if cell), "row")
