"""Bad files beside good ones, and readers fed with whatever hypothesis thinks of."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from index.catalog import Catalog
from index.encoder import StaticEncoder
from index.errors import RejectedFileError
from index.generations import live_generation
from index.ingest import index_paths
from index.readers import READERS, articles_of, read_articles
from index.readers.inputs import Input
from index.types import Article
from prompts import Message

GOOD = "Jembatan Contoh Dibuka\n\nJembatan Contoh dibuka untuk umum pada Kamis pagi.\n"
MOST_CPU_SECONDS = 90
# A process is said to have used at least what the one that started it had: this one is small.
MEASURED = """
import os, subprocess, sys
process = subprocess.Popen(sys.argv[1:])
_, status, used = os.wait4(process.pid, 0)
print(f"\\n{used.ru_utime + used.ru_stime} {used.ru_maxrss}")
sys.exit(os.waitstatus_to_exitcode(status))
"""
MOST_MEMORY = 2_000_000  # KB, of which the encoder and Chroma take 400,000
SECONDS_A_FILE = 5.0  # of processor time


def row(**fields: object) -> str:
    return json.dumps({"title": "Berita Contoh", "text": "Kalimat berita ada di sini."} | fields)


def write_bad_files(folder: Path) -> None:
    folder.mkdir()
    (folder / "good.txt").write_text(GOOD)
    (folder / "zero.txt").write_bytes(b"")
    with (folder / "huge.txt").open("wb") as file:
        file.truncate(500_000_000)  # holes: it takes no room
    text = GOOD + "Kafé “Élan” ikut dibuka pada hari yang sama, kata pengelolanya.\n"
    (folder / "utf16-marked.txt").write_bytes(text.encode("utf-16"))
    (folder / "utf16-unmarked.txt").write_bytes(text.encode("utf-16-le"))
    (folder / "windows.txt").write_bytes(text.encode("cp1252"))
    (folder / "claims.html").write_bytes(b'<meta charset="utf-8"><p>' + b"caf\xe9 \xff\xfe " * 50)
    (folder / "cut-utf8.txt").write_bytes(text.encode()[:-3] + b"\xe2\x80")
    (folder / "nuls.txt").write_bytes(GOOD.encode().replace(b" ", b"\0"))
    (folder / "line-ends.txt").write_bytes(
        b"Judul Baris\r\rSatu kalimat.\r\n\n\rDua kalimat.\x0b\x0c"
    )
    (folder / "deep.html").write_text("<div>" * 50_000 + "Kalimat di dasar." + "</div>" * 50_000)
    (folder / "open.html").write_text("<table><tr><td>" * 20_000 + "<!--" * 10_000)
    (folder / "deep.json").write_text("[" * 100_000 + "]" * 100_000)
    (folder / "deep.jsonl").write_text('{"a":' * 50_000 + "1" + "}" * 50_000 + "\n" + row() + "\n")
    (folder / "number.json").write_text('{"title": ' + "9" * 100_000 + "}")
    (folder / "lines.jsonl").write_text(f"{row(id=1)}\n{{oops\n[1]\nnull\n{row(id=2)}\n\x00\n")
    (folder / "twice.jsonl").write_text(f"{row(id='a')}\n{row(id='a', text='Lain lagi isinya.')}\n")
    (folder / "surrogate.jsonl").write_text(row(id="\ud800", title="\udfff") + "\n" + row() + "\n")
    dates = ["0000-00-00", "9999-99-99", "31 Februari 2020", "1e308", "-1", "12345-01-01", "\u0661"]
    (folder / "dates.jsonl").write_text(
        "\n".join(row(id=n, tanggal=one) for n, one in enumerate(dates))
    )
    (folder / "wide.csv").write_text("title,text\n" + '"' * 9_999 + "a,b" * 1_000)
    with gzip.open(folder / "bomb-member.gz", "wb", 9) as member:
        member.write(b" " * 20_000_000)
    member_bytes = (folder / "bomb-member.gz").read_bytes()
    (folder / "bomb.jsonl.gz").write_bytes(member_bytes * 50)  # 1 GB when unpacked
    (folder / "broken.jsonl.gz").write_bytes(member_bytes[:1_000])
    (folder / "pretends.html").write_bytes(b"\x1f\x8b\x08\x00" + bytes(range(256)) * 40)
    (folder / "a\nb\u202e\u200b.txt").write_text(GOOD.replace("Contoh", "Berbaris"))
    (folder / "x..%2f..\\..\\passwd.txt").write_text(GOOD.replace("Contoh", "Merayap"))
    (folder / ".txt").write_text(GOOD)
    if os.name != "nt":
        (folder / os.fsdecode(b"caf\xe9.txt")).write_text(GOOD.replace("Contoh", "Bernama"))
        (folder / "loop").symlink_to(folder)
        (folder / "self.txt").symlink_to(folder / "self.txt")
        (folder / "outside.txt").symlink_to("/etc/passwd")
        os.mkfifo(folder / "pipe.txt")


@pytest.mark.skipif(os.name == "nt", reason="rusage")
def test_bad_files_stop_nothing_and_cost_little(tmp_path: Path) -> None:
    folder, index = tmp_path / "news", tmp_path / "index"
    write_bad_files(folder)
    command = [sys.executable, "-m", "assistant.cli", "index", str(folder), "--index", str(index)]
    ran = subprocess.run(
        [sys.executable, "-c", MEASURED, *command],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
    )  # fmt: skip
    said = ran.stdout.decode()
    assert ran.returncode == 0, said
    assert "Traceback" not in said
    seconds, kilobytes = map(float, said.splitlines()[-1].split())
    assert seconds < MOST_CPU_SECONDS
    assert kilobytes < MOST_MEMORY
    for name, reason in (("zero.txt", "empty"), ("huge.txt", "larger"), ("deep.json:", "JSON")):
        [line] = [
            line for line in said.splitlines() if line.startswith("rejected") and name in line
        ]
        assert reason in line
    live = live_generation(index)
    assert live is not None
    catalog = Catalog(live.catalog)
    titles = {one.title for one in catalog.articles(text=False)}
    files = {record.path for record in catalog.files([str(folder)]).values()}
    catalog.close()
    for word in ("Contoh", "Berbaris", "Merayap", "Bernama"):
        assert f"Jembatan {word} Dibuka" in titles
    assert not {"self.txt", "outside.txt", "pipe.txt", ".txt"} & files
    assert not [file for file in files if file.startswith("loop")]
    assert "caf\\xe9.txt" in files


@pytest.mark.parametrize("error", [RecursionError, MemoryError, UnicodeDecodeError])
def test_whatever_a_file_provokes_rejects_that_file_alone(
    error: type[Exception],
    corpus: Path,
    tmp_path: Path,
    encoder: StaticEncoder,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def provoked(item: Input, *given: object) -> tuple[list[Article], list[Message]]:
        if item.suffix == ".md":
            raise error(*(("utf-8", b"x", 0, 1, "bad") if error is UnicodeDecodeError else ()))
        return articles_of(item, *given)  # type: ignore[arg-type]

    monkeypatch.setattr("index.ingest.articles_of", provoked)
    summary = index_paths(tmp_path / "index", [corpus], encoder)
    assert summary.added == 2
    [(path, reason)] = summary.rejected
    assert path.endswith("bridge.md")
    assert error.__name__ in str(reason)


def test_an_unreadable_folder_or_file_keeps_what_was_indexed(
    corpus: Path, tmp_path: Path, encoder: StaticEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    index = tmp_path / "index"
    (corpus / "sub").mkdir()
    (corpus / "bridge.md").rename(corpus / "sub" / "bridge.md")
    index_paths(index, [corpus], encoder)
    scan = os.scandir

    def refused(path: str) -> object:
        if str(path).endswith("sub"):
            raise PermissionError(13, "Permission denied", str(path))
        return scan(path)

    with monkeypatch.context() as patched:
        patched.setattr(os, "scandir", refused)
        summary = index_paths(index, [corpus], encoder)
    assert (summary.removed, summary.unchanged) == (0, 3)
    [(path, reason)] = summary.rejected
    assert path.endswith("sub")
    assert "stays" in str(reason)


def read(name: str, data: bytes) -> None:
    """Read a file of this content: articles or a rejection, in bounded time."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(data)
        started = time.process_time()
        try:
            articles, _ = read_articles(path, folder, name)
        except RejectedFileError:
            articles = []
        assert time.process_time() - started < SECONDS_A_FILE
    for article in articles:
        article.title.encode()
        assert len({article.id for article in articles}) == len(articles)
        for paragraph in article.paragraphs:
            paragraph.text.encode()
            assert "\0" not in paragraph.text


PIECES = st.sampled_from(
    ["{", "}", "[", "]", '"', ":", ",", "<p>", "</p>", "<div", ">", "<script>", "&#x0;", "---\n",
     "title:", '"title"', '"text"', '"isi"', "null", "1e999", "\\ud800", "\n", "\r", "\t", " ",
     "Oleh: ", "Foto: ", "Senin, 32 Januari 20222 - 99:99 WIB", "21/01/2022", "2022-01-21T25:61",
     "Kalimat yang lengkap ada di sini.", "Baca juga:", "WARC/1.0\r\n", "BT /F1 Tj ET", "\ufeff",
     "From - \n", "Content-Type: text/html; charset=x\n\n", "\u202e", "=", "%PDF-1.4\n"]
)  # fmt: skip
TEXTS = st.one_of(st.text(max_size=300), st.lists(PIECES, max_size=60).map("".join))
FUZZ = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)


@pytest.mark.parametrize("ending", sorted(READERS))
def test_readers_survive_any_text(ending: str) -> None:
    @FUZZ
    @given(TEXTS, st.sampled_from(["utf-8", "utf-16", "utf-16-le", "cp1252"]))
    def survives(text: str, encoding: str) -> None:
        read(f"x{ending}", text.encode(encoding, "replace"))

    survives()


@pytest.mark.parametrize("ending", sorted(READERS))
def test_readers_survive_any_bytes(ending: str) -> None:
    @FUZZ
    @given(st.binary(max_size=400))
    def survives(data: bytes) -> None:
        read(f"x{ending}", data)

    survives()


@pytest.mark.parametrize("ending", [".txt", ".md", ".html", ".json", ".jsonl", ".csv"])
@pytest.mark.parametrize(
    "piece",
    [
        "a ",
        "A",
        "1.",
        "Foto: ",
        "Oleh ",
        "by a ",
        "- ",
        "| ",
        "(",
        '"',
        "1 Januari ",
        "12:",
        "/A a",
    ],
)
def test_one_long_line_is_read_in_bounded_time(piece: str, ending: str) -> None:
    text = piece * (60_000 // len(piece))
    read(f"x{ending}", (row(text=text) if ending.startswith(".json") else text).encode())
