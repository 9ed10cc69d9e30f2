"""Answers put together: from quotations, from proven sentences, or declined."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import TYPE_CHECKING

from assistant.extract import Evidence
from assistant.question import Question
from assistant.support import Source, SupportCheck
from assistant.types import Answer, Citation
from index.store import Store
from index.types import Language, Paragraph
from prompts import phrase

if TYPE_CHECKING:
    from assistant.writer import Outcome, Written


def empty(asked: Question) -> Answer:
    """The words for an index without articles."""
    text = phrase(asked.language, "no_articles")
    return Answer(text, "", (), asked.language, 0.0, True)


def declined(
    store: Store, asked: Question, evidence: Sequence[Evidence], top: int, notice: str = ""
) -> Answer:
    """The words of an answer that the articles do not hold."""
    ids = dict.fromkeys(item.node.paragraph.article_id for item in evidence)
    nearest = tuple(store.article(article_id) for article_id in list(ids)[: max(0, top)])
    confidence = evidence[0].confidence if evidence else 0.0
    text = phrase(asked.language, "declined")
    return Answer(text, "", (), asked.language, confidence, True, nearest, notice)


def quoted(store: Store, asked: Question, chosen: Sequence[Evidence], notice: str = "") -> Answer:
    """An answer in the words of the articles."""
    citations, sentences = [], []
    for marker, item in enumerate(chosen, start=1):
        citation = _citation(store, marker, item.node.paragraph, item.quote)
        citations.append(citation)
        sentences.append(f"{citation.quotation} [{marker}]")
    short = ""
    if chosen[0].short:
        start, end = chosen[0].short
        short = chosen[0].node.paragraph.text[start:end]
    foreign = [c.language for c in citations if c.language != asked.language]
    if foreign:
        language = phrase(asked.language, f"quotation_language_{foreign[0]}")
        notice = f"{notice} {language}".strip()
    return Answer(
        " ".join(sentences),
        short,
        tuple(citations),
        asked.language,
        chosen[0].confidence,
        False,
        notice=notice,
    )


def _citation(store: Store, marker: int, paragraph: Paragraph, quote: tuple[int, int]) -> Citation:
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
                self._citations[place] = _citation(self._store, marker, paragraph, quote)
        markers = "".join(f" [{self._citations[place].marker}]" for place in sentence.sources)
        piece = f"{' ' if self._text else ''}{sentence.text}{markers}"
        self._text += piece
        return piece

    def answer(self, notice: str) -> Answer:
        """What was written so far, as an answer."""
        first = self._evidence[0]
        short = ""
        if first.short and 0 in self._citations:
            short = first.node.paragraph.text[slice(*first.short)]
        return Answer(
            self._text,
            short,
            tuple(self._citations.values()),
            self._asked.language,
            first.confidence,
            False,
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
