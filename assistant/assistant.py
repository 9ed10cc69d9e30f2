"""Questions in, cited answers out."""

from __future__ import annotations

import threading
import time
from collections.abc import Collection, Sequence
from datetime import date
from pathlib import Path

from assistant.confidence import Calibration
from assistant.config import default_index
from assistant.extract import Evidence, Extractor
from assistant.filters import Filter
from assistant.question import Question, understand
from assistant.reader import Reader, SpanReader
from assistant.types import Answer, Citation, Turn
from index.encoder import Encoder, StaticEncoder
from index.errors import IncompatibleIndexError
from index.generations import live_generation
from index.store import Store
from prompts import phrase


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
        articles: Collection[str] | None = None,
        top: int = 5,
    ) -> Answer:
        """The cited answer, or a declined one when the articles do not say.

        ``since``, ``until`` (both inclusive), ``sources`` and ``articles`` (their ids) restrict
        what may answer; ``top`` bounds how many articles a declined answer names as nearest.
        ``today`` is reserved for relative dates.

        Raises:
            QuestionError: the question is empty or too long.
        """
        started = time.perf_counter()
        asked = understand(question, history)
        store = self.store
        allowed = _allowed(store, Filter("", since, until, tuple(sources)), articles)
        if len(store) == 0 or (allowed is not None and not allowed):
            text = phrase(asked.language, "no_articles")
            return Answer(text, "", (), asked.language, 0.0, True)
        extractor = Extractor(store, self._reader, self._calibration)
        evidence = extractor.evidence(asked, allowed)
        if not evidence or evidence[0].confidence < self._calibration.threshold:
            answer = _declined(store, asked, evidence, top)
        else:
            answer = _answered(store, asked, extractor.chosen(evidence))
        finished = time.perf_counter()
        answer.timings["total"] = 1e3 * (finished - started)
        return answer


def _declined(store: Store, asked: Question, evidence: list[Evidence], top: int) -> Answer:
    ids = dict.fromkeys(item.node.paragraph.article_id for item in evidence)
    nearest = tuple(store.article(article_id) for article_id in list(ids)[: max(0, top)])
    confidence = evidence[0].confidence if evidence else 0.0
    text = phrase(asked.language, "declined")
    return Answer(text, "", (), asked.language, confidence, True, nearest)


def _allowed(
    store: Store, conditions: Filter, articles: Collection[str] | None
) -> frozenset[str] | None:
    """The ids of the articles that a question is restricted to; None for all."""
    if not conditions.active and articles is None:
        return None
    met = frozenset(article.id for article in conditions.select(store.articles))
    return met if articles is None else met & frozenset(articles)


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
