"""Public question sets as questions over one bilingual collection."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from index.encoder import Encoder
from index.encoder.pairs import rows
from index.ingest import index_paths

SIDES = ("ind", "eng")
PARAGRAPHS = 12  # of an article


@dataclass(frozen=True, slots=True)
class PublicQuestion:
    """A question on a public set. ``gold`` is its context, or empty when there is none."""

    kind: str
    text: str
    gold: str
    answers: tuple[str, ...]


def build_collection(data: Path, work: Path, encoder: Encoder) -> tuple[Path, list[PublicQuestion]]:
    """An index below ``work`` of both languages, and the development questions on it.

    It holds all train and dev contexts of IDK-MRC and FacQA, and of SQuAD each context in one
    language only: half of the SQuAD questions can only be answered across languages. SQuAD's
    contexts stand together in titled articles of ``PARAGRAPHS``, as paragraphs of news do.
    """
    contexts: dict[str, str] = {}  # with the key of the article in which each stands
    titles: dict[str, str] = {}
    questions: list[PublicQuestion] = []
    for name in ("idk_mrc", "facqa"):
        dev = list(rows(data / "dev" / f"{name}.jsonl.gz"))
        for row in [*dev, *rows(data / "train" / f"{name}.jsonl.gz")]:
            contexts.setdefault(row["context"], f"{name} {len(contexts)}")
        for row in dev:
            kind = name if row["answerable"] else f"{name} near miss"
            gold = row["context"] if row["answerable"] else ""
            questions.append(PublicQuestion(kind, row["question"], gold, tuple(row["answers"])))
    dev = list(rows(data / "dev" / "squad2_xling.jsonl.gz"))
    train = list(rows(data / "train" / "squad2_xling.jsonl.gz"))
    side_of: dict[str, str] = {}
    counts: Counter[str] = Counter()
    for row in dev + train:
        if row["ctx_eng"] in side_of:
            continue
        number = counts[row["title"]] // PARAGRAPHS
        counts[row["title"]] += 1
        side = side_of[row["ctx_eng"]] = SIDES[number % 2]
        key = f"{row['title']} {number}"
        titles[key] = row["title"].replace("_", " ")
        contexts.setdefault(row[f"ctx_{side}"], key)
    for row in dev:
        side = side_of[row["ctx_eng"]]
        for asked in SIDES:
            kind = f"squad {asked}-{side}" if row["answerable"] else "squad near miss"
            gold = row[f"ctx_{side}"] if row["answerable"] else ""
            answers = tuple(row[f"answers_{side}"])
            questions.append(PublicQuestion(kind, row[f"q_{asked}"], gold, answers))
    questions += out_of_corpus(data)
    return _index(work, contexts, titles, encoder), questions


def out_of_corpus(data: Path) -> Iterator[PublicQuestion]:
    """Questions that no article of the sets answers, in both languages."""
    for language in ("id", "en"):
        for row in rows(data / "dev" / f"questions_out_of_corpus_{language}.jsonl.gz"):
            yield PublicQuestion("out of corpus", row["question"], "", ())


def same_text(left: str, right: str) -> bool:
    """Equal but for whitespace, or one inside the other (a long context is split)."""
    left, right = "".join(left.split()), "".join(right.split())
    if left == right:
        return True
    return (len(left) > 40 and left in right) or (len(right) > 40 and right in left)


def _index(work: Path, contexts: dict[str, str], titles: dict[str, str], encoder: Encoder) -> Path:
    articles: dict[str, list[str]] = {}
    for context, key in contexts.items():
        articles.setdefault(key, []).append(" ".join(context.split()))
    corpus = work / "collection.jsonl"
    lines = [
        json.dumps({"id": key, "title": titles.get(key, ""), "text": texts})
        for key, texts in articles.items()
    ]
    corpus.write_text("\n".join(lines), encoding="utf-8")
    index_paths(work / "index", [corpus], encoder)
    return work / "index"
