"""A question in, a cited answer out.

>>> from assistant import Assistant  # doctest: +SKIP
>>> Assistant.open("my-index").ask("Where did they meet?").text  # doctest: +SKIP
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from assistant.assistant import Assistant
    from assistant.types import Answer, Citation, Turn

# ONNX Runtime reads this once, when it is imported: it would keep an id on this machine and report
# to its makers.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

__all__ = ["Answer", "Assistant", "Citation", "Turn"]


def __getattr__(name: str) -> object:
    """Load the public names when they are first used: their imports take seconds."""
    if name == "Assistant":
        from assistant.assistant import Assistant

        return Assistant
    if name in ("Answer", "Citation", "Turn"):
        from assistant import types

        return getattr(types, name)
    raise AttributeError(name)
