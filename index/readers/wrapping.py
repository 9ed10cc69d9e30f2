"""Text that was wrapped at some width, as mail and text exports are."""

from __future__ import annotations

import re

from index.text import is_common

WIDTHS = (30, 110)  # characters that lines are wrapped at
LEAST_WRAPPED = 0.8  # of the line ends inside paragraphs, in a text that is wrapped


def paragraph_lines(text: str) -> list[str]:
    """The lines of a text, joined to paragraphs where it was wrapped at some width.

    A line was wrapped where the first word of the next would not have fitted into the longest.
    Lines that end earlier, empty ones and indented ones divide.

    >>> paragraph_lines("Jembatan itu ambruk pada Selasa\\ndini hari setelah hujan lebat\\nlagi.")
    ['Jembatan itu ambruk pada Selasa dini hari setelah hujan lebat lagi.']
    """
    lines = [line.rstrip() for line in text.splitlines()]
    inner = [i for i in range(len(lines) - 1) if lines[i] and lines[i + 1]]
    inner = [i for i in inner if not re.match(r"\s|[-*•·>#]", lines[i + 1])]
    if len(inner) < 2:
        return lines
    width = max(len(lines[i]) for i in inner)
    wrapped = {i for i in inner if len(f"{lines[i]} {lines[i + 1].split()[0]}") > width}
    open_ = sum(lines[i][-1] not in ".!?”\"’'" for i in wrapped)
    if (
        not WIDTHS[0] <= width <= WIDTHS[1]
        or len(wrapped) < LEAST_WRAPPED * len(inner)
        or 2 * open_ < len(wrapped)
    ):
        return lines
    joined = [""]
    for i, line in enumerate(lines):
        joined[-1] = _continued(joined[-1], line)
        if i not in wrapped:
            joined.append("")
    return joined[:-1]


def _continued(before: str, line: str) -> str:
    """Two parts of a paragraph as one; a word that the wrapping divided is put together.

    >>> _continued("itu anak-", "anak kecil"), _continued("biaya pem-", "bangunan")
    ('itu anak-anak kecil', 'biaya pembangunan')
    """
    divided = re.search(r"([^\W\d_]+)-$", before)
    if not divided or not line[:1].islower():
        return f"{before} {line.lstrip()}" if before else line
    rest = re.match(r"[^\W\d_]+", line)
    first, second = divided[1].lower(), rest[0].lower() if rest else ""
    whole = first != second and is_common(first + second)
    return (before[:-1] if whole else before) + line
