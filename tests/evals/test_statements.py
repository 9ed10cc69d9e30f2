"""The hand-written statements, and the check of written sentences on them."""

from __future__ import annotations

import json
import re
from collections import Counter

import pytest

from assistant.assistant import Assistant
from assistant.config import samples_folder
from assistant.support import SupportCheck
from evals.runner import sample_articles
from evals.statements import STATEMENTS, load_statements
from index.encoder import StaticEncoder
from index.ingest import index_paths

ROWS = [json.loads(line) for line in STATEMENTS.read_text(encoding="utf-8").splitlines()]
KINDS = {
    "supported": {"restated", "compressed", "joined", "reported", "converted"},
    "contradicted": set("antonym number name date tense negation quantifier role cause".split()),
    "not_said": {"added", "hedge", "combined", "broader", "topic", "other"},
}


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory, encoder: StaticEncoder) -> Assistant:
    folder = tmp_path_factory.mktemp("samples")
    index_paths(folder, [samples_folder()], encoder)
    return Assistant.open(folder)


def test_the_statements_are_many_of_every_kind_and_distinct() -> None:
    assert len({row["statement"] for row in ROWS}) == len(ROWS) >= 1_000
    assert {(row["label"], row["kind"]) for row in ROWS} == {
        (label, kind) for label, kinds in KINDS.items() for kind in kinds
    }
    for split in ("dev", "test"):
        counts = Counter(row["kind"] for row in ROWS if row["split"] == split)
        assert min(counts.values()) >= 9


def test_no_article_is_in_both_halves() -> None:
    halves = [{row["article"] for row in ROWS if row["split"] == half} for half in ("dev", "test")]
    assert not halves[0] & halves[1]


def test_statements_are_judged_by_paragraphs_that_exist(samples: Assistant) -> None:
    articles = sample_articles(samples)
    found = [one for half in ("dev", "test") for one in load_statements(articles, half)]
    assert len(found) == len(ROWS)
    assert 0.4 < sum(one.across for one in found) / len(found) < 0.6
    assert all(one.source.text and one.source.title for one in found)


def test_most_true_sentences_stay_and_most_false_ones_go(samples: Assistant) -> None:
    check = SupportCheck(StaticEncoder(), samples.store.matcher())
    shown: dict[bool, list[bool]] = {True: [], False: []}
    for one in list(load_statements(sample_articles(samples), "dev"))[::3]:
        shown[one.label == "supported"].append(bool(check(one.text, [one.source])))
    assert sum(shown[True]) / len(shown[True]) > 0.55
    assert sum(shown[False]) / len(shown[False]) < 0.42


def test_another_digit_is_noticed(samples: Assistant) -> None:
    check = SupportCheck(StaticEncoder(), samples.store.matcher())
    refused = [
        not check(
            re.sub(r"\d", lambda one: str(int(one[0]) % 9 + 1), one.text, count=1), [one.source]
        )
        for one in load_statements(sample_articles(samples), "dev")
        if one.label == "supported" and re.search(r"\d", one.text)
    ]
    assert len(refused) > 50
    assert sum(refused) / len(refused) > 0.9
