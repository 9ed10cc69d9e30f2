"""The chat in the browser."""

from __future__ import annotations

from pathlib import Path


def serve(index: Path, folder: Path | None, samples: bool, port: int | None) -> int:
    """Serve the chat until it is ended; the exit code. ``folder`` is indexed first."""
    from assistant.chat.server import serve

    return serve(index, folder, samples, port)
