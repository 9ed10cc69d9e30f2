"""Answers, articles and lists as HTML. Whatever is not ours is escaped here and nowhere else."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape
from typing import Literal
from urllib.parse import urlsplit

from assistant.chat.conversation import (
    Conversation,
    Exchange,
    exchange_markdown,
    locate,
    state_of,
)
from assistant.types import Answer, Citation
from index.types import Article, Language, Paragraph
from prompts import phrase

LISTED = 200  # articles shown in the list at once

Articles = Mapping[str, Article]
_MARKERS = re.compile(r"((?:\s*\[\d+\])+)")
_MONTHS: dict[Language, str] = {
    "id": "Januari Februari Maret April Mei Juni Juli Agustus September Oktober November Desember",
    "en": "January February March April May June July August September October November December",
}


@dataclass(frozen=True, slots=True)
class View:
    """What a page needs to show anything: its language and the articles as they are now.

    ``articles`` is None while they are unknown; nothing is then called changed or removed.
    """

    language: Language
    articles: Articles | None = None

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
    """A date as people write it, with the time where it is known.

    >>> day(datetime(2022, 3, 1, 9, 5), False, "id")
    '1 Maret 2022, 09.05'
    """
    if when is None:
        return text(phrase(language, "no_date"))
    date = f"{when.day} {_MONTHS[language].split()[when.month - 1]} {when.year}"
    return date if date_only else date + when.strftime(", %H.%M" if language == "id" else ", %H:%M")


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


# The conversation


def exchanges(view: View, conversation: Conversation, first: int, last: int) -> str:
    """The exchanges from number ``first`` up to before ``last``."""
    found = conversation.exchanges[first:last]
    return "".join(exchange(view, one, number) for number, one in enumerate(found, start=first))


def exchange(view: View, one: Exchange, number: int) -> str:
    """A question and its whole answer with sources and tools."""
    body = answer_body(view, one.answer, number)
    return (
        f'<article class="exchange" data-exchange="{number}" aria-label="{text(one.question)}">'
        f"{question(one.question)}{body}{_tools(view, one, number)}</article>"
    )


def question(value: str) -> str:
    return f'<h3 class="question">{text(value)}</h3>'


def pending(
    view: View, asked: str, status: str, answer: Answer | None = None, upto: int = 0
) -> str:
    """An exchange that is still being answered: ``upto`` sentences of the answer, if any."""
    body = f'<p class="working">{text(status)}</p>'
    if answer is not None:
        body = f'<div class="answer">{_short(answer)}{_sentences(view, answer, 0, upto)}</div>'
    return f'<article class="exchange" aria-busy="true">{question(asked)}{body}</article>'


def answer_body(view: View, answer: Answer, number: int) -> str:
    if answer.abstained:
        return _declined(view, answer)
    level = (
        f'<p class="level {answer.level}"><i aria-hidden="true"></i>'
        f"{view.say(f'level_{answer.level}')}</p>"
    )
    notice = f'<p class="notice" lang="{answer.language}">{text(answer.notice)}</p>'
    return (
        f'<div class="answer">{_short(answer)}{_sentences(view, answer, number, None)}'
        f"{notice if answer.notice else ''}{level}</div>{_sources(view, answer, number)}"
    )


def _short(answer: Answer) -> str:
    return f'<p class="short">{text(answer.short)}</p>' if answer.short else ""


def sentences(answer: Answer) -> list[tuple[str, tuple[int, ...]]]:
    """The sentences of an answer, each with the markers after it.

    Quotations are taken as they are, so that a ``[1]`` inside an article is no marker.
    """
    quoted = [(citation.quotation, (citation.marker,)) for citation in answer.citations]
    if answer.text == " ".join(f"{said} [{marker}]" for said, (marker,) in quoted):
        return [(said, (marker,)) for said, (marker,) in quoted]
    parts = [*_MARKERS.split(answer.text), ""]
    return [
        (said.strip(), tuple(map(int, re.findall(r"\d+", markers))))
        for said, markers in zip(parts[::2], parts[1::2], strict=True)
        if said.strip() or markers
    ]


def _sentences(view: View, answer: Answer, number: int, upto: int | None) -> str:
    known = {citation.marker: citation for citation in answer.citations}
    said = []
    for sentence, markers in sentences(answer)[:upto]:
        at = sentence.find(answer.short) if answer.short else -1
        body = (
            f"{text(sentence[:at])}<strong>{text(answer.short)}</strong>"
            f"{text(sentence[at + len(answer.short) :])}"
            if at >= 0
            else text(sentence)
        )
        cites = "".join(_cite(view, known[one], number) for one in markers if one in known)
        languages = {known[one].language for one in markers if one in known}
        spoken = f' lang="{languages.pop()}"' if len(languages) == 1 else ""
        said.append(f"<span{spoken}>{body}</span>{cites}")
    return f'<p class="sentences">{" ".join(said)}</p>'


def _cite(view: View, citation: Citation, number: int) -> str:
    label = view.say(
        "citation_label",
        marker=citation.marker,
        title=citation.title,
        number=citation.paragraph.number,
    )
    return (
        f'<button type="button" class="cite" data-act="cite" data-exchange="{number}" '
        f'data-marker="{citation.marker}" aria-label="{label}">{citation.marker}</button>'
    )


def _sources(view: View, answer: Answer, number: int) -> str:
    items = "".join(_source(view, citation, number) for citation in answer.citations)
    head = text(phrase(view.language, "sources"))
    return f'<section class="sources" aria-label="{head}"><h4>{head}</h4><ol>{items}</ol></section>'


def _source(view: View, citation: Citation, number: int) -> str:
    where = text(phrase(view.language, "paragraph", number=citation.paragraph.number))
    facts = [
        text(citation.source),
        day(citation.date, citation.date_only, view.language),
        where,
    ]
    also = ""
    if citation.also_in:
        names = ", ".join(_also(view, one) for one in citation.also_in)
        also = f'<p class="also">{view.say("also_in")} {names}</p>'
    return (
        f'<li><button type="button" class="source" data-act="cite" data-exchange="{number}" '
        f'data-marker="{citation.marker}"><span class="number" aria-hidden="true">'
        f'{citation.marker}</span><span><b lang="{citation.language}">{text(citation.title)}</b>'
        f"<small>{' · '.join(fact for fact in facts if fact)}</small></span></button>"
        f"{also}{_state(view, citation)}</li>"
    )


def _also(view: View, name: str) -> str:
    """Where the same is told: an article of the collection, or a name as it stands."""
    article = (view.articles or {}).get(name.partition("#p")[0])
    if article is None:
        return text(name)
    return (
        f'<button type="button" class="plain" data-act="read" data-article="{text(article.id)}">'
        f"{text(article.source or article.title)}</button>"
    )


def _state(view: View, citation: Citation) -> str:
    state = "same" if view.articles is None else state_of(citation, view.articles)
    if state == "same":
        return ""
    return f'<p class="stale" role="note">{view.say(f"citation_{state}")}</p>'


def _declined(view: View, answer: Answer) -> str:
    near = ""
    if answer.nearest:
        items = "".join(
            f'<li><button type="button" class="source" data-act="read" '
            f'data-article="{text(article.id)}"><span><b>{text(article.title)}</b>'
            f"{_facts_of(view, article.id)}</span></button></li>"
            for article in answer.nearest
        )
        near = f"<h4>{view.say('nearest')}</h4><ol>{items}</ol>"
    return (
        f'<div class="declined"><p class="refusal" lang="{answer.language}">{text(answer.text)}</p>'
        f'<p class="hint">{view.say("declined_hint")}</p></div>'
        f'<section class="sources near" aria-label="{view.say("nearest")}">{near}</section>'
    )


def _facts_of(view: View, article_id: str) -> str:
    article = (view.articles or {}).get(article_id)
    if article is None:
        return ""
    facts = [text(article.source), day(article.published, article.date_only, view.language)]
    return f"<small>{' · '.join(fact for fact in facts if fact)}</small>"


def _tools(view: View, one: Exchange, number: int) -> str:
    def tool(act: str, label: str, pressed: bool | None = None) -> str:
        state = "" if pressed is None else f' aria-pressed="{str(pressed).lower()}"'
        return (
            f'<button type="button" class="tool" data-act="{act}" data-exchange="{number}"{state}>'
            f"{view.say(label)}</button>"
        )

    copied = text(exchange_markdown(one, view.language))
    copy = (
        f'<button type="button" class="tool" data-copy="{copied}" '
        f'data-copied="{view.say("copied")}">{view.say("copy")}</button>'
    )
    votes = tool("up", "vote_up", one.vote == "up") + tool("down", "vote_down", one.vote == "down")
    comment = ""
    if one.vote:
        comment = (
            f'<form class="comment" data-submit="comment" data-exchange="{number}">'
            f'<label>{view.say(f"comment_{one.vote}")}<input name="comment" maxlength="2000" '
            f'autocomplete="off"></label><button type="submit" class="tool">'
            f"{view.say('comment_send')}</button></form>"
        )
    return (
        f'<div class="tools">{copy}{tool("retry", "retry")}{tool("edit", "edit")}'
        f'<span class="votes" role="group" aria-label="{view.say("vote_label")}">{votes}</span>'
        f"</div>{comment}"
    )


def suggestions(view: View, questions: Sequence[str], head: str) -> str:
    """Questions that can be asked with one click; nothing when there are none."""
    if not questions:
        return ""
    items = "".join(
        f'<li><button type="button" class="suggestion" data-act="pick" data-text="{text(one)}">'
        f"{text(one)}</button></li>"
        for one in questions
    )
    label = view.say(head)
    return f'<section class="suggestions" aria-label="{label}"><h4>{label}</h4><ul>{items}</ul></section>'


# The reading panel


@dataclass(frozen=True, slots=True)
class Reading:
    """What the panel shows: a citation of an exchange, or an article."""

    exchange: int | None = None
    marker: int = 0
    article: str = ""

    @classmethod
    def from_dict(cls, data: object) -> Reading | None:
        """What the browser kept; None when that is nothing."""
        if not isinstance(data, dict):
            return None
        number = data.get("exchange")
        if isinstance(number, int) and isinstance(data.get("marker"), int):
            return cls(number, data["marker"])
        return cls(article=str(data["article"])) if data.get("article") else None

    def to_dict(self) -> dict[str, object]:
        if self.exchange is None:
            return {"article": self.article}
        return {"exchange": self.exchange, "marker": self.marker}


def empty_panel(view: View) -> str:
    return f'<div class="empty"><p>{view.say("panel_empty")}</p></div>'


def cited_panel(view: View, answer: Answer, number: int, marker: int) -> str:
    """The article of a citation with all that the answer cites in it marked."""
    by_marker = {citation.marker: citation for citation in answer.citations}
    shown = by_marker.get(marker)
    if shown is None:
        return empty_panel(view)
    order = list(by_marker)
    at = order.index(marker)
    steps = (
        _step(view, number, order[at - 1] if at else None, "previous")
        + f'<span class="count" aria-live="polite">'
        f"{view.say('citation_of', at=at + 1, count=len(order))}</span>"
        + _step(view, number, order[at + 1] if at + 1 < len(order) else None, "next")
    )
    article = (view.articles or {}).get(shown.paragraph.article_id)
    if article is None:
        return _removed_panel(view, shown, steps)
    changed = state_of(shown, {article.id: article}) == "changed"
    warning = ""
    if changed:
        warning = (
            f'<div class="stale" role="note"><p>{view.say("citation_changed")}</p>'
            f"<blockquote>{text(shown.quotation)}</blockquote></div>"
        )
    spans: dict[int, list[tuple[int, int]]] = {}
    current = 0
    for citation in answer.citations:
        place = locate(citation, article)
        if citation.paragraph.article_id == article.id and place:
            spans.setdefault(place[0], []).append(place[1])
            current = place[0] if citation is shown else current
    return _panel(view, article, steps, warning, spans, current)


def article_panel(view: View, article_id: str) -> str:
    """A whole article, nothing marked."""
    article = (view.articles or {}).get(article_id)
    if article is None:
        return f'<div class="empty"><p>{view.say("article_gone")}</p></div>'
    return _panel(view, article, "", "", {}, 0)


def _step(view: View, number: int, marker: int | None, way: Literal["previous", "next"]) -> str:
    target = "disabled" if marker is None else f'data-exchange="{number}" data-marker="{marker}"'
    arrow = "←" if way == "previous" else "→"
    return (
        f'<button type="button" class="step" data-act="cite" {target} '
        f'aria-label="{view.say(way)}">{arrow}</button>'
    )


def _bar(view: View, steps: str) -> str:
    return (
        f'<div class="bar"><button type="button" class="back" data-back>{view.say("back")}</button>'
        f'<nav aria-label="{view.say("steps")}">{steps}</nav>'
        f'<button type="button" class="step" data-act="close" aria-label="{view.say("close")}">×'
        "</button></div>"
    )


def _panel(
    view: View,
    article: Article,
    steps: str,
    warning: str,
    spans: Mapping[int, Sequence[tuple[int, int]]],
    current: int,
) -> str:
    facts = [
        text(article.source),
        day(article.published, article.date_only, view.language),
        text(article.author),
        link(article.url, view.say("original")),
    ]
    blocks = "".join(
        _block(view, one, spans.get(one.number, ()), current) for one in article.paragraphs
    )
    return (
        f'{_bar(view, steps)}<article class="reading" lang="{article.language}">'
        f'<header><h2>{text(article.title)}</h2><p class="facts" lang="{view.language}">'
        f"{' · '.join(fact for fact in facts if fact)}</p></header>{warning}{blocks}</article>"
    )


def _block(view: View, one: Paragraph, spans: Sequence[tuple[int, int]], current: int) -> str:
    kinds = [one.role, *(["cited"] if spans else []), *(["now"] if one.number == current else [])]
    label = ""
    if spans:
        label = f' tabindex="-1" aria-label="{view.say("cited_paragraph", number=one.number)}"'
    return f'<p class="{" ".join(kinds)}" data-number="{one.number}"{label}>{marked(one.text, spans)}</p>'


def _removed_panel(view: View, citation: Citation, steps: str) -> str:
    facts = [text(citation.source), day(citation.date, citation.date_only, view.language)]
    return (
        f'{_bar(view, steps)}<article class="reading" lang="{citation.language}"><header>'
        f'<h2>{text(citation.title)}</h2><p class="facts">'
        f"{' · '.join(fact for fact in facts if fact)}</p></header>"
        f'<div class="stale" role="note"><p>{view.say("citation_removed_panel")}</p></div>'
        f'<p class="body cited now" tabindex="-1">'
        f"{marked(citation.paragraph.text, [citation.quote])}</p></article>"
    )


# Lists


def article_list(view: View, articles: Sequence[Article], total: int, removable: bool) -> str:
    """The articles that meet the filter, each to read and, if ``removable``, to remove."""
    if not total:
        return f'<p class="hint">{view.say("no_articles")}</p>'
    items = "".join(_row(view, article, removable) for article in articles[:LISTED])
    more = ""
    if len(articles) > LISTED:
        more = f'<p class="hint">{view.say("more_articles", count=len(articles) - LISTED)}</p>'
    count = view.say("listed", count=len(articles), total=total)
    return f'<p class="count" role="status">{count}</p><ul class="articles">{items}</ul>{more}'


def _row(view: View, article: Article, removable: bool) -> str:
    facts = [text(article.source), day(article.published, article.date_only, view.language)]
    remove = ""
    if removable:
        remove = (
            f'<details class="remove"><summary aria-label="'
            f'{view.say("remove_label", title=article.title)}">{view.say("remove")}</summary>'
            f"<p>{view.say('remove_sure')}</p>"
            f'<button type="button" class="danger" data-act="remove" '
            f'data-article="{text(article.id)}">{view.say("remove_yes")}</button></details>'
        )
    return (
        f'<li><button type="button" class="source" data-act="read" '
        f'data-article="{text(article.id)}"><span><b lang="{article.language}">'
        f"{text(article.title)}</b><small>{' · '.join(fact for fact in facts if fact)}</small>"
        f"</span></button>{remove}</li>"
    )


def conversation_list(view: View, kept: Sequence[Conversation], current: str) -> str:
    """The conversations of this browser, newest first, each to open, export or delete."""
    if not kept:
        return f'<p class="hint">{view.say("no_conversations")}</p>'
    return f'<ul class="articles">{"".join(_kept(view, one, current) for one in kept)}</ul>'


def _kept(view: View, one: Conversation, current: str) -> str:
    def button(act: str, label: str, kind: str = "tool") -> str:
        return (
            f'<button type="button" class="{kind}" data-act="{act}" '
            f'data-conversation="{text(one.id)}">{view.say(label)}</button>'
        )

    first = one.exchanges[0]
    here = f" · {view.say('open_now')}" if one.id == current else ""
    count = view.say("questions", count=len(one.exchanges))
    when = day(datetime.fromisoformat(first.asked), True, view.language)
    return (
        f'<li><button type="button" class="source" data-act="open" '
        f'data-conversation="{text(one.id)}"><span><b>{text(first.question)}</b>'
        f"<small>{when} · {count}{here}</small></span></button>"
        f'<div class="tools">{button("markdown", "export_markdown")}{button("json", "export_json")}'
        f'<details class="remove"><summary>{view.say("delete")}</summary>'
        f"<p>{view.say('delete_sure')}</p>{button('delete', 'delete_yes', 'danger')}</details></div></li>"
    )


# Adding articles


@dataclass(frozen=True, slots=True)
class FileResult:
    """What became of a file: the articles it holds now, or why it was rejected."""

    name: str
    titles: tuple[str, ...] = ()
    known: bool = False
    reason: str = ""


def progress(view: View, stage: str, done: int, total: int) -> str:
    value = f' value="{done}" max="{total}"' if total else ""
    label = view.say(f"stage_{stage}")
    return f'<div class="progress"><label>{label}<progress{value}></progress></label></div>'


def file_results(view: View, results: Sequence[FileResult]) -> str:
    """One line a file: what was added, or why not."""
    lines = []
    for one in results:
        name = f"<b>{text(one.name)}</b>"
        if one.reason:
            lines.append(
                f'<li class="bad">{name} {view.say("file_rejected", reason=one.reason)}</li>'
            )
        else:
            head = view.say("file_known" if one.known else "file_added")
            titles = "; ".join(map(text, one.titles[:5]))
            more = f" (+{len(one.titles) - 5})" if len(one.titles) > 5 else ""
            lines.append(f'<li class="good">{name} {head} {titles}{more}</li>')
    return f'<ul class="results" role="status">{"".join(lines)}</ul>'


def failure(view: View, name: str, **values: object) -> str:
    return f'<p class="bad" role="alert">{view.say(name, **values)}</p>'
