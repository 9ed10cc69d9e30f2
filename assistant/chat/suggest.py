"""Questions that the collection answers, found in its own sentences and checked by asking.

A template turns a sentence into a question whose answer it holds; the question is kept only if
the assistant's short answer is what the sentence says.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from assistant.passages import whole_quote
from assistant.types import Answer
from index.text import STOP_WORDS, content_words, sentences, words
from index.types import Article, Language

if TYPE_CHECKING:
    from assistant.assistant import Assistant

SEARCHED = 60  # articles, newest first, that are searched for questions
WANTED = 8  # questions of each language
BUDGET_SECONDS = 30.0  # some two seconds do, unless the machine is busy
FOLLOW_UPS = 3
MAX_WORDS = 16

_NAME = r"[A-Z][\w’'-]+(?: [A-Z][\w’'-]+){1,3}"
_ROLE = r"[a-z][^,.;:()\"“”]{6,60}"
_NUMBER = r"\d[\d.,]*(?: (?:ribu|juta|miliar|triliun|thousand|million|billion|trillion))?"
_DATE = {
    "id": r"(?:Senin|Selasa|Rabu|Kamis|Jumat|Sabtu|Minggu|(?:tanggal )?\d{1,2} \w+(?: \d{4})?|"
    r"(?:tahun )?(?:19|20)\d\d)",
    "en": r"(?:Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday|"
    r"\d{1,2} [A-Z]\w+(?: \d{4})?|"
    r"[A-Z]\w+ \d{1,2}(?:, \d{4})?|(?:19|20)\d\d)",
}


_INNER_NAME = re.compile(r"(?<=[a-z,] )[A-Z][\w’'-]*")
_VAGUE = re.compile(r"\b(?:itu|ini|tersebut|ia|mereka|and|was|were|this|that|these|those)\b")


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A question that was answered with a short answer, and the article that answers it."""

    question: str
    language: Language
    article_id: str


@dataclass(frozen=True, slots=True)
class Candidate:
    """A question not asked yet, and what its short answer must say."""

    question: str
    language: Language
    expected: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Template:
    """Sentences that match ``pattern`` answer ``question`` with the group ``answer``."""

    pattern: re.Pattern[str]
    question: str


def _template(pattern: str, question: str) -> Template:
    return Template(re.compile(pattern), question)


TEMPLATES: dict[Language, tuple[Template, ...]] = {
    "id": (
        _template(
            r"^(?P<what>[A-Z][^,.;:()]{8,70}? di(?!a\b|mana\b)\w{4,}(?: kembali)?)\b"
            rf"[^,;:]{{0,60}}? pada (?P<answer>{_DATE['id']})",
            "Kapan {what}?",
        ),
        _template(
            rf"^(?:Sekitar |Sebanyak |Lebih dari |Sedikitnya )?(?P<answer>{_NUMBER}) "
            r"(?P<what>[a-z]+ [^,.;:()]{12,80}?)(?:,| dengan | setelah | karena |\.$)",
            "Berapa {what}?",
        ),
        _template(
            rf"(?:kata|ujar|tutur|ucap) (?P<what>{_NAME}), (?P<answer>{_ROLE})[,.]",
            "Siapa {what}?",
        ),
    ),
    "en": (
        _template(
            r"^(?P<what>[A-Z][^,.;:()]{6,60}?) (?P<verb>was|were) "
            r"(?P<done>\w+(?:ed|en|n|t|ld|ne))\b"
            rf"[^,;:]{{0,60}}? (?:in|on) (?P<answer>{_DATE['en']})\b",
            "When {verb} {what} {done}?",
        ),
        _template(
            rf"^(?:About |Some |Around |More than |At least |Nearly )?(?P<answer>{_NUMBER}) "
            r"(?P<what>[a-z]+ [^,.;:()]{12,80}?)(?:,| after | because | when |\.$)",
            "How many {what}?",
        ),
        _template(
            rf"(?:said|says) (?P<what>{_NAME}), (?P<answer>{_ROLE})[,.]",
            "Who is {what}?",
        ),
    ),
}  # fmt: skip


def find(assistant: Assistant, samples: bool) -> Iterator[Suggestion]:
    """Questions that the collection answers, both languages, from many articles."""
    deadline = time.monotonic() + BUDGET_SECONDS
    store = assistant.store
    newest = [article.id for article in store.articles[:SEARCHED]]
    main: list[list[Candidate]] = []  # of each article: on what its headline names
    aside: list[list[Candidate]] = []  # and on others, who are often bystanders
    for article in store.catalog.articles(newest):
        found = list(candidates(article))
        main.append([one for one in found if _on_its_subject(one, article)])
        aside.append([one for one in found if not _on_its_subject(one, article)])
    pool = _interleaved(main) + (_of_samples() if samples else []) + _interleaved(aside)
    missing = dict.fromkeys(("id", "en"), WANTED)
    for candidate in pool:
        if time.monotonic() > deadline:
            return
        if missing[candidate.language]:
            suggestion = check(assistant, candidate)
            if suggestion:
                missing[candidate.language] -= 1
                yield suggestion


def follow_ups(
    assistant: Assistant, answer: Answer, asked: Iterable[str], pool: Sequence[Suggestion]
) -> list[str]:
    """Questions to ask next: on the articles of the answer, else on others, all checked."""
    cited = [citation.paragraph.article_id for citation in answer.citations]
    near = list(dict.fromkeys(cited or [near.article.id for near in answer.nearest]))[:2]
    done = {_same(question) for question in asked}
    found = [one for one in pool if one.article_id in near and _same(one.question) not in done]
    for article in assistant.store.catalog.articles(near):
        for candidate in candidates(article):
            known = done | {_same(one.question) for one in found}
            if len(found) < FOLLOW_UPS and _same(candidate.question) not in known:
                found += filter(None, [check(assistant, candidate)])
    others = [one for one in pool if one not in found]
    for some in (found, others):
        some.sort(key=lambda one: one.language != answer.language)
    questions = dict.fromkeys(one.question for one in [*found, *others])
    return [question for question in questions if _same(question) not in done][:FOLLOW_UPS]


def _on_its_subject(candidate: Candidate, article: Article) -> bool:
    """Whether the question names something that the headline names too."""
    return bool(set(content_words(candidate.question)) & set(content_words(article.title)))


def _same(question: str) -> str:
    """What two questions have in common that differ in case or punctuation only."""
    return " ".join(words(question))


def candidates(article: Article) -> Iterator[Candidate]:
    """Questions made of the sentences of an article, those of the first template first."""
    bodies = [one.text for one in article.paragraphs if one.role == "body"]
    told = [
        body[start:end] for body in map(_without_dateline, bodies) for start, end in sentences(body)
    ]
    names = {name for sentence in told for name in _INNER_NAME.findall(sentence)}
    common = STOP_WORDS | {word for body in bodies for word in body.split() if word.islower()}
    for template in TEMPLATES[article.language]:
        for sentence in told:
            match = template.pattern.search(sentence)
            if match and (question := _filled(template, match, names, common)):
                yield Candidate(question, article.language, (match["answer"],))


def _without_dateline(body: str) -> str:
    return body[whole_quote(body, (0, len(body)))[0] :]


def _filled(
    template: Template, match: re.Match[str], names: set[str], common: set[str] | frozenset[str]
) -> str:
    """The question of a match; empty when it would be vague or too long.

    ``names`` are the article's words with a capital inside sentences, ``common`` those in lower
    case: they tell whether a sentence's first word owes its capital to its place.
    """
    first, *rest = match["what"].split()
    named = first in names or any(word[0].isupper() for word in rest)
    if first.lower() in common and first not in names:
        first = first.lower()
    what = " ".join([first, *rest])
    question = template.question.format_map({**match.groupdict(), "what": what})
    vague = _VAGUE.search(what) or match["answer"].startswith("who ")
    return question if named and not vague and len(question.split()) <= MAX_WORDS else ""


def check(assistant: Assistant, candidate: Candidate) -> Suggestion | None:
    """The suggestion if asking it gives the expected short answer."""
    answer = assistant.ask(candidate.question)
    if answer.abstained or not answer.short or answer.level == "low":
        return None
    if answer.language != candidate.language:
        return None
    said = f" {' '.join(words(answer.short))} "
    for expected in candidate.expected:
        wanted = f" {' '.join(words(expected))} "
        if wanted.strip() and (wanted in said or said in wanted):
            article_id = answer.citations[0].paragraph.article_id
            return Suggestion(candidate.question, candidate.language, article_id)
    return None


def _of_samples() -> list[Candidate]:
    """The development questions on the bundled articles."""
    from evals.questions import load_questions

    return [
        Candidate(one.question, one.language, one.answers)
        for one in load_questions()
        if one.answerable and one.split == "dev" and one.category == "factoid"
    ]


def _interleaved(lists: Sequence[Sequence[Candidate]]) -> list[Candidate]:
    """The first of each list, then the second of each, so that many articles are heard.

    >>> _interleaved([])
    []
    """
    longest = max(map(len, lists), default=0)
    return [one[at] for at in range(longest) for one in lists if at < len(one)]
