"""How much of a web page reaches the index, beside trafilatura alone.

    python -m evals.extraction --data PATH

PATH holds ``fundus.jsonl.gz`` (``id, html, title, published, paragraphs``) and ``zyte.jsonl.gz``
(``id, html, body``). Body: overlap of the 4-word shingles of the paragraphs that can be cited and
of the gold text. Paragraphs: those equal to a gold one once lower-cased and without punctuation.
Precision and recall are means over the pages, F1 is theirs. A page that fails counts 0 throughout.

Rules are made on the half of the pages called "tune" and never by looking at "held out".
"""

from __future__ import annotations

import argparse
import hashlib
import re
import tempfile
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from statistics import fmean
from typing import Any

from rich.console import Console
from rich.table import Table

from index.encoder.pairs import rows
from index.errors import RejectedFileError
from index.readers import read_articles

SHINGLE_WORDS = 4
TABLE_WIDTH = 130  # columns, also where the output is no terminal


@dataclass(frozen=True, slots=True)
class Extracted:
    """What a system took from a page: citable paragraphs, headline, and time of publication."""

    paragraphs: tuple[str, ...]
    title: str
    published: str  # ISO 8601, or empty


@dataclass(frozen=True, slots=True)
class PageScore:
    """How one page was read; None where the set holds no gold. ``*_pr``: precision and recall."""

    body_pr: tuple[float, float]
    paragraphs_pr: tuple[float, float] | None
    title: bool | None
    day: bool | None
    failed: bool


System = Callable[[str], Extracted | None]


def tanya(html: str) -> Extracted | None:
    """What the index takes from the page; None when it is rejected."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "page.html"
        path.write_text(html, encoding="utf-8", errors="replace")
        try:
            [article], _ = read_articles(path, folder, path.name)
        except RejectedFileError:
            return None
    body = tuple(one.text for one in article.paragraphs if one.role == "body")
    return Extracted(
        body, article.title, article.published.isoformat() if article.published else ""
    )


def trafilatura_alone(html: str) -> Extracted | None:
    """What trafilatura takes from the page by default."""
    import trafilatura
    from trafilatura.settings import Document

    found = trafilatura.bare_extraction(html, with_metadata=True)
    if not isinstance(found, Document):
        return None
    return Extracted(tuple((found.text or "").splitlines()), found.title or "", found.date or "")


SYSTEMS: dict[str, System] = {"tanya": tanya, "trafilatura": trafilatura_alone}


def plain(text: str) -> str:
    """Lower-cased words without punctuation.

    >>> plain("“Tidak,” kata Ani.")
    'tidak kata ani'
    """
    return " ".join(re.findall(r"\w+", text.lower()))


def shingles(text: str) -> Counter[Hashable]:
    """The runs of ``SHINGLE_WORDS`` words of a text; a shorter text is one of its own."""
    found = plain(text).split()
    ends = range(SHINGLE_WORDS, max(len(found), SHINGLE_WORDS) + 1)
    return Counter(tuple(found[end - SHINGLE_WORDS : end]) for end in ends if found)


def precision_recall(found: Counter[Any], gold: Counter[Any]) -> tuple[float, float]:
    """Shares of ``found`` that is gold and of ``gold`` that was found; 0 of nothing.

    >>> precision_recall(Counter("aab"), Counter("abcd"))
    (0.6666666666666666, 0.5)
    """
    right = (found & gold).total()
    return right / max(1, found.total()), right / max(1, gold.total())


def f1(pairs: Sequence[tuple[float, float]]) -> tuple[float, float, float]:
    """Mean precision, mean recall and their harmonic mean."""
    precision, recall = fmean(p for p, _ in pairs), fmean(r for _, r in pairs)
    return precision, recall, 2 * precision * recall / max(precision + recall, 1e-9)


def same_day(found: str, gold: str) -> bool:
    """Whether both are of one day; where both state a time and zone, of one day in gold's zone."""
    if not found:
        return False
    ours, right = datetime.fromisoformat(found), datetime.fromisoformat(gold)
    if ours.tzinfo and right.tzinfo:
        ours = ours.astimezone(right.tzinfo)
    return ours.date() == right.date()


def score(page: dict[str, Any], system: System) -> PageScore:
    """How ``system`` reads a page, against the gold that comes with it."""
    found = system(page["html"])
    known = found or Extracted((), "", "")
    gold = page.get("paragraphs")
    body = "\n".join(gold) if gold else page["body"]
    return PageScore(
        body_pr=precision_recall(shingles("\n".join(known.paragraphs)), shingles(body)),
        paragraphs_pr=precision_recall(_blocks(known.paragraphs), _blocks(gold)) if gold else None,
        title=plain(known.title) == plain(page["title"]) if "title" in page else None,
        day=same_day(known.published, page["published"]) if "published" in page else None,
        failed=found is None,
    )


def _blocks(paragraphs: Iterable[str]) -> Counter[str]:
    return Counter(block for block in map(plain, paragraphs) if block)


def half(page_id: str) -> str:
    """Which half a page belongs to, by a hash of its id."""
    return "held out" if hashlib.sha256(page_id.encode()).digest()[-1] % 2 else "tune"


def report(scores: dict[tuple[str, str, str], list[PageScore]]) -> Table:
    """One line for each (set, half, system)."""
    columns = ("set", "pages", "system", "n", "body P", "R", "F1", "paragraphs P", "R", "F1")
    table = Table(*columns, "title", "day", "failed")
    for (name, part, system), pages in scores.items():
        blocks = [one.paragraphs_pr for one in pages if one.paragraphs_pr is not None]
        cells = [*f1([one.body_pr for one in pages]), *(f1(blocks) if blocks else (None,) * 3)]
        for values in ([one.title for one in pages], [one.day for one in pages]):
            known = [value for value in values if value is not None]
            cells.append(fmean(known) if known else None)
        table.add_row(
            *(name, part, system, str(len(pages))),
            *("" if cell is None else f"{cell:.3f}" for cell in cells),
            str(sum(one.failed for one in pages)),
        )
    return table


def main() -> None:
    parser = argparse.ArgumentParser(description="score the extraction of web pages")
    parser.add_argument("--data", type=Path, required=True, metavar="PATH")
    args = parser.parse_args()
    scores: dict[tuple[str, str, str], list[PageScore]] = {}
    for name in ("fundus", "zyte"):
        pages = list(rows(args.data / f"{name}.jsonl.gz"))
        for part in ("tune", "held out", "all"):
            for system in SYSTEMS:
                scores[name, part, system] = []
        for page in pages:
            for system, read in SYSTEMS.items():
                one = score(page, read)
                for part in (half(page["id"]), "all"):
                    scores[name, part, system].append(one)
    Console(width=TABLE_WIDTH).print(report(scores))


if __name__ == "__main__":
    main()
