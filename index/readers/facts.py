"""What a web page states about its article: JSON-LD, meta tags, addresses and visible dates."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from html import unescape
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

from index.dates import find_date, is_plausible, is_relative, relative_date, stated_date
from index.readers.draft import is_american
from index.text import language_of, words

if TYPE_CHECKING:
    from lxml.etree import _Element

MAX_DATE_CHARS = 120  # of an element that shows when something was published
_ARTICLE_TYPES = re.compile(r"Article$|^BlogPosting$|^LiveBlogPosting$|^Report$|^Review$")


@dataclass(frozen=True, slots=True)
class Facts:
    """What a page states about its article, as text; empty where it is silent.

    ``language`` may be followed by a country, as in "en-us".
    """

    title: str = ""
    published: str = ""
    author: str = ""
    source: str = ""
    url: str = ""
    language: str = ""
    section: str = ""
    updated: str = ""


def page_facts(
    tree: _Element, html: str = "", url: str = "", saved: datetime | None = None
) -> Facts:
    """The facts of a page: JSON-LD first, then meta tags, then its elements.

    ``url``: where it was fetched. ``saved``: when, from which "2 hours ago" is counted.
    """
    metas = _metas(tree)
    heads = [" ".join(one.text_content().split()) for one in tree.xpath("//h1")]
    headline = heads[0] if len(heads) == 1 else ""
    names = [*heads, metas.get("og:title", ""), _first(tree.xpath("//title"))]
    kept, kept_at = _saved_from(html)
    links = [
        *map(str, tree.xpath("//link[@rel='canonical']/@href")[:1]), metas.get("og:url", ""),
    ]  # fmt: skip
    item = _news_item(tree, names, _addresses([*links, kept, url]))
    links += [*_own_links(item), kept]
    site = metas.get("og:site_name") or _name(item.get("publisher"))
    titles = [
        page_text(item.get("headline")),
        _without_site(metas.get("og:title", ""), site, headline),
        headline,
        _without_site(metas.get("title", "") or _first(tree.xpath("//title")), site, headline),
    ]
    dates = [
        page_text(item.get("datePublished")),
        *(metas.get(name, "") for name in _DATE_METAS),
        *map(str, tree.xpath("//*[@itemprop='datePublished']/@content")[:1]),
        *map(str, tree.xpath("//*[@itemprop='datePublished']/@datetime")[:1]),
    ]
    spoken = page_text(item.get("inLanguage")) or metas.get("og:locale", "") or tree.get("lang", "")
    # Many sites in other languages leave "en-US" as their software came
    american = is_american(spoken) and language_of(" ".join(names)) != "id"
    changes = [
        page_text(item.get("dateModified")),
        metas.get("article:modified_time", ""),
        metas.get("og:updated_time", ""),
    ]
    authors = [metas.get("author", ""), metas.get("article:author", ""), metas.get("byl", "")]
    archived = (captured(one) for one in (url, kept, *links))
    when = next(filter(None, archived), None) or saved or stated_at(kept_at)
    return Facts(
        title=next((title for title in titles if len(words(title)) > 1), ""),
        published=_published(dates, tree, american, when),
        author=_name(item.get("author"))
        or next((one for one in authors if one and not one.startswith(("http", "@"))), ""),
        source=_name(item.get("publisher")) or metas.get("og:site_name", ""),
        url=next(iter(_addresses(links)), ""),
        language=f"{spoken[:2].lower()}{'-us' if american else ''}",
        section=_first_name(item.get("articleSection")) or metas.get("article:section", ""),
        updated=next((one for one in changes if stated_date(one)), ""),
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
        content = page_text(meta.get("content"))
        if name and content:
            found.setdefault(name.lower().strip(), content)
    return found


# JSON-LD


# Members that hold what is beside the article, or only parts of it
_BESIDE = frozenset(
    """itemListElement mentions citation relatedLink significantLink hasPart isRelatedTo about
    subjectOf isBasedOn comment review liveBlogUpdate blogPost dataFeedElement""".split()
)


def _news_item(tree: _Element, names: Sequence[str], addresses: Sequence[str]) -> dict[str, Any]:
    """The JSON-LD object that is the article of the page, or nothing.

    It has a headline; of several, that is it which the headlines or ``addresses`` of the page name.
    Authors and publishers that it only refers to are put in their place.
    """
    found: list[tuple[float, dict[str, Any]]] = []
    identified: dict[str, Mapping[str, Any]] = {}
    pages = {_bare(one) for one in addresses}
    for script in tree.xpath("//script[contains(@type, 'ld+json')]"):
        for value in _lenient(script.text or ""):
            for item, beside in _objects(value):
                if page_text(item.get("headline")):
                    fitting = _fit(item, names, pages) - 2 * beside
                    found.append((fitting, dict(item)))
                if item.get("name") and (key := page_text(item.get("@id"))):
                    identified.setdefault(key, item)
    best, item = max(found, key=lambda one: one[0], default=(0.0, {}))
    if best < LEAST_FIT:
        return {}
    for role in ("author", "publisher"):
        item[role] = _referred(item.get(role), identified)
    return item


LEAST_FIT = -1.0
"""Below it an object is about another article: one beside it, or of other words and address."""


def _fit(item: Mapping[str, Any], names: Sequence[str], pages: set[str]) -> float:
    """How well an object fits its page: the higher the better."""
    fit = 0.0 if _is_article(item) else -1.0
    own = {_bare(one) for one in _addresses(_own_links(item))}
    if own and pages:
        fit += 2.0 if own & pages else -1.0
    if known := [set(words(one)) for one in names if words(one)]:
        headline = set(words(page_text(item.get("headline"))))
        alike = max(2 * len(headline & one) / (len(headline) + len(one)) for one in known)
        fit += 2.0 if alike >= 0.6 else -1.0
    return fit + (0.5 if stated_date(page_text(item.get("datePublished"))) else 0.0)


def _own_links(item: Mapping[str, Any]) -> list[str]:
    """The addresses that an object gives itself, and those of the page that it says it is of."""
    found = [item.get("url")]
    for name in ("mainEntityOfPage", "isPartOf", "@id"):
        value = item.get(name)
        found.append(value.get("@id") or value.get("url") if isinstance(value, dict) else value)
    return [page_text(one).partition("#")[0] for one in found]


def _referred(value: Any, identified: Mapping[str, Mapping[str, Any]]) -> Any:
    if isinstance(value, list):
        return [_referred(one, identified) for one in value]
    if isinstance(value, dict) and not value.get("name"):
        return identified.get(page_text(value.get("@id")))
    return value


_WRAPPING = re.compile(
    r"^\s*(?:(?://|/\*)?\s*(?:<!--|<!\[CDATA\[)\s*(?:\*/)?\s*)+|"
    r"(?:(?://|/\*)?\s*(?:-->|\]\]>)\s*(?:\*/)?\s*)+$"
)
_FAULTS = (  # and what is meant
    (re.compile(r"^\s*(?://.*|/\*[^*]*\*/)\s*$", re.M), ""),  # comments
    (re.compile(r",(?=\s*[}\]])"), ""),
    (re.compile(r"\\(?![\"\\/bfnrtu])"), r"\\\\"),
)


def _lenient(text: str) -> list[Any]:
    """The values that a script holds, though it be wrapped, escaped or faulty as browsers bear.

    >>> _lenient('//<![CDATA[\\n{"a": 1,}\\n//]]>'), _lenient("{&quot;a&quot;: 1}")
    ([{'a': 1}], [{'a': 1}])
    """
    plain = _WRAPPING.sub("", text)
    best: list[Any] = []
    for variant in (text, plain, _mended(plain), unescape(plain), _mended(unescape(plain))):
        found, rest = _decoded(variant)
        if found and not rest.strip(" \t\r\n;,"):
            return found
        best = max(best, found, key=len)
    return best


def _mended(text: str) -> str:
    for fault, meant in _FAULTS:
        text = fault.sub(meant, text)
    return text


def _decoded(text: str) -> tuple[list[Any], str]:
    """The values of JSON that stand one behind the other, and what follows the last."""
    decoder = json.JSONDecoder(strict=False)  # line breaks inside strings are the commonest fault
    found, position = [], 0
    while match := _BETWEEN.match(text, position):
        try:
            value, position = decoder.raw_decode(text, match.end())
        except (ValueError, RecursionError):
            break
        found.append(value)
    return found, text[position:]


_BETWEEN = re.compile(r"[\s;,\ufeff]*(?=[\[{])")


def _objects(data: Any, beside: bool = False, depth: int = 0) -> Iterator[tuple[Any, bool]]:
    """The objects in a value, and whether they only stand beside what the page is about."""
    if isinstance(data, dict):
        yield data, beside
        if depth < 8:
            for name, value in data.items():
                yield from _objects(value, beside or name in _BESIDE, depth + 1)
    elif isinstance(data, list) and depth < 8:
        for value in data:
            yield from _objects(value, beside, depth + 1)


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
    name = page_text(value)
    return "" if name.startswith("http") else name


def page_text(value: Any) -> str:
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


# Addresses


# "https://archive.example/web/20200203071500id_/https://kabar.example/berita"
_ARCHIVED = re.compile(
    r"^(?:https?://[^/]+)?/(?:[^?#]*/)?(\d{8,14})(?:[a-z]{2}_)?/(https?:/{1,2}.+)$"
)


def unwrapped(address: str) -> str:
    """The address of a page as it was published, out of that of an archive.

    >>> unwrapped("https://archive.example/web/20200203071500/https://kabar.example/1")
    'https://kabar.example/1'
    """
    found = _ARCHIVED.match(address)
    return re.sub(r"^(https?):/+", r"\1://", found[2]) if found else address


def captured(address: str) -> datetime | None:
    """When an archive kept the page of this address, as the address says."""
    found = _ARCHIVED.match(address)
    return stated_at(f"{found[1]:0<14}" if len(found[1]) > 8 else found[1]) if found else None


def stated_at(text: str) -> datetime | None:
    """The moment that a field states, in UTC where it states no zone."""
    found = stated_date(text)
    if found is None or found.date_only:
        return None
    return found.when if found.when.tzinfo else found.when.replace(tzinfo=UTC)


def _addresses(links: Sequence[str]) -> list[str]:
    """Those of these links that lead to a page of a site, not to its front."""
    plain = [unwrapped(link.strip()) for link in links if link]
    base = next((link for link in reversed(plain) if link.startswith("http")), "")
    found = []
    for link in plain:
        try:
            whole = unwrapped(urljoin(base, link))
            parts = urlsplit(whole)
        except ValueError:
            continue
        routed = parts.fragment.startswith(("/", "!"))  # a page that a script shows
        front = parts.path in ("", "/") and not parts.query and not routed
        if parts.scheme in ("http", "https") and parts.hostname and not front:
            found.append(whole)
    return found


def _bare(address: str) -> str:
    """Host and path of an address, however its page is shown."""
    parts = urlsplit(address)
    host = re.sub(r"^(?:www|m|amp|mobile)\.", "", parts.hostname or "")
    path = re.sub(r"/(?:amp|index\.\w+)?/?$", "", parts.path)
    return f"{host}{path}?{parts.query}" if not path else f"{host}{path}"


def _saved_from(html: str) -> tuple[str, str]:
    """The address that a browser or an extension wrote into a page that it saved, and when."""
    head = html[:5_000]
    found = re.search(r"<!-- saved from url=\(\d+\)(http[^\s>]+)", head)
    if found:
        return found[1], ""
    comment = re.search(
        r"<!--\s*Page saved with [^>]*?url:\s*(http\S+)(?:\s+saved date:([^\n>]*))?", head
    )
    return (comment[1], (comment[2] or "").strip()) if comment else ("", "")


# Dates


def _published(stated: list[str], tree: _Element, american: bool, saved: datetime | None) -> str:
    """When the page says that it was published, as text that ``stated_date`` reads.

    A date that machines are told comes first, in the sharpest form that agrees with it; then
    one that is shown beside the headline.
    """
    times = [str(one) for one in tree.xpath(f"//time[{_OWN}]/@datetime")[:20]]
    dates = [(text, found) for text in stated if (found := stated_date(text, american))]
    if dates:
        day = dates[0][1].when.date()
        others = ((text, stated_date(text, american)) for text in times)
        for text, found in [*dates, *others]:
            if found and found.when.tzinfo and abs((found.when.date() - day).days) <= 1:
                return text  # a day's difference is one of time zones
        return dates[0][0]
    return _shown(tree, american, saved) or next((one for one in times if stated_date(one)), "")


_ASIDE = (
    "related",
    "terkait",
    "popul",
    "sidebar",
    "widget",
    "comment",
    "komentar",
    "recom",
    "lainnya",
)
_OWN = "not(ancestor::aside or ancestor::nav or ancestor::footer or ancestor::*[{}])".format(
    " or ".join(f"contains(@class, '{one}')" for one in _ASIDE)
)
_DATED = " or ".join(
    f"contains({name}, '{one}')"
    for name in ("@class", "@id", "@itemprop")
    for one in ("date", "Date", "time", "Time", "publish", "tanggal", "waktu", "tgl", "posted")
)


def _shown(tree: _Element, american: bool, saved: datetime | None) -> str:
    """The date that an element so called shows, behind the headline or close before it."""
    heads = tree.xpath("//h1") or tree.xpath("//h2")
    if not heads:
        return ""
    head = heads[0]
    near = f"following::*[(self::time or {_DATED}) and {_OWN}]"
    close = f"../..//*[(self::time or {_DATED}) and {_OWN}]"
    for element in [*head.xpath(near)[:20], *head.xpath(close)[:20]]:
        text = " ".join(element.text_content().split())
        if not text or len(text) > MAX_DATE_CHARS:
            continue
        if element.tag == "time" and stated_date(element.get("datetime", ""), american):
            return str(element.get("datetime"))
        if is_relative(text):
            found = relative_date(text, saved)
            if found:
                return str(found.when.date() if found.date_only else found.when.isoformat())
            return ""
        found = find_date(text, american)
        if found and is_plausible(found.when):
            return str(found.when.date() if found.date_only else found.when.isoformat())
    return ""


_DAY_IN_PATH = re.compile(r"/((?:19|20)\d\d)([/-]?)(\d\d)\2(\d\d)(?=[/-]|$)")


def day_of_address(address: str) -> str:
    """The day in the path of an address, where it is a whole one.

    >>> day_of_address("https://kabar.example/2020/02/03/banjir"), day_of_address("/2020/02/banjir")
    ('2020-02-03', '')
    """
    found = _DAY_IN_PATH.search(urlsplit(address).path)
    day = f"{found[1]}-{found[3]}-{found[4]}" if found else ""
    return day if stated_date(day) else ""
