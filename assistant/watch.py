"""Watching folders and web addresses: an index run again and again, each in its own process."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from typing import Any

from assistant.runs import RunFailedError

RETRY_SECONDS = 60.0  # after a round that failed, for instance because another run was writing
_UNITS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}

Tell = Callable[..., None]
"""Says a phrase by its name, with the values in it."""


def interval(text: str) -> float:
    """The seconds that a setting like ``15m`` means.

    >>> interval("90s"), interval("15m"), interval("2h")
    (90.0, 900.0, 7200.0)

    Raises:
        ValueError: it is no number with one of the letters s, m, h and d.
    """
    found = re.fullmatch(r"([1-9]\d{0,5})([smhd])", text.strip().lower())
    if not found:
        raise ValueError(text)
    return float(int(found[1]) * _UNITS[found[2]])


def watch(
    run: Callable[[], Mapping[str, Any]],
    every_seconds: float,
    tell: Tell,
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Call ``run`` every so often and tell what it did, until an exception ends it.

    ``run`` gives the summary of an index run. What it rejects is told when it is new, and a run
    that fails is tried again soon.
    """
    known: frozenset[tuple[str, str]] = frozenset()
    while True:
        started = time.monotonic()
        wait = every_seconds
        try:
            summary = run()
        except RunFailedError as error:
            wait = min(every_seconds, RETRY_SECONDS)
            tell("watch_failed", error=error.message, seconds=round(wait))
        else:
            names = ("added", "updated", "removed", "gone")
            rejected = [(str(what), str(why["text"])) for what, why in summary["rejected"]]
            tell("watched", **{name: summary[name] for name in names}, rejected=len(rejected))
            for what, why in rejected:
                if (what, why) not in known:
                    tell("watch_rejected", what=what, why=why)
            known = frozenset(rejected)
        sleep(max(0.0, wait - (time.monotonic() - started)))
