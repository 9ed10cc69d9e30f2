"""Web addresses: written in one way, and kept out of the own network."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from urllib.parse import parse_qsl, quote, urlencode, urljoin, urlsplit, urlunsplit

from prompts import MessageError

MAX_ADDRESS_CHARS = 4_000
_PORTS = {"http": 80, "https": 443}
_KEPT = "%/:=&?~#+!$,;'@()*[]"  # what an address may hold unquoted, or quoted already
_TRACKERS = ("utm_", "fbclid", "gclid")
_TRANSLATED = ip_network("64:ff9b::/96")  # IPv4 addresses behind NAT64 (RFC 6052)
_OWN = tuple(  # networks that somebody may run: --allow-private opens them
    map(
        ip_network,
        ("10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16",
         "198.18.0.0/15", "::1/128", "fc00::/7", "fec0::/10"),
    )
)  # fmt: skip
_CLOSED = tuple(  # never asked, though Python calls them global or they lie in an own network
    map(
        ip_network,
        (
            # IANA's registries of special-purpose addresses, as of 2025; Python knows the others
            "0.0.0.0/8", "192.0.0.0/24", "192.88.99.0/24", "64:ff9b:1::/48", "2001::/23",
            "3fff::/20", "5f00::/16",
            # where clouds tell machines their secrets: Alibaba, Azure, AWS, Google
            "100.100.100.200/32", "168.63.129.16/32", "fd00:ec2::/32", "fd20:ce::254/128",
        ),
    )
)  # fmt: skip


MAX_NAMED_CHARS = 200  # of an address in an error


class AddressError(MessageError):
    """An address that is never asked for; the message says why."""


def web_address(text: str, base: str = "") -> str:
    """``text`` as an absolute address in its usual form, without a fragment.

    >>> web_address("../a b?x=1#top", "HTTPS://Kabar.Example:443/berita/1/")
    'https://kabar.example/berita/a%20b?x=1'

    Raises:
        AddressError: it is no address of the web, or names a user.
    """
    given = text[:MAX_NAMED_CHARS]
    try:
        parts = urlsplit(urljoin(base, text.strip()))
        host = (parts.hostname or "").encode("idna").decode("ascii")
        port = parts.port
    except (ValueError, UnicodeError) as error:
        raise AddressError("no_web_address", given=given) from error
    scheme = parts.scheme.lower()
    if scheme not in _PORTS:
        raise AddressError("not_web", given=given)
    if not host or len(text) > MAX_ADDRESS_CHARS:
        raise AddressError("no_web_address", given=given)
    if parts.username is not None:
        raise AddressError("named_user", host=host)
    named = f"[{host}]" if ":" in host else host
    place = named if port in (None, _PORTS[scheme]) else f"{named}:{port}"
    path, query = quote(parts.path or "/", safe=_KEPT), quote(parts.query, safe=_KEPT)
    return urlunsplit((scheme, place, path, query, ""))


def without_trackers(address: str) -> str:
    """``address`` without the parameters that say which list a reader came from.

    >>> without_trackers("https://kabar.example/1?id=2&utm_source=rss")
    'https://kabar.example/1?id=2'
    """
    parts = urlsplit(address)
    given = parse_qsl(parts.query, keep_blank_values=True)
    kept = [(name, value) for name, value in given if not name.lower().startswith(_TRACKERS)]
    if len(kept) == len(given):
        return address
    return urlunsplit(parts._replace(query=urlencode(kept)))


def site_of(address: str) -> str:
    """Scheme, host and port: whom a request goes to.

    >>> site_of("https://kabar.example/1")
    'https://kabar.example'
    """
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"


def may_connect(address: str, private: bool = False) -> bool:
    """Whether an IP address belongs to the internet, whatever it is wrapped in.

    ``private``: or to the own network. That never holds of the addresses where clouds keep the
    secrets of their machines, and of those that name no single machine.

    >>> may_connect("8.8.8.8"), may_connect("::ffff:10.0.0.1"), may_connect("10.0.0.1", True)
    (True, False, True)
    >>> may_connect("169.254.169.254", True)
    False
    """
    try:
        ip = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    inner = _wrapped(ip) if isinstance(ip, IPv6Address) else None
    if inner is not None:
        return may_connect(str(inner), private)
    if any(ip in network for network in _CLOSED):
        return False
    if any(ip in network for network in _OWN):
        return private
    return ip.is_global and not (ip.is_multicast or ip.is_reserved or ip.is_link_local)


def _wrapped(ip: IPv6Address) -> IPv4Address | None:
    if ip in _TRANSLATED:
        return IPv4Address(int(ip) & 0xFFFFFFFF)
    return ip.ipv4_mapped or ip.sixtofour
