"""Files in, articles out: one reader per format behind ``read_articles``."""

from __future__ import annotations

import csv
import hashlib
import json
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from index.chunking import split_long
from index.dates import find_date
from index.errors import RejectedFileError
from index.structure import Page, parse_page
from index.text import language_of
from index.types import Article, Language, Paragraph, Role

if TYPE_CHECKING:
    from trafilatura.settings import Document

MAX_BYTES = 200_000_000
MAX_TITLE_CHARS = 500

FIELDS = {
    "id": ("id", "guid", "uuid", "_id"),
    "title": ("title", "judul", "headline", "name"),
    "text": ("text", "body", "content", "isi", "article", "konten", "paragraphs", "articlebody"),
    "published": ("published", "date", "tanggal", "published_at", "datepublished", "time", "waktu"),
    "source": ("source", "outlet", "media", "sumber", "publisher", "site"),
    "url": ("url", "link", "tautan", "canonical"),
    "author": ("author", "authors", "penulis", "byline", "wartawan"),
    "language": ("language", "lang", "bahasa"),
}


@dataclass(frozen=True, slots=True)
class Draft:
    """An article before it has an id: ``key`` tells the articles of one file apart."""

    key: str
    page: Page
    source: str = ""
    url: str = ""
    language: str = ""


def read_articles(path: Path, root: str, relative: str) -> tuple[list[Article], list[str]]:
    """The articles in a file, and a reason for each part of it that was left out.

    ``root`` and ``relative`` name the file in the index; the articles' ids derive from them.

    Raises:
        RejectedFileError: nothing of the file can be used; the message says why.
    """
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        known = ", ".join(sorted(READERS))
        raise RejectedFileError(
            f"format {path.suffix or 'without extension'} not supported ({known})"
        )
    try:
        if path.stat().st_size > MAX_BYTES:
            raise RejectedFileError(f"larger than {MAX_BYTES // 1_000_000} MB")
        text = decode(path.read_bytes())
    except OSError as error:
        raise RejectedFileError(f"cannot be read: {error.strerror or error}") from error
    if not text.strip():
        raise RejectedFileError("empty")
    articles: dict[str, Article] = {}
    reasons: list[str] = []
    for item in reader(text, path):
        if isinstance(item, str):
            reasons.append(item)
            continue
        article = _article(item, root, relative)
        if article is None:
            reasons.append(f"{item.key or 'page'}: no body text found")
        elif article.id in articles:
            reasons.append(f"{item.key}: the same id stands twice in the file")
        else:
            articles[article.id] = article
    if not articles:
        raise RejectedFileError(reasons[0] if reasons else "no article found")
    return list(articles.values()), reasons


def decode(data: bytes) -> str:
    """Text from bytes: UTF-8, UTF-16 by its mark, else Windows-1252.

    Raises:
        RejectedFileError: binary data.
    """
    for mark, encoding in ((b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if data.startswith(mark):
            try:
                return data.decode(encoding)
            except UnicodeDecodeError as error:
                raise RejectedFileError("broken UTF-16 text") from error
    sample = data[:100_000]
    control = sum(byte < 9 or 13 < byte < 27 or 27 < byte < 32 for byte in sample)
    if control > 0.002 * len(sample):
        raise RejectedFileError("binary data, not text")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("cp1252", errors="replace")
        letters = sum(char.isalnum() or char.isspace() for char in text[:100_000])
        if letters < 0.6 * min(len(text), 100_000):
            raise RejectedFileError("binary data, not text") from None
        return text


def _text(text: str, path: Path) -> Iterator[Draft | str]:
    yield Draft("", parse_page(text.splitlines()))


def _markdown(text: str, path: Path) -> Iterator[Draft | str]:
    front: dict[str, str] = {}
    match = re.match(r"---[ \t]*\r?\n(.*?)\r?\n---[ \t]*\r?\n", text, re.DOTALL)
    if match:
        for line in match.group(1).splitlines():
            name, separator, value = line.partition(":")
            if separator:
                front[name.strip()] = value.strip().strip("\"'")
        text = text[match.end() :]
    blocks = [" ".join(block.split()) for block in re.split(r"\n\s*\n", text.replace("\r\n", "\n"))]
    yield _draft(front, blocks, "")


def _extracted(text: str, tables: bool) -> Document | None:
    import trafilatura
    from trafilatura.settings import Document

    found = trafilatura.bare_extraction(
        text, with_metadata=True, include_comments=False, include_tables=tables
    )
    return found if isinstance(found, Document) else None


def _html(text: str, path: Path) -> Iterator[Draft | str]:
    found = _extracted(text, tables=True)
    if found and any(_is_layout_table(line) for line in (found.text or "").splitlines()):
        found = _extracted(text, tables=False)
    if found is None:
        yield "no article text found in the page"
        return
    fields = found.as_dict()
    blocks = (fields.get("text") or "").splitlines()
    when = _published_in_html(text, fields.get("date") or "")
    record = {
        "title": fields.get("title") or "",
        "published": when,
        "author": fields.get("author") or "",
        "source": fields.get("sitename") or fields.get("hostname") or "",
        "url": fields.get("url") or "",
    }
    yield _draft(record, blocks, "")


def _is_layout_table(line: str) -> bool:
    """A row of a table that holds a page, not data."""
    return line.startswith("|") and len(line) > 1_000


_META_DATE = re.compile(
    r"""(?:article:published_time|datePublished|pubdate|publishdate)["']?[^>]{0,20}?"""
    r"""(?:content=|:)\s*["']([^"']{8,40})["']""",
    re.I,
)


_TIME_ELEMENT = re.compile(r"""<time\b[^>]*?\bdatetime=["']([^"']{8,40})["']""", re.I)


def _published_in_html(html: str, day: str) -> str:
    """The time of publication that a page states; ``day`` is what else is known of it.

    Metadata come first; then a ``time`` element of that day, which knows the hour and zone.
    """
    if match := _META_DATE.search(html):
        return match.group(1)
    known = find_date(day)
    for one in _TIME_ELEMENT.findall(html):
        found = find_date(one)
        # A day's difference is one of time zones.
        if found and known and abs((found.when.date() - known.when.date()).days) <= 1:
            return str(one)
    return day


def _json(text: str, path: Path) -> Iterator[Draft | str]:
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        yield f"broken JSON: {error}"
        return
    if isinstance(data, dict):
        lists = [value for value in data.values() if isinstance(value, list) and value]
        records = next((value for value in lists if isinstance(value[0], dict)), [data])
    else:
        records = data if isinstance(data, list) else [data]
    yield from _records(records)


def _jsonl(text: str, path: Path) -> Iterator[Draft | str]:
    def parsed() -> Iterator[Any]:
        for number, line in enumerate(text.split("\n"), start=1):
            if not line.strip():
                continue
            try:
                yield json.loads(line)
            except (ValueError, RecursionError) as error:
                yield f"line {number}: broken JSON: {error}"

    yield from _records(parsed())


def _csv(text: str, path: Path) -> Iterator[Draft | str]:
    csv.field_size_limit(min(sys.maxsize, 2**31 - 1))
    try:
        dialect: Any = csv.Sniffer().sniff(text[:10_000], delimiters=",;\t|")
    except csv.Error:
        dialect = csv.excel
    try:
        yield from _records(csv.DictReader(text.splitlines(keepends=True), dialect=dialect))
    except csv.Error as error:
        yield f"broken CSV: {error}"


_BODY: Role = "body"


def _records(records: Any) -> Iterator[Draft | str]:
    for number, record in enumerate(records, start=1):
        if isinstance(record, str):
            yield record
            continue
        if not isinstance(record, dict):
            yield f"row {number}: not an object"
            continue
        fields = _known_fields(record)
        if not fields.get("text"):
            yield f"row {number}: no text (looked for {', '.join(FIELDS['text'])})"
            continue
        body = fields["text"]
        key = fields.get("id") or fields.get("url") or fields.get("title") or str(number)
        draft = _draft(fields, body.splitlines(), key)
        if all(role != "body" for _, role in draft.page.blocks):
            # A field that is called the text is the text, whatever it looks like.
            blocks = tuple((text, _BODY) for text, _ in draft.page.blocks)
            blocks = blocks or ((" ".join(body.split()), _BODY),)  # it was taken for the headline
            draft = replace(draft, page=replace(draft.page, blocks=blocks))
        yield draft


def _known_fields(record: Mapping[Any, Any]) -> dict[str, str]:
    lowered = {str(name).lower().strip(): value for name, value in record.items() if name}
    known = {}
    for field, names in FIELDS.items():
        for name in names:
            value = lowered.get(name)
            if isinstance(value, list):
                value = "\n\n".join(str(part) for part in value)
            if value not in (None, ""):
                known[field] = str(value)
                break
    return known


def _draft(fields: Mapping[str, str], blocks: list[str], key: str) -> Draft:
    page = parse_page(blocks, title=fields.get("title", ""))
    published, date_only = page.published, page.date_only
    stated = find_date(fields.get("published", ""))
    if stated:
        published, date_only = stated.when, stated.date_only
    author = fields.get("author") or page.author
    page = Page(page.title, published, date_only, author, page.blocks)
    return Draft(
        key, page, fields.get("source", ""), fields.get("url", ""), fields.get("language", "")
    )


READERS: dict[str, Callable[[str, Path], Iterator[Draft | str]]] = {
    ".txt": _text,
    ".md": _markdown,
    ".html": _html,
    ".htm": _html,
    ".json": _json,
    ".jsonl": _jsonl,
    ".csv": _csv,
}


def _article(draft: Draft, root: str, relative: str) -> Article | None:
    blocks: list[tuple[str, Role]] = [
        (part, role)
        for text, role in draft.page.blocks
        for part in (split_long(_clean(text)) if role == "body" else [_clean(text)])
        if part
    ]
    body = " ".join(text for text, role in blocks if role == "body")
    if not body:
        return None
    article_id = make_id(root, relative, draft.key)
    language: Language = "id"
    stated = draft.language.lower()[:2]
    if stated in ("id", "in", "en"):
        language = "en" if stated == "en" else "id"
    else:
        language = language_of(f"{draft.page.title} {body}") or "id"
    return Article(
        id=article_id,
        source=_clean(draft.source),
        url=_clean(draft.url),
        title=_clean(draft.page.title)[:MAX_TITLE_CHARS] or opening(body),
        published=_in_range(draft.page.published),
        date_only=draft.page.date_only,
        language=language,
        author=_clean(draft.page.author)[:200],
        paragraphs=tuple(
            Paragraph(article_id, number, text, role)
            for number, (text, role) in enumerate(blocks, start=1)
        ),
    )


def opening(text: str, most: int = 10) -> str:
    """The first words of a text: the title of an article that has none.

    >>> opening("Gempa mengguncang Palu pada Jumat sore.", most=3)
    'Gempa mengguncang Palu…'
    """
    found = text.split()
    return " ".join(found[:most]) + ("…" if len(found) > most else "")


def make_id(root: str, relative: str, key: str) -> str:
    """A readable id that depends on where the article comes from, not on what it says.

    >>> make_id("/berita", "2022/krisis.txt", "")
    'krisis-06d011'
    """
    digest = hashlib.sha256("\0".join((root, relative, key)).encode()).hexdigest()
    slug_source = f"{Path(relative).stem} {key}" if key else Path(relative).stem
    slug = re.sub(r"[^a-z0-9]+", "-", slug_source.lower()).strip("-")[:48].strip("-")
    return f"{slug or 'article'}-{digest[: 6 if not key else 10]}"


_CONTROL = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f\u200b\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]"
)


def _clean(text: str) -> str:
    """``text`` on one line, without control characters and marks that reorder what is shown."""
    return " ".join(_CONTROL.sub("", text).split())


def _in_range(when: datetime | None) -> datetime | None:
    return when if when and 1900 <= when.year <= 2100 else None
