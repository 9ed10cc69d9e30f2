"""One article as small files of every format, and parts to make others of."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from email.message import EmailMessage
from pathlib import Path
from types import ModuleType

import pytest

from evals import formats
from evals.formats import laid_out, pdf, warc, zipped

__all__ = ["laid_out", "pdf", "warc", "zipped"]

TITLE = "Jembatan Contoh Dibuka untuk Umum"
BODY = [
    "Jembatan Contoh dibuka untuk umum pada Kamis pagi setelah tiga tahun dibangun.",
    "Panjangnya 410 meter dan biayanya Rp120 miliar, kata pejabat kota.",
]
PUBLISHED = "2021-04-08T07:30:00+07:00"
URL = "https://kabar.example/jembatan"
STORY = formats.Story(TITLE, BODY, datetime.fromisoformat(PUBLISHED), URL, "Kabar Contoh")


def html(body: Sequence[str] = BODY, title: str = TITLE) -> str:
    return formats.html(title, body, PUBLISHED)


def article_pdf() -> bytes:
    return formats.article_pdf(STORY)


def docx(title: str = TITLE) -> bytes:
    return formats.docx(replace(STORY, title=title))


def epub(chapters: Sequence[str]) -> bytes:
    return formats.epub(chapters, PUBLISHED)


def mhtml(page: str) -> bytes:
    return formats.mhtml(page, URL)


def webarchive(page: str) -> bytes:
    return formats.webarchive(page, URL)


def newsletter(page: str = "", plain: str = "Buka di peramban.") -> EmailMessage:
    return formats.newsletter(STORY, page, plain)


def contents() -> dict[str, bytes]:
    """The same article in every format, by the ending of its name."""
    files = formats.files(STORY)
    return files | {".gz": files.pop(".jsonl.gz")}


@pytest.fixture
def save(tmp_path: Path) -> Callable[[str, bytes | str], Path]:
    """Writes a file below the test's folder."""

    def write(name: str, content: bytes | str) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write


@pytest.fixture
def make() -> ModuleType:
    """The functions of this module, which tests cannot import."""
    return sys.modules[__name__]
