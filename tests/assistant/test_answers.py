"""Answers put together from evidence: agency copies, updated figures, named days, other words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from assistant.assistant import Assistant
from assistant.confidence import Calibration
from assistant.extract import READ_FIRST
from assistant.reader import Reading
from index.encoder import StaticEncoder
from index.ingest import index_paths
from index.store import Store

ARTICLES = {
    "friday.md": """---
title: Gempa Wendalu, 384 Orang Tewas
published: 2018-09-29
source: Kabar Contoh
language: id
---
WENDALU - Korban tewas akibat gempa di Wendalu mencapai 384 orang hingga Sabtu siang.

Jalan ke kota terputus karena longsor dan bantuan dikirim lewat laut.
""",
    "sunday.md": """---
title: Korban Gempa Wendalu Bertambah
published: 2018-10-01
source: Harian Sampel
language: id
---
WENDALU - Korban tewas akibat gempa di Wendalu bertambah menjadi 832 orang hingga Senin pagi.

Sekolah di kota itu diliburkan selama dua pekan.
""",
    "copy.md": """---
title: Bantuan untuk Wendalu lewat laut
published: 2018-09-30
source: Suara Sampel
language: id
---
Jalan ke kota terputus karena longsor dan bantuan dikirim lewat laut, kata petugas.

Kapal pertama tiba pada Minggu sore.
""",
}


class NumberReader:
    """Reads the first number of a text and believes in it, else the whole text, in doubt."""

    fingerprint = "numbers"

    def read(
        self, question: str, texts: Sequence[str], heads: Sequence[str] | None = None
    ) -> list[Reading | None]:
        found = [re.search(r"\d+(?: orang)?", text) for text in texts]
        return [
            Reading(match.span(), 5.0) if match else Reading((0, len(text)), 0.0)
            for match, text in zip(found, texts, strict=True)
        ]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("answers")
    corpus = folder / "corpus"
    corpus.mkdir()
    for name, text in ARTICLES.items():
        (corpus / name).write_text(text, encoding="utf-8")
    index_paths(folder / "index", [corpus], StaticEncoder())
    return folder


@pytest.fixture(scope="module")
def assistant(folder: Path) -> Assistant:
    """One whose reader is known."""
    encoder, reader = StaticEncoder(), NumberReader()
    even = Calibration.even(encoder.fingerprint, reader.fingerprint)
    return Assistant(folder / "index", Store.open(folder / "index"), reader, even)


def test_the_newest_figure_leads_and_the_older_is_told(assistant: Assistant) -> None:
    answer = assistant.ask("Berapa orang tewas akibat gempa Wendalu?", today=date(2018, 10, 5))
    assert answer.short == "832 orang"
    assert answer.citations[0].quotation.startswith("Korban tewas akibat gempa di Wendalu b")
    assert "384 orang" in answer.notice and "29 September 2018" in answer.notice


class CountingReader(NumberReader):
    """Counts the texts that it reads at a time."""

    def __init__(self) -> None:
        self.counts: list[int] = []

    def read(
        self, question: str, texts: Sequence[str], heads: Sequence[str] | None = None
    ) -> list[Reading | None]:
        self.counts.append(len(texts))
        return super().read(question, texts, heads)


@pytest.mark.parametrize(("high", "counts"), [(0.01, [READ_FIRST]), (2.0, [READ_FIRST, 6])])
def test_what_is_sure_is_not_looked_for_further(
    high: float, counts: list[int], tmp_path: Path
) -> None:
    for number in range(20):
        text = f"Banjir di desa Wendalu nomor {number} merendam {number + 5} rumah."
        (tmp_path / f"{number}.txt").write_text(f"Banjir Wendalu {number}\n\n{text}\n")
    index_paths(tmp_path / "index", [tmp_path], StaticEncoder())
    reader = CountingReader()
    even = Calibration.even(StaticEncoder().fingerprint, reader.fingerprint)
    store = Store.open(tmp_path / "index")
    assistant = Assistant(tmp_path / "index", store, reader, replace(even, high=high))
    assert not assistant.ask("Berapa rumah terendam banjir di Wendalu?").abstained
    assert reader.counts == counts


def test_a_named_day_keeps_to_the_articles_of_it(assistant: Assistant) -> None:
    question = "Berapa orang tewas akibat gempa Wendalu kemarin?"
    answer = assistant.ask(question, today=date(2018, 9, 30))
    days = {citation.date.date() for citation in answer.citations if citation.date}
    assert days and min(days) >= date(2018, 9, 29)
    assert assistant.ask(question, today=date(2031, 1, 1)).citations  # no article of that time


def test_copies_of_one_story_are_one_citation(folder: Path) -> None:
    answer = Assistant.open(folder / "index").ask(
        "Bagaimana bantuan dikirim ke kota yang terputus?"
    )
    first = answer.citations[0]
    assert "lewat laut" in first.quotation
    assert len(first.also_in) == 1
    other = first.also_in[0].partition("#")[0]
    assert other not in {citation.paragraph.article_id for citation in answer.citations}


def test_the_short_answer_is_said_in_the_language_of_the_question(assistant: Assistant) -> None:
    answer = assistant.ask("How many people died in the Wendalu earthquake?")
    assert answer.language == "en"
    assert answer.short == "832 people (832 orang)"
    assert "Indonesian" in answer.notice


def test_articles_restrict_what_may_answer(assistant: Assistant) -> None:
    old = [one.id for one in assistant.store.articles if one.source == "Kabar Contoh"]
    answer = assistant.ask("Berapa orang tewas akibat gempa Wendalu?", articles=old)
    assert answer.short == "384 orang"
    assert assistant.ask("Berapa orang tewas?", articles=[]).abstained
