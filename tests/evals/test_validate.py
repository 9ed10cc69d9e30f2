"""Unsound questions are named, and the bundled ones are sound."""

from __future__ import annotations

import io
import random
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from evals.questions import EvalQuestion, Gold, QuestionSetError, load_questions
from evals.runner import sample_archive, sample_articles
from evals.validate import faults, frames, overlaps, print_check, remarks, validate
from index.types import Article

Questions = tuple[EvalQuestion, ...]
Articles = dict[str, Article]


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"gold": (Gold("bridge", "was opened in 1965"),)}, "no paragraph"),
        ({"gold": (Gold("nothing", "was opened"),)}, "unknown article 'nothing'"),
        ({"gold": (Gold("pasar", "Baca juga"),), "answers": ("Tiga",)}, "cannot be cited"),
        ({"answers": ("1965",)}, "none of its answers"),
        ({"parts": (("1964",), ("1965",))}, "none of its answers.*1965"),
        ({"answers": ()}, "have gold and answers"),
        ({"answerable": False}, "have gold and answers"),
        ({"category": "other"}, "unknown category"),
        ({"answer_type": "other"}, "unknown answer_type"),
        ({"language": "fr"}, "unknown language"),
        ({"category": "near_miss"}, "category near_miss"),
        ({"category": "follow_up"}, "needs the turns"),
        ({"category": "relative_date"}, "needs the day"),
        ({"question": "?!"}, "asks nothing"),
    ],
)
def test_unsound_questions_are_named(
    change: dict[str, object], fault: str, sound: Questions, articles: Articles
) -> None:
    validate(sound, articles)
    with pytest.raises(QuestionSetError, match=f"q-1.*{fault}"):
        validate([replace(sound[0], **change)], articles)  # type: ignore[arg-type]


def test_a_near_miss_needs_its_twin_and_ids_are_unique(
    sound: Questions, articles: Articles
) -> None:
    near = replace(sound[1], category="near_miss", twin="q-9")
    with pytest.raises(QuestionSetError, match="twin"):
        validate([sound[0], near], articles)
    validate([sound[0], replace(near, twin="q-1")], articles)
    with pytest.raises(QuestionSetError, match="not unique: q-1"):
        validate([sound[0], sound[0]], articles)


def test_the_same_question_in_one_scope_is_a_repetition_or_a_contradiction(
    sound: Questions, articles: Articles
) -> None:
    again = replace(sound[0], id="q-9", question="when was the Wendle bridge OPENED")
    assert list(map(str, faults([sound[0], again], articles))) == ["q-9: asks what q-1 asks"]
    other = replace(again, gold=(Gold("bridge", "last repaired in 2011"),), answers=("2011",))
    assert "q-9: contradicts q-1" in str(next(faults([sound[0], other], articles)))
    unanswerable = replace(sound[1], id="q-9", question=sound[0].question)
    assert "q-9: contradicts q-1" in str(next(faults([sound[0], unanswerable], articles)))
    after = replace(other, turns=("When was it repaired?",))
    assert list(faults([sound[0], after], articles)) == []


def test_questions_cut_from_one_template_are_found(sound: Questions, articles: Articles) -> None:
    cities = ("Palu", "Banda Aceh", "Lombok Utara", "Yogyakarta")
    made = [
        replace(sound[1], id=f"t-{city}", question=f"Berapa jumlah penduduk kota {city} pada 2020?")
        for city in cities
    ]
    assert list(frames(made).values()) == [[one.id for one in made]]
    [line] = map(str, faults(made, articles))
    assert "template" in line
    assert all(one.id in line for one in made)
    near = [replace(one, category="near_miss", twin="q-1") for one in made]
    assert frames(near) == {}


def test_overlap_and_remarks(sound: Questions, articles: Articles) -> None:
    shares = {one.question.id: one for one in overlaps(sound, articles)}
    assert shares.keys() == {"q-1", "q-3", "q-4"}
    assert not shares["q-1"].across
    assert 0 < shares["q-3"].share <= 1
    copied = replace(sound[0], question="The bridge was opened in 1964 and last repaired?")
    needs_two = replace(sound[3], question="Vehicles?", category="two_paragraphs")
    lines = [str(line).partition(": ") for line in remarks([copied, needs_two], articles)]
    assert [(name, text[:7]) for name, _, text in lines] == [
        ("q-4", "needs t"), ("q-1", "repeats"), ("q-4", "repeats"),
    ]  # fmt: skip


def test_the_bundled_set_is_sound_and_twenty_of_it_are_shown() -> None:
    console = Console(file=io.StringIO(), width=200)
    questions = load_questions()
    with sample_archive() as assistant:
        assert print_check(questions, sample_articles(assistant), console, random.Random(0)) == 0
    printed = console.file.getvalue()  # type: ignore[attr-defined]
    assert sum(f"\n{one.id} ·" in printed for one in questions) == 20
    assert sum(not one.answerable for one in questions) >= 0.25 * len(questions)


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ('{"id": "a"}', "question"),
        ("no json", "not a question"),
        ("[]", "not a question"),
        ('{"question": "Kapan?", "colour": 1}', "colour is no field"),
        ('{"question": "Kapan?", "today": "yesterday"}', "yesterday"),
        ('{"question": "Kapan?", "gold": [{"article": "a"}]}', "quote"),
    ],
)
def test_a_broken_line_is_named(line: str, fault: str, tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_text("\n" + line + "\n")
    with pytest.raises(QuestionSetError, match=rf"x\.jsonl:2.*{fault}"):
        load_questions([path])


def test_what_is_left_out_has_a_default(tmp_path: Path) -> None:
    path = tmp_path / "own.jsonl"
    path.write_text('{"question": "Where did they meet?"}\n')
    [one] = load_questions([path])
    assert (one.id, one.language, one.field) == ("own-1", "en", "own")
    assert (one.answerable, one.category) == (False, "out_of_corpus")
