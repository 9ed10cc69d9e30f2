"""Paragraphs from lines: columns, pages, hyphens, running headers; unreadable files."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from types import ModuleType

import pytest

from index.errors import RejectedFileError
from index.readers import read_articles
from index.readers.draft import Draft, Source
from index.readers.pdf import read_pdf

Save = Callable[[str, bytes | str], Path]
TEXTS = [
    f"Pada hari ke-{day} petugas membersihkan jalan {name} dan mengangkut lumpur ke tempat "
    f"penampungan di pinggir kota {name}. Pekerjaan itu selesai menjelang malam."
    for day, name in enumerate(["Anggrek", "Melati", "Kenanga", "Dahlia", "Cempaka", "Teratai"])
]


Placed = tuple[str, float, float, float]  # a text, its size, and where it begins
HEADLINE = "Lumpur Dibersihkan dari Jalan Kota Sampai Malam"


def drafts(data: bytes) -> list[Draft | str]:
    return list(read_pdf(Source("x.pdf", BytesIO(data))))


def body(data: bytes) -> list[str]:
    [draft] = drafts(data)
    assert isinstance(draft, Draft)
    return [text for text, role in draft.page.blocks if role == "body"]


def test_columns_and_pages_without_headers_and_footers(make: ModuleType) -> None:
    pages = []
    for number in range(3):
        left, right = TEXTS[2 * number : 2 * number + 2]
        pages.append(
            [
                ("Laporan Tahunan Dinas Contoh", 8, 60, 815),
                *make.laid_out([left], 740, 60, 40),
                *make.laid_out([right], 740, 320, 40),
                (f"Halaman {number + 1} dari 3", 8, 280, 30),
            ]
        )
    assert body(make.pdf(pages)) == TEXTS


def test_a_paragraph_goes_on_over_the_page(make: ModuleType) -> None:
    first, second = TEXTS[0].split(" dan ", 1)
    pages = [make.laid_out([TEXTS[1], first], 740), make.laid_out([f"dan {second}", TEXTS[2]], 740)]
    assert body(make.pdf(pages)) == [TEXTS[1], TEXTS[0], TEXTS[2]]


def test_hyphens_at_the_ends_of_lines_of_columns(make: ModuleType) -> None:
    left = ["Pemerintah kabu-", "paten mengundang war-", "ga untuk berkumpul di", "balai desa itu."]
    right = ["Sayur-", "mayur dibagikan oleh", "petugas COVID-", "19 kepada anak-", "anak di sana."]
    columns = [
        [(line, 10, x, 700 - 12 * i) for i, line in enumerate(lines)]
        for x, lines in ((60, left), (320, right))
    ]
    assert body(make.pdf([in_rows(*columns)])) == [
        "Pemerintah kabupaten mengundang warga untuk berkumpul di balai desa itu.",
        "Sayur-mayur dibagikan oleh petugas COVID-19 kepada anak-anak di sana.",
    ]


def test_hyphens(make: ModuleType) -> None:
    lines = [
        ("Pemerin-", 10, 60, 700),
        ("tah kota mengundang anak-", 10, 60, 688),
        ("anak desa untuk berkumpul di balai pada pagi hari.", 10, 60, 676),
    ]
    assert body(make.pdf([lines])) == [
        "Pemerintah kota mengundang anak-anak desa untuk berkumpul di balai pada pagi hari."
    ]


def test_a_headline_is_the_title(make: ModuleType) -> None:
    page = [("Lumpur Dibersihkan", 22, 60, 790), *make.laid_out(TEXTS[:2], 740)]
    [draft] = drafts(make.pdf([page]))
    assert isinstance(draft, Draft)
    assert draft.page.title == "Lumpur Dibersihkan"
    assert [text for text, _ in draft.page.blocks] == TEXTS[:2]


def in_rows(*columns: list[Placed]) -> list[Placed]:
    """Columns painted across: row by row, from left to right."""
    return sorted((one for column in columns for one in column), key=lambda one: (-one[3], one[2]))


def three(make: ModuleType) -> list[list[Placed]]:
    return [make.laid_out(TEXTS[2 * i : 2 * i + 2], 740, 60 + 165 * i, 30) for i in range(3)]


@pytest.mark.parametrize("painted", ["rows", "shuffled", "backwards"])
def test_columns_in_whatever_order_they_are_painted(painted: str, make: ModuleType) -> None:
    """jsvine/pdfplumber#205, #244, #620; xberg-io/xberg#1345."""
    columns = three(make)
    page = in_rows(*columns)
    if painted == "shuffled":
        random.Random(1).shuffle(page)
    elif painted == "backwards":
        page = [one for column in reversed(columns) for one in reversed(column)]
    assert body(make.pdf([[(HEADLINE, 20, 60, 790), *page]])) == TEXTS


@pytest.mark.parametrize("lower", [0, 5])
def test_two_columns_near_each_other_whose_lines_do_not_align(lower: int, make: ModuleType) -> None:
    left = make.laid_out(TEXTS[:2], 740, 60, 40)
    right = make.laid_out(TEXTS[2:4], 740 - lower, 262, 40)
    assert body(make.pdf([in_rows(left, right)])) == TEXTS[:4]


def test_what_spans_columns_stands_between_those_above_and_below(make: ModuleType) -> None:
    above = in_rows(make.laid_out(TEXTS[:1], 740, 60, 40), make.laid_out(TEXTS[1:2], 740, 320, 40))
    below = in_rows(make.laid_out(TEXTS[2:3], 600, 60, 40), make.laid_out(TEXTS[3:4], 600, 320, 40))
    middle = "Warga di pinggir kota mengeluh soal lumpur yang menumpuk di sana."
    data = make.pdf([[(HEADLINE, 20, 60, 790), *above, (middle, 11, 60, 640), *below]])
    assert body(data) == [*TEXTS[:2], middle, *TEXTS[2:4]]


def test_a_table_stays_in_rows(make: ModuleType) -> None:
    page = [*make.laid_out(TEXTS[:1], 760, 60, 80), *make.laid_out(TEXTS[1:2], 600, 60, 80)]
    for i, name in enumerate(("Angsana", "Bungur", "Cemara", "Damar")):
        page.append((f"Kecamatan {name}", 10, 60, 700 - 14 * i))
        page.append((f"{i + 2} desa terendam", 10, 250, 700 - 14 * i))
    page.sort(key=lambda one: (-one[3], one[2]))
    assert "Kecamatan Bungur 3 desa terendam Kecamatan Cemara" in " ".join(body(make.pdf([page])))


def told(data: bytes) -> dict[str, list[str]]:
    """The body of each story by its headline."""
    found = [draft for draft in drafts(data) if isinstance(draft, Draft)]
    assert len({draft.key for draft in found}) == len(found)
    return {
        draft.page.title: [text for text, role in draft.page.blocks if role == "body"]
        for draft in found
    }


def test_stories_side_by_side_and_below_each_other_are_articles(make: ModuleType) -> None:
    """yfedoseev/pdf_oxide#1315."""
    heads = [
        ("Lumpur dibersihkan lagi", 18, 60, 790), ("Harga cabai naik lagi", 18, 320, 790),
        ("Jembatan kota ambruk lagi", 18, 60, 600), ("Sekolah libur mulai besok", 18, 320, 600),
    ]  # fmt: skip
    above = in_rows(make.laid_out(TEXTS[:1], 760, 60, 40), make.laid_out(TEXTS[1:2], 760, 320, 40))
    below = in_rows(make.laid_out(TEXTS[2:3], 570, 60, 40), make.laid_out(TEXTS[3:4], 570, 320, 40))
    assert told(make.pdf([[*heads[:2], *above, *heads[2:], *below]])) == {
        head[0]: [text] for head, text in zip(heads, TEXTS, strict=False)
    }


def test_a_smaller_or_short_heading_begins_no_story(make: ModuleType) -> None:
    for heading, size in (("Warga mengeluh soal lumpur", 14), ("Hasil dan pembahasan", 20)):
        page = [(HEADLINE, 20, 60, 790), *make.laid_out(TEXTS[:1], 740, 60, 80)]
        page.append((heading, size, 60, 640))
        page += make.laid_out(TEXTS[1:2], 600, 60, 80)
        assert list(told(make.pdf([page]))) == [HEADLINE]


@pytest.mark.parametrize("placed", [True, False])
def test_letters_that_are_set_apart_make_words(placed: bool, make: ModuleType) -> None:
    words = "JEMBATAN LONTAR AMBRUK"
    head: list[Placed] = [("   ".join(" ".join(word) for word in words.split()), 16, 60, 790)]
    if placed:
        head = [(char, 16, 60 + 18 * i, 790) for i, char in enumerate(words) if char != " "]
    assert told(make.pdf([[*head, *make.laid_out(TEXTS[:2], 740, 60, 80)]])) == {words: TEXTS[:2]}


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("scanned", "needs OCR"),
        ("encrypted", "encrypted"),
        ("truncated", "broken PDF"),
        ("nothing", "broken PDF|no pages"),
    ],
)
def test_what_cannot_be_read(name: str, reason: str, make: ModuleType, save: Save) -> None:
    whole = make.article_pdf()
    data = {
        "scanned": make.pdf([[], [("3", 9, 280, 30)]]),
        "encrypted": make.pdf([make.laid_out(TEXTS, 740)], encrypted=True),
        "truncated": whole[:200],
        "nothing": b"%PDF-1.7\n",
    }[name]
    path = save("berkas.pdf", data)
    with pytest.raises(RejectedFileError, match=reason):
        read_articles(path, "", path.name)


def test_reading_stops_at_the_deadline(make: ModuleType) -> None:
    data = make.pdf([make.laid_out(TEXTS, 740)] * 50)
    source = Source("x.pdf", BytesIO(data), deadline=time.monotonic() - 1)
    with pytest.raises(RejectedFileError, match="50 pages"):
        list(read_pdf(source))
