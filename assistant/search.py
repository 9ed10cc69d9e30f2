"""Which passages of a store answer a question: each of its parts, about its topic, of its time."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import chain, zip_longest

from assistant.extract import Evidence, Extractor, Findings
from assistant.question import Question, understand
from assistant.when import when
from index.catalog import article_of
from index.filters import Filter, Selection

NEAR_TOPIC = 5  # passages whose articles a follow-up is asked of


@dataclass(frozen=True, slots=True)
class Part:
    """A question, or one of those that it asks at once, with what was found for it."""

    question: Question
    findings: Findings

    @property
    def evidence(self) -> list[Evidence]:
        """The passages, the likeliest first."""
        return self.findings.evidence

    def restricted(self, node_ids: Collection[str]) -> Part:
        """The same with only the passages of these paragraphs."""
        kept = [item for item in self.evidence if item.node.node_id in node_ids]
        return replace(self, findings=replace(self.findings, evidence=kept))

    def answered(self, threshold: float) -> bool:
        return bool(self.evidence) and self.findings.confidence >= threshold


class Search:
    """Finds the passages of one store."""

    def __init__(self, extractor: Extractor, threshold: float) -> None:
        """From ``threshold`` on a passage answers."""
        self._extractor = extractor
        self._threshold = threshold

    def parts(
        self, asked: Question, allowed: Selection | None = None, today: date | None = None
    ) -> list[Part]:
        """The passages for each part of the question, or for all of it when no part has any.

        ``allowed`` restricts the articles; ``today`` is what "yesterday" counts from, and without
        it such words say nothing.
        """
        found = [Part(one, self._of_its_time(one, allowed, today)) for one in asked.parts]
        if any(part.answered(self._threshold) for part in found):
            return found
        return [Part(asked, self._of_its_time(asked, allowed, today))]

    def _of_its_time(
        self, asked: Question, allowed: Selection | None, today: date | None
    ) -> Findings:
        """Passages from the time that the question names relative to today, if these answer."""
        named = when(asked.text, today, asked.language) if today else None
        if named is None or named.kind != "publication":
            return self._about_its_topic(asked, allowed)
        conditions = Filter(since=named.since, until=named.reported_until)
        then = self._extractor.store.select(conditions)
        then = then if allowed is None else then & allowed
        if then:
            found = self._about_its_topic(asked, then)
            if found.confidence >= self._threshold:
                return found
        return self._about_its_topic(asked, allowed)

    def _about_its_topic(self, asked: Question, allowed: Selection | None) -> Findings:
        """Passages for a question; for a follow-up, of the articles that its topic leads to."""
        if not asked.topic:
            return self._extractor.find(asked, allowed)
        near = self._extractor.ranked(understand(asked.topic), allowed)[:NEAR_TOPIC]
        about = self._extractor.store.select_ids(article_of(one.found.node_id) for one in near)
        found = self._extractor.find(asked, about)
        if found.confidence >= self._threshold or asked.leaning:
            return found
        wider = self._extractor.find(asked, allowed)
        return wider if wider.evidence else found


def merged(parts: Sequence[Part]) -> list[Evidence]:
    """The passages of all parts, each paragraph once: the best of each part, then the next."""
    if len(parts) == 1:
        return parts[0].evidence
    ranked = chain.from_iterable(zip_longest(*(part.evidence for part in parts)))
    best: dict[str, Evidence] = {}
    for item in filter(None, ranked):
        best.setdefault(item.node.node_id, item)
    return list(best.values())
