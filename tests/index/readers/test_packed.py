"""ZIP and gzip: what is in them, what is litter, and bombs."""

from __future__ import annotations

import gzip
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


def test_every_format_in_one_zip(make: ModuleType, save: Save) -> None:
    files = {f"arsip/{i}{ending}": data for i, (ending, data) in enumerate(make.contents().items())}
    files = {f"{k[:-3]}.jsonl.gz" if k.endswith(".gz") else k: v for k, v in files.items()}
    articles, reasons = read(save("arsip.zip", make.zipped(files)))
    assert not reasons
    assert len(articles) == len(files)
    assert {one.title for one in articles} == {make.TITLE}


def test_one_bad_file_stops_nothing(make: ModuleType, save: Save) -> None:
    files = {
        "a.html": make.html(),
        "rusak.pdf": b"%PDF-1.4 rusak",
        "kosong.txt": b"",
        "foto.jpg": b"\xff\xd8",
        "bom.gz": gzip.compress(bytes(15_000_000)),
        "__MACOSX/a.html": "x",
        "arsip/Thumbs.db": "x",
        "arsip/~$berita.docx": "x",
        ".rahasia/a.html": "x",
        "a_files/iklan.html": make.html(title="Iklan di dalam bingkai"),
    }
    articles, reasons = read(save("arsip.zip", make.zipped(files)))
    assert [one.title for one in articles] == [make.TITLE]
    assert [str(reason).split(":")[0] for reason in reasons] == [
        "rusak.pdf", "kosong.txt", "foto.jpg", "bom.gz",
    ]  # fmt: skip
    assert "unpack to more" in str(reasons[-1])


def test_ids_stay_when_the_zip_grows(make: ModuleType, save: Save) -> None:
    before, _ = read(save("arsip.zip", make.zipped({"b.html": make.html()})))
    files = {"a.html": make.html(title="Berita lain dari kota"), "b.html": make.html()}
    after, _ = read(save("arsip.zip", make.zipped(files)))
    assert before[0].id in {one.id for one in after}


@pytest.mark.parametrize("inner", [15_000_000, 60_000_000])
def test_bombs(inner: int, make: ModuleType, save: Save) -> None:
    with pytest.raises(RejectedFileError, match="unpack to"):
        read(save("bom.txt.gz", gzip.compress(bytes(inner))))
    with pytest.raises(RejectedFileError, match="unpack to"):
        read(save("bom.zip", make.zipped({"a.txt": bytes(inner)})))


def test_packed_too_often(make: ModuleType, save: Save) -> None:
    data = make.zipped({"a.html": make.html()})
    for name in ("b.zip", "c.zip", "d.zip"):
        data = make.zipped({name: data})
    with pytest.raises(RejectedFileError, match="packed more than"):
        read(save("boneka.zip", data))


def test_too_many_files(make: ModuleType, save: Save, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("index.readers.packed.MAX_MEMBERS", 3)
    with pytest.raises(RejectedFileError, match="more than 3 files"):
        read(save("banyak.zip", make.zipped({f"{i}.txt": "x" for i in range(4)})))


@pytest.mark.parametrize("cut", [1, 20, 60])
def test_cut_off_gzip(cut: int, make: ModuleType, save: Save) -> None:
    data = gzip.compress(make.html().encode())
    with pytest.raises(RejectedFileError, match="broken gzip"):
        read(save("a.html.gz", data[:-cut]))


def test_a_wrong_ending(make: ModuleType, save: Save) -> None:
    for name, data in (
        ("pdf.txt", make.article_pdf()),
        ("html.pdf", make.html().encode()),
        ("gz.html", gzip.compress(make.html().encode())),
        ("zip.txt", make.zipped({"a.html": make.html()})),
    ):
        assert [one.title for one in read(save(name, data))[0]] == [make.TITLE], name
