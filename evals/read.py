"""How well the reader finds the answer when the right paragraph is given.

    python -m evals.read --data PATH [--reader MODEL] [--sample N]

Exact match and F1 over words as SQuAD 2.0 defines them (Rajpurkar et al. 2018); an unanswerable
question counts as right when the reader declines.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from assistant.reader import BUNDLED, WEIGHTS, BundledReader, Reader
from assistant.reader.transformer import open_reader
from evals.short_answers import best, exact, overlap_f1
from index.encoder.pairs import rows


@dataclass(frozen=True, slots=True)
class Item:
    """A question on a given context, with the accepted answers (none: unanswerable)."""

    question: str
    context: str
    answers: tuple[str, ...]
    head: str = ""


def dev_items(data: Path) -> dict[str, list[Item]]:
    """The development questions by set; of those on news, all that are not yes/no."""
    news = rows(data / "dev" / "news_questions.jsonl.gz")
    found = {
        "news": [
            Item(row["question"], row["context"], tuple(row["answers"]), row["title"])
            for row in news
            if row["type"] != "yes_no"
        ]
    }
    for name in ("facqa", "idk_mrc", "squad2_en"):
        found[name] = [
            Item(row["question"], row["context"], tuple(row["answers"]))
            for row in rows(data / "dev" / f"{name}.jsonl.gz")
        ]
    crossed = list(rows(data / "dev" / "squad2_xling.jsonl.gz"))
    for asked in ("eng", "ind"):
        for side in ("eng", "ind"):
            found[f"squad {asked}-{side}"] = [
                Item(row[f"q_{asked}"], row[f"ctx_{side}"], tuple(row[f"answers_{side}"]))
                for row in crossed
            ]
    return found


def measure(reader: Reader, items: list[Item], threshold: float) -> dict[str, float]:
    """Shares over these items; ``has`` counts the answerable ones with the span always given."""
    readings = [
        (item, reader.read(item.question, [item.context], [item.head])[0]) for item in items
    ]
    spans = [(one, one.context[slice(*r.span)] if r else "", r.score if r else -99.0)
             for one, r in readings]  # fmt: skip
    has = [(item, span) for item, span, _ in spans if item.answers]
    decided = [(item, span if score > threshold else "") for item, span, score in spans]
    return {
        "has EM": sum(best(exact, span, item.answers) for item, span in has) / len(has),
        "has F1": sum(best(overlap_f1, span, item.answers) for item, span in has) / len(has),
        "EM": sum(best(exact, span, item.answers) for item, span in decided) / len(decided),
        "F1": sum(best(overlap_f1, span, item.answers) for item, span in decided) / len(decided),
    }


def named_reader(name: str) -> Reader:
    """The reader in the folder ``name`` if one of ours is there, else the transformers model.

    Raises:
        ReaderModelError: it is neither.
    """
    if (Path(name) / WEIGHTS).exists():
        return BundledReader(Path(name))
    return open_reader(name)


def main() -> None:
    parser = argparse.ArgumentParser(description="measure the reader on given paragraphs")
    parser.add_argument("--data", type=Path, required=True, help="folder with dev/")
    parser.add_argument(
        "--reader", default=str(BUNDLED), metavar="MODEL",
        help="folder of a reader trained here, or a transformers model by name or folder",
    )  # fmt: skip
    parser.add_argument("--sample", type=int, help="only the first questions of each set")
    parser.add_argument("--threshold", type=float, default=0.0, help="log-odds to answer above")
    args = parser.parse_args()
    reader = named_reader(args.reader)
    table = Table("set", "n", "has EM", "has F1", "EM", "F1")
    for name, items in dev_items(args.data).items():
        items = items[: args.sample]
        values = measure(reader, items, args.threshold)
        table.add_row(name, str(len(items)), *(f"{value:.3f}" for value in values.values()))
    Console().print(table)


if __name__ == "__main__":
    main()
