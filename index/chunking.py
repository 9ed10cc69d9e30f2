"""Paragraphs of bounded length, and what of them is embedded."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import lru_cache

from index.dates import date_words
from index.text import sentences
from index.types import Paragraph

MAX_TOKENS = 200
MAX_TITLE_WORDS = 40
MAX_HEADING_WORDS = 9


@lru_cache(maxsize=1)
def token_counter() -> Callable[[str], int]:
    """Counts tiktoken's cl100k_base tokens, from the table that llama-index-core ships."""
    from llama_index.core.utils import get_tokenizer

    tokenize = get_tokenizer()
    return lambda text: len(tokenize(text))


def split_long(text: str, max_tokens: int = MAX_TOKENS) -> list[str]:
    """Parts of ``text`` of at most about ``max_tokens`` tokens, cut at sentence ends only.

    A single sentence that is longer stays whole, so that a quotation is never torn.
    """
    if len(text) <= max_tokens * 2:  # even dense text has two characters a token
        return [text]
    count = token_counter()
    if count(text) <= max_tokens:
        return [text]
    parts: list[str] = []
    start = end = size = 0
    for left, right in sentences(text):
        tokens = count(text[left:right])
        if size and size + tokens > max_tokens:
            parts.append(text[start:end].strip())
            start, size = left, 0
        end = right
        size += tokens
    parts.append(text[start:end].strip())
    return parts


def citable(paragraphs: Sequence[Paragraph]) -> list[Paragraph]:
    """The paragraphs that can be found and cited: body that states something by itself.

    Sub-headlines are body, but prove nothing and would lead wherever they repeat the question.
    An article of nothing else keeps them all.
    """
    body = [one for one in paragraphs if one.role == "body"]
    return [one for one in body if not is_heading(one.text)] or body


def in_context(title: str, published: datetime | None, paragraph: str) -> str:
    """A paragraph behind its article's title and day, which questions name and it does not."""
    return f"{title} {date_words(published) if published else ''} {paragraph}"


def is_heading(text: str) -> bool:
    """A few words that are no sentence, list entry or quotation; or a short question.

    >>> is_heading("Menunggu bantuan"), is_heading("Siapa yang membayar?")
    (True, True)
    >>> is_heading("Warga mengungsi."), is_heading("- Beras 20 ton"), is_heading("Kota: Palu")
    (False, False, False)
    """
    if len(text.split()) > MAX_HEADING_WORDS or _STATEMENT.search(text):
        return False
    return not text.endswith((".", "!", "…", "”", '"', "’"))


_STATEMENT = re.compile(r"""\d|^[-•"“‘']|[:;|]""")


def embedded_text(title: str, paragraph: str) -> str:
    """What is embedded for a paragraph: its article's title, then the paragraph.

    >>> embedded_text("Gempa di Palu", "Warga mengungsi.")
    'Gempa di Palu. Warga mengungsi.'
    >>> embedded_text("Warga mengungsi…", "Warga mengungsi ke bukit.")
    'Warga mengungsi ke bukit.'
    """
    if paragraph.startswith(title.removesuffix("…")):
        return paragraph
    short_title = " ".join(title.split()[:MAX_TITLE_WORDS])
    return f"{short_title}. {paragraph}" if short_title else paragraph
