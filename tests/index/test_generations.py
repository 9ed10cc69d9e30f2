"""The index folder: what is live, what is kept for whom, and what is thrown away."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from index.errors import DamagedIndexError, IndexFolderError, LockedIndexError
from index.generations import (
    Generation,
    collect,
    draft_generation,
    generations,
    live_generation,
)
from index.ingest import silent
from index.locks import is_written, write_lock, writer

needs_flock = pytest.mark.skipif(os.name == "nt", reason="on Windows open files cannot be renamed")


def make(index: Path, number: int, complete: bool = True) -> Generation:
    folder = index / f"{number:06d}"
    folder.mkdir(parents=True)
    (folder / "catalog.sqlite").write_bytes(b"x")
    if complete:
        (folder / "manifest.json").write_text("{}")
    return Generation(folder)


def names(index: Path) -> list[str]:
    return sorted(path.name.lstrip("0") for path in index.iterdir() if path.is_dir())


def process(code: str, *args: object) -> subprocess.Popen[str]:
    """A process that runs ``code``, which prints a line and waits."""
    command = [sys.executable, "-c", code, *map(str, args)]
    started = subprocess.Popen(command, stdout=subprocess.PIPE, stdin=subprocess.PIPE, text=True)
    assert started.stdout is not None
    started.stdout.readline()
    return started


def test_the_live_one_and_the_one_before_are_kept(tmp_path: Path) -> None:
    made = [make(tmp_path, number) for number in (8, 9, 10, 11)]
    make(tmp_path, 12, complete=False)
    (tmp_path / "000007.old").mkdir()
    collect(tmp_path, made[-1])
    assert names(tmp_path) == ["10", "11"]


def test_a_finished_generation_that_never_went_live_is_thrown_away(tmp_path: Path) -> None:
    live = make(tmp_path, 1)
    make(tmp_path, 2)
    collect(tmp_path, live)
    assert names(tmp_path) == ["1"]


@needs_flock
def test_a_held_generation_is_collected_only_when_nobody_holds_it(tmp_path: Path) -> None:
    made = [make(tmp_path, number) for number in (1, 2, 3, 4)]
    first, second = made[0].hold(), made[0].hold()
    assert first
    assert second
    collect(tmp_path, made[-1])
    assert names(tmp_path) == ["1", "3", "4"]
    first.close()
    collect(tmp_path, made[-1])
    assert names(tmp_path) == ["1", "3", "4"]
    second.close()
    collect(tmp_path, made[-1])
    assert names(tmp_path) == ["3", "4"]
    assert made[0].hold() is None


HOLD = """
import sys
from pathlib import Path
from index.generations import Generation
held = Generation(Path(sys.argv[1])).hold()
print("held", flush=True)
sys.stdin.readline()
"""


@needs_flock
def test_a_killed_reader_holds_nothing(tmp_path: Path) -> None:
    made = [make(tmp_path, number) for number in (1, 2, 3)]
    with process(HOLD, made[0].folder) as reader:
        collect(tmp_path, made[-1])
        assert names(tmp_path) == ["1", "2", "3"]
        reader.send_signal(signal.SIGKILL)
        reader.wait()
    collect(tmp_path, made[-1])
    assert names(tmp_path) == ["2", "3"]


def test_what_is_live(tmp_path: Path) -> None:
    assert live_generation(tmp_path / "nowhere") is None
    make(tmp_path, 3, complete=False)
    assert live_generation(tmp_path) is None
    first, second = make(tmp_path, 1), make(tmp_path, 2)
    assert live_generation(tmp_path) == second  # a first run that was killed before its last step
    (tmp_path / "live").write_text(first.folder.name)
    assert live_generation(tmp_path) == first
    assert [one.number for one in generations(tmp_path)] == [1, 2, 3]


@pytest.mark.parametrize("content", [b"", b"000009", b"000003", b"../evil", b"\xff\x00\n"])
def test_a_damaged_pointer_names_the_repair(content: bytes, tmp_path: Path) -> None:
    make(tmp_path, 1)
    make(tmp_path, 3, complete=False)
    (tmp_path / "live").write_bytes(content)
    with pytest.raises(DamagedIndexError, match="tanya index --rebuild"):
        live_generation(tmp_path)


@pytest.mark.parametrize(
    ("error", "advice"),
    [
        (OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)), "free space"),
        (ValueError("An IO error occurred: 'File too large (os error 27)'"), "free space"),
        (OSError(errno.EIO, os.strerror(errno.EIO)), "run again"),
    ],
)
def test_a_draft_that_fails_is_discarded(error: Exception, advice: str, tmp_path: Path) -> None:
    with (
        pytest.raises(IndexFolderError, match=f"as it was before; .*{advice}"),
        draft_generation(tmp_path, None, silent) as draft,
    ):
        draft.generation.catalog.write_bytes(b"half")
        raise error
    assert names(tmp_path) == []


def test_a_mistake_in_the_program_is_not_dressed_up(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), draft_generation(tmp_path, None, silent):
        raise ZeroDivisionError
    assert names(tmp_path) == []


LOCK = """
import sys
from pathlib import Path
from index.locks import write_lock
with write_lock(Path(sys.argv[1]), "tanya index"):
    print("locked", flush=True)
    sys.stdin.readline()
"""


def test_a_second_writer_learns_who_the_first_is(tmp_path: Path) -> None:
    with process(LOCK, tmp_path) as first:
        assert is_written(tmp_path) or os.name == "nt"
        with (
            pytest.raises(LockedIndexError, match=rf"PID {first.pid}, tanya index\)"),
            write_lock(tmp_path, "tanya remove"),
        ):
            pass
        first.communicate("\n")
    assert writer(tmp_path) == ""
    assert not is_written(tmp_path)


@pytest.mark.skipif(os.name == "nt", reason="SIGKILL")
def test_the_lock_of_a_killed_writer_is_free(tmp_path: Path) -> None:
    with process(LOCK, tmp_path) as first:
        first.send_signal(signal.SIGKILL)
        first.wait()
    assert writer(tmp_path) == f"PID {first.pid}, tanya index"
    assert not is_written(tmp_path)
    with write_lock(tmp_path, "tanya remove"):
        assert writer(tmp_path) == f"PID {os.getpid()}, tanya remove"


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(IndexFolderError, match="--index"), write_lock(tmp_path / "file", "x"):
        pass


@pytest.mark.skipif(os.name == "nt", reason="no such permissions")
def test_nobody_but_its_owner_reads_a_new_index(tmp_path: Path) -> None:
    index = tmp_path / "new" / "index"
    with write_lock(index, "test"):
        assert index.stat().st_mode & 0o077 == 0
    shared = tmp_path / "shared"
    shared.mkdir(mode=0o755)
    with write_lock(shared, "test"):
        assert shared.stat().st_mode & 0o777 == 0o755  # its owner has opened it
