"""Locks on files of an index: one writer at a time, and readers that hold their generation.

The system releases both when their process dies, however it dies.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from filelock import FileLock, Timeout

from index.errors import IndexFolderError, LockedIndexError
from prompts import Message


@contextmanager
def write_lock(index: Path, task: str) -> Iterator[None]:
    """Hold the index's lock for ``task``, the command that a refused second writer is told.

    Raises:
        LockedIndexError: another run holds it.
        IndexFolderError: the folder cannot be written.
    """
    holder = index / "holder"
    lock = FileLock(index / "lock", timeout=0)
    try:
        index.mkdir(mode=0o700, parents=True, exist_ok=True)  # nobody else reads what is in it
        lock.acquire()
        holder.write_text(f"PID {os.getpid()}, {task}", encoding="utf-8")
    except Timeout:
        known = writer(index) or Message("unknown_process")
        raise LockedIndexError("locked", index=index, holder=known) from None
    except (OSError, NotImplementedError) as error:
        lock.release()
        raise IndexFolderError("unwritable", index=index, error=error) from error
    try:
        yield
    finally:
        with suppress(OSError):
            holder.unlink()
        lock.release()


def writer(index: Path) -> str:
    """The process that writes the index, or did when it was killed; empty when there is none."""
    try:
        return (index / "holder").read_text(encoding="utf-8", errors="replace")[:200]
    except OSError:
        return ""


if sys.platform == "win32":

    def share(file: BinaryIO) -> None:
        """Nothing: an open file suffices, since its folder cannot be renamed on Windows."""

    @contextmanager
    def seize(path: Path) -> Iterator[bool]:
        """True; the renaming that follows is what tells."""
        yield True

else:
    import fcntl

    def share(file: BinaryIO) -> None:
        """Lock ``file`` together with others that share it, until it is closed."""
        with suppress(OSError):  # a file system without locks
            fcntl.flock(file, fcntl.LOCK_SH)

    @contextmanager
    def seize(path: Path) -> Iterator[bool]:
        """Whether the file is there and nobody locks it; nobody else can within the context."""
        try:
            with path.open("rb") as file:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                yield True
        except OSError:
            yield False


def is_written(index: Path) -> bool:
    """Whether a run holds the lock now. Writes nothing."""
    with seize(index / "lock") as free:
        return (index / "lock").exists() and not free
