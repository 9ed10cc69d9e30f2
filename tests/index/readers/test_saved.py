"""Single-file saves, newsletters and crawls."""

from __future__ import annotations

import gzip
import plistlib
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from index.errors import RejectedFileError
from index.readers import read_articles
from index.types import Article

Save = Callable[[str, bytes | str], Path]


def read(path: Path) -> tuple[list[Article], list[str]]:
    return read_articles(path, "", path.name)


def body(article: Article) -> list[str]:
    return [p.text for p in article.paragraphs if p.role == "body"]


@pytest.mark.parametrize("format_", ["mhtml", "webarchive", "warc"])
def test_a_saved_page_keeps_its_address(format_: str, make: ModuleType, save: Save) -> None:
    page = make.html()
    data = (
        make.warc({make.URL: ("200 OK", page)})
        if format_ == "warc"
        else getattr(make, format_)(page)
    )
    [article], reasons = read(save(f"simpan.{format_}", data))
    assert (article.url, article.source) == (make.URL, "kabar.example")
    assert not reasons


def test_a_newsletter(make: ModuleType, save: Save) -> None:
    page = make.html(title="Buletin pagi")
    [article], _ = read(save("buletin.eml", make.newsletter(page).as_bytes()))
    assert (article.title, article.source) == (make.TITLE, "Kabar Contoh")
    assert article.published is not None
    assert article.published.isoformat() == make.PUBLISHED
    assert body(article)[-2:] == make.BODY


def test_a_plain_newsletter_with_an_attachment(make: ModuleType, save: Save) -> None:
    message = make.newsletter(plain="\n\n".join(make.BODY))
    message.add_attachment(
        make.docx(title="Lampiran Contoh"), "application", "octet-stream", filename="lampiran.docx"
    )
    message.add_attachment(b"MZ", "application", "octet-stream", filename="x.exe")
    articles, reasons = read(save("polos.eml", message.as_bytes()))
    assert {one.title for one in articles} == {make.TITLE, "Lampiran Contoh"}
    assert body(articles[-1]) == make.BODY
    assert len(reasons) == 1 and str(reasons[0]).startswith("x.exe: format .exe not supported")


def test_a_crawl(make: ModuleType, save: Save) -> None:
    pages = {
        f"{make.URL}/{n}": ("200 OK", make.html(title=f"Berita ke-{n} dari jembatan")) for n in "12"
    } | {f"{make.URL}/hilang": ("404 Not Found", make.html(title="Halaman tidak ada"))}
    data = make.warc(pages)
    for name, content in (("a.warc", data), ("a.warc.gz", gzip.compress(data))):
        articles, reasons = read(save(name, content))
        assert {one.url for one in articles} == {f"{make.URL}/1", f"{make.URL}/2"}
        assert not reasons


def test_what_was_read_of_a_broken_crawl_stays(make: ModuleType, save: Save) -> None:
    pages = {f"{make.URL}/{n}": ("200 OK", make.html()) for n in "12"}
    data = make.warc(pages)
    cut = data.rindex(b"WARC/1.")
    [first], _ = read(save("a.warc", data[:cut] + b"WARC/1.0\r\nsampah\r\n\r\n"))
    assert first.url == f"{make.URL}/1"


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("x.mhtml", b"bukan pesan", "no page in it"),
        ("x.eml", b"Subject: kosong\n\n", "no text|no body"),
        ("x.webarchive", b"bplist00" + bytes(40), "broken web archive"),
        ("x.webarchive", b"<?xml version='1.0'?><plist><dict><key>a", "broken web archive"),
        ("x.webarchive", plistlib.dumps({"WebMainResource": 1}), "broken web archive"),
        ("x.warc", b"WARC/1.0 sampah", "broken WARC|no article"),
        ("x.html", b"<html><body><nav>Beranda</nav></body></html>", "no article|no body"),
    ],
)
def test_broken_saves(name: str, data: bytes, reason: str, save: Save) -> None:
    with pytest.raises(RejectedFileError, match=reason):
        read(save(name, data))
