"""A transformers model in the place of the bundled reader: a tiny one, made here."""

from __future__ import annotations

import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.normalizers import Lowercase
from tokenizers.pre_tokenizers import Whitespace
from tokenizers.processors import TemplateProcessing
from transformers import (
    BertConfig,
    BertForQuestionAnswering,
    BertModel,
    PreTrainedTokenizerFast,
)

from assistant import Assistant
from assistant.chat.engine import Engine
from assistant.cli import main
from assistant.confidence import Calibration
from assistant.reader import (
    BUNDLED,
    BundledReader,
    Reader,
    ReaderModelError,
    Reading,
    bundled_reader,
)
from assistant.reader.transformer import CalibratedReader, TransformerReader, open_reader
from evals.read import Item, measure, named_reader

QUESTION = "When was the Wendle bridge opened?"
WINDOW = 48  # tokens
SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]")
WORDS = ("bridge", "answer", "opened", "1964", "palu", "the", "in", ".", "was", "wendle")


def make_tokenizer() -> PreTrainedTokenizerFast:
    """Whole words, in pairs as BERT takes them."""
    vocabulary = {word: number for number, word in enumerate((*SPECIAL, *WORDS))}
    tokenizer = Tokenizer(WordLevel(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer = Lowercase()
    tokenizer.pre_tokenizer = Whitespace()
    tokenizer.post_processor = TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[("[CLS]", vocabulary["[CLS]"]), ("[SEP]", vocabulary["[SEP]"])],
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, model_max_length=WINDOW, pad_token="[PAD]", unk_token="[UNK]",
        cls_token="[CLS]", sep_token="[SEP]",
    )  # fmt: skip


def make_config() -> BertConfig:
    return BertConfig(
        vocab_size=len(SPECIAL) + len(WORDS), hidden_size=16, num_hidden_layers=1,
        num_attention_heads=2, intermediate_size=16, max_position_embeddings=WINDOW,
    )  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A saved question-answering model with random weights."""
    torch.manual_seed(3)
    place = tmp_path_factory.mktemp("reader")
    BertForQuestionAnswering(make_config()).save_pretrained(place)
    make_tokenizer().save_pretrained(place)
    return place


@pytest.fixture(scope="module")
def random_reader(folder: Path) -> TransformerReader:
    return open_reader(str(folder))


class Pointing:
    """A model whose logits are 5 at the word "answer", 2 at [CLS], and else 0."""

    config = SimpleNamespace(max_position_embeddings=WINDOW)

    def __init__(self) -> None:
        self.sizes: list[tuple[int, ...]] = []

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> SimpleNamespace:
        self.sizes.append(tuple(input_ids.shape))
        answer, null = (SPECIAL + WORDS).index("answer"), SPECIAL.index("[CLS]")
        logits = 5.0 * (input_ids == answer) + 2.0 * (input_ids == null)
        return SimpleNamespace(start_logits=logits, end_logits=logits)

    __call__ = forward


@pytest.fixture
def model() -> Pointing:
    return Pointing()


@pytest.fixture
def pointing(model: Pointing) -> TransformerReader:
    return TransformerReader(model, make_tokenizer())  # type: ignore[arg-type]  # a fake


def test_the_score_is_the_span_against_the_null_answer(pointing: TransformerReader) -> None:
    text = "Here stands the (answer)."
    (found,) = pointing.read("Which bridge?", [text])
    assert found is not None
    assert text[slice(*found.span)] == "answer"
    assert found.score == pytest.approx(5 + 5 - (2 + 2))


def test_heads_are_read_but_spans_count_from_the_text(pointing: TransformerReader) -> None:
    text = "Another answer stands here."
    (found,) = pointing.read("Which bridge?", [text], heads=["The answer"])
    assert found is not None
    assert text[slice(*found.span)] == "answer"


def test_what_is_longer_than_the_model_is_read_in_windows(
    pointing: TransformerReader, model: Pointing
) -> None:
    for before in (0, 30, 45, 200, 500):
        text = "palu " * before + "an answer" + " palu" * 60
        (found,) = pointing.read("Which bridge?", [text])
        assert found is not None
        assert text[slice(*found.span)] == "answer"
        assert found.score == pytest.approx(6.0)
    assert max(size[1] for size in model.sizes) <= WINDOW
    assert max(size[0] for size in model.sizes) > 1


def test_a_question_longer_than_a_window_is_cut(
    pointing: TransformerReader, model: Pointing
) -> None:
    (found,) = pointing.read("which bridge " * 200, ["Here stands the answer."])
    assert found is not None
    assert max(size[1] for size in model.sizes) <= WINDOW


def test_texts_without_words_are_not_read(random_reader: TransformerReader) -> None:
    assert random_reader.read("When?", ["", " "]) == [None, None]
    assert random_reader.read("", ["The bridge."]) == [None]
    assert random_reader.read("When?", []) == []


def test_spans_are_slices_of_the_text_and_reading_again_says_the_same(
    random_reader: TransformerReader,
) -> None:
    rng = np.random.default_rng(7)
    alphabet = list("abc dé.,;()\"'0123456789 \n\t–漢")
    texts = ["".join(rng.choice(alphabet, size=rng.integers(0, 400))) for _ in range(40)]
    titles = [text[:9] for text in reversed(texts)]
    found = random_reader.read("Where is c?", texts, heads=titles)
    assert sum(reading is not None for reading in found) > 20
    for text, reading in zip(texts, found, strict=True):
        if reading:
            assert 0 <= reading.span[0] < reading.span[1] <= len(text)
            assert not text[slice(*reading.span)][0].isspace()
    assert random_reader.read("Where is c?", texts, heads=titles) == found


def test_a_batch_reads_as_each_text_alone(random_reader: TransformerReader) -> None:
    texts = ["The bridge was opened in 1964.", "Palu.", "In the answer " * 40, "Palu was."]
    together = random_reader.read(QUESTION, texts)
    for text, one in zip(texts, together, strict=True):
        (alone,) = random_reader.read(QUESTION, [text])
        assert one is not None
        assert alone is not None
        assert alone.span == one.span
        assert alone.score == pytest.approx(one.score, abs=1e-4)


def test_threads_do_not_disturb_each_other(random_reader: TransformerReader) -> None:
    asked = [("bridge " * n + QUESTION, "The answer was in Palu. " * n) for n in range(1, 13)]
    alone = [random_reader.read(question, [text]) for question, text in asked]
    with ThreadPoolExecutor(4) as threads:
        together = list(threads.map(lambda one: random_reader.read(one[0], [one[1]]), asked))
    assert together == alone


def test_the_same_model_has_the_same_fingerprint(
    random_reader: TransformerReader, pointing: TransformerReader, folder: Path
) -> None:
    assert open_reader(str(folder)).fingerprint == random_reader.fingerprint
    assert random_reader.fingerprint != pointing.fingerprint


class Told:
    """A reader that finds what it is told to."""

    def __init__(self, fingerprint: str, *readings: Reading | None) -> None:
        self.fingerprint = fingerprint
        self.readings = readings

    def read(
        self, question: str, texts: Sequence[str], heads: Sequence[str] | None = None
    ) -> list[Reading | None]:
        return list(self.readings)


def test_scores_are_dealt_out_in_the_order_of_the_leading_reader() -> None:
    lead = Told("lead", Reading((0, 1), 20.0), Reading((1, 2), 90.0), Reading((2, 3), 50.0))
    measure = Told("bundled", Reading((7, 8), 3.0), Reading((8, 9), -2.0), Reading((9, 10), 1.0))
    both = CalibratedReader(lead, measure)
    assert both.fingerprint == "bundled"
    assert both.read("?", ["a", "b", "c"]) == [
        Reading((0, 1), -2.0),
        Reading((1, 2), 3.0),
        Reading((2, 3), 1.0),
    ]


def test_readers_that_find_more_or_fewer() -> None:
    two = (Reading((0, 1), 2.0), None, Reading((2, 3), 8.0))
    one = (None, Reading((5, 6), -1.0), None)
    fewer_scores = CalibratedReader(Told("lead", *two), Told("bundled", *one))
    assert fewer_scores.read("?", ["a", "b", "c"]) == [None, None, Reading((2, 3), -1.0)]
    more_scores = CalibratedReader(Told("lead", *one), Told("bundled", *two))
    assert more_scores.read("?", ["a", "b", "c"]) == [None, Reading((5, 6), 8.0), None]
    nothing = CalibratedReader(Told("lead", None), Told("bundled", None))
    assert nothing.read("?", ["a"]) == [None]


def test_a_reader_that_agrees_changes_nothing(built: Path) -> None:
    same: Reader = bundled_reader()
    with_it = Assistant.open(built, reader=same).ask(QUESTION).to_dict()
    without = Assistant.open(built).ask(QUESTION).to_dict()
    assert with_it | {"timings": 0} == without | {"timings": 0}


def test_an_assistant_reads_with_the_model(built: Path, folder: Path) -> None:
    plain, other = Assistant.open(built), Assistant.open(built, reader=str(folder))
    answer = other.ask(QUESTION)
    assert answer.to_dict() | {"timings": 0} == other.ask(QUESTION).to_dict() | {"timings": 0}
    found = {one.node.node_id: one.features for one in other.evidence(QUESTION)}
    ours = {one.node.node_id: one.features for one in plain.evidence(QUESTION)}
    kept = [sorted(one.reading for one in each.values()) for each in (found, ours)]
    assert kept[0] == pytest.approx(kept[1])
    calibration = Calibration.load()
    assert all(one.confidence <= 1 for one in other.evidence(QUESTION))
    assert answer.abstained == (answer.confidence < calibration.threshold)


def test_the_command_takes_a_folder(
    built: Path, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ("ask", QUESTION, "--json", "--index", str(built), "--reader", str(folder))
    assert main(arguments) == 0
    told = json.loads(capsys.readouterr().out)
    answer = Assistant.open(built, reader=str(folder)).ask(QUESTION).to_dict()
    assert told | {"timings": 0} == answer | {"timings": 0}


def test_the_command_names_what_is_no_reader(
    built: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    name = str(tmp_path / "nothing-here")
    assert main(["ask", QUESTION, "--index", str(built), "--reader", name]) == 1
    assert name in capsys.readouterr().err


def test_the_baseline_is_of_the_bundled_reader(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["eval", "--gate", "--reader", str(folder)]) == 1
    assert "--reader" in capsys.readouterr().err


def broken(kind: str, folder: Path, place: Path) -> str:
    """What is named instead of a question-answering model, and cannot be one."""
    if kind == "nowhere":
        return str(place / "nothing-here")
    if kind == "not downloaded":
        return "tanya/no-such-model"
    place.mkdir(exist_ok=True)
    if kind == "empty folder":
        return str(place)
    make_tokenizer().save_pretrained(place)
    if kind == "no head":
        BertModel(make_config()).save_pretrained(place)
        return str(place)
    make_config().save_pretrained(place)
    if kind == "pickled":
        torch.save(
            BertForQuestionAnswering(make_config()).state_dict(), place / "pytorch_model.bin"
        )
    elif kind == "cut short":
        whole = (folder / "model.safetensors").read_bytes()
        (place / "model.safetensors").write_bytes(whole[: len(whole) // 2])
    elif kind == "other weights":
        config = make_config()
        config.hidden_size = 8
        BertForQuestionAnswering(config).save_pretrained(place)
        make_config().save_pretrained(place)
    elif kind == "no model":
        (place / "config.json").write_text('{"model_type": "clip"}', "utf-8")
    elif kind == "not JSON":
        (place / "config.json").write_text("{", "utf-8")
    return str(place)


@pytest.mark.parametrize(
    "kind",
    [
        "nowhere", "not downloaded", "empty folder", "no weights", "pickled", "cut short",
        "other weights", "no model", "not JSON",
    ],
)  # fmt: skip
def test_what_cannot_be_loaded_is_named(
    kind: str, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    name = broken(kind, folder, tmp_path / "model")
    with pytest.raises(ReaderModelError) as caught:
        open_reader(name)
    for language in ("id", "en"):
        assert repr(name) in caught.value.text(language)
        assert "HF_HUB_OFFLINE=0" in caught.value.text(language)


def test_a_model_without_a_head_for_answers_is_refused(folder: Path, tmp_path: Path) -> None:
    name = broken("no head", folder, tmp_path / "model")
    with pytest.raises(ReaderModelError, match=r"qa_outputs.*SQuAD"):
        open_reader(name)


def test_the_chat_says_that_a_reader_cannot_be_used(built: Path, tmp_path: Path) -> None:
    options = {"reader": str(tmp_path / "nothing-here")}
    engine = Engine(built, None, False, options, False)
    engine.start()
    assert engine.wait(60)
    assert engine.failure is not None
    assert "nothing-here" in engine.failure.text("id")


def test_readers_of_both_kinds_are_measured(folder: Path) -> None:
    items = [
        Item("When was it opened?", "The bridge was opened in 1964.", ("1964",)),
        Item("When was it sold?", "The bridge was opened in 1964.", ()),
    ]
    for name, kind in ((str(folder), TransformerReader), (str(BUNDLED), BundledReader)):
        reader = named_reader(name)
        assert isinstance(reader, kind)
        values = measure(reader, items, threshold=100.0)
        assert values["EM"] == 0.5  # nothing is that sure, and half has no answer
