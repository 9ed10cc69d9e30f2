"""The small pieces of HTML. Whatever is not ours is escaped by ``text`` and nowhere else."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape
from urllib.parse import urlsplit

from assistant.types import spoken_date
from index.history import Version
from index.types import Article, Language
from prompts import phrase

Articles = Mapping[str, Article]


@dataclass(frozen=True, slots=True)
class View:
    """What a page needs to show anything: its language and the articles as they are now.

    ``articles`` is None while they are unknown; nothing is then called changed or removed.
    ``versions``: of the article that is read, the oldest first.
    """

    language: Language
    articles: Articles | None = None
    versions: Sequence[Version] = ()

    def say(self, name: str, **values: object) -> str:
        """A phrase of the page, escaped."""
        return text(phrase(self.language, f"chat.{name}", **values))


def text(value: str) -> str:
    """``value`` as HTML text or attribute that no template engine of the page reads either.

    >>> text('<b title="a">${x} {{y}}</b>')
    '&lt;b title=&quot;a&quot;&gt;&#36;&#123;x&#125; &#123;&#123;y&#125;&#125;&lt;/b&gt;'
    """
    escaped = escape(value, quote=True)
    for char in "$`{}":
        escaped = escaped.replace(char, f"&#{ord(char)};")
    return escaped


def link(url: str, label: str) -> str:
    """A link to a web address in a new tab; any other address is shown as text."""
    try:
        web = urlsplit(url).scheme in ("http", "https")
    except ValueError:
        web = False
    if not web:
        return f"<span>{text(url)}</span>" if url else ""
    return f'<a href="{text(url)}" target="_blank" rel="noopener noreferrer">{label}</a>'


def day(when: datetime | None, date_only: bool, language: Language) -> str:
    """A date as people write it, or that there is none."""
    return text(spoken_date(when, date_only, language) or phrase(language, "no_date"))


def marked(value: str, spans: Iterable[tuple[int, int]]) -> str:
    """``value`` as HTML with these spans highlighted; spans that touch become one.

    >>> marked("a <b> c", [(2, 5)])
    'a <mark>&lt;b&gt;</mark> c'
    """
    merged: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(end, merged[-1][1])
        elif end > start:
            merged.append((start, end))
    parts, at = [], 0
    for start, end in merged:
        parts += [text(value[at:start]), f"<mark>{text(value[start:end])}</mark>"]
        at = end
    return "".join([*parts, text(value[at:])])


def facts(parts: Iterable[str]) -> str:
    """Pieces of HTML in a row, without the empty ones."""
    return " · ".join(part for part in parts if part)
