"""Questions and answers as HTML."""

from __future__ import annotations

import re
from collections.abc import Sequence

from assistant.chat.conversation import (
    Conversation,
    Exchange,
    exchange_text,
    footnotes,
    state_of,
)
from assistant.chat.html import View, day, facts, link, text
from assistant.shorthand import spelled_out
from assistant.types import Answer, Citation, Near
from index.types import Language
from prompts import phrase

_MARKERS = re.compile(r"((?:\s*\[\d+\])+)")


def exchanges(view: View, conversation: Conversation, first: int, last: int) -> str:
    """The exchanges from number ``first`` up to before ``last``."""
    asked = [one.question for one in conversation.exchanges]
    return "".join(
        exchange(view, one, number, asked[:number])
        for number, one in enumerate(conversation.exchanges[first:last], start=first)
    )


def exchange(view: View, one: Exchange, number: int, earlier: Sequence[str] = ()) -> str:
    """A question after the ``earlier`` ones, and its whole answer with sources and tools."""
    body = answer_body(view, one.answer, number, one.among)
    if taken := _taken(view, one, earlier):
        body = f'<p class="understood">{text(taken)}</p>{body}'
    return (
        f'<article class="exchange" data-exchange="{number}" data-id="{text(one.id)}" '
        f'aria-label="{text(one.question)}">'
        f"{question(one.question)}{body}{_tools(view, one, number)}</article>"
    )


def _taken(view: View, one: Exchange, earlier: Sequence[str]) -> str:
    """How a follow-up was taken: in full, or which question it goes on from.

    Nothing where words of several were put together, which is no sentence to read.
    """
    understood, plain = one.answer.understood, spelled_out(one.question)
    if not understood.endswith(plain):
        return phrase(view.language, "understood", question=understood) if understood else ""
    before = understood.removesuffix(plain).strip()
    return phrase(view.language, "chat.goes_on", question=before) if before in earlier else ""


def question(value: str) -> str:
    return f'<h2 class="question">{text(value)}</h2>'


def reply(asked: str, said: str, language: Language) -> str:
    """A message that is no question, and what is said to it."""
    return (
        f'<article class="exchange">{question(asked)}<div class="answer">'
        f'<p class="sentences" lang="{language}">{text(said)}</p></div></article>'
    )


def pending(asked: str, status: str, said: str = "") -> str:
    """An exchange that is still being answered: what was ``said`` so far, and what is done now.

    Markers cannot be followed before the answer is whole.
    """
    parts = [
        f'<span class="cite">{part.strip(" []")}</span>' if at % 2 else text(part)
        for at, part in enumerate(re.split(r"(\s*\[\d+\])", said))
    ]
    answer = f'<div class="answer"><p class="sentences">{"".join(parts)}</p></div>' if said else ""
    return (
        f'<article class="exchange" aria-busy="true">{question(asked)}{answer}'
        f'<p class="working">{text(status)}</p></article>'
    )


def answer_body(
    view: View, answer: Answer, number: int, among: tuple[int, int] | None = None
) -> str:
    """``among``: how many articles were looked at, and of how many, where a filter was on."""
    if answer.abstained:
        return _declined(view, answer, number, among)
    level = (
        f'<p class="level {answer.level}"><i aria-hidden="true"></i>'
        f"{view.say(f'level_{answer.level}')}</p>"
    )
    notice = f'<p class="notice" lang="{answer.language}">{text(answer.notice)}</p>'
    said = _sentences(view, answer, number)
    if answer.kind == "overview":
        said, level = _lines(view, answer, number), ""
    return (
        f'<div class="answer">{_short(answer)}{said}{notice if answer.notice else ""}{level}</div>'
        f"{_sources(view, answer, number)}"
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


def _sentences(view: View, answer: Answer, number: int) -> str:
    known = {citation.marker: citation for citation in answer.citations}
    said = []
    for sentence, markers in sentences(answer):
        at = sentence.find(answer.short) if answer.short and not answer.verdict else -1
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


def _lines(view: View, answer: Answer, number: int) -> str:
    """The lines of an overview, each with its day."""
    items = "".join(
        f"<li><small>{day(one.date, one.date_only, view.language)}</small> "
        f'<span lang="{one.language}">{text(one.quotation)}</span>{_cite(view, one, number)}</li>'
        for one in answer.citations
    )
    return f'<ul class="overview">{items}</ul>'


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
    return f'<section class="sources" aria-label="{head}"><h3>{head}</h3><ol>{items}</ol></section>'


def _source(view: View, citation: Citation, number: int) -> str:
    where = text(phrase(view.language, "paragraph", number=citation.paragraph.number))
    told = [
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
        f"<small>{facts(told)}</small></span></button>"
        f"{_original(view, citation)}{also}{_state(view, citation)}</li>"
    )


def _original(view: View, citation: Citation) -> str:
    found = link(citation.url, view.say("original"))
    return f'<p class="also">{found}</p>' if found.startswith("<a ") else ""


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


def _declined(view: View, answer: Answer, number: int, among: tuple[int, int] | None) -> str:
    listed = ""
    if answer.nearest:
        items = "".join(
            f'<li><button type="button" class="source" data-act="read" '
            f'data-article="{text(near.article.id)}"><span><b>{text(near.article.title)}</b>'
            f"{_told_of(view, near.article.id)}{_closest(near)}</span></button></li>"
            for near in answer.nearest
        )
        head = view.say("nearest")
        listed = (
            f'<section class="sources near" aria-label="{head}"><h3>{head}</h3><ol>{items}</ol>'
            "</section>"
        )
    refusal, hint, filtered = (
        text(answer.text),
        view.say("declined_hint" if answer.nearest else "declined_far"),
        "",
    )
    if among is not None:
        count, total = among
        told = view.say("declined_restricted", count=count, total=total)
        if not count:
            refusal, hint = text(phrase(answer.language, "chat.none_selected")), ""
        filtered = (
            f'<p class="restricted">{told} <button type="button" class="plain" '
            f'data-act="everywhere" data-exchange="{number}">{view.say("ask_everywhere")}</button>'
            "</p>"
        )
    hint = f'<p class="hint">{hint}</p>' if hint else ""
    return (
        f'<div class="declined"><p class="refusal" lang="{answer.language}">{refusal}</p>'
        f"{filtered}{hint}</div>{listed}"
    )


def _closest(near: Near) -> str:
    return f'<q class="closest">{text(near.sentence)}</q>' if near.sentence else ""


def _told_of(view: View, article_id: str) -> str:
    article = (view.articles or {}).get(article_id)
    if article is None:
        return ""
    told = [text(article.source), day(article.published, article.date_only, view.language)]
    return f"<small>{facts(told)}</small>"


def _tools(view: View, one: Exchange, number: int) -> str:
    def tool(act: str, label: str, pressed: bool | None = None) -> str:
        state = "" if pressed is None else f' aria-pressed="{str(pressed).lower()}"'
        return (
            f'<button type="button" class="tool" data-act="{act}" data-exchange="{number}"{state}>'
            f"{view.say(label)}</button>"
        )

    def copying(value: str, label: str) -> str:
        return (
            f'<button type="button" class="tool" data-copy="{text(value)}" '
            f'data-copied="{view.say("copied")}">{view.say(label)}</button>'
        )

    copy = copying(exchange_text(one, view.language), "copy")
    if one.answer.citations:
        authors = {article.id: article.author for article in (view.articles or {}).values()}
        copy += copying(footnotes(one.answer, authors, view.language), "footnote")
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
    return (
        f'<section class="suggestions" aria-label="{label}"><h2>{label}</h2>'
        f"<ul>{items}</ul></section>"
    )
