"""A small question set on the small collection."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant import Assistant
from evals.questions import EvalQuestion, Gold
from evals.runner import sample_articles
from index.types import Article

SOUND = (
    EvalQuestion(
        id="q-1",
        language="en",
        question="When was the Wendle bridge opened?",
        gold=(Gold("bridge", "was opened in 1964"),),
        answers=("1964",),
        answer_type="date",
        answerable=True,
        category="factoid",
        split="dev",
        field="sample",
    ),
    EvalQuestion(
        id="q-2",
        language="id",
        question="Siapa pelatih timnas sepak bola Indonesia?",
        gold=(),
        answers=(),
        answer_type="person",
        answerable=False,
        category="out_of_corpus",
        split="dev",
        field="sample",
    ),
    EvalQuestion(
        id="q-3",
        language="id",
        question="Mengapa pasar terapung Lok Sari ditutup?",
        gold=(Gold("pasar", "banjir yang merendam dermaga"),),
        answers=("banjir", "floods"),
        answer_type="reason",
        answerable=True,
        category="factoid",
        split="dev",
        field="sample",
    ),
    EvalQuestion(
        id="q-4",
        language="en",
        question="How many vehicles cross the Wendle bridge every day?",
        gold=(Gold("bridge", "About 18,000 vehicles"),),
        answers=("18,000",),
        answer_type="number",
        answerable=True,
        category="factoid",
        split="dev",
        field="sample",
    ),
)


@pytest.fixture(scope="session")
def sound() -> tuple[EvalQuestion, ...]:
    return SOUND


@pytest.fixture(scope="session")
def assistant(built: Path) -> Assistant:
    return Assistant.open(built)


@pytest.fixture(scope="session")
def articles(assistant: Assistant) -> dict[str, Article]:
    return sample_articles(assistant)
