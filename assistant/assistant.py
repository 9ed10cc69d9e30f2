"""Questions in, cited answers out."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Generator, Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assistant.answers import Draft, declined, empty, quoted, remark
from assistant.confidence import Calibration
from assistant.config import default_index
from assistant.extract import Evidence, Extractor
from assistant.question import Question, understand
from assistant.reader import Reader, SpanReader
from assistant.support import SupportCheck
from assistant.types import Answer, Turn
from index.encoder import Encoder, StaticEncoder
from index.errors import IncompatibleIndexError
from index.generations import live_generation
from index.rerank import SoftMatcher
from index.store import Store

if TYPE_CHECKING:
    from llama_index.core.llms import LLM

    from assistant.writer import Writer

NEAR_TOPIC = 5  # passages whose articles a follow-up is asked of
ASK_LLM = 0.1  # of the threshold: 95 % of answerable questions reach it, none on something else


class Assistant:
    """Answers questions about one index. Make one with ``Assistant.open``; it is thread-safe."""

    def __init__(
        self,
        index: Path,
        store: Store,
        encoder: Encoder,
        reader: Reader,
        calibration: Calibration,
        writer: Writer | None = None,
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
        self._writer = writer
        self._lock = threading.Lock()

    @classmethod
    def open(
        cls,
        folder: str | Path | None = None,
        *,
        llm: str | LLM | None = None,
        llm_seconds: float = 60.0,
    ) -> Assistant:
        """The assistant over the index in ``folder``, else the user's default one.

        ``llm`` writes the answers: ``"ollama:NAME"``, ``"openai:NAME"`` or any LlamaIndex LLM.
        What it has not written after ``llm_seconds`` is left to the articles' own words.

        Raises:
            IndexFolderError: there is no index there, or it does not fit this version.
            LlmSettingError: ``llm`` names no model that can be used.
        """
        index = Path(folder).expanduser() if folder else default_index()
        encoder = StaticEncoder()
        writer = None
        if llm is not None:
            from assistant.llm import open_llm
            from assistant.writer import Writer

            model = open_llm(llm, llm_seconds) if isinstance(llm, str) else llm
            writer = Writer(model, llm_seconds)
        store = Store.open(index, encoder)
        return cls(index, store, encoder, SpanReader(encoder), Calibration.load(), writer)

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

        ``history``: the turns before, which a follow-up leans on. ``since``, ``until`` (both
        inclusive) and ``sources`` restrict the articles; ``top`` bounds how many of them a
        declined answer names as nearest. ``today`` is reserved for relative dates.

        Raises:
            QuestionError: the question is empty or too long.
        """
        *_, answer = self.stream(
            question, history=history, today=today, since=since, until=until, sources=sources,
            top=top,
        )  # fmt: skip
        assert isinstance(answer, Answer)
        return answer

    def stream(
        self,
        question: str,
        *,
        history: Sequence[Turn] = (),
        today: date | None = None,
        since: date | None = None,
        until: date | None = None,
        sources: Sequence[str] = (),
        top: int = 5,
    ) -> Iterator[str | Answer]:
        """The text of the answer in pieces, each proven when it comes, then the ``Answer``.

        The pieces joined are ``answer.text``. Takes and raises what ``ask`` does.
        """
        started = time.perf_counter()
        asked = understand(question, history)
        store = self.store
        allowed = _allowed(store, since, until, sources)
        if len(store) == 0 or (allowed is not None and not allowed):
            answer = empty(asked)
            yield answer.text
        else:
            extractor = Extractor(store, self._reader, self._calibration)
            evidence = self._considered(extractor, asked, allowed)
            answer = yield from self._said(store, extractor, question, asked, evidence, top)
        answer.timings["total"] = 1e3 * (time.perf_counter() - started)
        yield answer

    def _said(
        self,
        store: Store,
        extractor: Extractor,
        question: str,
        asked: Question,
        evidence: list[Evidence],
        top: int,
    ) -> Generator[str, None, Answer]:
        """Yields the text of the answer; returns the answer."""
        best = evidence[0].confidence if evidence else 0.0
        notice = ""
        if self._writer and evidence and best >= ASK_LLM * self._calibration.threshold:
            draft = Draft(store, asked, evidence)
            matcher = SoftMatcher(store.encoder, store.lexical.idf)
            check = SupportCheck(store.encoder, matcher)
            writing = self._writer.write(question, asked, draft.sources, check)
            outcome = yield from draft.add_all(writing, check)
            notice = remark(outcome, asked.language, written=bool(draft))
            if draft:
                return draft.answer(notice)
        if best >= self._calibration.threshold:
            answer = quoted(store, asked, extractor.chosen(evidence), notice)
        else:
            answer = declined(store, asked, evidence, top, notice)
        yield answer.text
        return answer

    async def aask(self, question: str, **options: Any) -> Answer:
        """As ``ask``, without blocking the event loop."""
        return await asyncio.to_thread(self.ask, question, **options)

    async def astream(self, question: str, **options: Any) -> AsyncIterator[str | Answer]:
        """As ``stream``, without blocking the event loop."""
        pieces = self.stream(question, **options)
        while (piece := await asyncio.to_thread(next, pieces, None)) is not None:
            yield piece

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
