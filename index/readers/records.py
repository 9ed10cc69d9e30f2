"""Records as articles: each with what tells it from the others of its file."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import chain, islice
from typing import Any

from index.readers.draft import Draft, dated
from index.readers.fields import DATES, FIELDS, fields_of, known_fields, values_named
from index.readers.markup import is_markup, markup_blocks
from index.readers.wrapping import paragraph_lines
from index.structure import parse_article, parse_page
from index.types import Role
from prompts import Message

MOST_LISTED = 3  # of the records without a text that are told one by one
MOST_SAMPLED = 1_000  # records that tell how dates are written


def drafts_of(found: Iterable[Any], columns: Mapping[str, str]) -> Iterator[Draft | Message]:
    """The articles of these records, and reasons for what is none; a reason is handed on."""
    records = iter(found)
    first = list(islice(records, MOST_SAMPLED))
    month_first = _writes_month_first(one for one in first if isinstance(one, dict))
    keys: set[str] = set()
    without = 0
    for number, record in enumerate(chain(first, records), start=1):
        if isinstance(record, Message):
            yield record
            continue
        if not isinstance(record, dict):
            yield Message("row", number=number, reason=Message("not_an_object"))
            continue
        fields = known_fields(record, columns)
        if not fields.get("text"):
            without += 1
            if without <= MOST_LISTED:
                yield Message("row", number=number, reason=_no_text(record, columns))
            continue
        key = fields.get("id") or next(one for one in _keys(fields, number) if one not in keys)
        keys.add(key)
        yield _draft(fields, key, month_first)
    if without > MOST_LISTED:
        yield Message("rows_without_text", count=without - MOST_LISTED)


def _writes_month_first(records: Iterable[Mapping[Any, Any]]) -> bool:
    """Whether dates such as 02/25/2020 stand in a table, and none such as 25/02/2020."""
    found = set()
    for record in records:
        for field, names in fields_of(tuple(map(str, record))).items():
            for value in (record.get(name) for name in names if field in DATES):
                if match := re.match(r"(\d\d?)[/.-](\d\d?)[/.-]\d{2,4}\b", str(value)):
                    found.add((int(match[1]) > 12, int(match[2]) > 12))
    return (False, True) in found and (True, False) not in found


def _keys(fields: Mapping[str, str], number: int) -> Iterator[str]:
    """What may tell a record without an id from the others of its file."""
    title, day = fields.get("title", ""), fields.get("published", "")
    if url := fields.get("url"):
        yield url
    if title:
        yield title
        yield f"{title} {day}"
    yield str(number)
    yield f"{title} {number}"
    yield f"{title} {day} {number}"


def _no_text(record: Mapping[Any, Any], columns: Mapping[str, str]) -> Message:
    """Why a record is left out, with the names that it has."""
    if next(values_named(record, "text", columns), None):
        return Message("empty_text_column")
    looked = columns.get("text") or ", ".join(FIELDS["text"][:8])
    found = ", ".join(str(name).strip() for name in islice(record, 30) if name) or "-"
    return Message("no_text_column", looked=looked, found=found[:500])


def _draft(fields: Mapping[str, str], key: str, month_first: bool) -> Draft:
    text = fields["text"]
    if is_markup(text):
        page = parse_article(markup_blocks(text), fields.get("title", ""))
    else:
        page = parse_page(paragraph_lines(text), fields.get("title", ""))
    draft = dated(Draft(key, page), fields, month_first)
    if all(role != "body" for _, role in draft.page.blocks):
        # A field that is called the text is the text, whatever it looks like.
        body: Role = "body"
        blocks = tuple((block, body) for block, _ in draft.page.blocks)
        blocks = blocks or ((" ".join(text.split()), body),)  # it was taken for the headline
        draft = replace(draft, page=replace(draft.page, blocks=blocks))
    return draft
