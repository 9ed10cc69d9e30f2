"""Answers put together: from quotations, from proven sentences, or declined."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import TYPE_CHECKING

from assistant.confidence import Calibration
from assistant.disagreement import Claim, disagreement, update_notice
from assistant.extract import MAX_SENTENCES, NEXT_BEST, Evidence, chosen
from assistant.gloss import gloss
from assistant.overview import Line
from assistant.passages import whole_amount, whole_quote
from assistant.question import Question
from assistant.search import Part
from assistant.support import Source, SupportCheck
from assistant.types import Answer, Citation, Level, Near, spoken_date
from index.catalog import StoredNode
from index.store import Store
from index.types import Language
from prompts import phrase

if TYPE_CHECKING:
    from assistant.writer import Outcome, Written

# From here on a passage is about what is asked: 11 of 13 near misses about the bundled articles
# have such passages, and 10 of 14 questions on something else have none.
RELATED = 0.65


def empty(asked: Question) -> Answer:
    """The words for an index without articles."""
    text = phrase(asked.language, "no_articles")
    return Answer(text, "", (), asked.language, 0.0, True)


def declined(
    store: Store, asked: Question, evidence: Sequence[Evidence], top: int, notice: str = ""
) -> Answer:
    """The words of an answer that the articles do not hold."""
    by_article: dict[str, list[Evidence]] = {}
    for item in evidence:
        if _relatedness(item) >= RELATED:
            by_article.setdefault(item.node.paragraph.article_id, []).append(item)
    nearest = tuple(
        Near(store.article(article_id), _quotation(max(items, key=_relatedness)))
        for article_id, items in list(by_article.items())[: max(0, top)]
    )
    confidence = evidence[0].confidence if evidence else 0.0
    text = phrase(asked.language, "declined")
    return Answer(text, "", (), asked.language, confidence, True, nearest=nearest, notice=notice)


def _relatedness(item: Evidence) -> float:
    """How much a passage that does not answer is at least about what is asked, 0 to 2."""
    return item.features.coverage + item.features.cosine


def _quotation(item: Evidence) -> str:
    text = item.node.paragraph.text
    return text[slice(*whole_quote(text, item.quote))]


def quoted(
    store: Store,
    language: Language,
    parts: Sequence[Part],
    calibration: Calibration,
    notice: str = "",
) -> Answer:
    """An answer in the words of the articles; the newest leads where their figures differ.

    At least one of the ``parts`` is answered; the notice names those that are not.
    """
    kept: list[Evidence] = []
    shorts, notices, sure = [], [notice], 1.0
    for part in parts:
        if not part.answered(calibration.threshold):
            notices.append(phrase(language, "part_declined", part=part.question.said))
            continue
        own = chosen(part.evidence, calibration.threshold)[: MAX_SENTENCES // len(parts)]
        own, update = _updated(store, language, part.evidence, own)
        shorts.append(_short(store, language, own[0]))
        notices.append(update)
        sure = min(sure, own[0].confidence)
        kept += [item for item in own if not any(_same(item, other) for other in kept)]
    citations = [
        _citation(store, marker, item.node, item.quote, item.short)
        for marker, item in enumerate(kept, start=1)
    ]
    notices.append(_foreign(citations, language))
    return Answer(
        " ".join(f"{one.quotation} [{one.marker}]" for one in citations),
        "; ".join(dict.fromkeys(filter(None, shorts))),
        tuple(citations),
        language,
        sure,
        False,
        calibration.level(sure),
        notice=" ".join(filter(None, notices)),
        verdict=kept[0].verdict if len(parts) == 1 else None,
    )


def overview(store: Store, language: Language, found: Sequence[Line]) -> Answer:
    """A cited line of each article on a topic, under how many there are and of which days."""
    citations = [
        _citation(store, marker, line.node, line.quote) for marker, line in enumerate(found, 1)
    ]
    days = [spoken_date(one.date, True, language) for one in citations]
    dated = list(dict.fromkeys(filter(None, reversed(days))))
    period = " – ".join(dict.fromkeys((dated[0], dated[-1]))) if dated else ""
    count = phrase(language, "overview", count=len(found))
    return Answer(
        "\n".join(
            f"{day}: {one.quotation} [{one.marker}]" if day else f"{one.quotation} [{one.marker}]"
            for day, one in zip(days, citations, strict=True)
        ),
        ", ".join(filter(None, (count, period))),
        tuple(citations),
        language,
        min(line.coverage for line in found),
        False,
        "medium",
        notice=_foreign(citations, language),
        kind="overview",
    )


def _foreign(citations: Sequence[Citation], language: Language) -> str:
    """Says that quotations stay in their language, where it is another."""
    foreign = [one.language for one in citations if one.language != language]
    return phrase(language, f"quotation_language_{foreign[0]}") if foreign else ""


def _same(item: Evidence, other: Evidence) -> bool:
    return item.node.node_id == other.node.node_id and item.quote == other.quote


def _short(store: Store, language: Language, item: Evidence) -> str:
    """The short answer in the language of the question, with the article's words behind it."""
    if item.verdict:
        return phrase(language, item.verdict)
    if item.short is None:
        return ""
    paragraph = item.node.paragraph
    spoken = store.article(paragraph.article_id).language
    said = paragraph.text[slice(*whole_amount(paragraph.text, item.short, spoken))]
    meant = gloss(said, spoken, language)
    return f"{meant} ({said})" if meant else said


def _updated(
    store: Store, language: Language, evidence: Sequence[Evidence], kept: list[Evidence]
) -> tuple[list[Evidence], str]:
    """The passages with the newest figure first, and what an older article said instead."""
    rivals: dict[str, Evidence] = {}
    for item in evidence:
        likely = item.confidence >= NEXT_BEST * kept[0].confidence
        if item.short and (likely or item is kept[0]):
            rivals.setdefault(item.node.paragraph.article_id, item)
    claims = [_claim(store, item) for item in rivals.values()]
    found = disagreement(claims) if kept[0] in rivals.values() else None
    if found is None:
        return kept, ""
    items = list(rivals.values())
    leading = [items[found.newer], items[found.older]]
    rest = [item for item in kept if item not in leading]
    update = update_notice(claims[found.newer], claims[found.older], language)
    return (leading + rest)[:MAX_SENTENCES], update


def _claim(store: Store, item: Evidence) -> Claim:
    article = store.article(item.node.paragraph.article_id)
    return Claim(
        article.title,
        item.node.paragraph.text,
        item.node.paragraph.text[slice(*item.short)] if item.short else "",
        article.published.date() if article.published else None,
        article.language,
    )


def _citation(
    store: Store,
    marker: int,
    node: StoredNode,
    quote: tuple[int, int],
    short: tuple[int, int] | None = None,
) -> Citation:
    paragraph = node.paragraph
    quote = whole_quote(paragraph.text, quote, short)
    article = store.article(paragraph.article_id)
    return Citation(
        marker,
        paragraph,
        article.title,
        article.published,
        article.date_only,
        article.source,
        article.url,
        article.language,
        quote,
        tuple(store.twins(node)),
        article.section,
    )


class Draft:
    """An answer that grows by the proven sentences of a language model. True once it has one."""

    def __init__(self, store: Store, asked: Question, evidence: Sequence[Evidence]) -> None:
        self._store = store
        self._asked = asked
        self._evidence = evidence
        self._text = ""
        self._citations: dict[int, Citation] = {}  # by the place of their source

    def __bool__(self) -> bool:
        return bool(self._text)

    @property
    def sources(self) -> list[Source]:
        """The paragraphs that may be cited, in the order of the evidence."""
        found = []
        for item in self._evidence:
            paragraph = item.node.paragraph
            article = self._store.article(paragraph.article_id)
            found.append(
                Source(
                    paragraph.text,
                    article.language,
                    article.title,
                    article.source,
                    article.published,
                )
            )
        return found

    def add_all(
        self, writing: Generator[Written, None, Outcome], check: SupportCheck
    ) -> Generator[str, None, Outcome]:
        """Yields each sentence with its markers; returns how the writing ended."""
        while True:
            try:
                sentence = next(writing)
            except StopIteration as end:
                outcome: Outcome = end.value
                return outcome
            yield self._add(sentence, check)

    def _add(self, sentence: Written, check: SupportCheck) -> str:
        for place in sentence.sources:
            if place not in self._citations:
                paragraph = self._evidence[place].node.paragraph
                quote = check.best_sentence(sentence.text, paragraph.text)
                marker = len(self._citations) + 1
                node = self._evidence[place].node
                self._citations[place] = _citation(self._store, marker, node, quote)
        markers = "".join(f" [{self._citations[place].marker}]" for place in sentence.sources)
        piece = f"{' ' if self._text else ''}{sentence.text}{markers}"
        self._text += piece
        return piece

    def answer(self, notice: str, level: Level) -> Answer:
        """What was written so far, as an answer."""
        first = self._evidence[0]
        short = _short(self._store, self._asked.language, first) if 0 in self._citations else ""
        return Answer(
            self._text,
            short,
            tuple(self._citations.values()),
            self._asked.language,
            first.confidence,
            False,
            level,
            notice=notice,
            mode="llm",
        )


def remark(outcome: Outcome, language: Language, *, written: bool) -> str:
    """What the user is told of a language model's writing; empty when all went well."""
    if outcome.reason == "unsupported":
        return phrase(language, "llm_unsupported") if outcome.dropped else ""
    if outcome.reason:
        reason = phrase(language, f"reason_{outcome.reason}")
        return phrase(language, "llm_stopped" if written else "llm_failed", reason=reason)
    return phrase(language, "llm_dropped", count=outcome.dropped) if outcome.dropped else ""
