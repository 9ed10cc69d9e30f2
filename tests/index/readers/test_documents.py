"""Word documents and e-books."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from types import ModuleType

import docx
import pytest
from docx.opc.packuri import PackURI
from docx.opc.part import Part
from docx.oxml import parse_xml

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


def word(body: str, notes: str = "") -> bytes:
    """A Word document with this XML behind its headline, and these footnotes."""
    document = docx.Document()
    document.add_heading("Jembatan ambruk di Sukamaju", 0)
    names = " ".join(f'xmlns:{name}="{uri}"' for name, uri in NAMES.items())
    for element in parse_xml(f"<w:body {names}>{body}</w:body>"):
        document.element.body.insert(-1, element)
    if notes:
        data = f"<w:footnotes {names}>{notes}</w:footnotes>".encode()
        kind = "application/vnd.openxmlformats-officedocument.wordprocessingml.footnotes+xml"
        part = Part(PackURI("/word/footnotes.xml"), kind, data, document.part.package)
        document.part.relate_to(part, f"{RELATIONS}/footnotes")
    stream = BytesIO()
    document.save(stream)
    return stream.getvalue()


RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
NAMES = {
    "w": "http://schemas.openxmlformats.org/wordprocessingml/2006/main",
    "mc": "http://schemas.openxmlformats.org/markup-compatibility/2006",
    "v": "urn:schemas-microsoft-com:vml",
    "wps": "http://schemas.microsoft.com/office/word/2010/wordprocessingShape",
}
BOX = "<w:txbxContent><w:p><w:r><w:t>Kotak: jembatan itu tua.</w:t></w:r></w:p></w:txbxContent>"


def run(text: str) -> str:
    return f'<w:r><w:t xml:space="preserve">{text}</w:t></w:r>'


def paragraph(*parts: str, mark: str = "") -> str:
    properties = f"<w:pPr><w:rPr><w:{mark}/></w:rPr></w:pPr>" if mark else ""
    return f"<w:p>{properties}{''.join(parts)}</w:p>"


@pytest.mark.parametrize(
    ("body", "right"),
    [
        (
            paragraph(run("Biaya "), "<w:del><w:r><w:delText>2</w:delText></w:r></w:del>",
                      f"<w:ins>{run('4,2')}</w:ins>", run(" miliar.")),
            ["Biaya 4,2 miliar."],
        ),
        (
            paragraph(f"<w:moveFrom>{run('Ditutup Senin.')}</w:moveFrom>", mark="moveFrom")
            + paragraph(run("Dibuka Rabu."))
            + paragraph(f"<w:moveTo>{run('Ditutup Senin.')}</w:moveTo>"),
            ["Dibuka Rabu.", "Ditutup Senin."],
        ),
        (
            paragraph(run("Warga mengungsi "), mark="del") + paragraph(run("ke balai desa.")),
            ["Warga mengungsi ke balai desa."],
        ),
        (paragraph(run("Warga mengungsi."), mark="del"), ["Warga mengungsi."]),
        (f"<w:ins>{paragraph(run('Tujuh orang tewas.'))}</w:ins>", ["Tujuh orang tewas."]),
        (
            f"<w:sdt><w:sdtPr/><w:sdtContent><w:sdt><w:sdtContent>{paragraph(run('Di dalam.'))}"
            "</w:sdtContent></w:sdt></w:sdtContent></w:sdt>"
            f"<w:sdt><w:sdtPr><w:showingPlcHdr/></w:sdtPr><w:sdtContent>{paragraph(run('Klik.'))}"
            "</w:sdtContent></w:sdt>",
            ["Di dalam."],
        ),
        (
            paragraph(
                run("Kata "), f"<w:smartTag>{run('Rahmat')}</w:smartTag>",
                f"<w:sdt><w:sdtContent>{run(' Wibisono')}</w:sdtContent></w:sdt>",
                f"<w:fldSimple w:instr='DATE'>{run(' pada Senin')}</w:fldSimple>",
                "<w:r><w:fldChar w:fldCharType='begin'/></w:r><w:r><w:instrText>PAGE</w:instrText>"
                "</w:r><w:r><w:fldChar w:fldCharType='separate'/></w:r>", run(" sore"),
                f"<w:hyperlink>{run(' di balai.')}</w:hyperlink>",
            ),
            ["Kata Rahmat Wibisono pada Senin sore di balai."],
        ),
        (
            paragraph(
                run("Air surut pada Rabu."),
                "<w:r><mc:AlternateContent><mc:Choice Requires='wps'><wps:txbx>" + BOX
                + "</wps:txbx></mc:Choice><mc:Fallback><w:pict><v:textbox>" + BOX
                + "</v:textbox></w:pict></mc:Fallback></mc:AlternateContent></w:r>",
            ),
            ["Air surut pada Rabu.", "Kotak: jembatan itu tua."],
        ),
        (
            paragraph(run("Biayanya besar."), '<w:r><w:footnoteReference w:id="2"/></w:r>')
            + paragraph(run("Warga pulang pada Rabu.")),
            ["Biayanya besar.", "Menurut dinas, Rp 4,2 miliar.", "Warga pulang pada Rabu."],
        ),
        (
            "<w:tbl><w:tr>"
            f"<w:tc><w:tcPr><w:vMerge w:val='restart'/></w:tcPr>{paragraph(run('Palu'))}</w:tc>"
            f"<w:tc>{paragraph(run('2018'))}</w:tc></w:tr><w:tr>"
            f"<w:tc><w:tcPr><w:vMerge/></w:tcPr>{paragraph()}</w:tc>"
            f"<w:sdt><w:sdtContent><w:tc>{paragraph(run('2019'))}</w:tc></w:sdtContent></w:sdt>"
            f"</w:tr><w:tr><w:trPr><w:del/></w:trPr><w:tc>{paragraph(run('Hapus'))}</w:tc></w:tr>"
            "</w:tbl>",
            ["Palu; 2018", "Palu; 2019"],
        ),
        (
            "<w:tbl><w:tr><w:tc>" + paragraph(run("Kolom kiri.")) + "<w:tbl><w:tr><w:tc>"
            + paragraph(run("Dalam.")) + "</w:tc></w:tr></w:tbl></w:tc><w:tc>"
            + paragraph(run("Kolom kanan.")) + "</w:tc></w:tr></w:tbl>",
            ["Kolom kiri.; Kolom kanan.", "Dalam."],
        ),
    ],
)  # fmt: skip
def test_all_text_of_a_word_document_outside_deletions(
    body: str, right: list[str], save: Save
) -> None:
    first = "Jembatan itu ambruk pada Selasa dini hari setelah hujan."
    last = "Polisi menutup jalan itu sampai hari Jumat."
    notes = (
        '<w:footnote w:id="0" w:type="separator"/>'
        f'<w:footnote w:id="2">{paragraph("<w:r><w:footnoteRef/></w:r>", run(NOTE), REFERENCE)}'
        "</w:footnote>"
    )
    whole = paragraph(run(first)) + paragraph(run(last)) + body
    [article] = read(save("jembatan.docx", word(whole, notes)))
    assert [p.text for p in article.paragraphs] == [first, last, *right]


NOTE = "Menurut dinas, Rp 4,2 miliar."
REFERENCE = '<w:r><w:footnoteReference w:id="2"/></w:r>'  # a note that refers to itself
