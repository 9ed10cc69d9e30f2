"""Exports of news databases: one file of many articles, each with a head of its own.

Nexis, Factiva and ProQuest write a mark between two articles, and state what they know of each
behind labels (``BYLINE: …``, ``Publication title: …``, ``HD …``) or on lines in a fixed order.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from index.dates import find_date
from index.readers.draft import Draft, dated, of_part
from index.readers.wrapping import paragraph_lines
from index.structure import Block, parse_article
from index.text import words
from prompts import Message


def read_export(lines: Sequence[str]) -> list[Draft | Message]:
    """The articles of an export, and reasons for parts that are none; nothing of any other text.

    ``lines``: with blank ones between paragraphs. Of lines that look like several articles and
    cannot be divided there is the reason alone.
    """
    for form in _FORMS:
        parts = [(part, form.read(part)) for part in form.parts(lines)]
        parts = [(part, record) for part, record in parts if record.labelled]
        if any(record.body and record.fields.get("title") for _, record in parts):
            keys = [str(number) if len(parts) > 1 else "" for number in range(1, len(parts) + 1)]
            return [
                of_part(key, reason) if (reason := several(part)) else record.draft(key)
                for key, (part, record) in zip(keys, parts, strict=True)
            ]
    reason = several(lines)
    return [reason] if reason else []


_TRACE = re.compile(
    r"(?:load-date|full text|publication title|headline)(?=:)|"
    r"(?:length: *)?\d[\d.,]* words$|document \d+ of \d+$|\d+ of \d+ documents$|end of document$",
    re.I,
)


def several(lines: Sequence[str]) -> Message | None:
    """Why these lines cannot be one article, if they hold what stands once in each.

    >>> several(["Satu", "Length: 120 words", "Dua", "Length: 90 words"]).name
    'several_articles'
    """
    found = filter(None, (_TRACE.match(line.strip()) for line in lines))
    most = max(Counter(re.sub(r"[\d.,]", "", one[0].lower()) for one in found).values(), default=0)
    return Message("several_articles", count=most) if most > 1 else None


@dataclass(slots=True)
class _Record:
    """What an export says of one article. ``head``: lines before its body without a label."""

    fields: dict[str, str] = field(default_factory=dict)
    head: list[str] = field(default_factory=list)
    body: list[str] = field(default_factory=list)
    labelled: bool = False

    def draft(self, key: str) -> Draft | Message:
        if not self.fields.get("title"):
            return of_part(key, Message("no_headline_in_export"))
        fields = self.fields | {"author": _BY.sub("", self.fields.get("author", ""))}
        blocks = [Block(line) for line in paragraph_lines("\n".join(self.body)) if line.strip()]
        return dated(Draft(key, parse_article(blocks, fields["title"])), fields)

    def units(self) -> list[str]:
        """The paragraphs of the head, and its lines where a day stands among them."""
        found: list[str] = []
        for filled, group in groupby((" ".join(line.split()) for line in self.head), bool):
            lines = list(group) if filled else []
            found += lines if any(map(_is_day, lines)) else filter(None, [" ".join(lines)])
        return found


_BY = re.compile(r"(?:by|oleh)\s+", re.I)


def _is_day(line: str) -> bool:
    """Whether a whole line is a day, with its weekday and time.

    >>> _is_day("February 3, 2020 Monday"), _is_day("Date and Time: Monday, 3 February 2020")
    (True, False)
    """
    found = find_date(line) if len(line) < 80 else None
    return bool(found and len(words(line[: found.span[0]] + line[found.span[1] :])) <= 2)


@dataclass(frozen=True, slots=True)
class _Form:
    """How a database writes its exports.

    ``mark``: a line between articles; ``opens``: before each, not behind it. ``labels``: the
    forms of lines that state something, their value as the first group. It is a field of
    an article, or ``head``, a line of the head that tells the form; ``last``, behind which the
    body begins; ``body``, with which it does; ``tail``, behind it; ``aside``, of no use.
    ``complete`` finds in the head what no label states.
    """

    mark: re.Pattern[str]
    opens: bool
    labels: Mapping[str, re.Pattern[str]]
    complete: Callable[[_Record], None]

    def parts(self, lines: Sequence[str]) -> list[list[str]]:
        """The lines of each article; none where there is no mark."""
        parts: list[list[str]] = [[]]
        for line in lines:
            if self.mark.fullmatch(line.strip()):
                parts.append([])
            else:
                parts[-1].append(line)
        return (parts[1:] if self.opens else parts) if len(parts) > 1 else []

    def read(self, lines: Sequence[str]) -> _Record:
        """What one part says."""
        record = _Record()
        place = "head"
        begins = False  # the body, with the next line that has no label
        for line in lines:
            role, value = self._stated(line)
            if role:
                record.labelled = True
                place = role
                begins = role == "last" or (begins and role != "tail")
                if role == "body":
                    record.body += [value] if value else []
                elif role == "head":
                    record.head.append(line)
                elif value and role in _FIELDS:
                    record.fields.setdefault(role, value)
            elif place == "body":
                record.body.append(line)
            elif place == "head":
                record.head.append(line)
            elif place == "between" and begins and line.strip():
                place = "body"
                record.body.append(line)
            elif place != "tail" and not line.strip():
                place = "between"
            elif place in record.fields:  # a value goes on
                record.fields[place] += f" {line.strip()}"
        self.complete(record)
        return record

    def _stated(self, line: str) -> tuple[str, str]:
        """What a line states, and the value; nothing where it has no label."""
        for role, label in self.labels.items():
            if match := label.fullmatch(line.strip()):
                return role, " ".join((match[1] or "").split())
        return "", ""


_FIELDS = frozenset(("title", "author", "source", "published", "section", "url"))


def _complete_older_nexis(record: _Record) -> None:
    """The outlet stands above the day, and the headline is the last below it."""
    units = record.units()
    day = next((i for i, unit in enumerate(units) if _is_day(unit)), 0)
    if day:
        found = {"source": units[day - 1], "published": units[day]}
        found |= {"title": units[-1]} if units[-1] != units[day] else {}
        record.fields = found | record.fields


def _complete_nexis(record: _Record) -> None:
    """Headline, outlet and day follow one another; a cover may stand before the first."""
    units = record.units()
    day = next((i for i, unit in enumerate(units) if _is_day(unit)), 0)
    if day > 1:
        found = {"title": units[day - 2], "source": units[day - 1], "published": units[day]}
        record.fields = found | record.fields


def _complete_factiva(record: _Record) -> None:
    """The headline and who wrote it stand above the number of words; day and outlet below it."""
    units = record.units()
    count = next((i for i, unit in enumerate(units) if _COUNT.fullmatch(unit)), 0)
    above, below = units[:count], [unit for unit in units[count + 1 :] if not _CLOCK.match(unit)]
    author = next((unit for unit in above if _BY.match(unit)), "")
    title = max((unit for unit in above if unit != author), key=len, default="")
    if title and below and _is_day(below[0]):
        record.fields = {"title": title, "author": author, "published": below[0]}
        record.fields |= {"source": below[1]} if below[1:] else {}


def _complete_factiva_codes(record: _Record) -> None:
    """All stands behind codes."""


def _complete_proquest(record: _Record) -> None:
    """The headline comes first, if no label states it; outlets are named with their place."""
    units = [unit for unit in record.units() if not re.match(r"Document \d+ of \d+$", unit)]
    if units and "source" in record.fields:
        record.fields.setdefault("title", units[0])
    record.fields["source"] = record.fields.get("source", "").partition(";")[0]


_COUNT = re.compile(r"\d[\d.,]* (?:words|kata)")
_CLOCK = re.compile(r"\d{1,2}[:.]\d\d\b")


def _labels(shape: str, case: int = re.I, **names: str) -> dict[str, re.Pattern[str]]:
    """What lines state, by alternatives of the label in ``shape``."""
    return {role: re.compile(shape.format(name), case) for role, name in names.items()}


_NEXIS = _labels(
    r"(?:{}): *(.*)", title="headline", author="byline", section="section",
    last="length|dateline|highlight", aside="copyright",
) | _labels(
    r"(?:{})(?::.*)?()", body="body", tail="load-date|language|publication-type|journal-code|"
    "subject|organization|company|person|geographic|industry|country|city|ticker|correction|"
    "correction-date|graphic|notes|classification|pub-type",
)  # fmt: skip
_FORMS = (
    _Form(re.compile(r"\d+ of \d+ DOCUMENTS?"), True, _NEXIS, _complete_older_nexis),
    _Form(re.compile(r"End of Document", re.I), False, _NEXIS, _complete_nexis),
    _Form(
        re.compile(r"(?:AN[\s;]+)?Document [A-Z][A-Z0-9]{3,}\d{8}\w{5,}"),
        False,
        _labels(
            r"(?:{})(?:[\s;]+(.*)|)", 0, title="HD", author="BY", section="SE", source="SN",
            published="PD", body="LP|TD", aside="WC|ET|SC|ED|PG|VOL|LA|CY|CLM",
        ) | _labels(
            r"(?:{})()", 0, tail=r"(?:CO|IN|NS|RE)[\s;]+\S+ : .*|(?:IPD|IPC|PUB|ART|CT|RF|CR)\b.*",
        ),
        _complete_factiva_codes,
    ),
    _Form(
        re.compile(r"Document [A-Z][A-Z0-9]{3,}\d{8}\w{5,}"),
        False,
        _labels(
            r"({})", head=_COUNT.pattern,
            last=r"English|Indonesian|Bahasa(?: Indonesia)?|Malay|(?:\(c\)|©|Copyright\b).*",
        ),
        _complete_factiva,
    ),
    _Form(
        re.compile(r"_{40,}"),
        True,
        _labels(
            r"(?:{}): *(.*)", title="title", author="author", source="publication title",
            published="publication date", section="section", url="document url",
            body="full text", aside=r"publication info|abstract(?: \(summary\))?|links|pages",
            tail="subject|location|people|company / organization|identifier / keyword|"
            "business indexing term|classification|credit|illustration|copyright|last updated|"
            "database",
        ),
        _complete_proquest,
    ),
)  # fmt: skip
