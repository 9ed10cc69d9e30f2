"""Training pairs for the bilingual encoder, read from a folder of openly licensed data.

Every source becomes a list of ``(query, passage)`` strings; the two members of a pair mean
the same or answer each other. Pairs across the languages are few, so that others are made of
those within a language, by putting one member into the other language word by word. The rows
and licences are listed in the model card.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from index.lexicon import Lexicon, switched
from index.types import Language

Pair = tuple[str, str]

QUESTION_FILES = (
    "tydiqa_id", "tydiqa_en", "idk_mrc", "facqa", "squad2_en", "squad11_en_extra",
    "squad_sentences_en", "squadshifts_new_wiki_en", "fairytaleqa_en",
)  # fmt: skip
INDONESIAN_FILES = frozenset(["tydiqa_id", "idk_mrc", "facqa"])
PARALLEL_FILES = ("tatoeba", "tico19", "talpco", "nusax", "react_docs", "tldr", "iot_beginners_mt")
DICTIONARY_FILES = ("wordnet_bahasa", "wiktionary_en_id", "cldr_names", "idwiki_title_to_english")


@dataclass(frozen=True, slots=True)
class Source:
    """Pairs of one kind; ``repeat`` is how often they are seen per epoch (1.0 = once)."""

    name: str
    pairs: list[Pair]
    repeat: float


def rows(path: Path) -> Iterator[dict[str, str]]:
    """The rows of a gzipped JSONL or TSV file."""
    with gzip.open(path, "rb") as raw:
        text = io.TextIOWrapper(raw, encoding="utf-8", newline="")
        if ".tsv" in path.name:
            yield from csv.DictReader(text, delimiter="\t", quoting=csv.QUOTE_NONE)
        else:
            yield from (json.loads(line) for line in text)


def load_sources(train: Path, lexicon: Lexicon, seed: int) -> list[Source]:
    """All training pairs below ``train``.

    Raises:
        FileNotFoundError: a file of the recipe is missing.
    """
    rng = random.Random(seed)
    sources = []
    for name in QUESTION_FILES:
        found = rows(train / f"{name}.jsonl.gz")
        pairs = [(row["question"], row["context"]) for row in found if row["answerable"]]
        repeat = 3.0 if name == "facqa" else 1.0
        language: Language = "id" if name in INDONESIAN_FILES else "en"
        asked = [(switched(one, language, lexicon, rng), other) for one, other in pairs]
        contexts = dict.fromkeys(other[:500] for _, other in pairs)
        same = [(one, switched(one, language, lexicon, rng)) for one in contexts]
        sources.append(Source(name, pairs, repeat))
        sources.append(Source(f"{name}, question switched", asked, repeat))
        sources.append(Source(f"{name}, context switched", same, 0.5))
    sources.append(Source("qamr_en", _sampled_per_context(train / "qamr_en.jsonl.gz", 4, rng), 1.0))
    crossed = [row for row in rows(train / "squad2_xling.jsonl.gz") if row["answerable"]]
    for query, passage in (("eng", "ind"), ("ind", "eng"), ("ind", "ind"), ("eng", "eng")):
        pairs = [(row[f"q_{query}"], row[f"ctx_{passage}"]) for row in crossed]
        sources.append(Source(f"squad2_xling {query}-{passage}", pairs, 2.0))
    questions = [(row["q_ind"], row["q_eng"]) for row in crossed]
    sources.append(Source("squad2_xling questions", questions, 1.0))
    passages = list(dict.fromkeys((row["ctx_ind"], row["ctx_eng"]) for row in crossed))
    sources.append(Source("squad2_xling passages", passages, 1.0))
    parallel = [
        (row["ind"], row["eng"])
        for name in PARALLEL_FILES
        for row in rows(train / f"parallel_{name}.jsonl.gz")
    ]
    sources.append(Source("parallel", parallel, 1.0))
    terms = []
    for name in DICTIONARY_FILES:
        for row in rows(train / f"dict_{name}.tsv.gz"):
            indonesian, english = list(row.values())[:2]
            if indonesian and english and indonesian.lower() != english.lower():
                terms.append((indonesian, english))
    sources.append(Source("dictionaries", terms, 0.5))
    titles, neighbours, same = [], [], []
    for row in rows(train / "idwiki_lead.jsonl.gz"):
        paragraphs = [part for part in row["text"].split("\n\n") if len(part) > 80]
        if paragraphs:
            titles.append((row["title"], paragraphs[0][:800]))
            start = paragraphs[0][:400]
            if len(titles) % 3 == 0:
                same.append((start, switched(start, "id", lexicon, rng)))
        for first, second in pairwise(paragraphs):
            neighbours.append((first[:800], second[:800]))
    sources.append(Source("idwiki titles", titles, 0.4))
    sources.append(Source("idwiki neighbours", neighbours, 0.2))
    sources.append(Source("idwiki switched", same, 1.0))
    return sources


def _sampled_per_context(path: Path, limit: int, rng: random.Random) -> list[Pair]:
    """At most ``limit`` questions a context: QAMR asks dozens about each of its few sentences."""
    by_context: dict[str, list[str]] = {}
    for row in rows(path):
        if row["answerable"]:
            by_context.setdefault(row["context"], []).append(row["question"])
    return [
        (question, context)
        for context, questions in by_context.items()
        for question in rng.sample(questions, min(limit, len(questions)))
    ]
