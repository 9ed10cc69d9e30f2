"""Question sets that others publish are read, indexed and asked."""

from __future__ import annotations

import gzip
import io
import json
from pathlib import Path

import pytest
from rich.console import Console

from evals.datasets import read_datasets, run_dataset
from evals.figures import figures
from evals.questions import QuestionSetError

MARKET = "Pasar terapung Lok Sari dibuka kembali pada Senin setelah ditutup akibat banjir."
BRIDGE = "The Wendle bridge was closed on Friday after engineers found cracks in two girders."
SQUAD = {
    "version": "v2.0",
    "data": [
        {
            "title": "Wendle_bridge",
            "paragraphs": [
                {
                    "context": BRIDGE,
                    "qas": [
                        {
                            "id": "1",
                            "question": "When was the Wendle bridge closed?",
                            "answers": [{"text": "Friday", "answer_start": 32}],
                            "is_impossible": False,
                        },
                        {
                            "id": "2",
                            "question": "Who designed the Wendle bridge?",
                            "answers": [],
                            "plausible_answers": [{"text": "engineers", "answer_start": 45}],
                            "is_impossible": True,
                        },
                    ],
                }
            ],
        }
    ],
}
ROW = {
    "id": "a", "lang": "id", "question": "Mengapa pasar terapung Lok Sari ditutup?",
    "context": MARKET, "answers": ["banjir"], "answerable": True, "title": "",
}  # fmt: skip
CROSS = {
    "id": "x", "title": "Wendle_bridge", "answerable": True,
    "q_eng": "When was the Wendle bridge closed?", "q_ind": "Kapan jembatan Wendle ditutup?",
    "ctx_eng": BRIDGE, "ctx_ind": "Jembatan Wendle ditutup pada Jumat setelah ditemukan retak.",
    "answers_eng": ["Friday"], "answers_ind": ["hari Jumat"],
}  # fmt: skip


def put(path: Path, *rows: object) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    text = "\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
    path.write_bytes(gzip.compress(text.encode()) if path.suffix == ".gz" else text.encode())
    return path


def test_squad_json_is_asked_end_to_end(tmp_path: Path) -> None:
    [dataset], skipped = read_datasets(put(tmp_path / "squad.json", SQUAD))
    assert skipped == []
    size, outcomes = run_dataset(dataset, 0, Console(file=io.StringIO()))
    assert size == 1
    first, second = outcomes
    assert first.case.directions == ("en→en",)
    assert [paragraph.text for paragraph in first.case.gold] == [BRIDGE]
    assert (second.case.question.category, second.case.gold) == ("near_miss", ())
    assert figures([first])["r_1"].value == 1.0


def test_a_sample_is_asked_of_the_whole_collection(tmp_path: Path) -> None:
    rows = [ROW | {"id": f"{i}", "context": f"{MARKET} Nomor {i}."} for i in range(5)]
    [dataset], _ = read_datasets(put(tmp_path / "news.jsonl", *rows))
    size, outcomes = run_dataset(dataset, 2, Console(file=io.StringIO()))
    assert (size, len(outcomes)) == (5, 2)


def test_a_folder_with_its_training_passages(tmp_path: Path) -> None:
    other = ROW | {"id": "b", "context": "Kapal riset Samudra Jaya tiba di pelabuhan Ambon."}
    put(tmp_path / "dev" / "news.jsonl.gz", ROW, ROW | {"id": "c", "answerable": False})
    put(tmp_path / "train" / "news.jsonl.gz", other, ROW)
    put(tmp_path / "dev" / "both.jsonl.gz", CROSS)
    put(tmp_path / "dev" / "outside.jsonl", {"id": "o", "lang": "id", "question": "Siapa dia?"})
    put(tmp_path / "dev" / "parallel.jsonl.gz", {"ind": "Ya.", "eng": "Yes."})
    (tmp_path / "dev" / "README.md").write_text("not data")
    found, skipped = read_datasets(tmp_path / "dev")
    assert list(map(str, skipped)) == ["parallel.jsonl.gz: it holds no questions"]
    assert {one.name: len(one.passages) for one in found} == {"both-en": 1, "both-id": 1, "news": 2}
    by_name = {one.name: one for one in found}
    assert [(q.id, q.language) for q, _ in by_name["both-id"].questions] == [
        ("x-en-id", "en"), ("x-id-id", "id"), ("o", "id"),
    ]  # fmt: skip
    assert [q.category for q, _ in by_name["news"].questions] == ["factoid", "near_miss"]
    _, outcomes = run_dataset(by_name["both-id"], 0, Console(file=io.StringIO()))
    # "hari Jumat" does not stand in the passage, which is gold nevertheless
    assert [len(one.case.gold) for one in outcomes] == [1, 1, 0]
    assert [one.case.across for one in outcomes] == [True, False, False]


@pytest.mark.parametrize(
    ("name", "rows", "hint"),
    [
        ("a.jsonl", [{"question": "Siapa?", "context": "x"}], "row is no question"),
        ("a.jsonl", [["x"]], "row is no question"),
        ("a.json", [{"rows": []}], "row is no question"),
        ("a.jsonl", [{"question": "Siapa?"}], "no passages to ask"),
        ("a.txt", ["x"], "no questions on passages"),
    ],
)
def test_what_is_no_set_is_refused(
    name: str, rows: list[object], hint: str, tmp_path: Path
) -> None:
    with pytest.raises(QuestionSetError, match=hint):
        read_datasets(put(tmp_path / name, *rows))


def test_a_missing_path_is_named(tmp_path: Path) -> None:
    with pytest.raises(QuestionSetError, match="nowhere"):
        read_datasets(tmp_path / "nowhere")
