"""PDF: lines as they stand on the page, put together into paragraphs."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import groupby, pairwise
from typing import Any

from index.errors import RejectedFileError
from index.readers.columns import Line, in_reading_order
from index.readers.draft import Draft, Source, draft_of
from index.readers.exports import several
from index.readers.spacing import Word, together
from index.structure import Block, parse_article
from index.text import is_common, words
from prompts import Message

MAX_PAGES = 5_000
MAX_CHARS = 20_000_000
LEAST_LETTERS = 25  # on a page, on the average; a scanned one has none, or a stamp
EDGE_LINES = 3  # at most, of a header or a footer
EDGE_GAP = 1.8  # times the size of the letters
HEADING_SIZE = 1.15  # times the size of the body
LEADING = 1.35  # times the usual distance of lines: a paragraph ends
SAME_SIZE = 0.9  # of the first headline's letters, at least: a headline of the same rank
LEAST_HEADLINE = 4  # words; the sections of a report are mostly called by fewer
LEAST_TOLD = 8  # words of a paragraph
GAP = 1.0  # times the size of the letters, between words: it may divide columns
SHORT_LINE = 0.85  # of the widest line's width: a paragraph may end


def read_pdf(source: Source) -> Iterator[Draft | Message]:
    """The article of a PDF with a text layer; a scanned one is rejected."""
    lines, pages, left_out = _lines_of(source)
    letters = sum(sum(map(str.isalnum, line.text)) for line in lines)
    if not pages:
        raise RejectedFileError.of(left_out or Message("no_pages"))
    if letters < LEAST_LETTERS * pages:
        raise RejectedFileError("needs_ocr")
    if export := several([line.text for line in lines]):
        raise RejectedFileError.of(export)
    blocks = paragraphs(without_margins(lines))
    found = stories(blocks)
    for number, story in enumerate(found, start=1):
        key = str(number) if len(found) > 1 else ""
        if title := _title(story):
            yield Draft(key, parse_article(story, title))
        else:
            yield draft_of({}, [one.text for one in story], key)
    if left_out:
        yield left_out


def _lines_of(source: Source) -> tuple[list[Line], int, Message | None]:
    """All lines, the number of pages read, and why the rest was not."""
    import pypdfium2 as pdfium

    data = source.read()
    try:
        document = pdfium.PdfDocument(data)
    except pdfium.PdfiumError as error:
        if "password" in str(error).lower():
            raise RejectedFileError("encrypted_pdf") from error
        raise RejectedFileError("broken_pdf") from error
    lines: list[Line] = []
    read = chars = 0
    try:
        count = len(document)
        for number in range(min(count, MAX_PAGES)):
            if source.expired() or chars > MAX_CHARS:
                break
            try:
                found = _page_lines(document[number], number)
            except pdfium.PdfiumError:
                found = []  # one broken page
            lines += found
            chars += sum(len(line.text) for line in found)
            read = number + 1
    finally:
        document.close()
    cut = Message("pages_left_out", read=read, count=count) if read < count else None
    return lines, read, cut


_DIVIDED = "\x02\ufffe"  # PDFium's mark of a hyphen at the end of a line, instead of both


def _page_lines(page: Any, number: int) -> list[Line]:
    """The lines of a page in reading order."""
    import pypdfium2.raw as raw

    textpage = page.get_textpage()
    try:
        pieces: list[Line] = []
        chars: list[tuple[str, int]] = []
        for index in range(textpage.count_chars()):
            char = chr(raw.FPDFText_GetUnicode(textpage, index))
            if char in _DIVIDED:
                chars.append(("-", index))
            if char in _DIVIDED or char in "\r\n":
                pieces += _pieces(textpage, chars, number)
                chars = []
            else:
                chars.append((char, index))
        pieces += _pieces(textpage, chars, number)
        return in_reading_order(pieces)
    finally:
        textpage.close()
        page.close()


def _pieces(textpage: Any, chars: list[tuple[str, int]], page: int) -> Iterator[Line]:
    """What PDFium takes for a line, divided at its gaps, which may be those between columns.

    Where it goes back to the left, another row begins.
    """
    import pypdfium2.raw as raw

    placed: list[Word] = []
    for blank, group in groupby(chars, lambda char: char[0].isspace()):
        if blank:
            continue
        found = list(group)
        left, base, right, _ = textpage.get_charbox(found[0][1], loose=True)
        if len(found) > 1:
            right = textpage.get_charbox(found[-1][1], loose=True)[2]
        placed.append(Word("".join(char for char, _ in found), left, right, base, found[0][1]))
    row, size = -1, 0.0
    held: list[Word] = []
    for word in together(placed):
        gap = word.left - held[-1].right if held else 0
        if held and abs(gap) > GAP * size:
            yield _piece(held, size, page, row)
            held = []
        if not held:
            row = row if row >= 0 and gap > 0 else word.index
            size = raw.FPDFText_GetFontSize(textpage, word.index)
        held.append(word)
    if held:
        yield _piece(held, size, page, row)


def _piece(found: Sequence[Word], size: float, page: int, row: int) -> Line:
    text = " ".join(word.text for word in found)
    right = max(word.right for word in found)
    return Line(text, found[0].left, right, found[0].base, size, page, row)


def without_margins(lines: Sequence[Line]) -> list[Line]:
    """The lines without running headers, footers and page numbers.

    Those stand apart at the edge of a page, and are alike, but for numbers, on three or more.
    """
    pages: dict[int, list[Line]] = {}
    for line in lines:
        pages.setdefault(line.page, []).append(line)
    edges = {number: _edges(found) for number, found in pages.items()}
    alike = Counter(
        form for found in edges.values() for form in {_numberless(line.text) for line in found}
    )

    def is_margin(line: Line) -> bool:
        form = _numberless(line.text)
        return line in edges[line.page] and (
            alike[form] >= 3 or (len(pages) > 1 and _PAGE_NUMBER.fullmatch(line.text) is not None)
        )

    return [line for line in lines if not is_margin(line)]


def _edges(lines: Sequence[Line]) -> set[Line]:
    """The lines at the top and the bottom of a page that a gap divides from the text."""
    found: set[Line] = set()
    downwards = sorted(lines, key=lambda line: -line.base)
    for ordered in (downwards, downwards[::-1]):
        for count, (outer, inner) in enumerate(pairwise(ordered[: EDGE_LINES + 1]), start=1):
            if abs(outer.base - inner.base) > EDGE_GAP * max(outer.size, inner.size):
                found.update(ordered[:count])
    return found


_PAGE_NUMBER = re.compile(
    r"\W*(?:(?:halaman|hal|page|p)\b\.?\s*)?\d{1,4}(?:\s*(?:/|dari|of)\s*\d{1,4})?\W*", re.I
)


def _numberless(text: str) -> str:
    return re.sub(r"\d+", "#", text.lower())


def paragraphs(lines: Sequence[Line]) -> list[tuple[Block, float]]:
    """The lines put together, with their size: a paragraph begins where layout says so."""
    if not lines:
        return []
    sizes = Counter[float]()
    for line in lines:
        sizes[round(line.size, 1)] += len(line.text)
    body = sizes.most_common(1)[0][0]
    gaps = sorted(a.base - b.base for a, b in pairwise(lines) if _same_column(a, b))
    usual = gaps[len(gaps) // 4] if gaps else body * 1.2  # most lines go on a paragraph
    widest = _widths(lines)
    blocks: list[tuple[Block, float]] = []
    held: list[Line] = []
    for line in lines:
        if held and _begins(held[-1], line, usual, widest[held[-1].page]):
            blocks.append(_joined(held, body))
            held = []
        held.append(line)
    blocks.append(_joined(held, body))
    return blocks


def _widths(lines: Sequence[Line]) -> dict[int, float]:
    """How wide a full line is on each page: wider than nine in ten."""
    by_page: dict[int, list[float]] = {}
    for line in lines:
        by_page.setdefault(line.page, []).append(line.right - line.left)
    return {
        page: sorted(found)[int(len(found) * 0.9)] if len(found) > 1 else found[0]
        for page, found in by_page.items()
    }


def _same_column(above: Line, below: Line) -> bool:
    gap = above.base - below.base
    return above.page == below.page and 0.7 * below.size < gap < 4 * max(above.size, 1)


_SENTENCE_END = re.compile(r"""[.!?:…]["'”’»)\]]*$""")


def _begins(last: Line, line: Line, usual: float, width: float) -> bool:
    """Whether ``line`` begins a paragraph after one that ends with ``last``."""
    if abs(line.size - last.size) > 0.08 * max(last.size, 1):
        return True
    ended = bool(_SENTENCE_END.search(last.text))
    if re.match(r"[•●▪‣◦]\s|[-–]\s", line.text):
        return True
    if not _same_column(last, line):  # the next column or page
        return ended or (not line.text[0].islower() and last.right - last.left < SHORT_LINE * width)
    if last.base - line.base > LEADING * usual:
        return True
    if not ended:
        return False
    short = last.right - last.left < SHORT_LINE * width
    indented = line.left > last.left + 0.8 * line.size
    return short or indented


def _joined(lines: Sequence[Line], body: float) -> tuple[Block, float]:
    text = lines[0].text
    for line in lines[1:]:
        text = join_lines(text, line.text)
    heading = lines[0].size > HEADING_SIZE * body and len(text) < 300
    return Block(text, "heading" if heading else "text"), lines[0].size


def stories(blocks: Sequence[tuple[Block, float]]) -> list[list[Block]]:
    """The blocks of each story: behind a text, a headline as large as its own begins another."""
    largest = max((size for one, size in blocks[:4] if one.kind == "heading"), default=0.0)
    found: list[list[Block]] = [[]]
    told = False  # the headline of this story, and some text below it
    headed = False
    for one, size in blocks:
        count = len(words(one.text))
        headline = one.kind == "heading" and size >= SAME_SIZE * largest
        if headline and told and count >= LEAST_HEADLINE:
            found.append([])
            told = False
        headed = headed or headline
        told = told or (headed and one.kind == "text" and count >= LEAST_TOLD)
        found[-1].append(one)
    return found


def join_lines(above: str, below: str) -> str:
    """Two lines as one, without the hyphen that only divided a word.

    A hyphen stays between the halves of a doubled word, before a capital and at a number.

    >>> join_lines("Pemerin-", "tah kota"), join_lines("anak-", "anak kota")
    ('Pemerintah kota', 'anak-anak kota')
    >>> [join_lines(*lines) for lines in (("sayur-", "mayur"), ("COVID-", "19"), ("PA-", "SAR"))]
    ['sayur-mayur', 'COVID-19', 'PASAR']
    """
    divided = re.search(r"(\w+)[-\u00ad]$", above)
    rest = re.match(r"\w+", below)
    if not divided or not rest:
        return f"{above} {below}"
    first, second = divided[1], rest[0]
    capitals = first.isupper() and second.isupper() and is_common((first + second).lower())
    lower = first.isalpha() and second[0].islower() and not _is_doubled(first.lower(), second)
    if above.endswith("\u00ad") or lower or capitals:
        return above[:-1] + below
    return above + below


def _is_doubled(first: str, second: str) -> bool:
    """Whether two words are one doubled, with a change of sound or an ending.

    >>> _is_doubled("anak", "anaknya"), _is_doubled("warna", "warni"), _is_doubled("ban", "dung")
    (True, True, False)
    """
    if second.startswith(first) and len(first) > 1:
        return True
    same = sum(map(str.__eq__, first, second))
    return len(first) == len(second) >= 4 and same >= 0.6 * len(first)


def _title(blocks: Sequence[Block]) -> str:
    """The first heading when it opens the document, or nothing."""
    return next((one.text for one in blocks[:4] if one.kind == "heading"), "")
