"""The report says what happened, compares runs, and is safe to open."""

from __future__ import annotations

import io
import json
import re
import tomllib
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import ir_measures
import pytest
from ir_measures import RR, Success, nDCG
from rich.console import Console

from assistant import Assistant
from evals.figures import FIGURES, figures
from evals.page import KINDS
from evals.questions import EvalQuestion
from evals.report import (
    ABOUT,
    BETTER,
    FAILURES,
    NAMES,
    ReportError,
    build,
    changes,
    load,
    markdown,
    meaning,
    print_summary,
    title,
    turned,
    write,
)
from evals.runner import Archive, Outcome, Reply, cases, outcome
from index.types import Article

ROOT = Path(__file__).parents[2]
HOSTILE = "<script>alert(1)</script> \"' & | `x` ${a} {0} [1] \u202e\x1b[31m"


@pytest.fixture(scope="module")
def outcomes(
    assistant: Assistant, articles: dict[str, Article], sound: tuple[EvalQuestion, ...]
) -> list[Outcome]:
    archive = Archive(assistant)
    return [outcome(one, archive.reply) for one in cases(sound, articles)]


@pytest.fixture(scope="module")
def worse(outcomes: list[Outcome]) -> list[Outcome]:
    """A crash, a wrong answer, one too many, and a question in hostile words."""

    def answer(one: Outcome, **change: object) -> Outcome:
        assert one.reply is not None
        text = replace(one.reply.answer, **change)  # type: ignore[arg-type]
        return replace(one, reply=replace(one.reply, answer=text))

    bridge, coach, market, vehicles = outcomes
    hostile = replace(
        vehicles, case=replace(vehicles.case, question=replace(
            vehicles.case.question, question=HOSTILE, id=f"q {HOSTILE}"))
    )  # fmt: skip
    return [
        Outcome(bridge.case, None, f"RuntimeError: {HOSTILE}"),
        answer(coach, abstained=False, text="Budi [1]", citations=market.reply.answer.citations),  # type: ignore[union-attr]
        answer(market, text=f"{HOSTILE} [1]", short=HOSTILE, notice=HOSTILE),
        answer(hostile, abstained=True, citations=()),
    ]


def test_a_good_run_has_no_failures(outcomes: list[Outcome], tmp_path: Path) -> None:
    data = build(outcomes, {"questions": "four"})
    assert [one["failure"] for one in data["questions"]] == [""] * 4
    whole = data["groups"][0]["figures"]
    assert whole["correct"] == {"value": 1.0, "low": 1.0, "high": 1.0, "count": 3}
    assert whole["hallucinated"]["value"] == 0.0
    assert whole["p50"]["value"] > 0
    kinds = {(group["kind"], group["name"]) for group in data["groups"]}
    assert {("direction", "en→en"), ("direction", "id→id"), ("field", "sample")} <= kinds
    assert json.loads(json.dumps(data)) == data
    write(tmp_path / "report", data, outcomes)
    assert load(tmp_path / "report" / "report.json") == data


def test_every_kind_of_failure_is_told(worse: list[Outcome]) -> None:
    data = build(worse, {})
    assert [one["failure"] for one in data["questions"]] == [
        "crash", "invented", "wrong", "declined",
    ]  # fmt: skip
    assert data["groups"][0]["figures"]["crag"]["value"] == -0.5
    assert set(FAILURES) >= {one["failure"] for one in data["questions"]}


def phrases(language: str) -> dict[str, str]:
    text = (ROOT / "prompts" / language / "eval.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def test_every_phrase_of_the_evaluation_is_said_and_none_is_missing() -> None:
    composed = {*NAMES, *(f"{name}_is" for name in NAMES), *BETTER.values()}
    composed |= {f"failure_{kind}" for kind in FAILURES} | {f"about_{name}" for name in ABOUT}
    composed |= {f"by_{kind}" for kind in KINDS} | {"changed_articles", "changed_questions"}
    source = "".join(file.read_text("utf-8") for file in (ROOT / "evals").glob("*.py"))
    known = set(phrases("en"))
    assert composed <= known
    spoken = {name for name in known if f'eval.{name}"' in source or f"eval.{name}'" in source}
    assert known - composed - spoken <= set(re.findall(r"\"(\w+)\"", source))


def test_the_report_is_in_the_language_of_the_terminal(
    worse: list[Outcome],
    outcomes: list[Outcome],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("LC_ALL", "id_ID.UTF-8")
    data, before = build(worse, {"questions": "empat"}), build(outcomes, {})
    write(tmp_path, data, worse, before)
    output = io.StringIO()
    print_summary(data, Console(file=output, width=300), before)
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert '<html lang="id">' in page
    said = page + (tmp_path / "report.md").read_text(encoding="utf-8") + output.getvalue()
    for phrase in ("Kegagalan", "Dijawab, padahal tidak ada", "bagian yang tepat", "keyakinan"):
        assert phrase in said
    indonesian, english = phrases("id"), phrases("en")
    foreign = {
        sentence.split("{")[0].strip() for name, sentence in english.items()
        if sentence != indonesian[name]
    }  # fmt: skip
    assert not [one for one in foreign if len(one) > 12 and one in said]


class Page(HTMLParser):
    """What a browser would find in a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.text: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def test_the_page_is_whole_escaped_and_asks_for_nothing(
    worse: list[Outcome], outcomes: list[Outcome], tmp_path: Path
) -> None:
    data = build(worse, {"questions": HOSTILE})
    write(tmp_path, data, worse, build(outcomes, {}))
    text = (tmp_path / "report.html").read_text(encoding="utf-8")
    page = Page(text)
    assert page.open == []
    assert not {"script", "img", "link", "iframe", "object", "form"} & {tag for tag, _ in page.tags}
    for _, attributes in page.tags:
        assert not [name for name in attributes if name.startswith("on")]
        assert all((attributes.get(name) or "#").startswith("#") for name in ("href", "src"))
    assert "url(" not in text
    assert "@import" not in text
    assert "\x1b" not in text
    assert "\u202e" not in text
    said = "".join(page.text)
    assert said.count("<script>alert(1)</script>") >= 5  # as text, wherever it was said
    assert ("meta", "default-src 'none'; style-src 'unsafe-inline'") in [
        (tag, attributes.get("content")) for tag, attributes in page.tags
    ]
    circles = [attributes for tag, attributes in page.tags if tag == "circle"]
    assert circles
    for name in ("cx", "cy"):
        assert all(0 <= float(one[name] or "") <= 320 for one in circles)
    gold = next(one["gold"][0]["text"] for one in data["questions"] if one["gold"])
    assert gold in said
    assert "color-scheme: light dark" in text


def test_markdown_cells_stay_cells(worse: list[Outcome]) -> None:
    text = markdown(build(worse, {}))
    assert "<script>" not in text
    rows = [line for line in text.splitlines() if line.startswith("| Wrong answers")]
    assert len(rows) == 1
    assert len(re.findall(r"(?<!\\)\|", rows[0])) == 5


def test_runs_are_compared_over_what_they_share(
    worse: list[Outcome], outcomes: list[Outcome]
) -> None:
    before, after = build(outcomes, {}), build(worse[:3], {})
    found = {one.name: one for one in changes(before, after)}
    assert found["correct"].before == 1.0
    assert found["correct"].after == 0.0
    assert found["correct"].difference.count == 2
    assert found["correct"].certain
    assert found["proven"].difference.count == 3
    moved = {(then, now) for then, now, _ in turned(before, after)}
    assert moved == {("", "crash"), ("", "invented"), ("", "wrong")}
    assert all(one.difference.value == 0 for one in changes(before, before))
    console = Console(file=io.StringIO(), width=160)
    print_summary(after, console, before)
    printed = console.file.getvalue()  # type: ignore[attr-defined]
    assert "-1.000" in printed
    assert "Crashes: q-1: RuntimeError" in printed


def test_trec_files_give_the_same_figures_elsewhere(
    outcomes: list[Outcome], tmp_path: Path
) -> None:
    write(tmp_path, build(outcomes, {}), outcomes)
    qrels = list(ir_measures.read_trec_qrels(str(tmp_path / "questions.qrels")))
    ours = figures([one for one in outcomes if one.case.question.answerable])
    for name, measures in {
        "retrieved": {nDCG @ 10: "ndcg_10", Success @ 1: "r_1", RR @ 10: "mrr_10"},
        "considered": {Success @ 1: "considered_r_1"},
        "lexical": {nDCG @ 10: "lexical_ndcg_10"},
    }.items():
        run = list(ir_measures.read_trec_run(str(tmp_path / f"{name}.run")))
        theirs = ir_measures.calc_aggregate(list(measures), qrels, run)
        for measure, figure in measures.items():
            assert theirs[measure] == pytest.approx(ours[figure].value)


def test_what_is_no_report_is_named(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    for text in ("", "[]", '{"schema_version": 99}'):
        path.write_text(text)
        with pytest.raises(ReportError, match=r"report\.json"):
            load(path)


def test_the_parts_of_an_answer_are_all_needed(outcomes: list[Outcome]) -> None:
    bridge = outcomes[0]

    def correct(**change: object) -> float:
        question = replace(bridge.case.question, **change)  # type: ignore[arg-type]
        return figures([replace(bridge, case=replace(bridge.case, question=question))])[
            "correct"
        ].value

    assert correct(answers=("1965", "1964")) == 1.0
    assert correct(parts=(("1964",), ("bridge", "jembatan"))) == 1.0
    assert correct(parts=(("1964",), ("1965",))) == 0.0
    assert correct(answer_type="yesno", answers=("yes", "ya")) == 1.0  # the gold is cited
    reply = bridge.reply
    assert isinstance(reply, Reply)
    no = replace(reply, answer=replace(reply.answer, short="No"))
    yes = replace(bridge.case.question, answer_type="yesno", answers=("yes", "ya"))
    assert figures([Outcome(replace(bridge.case, question=yes), no)])["correct"].value == 0.0


def test_every_figure_says_what_it_is() -> None:
    assert len(set(NAMES)) == len({title(name) for name in NAMES}) == len(NAMES)
    assert all(meaning(name) for name in NAMES)
    assert all(one.better == "higher" for one in FIGURES if one.floor)
