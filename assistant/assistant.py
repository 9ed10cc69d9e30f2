"""Questions in, cited answers out."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from assistant.confidence import Calibration
from assistant.config import default_index
from assistant.extract import Evidence, Extractor
from assistant.question import Question, understand
from assistant.reader import Reader, SpanReader
from assistant.types import Answer, Citation, Turn
from index.encoder import Encoder, StaticEncoder
from index.errors import IncompatibleIndexError
from index.generations import live_generation
from index.store import Store
from prompts import phrase

NEAR_TOPIC = 5  # passages whose articles a follow-up is asked of


class Assistant:
    """Answers questions about one index. Make one with ``Assistant.open``; it is thread-safe."""

    def __init__(
        self,
        index: Path,
        store: Store,
        encoder: Encoder,
        reader: Reader,
        calibration: Calibration,
    ) -> None:
        fitted = calibration.encoder, calibration.reader
        if fitted != (encoder.fingerprint, reader.fingerprint):
            raise IncompatibleIndexError(
                f"the calibration was fitted for encoder and reader {fitted}, these are "
                f"{(encoder.fingerprint, reader.fingerprint)}; "
                "fit it with: python -m evals.calibrate --data PATH"
            )
        self._index = index
        self._store = store
        self._encoder = encoder
        self._reader = reader
        self._calibration = calibration
        self._lock = threading.Lock()

    @classmethod
    def open(cls, folder: str | Path | None = None) -> Assistant:
        """The assistant over the index in ``folder``, else the user's default one.

        Raises:
            IndexFolderError: there is no index there, or it does not fit this version.
        """
        index = Path(folder).expanduser() if folder else default_index()
        encoder = StaticEncoder()
        store = Store.open(index, encoder)
        return cls(index, store, encoder, SpanReader(encoder), Calibration.load())

    @property
    def store(self) -> Store:
        """The live generation; a newer one is opened when a run has published it."""
        live = live_generation(self._index)
        if live is not None and live.folder.name != self._store.name:
            with self._lock:
                if live.folder.name != self._store.name:
                    self._store = Store.open(self._index, self._encoder)
        return self._store

    def ask(
        self,
        question: str,
        *,
        history: Sequence[Turn] = (),
        today: date | None = None,
        since: date | None = None,
        until: date | None = None,
        sources: Sequence[str] = (),
        top: int = 5,
    ) -> Answer:
        """The cited answer, or a declined one when the articles do not say.

        ``since``, ``until`` (both inclusive) and ``sources`` restrict the articles; ``top``
        bounds how many of them a declined answer names as nearest. ``today`` is reserved for
        relative dates.

        Raises:
            QuestionError: the question is empty or too long.
        """
        started = time.perf_counter()
        asked = understand(question, history)
        store = self.store
        allowed = _allowed(store, since, until, sources)
        if len(store) == 0 or (allowed is not None and not allowed):
            text = phrase(asked.language, "no_articles")
            return Answer(text, "", (), asked.language, 0.0, True)
        extractor = Extractor(store, self._reader, self._calibration)
        evidence = self._considered(extractor, asked, allowed)
        if not evidence or evidence[0].confidence < self._calibration.threshold:
            answer = _declined(store, asked, evidence, top)
        else:
            answer = _answered(store, asked, extractor.chosen(evidence))
        finished = time.perf_counter()
        answer.timings["total"] = 1e3 * (finished - started)
        return answer

    def evidence(self, question: str, *, history: Sequence[Turn] = ()) -> list[Evidence]:
        """Every passage that was considered for an answer, the likeliest first."""
        extractor = Extractor(self.store, self._reader, self._calibration)
        return self._considered(extractor, understand(question, history))

    def _considered(
        self, extractor: Extractor, asked: Question, allowed: frozenset[str] | None = None
    ) -> list[Evidence]:
        """Passages for a question; for a follow-up, of the articles that its topic leads to."""
        if not asked.topic:
            return extractor.evidence(asked, allowed)
        near = extractor.evidence(understand(asked.topic), allowed)[:NEAR_TOPIC]
        ids = frozenset(item.node.paragraph.article_id for item in near)
        found = extractor.evidence(asked, ids)
        answers = bool(found) and found[0].confidence >= self._calibration.threshold
        if answers or asked.leaning:
            return found
        return extractor.evidence(asked, allowed) or found


def _declined(store: Store, asked: Question, evidence: list[Evidence], top: int) -> Answer:
    ids = dict.fromkeys(item.node.paragraph.article_id for item in evidence)
    nearest = tuple(store.article(article_id) for article_id in list(ids)[: max(0, top)])
    confidence = evidence[0].confidence if evidence else 0.0
    text = phrase(asked.language, "declined")
    return Answer(text, "", (), asked.language, confidence, True, nearest)


def _allowed(
    store: Store, since: date | None, until: date | None, sources: Sequence[str]
) -> frozenset[str] | None:
    """The ids of the articles that a question is restricted to; None for all."""
    if since is None and until is None and not sources:
        return None
    wanted = {source.casefold() for source in sources}
    ids = set()
    for article in store.articles:
        day = article.published.date() if article.published else None
        if (since or until) and day is None:
            continue
        if day and ((since and day < since) or (until and day > until)):
            continue
        if wanted and article.source.casefold() not in wanted:
            continue
        ids.add(article.id)
    return frozenset(ids)


def _answered(store: Store, asked: Question, chosen: list[Evidence]) -> Answer:
    citations, sentences = [], []
    for marker, item in enumerate(chosen, start=1):
        paragraph = item.node.paragraph
        article = store.article(paragraph.article_id)
        citation = Citation(
            marker,
            paragraph,
            article.title,
            article.published,
            article.date_only,
            article.source,
            article.url,
            article.language,
            item.quote,
        )
        citations.append(citation)
        sentences.append(f"{citation.quotation} [{marker}]")
    short = ""
    if chosen[0].short:
        start, end = chosen[0].short
        short = chosen[0].node.paragraph.text[start:end]
    foreign = [c.language for c in citations if c.language != asked.language]
    notice = phrase(asked.language, f"quotation_language_{foreign[0]}") if foreign else ""
    return Answer(
        " ".join(sentences),
        short,
        tuple(citations),
        asked.language,
        chosen[0].confidence,
        False,
        notice=notice,
    )
