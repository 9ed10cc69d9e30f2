"""Paragraphs from lines: columns, pages, hyphens, running headers; unreadable files."""

from __future__ import annotations

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
