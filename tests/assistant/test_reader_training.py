"""Training of the reader in small: examples to arrays, a taught network, an exported model."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest

from assistant.reader import SpanReader
from assistant.reader.examples import Example, sample
from assistant.reader.kinds import KINDS, load, stored
from index.encoder import StaticEncoder
from index.lexicon import Lexicon

TEXT = "Gempa bermagnitudo 7,5 mengguncang Palu pada 28 September 2018, kata Rahmat Alfian."
OTHER = "Pasar di Ambon dibuka kembali pada 6 Maret 2023 setelah banjir."


def example(question: str, answer: str, context: str = TEXT) -> Example:
    begin = context.find(answer)
    place = (begin, begin + len(answer)) if answer else None
    return Example(question, "id", "", context, place, "idk_mrc", "idk_mrc")


EXAMPLES = [
    example("Kapan gempa mengguncang Palu?", "28 September 2018"),
    example("Siapa yang menyebut gempa Palu?", "Rahmat Alfian"),
    example("Kapan pasar di Ambon dibuka?", "6 Maret 2023", OTHER),
    example("Berapa korban gempa Palu?", ""),
]


def test_a_taught_network_is_exported_as_a_reader(encoder: StaticEncoder, tmp_path: Path) -> None:
    import torch

    from assistant.reader.neighbours import learn
    from assistant.reader.network import Network
    from assistant.reader.train import (
        NumberedWords,
        Preparer,
        batches,
        divergence,
        export,
        fit,
        softened,
    )

    torch.manual_seed(1)
    rng = random.Random(1)
    texts = [(one.context, one.language) for one in EXAMPLES]
    np.save(tmp_path / KINDS, stored(learn(texts, encoder, Lexicon(), 1)))
    vocabulary = NumberedWords(encoder, load(tmp_path / KINDS))
    preparer = Preparer(Lexicon())
    ready = [one for one in (preparer.prepare(example, rng) for example in EXAMPLES) if one]
    assert [one.first >= 0 for one in ready] == [True, True, True, False]
    for one in ready:
        one.question = vocabulary.ids(one.question.split(" "))
        one.text = vocabulary.ids(one.text.split(" "))
    cut = [list(batches(ready, 2, rng)) for _ in range(3)]
    vectors = vocabulary.matrix()
    teacher = fit(Network(vocabulary.dimensions, encoder.dimensions), cut, vectors, 1e-3)
    taught = fit(Network(vocabulary.dimensions, encoder.dimensions), cut, vectors, 1e-3, [teacher])
    same = torch.randn(2, 5)
    assert float(divergence(same, softened(same))) == pytest.approx(0, abs=1e-6)
    export(taught, tmp_path, encoder, Lexicon())
    [reading] = SpanReader(encoder, Lexicon(), tmp_path).read("Kapan gempa itu?", [TEXT], "when")
    assert reading is not None
    assert 0 <= reading.span[0] < reading.span[1] <= len(TEXT)


def test_unanswerable_questions_are_made_of_answered_ones() -> None:
    nearest = [[("", OTHER)], [("", OTHER)], [("", TEXT)], []]
    epochs = [one for seed in range(30) for one in sample(EXAMPLES, nearest, random.Random(seed))]
    moved = [one for one in epochs if one.answer is None and one.question != EXAMPLES[3].question]
    assert moved
    for one in moved:
        original = next((e for e in EXAMPLES if e.question == one.question), None)
        if original and original.answer:  # put to another paragraph, which must not answer it
            assert one.context != original.context
            assert original.context[slice(*original.answer)] not in one.context
