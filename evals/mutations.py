"""How well unsupported sentences are told from supported ones: ``python -m evals.mutations``.

Supported are the sentences of the sample articles as they stand, and restatements of them, in
their own language and in the other. Each is changed in one place so that its paragraph no longer
says it: a number, a date, a name, a place, a negation, two names that change places. The share of
changes that the support check catches is reported by kind, with the share of unchanged sentences
that it loses. ``--data PATH`` takes the sentences of parallel texts instead, each with its
translation for a paragraph.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
import re
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from pathlib import Path
from typing import Literal

from rich.console import Console
from rich.table import Table

from assistant.assistant import Assistant
from assistant.config import samples_folder
from assistant.quantities import quantities
from assistant.support import Source, SupportCheck
from evals.questions import load_questions
from evals.runner import sample_articles
from index.encoder import StaticEncoder
from index.ingest import index_paths
from index.text import STOP_WORDS, WORD, language_of, lemma, sentences
from index.types import Article, Language, Paragraph

RESTATEMENTS = Path(__file__).parent / "restatements.jsonl"
MIN_WORDS = 6
PARALLEL_STEP = 3

Kind = Literal["number", "date", "name", "place", "negation", "roles"]
Way = Literal["verbatim", "restated", "across"]
KINDS: tuple[Kind, ...] = ("number", "date", "name", "place", "negation", "roles")
WAYS: tuple[Way, ...] = ("verbatim", "restated", "across")


@dataclass(frozen=True, slots=True)
class Case:
    """A sentence with its paragraph; ``kind`` is what was changed in it, None for nothing."""

    sentence: str
    source: Source
    way: Way
    kind: Kind | None = None


def supported(articles: dict[str, Article]) -> list[Case]:
    """The sentences of these articles that stand by themselves, and their restatements."""
    cases = [
        Case(paragraph.text[start:end], _source(article, paragraph), "verbatim")
        for article in articles.values()
        for paragraph in article.paragraphs
        if paragraph.role == "body"
        for start, end in sentences(paragraph.text)
        if end - start < 400 and len(WORD.findall(paragraph.text[start:end])) >= MIN_WORDS
    ]
    for line in RESTATEMENTS.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        if row["article"] not in articles:
            continue
        article = articles[row["article"]]
        paragraph = next(one for one in article.paragraphs if one.number == row["number"])
        same = language_of(row["sentence"]) == article.language
        cases.append(
            Case(row["sentence"], _source(article, paragraph), "restated" if same else "across")
        )
    return cases


def parallel(path: Path) -> list[Case]:
    """Sentences whose translation is their paragraph, both ways, from JSON lines.

    A line has ``ind`` and ``eng``; one in three is taken, since these files are long.
    """
    found = []
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in list(lines)[::PARALLEL_STEP]:
            row = json.loads(line)
            if min(len(WORD.findall(row[side])) for side in ("ind", "eng")) >= MIN_WORDS:
                found.append(Case(row["eng"], Source(row["ind"], "id"), "across"))
                found.append(Case(row["ind"], Source(row["eng"], "en"), "across"))
    return found


def _source(article: Article, paragraph: Paragraph) -> Source:
    return Source(
        paragraph.text, article.language, article.title, article.source, article.published
    )


# Changes: each returns the changed sentence, or None where it finds nothing to change.


_NUMBER_WORDS: dict[Language, tuple[str, ...]] = {
    "id": ("dua", "tiga", "empat", "lima", "enam", "tujuh", "delapan", "sembilan", "sepuluh"),
    "en": ("two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"),
}
_MONTHS: dict[Language, tuple[str, ...]] = {
    "id": ("Januari", "Februari", "Maret", "April", "Juni", "Juli", "Agustus", "September",
           "Oktober", "November", "Desember"),
    "en": ("January", "February", "March", "April", "June", "July", "August", "September",
           "October", "November", "December"),
}  # fmt: skip
_PLACES: dict[Language, tuple[str, ...]] = {
    "id": ("Jakarta", "Bandung", "Surabaya", "Malang", "Papua", "Lombok", "Depok", "Palembang",
           "Jepang", "China", "Amerika Serikat", "Australia", "Belanda", "Thailand", "Malaysia",
           "Prancis", "Jerman", "Maroko", "Mesir", "India", "Singapura", "London", "Tokyo",
           "Paris", "Jenewa", "Polandia", "Padalarang", "Wuhan", "Kolombia", "Filipina", "Bali",
           "Medan", "Makassar", "Semarang", "Spanyol", "Kanada", "Brasil"),
    "en": ("Jakarta", "Bandung", "Surabaya", "Malang", "Papua", "Lombok", "Depok", "Palembang",
           "Japan", "China", "the United States", "Australia", "Thailand", "Malaysia", "France",
           "Germany", "Morocco", "Egypt", "India", "Singapore", "London", "Tokyo", "Paris",
           "Geneva", "Poland", "Spain", "Seoul", "Phuket", "Gambia", "Bulgaria", "Argentina",
           "Syria", "Iran", "Qatar", "Wuhan", "the Philippines", "Canada", "Brazil", "Norway"),
}  # fmt: skip
_WEEKDAYS: dict[Language, tuple[str, ...]] = {
    "id": ("Senin", "Selasa", "Rabu", "Kamis", "Jumat", "Sabtu", "Minggu"),
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
}
_NEGATOR = re.compile(r"\b(?:tidak|bukan|belum|not)\b ?|n['’]t\b", re.I)
_AUXILIARY = re.compile(r"\b(?:was|were|is|are|will|has|have|had|can|could|would|must|should)\b")
_VERB = re.compile(r"\b(?:me|di|ber|ter)[a-z]{4,}\b")
_NAME = re.compile(r"[A-Z][\w'’.-]*\w(?: [A-Z][\w'’.-]*\w)*")

Change = Callable[[str, Language, random.Random], str | None]


def _other(choices: Sequence[str], current: str, draw: random.Random) -> str:
    return draw.choice([one for one in choices if one.lower() != current.lower()])


def _another_digit(text: str, draw: random.Random) -> str:
    """``text`` with its first digit changed; it stays a digit from 1."""
    at = next(i for i, char in enumerate(text) if char.isdigit())
    return text[:at] + _other("123456789", text[at], draw) + text[at + 1 :]


def change_number(sentence: str, language: Language, draw: random.Random) -> str | None:
    """Another digit of a number, or another number word."""
    found = []
    for one in quantities(sentence, language):
        start, end = one.span
        if one.kind in ("number", "percent", "money", "unit"):
            said = sentence[start:end]
            if any(char.isdigit() for char in said):
                found.append((start, end, _another_digit(said, draw)))
            elif said.lower() in _NUMBER_WORDS[language]:
                found.append((start, end, _other(_NUMBER_WORDS[language], said, draw)))
    return _replaced(sentence, found, draw)


def change_date(sentence: str, language: Language, draw: random.Random) -> str | None:
    """Another day, month, year or weekday."""
    found = []
    for one in quantities(sentence, language):
        start, end = one.span
        if one.kind == "date" and any(char.isdigit() for char in sentence[start:end]):
            if match := re.search(r"\b(?:[12]?\d)\b", sentence[start:end]):
                day = str(int(match.group()) % 28 + 1)
                found.append((start + match.start(), start + match.end(), day))
            if match := re.search(r"(?:19|20)\d\d", sentence[start:end]):
                year = str(int(match.group()) - draw.randint(1, 9))
                found.append((start + match.start(), start + match.end(), year))
    for names in (_MONTHS[language], _WEEKDAYS[language]):
        found += [
            (match.start(), match.end(), _other(names, match.group(), draw))
            for match in re.finditer(rf"\b(?:{'|'.join(names)})\b", sentence)
        ]
    return _replaced(sentence, found, draw)


def change_place(sentence: str, language: Language, draw: random.Random) -> str | None:
    """Another place."""
    places = _PLACES[language]
    found = [
        (match.start(), match.end(), _other(places, match.group(), draw))
        for match in re.finditer(rf"\b(?:{'|'.join(places)})\b(?![-'’])", sentence)
    ]
    return _replaced(sentence, found, draw)


def change_negation(sentence: str, language: Language, draw: random.Random) -> str | None:
    """Without its negation, or with one before its first verb."""
    if match := _NEGATOR.search(sentence):
        return sentence[: match.start()] + sentence[match.end() :]
    if language == "en":
        match = _AUXILIARY.search(sentence)
        return match and f"{sentence[: match.end()]} not{sentence[match.end() :]}"
    for match in _VERB.finditer(sentence):
        if match.group() not in STOP_WORDS and lemma(match.group()) != match.group():
            return f"{sentence[: match.start()]}tidak {sentence[match.start() :]}"
    return None


def change_roles(sentence: str, language: Language, draw: random.Random) -> str | None:
    """Two names change places, with words between them that are no mere list."""
    names = _names(sentence, language)
    pairs = []
    for (a, b), (c, d) in combinations(names, 2):
        between = WORD.findall(sentence[b:c])
        if any(word.islower() and word not in STOP_WORDS for word in between):
            pairs.append((a, b, c, d))
    if not pairs:
        return None
    a, b, c, d = draw.choice(pairs)
    return sentence[:a] + sentence[c:d] + sentence[b:c] + sentence[a:b] + sentence[d:]


def name_changer(pool: Sequence[str]) -> Change:
    """A change to another name of ``pool``, of as many words."""

    def change_name(sentence: str, language: Language, draw: random.Random) -> str | None:
        found = []
        for start, end in _names(sentence, language):
            said = sentence[start:end]
            others = [
                one for one in pool if len(one.split()) == len(said.split()) and one not in sentence
            ]
            if said not in _PLACES[language] and others:
                found.append((start, end, draw.choice(others)))
        return _replaced(sentence, found, draw)

    return change_name


def _names(sentence: str, language: Language) -> list[tuple[int, int]]:
    """Where names stand inside the sentence; no dates, and not its first word."""
    taken = [one.span for one in quantities(sentence, language)]
    return [
        match.span()
        for match in _NAME.finditer(sentence)
        if match.start() > 0
        and sentence[match.start() - 1] not in "\"'“‘"
        and match.group().split()[0].lower() not in STOP_WORDS
        and not match.group().startswith((*_WEEKDAYS["id"], *_WEEKDAYS["en"]))
        and not any(a < match.end() and match.start() < b for a, b in taken)
    ]


def _replaced(
    sentence: str, found: Sequence[tuple[int, int, str]], draw: random.Random
) -> str | None:
    if not found:
        return None
    start, end, text = draw.choice(found)
    return sentence[:start] + text + sentence[end:]


def mutate(cases: Sequence[Case], seed: int = 0) -> list[Case]:
    """One change of each kind for each case that has something to change."""
    pool = sorted(
        {
            case.sentence[start:end]
            for case in cases
            for start, end in _names(case.sentence, case.source.language)
        }
    )
    changes: dict[Kind, Change] = {
        "number": change_number,
        "date": change_date,
        "name": name_changer(pool),
        "place": change_place,
        "negation": change_negation,
        "roles": change_roles,
    }
    found = []
    for case in cases:
        language = language_of(case.sentence) or case.source.language
        for kind, change in changes.items():
            changed = change(
                case.sentence, language, random.Random(f"{seed} {kind} {case.sentence}")
            )
            if changed and changed != case.sentence:
                found.append(replace(case, sentence=changed, kind=kind))
    return found


def main() -> int:
    """Print the shares caught and lost."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--split", choices=("dev", "test"), default="dev")
    parser.add_argument("--data", type=Path, metavar="JSONL.GZ", help="parallel sentences")
    parser.add_argument("--list", action="store_true", help="print what is missed and lost")
    args = parser.parse_args()
    console = Console(width=140)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as work:
        encoder = StaticEncoder()
        index_paths(Path(work) / "index", [samples_folder()], encoder)
        assistant = Assistant.open(Path(work) / "index")
        check = SupportCheck(encoder, assistant.store.matcher())
        names = {
            gold.article for one in load_questions() if one.split == args.split for gold in one.gold
        }
        articles = sample_articles(assistant)
        cases = (
            parallel(args.data)
            if args.data
            else supported({name: articles[name] for name in sorted(names)})
        )
        judged = [(case, check(case.sentence, [case.source])) for case in cases + mutate(cases)]
    table = Table("", *(f"{way} n" if i else way for way in (*WAYS, "all") for i in (0, 1)))
    for kind in (None, *KINDS):
        cells = []
        for way in (*WAYS, "all"):
            verdicts = [
                bool(verdict)
                for case, verdict in judged
                if case.kind == kind and way in (case.way, "all")
            ]
            refused = verdicts.count(False)
            cells += [f"{refused / len(verdicts):.3f}" if verdicts else "", str(len(verdicts))]
        table.add_row(f"caught: {kind}" if kind else "lost: unchanged", *cells)
    console.print(table)
    for case, verdict in judged if args.list else ():
        if bool(verdict) == (case.kind is not None):
            faults = ",".join(verdict.faults)
            line = f"{case.kind or 'lost'} {case.way} {faults} {verdict.coverage:.2f}: "
            console.print(line + case.sentence, highlight=False, markup=False)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
