"""Any transformers model for extractive question answering as a reader."""

from __future__ import annotations

import hashlib
import inspect
import json
import threading
from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from assistant.reader import Logits, Reader, ReaderModelError, Reading, best_span, whole_words

if TYPE_CHECKING:
    from transformers import BatchEncoding, PreTrainedModel, PreTrainedTokenizerBase

WINDOW = 384  # tokens that are read at once, as the models are mostly trained
BATCH = 16  # windows
PROBES = ("Where did the ministers meet?", "Para menteri bertemu di Jenewa pada 21 Januari 2022.")


class TransformerReader:
    """Reads with a transformers model as SQuAD 2.0 has it. Thread-safe.

    The score of a span is the sum of its two logits less that of the first token, [CLS], which
    stands for "not answered here" (Devlin et al. 2019). What is longer than the model reads at
    once is read in windows that overlap by a third: the best span of all windows counts against
    the least of their null scores. It gives no verdicts.
    """

    def __init__(self, model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase) -> None:
        """``tokenizer`` must be a fast one: spans are found by its offsets."""
        self._model = model
        self._tokenizer = tokenizer
        self._lock = threading.Lock()  # a call changes how a tokenizer pads and truncates
        limits = (tokenizer.model_max_length, getattr(model.config, "max_position_embeddings", 0))
        self._window = min([WINDOW, *(one for one in limits if one and one > 0)])

    @cached_property
    def fingerprint(self) -> str:
        """Twelve hexadecimal digits of what the model makes of a question and a text.

        Two models that agree on them are the same model wherever their files lie.
        """
        question, text = PROBES
        start, end = self._logits(self._cut(question, [text]))
        told = json.dumps((np.round([start[0], end[0]], 2) + 0.0).tolist())
        return hashlib.sha256(told.encode("ascii")).hexdigest()[:12]

    def read(
        self, question: str, texts: Sequence[str], heads: Sequence[str] | None = None
    ) -> list[Reading | None]:
        """As ``Reader.read``; the head stands before the text as a sentence."""
        before = [f"{head}. " if head else "" for head in heads or [""] * len(texts)]
        whole = [head + text for head, text in zip(before, texts, strict=True)]
        rows = [row for row, text in enumerate(texts) if text.strip()]
        readings: list[Reading | None] = [None] * len(texts)
        if not question.strip() or not rows:
            return readings
        windows = self._cut(question, [whole[row] for row in rows])
        start, end = self._logits(windows)
        spans: dict[int, tuple[float, tuple[int, int]]] = {}
        nulls: dict[int, float] = {}
        for i, sample in enumerate(windows["overflow_to_sample_mapping"].tolist()):
            row = rows[sample]
            null = self._null_place(windows["input_ids"][i].tolist())
            nulls[row] = min(nulls.get(row, np.inf), float(start[i, null] + end[i, null]))
            tokens, places = _tokens_within(windows, i, len(before[row]))
            if not len(tokens):
                continue
            first, last, score = best_span(start[i, tokens], end[i, tokens])
            if row not in spans or score > spans[row][0]:
                spans[row] = score, (int(places[first, 0]), int(places[last, 1]))
        for row, (score, (begin, stop)) in spans.items():
            readings[row] = Reading(whole_words(texts[row], begin, stop), score - nulls[row])
        return readings

    def _cut(self, question: str, texts: Sequence[str]) -> BatchEncoding:
        """The question with each window of each text, as the model takes them.

        Of a question, at most a sixth of a window is read.
        """
        with self._lock:
            asked = self._tokenizer(
                question,
                add_special_tokens=False,
                truncation=True,
                max_length=self._window // 6,
                return_offsets_mapping=True,
            )
            last = max((stop for _, stop in asked["offset_mapping"]), default=0)
            windows: BatchEncoding = self._tokenizer(
                [question[:last]] * len(texts),
                list(texts),
                truncation="only_second",
                max_length=self._window,
                stride=self._window // 3,
                padding=True,
                return_overflowing_tokens=True,
                return_offsets_mapping=True,
                return_tensors="pt",
            )
            return windows

    def _logits(self, windows: BatchEncoding) -> tuple[Logits, Logits]:
        """Of the first and the last token of the answer, float32[n_windows, longest]."""
        import torch

        accepted = inspect.signature(self._model.forward).parameters
        taken = {name: rows for name, rows in windows.items() if name in accepted}
        starts, ends = [], []
        with torch.inference_mode():
            for first in range(0, len(windows["input_ids"]), BATCH):
                batch = {name: rows[first : first + BATCH] for name, rows in taken.items()}
                found = self._model(**batch)
                starts.append(found.start_logits.numpy())
                ends.append(found.end_logits.numpy())
        return np.concatenate(starts), np.concatenate(ends)

    def _null_place(self, tokens: list[int]) -> int:
        """Where the token stands that says "not answered here"; the first if there is no [CLS]."""
        null = self._tokenizer.cls_token_id
        return tokens.index(null) if null in tokens else 0


def _tokens_within(
    windows: BatchEncoding, number: int, skipped: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The tokens of a window that stand in the text behind its head of ``skipped`` characters.

    int64[n], and int64[n, 2] where they begin and end in the text.
    """
    offsets = windows["offset_mapping"][number].numpy() - skipped
    read = np.array([one == 1 for one in windows.sequence_ids(number)])
    tokens = np.flatnonzero(read & (offsets[:, 0] >= 0) & (offsets[:, 1] > offsets[:, 0]))
    return tokens, offsets[tokens]


class CalibratedReader:
    """Another reader in the place of the bundled one, without another calibration.

    Both read. The log-odds of two models differ in size, so those of ``measure`` are dealt out
    anew in the order of ``lead``: its surest reading gets the highest, and so on. Where
    ``measure`` finds fewer readings, the least sure ones of ``lead`` go without a score, and out.
    The verdicts are those of ``measure``.
    """

    def __init__(self, lead: Reader, measure: Reader) -> None:
        self._lead = lead
        self._measure = measure

    @property
    def fingerprint(self) -> str:
        """That of the reader whose scores these are."""
        return self._measure.fingerprint

    def read(
        self, question: str, texts: Sequence[str], heads: Sequence[str] | None = None
    ) -> list[Reading | None]:
        """As ``Reader.read``."""
        measured = self._measure.read(question, texts, heads)
        found = self._lead.read(question, texts, heads)
        return reassign_scores(found, measured)


def reassign_scores(
    found: Sequence[Reading | None], measured: Sequence[Reading | None]
) -> list[Reading | None]:
    """The readings with the scores of ``measured``, the best score to the best reading.

    >>> one, other = Reading((0, 4), 7.0), Reading((2, 3), 9.0)
    >>> given = [Reading((0, 1), -1.5), None, Reading((1, 2), 2.5)]
    >>> [one and one.score for one in reassign_scores([one, None, other], given)]
    [-1.5, None, 2.5]
    """
    read = [(row, one) for row, one in enumerate(found) if one]
    read.sort(key=lambda item: -item[1].score)
    scores = sorted((one.score for one in measured if one), reverse=True)
    readings: list[Reading | None] = [None] * len(found)
    for (row, one), score in zip(read, scores, strict=False):
        beside = measured[row]
        readings[row] = replace(one, score=score, verdict=(beside or one).verdict)
    return readings


def open_reader(name: str) -> TransformerReader:
    """The transformers question-answering model of this name or folder.

    Nothing is downloaded unless the user's environment allows it, no code of a model is run, and
    weights are read from safetensors only.

    Raises:
        ReaderModelError: there is no such model here, or it is not for question answering.
    """
    from safetensors import SafetensorError
    from transformers import AutoModelForQuestionAnswering, AutoTokenizer

    told = repr(name)
    try:
        tokenizer = AutoTokenizer.from_pretrained(name, trust_remote_code=False)
        model, loaded = AutoModelForQuestionAnswering.from_pretrained(
            name,
            trust_remote_code=False,
            use_safetensors=True,
            dtype="float32",
            output_loading_info=True,
        )
    except (OSError, ValueError, RuntimeError, SafetensorError) as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise ReaderModelError("no_reader", name=told, reason=reason) from error
    if loaded["missing_keys"]:
        missing = ", ".join(sorted(loaded["missing_keys"])[:3])
        raise ReaderModelError("untrained_reader", name=told, missing=missing)
    if not tokenizer.is_fast:
        raise ReaderModelError("no_reader", name=told, reason=type(tokenizer).__name__)
    return TransformerReader(model, tokenizer)
