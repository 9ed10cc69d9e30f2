"""Runs of the command line in processes of their own."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from typing import Any

from prompts import Message, MessageError


class RunFailedError(MessageError):
    """An index run failed; the message is the run's own, or what it printed last."""


def run_command(arguments: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Run ``tanya ARGUMENTS --json``: its progress line by line, and at last its summary.

    Raises:
        RunFailedError: it failed.
    """
    command = [sys.executable, "-m", "assistant.cli", *arguments, "--json"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8"
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        summarised = False
        try:
            for line in process.stdout:
                if not line.startswith("{"):
                    continue
                data = json.loads(line)
                if "error" in data:
                    raise RunFailedError.of(Message.from_dict(data["error"]))
                summarised = "stage" not in data
                yield data
            printed = process.stderr.read().strip().splitlines()
        except KeyboardInterrupt:
            process.terminate()
            raise
    if process.returncode != 0 and not summarised:
        if printed:
            raise RunFailedError("as_told", text=printed[-1])
        raise RunFailedError("crashed", code=process.returncode)
