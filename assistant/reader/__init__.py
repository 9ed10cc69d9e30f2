"""The bundled reader: finds the words of a paragraph that answer a question, or says none do.

A small recurrent network over frozen word vectors (the encoder's, and ``assistant.reader.kinds``),
run with ONNX Runtime.
``python -m assistant.reader.train --data PATH`` trains it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Protocol

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from assistant.reader.constraints import allowed_in_text
from assistant.reader.features import (
    TEXT_FLAGS,
    PairFeatures,
    Words,
    analyse,
    question_features,
)
from assistant.reader.kinds import KINDS, load, word_vectors
from assistant.reader.measured import fitting
from assistant.types import AnswerType
from index.encoder import StaticEncoder
from index.errors import IncompatibleIndexError
from index.lexicon import Lexicon, meanings
from index.vocabulary import Vocabulary

BUNDLED = Path(__file__).parent / "model"
MAX_WORDS = 240  # of a paragraph; paragraphs are split at 200 tokens when they are indexed
MAX_SPAN = 22  # words; the longest answer that is looked for

Logits = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Reading:
    """What the reader found in one text.

    ``span`` is ``(start, end)`` in characters. ``score`` is the log-odds of that span against
    "not answered here"; above 0 the reader believes in it.
    """

    span: tuple[int, int]
    score: float


class Reader(Protocol):
    """Anything that finds answers in texts."""

    @property
    def fingerprint(self) -> str: ...

    def read(
        self,
        question: str,
        texts: Sequence[str],
        kind: AnswerType = "what",
        titles: Sequence[str] | None = None,
        vocabulary: Vocabulary | None = None,
    ) -> list[Reading | None]:
        """The best answer of each text, in order; None where nothing of the kind stands.

        ``titles``, or what else the articles are known by, are read before the texts, since a
        paragraph seldom repeats what its article is about and when it appeared; spans count from
        the beginning of the text. ``vocabulary`` holds words that need not be analysed again.
        """
        ...


class SpanReader:
    """The bundled reader. Thread-safe."""

    def __init__(
        self, encoder: StaticEncoder, lexicon: Lexicon, folder: Path = BUNDLED, threads: int = 1
    ) -> None:
        """
        Raises:
            IncompatibleIndexError: the reader was trained over another encoder or lexicon.
        """
        about = json.loads((folder / "reader.json").read_text(encoding="utf-8"))
        trained = about["encoder"], about["lexicon"]
        present = encoder.fingerprint, lexicon.fingerprint
        if trained != present:
            raise IncompatibleIndexError("other_reader", trained=trained, present=present)
        options = ort.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        model = (folder / "reader.onnx").read_bytes()
        self._session = ort.InferenceSession(model, options, providers=["CPUExecutionProvider"])
        self._kinds = load(folder / KINDS)
        self._fingerprint = hashlib.sha256(model + self._kinds.tobytes()).hexdigest()[:12]
        self._vocabulary = Vocabulary(encoder)
        self._lexicon = lexicon

    @property
    def fingerprint(self) -> str:
        """Twelve hexadecimal digits of the SHA-256 of model and kinds."""
        return self._fingerprint

    def read(
        self,
        question: str,
        texts: Sequence[str],
        kind: AnswerType = "what",
        titles: Sequence[str] | None = None,
        vocabulary: Vocabulary | None = None,
    ) -> list[Reading | None]:
        asked = analyse(question)
        heads = headings(titles, len(texts))
        found = [analyse(head + text, MAX_WORDS) for head, text in zip(heads, texts, strict=True)]
        readings: list[Reading | None] = [None] * len(texts)
        rows = [row for row, words in enumerate(found) if words.words]
        if not asked.words or not rows:
            return readings
        if vocabulary is None:
            vocabulary = self._vocabulary = self._vocabulary.fresh()
        vocabulary.ids(asked.words)  # whose lemmas are asked for next
        meant = meanings(self._lexicon.query(question))
        features = PairFeatures(asked, meant, vocabulary.lemma)
        fits = fitting(kind, question)
        for batch in batches({row: len(found[row].words) for row in rows}):
            start, end, null = self._logits(
                asked, [found[row] for row in batch], features, vocabulary
            )
            for i, row in enumerate(batch):
                places = found[row].places
                skipped = len(heads[row])
                allowed = allowed_in_text(kind, asked, found[row], texts[row], skipped)
                best = best_span(
                    start[i, : len(places)], end[i, : len(places)], allowed,
                    partial(fits, heads[row] + texts[row], places),
                )  # fmt: skip
                if best is None:
                    continue
                first, last, score = best
                span = (places[first][0] - skipped, places[last][1] - skipped)
                readings[row] = Reading(span, score - float(null[i]))
        return readings

    def _logits(
        self,
        asked: Words,
        texts: Sequence[Words],
        features: PairFeatures,
        vocabulary: Vocabulary,
    ) -> tuple[Logits, Logits, Logits]:
        """Of the first and the last word of the answer, float32[n, longest], and of none."""
        counts = np.array([len(text.words) for text in texts])
        inside = np.arange(counts.max()) < counts[:, None]
        words = vocabulary.ids([word for text in texts for word in text.words])
        distinct, places = np.unique(words, return_inverse=True)
        found = word_vectors(vocabulary, distinct, self._kinds)
        vectors = np.zeros((*inside.shape, found.shape[1]), dtype=np.float32)
        vectors[inside] = found[places]
        flags = np.zeros((*inside.shape, TEXT_FLAGS), dtype=np.float32)
        flags[inside] = np.concatenate([features(text) for text in texts])
        question = word_vectors(vocabulary, vocabulary.ids(asked.words), self._kinds)
        start, end, null = self._session.run(
            None,
            {
                "question": question[None],
                "question_flags": question_features(asked)[None].astype(np.float32),
                "text": vectors,
                "text_flags": flags,
                "mask": inside.astype(np.float32),
            },
        )
        return start, end, null


def headings(titles: Sequence[str] | None, count: int) -> list[str]:
    """What is read before each of ``count`` texts: its title as a sentence, or nothing.

    >>> headings(["Banjir", ""], 2)
    ['Banjir. ', '']
    """
    return [f"{title}. " if title else "" for title in titles or [""] * count]


def batches(lengths: Mapping[int, int]) -> list[list[int]]:
    """The rows of these lengths, shortest first, as the one or two batches that pad the least.

    Every text of a batch is read at the length of its longest.

    >>> batches({0: 90, 1: 20, 2: 100, 3: 30})
    [[1, 3], [0, 2]]
    """
    rows = sorted(lengths, key=lambda row: lengths[row])

    def read(split: int) -> int:
        """How many words are read when the first ``split`` rows are a batch of their own."""
        short = split * lengths[rows[split - 1]] if split else 0
        return short + (len(rows) - split) * lengths[rows[-1]]

    split = min(range(len(rows)), key=read)
    return [batch for batch in (rows[:split], rows[split:]) if batch]


def best_span(
    start: NDArray[np.float32],
    end: NDArray[np.float32],
    allowed: NDArray[np.bool_],
    fits: Callable[[int, int], bool] = lambda first, last: True,
) -> tuple[int, int, float] | None:
    """The allowed pair ``first <= last < first + MAX_SPAN`` with the highest sum of logits.

    ``fits`` may refuse a pair, and with it all others that have a word of it.

    >>> best_span(np.array([0.0, 3.0, 0.0]), np.array([5.0, 0.0, 1.0]), np.ones((3, 3), bool))
    (0, 0, 5.0)
    """
    sums = start[:, None] + end[None, :]
    width = np.arange(len(end))[None, :] - np.arange(len(start))[:, None]
    allowed = allowed & (width >= 0) & (width < MAX_SPAN)
    sums = np.where(allowed, sums, -np.inf)
    while np.isfinite(sums).any():
        first, last = divmod(int(sums.argmax()), len(end))
        if fits(first, last):
            return first, last, float(sums[first, last])
        sums[: last + 1, first:] = -np.inf
    return None
