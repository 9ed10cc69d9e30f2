"""Which pieces of the multilingual vocabulary Indonesian and English text needs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from assistant.reader.training.base import SPECIAL, Base, tokenizer
from index.encoder.pairs import rows

SEEN = 8  # times in the training texts, from which a piece is kept
SHORT = 2  # letters; so short pieces are always kept, so that any word of Latin script can be read
LEADS = 3  # every third lead of Wikipedia is counted


def kept_pieces(base: Base, train: Path, articles: Path) -> list[int]:
    """The numbers of the pieces to keep, ascending; the special ones stand first as they did.

    All single characters stay, whatever their script.
    """
    full = tokenizer(base.pieces)
    seen: Counter[int] = Counter()
    texts = _texts(train, articles)
    while part := list(islice(texts, 10_000)):
        for encoding in full.encode_batch(part, add_special_tokens=False):
            seen.update(encoding.ids)
    kept = [
        number
        for number, (piece, _) in enumerate(base.pieces)
        if number < len(SPECIAL) or seen[number] >= SEEN or _is_short(piece)
    ]
    total = seen.total()
    covered = sum(seen[number] for number in kept)
    print(f"{len(kept):,} pieces cover {covered / total:.4%} of {total:,} tokens", flush=True)
    return kept


def _is_short(piece: str) -> bool:
    bare = piece.removeprefix("▁")
    return len(bare) <= 1 or (len(bare) <= SHORT and bare.isascii() and bare.isalpha())


def _texts(train: Path, articles: Path) -> Iterator[str]:
    """Everything that stands in the training data as running text, and the terms."""
    for path in sorted(train.glob("*.gz")):
        if path.name.endswith(".conll.gz"):
            continue
        for number, row in enumerate(rows(path)):
            if path.name.startswith("idwiki_lead") and number % LEADS:
                continue
            yield from (value for value in row.values() if isinstance(value, str))
    titles = {row["title"] for row in rows(train / "news_questions.jsonl.gz")}
    for row in rows(articles):
        if row["title"] in titles:
            yield row["text"]
