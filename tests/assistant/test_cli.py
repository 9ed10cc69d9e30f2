"""The command line as a user meets it, in processes of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

QUESTION = "When was the Wendle bridge opened?"


def tanya(*args: object, stdin: str = "", **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "assistant.cli", *map(str, args)],
        input=stdin,
        capture_output=True,
        text=True,
        encoding="utf-8",
        env=os.environ | {"COLUMNS": "200", "PYTHONUTF8": "1"} | env,
        timeout=120,
    )


def test_index_ask_show_remove(corpus: Path, tmp_path: Path) -> None:
    index = ("--index", tmp_path / "index")
    result = tanya("index", corpus, *index)
    assert result.returncode == 0, result.stderr
    answer = json.loads(tanya("ask", QUESTION, "--json", *index).stdout)
    assert "1964" in answer["citations"][0]["quotation"]
    shown = tanya("show", answer["citations"][0]["paragraph_id"], *index).stdout
    assert answer["citations"][0]["paragraph"][:60] in shown
    text = tanya("ask", QUESTION, *index).stdout
    assert "[1]" in text
    assert "The Sample Gazette" in text
    article = answer["citations"][0]["article_id"]
    assert article in tanya("articles", *index).stdout
    assert tanya("remove", article, *index).returncode == 0
    assert article not in tanya("articles", *index).stdout


def test_corrections_and_copies_are_told(corpus: Path, tmp_path: Path) -> None:
    index = ("--index", tmp_path / "index")
    bridge = corpus / "bridge.md"
    text = bridge.read_text("utf-8")
    (corpus / "jembatan.md").write_text(text, "utf-8")
    assert "copies of other articles, not found apart: 1" in tanya("index", corpus, *index).stdout
    for name in ("bridge", "jembatan"):
        shown = tanya("show", name, *index).stdout
        assert ("a copy of" in shown) != ("also kept as" in shown)
    other = text.replace("The Sample Gazette", "The Other Post").replace("title: E", "title: E2 e")
    (corpus / "jembatan.md").write_text(other, "utf-8")
    bridge.write_text(text.replace("18,000", "19,000"), "utf-8")
    assert "copies" not in tanya("index", corpus, *index).stdout
    assert "also published by" in tanya("articles", *index).stdout
    shown = tanya("show", "bridge", "--history", *index).stdout
    assert "About [-18,000-] {+19,000+} vehicles cross" in shown
    assert "The Other Post" in shown


def test_progress_for_programs_is_json(corpus: Path, tmp_path: Path) -> None:
    result = tanya("index", corpus, "--json", "--index", tmp_path / "index")
    *steps, summary = map(json.loads, result.stdout.splitlines())
    assert {step["stage"] for step in steps} == {
        "scan", "read", "encode", "vectors", "lexical", "publish", "collect",
    }  # fmt: skip
    assert all(step["done"] <= step["total"] for step in steps)
    assert summary["added"] == 3


def test_the_terminal_chat_ends_at_the_end_of_input(built: Path) -> None:
    result = tanya(
        "chat", "--terminal", "--index", built, stdin=f"{QUESTION}\n\n?!\n", LANG="en_GB.UTF-8"
    )
    assert result.returncode == 0, result.stderr
    assert "1964" in result.stdout


@pytest.mark.parametrize(
    ("args", "hint"),
    [
        (("index", "no-such-folder"), "does not exist"),
        (("ask", QUESTION, "--index", "no-such-index"), "tanya index"),
        (("ask", ""), "empty"),
        (("ask", "x" * 10_000), "shorten"),
        (("show", "nothing", "--index", "no-such-index"), "tanya index"),
        (("articles", "--index", "no-such-index"), "tanya index"),
        (("chat", "--index", "no-such-index"), "tanya index"),
        (("chat", "no-such-folder"), "does not exist"),
    ],
)
def test_bad_input_is_one_line_with_the_next_step(
    args: tuple[str, ...], hint: str, tmp_path: Path
) -> None:
    result = tanya(*args, HOME=str(tmp_path), XDG_DATA_HOME=str(tmp_path))
    assert result.returncode != 0
    assert hint in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1


@pytest.mark.parametrize(
    ("args", "hint"),
    [
        (("index", "no-such-folder"), "no-such-folder tidak ada; sebutkan folder"),
        (("ask", QUESTION, "--index", "no-such-index"), "buat dengan: tanya index PATH"),
        (("ask", "x" * 10_000), "10.000 karakter, padahal paling banyak 2.000"),
        (("ask",), "tulis sebuah pertanyaan"),
        (("ask", "--file", "no-such-file"), "pertanyaan di no-such-file tidak bisa dibaca"),
        (("index", "x", "--map", "kepala"), "'kepala' bukan FIELD=COLUMN"),
        (("eval", "--gate", "--data", "x"), "hilangkan --data"),
        (("eval", "--compare", "no-such-file"), "tidak ada no-such-file untuk dibandingkan"),
        (("eval", "--data", "no-such-folder"), "no-such-folder tidak ada; sebutkan kumpulan"),
        (("eval", "--questions", "no-such-file"), "pertanyaan di no-such-file tidak bisa dibaca"),
        (("eval", "--from-feedback", "no-such-file"), "di no-such-file tidak bisa dibaca: No such"),
        (("eval", "--record", "no-such-file"), "no-such-file tidak berisi jawaban model; rekam"),
        (("eval", "--init", "/dev/null/x"), "/dev/null/x tidak bisa dipakai: Not a directory"),
    ],
)
def test_an_indonesian_terminal_is_told_in_indonesian(args: tuple[str, ...], hint: str) -> None:
    result = tanya(*args, LC_ALL="id_ID.UTF-8")
    assert result.returncode == 1
    [line] = result.stderr.strip().splitlines()
    assert line.startswith("tanya: ")
    assert hint in line


def test_rejected_files_are_told_in_the_language_of_whoever_asks(tmp_path: Path) -> None:
    folder, index = tmp_path / "a", ("--index", tmp_path / "index")
    folder.mkdir()
    (folder / "biner.txt").write_bytes(bytes(range(256)))
    (folder / "baris.jsonl").write_text(
        '{"title": "Baik", "text": "Kalimat yang benar ada di sini."}\n{oops\n', "utf-8"
    )
    for spoken, binary, broken in (
        ("id_ID.UTF-8", "berisi data biner, bukan teks", "baris 2: JSON rusak"),
        ("en_GB.UTF-8", "binary data, not text", "line 2: broken JSON"),
    ):  # the second time they are as they were, and the reasons come from the catalog
        result = tanya("index", folder, *index, LC_ALL=spoken)
        assert result.returncode == 0, result.stderr
        assert f"biner.txt: {binary}" in result.stdout
        assert f"baris.jsonl: {broken}" in result.stdout
    *_, last = tanya("index", folder, "--json", *index, LC_ALL="id_ID.UTF-8").stdout.splitlines()
    told = {Path(path).name: reason for path, reason in json.loads(last)["rejected"]}
    assert told["biner.txt"]["name"] == "binary"
    assert told["baris.jsonl"]["text"].startswith("baris 2: JSON rusak")


def test_programs_are_told_what_went_wrong_as_data(built: Path, tmp_path: Path) -> None:
    for args, name in (
        (("index", tmp_path / "nowhere", "--index", tmp_path / "index"), "no_path"),
        (("remove", "zzz", "--index", built), "no_article_named"),
        (("remove", "zzz", "--index", tmp_path / "index"), "no_index"),
    ):
        result = tanya(*args, "--json", LC_ALL="id_ID.UTF-8")
        assert result.returncode == 1
        *_, last = map(json.loads, result.stdout.splitlines())
        assert last["error"]["name"] == name
        assert f"tanya: {last['error']['text']}" == result.stderr.strip()


def test_an_unknown_article_is_named(built: Path) -> None:
    result = tanya("show", "zzz", "--index", built)
    assert result.returncode == 1
    assert "'zzz'" in result.stderr


def test_a_folder_of_rubbish_fails_with_the_reasons(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "biner.txt").write_bytes(bytes(range(256)))
    result = tanya("index", tmp_path / "a", "--index", tmp_path / "index")
    assert result.returncode != 0
    assert "binary" in result.stdout + result.stderr


def test_terminal_sequences_in_articles_are_not_printed(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "esc.txt").write_text(
        "Judul Berita Contoh\n\nNama ketua panitia adalah Rina \x1b[31mWijaya\x1b]0;x\x07.\n"
    )
    tanya("index", tmp_path / "a", "--index", tmp_path / "index")
    result = tanya("ask", "Siapa ketua panitia?", "--index", tmp_path / "index")
    assert "\x1b" not in result.stdout


def test_help_needs_no_heavy_import() -> None:
    code = (
        "import sys; from assistant.cli import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: pass\n"
        "assert not {'chromadb', 'llama_index', 'numpy', 'torch', 'gradio'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)


def test_asking_while_a_run_publishes(corpus: Path, tmp_path: Path) -> None:
    index = ("--index", tmp_path / "index")
    tanya("index", corpus, *index)
    (corpus / "baru.txt").write_text("Judul Berita yang Baru\n\nIni kalimat berita yang baru.\n")
    command = [sys.executable, "-m", "assistant.cli", "index", str(corpus), *map(str, index)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as run:
        while run.poll() is None:
            assert "1964" in tanya("ask", QUESTION, *index).stdout
            time.sleep(0.05)


@pytest.mark.parametrize(("spoken", "usage"), [("id_ID.UTF-8", "pemakaian"), ("en_GB", "usage")])
def test_help_and_wrong_arguments_are_told_in_the_language_of_the_terminal(
    spoken: str, usage: str
) -> None:
    shown = tanya("ask", "--help", LC_ALL=spoken).stdout
    assert shown.startswith(f"{usage}: tanya ask [-h]")
    assert ("positional arguments" in shown, "show this help" in shown) == (False, usage == "usage")
    for args, named in (
        (("ask", "--top", "0"), "'0'"),
        (("show",), "ARTICLE"),
        (("foo",), "'foo'"),
    ):
        result = tanya(*args, LC_ALL=spoken)
        assert result.returncode == 2
        [line] = result.stderr.splitlines()
        assert named in line
        assert line.endswith("--help")


def test_a_declined_question_names_as_many_related_articles_as_wanted(built: Path) -> None:
    for question, top, least in (
        ("Who painted the Wendle bridge?", 1, 1),
        ("Who painted the Wendle bridge?", 3, 1),
        ("Who discovered penicillin?", 3, 0),
    ):
        shown = tanya("ask", question, "--top", top, "--index", built).stdout
        assert least <= shown.count("tanya show ") <= top


def test_output_for_files_is_not_cut_to_a_terminal(corpus: Path, tmp_path: Path) -> None:
    """Without COLUMNS, and a day as people write it beside the answer."""
    (corpus / "lama.md").write_text(
        "---\ntitle: Pasar lama di tepi sungai dibongkar sesudah enam puluh tahun berdiri\n"
        "published: 2022-01-21T19:21:00+07:00\nsource: Kabar Tepi Sungai Banjarmasin\n---\n"
        "Wali Kota Rina Wijaya membongkar pasar lama pada Jumat.\n",
        "utf-8",
    )
    index = ("--index", tmp_path / "index")
    assert tanya("index", corpus, *index).stderr == ""
    listed = tanya("articles", *index, COLUMNS="").stdout
    [row] = [line for line in listed.splitlines() if "lama-" in line]
    for cell in ("2022-01-21 19:21", "Kabar Tepi Sungai Banjarmasin", "puluh tahun berdiri"):
        assert cell in row
    assert "21 Januari 2022, 19.21" in tanya("show", "lama", *index, LC_ALL="id_ID.UTF-8").stdout


def test_a_run_that_only_updates_beside_rubbish_succeeds(tmp_path: Path) -> None:
    folder, index = tmp_path / "a", ("--index", tmp_path / "index")
    folder.mkdir()
    article = folder / "pasar.txt"
    article.write_text("Pasar Baru Dibuka\n\nPasar itu dibuka pada hari Senin.\n", "utf-8")
    assert tanya("index", folder, *index).returncode == 0
    article.write_text("Pasar Baru Dibuka\n\nPasar itu dibuka pada hari Rabu.\n", "utf-8")
    (folder / "biner.txt").write_bytes(bytes(range(256)))
    result = tanya("index", folder, *index)
    assert result.returncode == 0, result.stdout
    assert "biner.txt" in result.stdout


def test_what_is_named_and_cannot_be_read_fails_beside_all_else(
    corpus: Path, tmp_path: Path
) -> None:
    index = ("--index", tmp_path / "index")
    assert tanya("index", corpus, *index).returncode == 0
    (tmp_path / "kosong").mkdir()
    page, empty, binary = "http://127.0.0.1:1/berita", tmp_path / "a.txt", tmp_path / "kosong/b.txt"
    empty.touch()
    binary.write_bytes(bytes(range(256)))
    for _ in range(2):  # the second time they are as they were
        for named in (page, empty, binary, binary.parent):
            result = tanya("index", named, corpus, *index, LC_ALL="en_GB.UTF-8")
            assert result.returncode == 1
            [line] = result.stderr.splitlines()
            assert line.startswith(f"tanya: nothing could be read of {named}; ")
            assert str(binary if named == binary.parent else named) in result.stdout
    result = tanya("index", empty, page, *index, "--json")
    assert result.returncode == 1
    assert json.loads(result.stdout.splitlines()[-1])["unread"] == [str(empty), page]
    binary.write_text("Pasar Baru Dibuka\n\nPasar itu dibuka pada hari Senin.\n", "utf-8")
    assert tanya("index", binary.parent, *index).returncode == 0
    assert tanya("remove", "b-", *index).returncode == 0
    assert tanya("index", binary.parent, *index).returncode == 0  # left out, but read


def test_without_an_index_of_ones_own_the_samples_are_asked(tmp_path: Path) -> None:
    """As the README begins: a chat, and then these commands."""
    home = {name: str(tmp_path) for name in ("HOME", "XDG_DATA_HOME", "LOCALAPPDATA")}
    question = "When was the Jakarta MRT opened?"
    asked = tanya("ask", question, "--json", **home)
    assert asked.returncode == 0, asked.stderr
    assert "sample articles" in asked.stderr
    [citation, *_] = json.loads(asked.stdout)["citations"]
    listed = tanya("articles", **home)
    assert listed.returncode == 0, listed.stderr
    assert citation["article_id"] in listed.stdout
    assert "sample articles" in listed.stderr
    assert tanya("show", citation["paragraph_id"], **home).returncode == 0
    questions = tmp_path / "questions.jsonl"
    questions.write_text(json.dumps({"question": question}), "utf-8")
    assert citation["quotation"] in tanya("ask", "--file", questions, **home).stdout
    for command in (("remove", citation["article_id"]), ("doctor",)):  # of one's own only
        done = tanya(*command, **home)
        assert done.returncode == 1
        assert "tanya index PATH" in done.stdout + done.stderr


def test_an_index_of_the_samples_from_another_version_is_made_again(tmp_path: Path) -> None:
    home = {name: str(tmp_path) for name in ("HOME", "XDG_DATA_HOME", "LOCALAPPDATA")}
    welcome = tanya("chat", "--terminal", **home)
    assert welcome.returncode == 0, welcome.stderr
    [manifest] = tmp_path.rglob("manifest.json")
    stated = json.loads(manifest.read_text("utf-8"))
    manifest.write_text(json.dumps({"format": stated["format"] - 1}), "utf-8")
    again = tanya("chat", "--terminal", **home)
    assert (again.returncode, again.stdout) == (0, welcome.stdout), again.stderr
