"""What is an address of the web, and what lies inside the own network."""

from __future__ import annotations

import pytest

from index.web.addresses import AddressError, may_connect, web_address


@pytest.mark.parametrize(
    "text",
    [
        "file:///etc/passwd", "ftp://kabar.example/", "javascript:alert(1)", "data:text/html,x",
        "https://", "https:///berita", "http://user:secret@kabar.example/", "http://[::1",
        "http://kabar.example:99999/", "berita", "", "https://kabar.example/" + "a" * 5_000,
    ],
)  # fmt: skip
def test_what_is_never_asked_for(text: str) -> None:
    with pytest.raises(AddressError) as caught:
        web_address(text)
    assert "secret" not in str(caught.value)


def test_one_form() -> None:
    assert web_address(" HTTP://KABAR.example:80#x ") == "http://kabar.example/"
    assert web_address("https://bücher.example/") == "https://xn--bcher-kva.example/"
    assert web_address("//lain.example/a", "https://kabar.example/") == "https://lain.example/a"
    twice = web_address(web_address("https://kabar.example/a b/%C3%A9?q=é&x=%20"))
    assert twice == "https://kabar.example/a%20b/%C3%A9?q=%C3%A9&x=%20"


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",
        "0.0.0.0", "224.0.0.1", "255.255.255.255", "::1", "::", "fe80::1%eth0", "fc00::1",
        "ff02::1", "fec0::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "2001:db8::1",
        "192.0.0.9", "192.88.99.1", "198.18.0.1", "64:ff9b:1::1", "5f00::1", "3fff::1", "0.1.2.3",
        "kabar.example",
    ],
)  # fmt: skip
def test_addresses_inside_the_network(address: str) -> None:
    assert not may_connect(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700::1111", "64:ff9b::808:808"])
def test_addresses_of_the_internet(address: str) -> None:
    assert may_connect(address)
    assert may_connect(address, private=True)


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "10.1.2.3", "100.64.0.1", "fc00::1"])
def test_the_own_network_when_allowed(address: str) -> None:
    assert may_connect(address, private=True)


@pytest.mark.parametrize(
    "address",
    [
        "169.254.169.254", "::ffff:169.254.169.254", "fe80::1", "0.0.0.0", "::", "224.0.0.1",
        "192.0.0.192", "100.100.100.200", "168.63.129.16", "fd00:ec2::254", "fd20:ce::254",
        "64:ff9b:1::a9fe:a9fe", "2002:a9fe:a9fe::", "240.0.0.1", "198.51.100.1", "5f00::1",
    ],
)  # fmt: skip
def test_what_is_never_connected_to(address: str) -> None:
    assert not may_connect(address, private=True)
