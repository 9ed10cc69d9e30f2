"""Tables and objects: CSV, JSON and JSON Lines, one article a record."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace
from io import StringIO
from typing import Any

from index.errors import FieldNameError, RejectedFileError
from index.readers.draft import Draft, Source, dated, decode, draft_of
from index.readers.markup import is_markup, markup_blocks
from index.structure import parse_article
from index.types import Role
from prompts import Message

FIELDS = {
    "id": ("id", "guid", "uuid", "_id"),
    "title": ("title", "judul", "headline", "name"),
    "text": ("text", "body", "content", "isi", "article", "konten", "paragraphs", "articlebody"),
    "published": ("published", "date", "tanggal", "published_at", "datepublished", "time", "waktu"),
    "source": ("source", "outlet", "media", "sumber", "publisher", "site"),
    "url": ("url", "link", "tautan", "canonical"),
    "author": ("author", "authors", "penulis", "byline", "wartawan"),
    "language": ("language", "lang", "bahasa"),
    "section": ("section", "rubrik", "kanal", "category", "kategori", "articlesection"),
    "updated": ("updated", "modified", "updated_at", "datemodified", "diperbarui"),
}


def columns_of(text: str) -> dict[str, str]:
    """The columns that ``title=judul,text=isi`` names, by our own names of the fields.

    Raises:
        FieldNameError: a field that there is not, or nothing behind it.

    >>> columns_of("title=kepala, text=tubuh")
    {'title': 'kepala', 'text': 'tubuh'}
    """
    columns = {}
    for part in text.split(","):
        field, _, column = (side.strip() for side in part.partition("="))
        if field not in FIELDS or not column:
            given, fields = repr(part.strip()), ", ".join(FIELDS)
            raise FieldNameError("not_a_field", given=given, fields=fields)
        columns[field] = column
    return columns


def read_json(source: Source) -> Iterator[Draft | Message]:
    try:
        data = json.loads(source.text())
    except (ValueError, RecursionError) as error:
        yield Message("broken_json", error=error)
        return
    if isinstance(data, dict):
        lists = [value for value in data.values() if isinstance(value, list) and value]
        records = next((value for value in lists if isinstance(value[0], dict)), [data])
    else:
        records = data if isinstance(data, list) else [data]
    yield from _records(records, source.fields)


def read_jsonl(source: Source) -> Iterator[Draft | Message]:
    def parsed() -> Iterator[Any]:
        for number, line in enumerate(_lines(source.read()), start=1):
            if line is None:
                yield Message("line", number=number, reason=Message("binary"))
            elif line.strip():
                try:
                    yield json.loads(line)
                except (ValueError, RecursionError) as error:
                    reason = Message("broken_json", error=error)
                    yield Message("line", number=number, reason=reason)

    yield from _records(parsed(), source.fields)


def _lines(data: bytes) -> list[str | None]:
    """The lines of a text. Where it is none as a whole, those that are, and None for the others.

    Raises:
        RejectedFileError: most lines are binary data.
    """
    try:
        return list(decode(data).split("\n"))
    except RejectedFileError:
        found = [_line(one) for one in data.split(b"\n")]
        if 2 * found.count(None) >= len(found):
            raise
        return found


def _line(data: bytes) -> str | None:
    try:
        return decode(data)
    except RejectedFileError:
        return None


def read_csv(source: Source) -> Iterator[Draft | Message]:
    text = source.text()
    csv.field_size_limit(min(sys.maxsize, 2**31 - 1))
    # The names of the columns tell: csv.Sniffer is misled by commas and quotation marks in texts.
    names = text.lstrip().partition("\n")[0]
    delimiter = max(",;\t|", key=names.count)
    try:
        records = csv.DictReader(StringIO(text, newline=""), delimiter=delimiter)
        yield from _records(records, source.fields)
    except csv.Error as error:
        yield Message("broken_csv", error=error)


def _records(records: Any, columns: Mapping[str, str]) -> Iterator[Draft | Message]:
    for number, record in enumerate(records, start=1):
        if isinstance(record, Message):
            yield record
            continue
        if not isinstance(record, dict):
            yield Message("row", number=number, reason=Message("not_an_object"))
            continue
        fields = _known_fields(record, columns)
        if not fields.get("text"):
            looked = columns.get("text") or ", ".join(FIELDS["text"])
            missing = Message("no_text_column", looked=looked)
            yield Message("row", number=number, reason=missing)
            continue
        key = fields.get("id") or fields.get("url") or fields.get("title") or str(number)
        yield _draft(fields, key)


def _draft(fields: Mapping[str, str], key: str) -> Draft:
    text = fields["text"]
    if is_markup(text):
        draft = dated(
            Draft(key, parse_article(markup_blocks(text), fields.get("title", ""))), fields
        )
    else:
        draft = draft_of(fields, text.splitlines(), key)
    if all(role != "body" for _, role in draft.page.blocks):
        # A field that is called the text is the text, whatever it looks like.
        body: Role = "body"
        blocks = tuple((block, body) for block, _ in draft.page.blocks)
        blocks = blocks or ((" ".join(text.split()), body),)  # it was taken for the headline
        draft = replace(draft, page=replace(draft.page, blocks=blocks))
    return draft


def _known_fields(record: Mapping[Any, Any], columns: Mapping[str, str]) -> dict[str, str]:
    """The values of a record by our names; ``columns`` names those that are called otherwise."""
    lowered = {str(name).lower().strip(): value for name, value in record.items() if name}
    known = {}
    for field, names in FIELDS.items():
        for name in [columns[field].lower()] if field in columns else names:
            if text := _value(_inside(lowered, name)):
                known[field] = text
                break
    return known


def _inside(record: Mapping[str, Any], name: str) -> Any:
    """The value of a name, which may lead into objects: ``content.rendered``."""
    if name in record:
        return record[name]
    value: Any = record
    for part in name.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return value


def _value(value: Any) -> str:
    """A value as text; lists by paragraphs, objects by the member that holds their text."""
    if isinstance(value, list):
        return "\n\n".join(filter(None, map(_value, value)))
    if isinstance(value, dict):
        return next((_value(value[name]) for name in _TEXT_MEMBERS if value.get(name)), "")
    return "" if value is None else str(value)


_TEXT_MEMBERS = ("rendered", "text", "name", "value", "@value", "$t", "#text")
