"""What can be asked about, as HTML: how many articles, by how many outlets, from when to when."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from assistant.chat.html import View, text
from assistant.types import spoken_date
from index.types import Article


def overview(view: View, articles: Sequence[Article], samples: bool) -> str:
    """What the collection holds, for whoever must see whether it is what they expect."""
    if not articles:
        return _section(view, [], view.say("archive_empty"))
    dated = sorted(((_day(one), one) for one in articles if one.published), key=lambda one: one[0])
    outlets = len({one.source.casefold() for one in articles if one.source})
    told = [view.say("archive", count=len(articles))]
    if outlets:
        told = [view.say("archive_by", count=len(articles), outlets=outlets)]
    newest = ""
    if dated:
        (_, first), (_, last) = dated[0], dated[-1]
        days = (spoken_date(one.published, True, view.language) for one in (first, last))
        told.append(view.say("archive_days", first=next(days), last=next(days)))
        newest = (
            f'<p>{view.say("archive_newest")} <button type="button" class="plain" data-act="read" '
            f'data-article="{text(last.id)}" lang="{last.language}">{text(last.title)}</button></p>'
        )
    if undated := len(articles) - len(dated):
        told.append(view.say("archive_undated", count=undated))
    expected = view.say("archive_samples" if samples else "archive_expected")
    return _section(view, [f'<p class="archive">{" ".join(told)}</p>', newest], expected)


def _section(view: View, told: Sequence[str], asked: str) -> str:
    return (
        f'<section class="welcome" aria-label="{view.say("archive_label")}">'
        f"<p>{view.say('archive_what')}</p>{''.join(told)}"
        f'<p>{asked} <button type="button" class="plain" data-tab="1">'
        f"{view.say('archive_open')}</button></p></section>"
    )


def _day(article: Article) -> date:
    """The day of a dated article; times with and without a zone do not compare."""
    return article.published.date() if article.published else date.min
