"""What the browser keeps comes back as it was, or not at all; exports are complete."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from assistant import Assistant
from assistant.chat.conversation import (
    Conversation,
    Exchange,
    answer_from_dict,
    exchange_text,
    footnotes,
    markdown,
)
from assistant.chat.feedback import record

QUESTIONS = ("When was the Wendle bridge opened?", "Siapa juara dunia catur?")


@pytest.fixture(scope="module")
def talk(built: Path) -> Conversation:
    assistant = Assistant.open(built)
    found = Conversation.new()
    for question in QUESTIONS:
        found = found.extended(Exchange.new(question, assistant.ask(question)))
    return found


def test_a_conversation_survives_the_browser(talk: Conversation) -> None:
    kept = json.loads(json.dumps(talk.voted(0, "up").to_dict()))
    back = Conversation.from_dict(kept)
    assert back.to_dict() == kept
    assert back.exchanges[0].vote == "up"
    assert back.exchanges[0].answer.citations[0].quotation
    assert back.history[0].question == QUESTIONS[0]
    for exchange in talk.exchanges:
        data = exchange.answer.to_dict()
        assert answer_from_dict(data).to_dict() == data


@pytest.mark.parametrize("damage", [None, [], "x", 3, {}, {"id": 1}, {"id": "a", "exchanges": [1]}])
def test_damaged_data_give_a_new_conversation(damage: object) -> None:
    assert Conversation.from_dict(damage).exchanges == ()


def test_every_damaged_field_is_noticed(talk: Conversation) -> None:
    kept = talk.to_dict()
    for name in ("question", "answer", "asked", "id", "vote"):
        broken = json.loads(json.dumps(kept))
        del broken["exchanges"][0][name]
        assert Conversation.from_dict(broken).exchanges == ()
    broken = json.loads(json.dumps(kept))
    broken["exchanges"][0]["answer"]["citations"][0]["quote"] = [0, 10**6]
    assert Conversation.from_dict(broken).exchanges == ()


def test_markdown_names_every_source_in_full(talk: Conversation) -> None:
    text = markdown(talk, "en")
    citation = talk.exchanges[0].answer.citations[0]
    for part in (*QUESTIONS, citation.source, "12 May 2023", citation.paragraph.public_id):
        assert part in text.replace("\\", "")
    assert f"> {citation.quotation}" in text
    assert talk.exchanges[1].answer.text in text


def test_a_conversation_can_be_called_otherwise(talk: Conversation) -> None:
    assert talk.name == QUESTIONS[0]
    named = Conversation.from_dict(talk.renamed("  Jembatan \n Wendle ").to_dict())
    assert named.name == "Jembatan Wendle"
    assert markdown(named, "id").startswith("# Jembatan Wendle")
    assert named.renamed("").name == QUESTIONS[0]
    kept = talk.to_dict()
    del kept["title"]  # as an earlier version kept it
    assert Conversation.from_dict(kept).to_dict() == talk.to_dict()


def test_an_answer_is_copied_as_text_and_as_a_footnote(talk: Conversation) -> None:
    exchange = talk.exchanges[0]
    said = exchange_text(exchange, "en")
    assert said.startswith(f"{QUESTIONS[0]}\n\n")
    assert exchange.answer.text in said
    [citation] = exchange.answer.citations
    notes = footnotes(exchange.answer, {citation.paragraph.article_id: "A. Writer"}, "en")
    assert notes == (
        "A. Writer, “Engineers close the Wendle bridge after cracks are found”, "
        f"The Sample Gazette, 12 May 2023, paragraph {citation.paragraph.number}."
    )
    assert footnotes(exchange.answer, {}, "en").startswith("“Engineers")
    assert footnotes(talk.exchanges[1].answer, {}, "en") == ""


def test_feedback_is_one_json_object_a_line(talk: Conversation, tmp_path: Path) -> None:
    file = tmp_path / "data" / "feedback.jsonl"
    voted = talk.voted(0, "down").exchanges[0]
    record(file, voted, "", tmp_path)
    record(file, voted, "the <year>\nis wrong", tmp_path)
    rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    assert [row["id"] for row in rows] == [voted.id] * 2
    assert rows[1]["comment"] == "the <year>\nis wrong"
    assert rows[1]["answer"] == voted.answer.to_dict()
    assert rows[1]["vote"] == "down"
