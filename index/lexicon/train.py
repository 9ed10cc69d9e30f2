"""Learn the bundled translation lexicon.

    python -m index.lexicon.train --data PATH

``PATH`` holds ``train/``. Word translation probabilities come from IBM Model 1 (Brown et al. 1993)
by expectation maximisation over parallel sentences, translated questions and dictionary entries,
in both directions and over words and lemmas; a pair counts when both directions agree on it.
About a minute.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from index.encoder.pairs import DICTIONARY_FILES, PARALLEL_FILES, rows
from index.lexicon import BUNDLED, DIRECTIONS, Table, write_table
from index.text import STOP_WORDS, lemma, sentences, words

MAX_WORDS = 60  # of a sentence
MAX_TERM_WORDS = 3  # of a dictionary entry
ITERATIONS = 6
SMOOTHING = 0.1  # what a pair counts that only one direction knows
LEAST = 0.04  # probability
MOST = 6  # translations of a word
NULL = ""

Probabilities = dict[str, dict[str, float]]


@dataclass(frozen=True, slots=True)
class Pair:
    """Words that mean the same in Indonesian and English; ``weight`` is how much they count."""

    indonesian: list[str]
    english: list[str]
    weight: float


def load_pairs(train: Path) -> Iterator[Pair]:
    """Parallel sentences and dictionary entries below ``train``."""
    for name in PARALLEL_FILES:
        for row in rows(train / f"parallel_{name}.jsonl.gz"):
            yield Pair(words(row["ind"])[:MAX_WORDS], words(row["eng"])[:MAX_WORDS], 1.0)
    seen = set()
    for row in rows(train / "squad2_xling.jsonl.gz"):
        yield Pair(words(row["q_ind"]), words(row["q_eng"]), 1.0)
        if row["ctx_eng"] in seen:
            continue
        seen.add(row["ctx_eng"])
        left = [row["ctx_ind"][slice(*span)] for span in sentences(row["ctx_ind"])]
        right = [row["ctx_eng"][slice(*span)] for span in sentences(row["ctx_eng"])]
        if len(left) == len(right):
            for one, other in zip(left, right, strict=True):
                yield Pair(words(one)[:MAX_WORDS], words(other)[:MAX_WORDS], 1.0)
    for name in DICTIONARY_FILES:
        weight = 0.5 if name == "wordnet_bahasa" else 2.0  # the first lists every rare sense
        for row in rows(train / f"dict_{name}.tsv.gz"):
            indonesian, english = (words(term or "") for term in list(row.values())[:2])
            if 0 < len(indonesian) <= MAX_TERM_WORDS and 0 < len(english) <= MAX_TERM_WORDS:
                yield Pair(indonesian, english, weight)


def model1(pairs: Sequence[tuple[list[str], list[str], float]]) -> Probabilities:
    """The probability of each target word given a source word, by IBM Model 1.

    >>> table = model1([(["rumah"], ["house"], 1.0), (["rumah", "biru"], ["blue", "house"], 1.0)])
    >>> max(table["biru"], key=table["biru"].get)
    'blue'
    """
    sources: dict[str, int] = {}
    targets: dict[str, int] = {}
    source_ids: list[int] = []
    target_ids: list[int] = []
    places: list[int] = []
    weights: list[float] = []
    for left, right, weight in pairs:
        left_ids = [sources.setdefault(word, len(sources)) for word in (NULL, *left)]
        for word in right:
            target = targets.setdefault(word, len(targets))
            source_ids += left_ids
            target_ids += [target] * len(left_ids)
            places += [len(weights)] * len(left_ids)
            weights.append(weight)
    keys = np.array(source_ids, np.int64) * len(targets) + np.array(target_ids, np.int64)
    distinct, row = np.unique(keys, return_inverse=True)
    place, weight_of = np.array(places), np.array(weights)
    source_of = distinct // len(targets)
    chance = np.ones(len(distinct))
    for _ in range(ITERATIONS):
        each = chance[row]
        share = each / np.bincount(place, weights=each)[place] * weight_of[place]
        counts = np.bincount(row, weights=share, minlength=len(distinct))
        chance = counts / np.bincount(source_of, weights=counts)[source_of]
    source_words, target_words = list(sources), list(targets)
    table: Probabilities = {}
    for i in np.flatnonzero(chance > LEAST / 2):
        source = source_words[source_of[i]]
        target = target_words[distinct[i] % len(targets)]
        table.setdefault(source, {})[target] = float(chance[i])
    return table


def agreed(forward: Probabilities, backward: Probabilities, stop: frozenset[str]) -> Table:
    """The translations that both directions support, as probabilities of each word.

    A function word translates only function words, and no other word does.
    """
    table: Table = {}
    for word, others in forward.items():
        if word == NULL:
            continue
        scores = {
            other: chance * (backward.get(other, {}).get(word, 0.0) + SMOOTHING)
            for other, chance in others.items()
            if (other in stop) == (word in stop)
        }
        total = sum(scores.values())
        best = sorted(((score / total, other) for other, score in scores.items()), reverse=True)
        kept = tuple((other, share) for share, other in best[:MOST] if share > LEAST)
        if kept and kept[0][0] != word:
            table[word] = kept
    return table


def learn(pairs: Sequence[Pair], form: Callable[[str], str]) -> tuple[Table, Table]:
    """Indonesian to English, and back, over ``form`` of each word."""
    triples = [([*map(form, p.indonesian)], [*map(form, p.english)], p.weight) for p in pairs]
    there = model1(triples)
    back = model1([(right, left, weight) for left, right, weight in triples])
    stop = STOP_WORDS | frozenset(map(form, STOP_WORDS))
    return agreed(there, back, stop), agreed(back, there, stop)


def main() -> None:
    parser = argparse.ArgumentParser(description="learn the translation lexicon")
    parser.add_argument("--data", type=Path, required=True, help="folder with train/")
    parser.add_argument("--out", type=Path, default=BUNDLED)
    args = parser.parse_args()
    pairs = list(load_pairs(args.data / "train"))
    print(f"{len(pairs):,} pairs", flush=True)
    args.out.mkdir(parents=True, exist_ok=True)
    by_words, by_lemmas = learn(pairs, str), learn(pairs, lemma)
    for language, plain, reduced in zip(DIRECTIONS, by_words, by_lemmas, strict=True):
        table = plain | {"~" + word: others for word, others in reduced.items()}
        path = args.out / DIRECTIONS[language]
        write_table(path, table)
        print(f"{path.name}: {len(table):,} entries, {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
