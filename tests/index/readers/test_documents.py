"""Word documents and e-books."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from types import ModuleType

import docx
import pytest

from index.errors import RejectedFileError
from index.readers import read_articles
from index.types import Article

Save = Callable[[str, bytes | str], Path]


def read(path: Path) -> list[Article]:
    return read_articles(path, "", path.name)[0]


def test_lists_tables_and_headings_of_a_word_document(make: ModuleType, save: Save) -> None:
    document = docx.Document()
    document.add_heading(make.TITLE, 0)
    document.add_paragraph(make.BODY[0])
    document.add_heading("Biaya jembatan", 1)
    document.add_paragraph("Baja dua ribu ton", style="List Bullet")
    table = document.add_table(rows=1, cols=2)
    table.rows[0].cells[0].text, table.rows[0].cells[1].text = "Panjang", "410 meter"
    document.add_paragraph(make.BODY[1])
    stream = BytesIO()
    document.save(stream)
    [article] = read(save("jembatan.docx", stream.getvalue()))
    assert article.title == make.TITLE
    assert [p.text for p in article.paragraphs if p.role == "body"] == [
        make.BODY[0], "Biaya jembatan", "- Baja dua ribu ton", "Panjang; 410 meter", make.BODY[1],
    ]  # fmt: skip


def test_a_word_document_without_styles(make: ModuleType, save: Save) -> None:
    document = docx.Document()
    for line in (make.TITLE, "Oleh Puspa Melani", "Kamis, 8 April 2021 - 07:30 WIB", *make.BODY):
        document.add_paragraph(line)
    stream = BytesIO()
    document.save(stream)
    [article] = read(save("polos.docx", stream.getvalue()))
    assert (article.title, article.author) == (make.TITLE, "Puspa Melani")
    assert article.published is not None
    assert article.published.isoformat() == make.PUBLISHED


def test_each_chapter_is_an_article(make: ModuleType, save: Save) -> None:
    chapters = [
        f"<html><body><h1>Bab {n}</h1><p>{make.BODY[0]}</p><p>{make.BODY[1]}</p></body></html>"
        for n in (1, 2)
    ]
    cover = "<html><body><h1>Majalah Contoh</h1></body></html>"
    articles = read(save("majalah.epub", make.epub([cover, *chapters])))
    assert [one.title for one in articles] == ["Bab 1", "Bab 2"]
    assert {(one.source, one.author) for one in articles} == {("Majalah Contoh", "Puspa Melani")}
    assert len({one.id for one in articles}) == 2


def test_a_chapter_is_in_the_language_of_its_text(make: ModuleType, save: Save) -> None:
    """The book says "id", as many do by default."""
    said = "The mayor said on Monday that the old bridge will be closed for repairs until May. "
    english = f"<html><body><h1>The bridge</h1><p>{said * 2}</p></body></html>"
    indonesian = (
        f"<html><body><h1>Bab 1</h1><p>{make.BODY[0]}</p><p>{make.BODY[1]}</p></body></html>"
    )
    articles = read(save("majalah.epub", make.epub([english, indonesian])))
    assert [one.language for one in articles] == ["en", "id"]


ENTITIES = (
    '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">'
    + "".join(
        f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip("abcdefghi", "bcdefghij", strict=True)
    )
    + ']><container><rootfiles><rootfile full-path="&j;"/></rootfiles></container>'
)


@pytest.mark.parametrize(
    ("name", "files", "reason"),
    [
        ("x.docx", {"isi.txt": "bukan Word"}, "broken Word"),
        ("x.docx", {"[Content_Types].xml": "<x"}, "broken Word"),
        ("x.epub", {"isi.txt": "bukan buku"}, "broken e-book"),
        ("x.epub", {"META-INF/container.xml": "<a/>"}, "no package"),
        ("x.epub", {"META-INF/container.xml": ENTITIES}, "broken e-book|no package"),
        ("x.epub", {"META-INF/encryption.xml": "", "META-INF/rights.xml": ""}, "DRM"),
    ],
)  # fmt: skip
def test_broken_documents(
    name: str, files: dict[str, str | bytes], reason: str, make: ModuleType, save: Save
) -> None:
    with pytest.raises(RejectedFileError, match=reason):
        read(save(name, make.zipped(files)))


@pytest.mark.parametrize("name", ["x.docx", "x.epub", "x.zip"])
def test_broken_or_encrypted_containers(name: str, make: ModuleType, save: Save) -> None:
    with pytest.raises(RejectedFileError, match="not a"):
        read(save(name, b"teks biasa saja"))
    with pytest.raises(RejectedFileError, match="broken ZIP"):
        read(save(name, make.docx()[:2_000]))
    with pytest.raises(RejectedFileError, match="password"):
        read(save(name, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)))
    with pytest.raises(RejectedFileError, match="unpack to"):
        read(save(name, make.zipped({"besar.txt": bytes(30_000_000)})))
