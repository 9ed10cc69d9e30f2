"""Tables and objects with columns of any name."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from types import ModuleType

import pytest

from index.encoder import StaticEncoder
from index.errors import RejectedFileError
from index.ingest import index_paths
from index.readers import columns_of, read_articles

Save = Callable[[str, bytes | str], Path]


def test_named_columns(make: ModuleType, save: Save) -> None:
    path = save("ekspor.csv", f'kepala;tubuh\n"{make.TITLE}";"{" ".join(make.BODY)}"\n')
    with pytest.raises(RejectedFileError, match="--map text=COLUMN"):
        read_articles(path, "", path.name)
    [article], _ = read_articles(path, "", path.name, columns_of("title=kepala,text=tubuh"))
    assert article.title == make.TITLE
    assert [p.text for p in article.paragraphs] == [" ".join(make.BODY)]


def test_objects_in_objects_and_markup(make: ModuleType, save: Save) -> None:
    row = {
        "id": 7,
        "title": {"rendered": make.TITLE},
        "content": {
            "rendered": "".join(f"<p>{one}</p>" for one in make.BODY) + "<script>x</script>"
        },
        "date": make.PUBLISHED,
        "authors": [{"name": "Ani"}],
    }
    path = save("ekspor.json", json.dumps({"posts": [row]}))
    [article], _ = read_articles(path, "", path.name)
    assert (article.title, article.author) == (make.TITLE, "Ani")
    assert [p.text for p in article.paragraphs] == make.BODY


def test_tables_with_quotations_and_lines_in_their_texts(make: ModuleType, save: Save) -> None:
    said = ['"Kami lega," kata Ani, warga, kemarin. "Air surut; jalan kering."', make.BODY[1]]
    for delimiter in ",;\t|":
        stream = StringIO()
        writer = csv.writer(stream, delimiter=delimiter)
        writer.writerow(["judul", "isi"])
        writer.writerows([f"{make.TITLE}, {n}", "\n\n".join(said)] for n in range(3))
        path = save("tabel.csv", stream.getvalue())
        articles, reasons = read_articles(path, "", path.name)
        assert [[p.text for p in one.paragraphs] for one in articles] == [said] * 3
        assert not reasons


def test_a_broken_line_costs_that_line_alone(make: ModuleType, save: Save) -> None:
    rows = [
        json.dumps({"judul": f"{make.TITLE} {n}", "isi": make.BODY[0], "rubrik": "Daerah"}).encode()
        for n in range(3)
    ]
    path = save("log.jsonl", b"\n".join([rows[0], b"\0" * 4_096, rows[1], rows[2]]))
    articles, reasons = read_articles(path, "", path.name)
    assert [one.title[-1] for one in articles] == ["0", "1", "2"]
    assert {one.section for one in articles} == {"Daerah"}
    assert list(map(str, reasons)) == ["line 2: binary data, not text"]
    path = save("biner.jsonl", b"\n".join([rows[0], b"\0" * 4_096, b"\0" * 4_096]))
    with pytest.raises(RejectedFileError, match="binary"):
        read_articles(path, "", path.name)


@pytest.mark.parametrize("text", ["judul=x", "title", "title=", "=x", ""])
def test_a_wrong_map_names_the_fields(text: str) -> None:
    with pytest.raises(ValueError, match="fields: id, title, text"):
        columns_of(text)


def test_a_table_is_updated_row_by_row(
    make: ModuleType, save: Save, tmp_path: Path, encoder: StaticEncoder
) -> None:
    def rows(*texts: str) -> str:
        return "\n".join(json.dumps({"nomor": i, "tubuh": text}) for i, text in enumerate(texts))

    fields = {"id": "nomor", "text": "tubuh"}
    path = save("data/a.jsonl", rows(*make.BODY))
    index = tmp_path / "index"
    assert index_paths(index, [path.parent], encoder, fields=fields).added == 2
    assert index_paths(index, [path.parent], encoder, fields=fields).unchanged == 2
    assert index_paths(index, [path.parent], encoder).unchanged == 2  # as it was read before
    save("data/a.jsonl", rows(make.BODY[0], "Jembatan itu ditutup lagi pada hari Jumat."))
    summary = index_paths(index, [path.parent], encoder, fields=fields)
    assert (summary.updated, summary.unchanged, summary.removed) == (1, 1, 0)


def test_the_folder_of_a_complete_save_is_no_litter(
    make: ModuleType, save: Save, tmp_path: Path, encoder: StaticEncoder
) -> None:
    save("simpan/Banjir.html", make.html())
    save("simpan/Banjir_files/iklan.html", make.html(title="Iklan di dalam bingkai"))
    save("simpan/Banjir_files/gaya.css", "p {}")
    save("simpan/lain_files/b.html", make.html(title="Berita lain dari kota"))
    summary = index_paths(tmp_path / "index", [tmp_path / "simpan"], encoder)
    assert (summary.added, summary.rejected) == (2, [])
