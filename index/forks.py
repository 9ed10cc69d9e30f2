"""Copies of a process (``os.fork``), which have the engines of the first one without their threads.

An engine that is freed waits for its threads: in a copy, for ever, also when the copy ends.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Callable


def in_copies(action: Callable[[], object]) -> None:
    """Have every copy of this process begin with ``action``."""
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=action)


def never_free(engine: object) -> None:
    """Keep an object as long as this process runs, by a reference that nobody holds."""
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(engine))
