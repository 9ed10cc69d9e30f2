"""The chat in the browser."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from assistant.chat.guard import Access


def serve(
    index: Path,
    folder: Path | None,
    samples: bool,
    access: Access,
    port: int | None,
    options: dict[str, Any],
) -> int:
    """Serve the chat until it is ended; the exit code.

    ``folder`` is indexed first; ``options`` go to ``Assistant.open``.
    """
    from assistant.chat.engine import Engine
    from assistant.chat.server import serve

    return serve(Engine(index, folder, samples, options, access.changes), access, port)
