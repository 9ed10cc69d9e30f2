"""Tables and objects: CSV, JSON and JSON Lines, one article a record."""

from __future__ import annotations

import ast
import csv
import json
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import lru_cache
from io import StringIO
from itertools import chain, islice
from typing import Any

from index.dates import stated_date
from index.errors import FieldNameError, RejectedFileError
from index.readers.draft import Draft, Source, dated, decode
from index.readers.markup import is_markup, markup_blocks
from index.readers.wrapping import paragraph_lines
from index.structure import parse_article, parse_page
from index.types import Role
from prompts import Message

FIELDS = {
    "id": ("id", "guid", "uuid", "oid"),
    "title": ("title", "judul", "headline", "kepala", "name", "subject"),
    "text": (
        "text", "body", "content", "isi", "konten", "teks", "naskah", "paragraphs", "paragraf",
        "article", "artikel", "berita", "story", "message", "pesan", "narasi",
    ),
    "published": ("published", "date", "tanggal", "publishedat", "datepublished", "time", "waktu"),
    "source": (
        "source", "outlet", "media", "sumber", "publisher", "penerbit", "site", "sitename",
        "publication", "newspaper", "koran", "portal", "origin", "domain", "hostname", "provider",
        "sourcehostname", "sourcedomain",
    ),
    "url": (
        "url", "link", "tautan", "permalink", "canonical", "canonicalurl", "canonicallink",
        "alternate", "uri", "href", "alamat", "sourceurl",
    ),
    "author": (
        "author", "authors", "penulis", "byline", "wartawan", "reporter", "pewarta", "jurnalis",
        "journalist", "creator", "from", "sender",
    ),
    "language": ("language", "lang", "bahasa", "locale"),
    "section": ("section", "rubrik", "kanal", "category", "kategori", "categories"),
    "updated": ("updated", "modified", "updatedat", "datemodified", "diperbarui"),
}  # fmt: skip
"""What the fields of records are called, the likeliest first; see ``_field``."""

SUMMARIES = ("summary", "description", "excerpt", "ringkasan", "deskripsi", "abstract", "snippet")
"""What stands in for the text in records that have no other."""

# In names such as "Isi Berita", "articleBody", "maintext", "og:title" or "Nama Media"
_FILLERS = (
    "article", "articles", "artikel", "berita", "news", "post", "story", "item", "main", "full",
    "clean", "cleaned", "plain", "raw", "html", "lengkap", "utama", "nama", "name", "web", "page",
    "og", "dc", "itemprop",
)  # fmt: skip
_PUBLISHED = (  # the words of the names of dates, the likeliest first
    "publish published publishing publication publikasi dipublikasikan pub terbit diterbitkan "
    "tayang ditayangkan muat dimuat rilis dirilis issued release",
    "date tanggal tgl datetime waktu time",
    "created creation create dibuat post posted posting diposting upload uploaded timestamp "
    "unixtime epoch",
    "seen",
)
_UPDATED = "updated update modified modify modification edited revised diperbarui perbarui diubah"
_OF_DATES = (*_PUBLISHED, _UPDATED, "at on gmt utc ms msec usec unix local iso last terakhir")
_DATE_NAME = re.compile("|".join(sorted(" ".join(_OF_DATES).split(), key=len, reverse=True)))
_TEXT_NAME = re.compile(f"(?:{'|'.join(FIELDS['text'])})+")  # "bodyText", "isi_teks"
_CLOCKS = ("jam", "pukul", "waktu", "time", "hour")
# Members that hold no article of their own: what hangs on one, or is about its readers
_ASIDE = frozenset(
    """comments comment komentar replies reply balasan responses reactions tags tag keywords topics
    images image photos photo pictures media gallery galeri videos video audio attachments lampiran
    enclosures authors author contributors users user links related relateds terkait
    recommendations categories category entities mentions metadata meta""".split()
)
MOST_LISTED = 3  # of the records without a text that are told one by one
MOST_SAMPLED = 1_000  # records that tell how dates are written
MAX_HEADER_LINES = 20  # before and with the names of the columns
MAX_LITERAL_CHARS = 1_000_000
MAX_DEPTH = 12  # of objects and lists in one another


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


# Files


def read_json(source: Source) -> Iterator[Draft | Message]:
    text = source.text()
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        if not _is_json(text.lstrip().partition("\n")[0]):
            yield Message("broken_json", error=error)
            return
        yield from read_jsonl(source)  # lines that are called .json
        return
    yield from _drafts(_records(data, source.fields), source.fields)


def read_jsonl(source: Source) -> Iterator[Draft | Message]:
    lines = _lines(source.read())
    first = next((line for line in lines if line and line.strip()), "")
    if not _is_json(first):  # one value over many lines that is called .jsonl
        try:
            data = json.loads("\n".join(line or "" for line in lines))
        except (ValueError, RecursionError):
            pass  # the lines say what is wrong with each
        else:
            yield from _drafts(_records(data, source.fields), source.fields)
            return

    def parsed() -> Iterator[Any]:
        for number, line in enumerate(lines, start=1):
            if line is None:
                yield Message("line", number=number, reason=Message("binary"))
            elif line.strip():
                try:
                    yield from _records(json.loads(line), source.fields)
                except (ValueError, RecursionError) as error:
                    reason = Message("broken_json", error=error)
                    yield Message("line", number=number, reason=reason)

    yield from _drafts(parsed(), source.fields)


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


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
    table, delimiter = _table(text, source.fields)
    try:
        if not _is_well_quoted(table, delimiter):
            table = _well_quoted(table, delimiter)
        records = csv.DictReader(StringIO(table, newline=""), delimiter=delimiter)
        yield from _drafts(records, source.fields)
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
    return _field(name)[0]


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


# Records


def _records(data: Any, columns: Mapping[str, str]) -> Iterator[Any]:
    """The records in a value of JSON: objects with a text of their own, wherever they lie.

    An object that has none is what holds them: lists, or objects by id. Where no object has a
    text, those are the records that have at least a summary.
    """
    if found := _with_text(data, columns):
        yield from found
    elif isinstance(data, dict):
        lists = [value for name, value in data.items() if _is_list(value) and not _is_aside(name)]
        held = (one for one in lists if any(_known_fields(row, columns).get("text") for row in one))
        yield from next(held, [data])
    else:
        yield from data if isinstance(data, list) else [data]


def _is_list(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(one, dict) for one in value)


def _is_aside(name: object) -> bool:
    return "".join(_words(str(name))) in _ASIDE


def _with_text(data: Any, columns: Mapping[str, str], depth: int = 0) -> list[Any]:
    if isinstance(data, list) and depth < MAX_DEPTH:
        listed = [(one, _with_text(one, columns, depth + 1)) for one in data]
        if not any(found for _, found in listed):
            return []
        return [record for one, found in listed for record in found or [one]]
    if not isinstance(data, dict) or depth > MAX_DEPTH:
        return []
    if _own_text(data, columns):
        return [data]
    found: list[Any] = []
    objects: list[tuple[str, Mapping[str, Any]]] = []
    for name, value in data.items():
        if _is_aside(name):
            continue
        inner = _with_text(value, columns, depth + 1)
        if isinstance(value, dict) and len(inner) == 1:
            objects.append((str(name), inner[0]))
        found += inner
    if found and _is_divided(data, found):
        return [{**data, "text": [_known_fields(one, columns)["text"] for one in found]}]
    if len(objects) == 1 == len(found):  # what it says of the one that it holds
        return [_about(data) | dict(found[0])]
    names = {id(record): name for name, record in objects}
    return [{"id": names[id(one)], **one} if id(one) in names else one for one in found]


def _is_divided(data: Mapping[Any, Any], found: list[Any]) -> bool:
    """Whether these are the parts of an article with a headline, which say nothing of their own."""
    own = {field for one in found for field in _fields_of(tuple(map(str, one)))}
    named = "title" in _fields_of(tuple(map(str, data)))
    return named and own.isdisjoint({"title", "id", "url", *_DATES})


def _about(data: Mapping[Any, Any]) -> dict[Any, Any]:
    return {name: value for name, value in data.items() if not isinstance(value, (dict, list))}


def _own_text(record: Mapping[Any, Any], columns: Mapping[str, str]) -> bool:
    return any(
        not _holds_records(value) and bool(_value(value).strip())
        for _, value in _named(record, "text", columns)
    )


def _holds_records(value: Any) -> bool:
    """Whether a value is an article with a headline, or a list of such, and no text."""
    if isinstance(value, list):
        return any(isinstance(one, dict) and _holds_records(one) for one in value[:20])
    if not isinstance(value, dict):
        return False
    return {"title", "text"} <= _fields_of(tuple(str(name) for name in value)).keys()


def _drafts(found: Iterable[Any], columns: Mapping[str, str]) -> Iterator[Draft | Message]:
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
        fields = _known_fields(record, columns)
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
        for field, names in _fields_of(tuple(map(str, record))).items():
            for value in (record.get(name) for name in names if field in _DATES):
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
    if next(_named(record, "text", columns), None):
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


# Fields


def _known_fields(record: Mapping[Any, Any], columns: Mapping[str, str]) -> dict[str, str]:
    """The values of a record by our names; ``columns`` names those that are called otherwise."""
    known = {}
    for field in FIELDS:
        for name, value in _named(record, field, columns):
            text = _dated_value(name, value) if field in _DATES else _value(value, field).strip()
            if field in _DATES and not stated_date(text):
                continue
            if field in ("author", "section"):
                text = "" if text.isdigit() else re.sub(r"^(?:by|oleh)\s+", "", text, flags=re.I)
            if text:
                known[field] = text
                break
    if (day := stated_date(known.get("published", ""))) and day.date_only:
        clocks = [_value(one) for name, one in record.items() if str(name).lower() in _CLOCKS]
        for clock in (one for one in clocks if re.match(r"\d{1,2}[:.]\d\d", one)):
            known["published"] = f"{day.when:%Y-%m-%d} {clock}"
    sources = [_value(value, "source").strip() for _, value in _named(record, "source", columns)]
    for address in (one for one in sources if _is_address(one)):  # exports call it the source
        known.setdefault("url", address)
    outlets = [one for one in sources if one and not _is_address(one)]
    named = (one for one in outlets if " " in one or "." not in one)
    known["source"] = next(named, next(iter(outlets), ""))
    if not known.get("text"):
        lowered = {"".join(_words(str(name))): value for name, value in record.items()}
        known["text"] = next(filter(None, (_value(lowered.get(one)) for one in SUMMARIES)), "")
    return {field: value for field, value in known.items() if value}


_DATES = ("published", "updated")


def _named(
    record: Mapping[Any, Any], field: str, columns: Mapping[str, str]
) -> Iterator[tuple[str, Any]]:
    """The members of a record that may be this field, the likeliest first."""
    if column := columns.get(field):
        value = _inside({str(name).lower().strip(): one for name, one in record.items()}, column)
        if value is not None:
            yield column, value
        return
    by_name = {str(name): value for name, value in record.items()}
    for name in _fields_of(tuple(by_name)).get(field, ()):
        if by_name[name] is not None:
            yield name, by_name[name]


@lru_cache(maxsize=200)  # the rows of a table have the same names
def _fields_of(names: tuple[str, ...]) -> Mapping[str, list[str]]:
    """Which of these names may stand for a field, the likeliest first."""
    ranked: dict[str, list[tuple[tuple[int, int], int, str]]] = {}
    for position, name in enumerate(names):
        field, rank = _field(name)
        if field:
            ranked.setdefault(field, []).append((rank, position, name))
    return {field: [name for *_, name in sorted(found)] for field, found in ranked.items()}


def _is_address(text: str) -> bool:
    return text.startswith(("http://", "https://"))


def _inside(record: Mapping[str, Any], name: str) -> Any:
    """The value of a name, which may lead into objects: ``content.rendered``."""
    if name.lower() in record:
        return record[name.lower()]
    value: Any = record
    for part in name.split("."):
        if isinstance(value, Mapping):
            value = next((value[one] for one in (part, part.lower()) if one in value), None)
        else:
            value = None
    return value


def _words(name: str) -> list[str]:
    """The words of a name, lower-cased.

    >>> _words("datePublished"), _words("Tanggal Terbit"), _words("dc:creator")
    (['date', 'published'], ['tanggal', 'terbit'], ['dc', 'creator'])
    """
    divided = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name[:100])
    return [one for one in re.split(r"[\W_]+", divided.lower()) if one]


@lru_cache(maxsize=5_000)
def _field(name: str) -> tuple[str | None, tuple[int, int]]:
    """The field that a name stands for, if any, and how likely: the lower the likelier.

    >>> _field("judul")[0], _field("Isi Berita")[0], _field("date_publish")[0], _field("x")[0]
    ('title', 'text', 'published', None)
    """
    said = _words(name)
    own = [one for one in said if one not in _FILLERS]
    joined = "".join(said)
    bare = [joined, "".join(own)]
    for filler in _FILLERS:
        bare += [joined.removeprefix(filler), joined.removesuffix(filler)]
    for one in dict.fromkeys(filter(None, bare)):
        fillers = len(joined) - len(one)
        for field, names in FIELDS.items():
            if one in names and field not in _DATES:
                return field, (names.index(one) + fillers, fillers)
        if _TEXT_NAME.fullmatch(one):
            return "text", (len(FIELDS["text"]) + fillers, fillers)
        dated_by = _DATE_NAME.findall(one)
        if dated_by and "".join(dated_by) == one:
            rank = min(
                (at for at, group in enumerate(_PUBLISHED) if set(dated_by) & set(group.split())),
                default=len(_PUBLISHED),
            )
            if set(dated_by) & set(_UPDATED.split()):
                return "updated", (rank, len(dated_by))
            if rank < len(_PUBLISHED):
                return "published", (rank, len(dated_by))
    return None, (0, 0)


def _dated_value(name: str, value: Any) -> str:
    """A date; in Greenwich's time where its name says so and the value does not."""
    text = _value(value, "published").strip()
    if {"gmt", "utc"} & set(_words(name)) and re.search(r"\d:\d\d(?::\d\d)?$", text):
        return f"{text}Z"
    return text


def _value(value: Any, field: str = "text", depth: int = 0) -> str:
    """A value as text; objects by the member that holds it.

    Of a list of paragraphs each is one; pieces of one text, some of them objects, are joined; of
    names all are given, of other things the first.
    """
    if depth > MAX_DEPTH:
        return ""
    if isinstance(value, str):
        return _value(listed, field, depth + 1) if (listed := _literal(value)) else value
    if isinstance(value, list):
        texts = [_value(one, field, depth + 1) for one in value]
        if field == "text":
            return ("" if _is_pieces(value, texts) else "\n\n").join(filter(None, texts))
        found = [one for one in map(str.strip, texts) if one]
        if field in ("author", "section"):  # by their names, not their numbers
            return ", ".join(dict.fromkeys(one for one in found if not one.isdigit()))
        return next(iter(found), "")
    if isinstance(value, dict):
        members = (*_MEMBERS.get(field, ()), *_TEXT_MEMBERS)
        held = (_value(value[name], field, depth + 1) for name in members if value.get(name))
        return next(filter(None, held), "")
    return "" if value is None or isinstance(value, bool) else str(value)


def _is_pieces(value: list[Any], texts: list[str]) -> bool:
    """Whether a list divides a text where its letters change, not at its paragraphs."""
    kinds = {type(one) for one in value}
    inner = [*(one[-1:] for one in texts[:-1]), *(one[:1] for one in texts[1:])]
    return len(kinds) > 1 or any(one in (" ", "\n") for one in inner)


def _literal(text: str) -> list[Any]:
    """The list that a text writes out, as tables do that were made of lists; else nothing.

    >>> _literal("['Ani Lestari', 'Budi']"), _literal("[Kompas] Banjir")
    (['Ani Lestari', 'Budi'], [])
    """
    text = text.strip()
    if not re.match(r"\[\s*['\"{\]]", text) or text[-1] != "]" or len(text) > MAX_LITERAL_CHARS:
        return []
    for read in (json.loads, ast.literal_eval):
        try:
            found = read(text)
        except (ValueError, SyntaxError, RecursionError, MemoryError):
            continue
        if isinstance(found, list):
            return found
    return []


_TEXT_MEMBERS = (
    "rendered", "text", "content", "html", "main", "name", "title", "value", "original", "@value",
    "$t", "#text", "$date", "$oid", "$numberLong", "data", "blocks", "children", "term", "label",
)  # fmt: skip
_MEMBERS = {"url": ("href", "url", "@id")}
