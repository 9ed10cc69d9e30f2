"""The same article twice: one page saved in two formats, a table's row and the page it is about.

Articles are one when they state the same address and share half of the shorter text, or when one
of them states no address and headline, outlet, day and nearly all of the text agree. The newest
version is kept, the others are its copies. What another outlet prints is an article of its own.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from urllib.parse import parse_qsl, urlencode, urlsplit

from index.duplicates import LEAST_RESEMBLANCE, SKETCH, shingles
from index.text import words
from index.types import Article

LEAST_CONTAINMENT = 0.5  # of the shorter text: pages 1 and 2 of an article may state one address
MOST_HOLDERS = 1_000  # of a key: what more articles state is a site's address, not an article's

_HOST_VARIANT = re.compile(r"^(?:www|m|amp|mobile)\.")
_PATH_END = re.compile(r"(?:/amp|/index\.\w+)?/*$")
_NO_PART = re.compile(r"utm_\w+|fbclid|gclid|amp|outputtype|ref|ref_src|source|cmpid|ocid|igshid")
_WHOLE_PAGE = (("page", "all"), ("showpage", "all"), ("single", "1"))


def canonical_address(url: str) -> str:
    """What of a web address names the page; empty where it is that of a site.

    >>> canonical_address("https://www.kabar.example/2022/banjir/?utm_source=x&page=all#atas")
    'kabar.example/2022/banjir'
    >>> canonical_address("http://kabar.example/baca?id=7"), canonical_address("kabar.example/x")
    ('kabar.example/baca?id=7', '')
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return ""
    if parts.scheme not in ("http", "https"):
        return ""
    given = parse_qsl(parts.query, keep_blank_values=True)
    kept = [one for one in given if not _NO_PART.fullmatch(one[0].lower())]
    query = urlencode(sorted(one for one in kept if one not in _WHOLE_PAGE))
    path = _PATH_END.sub("", parts.path)
    if not host or not (path or query):
        return ""
    site = _HOST_VARIANT.sub("", host) + (f":{port}" if port not in (None, 80, 443) else "")
    return f"{site}{path}?{query}" if query else f"{site}{path}"


@dataclass(frozen=True, slots=True)
class Profile:
    """What tells whether two articles are one, and which is the newer: the larger ``newness``."""

    id: str
    address: str
    outlet: str
    title: tuple[str, ...]
    day: date | None
    newness: tuple[float, int, int]
    shingles: frozenset[int]

    @classmethod
    def of(cls, article: Article) -> Profile:
        body = _body(article)
        changed = article.updated or article.published
        stated = (article.url, article.source, article.author, article.section, changed)
        return cls(
            article.id,
            canonical_address(article.url),
            " ".join(words(article.source)),
            tuple(words(article.title)),
            article.published.date() if article.published else None,
            (_seconds(changed), sum(map(bool, stated)), len(body)),
            shingles(body),
        )


def _body(article: Article) -> str:
    return " ".join(one.text for one in article.paragraphs if one.role == "body")


def _seconds(when: datetime | None) -> float:
    if when is None:
        return float("-inf")
    return (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp()


def keys(article: Article) -> list[int]:
    """Numbers of which any two articles that are one share at least one, almost surely.

    One stands for the address, the others for the headline with one of the smallest shingles.
    """
    address = canonical_address(article.url)
    title = " ".join(words(article.title))
    named = [f"address {address}"] if address else []
    named += [f"text {title} {one}" for one in sorted(shingles(_body(article)))[:SKETCH]]
    return [_number(name) for name in named]


def _number(name: str) -> int:
    """63 bits, which SQLite takes as an integer."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big") >> 1


def are_one(left: Profile, right: Profile, shared: int) -> bool:
    """Whether two articles that share this many shingles are one."""
    if not shared:
        return False
    least = min(len(left.shingles), len(right.shingles))
    if left.address and left.address == right.address:
        return shared >= LEAST_CONTAINMENT * least
    if left.address and right.address:
        return False
    if not left.title or left.title != right.title:
        return False
    if left.outlet and right.outlet and left.outlet != right.outlet:
        return False
    if left.day and right.day and abs((left.day - right.day).days) > 1:
        return False
    union = len(left.shingles) + len(right.shingles) - shared
    return shared >= LEAST_RESEMBLANCE * union


def copies(profiles: Sequence[Profile]) -> dict[str, str]:
    """The id of the kept article for each that is a copy; it depends on nothing but the set.

    The newest takes its copies, then the newest of the others, and so on.
    """
    ordered = sorted(profiles, key=lambda one: one.id)
    ordered.sort(key=lambda one: one.newness, reverse=True)
    holders: dict[int, list[int]] = defaultdict(list)
    for place, one in enumerate(ordered):
        for shingle in one.shingles:
            holders[shingle].append(place)
    found: dict[str, str] = {}
    for place, kept in enumerate(ordered):
        if kept.id in found:
            continue
        shared = Counter(other for one in kept.shingles for other in holders[one] if other > place)
        for other, count in shared.items():
            candidate = ordered[other]
            if candidate.id not in found and are_one(kept, candidate, count):
                found[candidate.id] = kept.id
    return found


def components(pairs: Iterable[tuple[int, str]]) -> list[set[str]]:
    """The articles that hang together by keys, from ``(key, article id)``.

    >>> sorted(map(sorted, components([(1, "a"), (1, "b"), (2, "b"), (2, "c"), (3, "d")])))
    [['a', 'b', 'c'], ['d']]
    """
    parents: dict[str, str] = {}

    def find(one: str) -> str:
        while parents[one] != one:
            parents[one] = parents[parents[one]]
            one = parents[one]
        return one

    first: dict[int, str] = {}
    for key, article_id in pairs:
        parents.setdefault(article_id, article_id)
        parents[find(article_id)] = find(first.setdefault(key, article_id))
    found: dict[str, set[str]] = defaultdict(set)
    for one in parents:
        found[find(one)].add(one)
    return list(found.values())
