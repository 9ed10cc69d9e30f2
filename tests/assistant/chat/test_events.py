"""What happens on the page, called as Gradio does; each part of the page is its name."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields
from pathlib import Path
from typing import Any

import gradio as gr
import pytest

from assistant.chat.conversation import Conversation
from assistant.chat.engine import Engine
from assistant.chat.events import Events, Updates
from assistant.chat.fields import Fields
from index.encoder import StaticEncoder
from index.ingest import index_paths
from tests.conftest import write_corpus

BRIDGE = "When was the Wendle bridge opened?"
NO_FILTER = ("", None, None, [])
STORY = "Taman Kota Belira dibuka untuk umum pada Selasa pagi oleh Sinta Harum. " * 40


@pytest.fixture(scope="module")
def events(tmp_path_factory: pytest.TempPathFactory, encoder: StaticEncoder) -> Events:
    folder = tmp_path_factory.mktemp("home")
    index_paths(folder / "index", [write_corpus(folder / "corpus")], encoder)
    engine = Engine(folder / "index", None, samples=False)
    engine.start()
    assert engine.wait(120)
    parts: dict[str, Any] = {one.name: one.name for one in fields(Fields)}
    return Events(engine, "en", Fields(**parts))


def last(steps: Iterable[Updates]) -> Updates:
    """All that a series of updates comes to."""
    return {part: value for step in steps for part, value in step.items()}


@pytest.fixture(scope="module")
def answered(events: Events) -> dict[str, Any]:
    """A conversation of one answer."""
    found: dict[str, Any] = last(events.ask(BRIDGE, None, None, *NO_FILTER))["current"]
    return found


@pytest.mark.parametrize("blank", ["", "  \t\n", None])
def test_nothing_that_is_asked_changes_nothing(events: Events, blank: Any) -> None:
    assert list(events.ask(blank, None, None, *NO_FILTER)) == [gr.skip()]


@pytest.mark.parametrize(
    ("typed", "told"), [("🙂", "Ask in words"), (STORY, "2,839 characters, at most 2,000")]
)
def test_what_cannot_be_asked_stays_in_the_box_and_changes_no_answer(
    events: Events, answered: dict[str, Any], typed: str, told: str
) -> None:
    done = last(events.ask(typed, answered, 0, *NO_FILTER))
    assert done["composer"] == typed
    assert done["editing"] == 0
    assert told in done["note"]
    assert ("data-act=&quot;adopt" in done["note"] or 'data-act="adopt"' in done["note"]) == (
        typed == STORY
    )
    assert "1964" in done["live"]
    assert "current" not in done


def test_small_talk_is_shown_and_not_kept(events: Events, answered: dict[str, Any]) -> None:
    done = last(events.ask("halo", answered, None, *NO_FILTER))
    assert "Halo!" in done["live"]
    assert "1964" in done["settled"]
    assert "current" not in done
    talk = Conversation.from_dict(answered)
    assert len(talk.exchanges) == 1


def test_a_long_text_is_added_as_an_article_and_then_leaves_the_box(events: Events) -> None:
    steps = list(events.adopt(STORY, None, *NO_FILTER))
    assert not any("composer" in step for step in steps[:2])  # not before it is taken
    done = last(steps)
    assert done["composer"] == ""
    assert "Taman Kota Belira dibuka" in done["listing"]
    assert "4 of 4 articles" in done["listing"]


def test_a_text_that_holds_no_article_stays_in_its_box(events: Events, tmp_path: Path) -> None:
    done = last(events.add_text("x", None, *NO_FILTER))
    assert "could not be added" in done["result"]
    assert "pasted" not in done
