"""Filters restrict what may answer."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from assistant import Assistant
from index.filters import Filter

BRIDGE = "When was the Wendle bridge opened?"


def test_a_question_is_restricted_to_the_named_articles(built: Path) -> None:
    assistant = Assistant.open(built)
    [bridge] = assistant.store.select(Filter(search="wendle")).ids
    others = [one.id for one in assistant.store.articles if one.id != bridge]
    assert "1964" in assistant.ask(BRIDGE, articles=[bridge]).text
    assert assistant.ask(BRIDGE, articles=others).abstained
    assert assistant.ask(BRIDGE, articles=[]).abstained
    assert assistant.ask(BRIDGE, articles=[bridge], sources=["Kabar Contoh"]).abstained


def test_a_question_is_restricted_by_what_articles_say_of_themselves(built: Path) -> None:
    assistant = Assistant.open(built)
    day = date(2023, 5, 12)
    assert "1964" in assistant.ask(BRIDGE, since=day, until=day, search="wendle gazette").text
    assert assistant.ask(BRIDGE, until=date(2023, 5, 11)).abstained
    assert assistant.ask(BRIDGE, search="ambon").abstained
