"""How well the check of written sentences tells what a paragraph supports.

The statements of ``evals/statements.jsonl`` were written by hand on the sample articles: true
restatements, and sentences of nearly the same wording that the paragraph contradicts or does not
say, each of a kind, in the language of the paragraph and in the other one. ``python -m
evals.statements`` asks the check about each; half of the articles are kept for the final figures
(``--split test``).
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

from rich.console import Console
from rich.table import Table

from assistant.assistant import Assistant
from assistant.config import samples_folder
from assistant.reader.encoding import Verdict
from assistant.support import Source, Support, SupportCheck
from evals.runner import sample_articles
from index.encoder import StaticEncoder
from index.ingest import index_paths
from index.types import Article, Language

STATEMENTS = Path(__file__).parent / "statements.jsonl"


@dataclass(frozen=True, slots=True)
class Statement:
    """A sentence, the paragraph that it is judged by, and what that says of it.

    ``kind`` is how the sentence was made of the paragraph: ``restated``, ``antonym``, ``hedge`` …
    """

    text: str
    language: Language
    source: Source
    label: Verdict
    kind: str

    @property
    def across(self) -> bool:
        """Whether sentence and paragraph are in different languages."""
        return self.language != self.source.language


def load_statements(articles: dict[str, Article], split: str) -> Iterator[Statement]:
    """Those of ``split`` (``dev`` or ``test``); ``articles`` by file name without ending."""
    for line in STATEMENTS.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        if row["split"] != split:
            continue
        article = articles[row["article"]]
        text = next(one.text for one in article.paragraphs if one.number == row["paragraph"])
        source = Source(
            text, article.language, article.title, article.source, article.published
        )  # fmt: skip
        yield Statement(row["statement"], row["language"], source, row["label"], row["kind"])


def refused(judged: Sequence[tuple[Statement, Support]]) -> str:
    """The share that the check refuses, with its number, as a cell."""
    if not judged:
        return ""
    return f"{sum(not support for _, support in judged) / len(judged):.3f} of {len(judged)}"


def main() -> int:
    """Print the shares of true sentences lost and of false ones caught, by kind."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--split", choices=("dev", "test"), default="dev")
    parser.add_argument("--list", action="store_true", help="print what is missed and lost")
    args = parser.parse_args()
    console = Console(width=140)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as work:
        encoder = StaticEncoder()
        index_paths(Path(work) / "index", [samples_folder()], encoder)
        assistant = Assistant.open(Path(work) / "index")
        check = SupportCheck(encoder, assistant.store.matcher())
        statements = list(load_statements(sample_articles(assistant), args.split))
        began = perf_counter()
        judged = [(one, check(one.text, [one.source])) for one in statements]
        passed_ms = 1_000 * (perf_counter() - began) / len(judged)
    table = Table("", "within a language", "across", "all")
    for label, word in (("supported", "lost"), ("contradicted", "caught"), ("not_said", "caught")):
        chosen = [one for one in judged if one[0].label == label]
        for kind in ("", *sorted({one.kind for one, _ in chosen})):
            of_kind = [one for one in chosen if kind in ("", one[0].kind)]
            table.add_row(
                f"{word}: {kind or label.replace('_', ' ')}",
                *(refused([one for one in of_kind if one[0].across == side]) for side in (0, 1)),
                refused(of_kind),
                style="" if kind else "bold",
            )
    console.print(table)
    console.print(f"{passed_ms:.1f} ms a sentence")
    for one, support in judged if args.list else ():
        if bool(support) != (one.label == "supported"):
            said = f"{one.kind} {','.join(support.faults)} {support.probability:.2f}: {one.text}"
            console.print(said, highlight=False, markup=False)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
