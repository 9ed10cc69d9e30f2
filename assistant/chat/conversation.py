"""A conversation as the browser keeps it, and how it is exported.

The server keeps none: a page sends its conversation with each question and stores what comes
back in the browser.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Literal, cast, get_args

from assistant.types import Answer, Citation, Level, Near, Turn, YesNo, spoken_date
from index.types import Article, Language, Paragraph
from prompts import phrase

SCHEMA_VERSION = 1
MAX_TITLE_CHARS = 120
REMEMBERED = 10  # earlier exchanges that are handed over with a question

Vote = Literal["", "up", "down"]
State = Literal["same", "changed", "removed"]


@dataclass(frozen=True, slots=True)
class Exchange:
    """A question, its answer, when it was asked (ISO 8601) and what the user thought of it.

    ``among``: how many articles were looked at, and of how many, where a filter was on.
    """

    id: str
    question: str
    answer: Answer
    asked: str
    vote: Vote = ""
    among: tuple[int, int] | None = None

    @classmethod
    def new(cls, question: str, answer: Answer, among: tuple[int, int] | None = None) -> Exchange:
        now = datetime.now(UTC).isoformat(timespec="seconds")
        return cls(secrets.token_hex(6), question, answer, now, among=among)

    def to_dict(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "question": self.question,
            "answer": self.answer.to_dict(),
            "asked": self.asked,
            "vote": self.vote,
            "among": self.among and list(self.among),
        }


@dataclass(frozen=True, slots=True)
class Conversation:
    """Exchanges in the order in which they were asked; ``title`` is what the user calls it."""

    id: str
    exchanges: tuple[Exchange, ...] = ()
    title: str = ""

    @classmethod
    def new(cls) -> Conversation:
        return cls(secrets.token_hex(6))

    @classmethod
    def from_dict(cls, data: object) -> Conversation:
        """What the browser kept; a new conversation when that is nothing or damaged."""
        try:
            exchanges = tuple(map(_exchange, data["exchanges"]))  # type: ignore[index]  # checked by the except
            return cls(str(data["id"]), exchanges, _title(data.get("title")))  # type: ignore[index, attr-defined]  # as above
        except (TypeError, KeyError, ValueError, AttributeError):
            return cls.new()

    def to_dict(self) -> dict[str, Any]:
        return {
            "schema_version": SCHEMA_VERSION,
            "id": self.id,
            "title": self.title,
            "exchanges": [exchange.to_dict() for exchange in self.exchanges],
        }

    @property
    def history(self) -> list[Turn]:
        """What is handed over with the next question."""
        return [Turn(one.question, one.answer) for one in self.exchanges[-REMEMBERED:]]

    @property
    def name(self) -> str:
        """What it is called, else its first question."""
        return self.title or (self.exchanges[0].question if self.exchanges else "")

    def renamed(self, title: str) -> Conversation:
        return replace(self, title=_title(title))

    def first(self, count: int) -> Conversation:
        return replace(self, exchanges=self.exchanges[:count])

    def extended(self, exchange: Exchange) -> Conversation:
        return replace(self, exchanges=(*self.exchanges, exchange))

    def voted(self, number: int, vote: Vote) -> Conversation:
        """With the vote on exchange ``number``, counted from 0."""
        exchanges = list(self.exchanges)
        exchanges[number] = replace(exchanges[number], vote=vote)
        return replace(self, exchanges=tuple(exchanges))


def _title(value: object) -> str:
    return " ".join(str(value or "").split())[:MAX_TITLE_CHARS]


def _exchange(data: Mapping[str, Any]) -> Exchange:
    vote: Vote = data["vote"] if data["vote"] in ("up", "down") else ""
    asked = datetime.fromisoformat(str(data["asked"])).isoformat()
    answer = answer_from_dict(data["answer"])
    among = None
    if data.get("among"):
        count, total = map(int, data["among"])
        among = count, total
    return Exchange(str(data["id"]), str(data["question"]), answer, asked, vote, among)


def answer_from_dict(data: Mapping[str, Any]) -> Answer:
    """The answer that ``Answer.to_dict`` wrote; of near articles id, title and sentence.

    Raises:
        KeyError, TypeError, ValueError: the data are no answer.
    """
    nearest = tuple(
        Near(
            Article(str(one["article_id"]), "", "", str(one["title"]), None, False, "id", "", ()),
            str(one.get("sentence", "")),
        )
        for one in data["nearest"]
    )
    return Answer(
        str(data["text"]),
        str(data["short"]),
        tuple(map(_citation, data["citations"])),
        _language(data["language"]),
        float(data["confidence"]),
        bool(data["abstained"]),
        _level(data["level"]),
        nearest,
        str(data["notice"]),
        "llm" if data["mode"] == "llm" else "extractive",
        str(data["understood"]),
        {str(name): float(value) for name, value in data["timings"].items()},
        _verdict(data.get("verdict")),  # kept conversations of earlier versions have none
        "overview" if data.get("kind") == "overview" else "fact",
    )


def _verdict(value: object) -> YesNo | None:
    for verdict in get_args(YesNo):
        if value == verdict:
            return cast(YesNo, verdict)
    if value is not None:
        raise ValueError(f"{value!r} is no verdict")
    return None


def _level(value: object) -> Level:
    for level in get_args(Level):
        if value == level:
            return cast(Level, level)
    raise ValueError(f"{value!r} is no level of confidence")


def _citation(data: Mapping[str, Any]) -> Citation:
    text = str(data["paragraph"])
    start, end = map(int, data["quote"])
    if not 0 <= start <= end <= len(text):
        raise ValueError(f"quote {start}-{end} of {len(text)} characters")
    date = str(data["date"]) if data["date"] else None
    return Citation(
        int(data["marker"]),
        Paragraph(str(data["article_id"]), int(data["number"]), text),
        str(data["title"]),
        datetime.fromisoformat(date) if date else None,
        bool(date and len(date) == 10),
        str(data["source"]),
        str(data["url"]),
        _language(data["language"]),
        (start, end),
        tuple(map(str, data["also_in"])),
        str(data.get("section", "")),
    )


def _language(value: object) -> Language:
    return "en" if value == "en" else "id"


def mentioned_articles(conversation: Conversation) -> set[str]:
    """The ids of all articles that the conversation cites or names."""
    ids: set[str] = set()
    for one in conversation.exchanges:
        ids |= {citation.paragraph.article_id for citation in one.answer.citations}
        ids |= {name.partition("#p")[0] for c in one.answer.citations for name in c.also_in}
        ids |= {near.article.id for near in one.answer.nearest}
    return ids


def state_of(citation: Citation, articles: Mapping[str, Article]) -> State:
    """Whether the cited paragraph still stands in its article as it was cited."""
    article = articles.get(citation.paragraph.article_id)
    if article is None:
        return "removed"
    stands = any(paragraph.text == citation.paragraph.text for paragraph in article.paragraphs)
    return "same" if stands else "changed"


def locate(citation: Citation, article: Article) -> tuple[int, tuple[int, int]] | None:
    """Where the quotation stands in the article now: paragraph number and offsets."""
    start, end = citation.quote
    ordered = sorted(article.paragraphs, key=lambda p: p.number != citation.paragraph.number)
    for paragraph in ordered:
        if paragraph.text[start:end] == citation.quotation:
            return paragraph.number, (start, end)
    for paragraph in ordered:
        found = paragraph.text.find(citation.quotation)
        if found >= 0:
            return paragraph.number, (found, found + len(citation.quotation))
    return None


# Export


def markdown(conversation: Conversation, language: Language) -> str:
    """The conversation as Markdown with a full citation below each answer."""
    parts = [f"# {_plain(conversation.title) or phrase(language, 'chat.export_title')}"]
    parts += [exchange_markdown(exchange, language) for exchange in conversation.exchanges]
    return "\n\n".join(parts) + "\n"


def exchange_markdown(exchange: Exchange, language: Language) -> str:
    answer = exchange.answer
    lines = [f"## {_plain(exchange.question)}", ""]
    if answer.short:
        lines += [f"**{_plain(answer.short)}**", ""]
    lines += [_plain(answer.text), ""]
    lines += [f"_{_plain(answer.notice)}_", ""] if answer.notice else []
    for citation in answer.citations:
        lines += _citation_markdown(citation, language)
    for near in answer.nearest:
        lines.append(f"- {phrase(language, 'nearest', title=_plain(near.article.title))}")
    return "\n".join(lines).rstrip()


def _citation_markdown(citation: Citation, language: Language) -> Iterable[str]:
    day = spoken_date(citation.date, citation.date_only, language)
    day = day or phrase(language, "no_date")
    number = phrase(language, "paragraph", number=citation.paragraph.number)
    facts = [citation.title, citation.source, day, number, citation.url, *citation.also_in]
    yield f"{_plain(f'[{citation.marker}]')} " + " · ".join(_plain(fact) for fact in facts if fact)
    yield f"> {_plain(citation.quotation)}"
    yield f"> ({_plain(citation.paragraph.public_id)})"
    yield ""


def exchange_text(exchange: Exchange, language: Language) -> str:
    """An exchange as plain text, to be sent in a message."""
    answer = exchange.answer
    parts = [exchange.question, "\n".join(filter(None, (answer.short, answer.text)))]
    parts += [answer.notice] if answer.notice else []
    for one in answer.citations:
        parts.append(f"[{one.marker}] {' · '.join(_facts(one, language))}")
    return "\n\n".join(parts)


def footnotes(answer: Answer, authors: Mapping[str, str], language: Language) -> str:
    """The citations of an answer as footnotes, one a line; ``authors`` by article."""
    lines = []
    for one in answer.citations:
        _, *rest = _facts(one, language)
        author = authors.get(one.paragraph.article_id, "")
        lines.append(", ".join(filter(None, (author, f"“{one.title}”", *rest))) + ".")
    return "\n".join(dict.fromkeys(lines))


def _facts(citation: Citation, language: Language) -> list[str]:
    """Headline, outlet, day, paragraph and address, as far as they are known."""
    day = spoken_date(citation.date, True, language) or phrase(language, "no_date")
    number = phrase(language, "paragraph", number=citation.paragraph.number)
    return [one for one in (citation.title, citation.source, day, number, citation.url) if one]


def _plain(text: str) -> str:
    """``text`` on one line and without a meaning in Markdown or HTML.

    >>> print(_plain("![x](http://a/b) <img>"))
    !\\[x\\](http://a/b) &lt;img>
    """
    escaped = "".join("\\" + char if char in "\\`*_[]#|~" else char for char in text)
    return " ".join(escaped.replace("<", "&lt;").split())
