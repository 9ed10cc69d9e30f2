"""Suggested questions are questions, and the collection answers each with a short answer."""

from __future__ import annotations

import pytest

from assistant import Assistant
from assistant.chat.suggest import Candidate, candidates, check, find, follow_ups
from index.encoder import StaticEncoder
from index.ingest import index_paths
from index.types import Article, Language, Paragraph


def article(language: Language, *paragraphs: str) -> Article:
    blocks = tuple(Paragraph("x", n, one) for n, one in enumerate(paragraphs, start=1))
    return Article("x", "", "", "Apakah harga naik?", None, False, language, "", blocks)


@pytest.mark.parametrize(
    ("language", "sentence", "question", "expected"),
    [
        ("en", "The bridge at Wendle was opened in 1964.", "When was the bridge at Wendle opened?",
         "1964"),
        ("en", "About 18,000 vehicles cross the Wendle bridge every day.",
         "How many vehicles cross the Wendle bridge every day?", "18,000"),
        ("en", 'It leaks," said Helen Marwick, the chief engineer.', "Who is Helen Marwick?",
         "the chief engineer"),
        ("id", "Pasar terapung Lok Sari dibuka kembali pada Senin pagi.",
         "Kapan pasar terapung Lok Sari dibuka kembali?", "Senin"),
        ("id", "BANJARMASIN - Pasar terapung Lok Sari dibuka kembali pada Senin pagi.",
         "Kapan pasar terapung Lok Sari dibuka kembali?", "Senin"),
        ("id", "Sebanyak 34 peneliti dari Ambon memetakan Laut Banda.",
         "Berapa peneliti dari Ambon memetakan Laut Banda?", "34"),
        ("id", 'Kami rugi," kata Siti Mahlia, pedagang buah.', "Siapa Siti Mahlia?",
         "pedagang buah"),
    ],
)  # fmt: skip
def test_sentences_become_questions(
    language: Language, sentence: str, question: str, expected: str
) -> None:
    found = list(candidates(article(language, sentence, "Para pembeli di pasar senang.")))
    assert [(one.question, one.expected) for one in found if one.question == question] == [
        (question, (expected,))
    ]


@pytest.mark.parametrize(
    "sentence",
    [
        "The agreement was signed in 2018.",
        "It was opened in 1964.",
        "Keputusan itu diumumkan pada Senin.",
    ],
)
def test_vague_sentences_and_headlines_give_none(sentence: str) -> None:
    language: Language = "id" if "itu" in sentence else "en"
    assert list(candidates(article(language, sentence))) == []


@pytest.fixture(scope="module")
def assistant(tmp_path_factory: pytest.TempPathFactory, encoder: StaticEncoder) -> Assistant:
    folder = tmp_path_factory.mktemp("suggest")
    (folder / "a").mkdir()
    (folder / "a" / "bridge.md").write_text(
        "---\ntitle: The Wendle bridge is closed\nlanguage: en\n---\n"
        "The Wendle bridge was opened in 1964 by the county of Ashby.\n\n"
        'Traffic is heavy. "We would rather be late," said Helen Marwick, the chief engineer.\n'
    )
    index_paths(folder / "index", [folder / "a"], encoder)
    return Assistant.open(folder / "index")


def test_what_is_suggested_is_answered_in_short(assistant: Assistant) -> None:
    found = list(find(assistant, samples=False))
    assert found
    for suggestion in found:
        answer = assistant.ask(suggestion.question)
        assert answer.short
        assert answer.citations[0].paragraph.article_id == suggestion.article_id


def test_a_wrong_or_missing_answer_is_no_suggestion(assistant: Assistant) -> None:
    right = Candidate("When was the Wendle bridge opened?", "en", ("1964",))
    wrong = Candidate("When was the Wendle bridge opened?", "en", ("1977",))
    unknown = Candidate("Who won the chess tournament in Reykjavik?", "en", ("nobody",))
    assert check(assistant, right)
    assert check(assistant, wrong) is None
    assert check(assistant, unknown) is None


def test_follow_ups_do_not_repeat_what_was_asked(assistant: Assistant) -> None:
    pool = list(find(assistant, samples=False))
    asked = pool[0].question
    answer = assistant.ask(asked)
    following = follow_ups(assistant, answer, [asked.upper()], pool)
    assert asked not in following
    assert set(following) <= {one.question for one in pool}
