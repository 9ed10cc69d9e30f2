"""Small files of every format, made here byte by byte or by the libraries that write them."""

from __future__ import annotations

import gzip
import json
import plistlib
import sys
import textwrap
import zipfile
from collections.abc import Callable, Sequence
from email.message import EmailMessage
from io import BytesIO
from pathlib import Path
from types import ModuleType

import pytest

TITLE = "Jembatan Contoh Dibuka untuk Umum"
BODY = [
    "Jembatan Contoh dibuka untuk umum pada Kamis pagi setelah tiga tahun dibangun.",
    "Panjangnya 410 meter dan biayanya Rp120 miliar, kata pejabat kota.",
]
PUBLISHED = "2021-04-08T07:30:00+07:00"
URL = "https://kabar.example/jembatan"

Placed = tuple[str, float, float, float]  # text, size, left, base


def html(body: Sequence[str] = BODY, title: str = TITLE) -> str:
    paragraphs = "".join(f"<p>{one}</p>" for one in body)
    return (
        f"<html lang=id><head><title>{title}</title><meta property='og:title' content='{title}'>"
        f'<meta property="article:published_time" content="{PUBLISHED}"></head>'
        f"<body><nav>Beranda Nasional</nav><article><h1>{title}</h1>{paragraphs}</article>"
        "</body></html>"
    )


def pdf(pages: Sequence[Sequence[Placed]], encrypted: bool = False) -> bytes:
    """A PDF in Helvetica with each text at its place; without text it is as a scan would be."""
    count = len(pages)
    kids = " ".join(f"{4 + 2 * i} 0 R" for i in range(count))
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        f"<</Type/Pages/Count {count}/Kids[{kids}]>>".encode(),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>",
    ]
    for i, placed in enumerate(pages):
        drawn = b""
        for text, size, left, base in placed:
            escaped = text.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")
            drawn += f"BT /F1 {size} Tf {left} {base} Td (".encode()
            drawn += escaped.encode("cp1252") + b") Tj ET\n"
        objects.append(
            f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents {5 + 2 * i} 0 R"
            "/Resources<</Font<</F1 3 0 R>>>>>>".encode()
        )
        objects.append(b"<</Length %d>>stream\n" % len(drawn) + drawn + b"\nendstream")
    data, places = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, start=1):
        places.append(len(data))
        data += b"%d 0 obj\n" % number + content + b"\nendobj\n"
    start = len(data)
    data += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    data += b"".join(b"%010d 00000 n \n" % place for place in places)
    lock = b""
    if encrypted:  # keys that no empty password opens
        key = b"<" + b"ab" * 32 + b">"
        lock = b"/Encrypt<</Filter/Standard/V 1/R 2/P -4/O" + key + b"/U" + key + b">>"
        lock += b"/ID[<" + b"0" * 32 + b"><" + b"0" * 32 + b">]"
    data += b"trailer<</Size %d/Root 1 0 R" % (len(objects) + 1) + lock + b">>\n"
    return data + b"startxref\n%d\n%%%%EOF" % start


def laid_out(
    paragraphs: Sequence[str], top: float, left: float = 60, width: int = 50
) -> list[Placed]:
    """Lines of 10 points under each other, with a wider gap between paragraphs."""
    lines: list[Placed] = []
    for paragraph in paragraphs:
        for line in textwrap.wrap(paragraph, width):
            lines.append((line, 10, left, top))
            top -= 12
        top -= 10
    return lines


def article_pdf() -> bytes:
    text = laid_out(["Kamis, 8 April 2021 - 07:30 WIB", *BODY], top=750)
    return pdf([[(TITLE, 20, 60, 780), *text]])


def docx(body: Sequence[str] = BODY, title: str = TITLE) -> bytes:
    import docx as word

    document = word.Document()
    document.add_heading(title, 0)
    document.add_paragraph("Kamis, 8 April 2021 - 07:30 WIB")
    for one in body:
        document.add_paragraph(one)
    stream = BytesIO()
    document.save(stream)
    return stream.getvalue()


def epub(chapters: Sequence[str]) -> bytes:
    """An e-book of these chapters, each a page of HTML."""
    names = [f"c{i}.xhtml" for i in range(len(chapters))]
    items = "".join(f'<item id="i{i}" href="{name}"/>' for i, name in enumerate(names))
    spine = "".join(f'<itemref idref="i{i}"/>' for i in range(len(names)))
    return zipped(
        {
            "mimetype": "application/epub+zip",
            "META-INF/container.xml": '<container xmlns="urn:x"><rootfiles><rootfile '
            'full-path="OEBPS/book.opf"/></rootfiles></container>',
            "OEBPS/book.opf": '<package xmlns="urn:y" xmlns:dc="urn:dc"><metadata>'
            "<dc:title>Majalah Contoh</dc:title><dc:creator>Puspa Melani</dc:creator>"
            f"<dc:date>{PUBLISHED}</dc:date><dc:language>id</dc:language></metadata>"
            f"<manifest>{items}</manifest><spine>{spine}</spine></package>",
            **{f"OEBPS/{name}": text for name, text in zip(names, chapters, strict=True)},
        }
    )


def zipped(files: dict[str, str | bytes]) -> bytes:
    stream = BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in files.items():
            packed.writestr(name, content)
    return stream.getvalue()


def mhtml(page: str) -> bytes:
    message = EmailMessage()
    message["Subject"] = "Disimpan oleh peramban"
    message["Snapshot-Content-Location"] = URL
    message.set_content("pengganti")
    message.make_related()
    message.clear_content()
    message.add_related(page, subtype="html", headers=[f"Content-Location: {URL}"])
    message.add_related(b"\x89PNG", "image", "png", headers=["Content-Location: x.png"])
    return message.as_bytes()


def webarchive(page: str) -> bytes:
    resource = {
        "WebResourceData": page.encode(),
        "WebResourceMIMEType": "text/html",
        "WebResourceTextEncodingName": "UTF-8",
        "WebResourceURL": URL,
    }
    return plistlib.dumps({"WebMainResource": resource}, fmt=plistlib.FMT_BINARY)


def newsletter(page: str = "", plain: str = "") -> EmailMessage:
    message = EmailMessage()
    message["Subject"] = TITLE
    message["From"] = "Kabar Contoh <redaksi@kabar.example>"
    message["Date"] = "Thu, 08 Apr 2021 07:30:00 +0700"
    message.set_content(plain or "Buka di peramban.")
    if page:
        message.add_alternative(page, subtype="html")
    return message


def warc(pages: dict[str, tuple[str, str]]) -> bytes:
    """A crawl: address → (status line, page)."""
    from warcio.statusandheaders import StatusAndHeaders
    from warcio.warcwriter import WARCWriter

    stream = BytesIO()
    writer = WARCWriter(stream, gzip=False)
    for url, (status, page) in pages.items():
        headers = StatusAndHeaders(
            status, [("Content-Type", "text/html; charset=utf-8")], protocol="HTTP/1.1"
        )
        payload = BytesIO(page.encode())
        writer.write_record(
            writer.create_warc_record(url, "response", payload=payload, http_headers=headers)
        )
    return stream.getvalue()


def contents() -> dict[str, bytes]:
    """The same article in every format, by the ending of its name."""
    text = "\n\n".join(BODY)
    row = {"judul": TITLE, "isi": text, "tanggal": PUBLISHED, "sumber": "Contoh"}
    table = 'judul{0}isi{0}tanggal{0}sumber\n"{1}"{0}"{2}"{0}{3}{0}Contoh\n'
    page = html()
    found: dict[str, str | bytes] = {
        ".txt": f"{TITLE}\nKamis, 8 April 2021 - 07:30 WIB\n\n{text}\n",
        ".md": f"---\ntitle: {TITLE}\npublished: {PUBLISHED}\n---\n{text}\n",
        **dict.fromkeys((".html", ".htm", ".xhtml"), page),
        **dict.fromkeys((".mhtml", ".mht"), mhtml(page)),
        ".webarchive": webarchive(page),
        ".eml": newsletter(page).as_bytes(),
        ".warc": warc({URL: ("200 OK", page)}),
        ".pdf": article_pdf(),
        ".docx": docx(),
        ".epub": epub([f"<html><body><h1>{TITLE}</h1><p>{BODY[0]}</p><p>{BODY[1]}</p></body>"]),
        ".json": json.dumps([row]),
        **dict.fromkeys((".jsonl", ".ndjson"), json.dumps(row) + "\n"),
        ".csv": table.format(",", TITLE, text, PUBLISHED),
        ".tsv": table.format("\t", TITLE, text, PUBLISHED),
        ".zip": zipped({"2021/jembatan.html": page}),
        ".gz": gzip.compress((json.dumps(row) + "\n").encode()),
    }
    return {k: v.encode() if isinstance(v, str) else v for k, v in found.items()}


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
