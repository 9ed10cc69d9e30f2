from __future__ import annotations

import random
from pathlib import Path

import pytest

from index.encoder import StaticEncoder
from index.lexicon import Lexicon, read_table, switched, write_table
from index.lexicon.train import Pair, learn
from index.rerank import SoftMatcher
from index.vocabulary import Vocabulary

LEXICON = Lexicon()


@pytest.mark.parametrize(
    ("word", "language", "meant"),
    [
        ("gempa", "id", "earthquake"),
        ("menteri", "id", "minister"),
        ("siapa", "id", "who"),
        ("troops", "en", "pasukan"),
        ("population", "en", "populasi"),
        ("where", "en", "mana"),
    ],
)
def test_common_words_are_known(word: str, language: str, meant: str) -> None:
    found = dict(LEXICON.translations(word, language))  # type: ignore[arg-type]
    assert meant in found
    assert all(0 < strength <= 1 for strength in found.values())


def test_unknown_words_have_no_translation() -> None:
    assert LEXICON.translations("xyzzyq", "id") == ()
    assert LEXICON.query("Xyzzyq?")[0].word == "xyzzyq"


def test_a_question_of_stop_words_alone_keeps_them() -> None:
    assert [one.word for one in LEXICON.query("Siapa dia?")] == ["siapa", "dia"]


def test_translations_are_sorted_and_merged() -> None:
    asked = LEXICON.query("korban gempa")
    for one in asked:
        strengths = [strength for _, strength in one.translations]
        assert strengths == sorted(strengths, reverse=True)
    assert dict(asked[1].translations)["earthquake"] > 0.5


def test_tables_survive_writing(tmp_path: Path) -> None:
    table = {"rumah": (("house", 0.75), ("home", 0.25)), "~tani": (("farm", 1.0),)}
    write_table(tmp_path / "a.gz", table)
    write_table(tmp_path / "b.gz", dict(reversed(table.items())))
    assert read_table(tmp_path / "a.gz") == table
    assert (tmp_path / "a.gz").read_bytes() == (tmp_path / "b.gz").read_bytes()


def test_learning_keeps_function_words_apart() -> None:
    pairs = [
        Pair(["siapa", "menteri", "itu"], ["who", "is", "the", "minister"], 1.0),
        Pair(["siapa", "guru", "itu"], ["who", "is", "the", "teacher"], 1.0),
        Pair(["menteri", "baru"], ["new", "minister"], 1.0),
    ]
    there, back = learn(pairs, str)
    assert there["menteri"][0][0] == "minister"
    assert back["teacher"][0][0] == "guru"
    assert not {other for other, _ in there["siapa"]} & {"minister", "teacher"}


def test_switching_is_reproducible_and_keeps_what_is_unknown() -> None:
    text = "Siapa menteri yang bertemu Xyzzyq di Jenewa?"
    one, other = (switched(text, "id", LEXICON, random.Random(3)) for _ in range(2))
    assert one == other != text
    assert "Xyzzyq" in one and one.endswith("?")


def test_a_translation_covers_but_less_than_the_word_itself() -> None:
    matcher = SoftMatcher(Vocabulary(StaticEncoder()), lambda word: 1.0, LEXICON)
    same, across, none = matcher.coverage(
        "korban gempa", ["Korban gempa bertambah", "Earthquake victims", "Harga beras turun"]
    )
    assert same.score == pytest.approx(1.0)
    assert 0.7 < across.score < 1.0
    assert none.score < across.score / 2
