"""What is read, as tokens: ``<s> asked </s> headline. day </s> paragraph </s>``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from assistant.types import spoken_date
from index.types import Language

BEGIN, PAD, END = 0, 1, 2  # the tokens <s>, <pad> and </s>
MAX_ASKED = 64  # tokens
MAX_HEAD = 48
MAX_PARAGRAPH = 320  # paragraphs are split at about 200 when they are indexed

Verdict = Literal["supported", "contradicted", "not_said", "open"]
"""What a paragraph says of a statement or to a yes/no question; to any other question: open."""

VERDICTS: tuple[Verdict, ...] = get_args(Verdict)

Ids = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Encoded:
    """Tokens of one text; those of its paragraph begin at ``first``.

    ``places``: int64[n, 2], the characters of the paragraph at which each of its tokens begins and
    ends.
    """

    tokens: list[int]
    first: int
    places: Ids


def heading(title: str, published: date | None, language: Language) -> str:
    """What is read before a paragraph: what its article is about, and of which day it is.

    The first words of a text that stand for the title of an article without one say nothing.

    >>> heading("Banjir di Demak", date(2024, 3, 20), "id")
    'Banjir di Demak. 20 Maret 2024'
    >>> heading("Sungai Wulan meluap pada …", None, "id")
    ''
    """
    day = spoken_date(published, True, language)
    return ". ".join(filter(None, ("" if title.endswith("…") else title, day)))


def encode(
    tokenizer: Tokenizer, asked: str, heads: Sequence[str], paragraphs: Sequence[str]
) -> list[Encoded]:
    """The question with each paragraph behind its headline and day; what is too long is cut."""
    found = tokenizer.encode_batch([asked, *heads, *paragraphs], add_special_tokens=False)
    question = found[0].ids[:MAX_ASKED]
    return [
        _joined(question, head.ids[:MAX_HEAD], paragraph.ids, paragraph.offsets, text)
        for head, paragraph, text in zip(
            found[1 : len(heads) + 1], found[len(heads) + 1 :], paragraphs, strict=True
        )
    ]


def _joined(
    asked: list[int], head: list[int], tokens: list[int], offsets: list[tuple[int, int]], text: str
) -> Encoded:
    before = [BEGIN, *asked, END, *head, END]
    places = [
        (begin + (begin < end and text[begin].isspace()), end)  # a piece takes its space along
        for begin, end in offsets[:MAX_PARAGRAPH]
    ]
    numbers = np.array(places, dtype=np.int64).reshape(-1, 2)
    return Encoded([*before, *tokens[:MAX_PARAGRAPH], END], len(before), numbers)


def padded(batch: Sequence[Encoded]) -> tuple[Ids, Ids]:
    """Tokens and segments of a batch, int64[texts, longest]; the segment of a paragraph is 1."""
    longest = max(len(one.tokens) for one in batch)
    tokens = np.full((len(batch), longest), PAD, dtype=np.int64)
    segments = np.zeros_like(tokens)
    for row, one in enumerate(batch):
        tokens[row, : len(one.tokens)] = one.tokens
        segments[row, one.first : one.first + len(one.places)] = 1
    return tokens, segments
