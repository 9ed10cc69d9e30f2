"""Every format becomes the same kind of article."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from index.errors import RejectedFileError
from index.readers import READERS, read_articles
from index.types import Article

TITLE = "Jembatan Contoh Dibuka untuk Umum"
BODY = [
    "Jembatan Contoh dibuka untuk umum pada Kamis pagi setelah tiga tahun dibangun.",
    "Panjangnya 410 meter dan biayanya Rp120 miliar, kata pejabat kota.",
]


def read(path: Path) -> list[Article]:
    return read_articles(path, str(path.parent), path.name)[0]


def as_file(folder: Path, ending: str) -> Path:
    text = "\n\n".join(BODY)
    row = {"judul": TITLE, "isi": text, "tanggal": "2021-04-08T07:30:00+07:00", "sumber": "Contoh"}
    content = {
        ".txt": f"{TITLE}\nKamis, 8 April 2021 - 07:30 WIB\n\n{text}\n",
        ".md": f"---\ntitle: {TITLE}\npublished: 2021-04-08T07:30:00+07:00\n---\n{text}\n",
        ".html": "<html lang=id><head><title>{0}</title><meta property='og:title' content='{0}'>"
        '<meta property="article:published_time" content="2021-04-08T07:30:00+07:00"></head>'
        "<body><nav>Beranda Nasional</nav><article><h1>{0}</h1>{1}</article></body></html>".format(
            TITLE, "".join(f"<p>{one}</p>" for one in BODY)
        ),
        ".json": json.dumps([row]),
        ".jsonl": json.dumps(row) + "\n",
        ".csv": 'judul,isi,tanggal,sumber\n"{}","{}",{},Contoh\n'.format(
            TITLE, text, row["tanggal"]
        ),
    }
    content[".htm"] = content[".html"]
    path = folder / f"jembatan{ending}"
    path.write_text(content[ending], encoding="utf-8")
    return path


@pytest.mark.parametrize("ending", sorted(READERS))
def test_each_format_gives_the_same_article(ending: str, tmp_path: Path) -> None:
    [article] = read(as_file(tmp_path, ending))
    assert article.title == TITLE
    assert article.published is not None
    assert article.published.isoformat() == "2021-04-08T07:30:00+07:00"
    assert article.language == "id"
    assert [p.text for p in article.paragraphs if p.role == "body"] == BODY
    assert [p.number for p in article.paragraphs] == list(range(1, len(article.paragraphs) + 1))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_encodings(encoding: str, tmp_path: Path) -> None:
    path = tmp_path / "kafe.txt"
    path.write_bytes(f"{TITLE}\n\n{BODY[0]} Kafé “Élan” ikut dibuka.\n".encode(encoding))
    [article] = read(path)
    assert "Kafé “Élan” ikut dibuka." in article.paragraphs[-1].text


def test_an_untitled_text_keeps_all_its_sentences(tmp_path: Path) -> None:
    path = tmp_path / "satu.jsonl"
    path.write_text(json.dumps({"text": BODY[0]}) + "\n" + json.dumps({"text": "tanpa titik"}))
    first, second = read(path)
    assert [p.text for p in first.paragraphs] == [BODY[0]]
    assert BODY[0].startswith(first.title.removesuffix("…"))
    assert [(p.text, p.role) for p in second.paragraphs] == [("tanpa titik", "body")]


def test_marks_that_reorder_text_are_dropped(tmp_path: Path) -> None:
    path = tmp_path / "rtl.txt"
    path.write_text(
        f"{TITLE}\n\nJembatan \u202egnaro\u202c itu dibuka\u200b pada Kamis.\n", "utf-8"
    )
    [article] = read(path)
    assert article.paragraphs[-1].text == "Jembatan gnaro itu dibuka pada Kamis."


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("kosong.txt", b"", "empty"),
        ("spasi.txt", b" \n\n ", "empty"),
        ("biner.md", bytes(range(256)) * 20, "binary"),
        ("gambar.jpg", b"x", "not supported"),
        ("rusak.json", b"{", "broken JSON"),
        ("dalam.json", b"[" * 100_000, "broken JSON"),
        ("tanpa.csv", b"a,b\n1,2\n", "no text"),
        ("menu.txt", b"Home\nLogin\nSearch\n", "no body"),
    ],
)
def test_what_cannot_be_used_is_refused_with_the_reason(
    name: str, content: bytes, reason: str, tmp_path: Path
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(RejectedFileError, match=reason):
        read(path)


def test_a_record_without_a_title_keeps_its_only_block(tmp_path: Path) -> None:
    path = tmp_path / "pendek.jsonl"
    path.write_text(json.dumps({"text": "Di Kepulauan Krakatau Terdapat 400 Tanaman"}))
    [article] = read(path)
    assert [p.text for p in article.paragraphs] == ["Di Kepulauan Krakatau Terdapat 400 Tanaman"]
