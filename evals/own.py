"""Questions of a user's own: a template to start from, and candidates from the chat's feedback."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from evals.questions import QuestionSetError, numbered_lines
from prompts import Message

TEMPLATE = (
    {
        "id": "1",
        "question": "Di mana pertemuan itu diadakan?",
        "gold": [{"article": "ARTICLE", "quote": "words of the paragraph that answers"}],
        "answers": ["Jenewa", "Geneva"],
        "answer_type": "place",
    },
    {
        "id": "2",
        "question": "Who met whom on that day?",
        "gold": [{"article": "ARTICLE", "quote": "words of a paragraph that names both"}],
        "answers": ["Ani and Budi"],
        "parts": [["Ani"], ["Budi"]],
        "answer_type": "person",
    },
    {"id": "3", "question": "A question that no article answers?", "gold": [], "answers": []},
)

README = """\
# Questions about your own articles / Pertanyaan tentang artikel Anda sendiri

Replace the lines of `questions.jsonl` by your own questions, one JSON object a line, then:
Ganti baris-baris `questions.jsonl` dengan pertanyaan Anda, satu objek JSON per baris, lalu:

    tanya eval --questions questions.jsonl --index DIR --check
    tanya eval --questions questions.jsonl --index DIR --out report

The first command says what is wrong with the questions, the second asks them and writes a report.
Perintah pertama menunjukkan kesalahan pada pertanyaan, yang kedua menanyakannya dan menulis laporan.

| field | |
|---|---|
| `question` | the question / pertanyaannya |
| `gold` | paragraphs that answer it, any will do: `article` is the file name without ending or the id (`tanya articles`), `quote` some words of the paragraph, verbatim. Empty: no article answers. / paragraf yang menjawab, salah satu cukup: `article` nama berkas tanpa akhiran atau id, `quote` beberapa kata dari paragraf itu, persis. Kosong: tidak ada artikel yang menjawab. |
| `answers` | accepted answers; at least one stands in a gold paragraph / jawaban yang diterima; setidaknya satu ada di paragraf itu |
| `parts` | optional: the accepted words of each part, where all parts are needed / opsional: kata yang diterima untuk tiap bagian, jika semuanya diperlukan |
| `id`, `language`, `answer_type`, `category`, `split`, `today`, `turns`, `twin`, `note` | optional: a name, `id` or `en`, person, place, number …, factoid, near_miss …, dev or test, the day on which it is asked, earlier questions, the answerable question that a near miss differs from in one detail, a remark / opsional: nama, bahasa, jenis jawaban, kategori, bagian, hari ketika ditanyakan, pertanyaan sebelumnya, pasangan yang terjawab, catatan |
"""  # noqa: E501


def write_template(folder: Path) -> list[Path]:
    """Write ``questions.jsonl`` and a README into ``folder``; nothing there is overwritten.

    Raises:
        QuestionSetError: the file is there already.
    """
    target = folder / "questions.jsonl"
    if target.exists():
        raise QuestionSetError("questions_exist", path=target)
    folder.mkdir(parents=True, exist_ok=True)
    target.write_text(_lines(TEMPLATE), encoding="utf-8")
    readme = folder / "README.md"
    if readme.exists():
        return [target]
    readme.write_text(README, encoding="utf-8")
    return [target, readme]


def write_candidates(feedback: Path) -> Path:
    """Write the questions that feedback rows suggest beside the feedback file.

    A row that was answered rightly becomes a whole question; any other waits for someone to fill
    in gold and answers, which ``--check`` asks for.

    Raises:
        QuestionSetError: a line is no feedback, or the file exists already.
    """
    target = feedback.with_name(f"{feedback.stem}.questions.jsonl")
    if target.exists():
        raise QuestionSetError("path_exists", path=target)
    target.write_text(_lines(candidates(feedback)), encoding="utf-8")
    return target


def candidates(feedback: Path) -> Iterator[dict[str, Any]]:
    """A question row for each question that has been voted on.

    Of several rows on one answer (``id``), and of several answers to one question, the last
    counts; a vote that was taken back leaves nothing.
    """
    rows: dict[str, tuple[int, dict[str, Any]]] = {}
    for number, line in numbered_lines(feedback):
        try:
            row = json.loads(line)
            name = str(row.get("id", number))
            rows.pop(name, None)
            if row["vote"]:
                rows[name] = number, _candidate(row, f"{feedback.stem}-{number}")
        except (KeyError, TypeError, AttributeError, json.JSONDecodeError) as error:
            told = Message("no_feedback", error=error)
            place = f"{feedback.name}:{number}"
            raise QuestionSetError("part", part=place, reason=told) from error
    latest: dict[str, dict[str, Any]] = {}
    for _, found in sorted(rows.values(), key=lambda item: item[0]):
        latest.pop(found["question"], None)
        latest[found["question"]] = found
    yield from latest.values()


def _candidate(row: dict[str, Any], name: str) -> dict[str, Any]:
    answer, good = row["answer"], row["vote"] == "up"
    gold = [_gold(one) for one in answer["citations"]] if good else []
    found: dict[str, Any] = {
        "id": name,
        "question": " ".join(row["question"].split()),
        "gold": gold,
        "answers": [answer["short"]] if gold and answer["short"] else [],
        "answerable": bool(gold) or not good,
    }
    if found["answerable"]:
        found["category"] = "factoid"
    said = "" if good else f"answered: {answer['text']}"
    note = " · ".join(part for part in (row.get("comment", ""), said) if part)
    return found | ({"note": note} if note else {})


def _gold(citation: dict[str, Any]) -> dict[str, str]:
    return {"article": citation["article_id"], "quote": citation["quotation"]}


def _lines(rows: Iterator[dict[str, Any]] | tuple[dict[str, Any], ...]) -> str:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
