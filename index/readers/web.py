"""Web pages: their facts, and the blocks of the article."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import astuple, replace
from datetime import datetime
from itertools import pairwise
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from index.dates import FoundDate, local, stated_date
from index.errors import RejectedFileError
from index.readers.draft import Draft, decode, is_american
from index.readers.facts import Facts, day_of_address, page_facts, page_text, unwrapped
from index.structure import Block, Kind, Page, is_running, parse_article, parse_page
from index.text import language_of, words

if TYPE_CHECKING:
    from lxml.etree import _Element

MAX_PAGE_BYTES = 20_000_000
LEAST_LISTED = 3  # headlines of other articles that make a page a list of them
LARGE_PAGE = 1_000_000  # whose pictures are taken out first
MAX_CAPTION_WORDS = 60
MAX_ROW_CHARS = 1_000  # of a table that holds data, not the page
LINK_SHARE = 0.8  # of a block's letters: above it the block is a link with a word or two around it
_INLINED = re.compile(r"data:[\w.+-]+/[\w.+-]+;base64,[\w+/=%\s-]{1000,}")


def read_page(
    html: str,
    key: str = "",
    url: str = "",
    known: Facts | None = None,
    listed: Facts | None = None,
    saved: datetime | None = None,
) -> Draft | None:
    """The article of a web page, or None when it holds none.

    ``url``: where it was fetched, ``saved``: when. ``known``: facts that are surer than what the
    page states; ``listed``: facts less sure, from a feed, in which titles may be HTML.

    Raises:
        RejectedFileError: the page is larger than any page of news, or is shown in place of one.
    """
    from lxml import etree
    from lxml.html import HTMLParser, document_fromstring

    if len(html) > LARGE_PAGE:
        html = _INLINED.sub("data:,", html)
    if len(html) > MAX_PAGE_BYTES:
        raise RejectedFileError("page_too_large", megabytes=MAX_PAGE_BYTES // 1_000_000)
    try:
        # Bytes, since lxml refuses a string that has an encoding declaration.
        data = html.encode("utf-8", "replace")
        tree = document_fromstring(data, parser=HTMLParser(encoding="utf-8", recover=True))
    except etree.LxmlError:
        return None
    stated = page_facts(tree, html, url, saved)
    blocks = _article_blocks(html, tree)
    lines = [] if blocks else _article_lines(html)
    if not blocks and not lines:
        spoken = _spoken(tree)
        _refuse_notice(spoken, spoken)
        return None
    if _is_list(blocks, tree):
        raise RejectedFileError("list_of_articles")
    facts = _overlaid(known, stated) if known else stated
    if listed:
        facts = _overlaid(facts, replace(listed, title=page_text(listed.title)))
    facts = _completed(facts, html)
    if blocks:
        page = parse_article(blocks, facts.title, facts.author)
    else:
        page = parse_page(lines, facts.title)
    body = [text for text, role in page.blocks if role == "body"]
    _refuse_notice([facts.title, *(text for text, _ in page.blocks)], body)
    text = " ".join(text for text, _ in page.blocks)
    language = language_of(f"{facts.title} {text}") or facts.language[:2]
    american = is_american(facts.language)
    address = facts.url or unwrapped(url)
    when = local(stated_date(facts.published, american), language)
    changed = local(stated_date(facts.updated, american), language)
    if when is None and page.published is None:
        when = stated_date(day_of_address(address))
    if when and not (page.published and _is_sharper(page, when)):
        page = replace(page, published=when.when, date_only=when.date_only)
    return Draft(
        key,
        replace(page, author=facts.author or page.author),
        facts.source or (urlsplit(address).hostname or "").removeprefix("www."),
        address,
        language,
        facts.section,
        changed.when if changed else None,
    )


def _is_sharper(page: Page, stated: FoundDate) -> bool:
    """Whether the page shows the hour of the day that it states."""
    if page.published is None or page.date_only or not stated.date_only:
        return False
    return page.published.date() == stated.when.date()


def decode_page(data: bytes, charset: str = "") -> str:
    """The text of a page: by ``charset``, else as it declares itself, else as any text.

    >>> decode_page("<meta charset='windows-1252'>Kafé".encode("cp1252"))[-4:]
    'Kafé'
    """
    declared = re.search(rb"""<meta[^>]{0,200}?charset=["']?([\w-]{1,40})""", data[:4_000], re.I)
    return decode(data, charset, declared.group(1).decode("ascii") if declared else "")


_LINKED_DATA = re.compile(r"<script[^>]*ld\+json.*?</script>", re.I | re.DOTALL)


def _completed(facts: Facts, html: str) -> Facts:
    """``facts`` with what trafilatura makes out of the layout where they are silent.

    Not the date: it would take one from the text, nor JSON-LD, which may be of another article.
    """
    if facts.title and facts.author and facts.source:
        return facts
    from trafilatura.metadata import extract_metadata

    known = extract_metadata(_LINKED_DATA.sub("", html), extensive=False)
    site = page_text(known.sitename)
    return replace(
        facts,
        title=facts.title or page_text(known.title),
        author=facts.author or page_text(known.author),
        source=facts.source or (site if "." not in site else ""),  # else a host, not a name
    )


def _overlaid(known: Facts, stated: Facts) -> Facts:
    return Facts(*(a or b for a, b in zip(astuple(known), astuple(stated), strict=True)))


_NOTICES = {
    "needs_javascript": re.compile(
        r"\b(?:meng)?aktifkan javascript|"
        r"(?:enable|turn on|requires?|needs?|without|tanpa) javascript|"
        r"javascript (?:harus |perlu |wajib |belum |tidak )?(?:diaktifkan|aktif)|"
        r"javascript (?:is |must be |to be |has been )?(?:not )?(?:required|enabled|disabled|off)",
        re.I,
    ),
    "challenge": re.compile(
        r"checking (?:your browser|if the site)|verif(?:y|ying) (?:that )?you are (?:a )?human|"
        r"(?:are|you're) not a (?:ro)?bot|performing security verification|unusual traffic|"
        r"review the security of your connection|complete the captcha|pardon our interruption|"
        r"ddos protection by|access denied|akses ditolak|memeriksa (?:peramban|browser)|"
        r"bahwa anda (?:adalah )?(?:manusia|bukan robot)|selesaikan captcha|"
        r"lalu lintas (?:yang )?tidak biasa",
        re.I,
    ),
}
MAX_NOTICE_CHARS = 2_000  # of a page that shows nothing else
MAX_NOTICE_WORDS = 25  # of other text beside a notice that is all a page shows


def _refuse_notice(shown: Sequence[str], body: Sequence[str]) -> None:
    """Raises:
    RejectedFileError: a page that shows these texts has no other ``body`` than a notice.
    """
    if sum(map(len, body)) > MAX_NOTICE_CHARS:
        return
    for name, notice in _NOTICES.items():
        others = " ".join(text for text in body if not notice.search(text))
        if any(map(notice.search, shown)) and len(words(others)) < MAX_NOTICE_WORDS:
            raise RejectedFileError(
                "needs_javascript" if name == "needs_javascript" else "challenge"
            )


def _spoken(tree: _Element) -> list[str]:
    """All texts of a page, what it shows without scripts too."""
    texts = tree.xpath("//text()[not(ancestor::script or ancestor::style)]")
    return [one for one in (" ".join(str(text).split()) for text in texts[:500]) if one]


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


def _article_blocks(html: str, tree: _Element) -> list[Block]:
    """The blocks of the article; none when the page has no elements that tell them apart."""
    captions = _captions(tree)
    body = _extracted(html, tables=True)
    if body is None or any(
        len("".join(row.itertext())) > MAX_ROW_CHARS for row in body.iter("row")
    ):
        return []
    return [
        replace(one, kind="caption") if " ".join(words(one.text)) in captions else one
        for one in _with_headings(list(_with_posters(_blocks(body))), tree)
    ]


def _with_headings(blocks: list[Block], tree: _Element) -> Iterator[Block]:
    """``blocks`` with the sub-headlines that stand right before one of them in the page.

    trafilatura leaves some out, as between the posts of a live blog.
    """
    known = {" ".join(words(one.text)) for one in blocks}
    before: dict[str, str] = {}
    for heading in tree.xpath("//h2 | //h3 | //h4"):
        text = " ".join(heading.text_content().split())
        behind = heading.getnext()
        if behind is not None and behind.tag == "p" and not heading.xpath("ancestor::a | .//a"):
            spoken = " ".join(words(text))
            if spoken and spoken not in known:
                before.setdefault(" ".join(words(behind.text_content())), text)
    for one in blocks:
        if one.kind == "text" and (text := before.get(" ".join(words(one.text)), "")):
            yield Block(text, "heading")
        yield one


def _is_list(blocks: Sequence[Block], tree: _Element) -> bool:
    """Whether a page lists articles: headlines that are links, a sentence or two behind each."""
    linked = {
        tuple(words(one.text_content()))
        for one in tree.xpath("//h2 | //h3 | //h4")
        if one.xpath("ancestor::a | .//a[@href]")
    }
    at = [i for i, one in enumerate(blocks) if tuple(words(one.text)) in linked]
    if len(at) < LEAST_LISTED:
        return False
    before = sum(is_running(one) for one in blocks[: at[0]])
    behind = [
        sum(is_running(one) for one in blocks[start + 1 : end])
        for start, end in pairwise([*at, len(blocks)])
    ]
    return before <= 1 and max(behind) <= 2 and 2 * sum(map(bool, behind)) > len(at)


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
