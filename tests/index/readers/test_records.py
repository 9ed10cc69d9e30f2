"""Tables and objects with columns of any name."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from types import ModuleType

import pytest

from assistant.terminal import print_summary
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


def story(number: int, **fields: object) -> dict[str, object]:
    text = f"Sebanyak {number} keluarga mengungsi ke balai desa sejak Senin malam."
    return {"title": f"Banjir {number}", "text": text, "date": "2020-02-03"} | fields


COMMENT = {"author": "Susi", "text": "Menurut saya korbannya ada dua puluh lima orang."}


@pytest.mark.parametrize(
    "data",
    [
        {"hits": {"hits": [{"_id": str(n), "_source": story(n)} for n in (1, 2)]}},
        {"data": {"articles": {"edges": [{"node": story(n)} for n in (1, 2)]}}},
        {"data": [{"id": n, "attributes": story(n)} for n in (1, 2)], "meta": {"text": "a text"}},
        {"2019": [story(1)], "2020": [story(2)]},
        {"artikel": [story(1, comments=[COMMENT]), story(2, related=[story(3)])]},
        [{"article": story(1)}, {"article": story(2)}],
        {"a": story(1, images=[{"caption": "x", "text": "foto"}]), "b": story(2)},
        {"title": "Kabar", "items": [story(1), {"title": "Banjir 2", "summary": "Dua desa."}]},
    ],
)
def test_records_lie_where_the_texts_are(data: object, save: Save) -> None:
    path = save("ekspor.json", json.dumps(data))
    articles, reasons = read_articles(path, "", path.name)
    assert [one.title for one in articles] == ["Banjir 1", "Banjir 2"]
    assert not reasons


def test_comments_are_never_the_article(save: Save) -> None:
    path = save("ekspor.json", json.dumps({"title": "Banjir", "comments": [COMMENT] * 2}))
    with pytest.raises(RejectedFileError, match="no text among its fields: title, comments"):
        read_articles(path, "", path.name)


def test_a_text_in_pieces_and_one_in_paragraphs(save: Save) -> None:
    first, second = "Air surut pada Selasa.", "Warga pulang pada Rabu."
    texts = [
        [first, second],
        [{"type": "paragraph", "data": {"text": one}} for one in (first, second)],
        {"blocks": [{"data": {"text": one}} for one in (first, second)]},
        ["Air ", {"type": "bold", "text": "surut"}, f" pada Selasa.\n\n{second}"],
        [{"text": "Air "}, {"text": "surut"}, {"text": f" pada Selasa.\n{second}"}],
        f"['{first}', '{second}']",
    ]
    rows = [{"title": f"Banjir {n}", "content": text} for n, text in enumerate(texts)]
    rows.append({"title": "Banjir", "sections": [{"text": first}, {"text": second}]})
    path = save("ekspor.json", json.dumps(rows))
    articles, _ = read_articles(path, "", path.name)
    assert [[p.text for p in one.paragraphs] for one in articles] == [[first, second]] * len(rows)


@pytest.mark.parametrize(
    ("name", "value", "right"),
    [
        ("Tgl. Terbit", "Sel, 4 Peb 2020", "2020-02-04"),
        ("tanggalpublikasi", "04 Agust 2020 21.40 WIB", "2020-08-04T21:40:00+07:00"),
        ("datePosted", "2020/02/03 07:15", "2020-02-03T07:15:00+07:00"),
        ("created_at", "Mon Feb 03 07:15:00 +0000 2020", "2020-02-03T07:15:00+00:00"),
        ("PublishTime", "20200203071500", "2020-02-03T07:15:00+07:00"),
        ("article:published_time", "2020-02-03T07:15:00.123Z", "2020-02-03T07:15:00"),
        ("date_gmt", "2020-02-03T00:15:00", "2020-02-03T00:15:00+00:00"),
        ("pub_date", "2020-02-03 00:00:00", "2020-02-03"),
        ("timestampUsec", "1580688900000000", "2020-02-03T00:15:00+00:00"),
        ("date", "/Date(1580688900000)/", "2020-02-03T00:15:00+00:00"),
        ("date", {"$date": {"$numberLong": "1580688900000"}}, "2020-02-03T00:15:00+00:00"),
        ("date", 1580688900.25, "2020-02-03T00:15:00+00:00"),
        ("date", "1970-01-01T07:00:00+07:00", None),
        ("date", "0001-01-01", None),
        ("date", "2199-01-01", None),
        ("date_download", "2020-02-03", None),
        ("crawled", "2020-02-03", None),
    ],
)
def test_names_and_forms_of_dates(name: str, value: object, right: str | None, save: Save) -> None:
    fields = {key: one for key, one in story(1).items() if key != "date"} | {name: value}
    path = save("ekspor.json", json.dumps(fields))
    [article], _ = read_articles(path, "", path.name)
    found = article.published
    if found is None or right is None:
        assert found is right
    else:
        assert found.isoformat().startswith(right)
        assert article.date_only == (len(right) == 10)


def test_day_and_hour_in_two_columns(save: Save) -> None:
    text = story(1)["text"]
    path = save("a.csv", f"judul;tanggal;jam;isi\nBanjir;3 Februari 2020;07.15 WIT;{text}\n")
    [article], _ = read_articles(path, "", path.name)
    assert article.published is not None
    assert article.published.isoformat() == "2020-02-03T07:15:00+09:00"


def test_one_date_of_a_table_tells_that_the_month_comes_first(save: Save) -> None:
    text = "The old bridge is closed until May."
    path = save("a.csv", f"title,date,text\nA,02/03/2020,{text}\nB,02/25/2020,{text}\n")
    articles, _ = read_articles(path, "", path.name)
    assert [str(one.published)[:10] for one in articles] == ["2020-02-03", "2020-02-25"]


def test_names_of_columns_below_captions(save: Save) -> None:
    table = (
        "Rekap berita;;;\r\nDiekspor 5 Februari 2020;;;\r\n;;;\r\n"
        "No;Judul Berita;Nama Media;Isi Artikel\r\n"
        '1;Banjir;Kabar Contoh;"Air surut; jalan kering," kata Ani.\r\n'
        '2;Banjir;Kabar Contoh;"Air ""surut"" pada Rabu."\r\n'
    )
    path = save("a.csv", table)
    first, second = read_articles(path, "", path.name)[0]
    assert (
        (first.title, first.source) == (second.title, second.source) == ("Banjir", "Kabar Contoh")
    )
    assert [first.paragraphs[0].text, second.paragraphs[0].text] == [
        '"Air surut; jalan kering," kata Ani.', 'Air "surut" pada Rabu.',
    ]  # fmt: skip


def test_columns_that_are_not_recognised_are_named(save: Save) -> None:
    rows = "".join(f"{n};tubuh\n" for n in range(9))
    path = save("a.csv", f"kolom_a;kolom_b\n{rows}")
    with pytest.raises(RejectedFileError, match=r"fields: kolom_a, kolom_b .* --map text=COLUMN"):
        read_articles(path, "", path.name)
    path = save("b.jsonl", "\n".join(json.dumps(one) for one in [story(1), *[{"x": 1}] * 9]))
    _, reasons = read_articles(path, "", path.name)
    assert [str(one)[:6] for one in reasons] == ["row 2:", "row 3:", "row 4:", "6 more"]


def test_articles_without_a_date_are_counted(
    save: Save, tmp_path: Path, encoder: StaticEncoder, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [story(1), story(2, date="kemarin"), story(3, date=None)]
    path = save("data/a.jsonl", "\n".join(map(json.dumps, rows)))
    summary = index_paths(tmp_path / "index", [path.parent], encoder)
    assert (summary.added, summary.undated) == (3, 2)
    print_summary(summary)
    assert "2" in next(line for line in capsys.readouterr().out.splitlines() if "--map" in line)
    assert index_paths(tmp_path / "index", [path.parent], encoder).undated == 0


def test_a_space_behind_a_paragraph_joins_nothing(save: Save) -> None:
    texts = ["Jembatan itu ditutup pada Selasa.", "Warga menyeberang naik perahu. ", "Hujan reda."]
    path = save("a.json", json.dumps({"title": "Jembatan ditutup", "text": texts}))
    [article], _ = read_articles(path, "", path.name)
    assert [one.text for one in article.paragraphs] == [one.strip() for one in texts]
