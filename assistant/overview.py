"""Overviews: what the articles tell about a topic, one cited sentence of each article.

"Apa saja berita tentang NATO?", "Rangkum Whoosh" and "Latest news on the Cianjur quake" ask for no
fact; a line of each article on the topic answers them, newest first.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from assistant.extract import KNOWN, Candidate, repeats
from assistant.question import understand
from index.catalog import StoredNode
from index.rerank import Coverage, SoftMatcher
from index.store import Store
from index.text import WORD, content_words, sentences

MOST = 8  # articles that an overview names
NAMED = 0.8  # coverage of a name by itself, another spelling or its usual translation
MOSTLY = 0.6  # coverage of the whole topic by a paragraph, its headline and its day
LEAD = 2  # paragraphs at the beginning of an article, which say what it is about

_ABOUT_ID = r"(?:tentang|soal|mengenai|terkait|seputar|perihal)"
_NEWS_ID = r"(?:berita|kabar|artikel|liputan|tulisan|laporan)"
_NEWS_EN = r"(?:news|articles?|stories|coverage|reports|headlines)"
_ASKED = tuple(
    re.compile(pattern, re.I)
    for pattern in (
        rf"(?:tolong |coba )?(?:apa (?:saja |aja )?|adakah |ada )?{_NEWS_ID}(?: apa (?:saja|aja))?"
        rf"(?: (?P<newest>terbaru|terkini|terakhir))?(?: yang ada| apa (?:saja|aja))?"
        rf" {_ABOUT_ID} (?P<topic>.+)",
        rf"(?P<newest>update|perkembangan|(?:{_NEWS_ID}|perkembangan) (?:terbaru|terkini))"
        rf"(?: {_ABOUT_ID})? (?P<topic>.+)",
        rf"(?:tolong |coba )?(?:rangkum|ringkas|rangkumkan|ringkaskan|rangkuman|ringkasan|ikhtisar)"
        rf"(?: (?:semua )?{_NEWS_ID})?(?: {_ABOUT_ID})? (?P<topic>.+)",
        rf"(?:please )?(?:(?:what(?: is|'s|’s| are)|show me|give me|list|find) )?(?:all )?(?:the )?"
        rf"(?:(?P<newest>latest|newest|most recent|recent) )?{_NEWS_EN}(?: (?:is|are) there)?"
        rf" (?:about|on|regarding|concerning) (?P<topic>.+)",
        rf"what {_NEWS_EN} (?:is there|are there|do you have) (?:about|on) (?P<topic>.+)",
        rf"(?:please )?(?:summari[sz]e|sum up|recap)(?: the)?(?: {_NEWS_EN})?(?: (?:about|on|of))?"
        r" (?P<topic>.+)",
        r"(?:what(?: is|'s|’s) )?(?P<newest>(?:the )?latest|(?:any )?updates?) (?:on|about|with)"
        r" (?P<topic>.+)",
        rf"(?:tolong |coba )?(?:ceritakan|jelaskan) {_ABOUT_ID} (?P<topic>.+)",
        r"(?:please )?(?:tell me (?:more |everything )?about|(?:give me )?an overview of)"
        r" (?P<topic>.+)",
    )
)
_GENERAL = re.compile(r"\A(?:(?:the|kasus|isu|peristiwa|masalah) )+", re.I)  # before a name
_FIGURE = re.compile(r"\d+")


@dataclass(frozen=True, slots=True)
class Topic:
    """What an overview is asked of; ``newest``: its latest news."""

    text: str
    newest: bool


@dataclass(frozen=True, slots=True)
class Line:
    """A sentence on the topic: ``quote`` are offsets into the text of ``node``."""

    node: StoredNode
    quote: tuple[int, int]
    coverage: float


def topic_of(said: str) -> Topic | None:
    """The topic of a question that asks for an overview; None for any other question.

    >>> topic_of("Berita terbaru tentang Sambo?")
    Topic(text='Sambo', newest=True)
    >>> topic_of("Summarise the news about NATO."), topic_of("Rangkum Whoosh")
    (Topic(text='NATO', newest=False), Topic(text='Whoosh', newest=False))
    >>> topic_of("Kapan NATO berdiri?"), topic_of("Apa saja berita tentang itu?")
    (None, None)
    """
    clean = " ".join(said.split()).strip(" ?!.")
    for pattern in _ASKED:
        if match := pattern.fullmatch(clean):
            topic = _GENERAL.sub("", match["topic"])
            if not content_words(topic):
                return None
            return Topic(topic, bool(match.groupdict().get("newest")))
    return None


def lines(store: Store, topic: Topic, ranked: Sequence[Candidate]) -> list[Line]:
    """A line of each article that is about the topic, the newest first.

    ``ranked`` are the paragraphs found for the topic. An article is about it when its headline or
    one of its first paragraphs names what the topic names.
    """
    matcher = store.matcher()
    names = _names(topic)
    fitting = [
        one for one in ranked if one.coverage.score >= MOSTLY and _covers(names, one.coverage)
    ]
    nodes = {node.node_id: node for node in store.nodes([one.found.node_id for one in fitting])}
    first: dict[str, tuple[StoredNode, float]] = {}
    for one in fitting:
        node = nodes.get(one.found.node_id)
        if node is None:
            continue
        article_id = node.paragraph.article_id
        before = first.get(article_id)
        if before is None or node.paragraph.number < before[0].paragraph.number:
            first[article_id] = node, one.coverage.score
    titles = [store.article(article_id).title for article_id in first]
    headed = matcher.coverage(topic.text, titles)
    found = [
        Line(node, _sentence(matcher, topic.text, node.paragraph.text), score)
        for (node, score), title in zip(first.values(), headed, strict=True)
        if node.paragraph.number <= LEAD or _covers(names, title)
    ]
    order = _newest_first(store, found) if topic.newest else found
    kept: list[Line] = []
    for line in order:
        if len(kept) < MOST and not any(_same(_text(line), _text(other)) for other in kept):
            kept.append(line)
    return _newest_first(store, kept)


def _names(topic: Topic) -> frozenset[str]:
    """The folded words with a capital, also of a topic typed in small letters."""
    written = understand(f"- {topic.text}").text  # so that no name stands first
    capital = [word.group() for word in WORD.finditer(written) if word.group()[0].isupper()]
    return frozenset(content_words(" ".join(capital)))


def _covers(names: frozenset[str], cover: Coverage) -> bool:
    """Whether the names of the topic stand there; of one without names, all its words."""
    if names:
        best = [b for word, b in zip(cover.words, cover.best, strict=True) if word in names]
        return bool(best) and float(min(best)) >= NAMED
    return bool(cover.words) and float(cover.best.min()) >= KNOWN


def _sentence(matcher: SoftMatcher, topic: str, text: str) -> tuple[int, int]:
    """The first of the sentences that cover the topic best."""
    spans = sentences(text)
    covers = matcher.coverage(topic, [text[start:end] for start, end in spans])
    return spans[int(np.argmax([one.score for one in covers]))]


def _same(text: str, other: str) -> bool:
    """Whether two lines say the same; not where another figure is told."""
    return repeats(text, other) and _FIGURE.findall(text) == _FIGURE.findall(other)


def _newest_first(store: Store, found: Sequence[Line]) -> list[Line]:
    def age(line: Line) -> float:
        published = store.article(line.node.paragraph.article_id).published
        return -published.timestamp() if published else 0.0

    return sorted(found, key=age)


def _text(line: Line) -> str:
    return line.node.paragraph.text[slice(*line.quote)]
