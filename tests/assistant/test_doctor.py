"""What the doctor finds, and that it touches nothing."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from assistant.doctor import Finding, examine_index, examine_models
from index.encoder import StaticEncoder
from index.generations import live_generation
from prompts import phrase


@pytest.fixture
def index(built: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(built, tmp_path / "index"))


def state(folder: Path) -> dict[str, tuple[int, str]]:
    """Time of change and content of every file."""
    return {
        str(path): (path.stat().st_mtime_ns, hashlib.sha256(path.read_bytes()).hexdigest())
        for path in folder.rglob("*")
        if path.is_file()
    }


def wrong(findings: list[Finding]) -> list[str]:
    """The names of what is wrong; every finding can be said in both languages."""
    for one in findings:
        for language in ("id", "en"):
            assert phrase(language, f"doctor.{one.name}", **one.values)  # type: ignore[arg-type]
    return [one.name for one in findings if one.level == "wrong"]


def test_a_sound_index_is_fine_and_stays_as_it_is(index: Path, encoder: StaticEncoder) -> None:
    before = state(index)
    findings = list(examine_index(index, encoder))
    assert wrong(findings) == []
    assert {"live", "encoder", "files", "probe"} <= {one.name for one in findings}
    assert state(index) == before


def test_what_is_wrong_is_found(index: Path, encoder: StaticEncoder, tmp_path: Path) -> None:
    assert wrong(list(examine_index(tmp_path / "nowhere", encoder))) == ["no_index"]
    live = live_generation(index)
    assert live is not None
    (index / "holder").write_text("PID 1, tanya index")
    (index / "000007").mkdir()
    database = live.chroma / "chroma.sqlite3"
    database.write_bytes(b"\xa5" * database.stat().st_size)  # as long as before
    before = state(index)
    findings = list(examine_index(index, encoder))
    assert wrong(findings) == ["probe_failed"]
    assert {"killed", "unfinished"} <= {one.name for one in findings if one.level == "note"}
    os.truncate(live.vectors, 10)
    assert wrong(list(examine_index(index, encoder))) == ["damaged_truth"]
    shutil.rmtree(live.tantivy)
    live.vectors.unlink()
    assert wrong(list(examine_index(index, encoder))) == ["damaged_truth"]
    (index / "live").write_text("000099")
    assert wrong(list(examine_index(index, encoder))) == ["error"]
    assert set(before) - set(state(index)) == {
        key for key in before if "tantivy" in key or "vectors" in key
    }


def test_models_that_do_not_load_are_wrong(
    encoder: StaticEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*given: object) -> None:
        raise KeyError("lexicon")

    monkeypatch.setattr("assistant.doctor.bundled_reader", broken)
    assert wrong(list(examine_models(encoder))) == ["models_broken"]


@pytest.mark.parametrize(
    ("spoken", "advice"), [("id_ID.UTF-8", "dapat memulihkannya"), ("en_GB.UTF-8", "can restore")]
)
def test_the_command_explains_in_the_language_of_the_user(
    spoken: str, advice: str, index: Path
) -> None:
    live = live_generation(index)
    assert live is not None
    shutil.rmtree(live.chroma)
    result = subprocess.run(
        [sys.executable, "-m", "assistant.cli", "doctor", "--index", str(index)],
        capture_output=True,
        text=True,
        encoding="utf-8",
        env=os.environ | {"LC_ALL": spoken, "PYTHONUTF8": "1"},
    )
    assert result.returncode == 1
    assert advice in result.stdout
    assert "tanya index --rebuild" in result.stdout
