"""The gate catches planted regressions and lowers no floor by itself."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from assistant import Assistant
from evals.gate import Baseline, BaselineError, floors, measured, renewed, shortfalls
from evals.questions import EvalQuestion
from evals.runner import Archive, Case, Outcome, Reply, cases, outcome
from index.types import Article

TIMES = 20  # each question counts so often, lest one alone decide
HASHES = {"articles": "a", "questions": "b"}

Ask = Callable[[EvalQuestion], Reply]


@pytest.fixture(scope="module")
def asked(
    assistant: Assistant, articles: dict[str, Article], sound: tuple[EvalQuestion, ...]
) -> dict[str, tuple[Case, Reply]]:
    archive = Archive(assistant)
    return {one.question.id: (one, archive.reply(one.question)) for one in cases(sound, articles)}


def run(asked: dict[str, tuple[Case, Reply]], ask: Ask) -> list[Outcome]:
    return [outcome(case, ask) for case, _ in asked.values() for _ in range(TIMES)]


def test_planted_regressions_are_caught(asked: dict[str, tuple[Case, Reply]]) -> None:
    def honest(question: EvalQuestion) -> Reply:
        return asked[question.id][1]

    good = measured(run(asked, honest))
    assert good["dev"]["correct"].value == good["dev"]["r_1"].value == 1.0
    assert good["dev"]["declined_out_of_corpus"].value == 1.0
    baseline = Baseline(HASHES, floors(good))
    assert shortfalls(good, baseline, HASHES) == []
    draw = random.Random(1)

    def shuffled_ranking(question: EvalQuestion) -> Reply:
        reply = honest(question)
        ranked = draw.sample(reply.retrieved, len(reply.retrieved))
        return replace(reply, retrieved=tuple(ranked))

    def wrong_citation(question: EvalQuestion) -> Reply:
        reply = honest(question)
        if not question.answerable:
            return reply
        other = honest(asked["q-3" if question.id != "q-3" else "q-1"][0].question).answer
        cited = other.citations[0]
        text = f"{cited.quotation} [1]"
        return replace(reply, answer=replace(reply.answer, text=text, citations=(cited,)))

    def always_answers(question: EvalQuestion) -> Reply:
        reply = honest(question)
        answer = reply.answer if question.answerable else honest(asked["q-3"][0].question).answer
        return replace(reply, answer=answer)

    def always_declines(question: EvalQuestion) -> Reply:
        declined = honest(asked["q-2"][0].question).answer
        other = "Jawabannya tidak ada." if question.language == "id" else "There is no answer."
        answer = replace(declined, text=other, language=question.language)
        return replace(honest(question), answer=answer)

    def wrong_language(question: EvalQuestion) -> Reply:
        reply = honest(question)
        notice = "This is in English." if question.language == "id" else "Ini bahasa yang lain."
        return replace(reply, answer=replace(reply.answer, notice=notice))

    def wrong_words(question: EvalQuestion) -> Reply:
        reply = honest(question)
        return replace(reply, answer=replace(reply.answer, text="Entahlah, Budi 77 [1]", short=""))

    def invented_quotation(question: EvalQuestion) -> Reply:
        reply = honest(question)
        cited = tuple(replace(one, quote=(0, 0)) for one in reply.answer.citations)
        return replace(reply, answer=replace(reply.answer, citations=cited))

    def crashes(question: EvalQuestion) -> Reply:
        raise RuntimeError("broken")

    for plant, caught in (
        (shuffled_ranking, {"r_1", "r_1_within", "ndcg_10"}),
        (wrong_citation, {"cited_gold", "right_when_answered", "citation_precision"}),
        (always_answers, {"declined_out_of_corpus", "crag"}),
        (always_declines, {"answered", "correct", "crag"}),
        (wrong_language, {"language_right"}),
        (wrong_words, {"correct", "has_f1", "support"}),
        (invented_quotation, {"proven"}),
        (crashes, {"r_1", "correct", "declined_out_of_corpus", "language_right", "proven"}),
    ):
        lines = shortfalls(measured(run(asked, plant)), baseline, HASHES)
        named = {line.split(": ", 1)[1].split(" ")[0] for line in lines}
        assert caught <= named, (plant.__name__, lines)


def test_a_question_or_two_may_fall_on_the_other_side_and_no_more(
    asked: dict[str, tuple[Case, Reply]],
) -> None:
    good = run(asked, lambda question: asked[question.id][1])
    baseline = Baseline(HASHES, floors(measured(good)))
    declined = next(one.reply for one in good if one.case.question.id == "q-2")
    assert declined is not None

    def flipped(count: int) -> list[Outcome]:
        changed = [i for i, one in enumerate(good) if one.case.question.id == "q-1"][:count]
        answer = replace(declined.answer, language="en", text="There is no answer to that.")
        return [
            replace(one, reply=replace(one.reply, answer=answer)) if i in changed and one.reply
            else one
            for i, one in enumerate(good)
        ]  # fmt: skip

    assert shortfalls(measured(flipped(2)), baseline, HASHES) == []
    assert any("answered" in line for line in shortfalls(measured(flipped(4)), baseline, HASHES))


def test_changed_articles_or_questions_are_a_clear_message() -> None:
    [line] = shortfalls({}, Baseline(HASHES, {}), {"articles": "a", "questions": "c"})
    assert "questions" in line
    assert "tanya eval --baseline" in line


def test_a_floor_falls_only_when_that_is_asked_for(
    asked: dict[str, tuple[Case, Reply]], tmp_path: Path
) -> None:
    found = measured(run(asked, lambda question: asked[question.id][1]))
    assert shortfalls({}, Baseline(HASHES, floors(found)), HASHES)[0].endswith(
        f"is missing, its floor is {floors(found)['dev']['ndcg_10']}"
    )
    higher = Baseline(HASHES, {"dev": {"correct": 1.1, "gone": 0.1}})
    with pytest.raises(BaselineError, match=r"correct 1\.1 → 1\.0.*gone 0\.1 → –.*--lower"):
        renewed(found, higher, lower=False)
    assert renewed(found, higher, lower=True).floors == floors(found)
    kept = Baseline(HASHES, {"dev": {"correct": 0.999}})  # higher than a new floor would be
    path = tmp_path / "baseline.json"
    renewed(found, kept, lower=False).save(path)
    assert Baseline.load(path).floors["dev"]["correct"] == 0.999
    with pytest.raises(BaselineError, match="--baseline"):
        Baseline.load(tmp_path / "nothing.json")
