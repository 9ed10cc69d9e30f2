"""Where the chat can be opened: on this machine, and by others on its network."""

from __future__ import annotations

import ipaddress
import os
import socket
from collections.abc import Callable, Sequence

CONTAINER = "container"  # a variable that names the kind of container, by systemd's convention
OUTSIDE = {socket.AF_INET: "192.0.2.1", socket.AF_INET6: "2001:db8::1"}  # of no machine (RFC 5737)

Find = Callable[[Sequence[socket.AddressFamily]], str]


def hosts(listener: socket.socket, host: str, find: Find | None = None) -> tuple[str, str | None]:
    """The host for whoever sits at this machine, and that for others; None where it is the same.

    Of a ``host`` that stands for all addresses of the machine, ``find`` finds one; what others
    open is empty when there is none.
    """
    if not is_every(host):
        return host, None
    families = [listener.family] if listener.family == socket.AF_INET else _spoken(listener)
    here = "127.0.0.1" if socket.AF_INET in families else "::1"
    return here, (find or own_host)(families)


def is_every(host: str) -> bool:
    """Whether the address stands for all addresses of this machine.

    >>> is_every("0.0.0.0"), is_every("::"), is_every("192.168.1.7"), is_every("localhost")
    (True, True, False, False)
    """
    try:
        return ipaddress.ip_address(host).is_unspecified
    except ValueError:
        return False


def url(host: str, port: int) -> str:
    """
    >>> url("127.0.0.1", 7373), url("::1", 7373)
    ('http://127.0.0.1:7373/', 'http://[::1]:7373/')
    """
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"


def own_host(families: Sequence[socket.AddressFamily]) -> str:
    """This machine's address on its network, else its name there, else nothing.

    The system is asked which of its addresses it would send from; nothing is sent. A container
    does not know the address of the machine it runs on.
    """
    if os.environ.get(CONTAINER):
        return ""
    for family in families:
        with socket.socket(family, socket.SOCK_DGRAM) as asked:
            try:
                asked.connect((OUTSIDE[family], 9))
            except OSError:  # no way leads out
                continue
            address = str(asked.getsockname()[0])
            if not (is_every(address) or ipaddress.ip_address(address).is_loopback):
                return address
    name = socket.gethostname()
    return "" if name.partition(".")[0] == "localhost" else name


def _spoken(listener: socket.socket) -> list[socket.AddressFamily]:
    """What an address of IPv6 is reached by: many systems take IPv4 for it too."""
    alone = listener.getsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY)
    return [socket.AF_INET6] if alone else [socket.AF_INET, socket.AF_INET6]
