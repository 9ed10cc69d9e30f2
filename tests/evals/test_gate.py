"""The gate catches planted regressions, and the validator unsound questions."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from assistant import Assistant
from assistant.types import Answer
from evals.gate import Outcome, figures, judge, sample_articles, shortfalls
from evals.questions import EvalQuestion, Gold, QuestionSetError, load_questions, validate
from index.types import Article

ANSWERABLE = EvalQuestion(
    id="q-1",
    language="en",
    question="When was the Wendle bridge opened?",
    gold=(Gold("bridge", "was opened in 1964"),),
    answers=("1964",),
    answer_type="date",
    answerable=True,
    category="factoid",
    split="dev",
)
UNANSWERABLE = EvalQuestion(
    id="q-2",
    language="id",
    question="Siapa pelatih timnas sepak bola Indonesia?",
    gold=(),
    answers=(),
    answer_type="person",
    answerable=False,
    category="out_of_corpus",
    split="dev",
)


@pytest.fixture(scope="module")
def assistant(built: Path) -> Assistant:
    return Assistant.open(built)


@pytest.fixture(scope="module")
def articles(assistant: Assistant) -> dict[str, Article]:
    return sample_articles(assistant)


def outcomes(articles: dict[str, Article], ask) -> list[Outcome]:  # type: ignore[no-untyped-def]
    return [judge(one, articles, ask) for one in (ANSWERABLE, UNANSWERABLE)]


def test_planted_regressions_are_caught(assistant: Assistant, articles: dict[str, Article]) -> None:
    def honest(question: EvalQuestion) -> Answer:
        return assistant.ask(question.question)

    good = figures(outcomes(articles, honest))
    floors = {
        name: getattr(good, name)
        for name in good.__slots__
        if name != "questions" and getattr(good, name) is not None
    }
    assert good.cited_gold == good.correct == good.declined_out_of_corpus == 1.0
    assert shortfalls(good, floors) == []
    wrong = assistant.ask("Mengapa pasar terapung Lok Sari ditutup?")

    def always_declines(question: EvalQuestion) -> Answer:
        return assistant.ask("Siapa pelatih timnas sepak bola Indonesia?")

    def wrong_citation(question: EvalQuestion) -> Answer:
        return (
            replace(wrong, language=question.language) if question.answerable else honest(question)
        )

    def always_answers(question: EvalQuestion) -> Answer:
        return replace(honest(ANSWERABLE), language=question.language)

    def wrong_language(question: EvalQuestion) -> Answer:
        answer = honest(question)
        return replace(answer, language="id" if answer.language == "en" else "en")

    def invented_quote(question: EvalQuestion) -> Answer:
        answer = honest(question)
        cited = tuple(replace(one, quote=(0, 0)) for one in answer.citations)
        return replace(answer, citations=cited)

    def crashes(question: EvalQuestion) -> Answer:
        raise RuntimeError("broken")

    for plant, figure in (
        (always_declines, "answered"),
        (wrong_citation, "cited_gold"),
        (always_answers, "declined_out_of_corpus"),
        (wrong_language, "language_right"),
        (invented_quote, "proven"),
        (crashes, "declined_out_of_corpus"),
    ):
        lines = shortfalls(figures(outcomes(articles, plant)), floors)
        assert any(line.startswith(figure) for line in lines), (plant.__name__, lines)


def test_a_figure_that_is_missing_is_a_shortfall(articles: dict[str, Article]) -> None:
    assert shortfalls(figures([]), {"correct": 0.1}) == ["correct is None, its floor is 0.1"]


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"gold": (Gold("bridge", "was opened in 1965"),)}, "no paragraph"),
        ({"gold": (Gold("nothing", "was opened"),)}, "no paragraph"),
        ({"answers": ("1965",)}, "none of its answers"),
        ({"answers": ()}, "have gold and answers"),
        ({"answerable": False}, "have gold and answers"),
        ({"category": "other"}, "unknown category"),
        ({"answer_type": "other"}, "unknown answer type"),
        ({"language": "fr"}, "unknown language"),
        ({"category": "near_miss"}, "category near_miss"),
    ],
)
def test_unsound_questions_are_named(
    change: dict[str, object], fault: str, articles: dict[str, Article]
) -> None:
    validate([ANSWERABLE, UNANSWERABLE], articles)
    with pytest.raises(QuestionSetError, match=f"q-1.*{fault}"):
        validate([replace(ANSWERABLE, **change)], articles)  # type: ignore[arg-type]


def test_a_near_miss_needs_its_twin_and_ids_are_unique(articles: dict[str, Article]) -> None:
    near = replace(UNANSWERABLE, category="near_miss", twin="q-9")
    with pytest.raises(QuestionSetError, match="twin"):
        validate([ANSWERABLE, near], articles)
    with pytest.raises(QuestionSetError, match="not unique"):
        validate([ANSWERABLE, ANSWERABLE], articles)


def test_a_broken_line_is_named(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_text('{"id": "a"}\n')
    with pytest.raises(QuestionSetError, match=r"x\.jsonl:1"):
        load_questions([path])
