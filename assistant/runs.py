"""Index runs in a process of their own."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from typing import Any


class RunFailedError(Exception):
    """An index run failed; the message is what it printed last."""


def run_command(arguments: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Run ``tanya ARGUMENTS``: its progress line by line, and at last its summary if it has one.

    Raises:
        RunFailedError: it failed.
    """
    command = [sys.executable, "-m", "assistant.cli", *arguments]
    if arguments[0] == "index":
        command.append("--json")
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8"
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        summarised = False
        try:
            for line in process.stdout:
                if line.startswith("{"):
                    data = json.loads(line)
                    summarised = "stage" not in data
                    yield data
            errors = process.stderr.read().strip().splitlines()
        except KeyboardInterrupt:
            process.terminate()
            raise
    if process.returncode != 0 and not summarised:
        raise RunFailedError(errors[-1] if errors else f"exit code {process.returncode}")
