"""Values of records as text: nested objects, lists of pieces, lists written out."""

from __future__ import annotations

import ast
import json
import re
from itertools import pairwise
from typing import Any

MAX_LITERAL_CHARS = 1_000_000
MAX_DEPTH = 12  # of objects and lists in one another
_ENDS = (".", "!", "?", "…", '"', "”", "'", "’", ")", ":")  # of paragraphs


def text_of(value: Any, field: str = "text", depth: int = 0) -> str:
    """A value as text; objects by the member that holds it.

    Of a list of paragraphs each is one; pieces of one text, some of them objects, are joined; of
    names all are given, of other things the first.
    """
    if depth > MAX_DEPTH:
        return ""
    if isinstance(value, str):
        return text_of(listed, field, depth + 1) if (listed := _literal(value)) else value
    if isinstance(value, list):
        texts = [text_of(one, field, depth + 1) for one in value]
        if field == "text":
            return ("" if _is_pieces(value, texts) else "\n\n").join(filter(None, texts))
        found = [one for one in map(str.strip, texts) if one]
        if field in ("author", "section"):  # by their names, not their numbers
            return ", ".join(dict.fromkeys(one for one in found if not one.isdigit()))
        return next(iter(found), "")
    if isinstance(value, dict):
        members = (*_MEMBERS.get(field, ()), *_TEXT_MEMBERS)
        held = (text_of(value[name], field, depth + 1) for name in members if value.get(name))
        return next(filter(None, held), "")
    return "" if value is None or isinstance(value, bool) else str(value)


def _is_pieces(value: list[Any], texts: list[str]) -> bool:
    """Whether a list divides a text where its letters change, not at its paragraphs.

    Most of its joints are then inside sentences; between texts that are no objects, at a space.

    >>> _is_pieces(["Banjir di ", "Demak", " surut"], ["Banjir di ", "Demak", " surut"])
    True
    >>> _is_pieces(["Banjir surut. ", "Warga pulang."], ["Banjir surut. ", "Warga pulang."])
    False
    """
    mixed = len({type(one) for one in value}) > 1
    joints = [(left, right) for left, right in pairwise(texts) if left.strip() and right.strip()]
    inside = [
        not left.rstrip().endswith(_ENDS) and (mixed or left[-1].isspace() or right[0].isspace())
        for left, right in joints
    ]
    return 2 * sum(inside) > len(joints)


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
