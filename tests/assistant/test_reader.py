"""The bundled reader: offsets, kinds of answers, odd input."""

from __future__ import annotations

import numpy as np
import pytest

from assistant.reader import BUNDLED, SpanReader, best_span
from assistant.reader.constraints import allowed_in_text, allowed_spans
from assistant.reader.features import analyse
from assistant.reader.measured import fitting
from assistant.types import AnswerType
from index.encoder import StaticEncoder
from index.lexicon import Lexicon

TEXT = "Gempa bermagnitudo 7,5 mengguncang Palu pada 28 September 2018, kata Rahmat Alfian."


@pytest.fixture(scope="module")
def reader(encoder: StaticEncoder) -> SpanReader:
    return SpanReader(encoder, Lexicon())


def test_a_batch_reads_as_each_text_alone(reader: SpanReader) -> None:
    question = "Kapan gempa mengguncang Palu?"
    texts = [TEXT, "Pendek.", TEXT + " " + TEXT, "Palu.", TEXT]
    together = reader.read(question, texts, "when")
    for text, one in zip(texts, together, strict=True):
        [alone] = reader.read(question, [text], "when")
        assert (alone is None) == (one is None)
        if one and alone:
            assert alone.span == one.span
            assert alone.score == pytest.approx(one.score, abs=0.2)  # the batch sets the scale


@pytest.mark.parametrize(
    ("question", "kind", "answer"),
    [
        ("Kapan gempa mengguncang Palu?", "when", "28 September 2018"),
        ("When did the earthquake hit Palu?", "when", "28 September 2018"),
    ],
)
def test_short_answers(question: str, kind: AnswerType, answer: str, reader: SpanReader) -> None:
    [reading] = reader.read(question, [TEXT], kind)
    assert reading is not None
    assert TEXT[slice(*reading.span)] == answer


def test_texts_without_words_are_not_read(reader: SpanReader) -> None:
    assert reader.read("Kapan?", ["", "…", "!!"], "when") == [None, None, None]
    assert reader.read("", [TEXT]) == [None]
    assert reader.read("Kapan?", []) == []


def test_a_kind_that_does_not_stand_there_is_not_found(reader: SpanReader) -> None:
    assert reader.read("Kapan gempa itu?", ["Gempa mengguncang kota Palu."], "when") == [None]


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("when", {"28", "september", "2018"}),
        ("who", {"palu", "rahmat", "alfian", "september"}),
    ],
)
def test_single_words_that_may_answer(kind: AnswerType, words: set[str]) -> None:
    text = analyse(TEXT)
    allowed = allowed_spans(kind, analyse("Apa yang terjadi?"), text)
    assert {text.words[i] for i in range(len(text.words)) if allowed[i, i]} == words


@pytest.mark.parametrize(
    ("question", "text", "times"),
    [
        (
            "Jam berapa gempa itu?",
            "Pada 28 September 2018 pukul 18.02 WITA gempa datang.",
            {"18.02"},
        ),
        ("What time did it land?", "On 23 August, at 6:04 p.m., four men cheered.", {"6", "04"}),
        ("At what local time did it end?", "By 3 a.m. on May 5 it was over.", {"3"}),
    ],
)
def test_a_time_of_day_is_asked_for(question: str, text: str, times: set[str]) -> None:
    words = analyse(text)
    allowed = allowed_spans("when", analyse(question), words)
    assert {words.words[i] for i in range(len(words.words)) if allowed[i, i]} == times


def test_the_names_in_the_question_are_no_answer() -> None:
    text = analyse(TEXT)
    allowed = allowed_spans("who", analyse("Siapa Rahmat Alfian?"), text)
    last = text.words.index("alfian")
    assert not allowed[: last + 1, last].any()


def test_the_network_file_is_small() -> None:
    assert (BUNDLED / "reader.onnx").stat().st_size <= 10_000_000


def test_spans_stay_inside_the_text(reader: SpanReader) -> None:
    rng = np.random.default_rng(7)
    alphabet = list("abc dé.,;()\"'0123456789 \n\t–漢")
    for _ in range(50):
        text = "".join(rng.choice(alphabet, size=rng.integers(0, 400)))
        for reading in reader.read("Where is c?", [text]):
            assert reading is None or 0 <= reading.span[0] < reading.span[1] <= len(text)


def test_the_dateline_names_no_person(reader: SpanReader) -> None:
    text = "JAKARTA, Kabar Contoh - Rina Wendalu membuka pasar itu pada Senin."
    (found,) = reader.read("Siapa yang membuka pasar itu?", [text], "who")
    assert found is not None
    assert found.span[0] >= text.index("Rina")


def test_the_agency_behind_a_place_is_no_place(reader: SpanReader) -> None:
    text = "JAKARTA, Kabar Contoh - Pasar ikan dibuka di Muara Baru pada Senin."
    words = analyse(text)
    allowed = allowed_in_text("where", analyse("Di mana pasar?"), words, text, 0)
    held = [text[words.places[i][0] : words.places[j][1]] for i, j in np.argwhere(allowed)]
    assert "JAKARTA" in held
    assert "Muara Baru" in held
    assert not any("Kabar" in one or "Contoh" in one for one in held)


@pytest.mark.parametrize(
    ("question", "number", "fits"),
    [
        ("Berapa kedalaman gempa itu?", "10 kilometer", True),
        ("Berapa kedalaman gempa itu?", "10", True),
        ("Berapa kedalaman gempa itu?", "magnitudo 5,6", False),
        ("How deep was it?", "310 people", False),
        ("How many suspects are there?", "60 percent", False),
        ("How many suspects are there?", "60 people", True),
        ("How many of the suspects are women?", "60 percent", True),
        ("How many trains broke down?", "24 March 2019", False),
        ("How many trains broke down?", "2019", True),
        ("Beratnya berapa kilo?", "pukul 18.04", False),
        ("Beratnya berapa kilo?", "1.749 kilogram", True),
        ("How far away is it?", "55 juta tahun cahaya", True),
        ("How far away is it?", "three years", False),
        ("Berapa lama Swedia netral?", "lebih dari 200 tahun", True),
        ("How much money was pledged?", "US$19 miliar", True),
        ("How much money was pledged?", "2 November 2021", False),
        ("Berapa meter kubik air yang dipakai?", "3.600 meter kubik", True),
        ("Berapa dolar tiketnya?", "100 orang", False),
        ("Berapa dolar tiketnya?", "US$100", True),
    ],
)
def test_a_number_must_be_of_what_is_measured(question: str, number: str, fits: bool) -> None:
    text = f"Katanya {number} saja."
    words = analyse(text)
    last = len(words.words) - 2
    assert fitting("how_many", question)(text, words.places, 1, last) is fits
    assert fitting("what", question)(text, words.places, 1, last)


def test_another_number_is_found_where_the_likeliest_measures_something_else() -> None:
    start, end = np.array([0.0, 5.0, 0.0, 1.0]), np.array([0.0, 5.0, 0.0, 1.0])
    every = np.ones((4, 4), bool)
    assert best_span(start, end, every) == (1, 1, 10.0)
    assert best_span(start, end, every, lambda first, last: not first <= 1 <= last) == (3, 3, 2.0)
    assert best_span(start, end, every, lambda first, last: False) is None


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("Minggu (24/3/2019) pagi", "minggu 24 maret 2019 pagi"),
        ("Jumat ( 19/8 ), dan", "jumat 19 agustus dan"),
        ("on 3/24/2019 and 2019-03-24", "on maret 24 2019 and 2019 maret 24"),
        ("skor 10/10, 1/2 liter (94/2)", "skor 10 10 1 2 liter 94 2"),
        ("(6-8/10/2020)", "6 8 oktober 2020"),
        ("1/13/2019/4 dan 5-10-2020-7", "1 13 2019 4 dan 5 10 2020 7"),
    ],
)
def test_months_in_numbers_are_read_by_name(text: str, read: str) -> None:
    assert analyse(text).words == read.split()
