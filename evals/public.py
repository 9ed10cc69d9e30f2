"""Public question sets as questions over an index of their own."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from index.encoder import Encoder
from index.encoder.pairs import rows
from index.ingest import index_paths


@dataclass(frozen=True, slots=True)
class PublicQuestion:
    """A question on a public set. ``gold`` is its context, or empty when there is none."""

    text: str
    gold: str
    answers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PublicSet:
    """Questions over the index that holds all distinct contexts of the set."""

    name: str
    index: Path
    questions: list[PublicQuestion]


def load_sets(data: Path, work: Path, encoder: Encoder) -> Iterator[PublicSet]:
    """The development sets below ``data/dev``, indexed below ``work``.

    The corpus of a set is all its distinct train and dev contexts.
    """
    for name in ("idk_mrc", "facqa"):
        dev = list(rows(data / "dev" / f"{name}.jsonl.gz"))
        train = list(rows(data / "train" / f"{name}.jsonl.gz"))
        contexts = [row["context"] for row in dev + train]
        index = _index(work, name, contexts, encoder)
        yield PublicSet(name, index, [_question(row) for row in dev])
    dev = list(rows(data / "dev" / "squad2_xling.jsonl.gz"))
    train = list(rows(data / "train" / "squad2_xling.jsonl.gz"))
    for side in ("ind", "eng"):
        contexts = [row[f"ctx_{side}"] for row in dev + train]
        index = _index(work, f"squad_{side}", contexts, encoder)
        for asked in ("ind", "eng"):
            questions = [
                PublicQuestion(row[f"q_{asked}"], row[f"ctx_{side}"], tuple(row[f"answers_{side}"]))
                for row in dev
                if row["answerable"]
            ]
            yield PublicSet(f"squad {asked}-{side}", index, questions)


def out_of_corpus(data: Path) -> list[PublicQuestion]:
    """Questions that no article of the sets answers, in both languages."""
    return [
        PublicQuestion(row["question"], "", ())
        for language in ("id", "en")
        for row in rows(data / "dev" / f"questions_out_of_corpus_{language}.jsonl.gz")
    ]


def same_text(left: str, right: str) -> bool:
    """Equal but for whitespace, or one inside the other (a long context is split)."""
    left, right = "".join(left.split()), "".join(right.split())
    return (
        left == right or (len(left) > 40 and left in right) or (len(right) > 40 and right in left)
    )


def _question(row: dict[str, str]) -> PublicQuestion:
    gold = row["context"] if row["answerable"] else ""
    return PublicQuestion(row["question"], gold, tuple(row["answers"]))


def _index(work: Path, name: str, contexts: list[str], encoder: Encoder) -> Path:
    corpus = work / f"{name}.jsonl"
    lines = [
        json.dumps({"id": str(i), "title": "", "text": " ".join(context.split())})
        for i, context in enumerate(dict.fromkeys(contexts))
    ]
    corpus.write_text("\n".join(lines), encoding="utf-8")
    index = work / f"{name}-index"
    index_paths(index, [corpus], encoder)
    return index
