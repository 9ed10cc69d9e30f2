"""An article as files of every format, made byte by byte or by the libraries that write them."""

from __future__ import annotations

import gzip
import json
import plistlib
import textwrap
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime
from html import escape
from io import BytesIO

Placed = tuple[str, float, float, float]  # text, size, left, base


@dataclass(frozen=True, slots=True)
class Story:
    """What the files say. ``published`` has a time and a zone, ``url`` is the address."""

    title: str
    body: Sequence[str]
    published: datetime
    url: str
    outlet: str

    @property
    def dateline(self) -> str:
        return f"{self.published:%Y-%m-%d %H:%M} GMT{self.published:%z}"


def files(story: Story) -> dict[str, bytes]:
    """The story in every format, by the ending of a name."""
    text = "\n\n".join(story.body)
    published = story.published.isoformat()
    row = {"judul": story.title, "isi": text, "tanggal": published, "sumber": story.outlet}
    row["tautan"] = story.url
    packed = json.dumps(row) + "\n"
    page = html(story.title, story.body, published, story.url)
    head = f"title: {story.title}\npublished: {published}\nsource: {story.outlet}\nurl: {story.url}"
    found: dict[str, str | bytes] = {
        ".txt": f"{story.title}\n{story.dateline}\n\n{text}\n",
        ".md": f"---\n{head}\n---\n{text}\n",
        **dict.fromkeys((".html", ".htm", ".xhtml"), page),
        **dict.fromkeys((".mhtml", ".mht"), mhtml(page, story.url)),
        ".webarchive": webarchive(page, story.url),
        ".eml": newsletter(story, page).as_bytes(),
        ".warc": warc({story.url: ("200 OK", page)}),
        ".pdf": article_pdf(story),
        ".docx": docx(story),
        ".epub": epub([page], published),
        ".json": json.dumps([row]),
        **dict.fromkeys((".jsonl", ".ndjson"), packed),
        ".csv": _table(row, ","),
        ".tsv": _table(row, "\t"),
        ".zip": zipped({"artikel.html": page}),
        ".jsonl.gz": gzip.compress(packed.encode()),
    }
    return {end: data.encode() if isinstance(data, str) else data for end, data in found.items()}


def _table(row: Mapping[str, str], delimiter: str) -> str:
    import csv
    from io import StringIO

    stream = StringIO()
    writer = csv.writer(stream, delimiter=delimiter)
    writer.writerows([row.keys(), row.values()])
    return stream.getvalue()


def html(title: str, body: Sequence[str], published: str, url: str = "") -> str:
    link = f'<link rel="canonical" href="{escape(url)}">' if url else ""
    paragraphs = "".join(f"<p>{escape(one)}</p>" for one in body)
    return (
        f"<html lang=id><head><title>{escape(title)}</title>"
        f"<meta property='og:title' content=\"{escape(title)}\">"
        f'<meta property="article:published_time" content="{published}">{link}</head>'
        f"<body><nav>Beranda Nasional</nav><article><h1>{escape(title)}</h1>{paragraphs}</article>"
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


def article_pdf(story: Story) -> bytes:
    """The story on as many pages as it needs."""
    text = laid_out([story.dateline, *story.body], top=750)
    title = laid_out([story.title], top=790, width=46)
    first: list[Placed] = [(line, 16, left, base) for line, _, left, base in title]
    heights = [750 - base for _, _, _, base in text]
    pages: list[list[Placed]] = [first]
    for (line, size, left, _), height in zip(text, heights, strict=True):
        page, below = divmod(height, 680)
        while len(pages) <= page:
            pages.append([])
        pages[int(page)].append((line, size, left, 750 - below))
    return pdf(pages)


def docx(story: Story) -> bytes:
    import docx as word

    document = word.Document()
    document.add_heading(story.title, 0)
    for one in (story.dateline, *story.body):
        document.add_paragraph(one)
    stream = BytesIO()
    document.save(stream)
    return stream.getvalue()


def epub(chapters: Sequence[str], published: str) -> bytes:
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
            f"<dc:date>{published}</dc:date><dc:language>id</dc:language></metadata>"
            f"<manifest>{items}</manifest><spine>{spine}</spine></package>",
            **{f"OEBPS/{name}": text for name, text in zip(names, chapters, strict=True)},
        }
    )


def zipped(members: Mapping[str, str | bytes]) -> bytes:
    stream = BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in members.items():
            packed.writestr(name, content)
    return stream.getvalue()


def mhtml(page: str, url: str) -> bytes:
    message = EmailMessage()
    message["Subject"] = "Disimpan oleh peramban"
    message["Snapshot-Content-Location"] = url
    message.set_content("pengganti")
    message.make_related()
    message.clear_content()
    message.add_related(page, subtype="html", headers=[f"Content-Location: {url}"])
    message.add_related(b"\x89PNG", "image", "png", headers=["Content-Location: x.png"])
    return message.as_bytes()


def webarchive(page: str, url: str) -> bytes:
    resource = {
        "WebResourceData": page.encode(),
        "WebResourceMIMEType": "text/html",
        "WebResourceTextEncodingName": "UTF-8",
        "WebResourceURL": url,
    }
    return plistlib.dumps({"WebMainResource": resource}, fmt=plistlib.FMT_BINARY)


def newsletter(story: Story, page: str = "", plain: str = "Buka di peramban.") -> EmailMessage:
    message = EmailMessage()
    message["Subject"] = story.title
    message["From"] = f"{story.outlet} <redaksi@kabar.example>"
    message["Date"] = format_datetime(story.published)
    message.set_content(plain)
    if page:
        message.add_alternative(page, subtype="html")
    return message


def warc(pages: Mapping[str, tuple[str, str]]) -> bytes:
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
