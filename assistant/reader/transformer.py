"""Any transformers model for extractive question answering as a reader."""

from __future__ import annotations

import hashlib
import inspect
import json
import threading
from collections.abc import Sequence
from functools import cached_property, partial
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from assistant.reader import Logits, Reading, best_span, headings
from assistant.reader.constraints import allowed_in_text
from assistant.reader.features import Words, analyse
from assistant.reader.measured import fitting
from assistant.types import AnswerType
from index.vocabulary import Vocabulary
from prompts import MessageError

if TYPE_CHECKING:
    from transformers import BatchEncoding, PreTrainedModel, PreTrainedTokenizerBase

Places = NDArray[np.int64]

WINDOW = 384  # tokens that are read at once, as the models are mostly trained
BATCH = 16  # windows
PROBES = ("Where did the ministers meet?", "Para menteri bertemu di Jenewa pada 21 Januari 2022.")


class ReaderModelError(MessageError, ValueError):
    """What was named is no question-answering model that can be used."""


class TransformerReader:
    """Reads with a transformers model as SQuAD 2.0 has it. Thread-safe.

    The score of a span is the sum of its two logits less that of the first token, [CLS], which
    stands for "not answered here" (Devlin et al. 2019). What is longer than the model reads at
    once is read in windows that overlap by a third: the best span of all windows counts against
    the least of their null scores.
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
        self,
        question: str,
        texts: Sequence[str],
        kind: AnswerType = "what",
        titles: Sequence[str] | None = None,
        vocabulary: Vocabulary | None = None,
    ) -> list[Reading | None]:
        """As ``Reader.read``; ``vocabulary`` is of no use to a transformer."""
        asked = analyse(question)
        heads = headings(titles, len(texts))
        whole = [head + text for head, text in zip(heads, texts, strict=True)]
        found = [analyse(one, len(one)) for one in whole]
        rows = [row for row, words in enumerate(found) if words.words]
        readings: list[Reading | None] = [None] * len(texts)
        if not asked.words or not rows:
            return readings
        fits = fitting(kind, question)
        windows = self._cut(question, [whole[row] for row in rows])
        start, end = self._logits(windows)
        spans: dict[int, tuple[float, tuple[int, int]]] = {}
        nulls: dict[int, float] = {}
        for i, sample in enumerate(windows["overflow_to_sample_mapping"].tolist()):
            row = rows[sample]
            null = self._null_place(windows["input_ids"][i].tolist())
            nulls[row] = min(nulls.get(row, np.inf), float(start[i, null] + end[i, null]))
            words, first, last = words_within(windows, i, found[row])
            allowed = allowed_in_text(kind, asked, words, texts[row], len(heads[row]))
            known = partial(fits, whole[row], words.places)
            best = best_span(start[i, first], end[i, last], allowed, known)
            if best is not None and (row not in spans or best[2] > spans[row][0]):
                spans[row] = best[2], (words.places[best[0]][0], words.places[best[1]][1])
        for row, (logit, (begin, stop)) in spans.items():
            skipped = len(heads[row])
            readings[row] = Reading((begin - skipped, stop - skipped), logit - nulls[row])
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


def words_within(windows: BatchEncoding, number: int, words: Words) -> tuple[Words, Places, Places]:
    """The words that stand whole in a window, and the places of their first and last tokens."""
    read = [place for place, one in enumerate(windows.sequence_ids(number)) if one == 1]
    begins, stops = windows["offset_mapping"][number].numpy()[read].reshape(-1, 2).T
    places = np.array(words.places).reshape(-1, 2)
    kept = np.zeros(len(places), dtype=bool)
    if read:
        kept = (places[:, 0] >= begins[0]) & (places[:, 1] <= stops[-1])
    first = np.searchsorted(stops, places[kept, 0], side="right")
    last = np.searchsorted(begins, places[kept, 1], side="left") - 1
    chosen = np.flatnonzero(kept)
    within = Words(
        [words.words[i] for i in chosen], [words.places[i] for i in chosen], words.flags[kept]
    )
    tokens = np.array(read, dtype=np.int64)
    return within, tokens[first], tokens[last]


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
