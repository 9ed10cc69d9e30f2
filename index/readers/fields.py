"""The fields of records: what they are called, and what a record says in each."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from index.dates import stated_date
from index.errors import FieldNameError
from index.readers.values import text_of

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
"""What the fields of records are called, the likeliest first; see ``field_named``."""

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
DATES = ("published", "updated")


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


def known_fields(record: Mapping[Any, Any], columns: Mapping[str, str]) -> dict[str, str]:
    """The values of a record by our names; ``columns`` names those that are called otherwise."""
    known = {}
    for field in FIELDS:
        for name, value in values_named(record, field, columns):
            text = _dated_value(name, value) if field in DATES else text_of(value, field).strip()
            if field in DATES and not stated_date(text):
                continue
            if field in ("author", "section"):
                text = "" if text.isdigit() else re.sub(r"^(?:by|oleh)\s+", "", text, flags=re.I)
            if text:
                known[field] = text
                break
    if (day := stated_date(known.get("published", ""))) and day.date_only:
        clocks = [text_of(one) for name, one in record.items() if str(name).lower() in _CLOCKS]
        for clock in (one for one in clocks if re.match(r"\d{1,2}[:.]\d\d", one)):
            known["published"] = f"{day.when:%Y-%m-%d} {clock}"
    sources = [
        text_of(value, "source").strip() for _, value in values_named(record, "source", columns)
    ]
    for address in (one for one in sources if _is_address(one)):  # exports call it the source
        known.setdefault("url", address)
    outlets = [one for one in sources if one and not _is_address(one)]
    spelt_out = (one for one in outlets if " " in one or "." not in one)
    known["source"] = next(spelt_out, next(iter(outlets), ""))
    if not known.get("text"):
        lowered = {"".join(name_words(str(name))): value for name, value in record.items()}
        known["text"] = next(filter(None, (text_of(lowered.get(one)) for one in SUMMARIES)), "")
    return {field: value for field, value in known.items() if value}


def values_named(
    record: Mapping[Any, Any], field: str, columns: Mapping[str, str]
) -> Iterator[tuple[str, Any]]:
    """The members of a record that may be this field, the likeliest first."""
    if column := columns.get(field):
        value = _inside({str(name).lower().strip(): one for name, one in record.items()}, column)
        if value is not None:
            yield column, value
        return
    by_name = {str(name): value for name, value in record.items()}
    for name in fields_of(tuple(by_name)).get(field, ()):
        if by_name[name] is not None:
            yield name, by_name[name]


@lru_cache(maxsize=200)  # the rows of a table have the same names
def fields_of(names: tuple[str, ...]) -> Mapping[str, list[str]]:
    """Which of these names may stand for a field, the likeliest first."""
    ranked: dict[str, list[tuple[tuple[int, int], int, str]]] = {}
    for position, name in enumerate(names):
        field, rank = field_named(name)
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


def name_words(name: str) -> list[str]:
    """The words of a name, lower-cased.

    >>> name_words("datePublished"), name_words("Tanggal Terbit"), name_words("dc:creator")
    (['date', 'published'], ['tanggal', 'terbit'], ['dc', 'creator'])
    """
    divided = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name[:100])
    return [one for one in re.split(r"[\W_]+", divided.lower()) if one]


@lru_cache(maxsize=5_000)
def field_named(name: str) -> tuple[str | None, tuple[int, int]]:
    """The field that a name stands for, if any, and how likely: the lower the likelier.

    >>> [field_named(name)[0] for name in ("judul", "Isi Berita", "date_publish", "x")]
    ['title', 'text', 'published', None]
    """
    said = name_words(name)
    own = [one for one in said if one not in _FILLERS]
    joined = "".join(said)
    bare = [joined, "".join(own)]
    for filler in _FILLERS:
        bare += [joined.removeprefix(filler), joined.removesuffix(filler)]
    for one in dict.fromkeys(filter(None, bare)):
        fillers = len(joined) - len(one)
        for field, names in FIELDS.items():
            if one in names and field not in DATES:
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
    text = text_of(value, "published").strip()
    if {"gmt", "utc"} & set(name_words(name)) and re.search(r"\d:\d\d(?::\d\d)?$", text):
        return f"{text}Z"
    return text
