"""Loaded by every Python process with this folder on its path: only this machine can be reached.

Every attempt to reach another is refused and noted in the file that ``BLOCKED`` names.
"""

from __future__ import annotations

import ipaddress
import os
import sys
from pathlib import Path

NAMED = ("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr")
REACHED = ("socket.connect", "socket.sendto", "socket.sendmsg")


def is_here(host: object) -> bool:
    if isinstance(host, bytes):
        host = host.decode()
    if host in (None, "", "localhost", "0.0.0.0", "::"):
        return True
    try:
        return ipaddress.ip_address(str(host)).is_loopback
    except ValueError:
        return False


def refuse(event: str, arguments: tuple[object, ...]) -> None:
    if event in NAMED:
        host = arguments[0]
    elif event in REACHED and isinstance(arguments[1], tuple):  # not a path of a Unix socket
        host = arguments[1][0]
    else:
        return
    if not is_here(host):
        with Path(os.environ["BLOCKED"]).open("a", encoding="utf-8") as file:
            file.write(f"{event} {host!r} by {sys.argv}\n")
        raise OSError(f"blocked: {event} {host!r}")


if "BLOCKED" in os.environ:
    sys.addaudithook(refuse)
