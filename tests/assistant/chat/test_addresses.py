"""Which address is told to whom."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterator

import pytest

from assistant.chat import addresses
from assistant.chat.addresses import hosts, own_host

pytestmark = pytest.mark.enable_socket


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.socket() as opened:
        yield opened


@pytest.fixture
def wide_listener() -> Iterator[socket.socket]:
    if not socket.has_dualstack_ipv6():
        pytest.skip("no IPv6 here")
    with socket.socket(socket.AF_INET6) as opened:
        yield opened


def test_an_address_of_its_own_is_for_everybody(listener: socket.socket) -> None:
    for host in ("127.0.0.1", "192.168.1.7", "berita.example", "localhost"):
        assert hosts(listener, host) == (host, None)


def test_for_all_addresses_each_is_told_one_that_can_be_opened(listener: socket.socket) -> None:
    assert hosts(listener, "0.0.0.0", lambda families: "192.168.1.7") == (
        "127.0.0.1", "192.168.1.7",
    )  # fmt: skip
    assert hosts(listener, "0.0.0.0", lambda families: "") == ("127.0.0.1", "")


@pytest.mark.parametrize(("alone", "here", "asked"), [(0, "127.0.0.1", 2), (1, "::1", 1)])
def test_for_all_of_ipv6_too(
    alone: int, here: str, asked: int, wide_listener: socket.socket
) -> None:
    wide_listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, alone)
    assert hosts(wide_listener, "::", lambda families: str(len(families))) == (here, str(asked))


def test_the_own_address_is_one_that_others_reach() -> None:
    found = own_host([socket.AF_INET])
    if found and found != socket.gethostname():
        address = ipaddress.ip_address(found)
        assert not (address.is_loopback or address.is_unspecified)


def test_without_a_network_the_name_of_the_machine_is_told_or_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("container", raising=False)
    monkeypatch.setattr(addresses, "OUTSIDE", {socket.AF_INET: "127.0.0.1"})
    for name, told in (("meja-redaksi", "meja-redaksi"), ("localhost.localdomain", "")):
        monkeypatch.setattr(socket, "gethostname", lambda name=name: name)
        assert own_host([socket.AF_INET]) == told


def test_a_container_does_not_tell_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("container", "oci")
    assert own_host([socket.AF_INET]) == ""
