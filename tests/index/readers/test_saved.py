"""Single-file saves, newsletters and crawls."""

from __future__ import annotations

import gzip
import plistlib
from collections.abc import Callable
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from textwrap import wrap
from types import ModuleType

import pytest

from index.errors import RejectedFileError
from index.readers import read_articles
from index.readers.wrapping import paragraph_lines
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


SAID = "Sebanyak tiga puluh keluarga di tepi sungai mengungsi ke balai desa sejak Senin malam."
QUOTED = "Menurut saya korbannya ada dua puluh lima orang, kata tetangga."


def mail(text: str, subject: str = "Banjir di Palu", kind: str = "text/plain") -> bytes:
    head = f"From: Kabar Contoh <r@kabar.example>\nSubject: {subject}\nMIME-Version: 1.0\n"
    return f"{head}Content-Type: {kind}; charset=utf-8\n\n{text}\n".encode()


@pytest.mark.parametrize(
    "text",
    [
        f"{SAID}\n\nOn Sun, Feb 2, 2020 at 1:00 PM Budi <b@c.example> wrote:\n> {QUOTED}\n>> x",
        f"Pada Min, 2 Feb 2020 pukul 13.00 Budi <b@c.example> menulis:\n> {QUOTED}\n\n{SAID}",
        f"{SAID}\n\n--Original Message--\nFrom: Budi\nSent: Senin\nSubject: Banjir\n\n{QUOTED}",
        f"{SAID}\n\n-----Pesan Asli-----\nDari: Budi\nTanggal: 2/2/2020\nKepada: Ani\n\n{QUOTED}",
    ],
)
def test_what_a_mail_quotes_is_not_its_own(text: str, save: Save) -> None:
    [article], _ = read(save("balas.eml", mail(text, "Re: Banjir di Palu")))
    assert article.title == "Banjir di Palu"
    assert body(article) == [SAID]


def test_a_quotation_in_html_is_not_the_mails_own(save: Save) -> None:
    own = f"<p>{SAID}</p><p>{SAID.replace('tiga', 'dua')}</p><p>{SAID.replace('tiga', 'enam')}</p>"
    html = f"{own}<blockquote type=cite><p>{QUOTED}</p></blockquote>"
    [article], _ = read(save("balas.eml", mail(html, kind="text/html")))
    assert len(body(article)) == 3
    assert not any("tetangga" in one.text for one in article.paragraphs)


def test_a_mail_that_only_passes_something_on(save: Save) -> None:
    [article], _ = read(save("terus.eml", mail(f"> {SAID}")))
    assert body(article) == [SAID]
    text = (
        "Untuk diketahui.\n\n---------- Pesan terusan ---------\nDari: Redaksi <r@lain.example>\n"
        f"Tanggal: 3 Februari 2020 07.15 WIB\nPerihal: Fwd: Air surut\n\n{SAID}"
    )
    [article], _ = read(save("terus.eml", mail(text, "Fwd: Fwd: Air surut")))
    assert (article.title, article.source, body(article)) == ("Air surut", "Redaksi", [SAID])
    assert article.published is not None
    assert article.published.isoformat() == "2020-02-03T07:15:00+07:00"


def test_an_attached_mail_without_a_name(save: Save) -> None:
    outer = EmailMessage()
    outer["Subject"], outer["From"] = "Fwd", "Ani <a@c.example>"
    outer.set_content("Silakan dibaca untuk rapat redaksi besok.")
    outer.add_attachment(message_from_bytes(mail(SAID), policy=policy.default))
    articles, reasons = read(save("lampir.eml", outer.as_bytes()))
    assert body(articles[0]) == [SAID]
    assert not reasons


@pytest.mark.parametrize("width", [45, 60, 72, 80])
def test_lines_of_wrapped_paragraphs_are_joined(width: int, save: Save) -> None:
    third = "Pemerintah kota menyiapkan dana perbaikan dan meminta warga menunggu dua hari lagi."
    fourth = "Sekolah di tepi pantai diliburkan sampai pekan depan menurut kepala dinasnya."
    paragraphs = [f"{SAID} {third}", f"{QUOTED} Air sungai sudah surut.", f"{fourth} Jalan kering."]
    wrapped = "\n\n".join("\n".join(wrap(one, width)) for one in paragraphs)
    [article], _ = read(save("lipat.eml", mail(wrapped)))
    assert body(article) == paragraphs
    indented = "\n".join("\n".join(wrap(one, width, initial_indent="   ")) for one in paragraphs)
    assert [one.strip() for one in paragraph_lines(indented) if one.strip()] == paragraphs


def test_short_lines_that_are_no_wrapped_text_stay() -> None:
    for lines in (
        ["Beranda", "Ekonomi", "Olahraga", "Hiburan dan Gaya"],
        ["Air surut di Palu.", "Warga pulang kemarin.", "Sekolah dibuka lagi.", "Pasar ramai."],
        [SAID, QUOTED, SAID],
        ["Judul berita hari ini", "Oleh Ani Lestari", "Senin, 3 Februari 2020"],
    ):
        assert paragraph_lines("\n".join(lines)) == lines
