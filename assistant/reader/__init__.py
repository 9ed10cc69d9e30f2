"""The bundled reader: finds the words of a paragraph that answer a question, or says none do.

A multilingual transformer reads the question together with each paragraph, its headline and its
day; ONNX Runtime runs it. ``python -m assistant.reader.training`` makes it.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Protocol

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray
from tokenizers import Tokenizer

from assistant.reader.encoding import VERDICTS, Encoded, Verdict, encode, padded
from prompts import MessageError

BUNDLED = Path(__file__).parent / "model"
WEIGHTS = "reader.onnx"
PIECES = "tokenizer.json"
INPUTS = ("tokens", "segments")
OUTPUTS = ("start", "end", "verdict")
MAX_SPAN = 40  # tokens; the longest answer that is looked for
THREADS = 2  # of one reading

Logits = NDArray[np.float32]


class ReaderModelError(MessageError, ValueError):
    """What was named is no reader that can be used."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What the reader found in one text.

    ``span`` is ``(start, end)`` in characters. ``score`` is the log-odds of that span against
    "not answered here"; above 0 the reader believes in it. ``verdict`` gives the probability of
    each of ``VERDICTS``: what the text says of a statement or to a yes/no question.
    """

    span: tuple[int, int]
    score: float
    verdict: tuple[float, ...] = (0.0, 0.0, 0.0, 1.0)

    def probability(self, verdict: Verdict) -> float:
        """The probability of one of ``VERDICTS``."""
        return self.verdict[VERDICTS.index(verdict)]


class Reader(Protocol):
    """Anything that finds answers in texts."""

    @property
    def fingerprint(self) -> str: ...

    def read(
        self, question: str, texts: Sequence[str], heads: Sequence[str] | None = None
    ) -> list[Reading | None]:
        """The best answer of each text, in order; None where there is nothing to read.

        ``heads``, a headline with the day of the article, are read before the texts, since a
        paragraph seldom repeats what its article is about and when it appeared; spans count from
        the beginning of the text.
        """
        ...


class BundledReader:
    """The bundled reader. Thread-safe."""

    def __init__(self, folder: Path = BUNDLED, threads: int = THREADS) -> None:
        """
        Raises:
            ReaderModelError: the files are missing, damaged or of another version.
        """
        try:
            model = (folder / WEIGHTS).read_bytes()
            pieces = (folder / PIECES).read_bytes()
        except OSError as error:
            raise ReaderModelError("missing_reader", path=error.filename) from error
        options = ort.SessionOptions()
        options.intra_op_num_threads = min(threads, os.cpu_count() or 1)
        options.inter_op_num_threads = 1
        options.log_severity_level = 4  # what goes wrong is raised
        try:
            self._session = ort.InferenceSession(model, options, ["CPUExecutionProvider"])
            self._tokenizer = Tokenizer.from_buffer(pieces)
        except Exception as error:  # both libraries raise their own kinds, some plain Exception
            raise ReaderModelError("damaged_reader", path=folder, reason=_first(error)) from error
        given = [one.name for one in self._session.get_inputs()]
        told = [one.name for one in self._session.get_outputs()]
        if (given, told) != (list(INPUTS), list(OUTPUTS)):
            raise ReaderModelError("old_reader", path=folder)
        self._fingerprint = hashlib.sha256(model + pieces).hexdigest()[:12]

    @property
    def fingerprint(self) -> str:
        """Twelve hexadecimal digits of the SHA-256 of weights and tokenizer."""
        return self._fingerprint

    def read(
        self, question: str, texts: Sequence[str], heads: Sequence[str] | None = None
    ) -> list[Reading | None]:
        """As ``Reader.read``; of a very long text only the beginning is read."""
        readings: list[Reading | None] = [None] * len(texts)
        if not _has_words(question):
            return readings
        found = encode(self._tokenizer, question, heads or [""] * len(texts), texts)
        rows = {row: len(one.tokens) for row, one in enumerate(found) if _has_words(texts[row])}
        for batch in batches(rows):
            tokens, segments = padded([found[row] for row in batch])
            start, end, verdict = self._session.run(None, {"tokens": tokens, "segments": segments})
            for i, row in enumerate(batch):
                readings[row] = _reading(texts[row], found[row], start[i], end[i], verdict[i])
        return readings


@lru_cache(maxsize=1)
def bundled_reader() -> BundledReader:
    """The bundled reader, loaded once for all that ask with it.

    Raises:
        ReaderModelError: its files are missing, damaged or of another version.
    """
    return BundledReader()


def _has_words(text: str) -> bool:
    return any(char.isalnum() for char in text)


def _first(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]


def _reading(text: str, encoded: Encoded, start: Logits, end: Logits, verdict: Logits) -> Reading:
    low, high = encoded.first, encoded.first + len(encoded.places)
    first, last, score = best_span(start[low:high], end[low:high])
    begin, stop = int(encoded.places[first, 0]), int(encoded.places[last, 1])
    likely = np.exp(verdict - verdict.max())
    return Reading(
        whole_words(text, begin, stop),
        score - float(start[0] + end[0]),
        tuple((likely / likely.sum()).tolist()),
    )


def batches(lengths: Mapping[int, int]) -> list[list[int]]:
    """The rows of these lengths, shortest first, as the one or two batches that pad the least.

    Every text of a batch is read at the length of its longest.

    >>> batches({0: 90, 1: 20, 2: 100, 3: 30})
    [[1, 3], [0, 2]]
    """
    rows = sorted(lengths, key=lambda row: lengths[row])
    if not rows:
        return []

    def read(split: int) -> int:
        """How many tokens are read when the first ``split`` rows are a batch of their own."""
        short = split * lengths[rows[split - 1]] if split else 0
        return short + (len(rows) - split) * lengths[rows[-1]]

    split = min(range(len(rows)), key=read)
    return [batch for batch in (rows[:split], rows[split:]) if batch]


def best_span(start: Logits, end: Logits) -> tuple[int, int, float]:
    """The pair ``first <= last < first + MAX_SPAN`` with the highest sum of logits, and that sum.

    >>> best_span(np.array([0.0, 3.0, 0.0]), np.array([5.0, 0.0, 1.0]))
    (0, 0, 5.0)
    """
    sums = start[:, None] + end[None, :]
    width = np.arange(len(end))[None, :] - np.arange(len(start))[:, None]
    sums = np.where((width >= 0) & (width < MAX_SPAN), sums, -np.inf)
    first, last = divmod(int(sums.argmax()), len(end))
    return first, last, float(sums[first, last])


def whole_words(text: str, begin: int, end: int) -> tuple[int, int]:
    """The span widened to the words that it cuts.

    >>> text = "Gempa Cianjur"
    >>> text[slice(*whole_words(text, 8, 11))]
    'Cianjur'
    """
    while begin > 0 and text[begin - 1].isalnum() and text[begin].isalnum():
        begin -= 1
    while end < len(text) and text[end].isalnum() and text[end - 1].isalnum():
        end += 1
    return begin, end
