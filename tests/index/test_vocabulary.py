"""Numbered words: the same analysis as without numbers, stored, grown and bounded."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from index import vocabulary
from index.chunking import in_context
from index.encoder import StaticEncoder
from index.retrieve import HybridRetriever
from index.store import Store
from index.text import content_words, lemma, words
from index.vocabulary import ParagraphWords, Vocabulary, WordWriter, vocabulary_file

TEXTS = ["Menteri meresmikan Suramadu 2009", "They met in Geneva, Switzerland", ""]


@given(st.lists(st.text(max_size=30), max_size=4))
def test_words_mean_what_the_encoder_says(encoder: StaticEncoder, texts: list[str]) -> None:
    found = list(dict.fromkeys(word for text in texts for word in words(text)))
    numbered = Vocabulary(encoder)
    ids = numbered.ids(found)
    assert [numbered.word(one) for one in ids] == found
    written = [numbered.word(one) for one in numbered.lemmas(ids)]
    assert written == [lemma(word) for word in found]
    np.testing.assert_allclose(numbered.means(ids), encoder.means(found), atol=1e-5)
    asked = encoder.encode(["gempa", "Switzerland"])
    np.testing.assert_allclose(
        numbered.cosines(asked, ids), asked @ encoder.encode(found).T, atol=1e-5
    )


def test_numbers_stay_while_words_are_added(encoder: StaticEncoder) -> None:
    numbered = Vocabulary(encoder)
    before = numbered.ids(["jembatan", "suramadu"])
    vectors = numbered.means(before)
    numbered.ids([f"kata{i}" for i in range(1_000)])
    assert (numbered.ids(["suramadu", "jembatan"]) == before[::-1]).all()
    assert (numbered.means(before) == vectors).all()
    assert numbered.find("tiada") == -1


def test_paragraphs_are_read_back(encoder: StaticEncoder, tmp_path: Path) -> None:
    first = WordWriter(tmp_path, encoder)
    first.add([1, 4], TEXTS[:2])  # rows 2 and 3 cannot be found
    first.close()
    second = WordWriter(tmp_path, encoder)
    second.add([5, 6], [TEXTS[2], TEXTS[0]])
    second.close()
    numbered = Vocabulary(encoder, vocabulary_file(tmp_path))
    stored = ParagraphWords(tmp_path)
    read = [[numbered.word(one) for one in ids] for ids in stored[[6, 1, 4, 5, 2]]]
    expected = [TEXTS[0], TEXTS[0], TEXTS[1], "", ""]
    assert read == [content_words(text) for text in expected]


def test_words_of_another_encoder_are_cut_anew(
    encoder: StaticEncoder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setitem(encoder.__dict__, "fingerprint", "another")
        patch.setattr(StaticEncoder, "cut", lambda self, texts: [[7]] * len(texts))
        old = Vocabulary(encoder)
        old.ids(["gempa", "bumi"])
        old.save(tmp_path / "old.npz")
    read = Vocabulary(encoder, tmp_path / "old.npz")
    assert [read.word(one) for one in read.ids(["bumi", "gempa"])] == ["bumi", "gempa"]
    np.testing.assert_allclose(read.vectors(["bumi"]), encoder.encode(["bumi"]), atol=1e-5)


def test_words_of_questions_do_not_pile_up(
    built: Path, encoder: StaticEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vocabulary, "MOST_ADDED", 10)
    numbered = Vocabulary(encoder)
    numbered.ids(["gempa"])
    assert numbered.fresh() is numbered
    numbered.ids([f"kata{i}" for i in range(20)])
    assert len(numbered.fresh()) == 0
    with Store.open(built, encoder) as store:
        kept = store.matcher().vocabulary
        assert store.matcher().vocabulary is kept
        kept.ids([f"kata{i}" for i in range(20)])
        assert len(store.matcher().vocabulary) == kept.stored


def test_stored_words_cover_as_the_text_does(built: Path, encoder: StaticEncoder) -> None:
    store = Store.open(built, encoder)
    question = "Di mana Blinken bertemu Lavrov, where did they meet in 2022?"
    nodes = [one.node for one in HybridRetriever(store).retrieve(question)]
    matcher = store.matcher()
    stored = matcher.node_coverage(question, nodes)
    texts = [
        in_context(article.title, article.published, node.get_content())
        for node in nodes
        for article in [store.article(node.metadata["article_id"])]
    ]
    for one, other in zip(stored, matcher.coverage(question, texts), strict=True):
        assert one.score == pytest.approx(other.score)
        assert one.together == pytest.approx(other.together)
        np.testing.assert_allclose(one.best, other.best)
