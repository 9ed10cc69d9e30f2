"""Answers written by a language model, sentence by sentence, each shown only once it is proven.

The model gets numbered paragraphs and writes sentences with markers. A sentence stays when a
paragraph that it cites supports it; a wrong marker is corrected when another of the paragraphs
does; any other sentence is dropped and counted. Whatever goes wrong with the model ends here,
within its time limit and bounds of length, as a reason. Before, it may be asked to say a follow-up
in full; what it makes of it is taken only when it adds nothing that the conversation does not hold.
"""

from __future__ import annotations

import html
import queue
import re
import threading
import time
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Literal

from llama_index.core.llms import LLM, ChatMessage, MessageRole
from llama_index.core.utils import get_tokenizer

from assistant.followup import asks
from assistant.llm import MAX_OUTPUT_TOKENS
from assistant.question import Question, understand
from assistant.support import Source, SupportCheck
from assistant.types import Turn
from index.text import WORD, cleaned, content_words, language_of, sentences
from index.types import Language
from prompts import prompt

Reason = Literal[
    "", "slow", "unreachable", "refused", "broken", "language", "unsupported", "stopped", "long",
    "busy",
]  # fmt: skip

MAX_SENTENCES = 4
PARAGRAPH_TOKENS = 3_000  # more paragraphs help a model little and cost its reader time
TOKEN_MARGIN = 1.3  # other models cut text into more tokens than the tokenizer that counts here
MIN_WORDS = 3  # of a sentence
RELATED = 0.1  # cosine of a sentence to the question, below which it answers something else
TELLS_LANGUAGE = 4  # words from which a sentence's language is judged
POLL_SECONDS = 0.1  # how soon a stop is noticed

MAX_REPLY_CHARS = 50_000  # thoughts too; what is asked for fits into 512 tokens
MAX_SENTENCE_CHARS = 1_000  # a longer one is not looked at
MAX_JUDGED = 24  # sentences of a reply, kept or dropped: what was wrong so often stays wrong
CHUNK_CHARS = 200  # of a reply that are cut into sentences at once
MAX_READING = 64  # replies: a model that never ends one keeps its thread
MAX_WAITING = 1_000  # pieces that were read and not yet looked at

REWRITE_SHARE = 1 / 3  # of the time limit, for saying a follow-up in full
MAX_REWRITTEN = 300  # characters
EARLIER_TURNS = 4  # that a follow-up is rewritten from
EARLIER_CHARS = 300  # of each of their answers

_MARKERS = re.compile(r"(?<!\s)\s*\[\s*\d+(?:\s*[,;]\s*\d+)*\s*\]")
_THOUGHT = re.compile(r"<think>.*?(?:</think>|\Z)", re.S)
_MARKUP = re.compile(r"^[\s>#*•-]+|\*\*|__|`", re.M)
_SETTLED = re.compile(r"(?s).*[^\s>#*•_`-]")  # up to the last character that is no markup
_ENDS = ".!?…\"'”’)"
_ORDER = re.compile(
    r"\b(?:(?:ignore|disregard|forget)\b.{0,40}\b(?:instructions?|prompts?|rules)|"
    r"(?:abaikan|lupakan|hiraukan)\b.{0,40}\b(?:instruksi|perintah|aturan)|"
    r"system prompt|you are (?:now )?(?:an? )?(?:AI|assistant|language model|chatbot)|"
    r"(?:anda|kamu) (?:adalah|sekarang) (?:asisten|model bahasa|AI|chatbot))\b",
    re.I | re.S,
)
_WHOLE = re.compile(rf"{_MARKERS.pattern}\s?[.!?]\s*\Z")


@dataclass(frozen=True, slots=True)
class Written:
    """A proven sentence without its markers, and the places of the sources that prove it."""

    text: str
    sources: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """How the writing ended: what was dropped, and why it ended early, if it did."""

    dropped: int
    reason: Reason = ""


@dataclass(slots=True)
class Patience:
    """For how long a model is still waited for, unless ``stop`` is set; its replies use it up."""

    seconds: float
    stop: threading.Event


class Writer:
    """Writes answers with one model. Safe to use from several threads when the model is."""

    def __init__(self, llm: LLM, time_limit_s: float) -> None:
        self._llm = llm
        self._time_limit_s = time_limit_s
        self._free = threading.BoundedSemaphore(MAX_READING)

    def patience(self, stop: threading.Event | None = None) -> Patience:
        """The time limit of one answer."""
        return Patience(self._time_limit_s, stop or threading.Event())

    def write(
        self,
        asked: Question,
        sources: Sequence[Source],
        check: SupportCheck,
        patience: Patience,
    ) -> Generator[Written, None, Outcome]:
        """Yields each sentence as soon as it is proven; returns how the writing ended."""
        system, text, shown = self._prompt(asked, sources)
        if not shown:
            return Outcome(0, "unsupported")
        proof = Proof(check, asked, shown)
        outcome = yield from self._attempt(system, text, proof, patience)
        if outcome.reason == "language":
            again = prompt(asked.language, "again")
            outcome = yield from self._attempt(system, f"{text}\n\n{again}", proof, patience)
        return outcome

    def rewritten(
        self, asked: Question, history: Sequence[Turn], check: SupportCheck, patience: Patience
    ) -> str:
        """The follow-up said in full, or nothing where the model does not do so in time.

        It is to keep the words of the question and what these ask for, and to add none that the
        conversation lacks: an order hidden in an earlier answer cannot be carried out so.
        """
        turns = list(map(_earlier, history[-EARLIER_TURNS:]))
        text = prompt(
            asked.language,
            "rewrite",
            turns="\n".join(_turn_block(*one) for one in turns),
            question=html.escape(asked.said, quote=False),
        )
        messages = [ChatMessage(text, role=MessageRole.USER)]
        stream = _Stream(self._llm, self._free, messages, patience, REWRITE_SHARE)
        try:
            reply = "".join(stream)
        except BrokenOffError:
            return ""
        finally:
            stream.stop()
        lines = _MARKUP.sub("", _THOUGHT.sub("", reply)).strip().splitlines()
        whole = cleaned(html.unescape(lines[0])).strip('"“”') if len(lines) == 1 else ""
        if not whole or len(whole) > MAX_REWRITTEN or not any(map(str.isalnum, whole)):
            return ""
        if language_of(whole) not in (None, asked.language):
            return ""
        if asks(asked.said) and understand(whole).answer_type != asked.answer_type:
            return ""
        conversation = " ".join([asked.said, *(part for one in turns for part in one)])
        kept = check.holds(whole, asked.said) and check.holds(conversation, whole)
        return whole if kept else ""

    def _prompt(
        self, asked: Question, sources: Sequence[Source]
    ) -> tuple[str, str, dict[int, Source]]:
        """System prompt, question with paragraphs, and the sources in it; as many as fit."""
        count = get_tokenizer()
        system = prompt(asked.language, "answer")
        given = {"earlier": asked.topic or "-", "question": asked.said}
        rest = prompt(asked.language, "question", paragraphs="", **given)
        room = (self._llm.metadata.context_window - MAX_OUTPUT_TOKENS) / TOKEN_MARGIN
        budget = min(room - len(count(system)) - len(count(rest)), PARAGRAPH_TOKENS)
        shown: dict[int, Source] = {}
        blocks = []
        for place, source in enumerate(sources):
            block = _block(place + 1, source)
            needed = len(count(block))
            if needed <= budget and not _ORDER.search(source.text):
                budget -= needed
                shown[place] = source
                blocks.append(block)
        text = prompt(asked.language, "question", paragraphs="\n\n".join(blocks), **given)
        return system, text, shown

    def _attempt(
        self, system: str, text: str, proof: Proof, patience: Patience
    ) -> Generator[Written, None, Outcome]:
        messages = [
            ChatMessage(system, role=MessageRole.SYSTEM),
            ChatMessage(text, role=MessageRole.USER),
        ]
        dropped = kept = 0
        reason: Reason = ""
        stream = _Stream(self._llm, self._free, messages, patience)
        try:
            for sentence, markers in cited_sentences(iter(stream)):
                stream.check()  # one piece may hold many sentences
                foreign = language_of(sentence) not in (None, proof.language)
                if foreign and not kept and len(WORD.findall(sentence)) >= TELLS_LANGUAGE:
                    return Outcome(dropped, "language")
                proven = () if foreign else proof.of(sentence, markers)
                if proven:
                    kept += 1
                    yield Written(sentence, proven)
                else:
                    dropped += 1
                if kept == MAX_SENTENCES or kept + dropped == MAX_JUDGED:
                    break
        except BrokenOffError as error:
            reason = error.reason
        finally:
            stream.stop()
        return Outcome(dropped, reason or ("" if kept else "unsupported"))


@dataclass(frozen=True, slots=True)
class Proof:
    """Proves sentences of an answer by the sources that were ``shown``, by their place."""

    check: SupportCheck
    asked: Question
    shown: dict[int, Source]

    @property
    def language(self) -> Language:
        """The language that the answer is to be in."""
        return self.asked.language

    def of(self, sentence: str, markers: Sequence[int]) -> tuple[int, ...]:
        """The places of the sources that prove it: those it cites, else the best other; or none."""
        if len(sentence) > MAX_SENTENCE_CHARS:
            return ()
        asserts = not sentence.endswith("?") and len(WORD.findall(sentence)) >= MIN_WORDS
        if not asserts or not self._related(sentence):
            return ()
        cited = list(dict.fromkeys(n - 1 for n in markers if n - 1 in self.shown))
        alone = tuple(place for place in cited if self.check(sentence, [self.shown[place]]))
        if alone:
            return alone
        if len(cited) > 1 and self.check(sentence, [self.shown[place] for place in cited]):
            return tuple(cited)
        others = [
            (support.probability, -place)
            for place, source in self.shown.items()
            if place not in cited and (support := self.check(sentence, [source]))
        ]
        return (-max(others)[1],) if others else ()

    def _related(self, sentence: str) -> bool:
        """Whether the sentence is about the question at all, not what an article ordered."""
        about = f"{self.asked.topic} {self.asked.text}"
        if set(content_words(about)) & set(content_words(sentence)):
            return True
        return self.check.cosine(about, sentence) >= RELATED


def _block(number: int, source: Source) -> str:
    """A paragraph as data: nothing in it can close its element."""
    day = source.published.date().isoformat() if source.published else ""
    facts = {"number": str(number), "date": day, "source": source.outlet, "title": source.title}
    attributes = " ".join(f'{name}="{html.escape(value)}"' for name, value in facts.items())
    return f"<paragraph {attributes}>\n{html.escape(source.text, quote=False)}\n</paragraph>"


def _earlier(turn: Turn) -> tuple[str, str]:
    """A question, and as much of its answer as a follow-up may mean; no orders."""
    answer = turn.answer
    said = _MARKERS.sub("", cleaned(answer.text[: 4 * EARLIER_CHARS]))  # a browser sent it
    told = "" if answer.abstained else f"{answer.short} {said}".strip()
    told = told[:EARLIER_CHARS]
    return turn.question, "" if _ORDER.search(told) else told


def _turn_block(question: str, answer: str) -> str:
    """A turn as data: nothing in it can close its element."""
    said, told = (html.escape(" ".join(text.split()), quote=False) for text in (question, answer))
    return f"<turn>\n<question>{said}</question>\n<answer>{told}</answer>\n</turn>"


def cited_sentences(pieces: Iterable[str]) -> Iterator[tuple[str, list[int]]]:
    """Sentences of a growing text with the numbers in their markers, each as soon as it is whole.

    A full stop behind a marker ends a sentence for good; otherwise more markers may follow it, and
    it is whole when the next one begins.

    Raises:
        BrokenOffError: a sentence goes on for too long.

    >>> list(cited_sentences(iter(["A dog ba", "rked. [1] It ran [2][3]. NO", "NE"])))
    [('A dog barked.', [1]), ('It ran.', [2, 3])]
    """
    rest = ""  # from the beginning of the last sentence that was given
    given = 0  # sentences of the rest: that one, once there is one
    for piece in _chunks(_without_markup(_without_thoughts(pieces))):
        rest += piece
        found = _cut(rest)
        ready = len(found) if _WHOLE.search(rest) else len(found) - 1
        yield from ((one.text, one.markers) for one in found[given:ready])
        if ready > 0:
            rest, given = rest[found[ready - 1].start :], 1
        if len(rest) > 4 * MAX_SENTENCE_CHARS:
            raise BrokenOffError("long")
    last = _cut(rest)[given:]
    if last and not (last[-1].markers or last[-1].text[-1] in _ENDS):
        last.pop()  # cut off within a sentence
    yield from ((one.text, one.markers) for one in last)


@dataclass(frozen=True, slots=True)
class _Sentence:
    """A sentence without its markers, their numbers, and where it begins in the text."""

    start: int
    text: str
    markers: list[int]


def _cut(text: str) -> list[_Sentence]:
    found: list[_Sentence] = []
    for start, end in sentences(text):
        piece = text[start:end]
        lead = re.match(rf"(?:{_MARKERS.pattern})+", piece)
        if lead and found:
            if not _WHOLE.search(text[:start]):
                found[-1].markers.extend(_numbers(lead.group()))
            piece = piece[lead.end() :]
        clean = cleaned(html.unescape(_MARKERS.sub("", piece)))
        if re.search(r"[^\W\d_]", clean) and clean.strip(".") != "NONE":
            found.append(_Sentence(start, clean, _numbers(piece)))
    return found


def _without_thoughts(pieces: Iterable[str]) -> Iterator[str]:
    """The text outside ``<think>`` and ``</think>``, as far as it is sure to be outside."""
    held, tag = "", "<think>"
    for piece in pieces:
        held += piece
        while tag in held:
            before, _, held = held.partition(tag)
            if tag == "<think>":
                yield before
            tag = "</think>" if tag == "<think>" else "<think>"
        begun = next(n for n in range(len(tag) - 1, -1, -1) if held.endswith(tag[:n]))
        if tag == "<think>":
            yield held[: len(held) - begun]
        held = held[len(held) - begun :]
    if tag == "<think>":
        yield held


def _without_markup(pieces: Iterable[str]) -> Iterator[str]:
    """The text without Markdown; spaces and signs that may be some wait for what follows them."""
    before = held = ""
    for piece in pieces:
        settled = _SETTLED.match(piece)
        if settled:
            yield _MARKUP.sub("", before + held + settled[0])[len(before) :]
            before, held = settled[0][-1], ""
        held += piece[settled.end() :] if settled else piece
    yield _MARKUP.sub("", before + held)[len(before) :]


def _chunks(pieces: Iterable[str]) -> Iterator[str]:
    for piece in pieces:
        for start in range(0, len(piece), CHUNK_CHARS):
            yield piece[start : start + CHUNK_CHARS]


def _numbers(text: str) -> list[int]:
    return [
        int(number)
        for marker in _MARKERS.findall(text)
        for number in re.findall(r"\d{1,6}", marker)
    ]


class BrokenOffError(Exception):
    """A reply ended before it was whole."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason: Reason = reason


class _Stream:
    """The pieces of a model's reply until its time is up or somebody stops it.

    The reply is read in a thread of its own: a server that sends a byte now and then keeps
    every socket time limit, but not this one.
    """

    def __init__(
        self,
        llm: LLM,
        free: threading.BoundedSemaphore,
        messages: list[ChatMessage],
        patience: Patience,
        share: float = 1.0,
    ) -> None:
        """``free`` counts the threads that may still be started."""
        self._llm = llm
        self._free = free
        self._messages = messages
        self._patience = patience
        self._started = time.monotonic()
        self._until = self._started + share * patience.seconds
        self._queue: queue.Queue[str | Exception | None] = queue.Queue(MAX_WAITING)
        self._stopped = threading.Event()

    def _read(self) -> None:
        try:
            for response in self._llm.stream_chat(self._messages):
                if not self._put(response.delta or ""):
                    return
            self._put(None)
        except Exception as error:  # a server can fail in any way, and each client has its own
            self._put(error)
        finally:
            self._free.release()

    def _put(self, piece: str | Exception | None) -> bool:
        """Hand a piece over; false when nobody waits for it any more."""
        while not self._stopped.is_set():
            with suppress(queue.Full):
                self._queue.put(piece, timeout=POLL_SECONDS)
                return True
        return False

    def __iter__(self) -> Iterator[str]:
        """The pieces.

        Raises:
            BrokenOffError: the time is up, it was stopped, it is too long, or the server failed.
        """
        self.check()
        if not self._free.acquire(blocking=False):
            raise BrokenOffError("busy")
        threading.Thread(target=self._read, daemon=True).start()
        length = 0
        while True:
            self.check()
            try:
                piece = self._queue.get(timeout=POLL_SECONDS)
            except queue.Empty:
                continue
            if isinstance(piece, Exception):
                raise BrokenOffError(_reason(piece)) from piece
            if piece is None:
                return
            length += len(piece)
            if length > MAX_REPLY_CHARS:
                raise BrokenOffError("long")
            yield piece

    def check(self) -> None:
        """
        Raises:
            BrokenOffError: the time is up, or it was stopped.
        """
        if self._patience.stop.is_set():
            raise BrokenOffError("stopped")
        if time.monotonic() >= self._until:
            raise BrokenOffError("slow")

    def stop(self) -> None:
        self._patience.seconds -= time.monotonic() - self._started
        self._stopped.set()


def _reason(error: Exception) -> Reason:
    """What the user is told of an error of a client library; by name, since each has its own."""
    names = {kind.__name__ for kind in type(error).__mro__}
    if any("Timeout" in name for name in names):
        return "slow"
    if {"ConnectionError", "APIConnectionError", "ConnectError"} & names:
        return "unreachable"
    if {"APIStatusError", "ResponseError"} & names:
        return "refused"
    return "broken"
