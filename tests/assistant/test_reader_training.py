"""Training of the reader in small: examples to arrays, a taught network, an exported model."""

from __future__ import annotations

import gzip
import json
import random
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from assistant.reader import BUNDLED, SpanReader
from assistant.reader.examples import FILES, Example, dated, sample
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
        ReaderTeacher,
        batches,
        collate,
        divergence,
        export,
        fit,
        logits,
        network_teacher,
        prepared,
        softened,
    )

    torch.manual_seed(1)
    rng = random.Random(1)
    texts = [(one.context, one.language) for one in EXAMPLES]
    np.save(tmp_path / KINDS, stored(learn(texts, encoder, Lexicon(), 1)))
    kinds = load(tmp_path / KINDS)
    vocabulary = NumberedWords(encoder)
    preparer = Preparer(Lexicon())
    ready = prepared(EXAMPLES, preparer, vocabulary, rng)
    assert [one.first >= 0 for one in ready] == [True, True, True, False]
    cut = [list(batches(ready, 2, rng)) for _ in range(3)]
    vectors = vocabulary.matrix(kinds)
    dimensions = encoder.dimensions + kinds.shape[1]
    teacher = fit(Network(dimensions, encoder.dimensions), cut, vectors, 1e-3)
    taught = fit(
        Network(dimensions, encoder.dimensions), cut, vectors, 1e-3,
        network_teacher(teacher),
    )  # fmt: skip
    same = torch.randn(2, 5)
    assert divergence(same, softened(same)).tolist() == pytest.approx([0, 0], abs=1e-6)
    export(taught, tmp_path, encoder, Lexicon())
    [reading] = SpanReader(encoder, Lexicon(), tmp_path).read("Kapan gempa itu?", [TEXT], "when")
    assert reading is not None
    assert 0 <= reading.span[0] < reading.span[1] <= len(TEXT)
    inputs, _, _ = collate(ready, vectors)
    said = ReaderTeacher(tmp_path, vocabulary)(ready, inputs)
    for own, other in zip(logits(taught, inputs), said, strict=True):
        inside = own > -1e3  # beyond is padding
        assert torch.equal(inside, other > -1e3)
        assert torch.allclose(own[inside], other[inside], atol=0.5)


def test_the_training_command_writes_a_reader_from_two_processes(
    encoder: StaticEncoder, tmp_path: Path
) -> None:
    write_data(tmp_path / "train")
    command = [sys.executable, "-m", "assistant.reader.train", "--data", str(tmp_path)]
    command += ["--out", str(tmp_path / "reader"), "--teacher", str(BUNDLED)]
    command += ["--epochs", "2", "--batch", "8", "--processes", "2"]
    run = subprocess.run(command, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    assert "epoch 2:" in run.stdout
    [reading] = SpanReader(encoder, Lexicon(), tmp_path / "reader").read("Kapan gempa?", [TEXT])
    assert reading is not None


def write_data(folder: Path) -> None:
    """All files that the training reads, with a few rows each."""
    folder.mkdir()
    rows = [
        {
            "question": one.question, "lang": one.language, "title": "Gempa",
            "context": one.context,
            "answers": [one.context[slice(*one.answer)]] if one.answer else [],
            "answerable": one.answer is not None,
        }
        for one in EXAMPLES
    ]  # fmt: skip
    crossed = [
        {
            "q_eng": one["question"], "q_ind": one["question"], "title": one["title"],
            "ctx_eng": one["context"], "ctx_ind": one["context"], "answers_eng": one["answers"],
            "answers_ind": one["answers"], "answerable": one["answerable"],
        }
        for one in rows
    ]  # fmt: skip
    leads = [{"title": "Palu", "text": f"{TEXT} {OTHER} {TEXT} {OTHER}"}]
    files = dict.fromkeys((*FILES, "squad_sentences_en"), rows)
    files |= {"squad2_xling": crossed, "idwiki_lead": leads}
    for name, written in files.items():
        with gzip.open(folder / f"{name}.jsonl.gz", "wt", encoding="utf-8") as file:
            file.writelines(json.dumps(row) + "\n" for row in written)


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


def test_a_question_that_names_another_month_than_the_article_is_not_answered() -> None:
    one = example("Siapa yang menyebut gempa Palu?", "Rahmat Alfian")
    rng = random.Random(1)
    made = [dated(one, rng) for _ in range(400)]
    named = [(asked, day) for asked, day in made if asked.question != one.question]
    assert 40 < len(named) < 120
    for asked, day in named:
        month = day.split(" ", 1)[1]
        assert (asked.answer is not None) == (month in asked.question)
    assert {asked.answer is None for asked, _ in named} == {True, False}


def test_a_question_for_a_time_names_no_month() -> None:
    rng = random.Random(1)
    for question in ("Kapan gempa mengguncang Palu?", "Siapa presiden pada 1998?"):
        one = example(question, "Rahmat Alfian")
        assert all(dated(one, rng)[0] == one for _ in range(100))
