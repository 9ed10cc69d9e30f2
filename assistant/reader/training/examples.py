"""What the reader is trained on: a question or statement, and one paragraph it is read with."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from assistant.reader.encoding import Verdict, heading
from index.encoder.pairs import rows
from index.text import language_of, sentences
from index.types import Language

Span = tuple[int, int]

HERE = Path(__file__).parent / "data"
MAX_CHARS = 500  # of a paragraph; longer ones are cut at sentences around the answer
CLOSE_CHARS = 150  # of most paragraphs that a yes/no question is read with alone
CLOSE = 0.75  # their share: what decides stands in one sentence
DATED = 0.5  # share of paragraphs without a day that get one, as paragraphs of news have
LOWER = 0.1  # share of questions in small letters without their question mark
ASKED = 0.5  # share of statements that are put as yes/no questions

_LABELS: dict[str, Verdict] = {
    "entailment": "supported", "contradiction": "contradicted", "neutral": "not_said",
    "yes": "supported", "no": "contradicted",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Example:
    """``asked`` is read with ``head`` (headline and day) and ``paragraph``.

    ``span``: offsets of the answer in ``paragraph``, None where it does not stand there.
    ``statement``: no span is looked for.
    """

    asked: str
    head: str
    paragraph: str
    span: Span | None = None
    verdict: Verdict = "open"
    statement: bool = False


Group = tuple[Example, ...]
"""A question with the paragraph that was chosen for it, then others that do not answer it."""


@dataclass(frozen=True, slots=True)
class NewsQuestion:
    """A question written by hand on an article; ``gold`` is the number of its paragraph.

    ``paragraphs`` are all of the article, ``answer`` the words of the gold one that answer or
    prove the verdict, empty where the whole article does not answer (a near miss; the gold
    paragraph is then the one that comes closest).
    """

    question: str
    language: Language
    title: str
    day: date | None
    paragraphs: tuple[str, ...]
    gold: int
    answer: str
    verdict: Verdict


class News:
    """The hand-written questions and statements, over articles of the training part."""

    def __init__(self, data: Path, articles: Path, own: Path = HERE) -> None:
        """``data`` holds ``train/``; ``articles`` is the file of Wikinews articles.

        Only articles on which ``train/news_questions`` asks are read: the others are for judging.
        """
        given = list(rows(data / "train" / "news_questions.jsonl.gz"))
        titles = {row["title"] for row in given if row["corpus"] == "wikinews"}
        self._articles: dict[str, tuple[str, date | None, tuple[str, ...]]] = {}
        for row in rows(articles):
            if row["title"] in titles:
                day = date.fromisoformat(row["date"][:10]) if row["date"] else None
                self._articles[row["title"]] = row["title"], day, tuple(row["text"].split("\n\n"))
        for row in rows(data / "train" / "facqa.jsonl.gz"):
            self._articles.setdefault(row["id"], ("", None, (row["context"],)))
        for row in _lines(own / "articles.jsonl"):
            day = date.fromisoformat(row["date"])
            self._articles[row["id"]] = row["title"], day, tuple(row["paragraphs"])
        self.questions = [*map(self._given, given)]
        self.questions += [self._own(row) for row in _lines(own / "questions.jsonl")]
        self._statements = list(_lines(own / "statements.jsonl"))

    def _given(self, row: dict[str, Any]) -> NewsQuestion:
        if row["corpus"] == "wikinews":
            return _question(row, *self._articles[row["title"]], row["paragraph"])
        return _question(row, "", None, (row["context"],), 0)

    def _own(self, row: dict[str, Any]) -> NewsQuestion:
        return _question(row, *self._articles[row["article"]], row["paragraph"])

    def statements(self) -> Iterator[Example]:
        """The statements, each with the paragraph that it was judged by."""
        for row in self._statements:
            title, day, paragraphs = self._articles[row["article"]]
            text = paragraphs[row["paragraph"]]
            above = heading(title, day, written(text, title))
            yield Example(row["statement"], above, text, None, row["label"], True)

    def corpus(self) -> Iterator[tuple[str, str, date | None, tuple[str, ...]]]:
        """Key, headline, day and paragraphs of every article that may be trained on."""
        for key, (title, day, paragraphs) in self._articles.items():
            yield key, title, day, paragraphs


def _question(
    row: dict[str, Any], title: str, day: date | None, paragraphs: tuple[str, ...], gold: int
) -> NewsQuestion:
    answer = row["answers"][0] if row["answers"] else ""
    verdict: Verdict = "open"
    if row["type"] == "yes_no":
        verdict = _LABELS[row["verdict"]] if answer else "not_said"
    return NewsQuestion(row["question"], row["lang"], title, day, paragraphs, gold, answer, verdict)


def written(text: str, title: str) -> Language:
    """The language of a paragraph, as far as the day before it needs it."""
    return language_of(f"{title} {text}") or "id"


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def answered(one: NewsQuestion) -> Example:
    """The question with its gold paragraph."""
    text = one.paragraphs[one.gold]
    begin = text.find(one.answer) if one.answer else -1
    span = (begin, begin + len(one.answer)) if begin >= 0 else None
    above = heading(one.title, one.day, written(text, one.title))
    return Example(one.question, above, text, span, one.verdict)


def elsewhere(one: NewsQuestion, above: str, text: str) -> Example:
    """The question with a paragraph that does not answer it."""
    verdict: Verdict = "open" if one.verdict == "open" else "not_said"
    return Example(one.question, above, text, None, verdict)


def public(train: Path) -> dict[str, list[Example]]:
    """The public question sets by name; what has an answer that is not in its context is left out.

    Of SQuAD in two languages, both questions are put to both contexts.
    """
    found: dict[str, list[Example]] = {}
    names = (
        "idk_mrc", "tydiqa_id", "tydiqa_en", "facqa", "squad11_en_extra",
        "squadshifts_new_wiki_en", "qamr_en", "fairytaleqa_en",
    )  # fmt: skip
    for name in names:
        found[name] = list(
            _sifted(
                (row["question"], row["title"], row["context"], row)
                for row in rows(train / f"{name}.jsonl.gz")
            )
        )
    for asked in ("eng", "ind"):
        for side in ("eng", "ind"):
            found[f"squad {asked}-{side}"] = list(
                _sifted(
                    (
                        row[f"q_{asked}"], row["title"], row[f"ctx_{side}"],
                        {"answerable": row["answerable"], "answers": row[f"answers_{side}"]},
                    )
                    for row in rows(train / "squad2_xling.jsonl.gz")
                )
            )  # fmt: skip
    return found


def _sifted(given: Iterator[tuple[str, str, str, dict[str, Any]]]) -> Iterator[Example]:
    for asked, title, context, row in given:
        span = locate(context, row["answers"], row.get("answer_starts") or [])
        if span is not None or not row["answerable"]:
            yield Example(asked, title.replace("_", " "), context, span)


def entailment(train: Path) -> list[Example]:
    """IndoNLI (Mahendra et al. 2021): hypotheses with their premises."""
    return [
        Example(row["hypothesis"], "", row["premise"], None, _LABELS[row["label"]], True)
        for row in rows(train / "indonli.jsonl.gz")
    ]


def locate(context: str, answers: list[str], starts: list[int]) -> Span | None:
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


def made_up(group: Group, rng: random.Random) -> Group:
    """The group as it may be met: paragraphs of common length, days, ways of asking."""
    asked = reworded(group[0], rng)
    close = len(group) == 1 and is_yes_no(group[0]) and rng.random() < CLOSE
    chars = CLOSE_CHARS if close else MAX_CHARS
    return tuple(replace(dated(shortened(one, rng, chars), rng), asked=asked) for one in group)


def is_yes_no(one: Example) -> bool:
    """Whether the example is a yes/no question."""
    return one.verdict != "open" and not one.statement


def shortened(one: Example, rng: random.Random, chars: int = MAX_CHARS) -> Example:
    """The example with at most about ``chars`` of its paragraph: a run of whole sentences.

    The run holds the answer, at a random place.
    """
    if len(one.paragraph) <= chars:
        return one
    spans = sentences(one.paragraph)
    first = last = rng.randrange(len(spans))
    if one.span:
        begin, end = one.span
        inside = [i for i, (a, b) in enumerate(spans) if a < end and b > begin]
        if not inside:
            return one
        first, last = inside[0], inside[-1]
    while spans[last][1] - spans[first][0] < chars:
        sides = [side for side, there in ((-1, first > 0), (1, last + 1 < len(spans))) if there]
        if not sides:
            break
        side = rng.choice(sides)
        wider = (first + min(side, 0), last + max(side, 0))
        if spans[wider[1]][1] - spans[wider[0]][0] > chars:
            break
        first, last = wider
    low, high = spans[first][0], spans[last][1]
    span = (one.span[0] - low, one.span[1] - low) if one.span else None
    return replace(one, paragraph=one.paragraph[low:high], span=span)


def dated(one: Example, rng: random.Random) -> Example:
    """Some heads without a figure get a day."""
    if not any(char.isdigit() for char in one.head) and rng.random() < DATED:
        day = date(rng.randint(1999, 2026), rng.randint(1, 12), rng.randint(1, 28))
        one = replace(one, head=heading(one.head, day, written(one.paragraph, one.head)))
    return one


def reworded(one: Example, rng: random.Random) -> str:
    """What is asked: some questions lose their capitals, some statements become questions."""
    if one.statement:
        return as_question(one, rng) if rng.random() < ASKED else one.asked
    return one.asked.lower().rstrip(" ?") if rng.random() < LOWER else one.asked


def as_question(one: Example, rng: random.Random) -> str:
    """The statement as a yes/no question; its first word keeps its capital if it is a name.

    >>> one = Example("Seorang pria ditangkap.", "", "Polisi menangkap seorang pria.")
    >>> as_question(one, random.Random(2))
    'Apakah seorang pria ditangkap?'
    """
    said = one.asked.rstrip(" .")
    first = said.split(" ", 1)[0].lower()
    if first in one.paragraph.split():
        said = first + said[len(first) :]
    ways = {"id": ("Apakah", "Benarkah", "Apa benar"), "en": ("Is it true that", "Is it so that")}
    return f"{rng.choice(ways[written(one.asked, '')])} {said}?"
