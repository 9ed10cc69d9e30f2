"""Objects: JSON and JSON Lines, one article an object with a text of its own."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from index.errors import RejectedFileError
from index.readers.draft import Draft, Source, decode
from index.readers.fields import DATES, fields_of, known_fields, name_words, values_named
from index.readers.records import drafts_of
from index.readers.values import MAX_DEPTH, text_of
from prompts import Message

# Members that hold no article of their own: what hangs on one, or is about its readers
_ASIDE = frozenset(
    """comments comment komentar replies reply balasan responses reactions tags tag keywords topics
    images image photos photo pictures media gallery galeri videos video audio attachments lampiran
    enclosures authors author contributors users user links related relateds terkait
    recommendations categories category entities mentions metadata meta""".split()
)


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
    yield from drafts_of(_records(data, source.fields), source.fields)


def read_jsonl(source: Source) -> Iterator[Draft | Message]:
    lines = _lines(source.read())
    first = next((line for line in lines if line and line.strip()), "")
    if not _is_json(first):  # one value over many lines that is called .jsonl
        try:
            data = json.loads("\n".join(line or "" for line in lines))
        except (ValueError, RecursionError):
            pass  # the lines say what is wrong with each
        else:
            yield from drafts_of(_records(data, source.fields), source.fields)
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

    yield from drafts_of(parsed(), source.fields)


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


def _records(data: Any, columns: Mapping[str, str]) -> Iterator[Any]:
    """The records in a value of JSON: objects with a text of their own, wherever they lie.

    An object that has none is what holds them: lists, or objects by id. Where no object has a
    text, those are the records that have at least a summary.
    """
    if found := _with_text(data, columns):
        yield from found
    elif isinstance(data, dict):
        lists = [value for name, value in data.items() if _is_list(value) and not _is_aside(name)]
        held = (one for one in lists if any(known_fields(row, columns).get("text") for row in one))
        yield from next(held, [data])
    else:
        yield from data if isinstance(data, list) else [data]


def _is_list(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(one, dict) for one in value)


def _is_aside(name: object) -> bool:
    return "".join(name_words(str(name))) in _ASIDE


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
        return [{**data, "text": [known_fields(one, columns)["text"] for one in found]}]
    if len(objects) == 1 == len(found):  # what it says of the one that it holds
        return [_about(data) | dict(found[0])]
    names = {id(record): name for name, record in objects}
    return [{"id": names[id(one)], **one} if id(one) in names else one for one in found]


def _is_divided(data: Mapping[Any, Any], found: list[Any]) -> bool:
    """Whether these are the parts of an article with a headline, which say nothing of their own."""
    own = {field for one in found for field in fields_of(tuple(map(str, one)))}
    named = "title" in fields_of(tuple(map(str, data)))
    return named and own.isdisjoint({"title", "id", "url", *DATES})


def _about(data: Mapping[Any, Any]) -> dict[Any, Any]:
    return {name: value for name, value in data.items() if not isinstance(value, (dict, list))}


def _own_text(record: Mapping[Any, Any], columns: Mapping[str, str]) -> bool:
    return any(
        not _holds_records(value) and bool(text_of(value).strip())
        for _, value in values_named(record, "text", columns)
    )


def _holds_records(value: Any) -> bool:
    """Whether a value is an article with a headline, or a list of such, and no text."""
    if isinstance(value, list):
        return any(isinstance(one, dict) and _holds_records(one) for one in value[:20])
    if not isinstance(value, dict):
        return False
    return {"title", "text"} <= fields_of(tuple(str(name) for name in value)).keys()
