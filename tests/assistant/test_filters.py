"""Filters select articles, and restrict what may answer."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from assistant import Assistant
from assistant.filters import Filter

BRIDGE = "When was the Wendle bridge opened?"


@pytest.mark.parametrize(
    ("chosen", "count"),
    [
        (Filter(), 3),
        (Filter(search="WENDLE bridge"), 1),
        (Filter(search="kabar contoh"), 1),
        (Filter(search="wendle ambon"), 0),
        (Filter(since=date(2023, 3, 6)), 2),
        (Filter(since=date(2023, 3, 7), until=date(2023, 5, 12)), 1),
        (Filter(sources=("kabar contoh", "The Sample Gazette")), 2),
        (Filter(search="bridge", sources=("Kabar Contoh",)), 0),
    ],
)
def test_conditions_are_all_met(built: Path, chosen: Filter, count: int) -> None:
    articles = Assistant.open(built).store.articles
    assert len(chosen.select(articles)) == count
    assert chosen.active == (chosen != Filter())


def test_a_question_is_restricted_to_the_named_articles(built: Path) -> None:
    assistant = Assistant.open(built)
    bridge = Filter(search="wendle").select(assistant.store.articles)[0].id
    others = [one.id for one in assistant.store.articles if one.id != bridge]
    assert "1964" in assistant.ask(BRIDGE, articles=[bridge]).text
    assert assistant.ask(BRIDGE, articles=others).abstained
    assert assistant.ask(BRIDGE, articles=[]).abstained
    assert assistant.ask(BRIDGE, articles=[bridge], sources=["Kabar Contoh"]).abstained
