"""What the reader is trained on: questions on texts, with their answers or with none."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import numpy as np

from assistant.reader.cloze import cloze
from assistant.types import spoken_date
from index.dates import MONTHS
from index.encoder import StaticEncoder
from index.encoder.pairs import rows
from index.lexicon import Lexicon
from index.types import Language

NEGATIVES = 0.2  # share of questions that are put to a paragraph that only looks alike
NEAREST = 8  # such paragraphs to choose from
MONTH_NAMED = 0.2  # share of questions that name the month of their article
MONTH_WRONG = 0.3  # share of these that name another
SWAPPED = 0.1  # share of questions whose name or number is swapped: not answered any more
REPEATS = {"facqa": 3.0, "qamr_en": 0.3, "fairytaleqa_en": 0.6, "squad2_xling": 1.0}
FILES = (
    "idk_mrc", "tydiqa_id", "tydiqa_en", "facqa", "squad11_en_extra", "squadshifts_new_wiki_en",
    "qamr_en", "fairytaleqa_en",
)  # fmt: skip

_NAME = re.compile(r"(?<=[a-z] )[A-Z][\w'’-]+(?: [A-Z][\w'’-]+)*")
_YEAR = re.compile(r"\b(?:1[5-9]|20)\d\d\b")
_WHEN = re.compile(
    r"\b(?:kapan\w*|bilamana|when|jam|pukul|hari|day|bulan|month|tahun|year|tanggal|date|time|abad|"
    rf"century|{'|'.join(MONTHS)})\b",
    re.I,
)


@dataclass(frozen=True, slots=True)
class Example:
    """A question on a context; ``answer`` is its offsets there, None when it is not answered.

    ``pool`` names the contexts among which another paragraph is looked for.
    """

    question: str
    language: Language
    title: str
    context: str
    answer: tuple[int, int] | None
    source: str
    pool: str

    @property
    def written(self) -> Language:
        """The language of the context."""
        if not self.pool:  # a cloze
            return self.language
        return "en" if "_en" in self.pool or self.pool.endswith("eng") else "id"


def locate(context: str, answers: list[str], starts: list[int]) -> tuple[int, int] | None:
    """Offsets of the first answer that stands in the context."""
    for i, answer in enumerate(answers):
        if not answer.strip():
            continue
        begin = starts[i] if i < len(starts) else -1
        if begin < 0 or context[begin : begin + len(answer)] != answer:
            begin = context.find(answer)
        if begin >= 0:
            return begin, begin + len(answer)
    return None


def examples(train: Path) -> Iterator[Example]:
    """All training examples; questions whose answer is not in their context are left out."""
    for name in FILES:
        for row in rows(train / f"{name}.jsonl.gz"):
            starts = list(row.get("answer_starts") or ())
            place = locate(row["context"], list(row["answers"]), starts)  # type: ignore[arg-type]
            if row["answerable"] and place is None:
                continue
            language: Language = "en" if row["lang"].startswith("en") else "id"
            title = row["title"].replace("_", " ")
            yield Example(row["question"], language, title, row["context"], place, name, name)
    for row in rows(train / "squad2_xling.jsonl.gz"):
        for side in ("eng", "ind"):
            place = locate(row[f"ctx_{side}"], list(row[f"answers_{side}"]), [])
            if row["answerable"] and place is None:
                continue
            for language, asked in (("en", "eng"), ("id", "ind")):
                yield Example(
                    row[f"q_{asked}"], language, row["title"].replace("_", " "),
                    row[f"ctx_{side}"], place, "squad2_xling", f"squad {side}",
                )  # fmt: skip


def paragraphs(train: Path, found: list[Example]) -> Iterator[tuple[str, str, Language]]:
    """Texts that clozes are made of, with their titles: the contexts, and Wikipedia's leads."""
    seen = {(one.context, one.title, one.written) for one in found}
    yield from sorted(seen)
    for row in rows(train / "squad_sentences_en.jsonl.gz"):
        yield row["context"], "", "en"
    for row in rows(train / "idwiki_lead.jsonl.gz"):
        for text in row["text"].split("\n\n"):
            if len(text) > 200:
                yield text, row["title"], "id"


def clozes(
    texts: list[tuple[str, str, Language]], count: int, lexicon: Lexicon, rng: random.Random
) -> Iterator[Example]:
    """``count`` made questions, as many on English texts as on Indonesian ones."""
    by_language = [[one for one in texts if one[2] == language] for language in ("en", "id")]
    while count:
        text, title, language = rng.choice(rng.choice(by_language))
        made = cloze(text, title, language, lexicon, rng)
        if made:
            count -= 1
            yield Example(made.question, language, title, made.context, made.answer, "cloze", "")


def lookalikes(found: list[Example], encoder: StaticEncoder) -> list[list[tuple[str, str]]]:
    """For each example the ``NEAREST`` titled contexts of its pool most like its question."""
    pools: dict[str, list[int]] = {}
    for i, one in enumerate(found):
        pools.setdefault(one.pool, []).append(i)
    nearest: list[list[tuple[str, str]]] = [[] for _ in found]
    for members in pools.values():
        contexts = list(dict.fromkeys((found[i].title, found[i].context) for i in members))
        vectors = encoder.encode([context for _, context in contexts])
        for begin in range(0, len(members), 2_000):
            part = members[begin : begin + 2_000]
            cosines = encoder.encode([found[i].question for i in part]) @ vectors.T
            top = np.argsort(-cosines, axis=1)[:, :NEAREST]
            for i, row in zip(part, top, strict=True):
                nearest[i] = [contexts[j] for j in row]
    return nearest


def sample(
    found: list[Example], nearest: list[list[tuple[str, str]]], rng: random.Random
) -> list[Example]:
    """One epoch: sources by ``REPEATS``, some questions put to a paragraph that looks alike."""
    epoch = []
    names = sorted({match.group() for one in found for match in _NAME.finditer(one.question)})
    for one, others in zip(found, nearest, strict=True):
        repeat = REPEATS.get(one.source, 1.0)
        for _ in range(int(repeat) + (rng.random() < repeat % 1)):
            if one.answer and rng.random() < SWAPPED:
                question = swapped(one, names, rng)
                if question:
                    epoch.append(replace(one, question=question, answer=None))
                    continue
            if one.answer and others and rng.random() < NEGATIVES:
                title, other = rng.choice(others)
                answer = one.context[slice(*one.answer)].lower()
                if other != one.context and answer not in other.lower():
                    epoch.append(replace(one, title=title, context=other, answer=None))
                    continue
            epoch.append(one)
    return epoch


def swapped(one: Example, names: list[str], rng: random.Random) -> str | None:
    """The question with a name or year that its context holds swapped for one it does not."""
    known = [m for m in _NAME.finditer(one.question) if m.group() in one.context]
    known += [m for m in _YEAR.finditer(one.question) if m.group() in one.context]
    if not known:
        return None
    match = rng.choice(known)
    if match.group().isdigit():
        other = str(int(match.group()) + rng.choice((-1, 1)) * rng.randint(1, 20))
    else:
        other = rng.choice(names)
    if other.lower() in one.context.lower():
        return None
    return one.question[: match.start()] + other + one.question[match.end() :]


def dated(one: Example, rng: random.Random) -> tuple[Example, str]:
    """The example as if its article were of a day, drawn at random, and that day in words.

    Some questions name the month of that day. Those that name another are not answered there.
    """
    day = datetime(rng.randint(1995, 2025), rng.randint(1, 12), rng.randint(1, 28))
    written = spoken_date(day, True, one.written)
    asked = one.question
    if (
        one.source == "cloze"
        or _YEAR.search(asked)
        or _WHEN.search(asked)
        or rng.random() > MONTH_NAMED
    ):
        return one, written
    wrong = rng.random() < MONTH_WRONG
    if wrong:
        other = (day.month + rng.randint(1, 9)) % 12 + 1
        day = rng.choice((day.replace(month=other), day.replace(year=day.year - rng.randint(1, 9))))
        if spoken_date(day, True, one.written).split(" ", 1)[1] in one.context:
            return one, written
    _, month = spoken_date(day, True, one.language).split(" ", 1)
    phrase = f"{'in' if one.language == 'en' else 'pada'} {month}"
    if rng.random() < 0.5:
        begin = asked if asked[:2].isupper() else f"{asked[:1].lower()}{asked[1:]}"
        asked = f"{phrase[0].upper()}{phrase[1:]}, {begin}"
    else:
        asked = f"{asked.rstrip(' ?')} {phrase}?"
    return replace(one, question=asked, answer=None if wrong else one.answer), written
