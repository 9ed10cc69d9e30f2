"""Questions in, cited answers out."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
import weakref
from collections.abc import AsyncIterator, Collection, Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assistant.answers import Draft, declined, empty, overview, quoted, remark
from assistant.confidence import Calibration
from assistant.config import default_index
from assistant.extract import Evidence, Extractor
from assistant.overview import Line, lines, topic_of
from assistant.question import Question, understand
from assistant.reader import Reader, bundled_reader
from assistant.reader.transformer import CalibratedReader, open_reader
from assistant.request import check_request, day_of
from assistant.search import Part, Search, merged
from assistant.support import SupportCheck
from assistant.types import Answer, Turn
from index.catalog import Catalog
from index.errors import IncompatibleIndexError, IndexFolderError
from index.filters import Filter, Selection
from index.forks import in_copies, never_free
from index.generations import live_generation
from index.rerank import CrossEncoderRerank
from index.store import Store
from index.types import Language

if TYPE_CHECKING:
    from llama_index.core.llms import LLM
    from llama_index.core.postprocessor.types import BaseNodePostprocessor

    from assistant.writer import Patience, Writer

_LOG = logging.getLogger(__name__)

FOLLOW_SECONDS = 0.5  # between looks at what is live
ASK_LLM = 0.2  # of the threshold: over 90 % of answerable questions reach it, few on other things


@dataclass(frozen=True, slots=True)
class Traced:
    """An answer and what it was made from; without ``parts`` there was nothing to search."""

    answer: Answer
    parts: tuple[Part, ...]

    @property
    def evidence(self) -> list[Evidence]:
        """Every passage that was read for the answer, the likeliest first."""
        return merged(self.parts) if self.parts else []

    @property
    def ranked(self) -> list[str]:
        """The ids of the paragraphs as they were ranked before they were read."""
        found = (one.found.node_id for part in self.parts for one in part.findings.ranked)
        return list(dict.fromkeys(found))


class Assistant:
    """Answers questions about one index. Make one with ``Assistant.open``; it is thread-safe.

    It answers in the process that opened it. Servers that load a program once and then copy the
    process (``os.fork``, as gunicorn does with ``--preload``, and ``multiprocessing`` by default on
    Linux before Python 3.14) open one in each copy, as in gunicorn's hook ``post_fork``; one from
    before the copying raises ``ForkedError``. Best none is opened before: then a copy does without
    Chroma and compares a question with every paragraph, which takes longer over very many.
    """

    def __init__(
        self,
        index: Path,
        store: Store,
        reader: Reader,
        calibration: Calibration,
        writer: Writer | None = None,
        reranker: BaseNodePostprocessor | None = None,
    ) -> None:
        fitted = calibration.encoder, calibration.reader
        present = store.words.fingerprint, reader.fingerprint
        if fitted != present:
            raise IncompatibleIndexError("other_calibration", fitted=fitted, present=present)
        self._index = index
        self._store = store
        self._reranker = reranker
        self._reader = reader
        self._calibration = calibration
        self._writer = writer
        self._lock = threading.Lock()
        self._following = False

    @classmethod
    def open(
        cls,
        folder: str | Path | None = None,
        *,
        llm: str | LLM | None = None,
        llm_seconds: float = 60.0,
        reranker: str | BaseNodePostprocessor | None = None,
        reader: str | Reader | None = None,
    ) -> Assistant:
        """The assistant over the index in ``folder``, else the user's default one.

        ``llm`` writes the answers: ``"ollama:NAME"``, ``"openai:NAME"`` or any LlamaIndex LLM.
        What it has not written after ``llm_seconds`` is left to the articles' own words.
        ``reranker`` is the name or folder of a sentence-transformers cross-encoder, or any
        node postprocessor. ``reader`` is the name or folder of a transformers model for extractive
        question answering, or any reader: it finds the short answers and orders the paragraphs,
        while the confidence stays on the bundled reader's scale.

        Raises:
            IndexFolderError: there is no index there, or it does not fit this version.
            LlmSettingError: ``llm`` names no model that can be used.
            ReaderModelError: ``reader`` names no question-answering model that can be used.
        """
        index = Path(folder).expanduser() if folder else default_index()
        store = Store.open(index)
        writer = None
        if llm is not None:
            from assistant.llm import open_llm
            from assistant.writer import Writer

            model = open_llm(llm, llm_seconds) if isinstance(llm, str) else llm
            writer = Writer(model, llm_seconds)
        if isinstance(reranker, str):
            reranker = CrossEncoderRerank(reranker)
        bundled = bundled_reader()
        if isinstance(reader, str):
            reader = open_reader(reader)
        reads = bundled if reader is None else CalibratedReader(reader, bundled)
        return cls(index, store, reads, Calibration.load(), writer, reranker)

    @property
    def store(self) -> Store:
        """The live generation. A newer one is opened first, unless ``follow`` sees to it.

        Raises:
            ForkedError: the process is a copy of the one that opened the assistant.
        """
        self._store.require_process()
        if not self._following:
            self.refresh()
        return self._store

    def refresh(self) -> None:
        """Open the generation that a run has published since, if there is one.

        Raises:
            IndexFolderError: it cannot be opened; the one before stays in use.
        """
        live = live_generation(self._index)
        if live is not None and live.folder.name != self._store.name:
            with self._lock:
                if live.folder.name != self._store.name:
                    store = self._store
                    self._store = Store.open(self._index, store.encoder, store.lexicon)

    def follow(self) -> None:
        """From now on, open new generations in the background, so that no question waits for one.

        Until a new one is open, answers come from the one before, without what is gone from it.
        """
        self._following = True
        threading.Thread(target=_follow, args=(weakref.ref(self),), daemon=True).start()

    def ask(
        self,
        question: str,
        *,
        history: Sequence[Turn] = (),
        today: date | None = None,
        since: date | None = None,
        until: date | None = None,
        sources: Sequence[str] = (),
        search: str = "",
        articles: Collection[str] | None = None,
        language: Language | None = None,
        top: int = 5,
    ) -> Answer:
        """The cited answer, or a declined one when the articles do not say.

        ``history``: the turns before, which a follow-up leans on. ``since``, ``until`` (both
        inclusive), ``sources``, ``search`` (words of the title, the outlet or the author's name)
        and ``articles`` (their ids) restrict what may answer; ``today``, by default the day it is,
        is what "yesterday" and "last month" count from. ``language`` is that of the answer, by
        default that of the question. ``top`` bounds how many articles a declined answer names as
        nearest.

        Raises:
            QuestionError: the question is empty or too long, or an argument is of another type.
            ForkedError: the process is a copy of the one that opened the assistant.
        """
        *_, answer = self.stream(
            question, history=history, today=today, since=since, until=until, sources=sources,
            search=search, articles=articles, language=language, top=top,
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
        search: str = "",
        articles: Collection[str] | None = None,
        language: Language | None = None,
        top: int = 5,
        stop: threading.Event | None = None,
    ) -> Iterator[str | Answer]:
        """The text of the answer in pieces, each proven when it comes, then the ``Answer``.

        The pieces joined are ``answer.text``. Takes and raises what ``ask`` does. Once ``stop`` is
        set, a language model is not waited for any longer: the answer is what it has written, or
        else quoted from the articles.
        """
        check_request(
            {
                "question": question, "history": history, "today": today, "since": since,
                "until": until, "sources": sources, "search": search, "articles": articles,
                "language": language, "top": top,
            }
        )  # fmt: skip
        conditions = Filter(search, since, until, tuple(sources))
        traced = yield from self._traced(
            question, history, today, conditions, articles, language, top, stop
        )
        yield traced.answer

    def trace(
        self, question: str, *, history: Sequence[Turn] = (), today: date | None = None
    ) -> Traced:
        """The answer that ``ask`` gives, with what it was made from; evaluation reads that.

        Raises:
            QuestionError: the question is empty or too long.
        """
        check_request({"question": question, "history": history, "today": today})
        answering = self._traced(question, history, today, Filter(), None, None, 5, None)
        while True:
            try:
                next(answering)
            except StopIteration as end:
                traced: Traced = end.value
                return traced

    def evidence(self, question: str, *, history: Sequence[Turn] = ()) -> list[Evidence]:
        """Every passage that was read for an answer, the likeliest first."""
        return self.trace(question, history=history).evidence

    def _traced(
        self,
        question: str,
        history: Sequence[Turn],
        today: date | None,
        conditions: Filter,
        articles: Collection[str] | None,
        language: Language | None,
        top: int,
        stop: threading.Event | None,
    ) -> Generator[str, None, Traced]:
        """Yields the text of the answer; returns the answer and what it was made from."""
        started = time.perf_counter()
        store = self.store
        patience = self._writer.patience(stop) if self._writer else None
        asked = self._understood(store, question, history, language, patience)
        allowed = _allowed(store, conditions, articles)
        parts: list[Part] = []
        if len(store) == 0 or (allowed is not None and not allowed):
            answer = empty(asked)
            yield answer.text
        elif found := self._on_topic(store, asked, allowed):
            answer = overview(store, asked.language, found)
            yield answer.text
        else:
            day = day_of(today) if today else date.today()
            parts = self._search(store).parts(asked, allowed, day)
            parts = self._still_live(store, parts)
            answer = yield from self._said(store, asked, parts, top, patience)
        answer.timings["total"] = 1e3 * (time.perf_counter() - started)
        return Traced(replace(answer, understood=asked.understood), tuple(parts))

    @property
    def writes(self) -> bool:
        """Whether a language model writes the answers."""
        return self._writer is not None

    def _understood(
        self,
        store: Store,
        question: str,
        history: Sequence[Turn],
        language: Language | None,
        patience: Patience | None,
    ) -> Question:
        """What is asked; a follow-up as the language model says it in full, if it does."""
        asked = understand(question, history)
        asked = replace(asked, language=language or asked.language)
        if not (self._writer and patience and asked.topic):
            return asked
        whole = self._writer.rewritten(asked, history, self._check(store), patience)
        if not whole:
            return asked
        return replace(
            understand(whole),
            language=asked.language,
            understood=whole if whole != asked.said else "",
        )

    def _check(self, store: Store) -> SupportCheck:
        matcher = store.matcher()
        return SupportCheck(store.words, matcher, store.lexicon)

    def _said(
        self,
        store: Store,
        asked: Question,
        parts: list[Part],
        top: int,
        patience: Patience | None,
    ) -> Generator[str, None, Answer]:
        """Yields the text of the answer; returns the answer."""
        evidence = merged(parts)
        best = max((item.confidence for item in evidence), default=0.0)
        notice = ""
        # A follow-up asks about what the articles know, in few words of its own.
        likely = asked.leaning or best >= ASK_LLM * self._calibration.threshold
        if self._writer and patience and evidence and likely:
            draft = Draft(store, asked, evidence)
            check = self._check(store)
            writing = self._writer.write(asked, draft.sources, check, patience)
            outcome = yield from draft.add_all(writing, check)
            notice = remark(outcome, asked.language, written=bool(draft))
            if draft:
                return draft.answer(notice, self._calibration.level(best))
        if best >= self._calibration.threshold:
            answer = quoted(store, asked.language, parts, self._calibration, notice)
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

    def _still_live(self, store: Store, parts: list[Part]) -> list[Part]:
        """The passages that a run has not taken out since the store was opened."""
        try:
            live = live_generation(self._index)
        except IndexFolderError:  # whoever refreshes says so
            return parts
        if live is None or live.folder.name == store.name:
            return parts
        ids = [item.node.node_id for item in merged(parts)]
        with closing(Catalog(live.catalog)) as catalog:
            there = {node.node_id for node in catalog.nodes(ids)}
        return [part.restricted(there) for part in parts]

    def _on_topic(self, store: Store, asked: Question, allowed: Selection | None) -> list[Line]:
        """The lines of an overview, where one is asked for and any article is on its topic."""
        topic = topic_of(asked.said)
        if topic is None:
            return []
        ranked = self._extractor(store).ranked(understand(topic.text), allowed)
        return lines(store, topic, ranked)

    def _extractor(self, store: Store) -> Extractor:
        return Extractor(store, self._reader, self._calibration, self._reranker)

    def _search(self, store: Store) -> Search:
        return Search(self._extractor(store), self._calibration.threshold)


def _leave_reader() -> None:
    """In a copy of a process, load the bundled reader anew."""
    if bundled_reader.cache_info().currsize:
        never_free(bundled_reader())
        bundled_reader.cache_clear()


in_copies(_leave_reader)


def _follow(reference: weakref.ref[Assistant]) -> None:
    """Refresh the assistant until nobody refers to it any more."""
    failed = ""
    while (assistant := reference()) is not None:
        try:
            assistant.refresh()
        except IndexFolderError as error:
            if str(error) != failed:
                _LOG.error("the new state of the index cannot be opened: %s", error)
            failed = str(error)
        del assistant
        time.sleep(FOLLOW_SECONDS)


def _allowed(
    store: Store, conditions: Filter, articles: Collection[str] | None
) -> Selection | None:
    """The articles that a question is restricted to; None for all."""
    if not conditions.active and articles is None:
        return None
    met = store.select(conditions)
    return met if articles is None else met & store.select_ids(articles)
