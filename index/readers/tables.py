"""Tables: CSV and its kin, one article a row."""

from __future__ import annotations

import csv
import re
import sys
from collections.abc import Iterator, Mapping
from io import StringIO
from itertools import islice

from index.readers.draft import Draft, Source
from index.readers.fields import field_named
from index.readers.records import drafts_of
from prompts import Message

MAX_HEADER_LINES = 20  # before and with the names of the columns


def read_csv(source: Source) -> Iterator[Draft | Message]:
    text = source.text()
    csv.field_size_limit(min(sys.maxsize, 2**31 - 1))
    table, delimiter = _table(text, source.fields)
    try:
        if not _is_well_quoted(table, delimiter):
            table = _well_quoted(table, delimiter)
        records = csv.DictReader(StringIO(table, newline=""), delimiter=delimiter)
        yield from drafts_of(records, source.fields)
    except csv.Error as error:
        yield Message("broken_csv", error=error)


def _table(text: str, columns: Mapping[str, str]) -> tuple[str, str]:
    """A table from the names of its columns on, and what divides them.

    The names tell: csv.Sniffer is misled by commas and quotation marks in texts. Before them may
    stand empty lines, captions, and "sep=;", by which Excel is told what divides them.
    """
    start, first = 0, None
    for line in islice(StringIO(text, newline=""), MAX_HEADER_LINES):
        delimiter = max(",;\t|", key=line.count)
        try:
            names = next(csv.reader([line.strip("\r\n")], delimiter=delimiter), [])
        except csv.Error:
            names = []
        known = [_column_field(name, columns) for name in names]
        if first is None and "text" in known:
            return text[start:], delimiter
        if "text" in known and sum(one is not None for one in known) > 1:
            return text[start:], delimiter
        if first is None and line.strip() and not re.match(r"sep=.?\s*$", line, re.I):
            first = start, delimiter
        start += len(line)
    start, delimiter = first or (0, ",")
    return text[start:], delimiter


def _column_field(name: str, columns: Mapping[str, str]) -> str | None:
    for field, column in columns.items():
        if column.lower() == name.lower().strip():
            return field
    return field_named(name)[0]


def _is_well_quoted(table: str, delimiter: str) -> bool:
    try:
        for _ in csv.reader(StringIO(table, newline=""), delimiter=delimiter, strict=True):
            pass
    except csv.Error:
        return False
    return True


def _well_quoted(table: str, delimiter: str) -> str:
    """A table in which fields such as ``"Habis," kata Ani`` are quoted as tables are.

    >>> _well_quoted('1;"Habis;" kata Ani;"x"', ";")
    '1;\"\"\"Habis;\"\" kata Ani\";"x"'
    """
    end = rf"[{re.escape(delimiter)}\r\n]"
    rest = rf"[^{re.escape(delimiter)}\r\n]*"
    field = re.compile(
        rf'(?P<quoted>"[^"]*(?:""[^"]*)*"(?={end}|\Z))|(?P<said>"[^"\r\n]*"{rest})|(?P<plain>{rest})'
    )
    parts, position = [], 0
    while position <= len(table):
        match = field.match(table, position)
        assert match is not None  # the last of the three may be empty
        found = match.group()
        if match["quoted"] is None and '"' in found:
            found = '"' + found.replace('"', '""') + '"'
        parts.append(found + table[match.end() : match.end() + 1])
        position = match.end() + 1
    return "".join(parts)
