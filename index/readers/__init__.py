"""Files in, articles out: one reader per format behind ``read_articles``."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

from index.chunking import split_long
from index.dates import is_plausible
from index.errors import RejectedFileError
from index.readers.draft import Draft, of_part
from index.readers.fields import columns_of
from index.readers.formats import MAPPED_SUFFIXES, READERS, read_source
from index.readers.inputs import FileInput, Input
from index.readers.litter import is_litter, is_page_folder
from index.text import cleaned, language_of
from index.types import Article, Language, Paragraph, Role
from prompts import Message

__all__ = [
    "MAPPED_SUFFIXES",
    "READERS",
    "articles_of",
    "columns_of",
    "is_litter",
    "is_page_folder",
    "make_id",
    "opening",
    "read_articles",
]

MAX_TITLE_CHARS = 500


def read_articles(
    path: Path, root: str, relative: str, fields: Mapping[str, str] | None = None
) -> tuple[list[Article], list[Message]]:
    """The articles in a file, and a reason for each part of it that was left out.

    ``root`` and ``relative`` name the file in the index; the articles' ids derive from them.
    ``fields`` names the columns of records, as in ``{"title": "judul"}``.

    Raises:
        RejectedFileError: nothing of the file can be used; the message says why.
    """
    return articles_of(FileInput(path), root, relative, fields)


def articles_of(
    item: Input, root: str, relative: str, fields: Mapping[str, str] | None = None
) -> tuple[list[Article], list[Message]]:
    """The same for anything that a run reads.

    Raises:
        RejectedFileError: nothing of it can be used; the message says why.
    """
    articles: dict[str, Article] = {}
    reasons: list[Message] = []
    try:
        with item.open(fields or {}) as source:
            for found in read_source(source):
                if isinstance(found, Message):
                    reasons.append(found)
                    continue
                article = _article(found, root, relative, source.origin.url)
                if article is None:
                    reasons.append(of_part(found.key, Message("no_body")))
                elif article.id in articles:
                    reasons.append(of_part(found.key, Message("id_twice")))
                else:
                    articles[article.id] = article
    except OSError as error:
        raise RejectedFileError("unreadable", error=error) from error
    if not articles:
        raise RejectedFileError.of(reasons[0] if reasons else Message("no_article"))
    return list(articles.values()), reasons


def _article(draft: Draft, root: str, relative: str, fetched: str) -> Article | None:
    """``fetched``: the address that it was fetched from, or nothing."""
    blocks: list[tuple[str, Role]] = [
        (part, role)
        for text, role in draft.page.blocks
        for part in (split_long(cleaned(text)) if role == "body" else [cleaned(text)])
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
        source=cleaned(draft.source or (urlsplit(fetched).hostname or "").removeprefix("www.")),
        url=cleaned(draft.url or fetched),
        title=cleaned(draft.page.title)[:MAX_TITLE_CHARS] or opening(body),
        published=_in_range(draft.page.published),
        date_only=draft.page.date_only,
        language=language,
        author=cleaned(draft.page.author)[:200],
        paragraphs=tuple(
            Paragraph(article_id, number, text, role)
            for number, (text, role) in enumerate(blocks, start=1)
        ),
        section=cleaned(draft.section)[:100],
        updated=_in_range(draft.updated),
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
    'krisis-06d011b894'
    """
    digest = hashlib.sha256("\0".join((root, relative, key)).encode("utf-8", "surrogatepass"))
    slug_source = f"{Path(relative).stem} {key}" if key else Path(relative).stem
    slug = re.sub(r"[^a-z0-9]+", "-", slug_source.lower()).strip("-")[:48].strip("-")
    return f"{slug or 'article'}-{digest.hexdigest()[:10]}"


def _in_range(when: datetime | None) -> datetime | None:
    return when if when and is_plausible(when) else None
