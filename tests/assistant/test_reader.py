"""The bundled reader: offsets, verdicts, odd input, damaged files."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from onnx import TensorProto, helper, save_model
from tokenizers import Tokenizer

from assistant.reader import (
    BUNDLED,
    PIECES,
    WEIGHTS,
    BundledReader,
    ReaderModelError,
    bundled_reader,
    whole_words,
)
from assistant.reader.encoding import (
    BEGIN,
    END,
    MAX_ASKED,
    MAX_HEAD,
    MAX_PARAGRAPH,
    PAD,
    encode,
    padded,
)

TEXT = "Gempa bermagnitudo 7,5 mengguncang Palu pada 28 September 2018, kata Rahmat Alfian."


@pytest.fixture(scope="module")
def reader() -> BundledReader:
    return bundled_reader()


@pytest.fixture(scope="module")
def pieces() -> Tokenizer:
    return Tokenizer.from_file(str(BUNDLED / PIECES))


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("Kapan gempa mengguncang Palu?", "28 September 2018"),
        ("When did the earthquake hit Palu?", "28 September 2018"),
        ("Siapa yang menyebut kekuatan gempa Palu?", "Rahmat Alfian"),
    ],
)
def test_short_answers(question: str, answer: str, reader: BundledReader) -> None:
    [reading] = reader.read(question, [TEXT])
    assert reading is not None
    assert answer in TEXT[slice(*reading.span)]
    assert reading.probability("open") > 0.5


def test_what_does_not_stand_there_scores_less(reader: BundledReader) -> None:
    there, elsewhere = reader.read(
        "Kapan gempa mengguncang Palu?", [TEXT, "Pasar Ambon dibuka lagi setelah banjir."]
    )
    assert there is not None
    assert elsewhere is not None
    assert there.score > elsewhere.score + 3


@pytest.mark.parametrize(
    "question",
    [
        "Apakah gempa mengguncang Palu pada September 2018?",
        "Benarkah Rahmat Alfian menyebut kekuatan gempa itu?",
        "Did the earthquake strike Palu in December 2018?",
    ],
)
def test_yes_no_questions_are_told_from_others(question: str, reader: BundledReader) -> None:
    [reading] = reader.read(question, [TEXT])
    assert reading is not None
    assert sum(reading.verdict) == pytest.approx(1.0)
    assert reading.probability("open") < 0.1


def test_a_batch_reads_as_each_text_alone(reader: BundledReader) -> None:
    question = "Kapan gempa mengguncang Palu?"
    texts = [TEXT, "Pendek.", TEXT + " " + TEXT, "Palu.", TEXT]
    together = reader.read(question, texts)
    for text, one in zip(texts, together, strict=True):
        [alone] = reader.read(question, [text])
        assert alone is not None
        assert one is not None
        assert alone.score == pytest.approx(one.score, abs=2.0)  # the batch sets the scale


def test_texts_without_words_are_not_read(reader: BundledReader) -> None:
    assert reader.read("Kapan?", ["", "…", "!!"]) == [None, None, None]
    assert reader.read("", [TEXT]) == [None]
    assert reader.read("Kapan?", []) == []


def test_spans_stay_inside_the_text(reader: BundledReader) -> None:
    rng = np.random.default_rng(7)
    alphabet = list("abc dé.,;()\"'0123456789 \n\t–漢😀\u202e")
    texts = ["".join(rng.choice(alphabet, size=rng.integers(0, 400))) for _ in range(50)]
    for text, reading in zip(texts, reader.read("Where is c?", texts), strict=True):
        assert reading is None or 0 <= reading.span[0] < reading.span[1] <= len(text)


def test_what_is_very_long_is_read_from_its_beginning(reader: BundledReader) -> None:
    text = TEXT + " Lalu hujan turun di kota itu." * 1_000
    [reading] = reader.read("Kapan gempa mengguncang Palu? " * 50, [text], ["Gempa " * 500])
    assert reading is not None
    assert reading.span[1] < 10_000


def test_tokens_of_a_pair(pieces: Tokenizer) -> None:
    [one] = encode(pieces, "Kapan gempa?", ["Gempa Palu. 1 Oktober 2018"], [TEXT])
    assert one.tokens[0] == BEGIN
    assert one.tokens[one.first - 1] == one.tokens[-1] == END
    assert one.tokens.count(END) == 3
    words = [TEXT[slice(*place)] for place in one.places.tolist()]
    assert "".join(words) == TEXT.replace(" ", "")
    assert not any(word[:1].isspace() for word in words)


def test_too_long_parts_are_cut(pieces: Tokenizer) -> None:
    [one] = encode(pieces, "Kapan? " * 900, ["Gempa " * 900], [TEXT * 90])
    assert len(one.places) == MAX_PARAGRAPH
    assert len(one.tokens) == MAX_ASKED + MAX_HEAD + MAX_PARAGRAPH + 4


def test_a_batch_is_padded_behind(pieces: Tokenizer) -> None:
    tokens, segments = padded(encode(pieces, "Kapan?", ["", ""], ["Palu.", TEXT]))
    assert tokens[0, -1] == PAD
    assert (segments.sum(axis=1) > 0).all()
    assert not segments[tokens == PAD].any()


@pytest.mark.parametrize("inside", [(1, 3), (0, 6), (7, 14)])
def test_spans_are_widened_to_words(inside: tuple[int, int]) -> None:
    text = "Rp2,3 miliar 310"
    begin, end = whole_words(text, *inside)
    assert begin <= inside[0]
    assert end >= inside[1]
    assert whole_words(text, begin, end) == (begin, end)


def copied(place: Path) -> Path:
    return Path(shutil.copytree(BUNDLED, place / "model"))


@pytest.mark.parametrize("missing", [WEIGHTS, PIECES])
def test_a_missing_file_is_named(missing: str, tmp_path: Path) -> None:
    folder = copied(tmp_path)
    (folder / missing).unlink()
    with pytest.raises(ReaderModelError, match=missing):
        BundledReader(folder)


@pytest.mark.parametrize("damaged", [WEIGHTS, PIECES])
def test_a_damaged_file_is_no_crash(damaged: str, tmp_path: Path) -> None:
    folder = copied(tmp_path)
    whole = (folder / damaged).read_bytes()
    (folder / damaged).write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ReaderModelError) as caught:
        BundledReader(folder)
    for language in ("id", "en"):
        assert str(folder) in caught.value.text(language)


def test_weights_of_another_version_are_refused(tmp_path: Path) -> None:
    folder = copied(tmp_path)
    given = helper.make_tensor_value_info("text", TensorProto.FLOAT, [1])
    told = helper.make_tensor_value_info("null", TensorProto.FLOAT, [1])
    graph = helper.make_graph([helper.make_node("Neg", ["text"], ["null"])], "old", [given], [told])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    save_model(model, folder / WEIGHTS)
    with pytest.raises(ReaderModelError, match="another version"):
        BundledReader(folder)


def test_the_files_are_small_enough_to_ship() -> None:
    assert sum(one.stat().st_size for one in BUNDLED.iterdir()) <= 50_000_000
