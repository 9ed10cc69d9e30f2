"""Training of the reader in small: base weights, examples, a stopped training, export."""

from __future__ import annotations

import gzip
import json
import random
import struct
from datetime import date
from pathlib import Path

import numpy as np
import pytest
import torch

from assistant.reader import BundledReader
from assistant.reader.training.base import (
    SPECIAL,
    Base,
    BaseWeightsError,
    Weights,
    download,
    tokenizer,
    unpack,
)
from assistant.reader.training.examples import (
    HERE,
    MAX_CHARS,
    Example,
    News,
    NewsQuestion,
    answered,
    as_question,
    elsewhere,
    locate,
    made_up,
    shortened,
)
from assistant.reader.training.export import export
from assistant.reader.training.negatives import mined
from assistant.reader.training.network import Network
from assistant.reader.training.train import (
    Deck,
    _save,
    answering,
    batches,
    loss_of,
    rounds,
    schedule,
    target,
    train,
)

TEXT = "Gempa mengguncang Palu pada 28 September 2018, kata Rahmat Alfian."
LETTERS = sorted({*TEXT, *"Kapan gempa di Palu? Siapa yang menyebut itu", "▁"} - {" "})
PIECES = [(one, 0.0) for one in SPECIAL] + [(one, -3.0) for one in LETTERS]
PIECES += [("▁Palu", -2.0), ("▁gempa", -2.0), ("▁September", -2.0)]
HIDDEN, WIDE, POSITIONS = 32, 64, 160
EXAMPLES = [
    Example("Kapan gempa di Palu?", "Gempa", TEXT, (TEXT.index("28"), TEXT.index(","))),
    Example("Siapa yang menyebut itu?", "Gempa", TEXT, (TEXT.index("Rah"), len(TEXT) - 1)),
    Example("Siapa yang menyebut itu?", "", "Palu.", None),
    Example("Gempa mengguncang Palu.", "", TEXT, None, "supported", True),
]
GROUP = (EXAMPLES[0], *(Example(EXAMPLES[0].asked, "", f"Palu {i}.") for i in range(5)))


def tensors() -> Weights:
    """Small random weights by the names that the file of base weights has."""
    draw = np.random.default_rng(1)

    def numbers(*shape: int) -> np.ndarray:
        return draw.normal(0, 0.1, shape).astype(np.float32)

    found = {
        "emb.word": numbers(len(PIECES), HIDDEN), "emb.pos": numbers(POSITIONS, HIDDEN),
        "emb.type": numbers(2, HIDDEN), "emb.ln.w": np.ones(HIDDEN, np.float32),
        "emb.ln.b": numbers(HIDDEN),
    }  # fmt: skip
    sizes = {"q": HIDDEN, "k": HIDDEN, "v": HIDDEN, "ao": HIDDEN, "fi": WIDE, "fo": HIDDEN}
    for name, size in sizes.items():
        found[f"l0.{name}.w"] = numbers(size, WIDE if name == "fo" else HIDDEN)
        found[f"l0.{name}.b"] = numbers(size)
    for name in ("aln", "oln"):
        found[f"l0.{name}.w"], found[f"l0.{name}.b"] = np.ones(HIDDEN, np.float32), numbers(HIDDEN)
    return found


def quantised(numbers: np.ndarray) -> tuple[bytes, np.ndarray]:
    """Numbers in blocks of 32 with four bits each, and what they are then."""
    data, after = b"", []
    for block in numbers.reshape(-1, 32):
        scale = np.float16(np.abs(block).max() / 7 or 1.0)
        nibbles = np.clip(np.round(block / np.float32(scale)) + 8, 0, 15).astype(np.uint8)
        data += scale.tobytes() + (nibbles[:16] | nibbles[16:] << 4).tobytes()
        after.append((nibbles.astype(np.float32) - 8) * np.float32(scale))
    return data, np.concatenate(after).reshape(numbers.shape)


def written() -> tuple[bytes, Weights]:
    """A file of base weights as it comes in the package, and its numbers."""
    text = "".join(piece for piece, _ in PIECES).encode()
    ends = np.cumsum([0, *(len(piece.encode()) for piece, _ in PIECES)]).astype("<u4")
    head = b"E5S1" + struct.pack("<I", 1)
    head += struct.pack("<7i", HIDDEN, 1, 2, WIDE, len(PIECES), POSITIONS, 2)
    head += struct.pack("<fi", 1e-12, 32)
    head += struct.pack("<5i", len(PIECES), 0, 2, 1, 3) + struct.pack("<Q", len(text))
    head += ends.tobytes() + np.array([s for _, s in PIECES], "<f4").tobytes() + text
    head += struct.pack("<iI", 0, 3) + b"map" + struct.pack("<i", len(tensors()))
    bodies, truth = {}, {}
    for name, numbers in tensors().items():
        if numbers.ndim == 2 and name.startswith("l0"):
            bodies[name], truth[name] = quantised(numbers)
        else:
            bodies[name], truth[name] = numbers.tobytes(), numbers
    size = len(head) + sum(2 + len(name) + 21 for name in bodies)
    table, data = b"", b""
    for name, body in bodies.items():
        kind = int(len(body) != truth[name].nbytes)
        table += struct.pack("<H", len(name)) + name.encode()
        table += struct.pack("<BIQQ", kind, truth[name].size, size + len(data), len(body))
        data += body
    return head + table + data, truth


@pytest.fixture(scope="module")
def base() -> Base:
    return unpack(written()[0])


def test_base_weights_are_unpacked(base: Base) -> None:
    _, truth = written()
    assert [(piece, pytest.approx(score)) for piece, score in base.pieces] == PIECES
    layer = "encoder.layer.0.output.dense.weight"
    assert np.array_equal(base.weights[layer], truth["l0.fo.w"])
    assert base.weights[layer].shape == (HIDDEN, WIDE)


def test_another_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BaseWeightsError, match="E5S1"):
        unpack(b"PK\x03\x04")
    (tmp_path / "e5-small-q4.bin").write_bytes(b"E5S1")
    with pytest.raises(BaseWeightsError, match="SHA-256"):
        download(tmp_path)


def test_the_network_computes_what_transformers_does(base: Base) -> None:
    from transformers import BertConfig, BertModel

    config = BertConfig(
        vocab_size=len(PIECES), hidden_size=HIDDEN, num_hidden_layers=1, num_attention_heads=2,
        intermediate_size=WIDE, max_position_embeddings=POSITIONS, layer_norm_eps=base.epsilon,
    )  # fmt: skip
    theirs = BertModel(config, add_pooling_layer=False).eval()
    theirs.load_state_dict({name: torch.tensor(one) for name, one in base.weights.items()})
    ours = Network.of(base, list(range(len(PIECES)))).eval()
    tokens = torch.tensor([[0, 9, 5, 7, 2, 1, 1], [0, 6, 8, 10, 11, 12, 2]])
    with torch.no_grad():
        found = theirs(tokens, attention_mask=(tokens != 1).long()).last_hidden_state
        start, _, _ = ours(tokens, torch.zeros_like(tokens))
        expected = ours.span(found)[..., 0]
    inside = tokens != 1
    assert torch.allclose(start[inside], expected[inside], atol=1e-5)


def decks() -> list[Deck]:
    first = [(one,) for one in EXAMPLES]
    return [Deck("first", first, 1.0, 0.0), Deck("last", [GROUP], 0.0, 1.0)]


class StoppedError(Exception):
    """Stands for a kill."""


def learned(base: Base, place: Path, count: int) -> Network:
    torch.manual_seed(1)
    network = Network.of(base, list(range(len(PIECES))))
    train(network, tokenizer(base.pieces), decks(), count, 1, place)
    return network


def test_a_stopped_training_goes_on_as_if_it_had_not_been(
    base: Base, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = "assistant.reader.training.train"
    monkeypatch.setattr(f"{module}.ROUND", 40)
    monkeypatch.setattr(f"{module}.BATCH", 700)
    whole = learned(base, tmp_path / "whole.pt", 3)
    assert (tmp_path / "whole.pt").exists()
    saves = []

    def stopping(*given: object) -> None:
        _save(*given)  # type: ignore[arg-type]
        saves.append(given)
        if len(saves) in (3, 8):
            raise StoppedError

    monkeypatch.setattr(f"{module}.CHECKPOINT_S", -1)
    monkeypatch.setattr(f"{module}._save", stopping)
    for _ in range(2):
        with pytest.raises(StoppedError):
            learned(base, tmp_path / "parts.pt", 3)
    parts = learned(base, tmp_path / "parts.pt", 3)
    for name, weights in whole.state_dict().items():
        assert torch.allclose(weights, parts.state_dict()[name], atol=1e-5), name


def test_the_exported_network_reads_as_the_trained_one(base: Base, tmp_path: Path) -> None:
    network = Network.of(base, list(range(len(PIECES)))).eval()
    pieces = tokenizer(base.pieces)
    export(network, pieces, tmp_path / "eight bits")
    assert BundledReader(tmp_path / "eight bits").read("Kapan gempa di Palu?", [TEXT]) != [None]
    export(network, pieces, tmp_path, quantised=False)
    reader = BundledReader(tmp_path)
    [reading] = reader.read("Kapan gempa di Palu?", [TEXT], ["Gempa"])
    one = target(EXAMPLES[0], pieces)
    assert one is not None
    assert reading is not None
    with torch.no_grad():
        tokens = torch.tensor([one.encoded.tokens])
        segments = torch.zeros_like(tokens)
        segments[0, one.encoded.first : one.encoded.first + len(one.encoded.places)] = 1
        _, _, verdict = network(tokens, segments)
    assert reading.verdict == pytest.approx(torch.softmax(verdict, -1)[0].tolist(), abs=1e-4)


def test_rounds_begin_with_one_deck_and_end_with_another() -> None:
    found = list(rounds(decks(), 3, seed=1))
    assert found == list(rounds(decks(), 3, seed=1))
    assert {one.asked for [one] in found[0]} == {one.asked for one in EXAMPLES}
    assert {group[0] for group in found[-1]} == {EXAMPLES[0]}
    assert {one for group in found[-1] for one in group} == set(GROUP)
    assert {len(group) for group in found[-1]} == {3}
    assert {sum(map(len, one)) for one in found} == {3_072}


def test_targets_are_the_tokens_of_the_answer(base: Base) -> None:
    pieces = tokenizer(base.pieces)
    asked, none, said = (target(EXAMPLES[i], pieces) for i in (0, 2, 3))
    assert asked is not None
    assert none is not None
    assert said is not None
    places = asked.encoded.places
    begin = places[asked.first - asked.encoded.first][0]
    end = places[asked.last - asked.encoded.first][1]
    assert TEXT[begin:end] == "28 September 2018"
    assert (none.first, none.last) == (0, 0)
    assert said.first < 0
    groups = [[asked, none], [said]] * 40
    cut = [group for batch in batches(groups, random.Random(1)) for group in batch]
    assert len(cut) == 80
    assert all(group in groups for group in cut)


def test_the_rate_rises_and_falls() -> None:
    rates = [schedule(step / 100) for step in range(101)]
    assert rates[0] == rates[-1] == 0
    assert max(rates) == 1


def test_a_long_paragraph_is_cut_around_the_answer() -> None:
    rng = random.Random(1)
    long = " ".join([*["Hujan turun di kota itu."] * 60, TEXT, *["Lalu cerah."] * 60])
    begin = long.index("Rahmat Alfian")
    one = Example("Siapa?", "", long, (begin, begin + 13))
    for _ in range(20):
        cut = shortened(one, rng)
        assert cut.span is not None
        assert cut.paragraph[slice(*cut.span)] == "Rahmat Alfian"
        assert len(cut.paragraph) <= MAX_CHARS
    assert shortened(EXAMPLES[0], rng) == EXAMPLES[0]


def test_heads_get_days_and_questions_small_letters() -> None:
    made = [made_up(EXAMPLES[:1], random.Random(seed))[0] for seed in range(200)]
    assert 60 < sum(one.head != EXAMPLES[0].head for one in made) < 140
    assert 5 < sum(one.asked == "kapan gempa di palu" for one in made) < 40
    assert {one.span for one in made} == {EXAMPLES[0].span}


def test_a_group_is_asked_in_one_way() -> None:
    for seed in range(50):
        assert len({one.asked for one in made_up(GROUP, random.Random(seed))}) == 1


def test_statements_become_questions() -> None:
    made = {made_up(EXAMPLES[3:], random.Random(seed))[0].asked for seed in range(50)}
    assert {"Gempa mengguncang Palu.", "Apakah Gempa mengguncang Palu?"} <= made
    english = Example("The city was hit.", "", "A quake hit the city.", None, "supported", True)
    assert as_question(english, random.Random(1)).startswith("Is it ")
    assert as_question(english, random.Random(1)).endswith(" that the city was hit?")


def test_most_yes_no_questions_are_read_with_little() -> None:
    text = " ".join([*["Hujan turun di kota itu."] * 15, TEXT])
    begin = text.index("Palu")
    one = Example("Apakah Palu diguncang?", "", text, (begin, begin + 4), "supported")
    made = [made_up((one,), random.Random(seed))[0] for seed in range(100)]
    assert 55 < sum(len(item.paragraph) < 200 for item in made) < 95
    assert all(item.span and item.paragraph[slice(*item.span)] == "Palu" for item in made)


def test_the_paragraphs_of_a_question_are_compared(base: Base) -> None:
    network = Network.of(base, list(range(len(PIECES)))).eval()
    pieces = tokenizer(base.pieces)
    targets = [one for one in (target(item, pieces) for item in GROUP) if one]
    with torch.no_grad():
        alone = loss_of(network, [[one] for one in targets])
        together = loss_of(network, [targets])
    assert together > alone
    logits = torch.tensor([[0.0, 2.0, -9.0], [3.0, 1.0, -9.0]])
    inside = torch.tensor([[False, True, False], [False, True, False]])
    verdict = torch.tensor([[2.0, -9.0, 1.0, 0.0], [0.0, 0.0, 5.0, 0.0]])
    found = answering(logits, logits, verdict, inside)
    assert found[0].tolist() == pytest.approx([4.0, -4.0], abs=1e-3)
    assert found[1].tolist() == pytest.approx([1.0, -4.307], abs=1e-3)


def test_answers_are_located() -> None:
    assert locate("Palu, Palu", ["Palu"], [6]) == (6, 10)
    assert locate("Palu, Palu", ["Palu"], [3]) == (0, 4)
    assert locate("Palu", ["", "Ambon"], []) is None


DAY = date(2018, 10, 1)
QUESTION = NewsQuestion(
    "Who spoke of it?", "en", "Gempa", DAY, ("Lain.", TEXT), 1, "Rahmat Alfian", "open"
)


def test_a_question_is_read_with_its_paragraph_or_another() -> None:
    one = answered(QUESTION)
    assert one.span is not None
    assert one.paragraph[slice(*one.span)] == "Rahmat Alfian"
    assert one.head == "Gempa. 1 Oktober 2018"
    other = elsewhere(QUESTION, one.head, "Lain.")
    assert (other.span, other.verdict) == (None, "open")


def news_data(folder: Path) -> tuple[Path, Path]:
    """The files that the hand-written questions come from, with two articles."""
    texts = ["The Wendle bridge was closed after engineers found cracks in its steel girders."]
    texts += [
        "The bridge was opened in 1964.",
        "Helen Marwick is the chief engineer of the county.",
    ]
    question = {
        "question": "When was the Wendle bridge opened?", "lang": "en", "type": "when",
        "title": "Bridge closed", "paragraph": 1, "context": texts[1], "answers": ["1964"],
        "answerable": True, "verdict": None, "corpus": "wikinews",
    }  # fmt: skip
    articles = [
        {"title": title, "text": "\n\n".join(texts), "date": "2020-05-01", "source": ""}
        for title in ("Bridge closed", "For judging")
    ]
    (folder / "train").mkdir()
    paragraph = {"id": "facqa-1", "context": TEXT}
    for name, rows in (
        ("train/news_questions", [question]), ("train/facqa", [paragraph]), ("articles", articles)
    ):  # fmt: skip
        with gzip.open(folder / f"{name}.jsonl.gz", "wt", encoding="utf-8") as file:
            file.writelines(json.dumps(row) + "\n" for row in rows)
    own = folder / "own"
    own.mkdir()
    row = {"article": "facqa-1", "paragraph": 0, "lang": "id", "type": "yes_no"}
    row |= {"question": "Apakah gempa terjadi di Palu?", "answers": ["Palu"], "verdict": "yes"}
    (own / "questions.jsonl").write_text(json.dumps(row) + "\n")
    row = {"article": "Bridge closed", "paragraph": 1, "statement": "It opened in 1970."}
    (own / "statements.jsonl").write_text(json.dumps(row | {"label": "contradicted"}) + "\n")
    (own / "articles.jsonl").write_text("")
    return folder / "articles.jsonl.gz", own


def test_articles_for_judging_are_not_trained_on(tmp_path: Path) -> None:
    articles, own = news_data(tmp_path)
    news = News(tmp_path, articles, own)
    assert {key for key, *_ in news.corpus()} == {"Bridge closed", "facqa-1"}
    assert [one.verdict for one in news.questions] == ["open", "supported"]
    [statement] = news.statements()
    assert (statement.verdict, statement.head) == ("contradicted", "Bridge closed. 1 May 2020")


def test_negatives_do_not_hold_the_answer(tmp_path: Path) -> None:
    articles, own = news_data(tmp_path)
    found = mined(News(tmp_path, articles, own), tmp_path, random.Random(1))
    assert found
    assert [len(group) > 1 for group in found] == [True, True]
    for one in (one for _, *others in found for one in others):
        assert one.span is None
        assert one.verdict == ("not_said" if one.asked.startswith("Apakah") else "open")
        assert "1964" not in one.paragraph or one.asked.startswith("Apakah")


def rows(name: str) -> list[dict[str, str]]:
    return [json.loads(line) for line in (HERE / name).read_text("utf-8").splitlines()]


def test_the_written_questions_are_distinct_and_many() -> None:
    asked = [row["question"] for row in rows("questions.jsonl")]
    said = [row["statement"] for row in rows("statements.jsonl")]
    assert len(asked) == len(set(asked)) >= 2_000
    assert len(said) == len(set(said)) >= 1_500


def test_the_answers_stand_in_our_own_articles() -> None:
    texts = {row["id"]: row["paragraphs"] for row in rows("articles.jsonl")}
    asked = [row for row in rows("questions.jsonl") if row["article"] in texts]
    assert len(asked) >= 400
    for row in asked:
        for answer in row["answers"][:1]:
            assert answer in texts[row["article"]][int(row["paragraph"])]
