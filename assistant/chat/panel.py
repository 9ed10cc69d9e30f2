"""The reading panel as HTML: an article, what is cited in it, and the quoted words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from assistant.chat.conversation import locate, state_of
from assistant.chat.html import View, day, facts, link, marked, text
from assistant.types import Answer, Citation
from index.history import Change, changes
from index.types import Article, Paragraph


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
        return f'{_bar(view, "")}<div class="empty"><p>{view.say("article_gone")}</p></div>'
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
    told = [
        text(article.source),
        day(article.published, article.date_only, view.language),
        text(article.author),
        text(article.section),
        link(article.url, view.say("original")),
        view.say("gone", day=day(article.gone, True, view.language)) if article.gone else "",
    ]
    blocks = "".join(
        _block(view, one, spans.get(one.number, ()), current) for one in article.paragraphs
    )
    return (
        f'{_bar(view, steps)}<article class="reading" lang="{article.language}">'
        f'<header><h2>{text(article.title)}</h2><p class="facts" lang="{view.language}">'
        f"{facts(told)}</p></header>{warning}{_history(view)}{blocks}</article>"
    )


def _history(view: View) -> str:
    """What each version changed in the one before, the last change first; folded away."""
    steps = list(pairwise(view.versions))
    if not steps:
        return ""
    parts = []
    for earlier, later in reversed(steps):
        seen = (day(one.seen.astimezone(), False, view.language) for one in (later, earlier))
        heading = view.say("changed_on", seen=next(seen), before=next(seen))
        changed = "".join(map(_change, changes(earlier.blocks, later.blocks)))
        parts.append(f'<h3 lang="{view.language}">{heading}</h3>{changed}')
    summary = view.say("changed_times", count=len(steps))
    return (
        f'<details class="history"><summary lang="{view.language}">{summary}</summary>'
        f"{''.join(parts)}</details>"
    )


def _change(change: Change) -> str:
    tags = {"same": "span", "removed": "del", "added": "ins"}
    pieces = (f"<{tags[one.kind]}>{text(one.text)}</{tags[one.kind]}>" for one in change)
    return f"<p>{' '.join(pieces)}</p>"


def _block(view: View, one: Paragraph, spans: Sequence[tuple[int, int]], current: int) -> str:
    kinds = [one.role, *(["cited"] if spans else []), *(["now"] if one.number == current else [])]
    label = ""
    if spans:
        label = f' tabindex="-1" aria-label="{view.say("cited_paragraph", number=one.number)}"'
    body = marked(one.text, spans)
    return f'<p class="{" ".join(kinds)}" data-number="{one.number}"{label}>{body}</p>'


def _removed_panel(view: View, citation: Citation, steps: str) -> str:
    told = [text(citation.source), day(citation.date, citation.date_only, view.language)]
    return (
        f'{_bar(view, steps)}<article class="reading" lang="{citation.language}"><header>'
        f'<h2>{text(citation.title)}</h2><p class="facts">'
        f"{facts(told)}</p></header>"
        f'<div class="stale" role="note"><p>{view.say("citation_removed_panel")}</p></div>'
        f'<p class="body cited now" tabindex="-1">'
        f"{marked(citation.paragraph.text, [citation.quote])}</p></article>"
    )
