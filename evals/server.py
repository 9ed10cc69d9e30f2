"""A chat server in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ENDING_SECONDS = 20
PRESET = ("GRADIO_", "TANYA_", "DISPLAY", "WAYLAND_DISPLAY")  # what users need not have set


@dataclass(frozen=True, slots=True)
class Served:
    """A running chat: the address of its page, and the number of its process."""

    address: str
    process: int


@contextmanager
def served(
    home: Path, *arguments: object, env: Mapping[str, str] | None = None
) -> Iterator[Served]:
    """``tanya chat`` as the README starts it, with a user data folder of its own and no more.

    What it prints after its address goes to ``chat.log`` in ``home``. It must end in time when it
    is told to.
    """
    told = {name: value for name, value in os.environ.items() if not name.startswith(PRESET)}
    told |= {"HOME": str(home), "XDG_DATA_HOME": str(home), "LOCALAPPDATA": str(home)}
    told |= {"BROWSER": "true"} | dict(env or {})  # none is opened
    command = [sys.executable, "-m", "assistant.cli", "chat", *map(str, arguments)]
    log = home / "chat.log"
    with (
        log.open("w", encoding="utf-8") as errors,
        subprocess.Popen(
            command,
            env=told,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            encoding="utf-8",
            errors="replace",
        ) as process,  # fmt: skip
    ):
        assert process.stdout is not None
        line = process.stdout.readline()
        try:
            assert "http://" in line, line + log.read_text(encoding="utf-8")
            yield Served(line.split()[1].rstrip("/"), process.pid)
        finally:
            process.terminate()
            try:
                process.wait(ENDING_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                raise
            errors.write(process.stdout.read())


@contextmanager
def chat(home: Path, *arguments: object, env: Mapping[str, str] | None = None) -> Iterator[str]:
    """The address of ``served``."""
    with served(home, *arguments, env=env) as server:
        yield server.address
