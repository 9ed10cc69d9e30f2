"""Lists as HTML: articles, conversations, and what became of added files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from assistant.chat.conversation import MAX_TITLE_CHARS, Conversation
from assistant.chat.html import View, day, facts, text
from index.types import Article
from prompts import Message

LISTED = 200  # articles shown in the list at once

Origin = Literal["added", "part", "web", "folder"]
"""Where an article comes from: added in the chat, alone in its file or with others, from the web,
or from a folder of the user's."""


def article_list(
    view: View, articles: Sequence[Article], total: int, removable: Mapping[str, Origin]
) -> str:
    """The articles that meet the filter, each to read and, if ``removable``, to remove."""
    if not total:
        return f'<p class="hint">{view.say("no_articles")}</p>'
    items = "".join(_row(view, article, removable.get(article.id)) for article in articles[:LISTED])
    more = ""
    if len(articles) > LISTED:
        more = f'<p class="hint">{view.say("more_articles", count=len(articles) - LISTED)}</p>'
    count = view.say("listed", count=len(articles), total=total)
    return f'<p class="count" role="status">{count}</p><ul class="articles">{items}</ul>{more}'


def _row(view: View, article: Article, origin: Origin | None) -> str:
    told = [text(article.source), day(article.published, article.date_only, view.language)]
    if article.gone:
        told.append(view.say("gone", day=day(article.gone, True, view.language)))
    remove = ""
    if origin:
        remove = (
            f'<details class="remove"><summary aria-label="'
            f'{view.say("remove_label", title=article.title)}">{view.say("remove")}</summary>'
            f"<p>{view.say(f'remove_sure_{origin}')}</p>"
            f'<button type="button" class="danger" data-act="remove" '
            f'data-article="{text(article.id)}">{view.say("remove_yes")}</button></details>'
        )
    return (
        f'<li><button type="button" class="source" data-act="read" '
        f'data-article="{text(article.id)}"><span><b lang="{article.language}">'
        f"{text(article.title)}</b><small>{facts(told)}</small>"
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
        f'data-conversation="{text(one.id)}"><span><b>{text(one.name)}</b>'
        f"<small>{when} · {count}{here}</small></span></button>"
        f'<div class="tools">{button("markdown", "export_markdown")}{button("json", "export_json")}'
        f'<details class="remove"><summary>{view.say("delete")}</summary>'
        f"<p>{view.say('delete_sure')}</p>{button('delete', 'delete_yes', 'danger')}</details>"
        f"{_renaming(view, one)}</div></li>"
    )


def _renaming(view: View, one: Conversation) -> str:
    return (
        f'<details class="remove rename"><summary>{view.say("rename")}</summary>'
        f'<form class="comment" data-submit="rename" data-conversation="{text(one.id)}">'
        f'<label>{view.say("rename_label")}<input name="title" maxlength="{MAX_TITLE_CHARS}" '
        f'value="{text(one.title)}" placeholder="{text(one.name)}" autocomplete="off"></label>'
        f'<button type="submit" class="tool">{view.say("rename_yes")}</button></form></details>'
    )


@dataclass(frozen=True, slots=True)
class FileResult:
    """What became of a file: the articles it holds now, or why it was rejected.

    ``known``: they were here already. ``left_out``: why parts of it were rejected.
    """

    name: str
    titles: tuple[str, ...] = ()
    known: bool = False
    reason: Message | None = None
    left_out: tuple[Message, ...] = ()


def progress(view: View, stage: str, done: int, total: int) -> str:
    value = f' value="{done}" max="{total}"' if total else ""
    label = view.say(f"stage_{stage}")
    return f'<div class="progress"><label>{label}<progress{value}></progress></label></div>'


def file_results(view: View, results: Sequence[FileResult], remark: str = "") -> str:
    """One line a file: what was added, or why not; then the phrase ``remark``, if any."""
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
            lost = ""
            if one.left_out:
                reason, others = one.left_out[0], len(one.left_out) - 1
                also = f" (+{others})" if others else ""
                lost = (
                    f' <span class="bad">{view.say("parts_left_out", reason=reason)}{also}</span>'
                )
            lines.append(f'<li class="good">{name} {head} {titles}{more}{lost}</li>')
    told = f'<p class="hint">{view.say(remark)}</p>' if remark else ""
    return f'<div role="status"><ul class="results">{"".join(lines)}</ul>{told}</div>'


def removal(view: View, title: str, origin: Origin, key: str) -> str:
    """That an article was removed, and with ``key`` a way to bring it back."""
    undo = ""
    if key:
        undo = (
            f' <button type="button" class="plain" data-act="undo" data-removed="{text(key)}">'
            f"{view.say('undo')}</button>"
        )
    said = view.say("removed" if origin == "added" else f"removed_{origin}", title=title)
    return f'<p class="hint" role="status">{said}{undo}</p>'


def failure(view: View, name: str, **values: object) -> str:
    return f'<p class="bad" role="alert">{view.say(name, **values)}</p>'
