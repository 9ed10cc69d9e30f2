"""The HTTP client against a server on this machine that keeps to nothing."""

from __future__ import annotations

import gzip
import itertools
import time
import zlib
from typing import Any

import pytest

from index.web.client import FetchError, HttpClient, PassingError, user_agent

pytestmark = [
    pytest.mark.server,
    pytest.mark.enable_socket,
    pytest.mark.allow_hosts(["127.0.0.1"]),
]
PAGE = b"<!doctype html><p>Air mulai surut."


@pytest.fixture
def client() -> HttpClient:
    return HttpClient(allow_private=True, max_bytes=100_000, max_seconds=1.0)


def test_a_page_and_what_is_told_about_us(
    client: HttpClient, site: str, routes: Any, make: Any
) -> None:
    told: dict[str, str] = {}

    def route(handler: Any) -> None:
        told.update({name.lower(): value for name, value in handler.headers.items()})
        make.send(PAGE, {"ETag": '"a"', "Content-Type": "text/html"})(handler)

    routes["/berita?id=1"] = route
    answer = client.get(f"{site}/berita?id=1#atas", {"If-None-Match": '"b"'})
    assert (answer.status, answer.body, answer.headers["etag"]) == (200, PAGE, '"a"')
    assert told["user-agent"] == user_agent()
    assert user_agent().startswith("tanya/0.1")
    assert told["if-none-match"] == '"b"'
    assert "cookie" not in told


def test_other_statuses_come_as_they_are(
    client: HttpClient, site: str, routes: Any, make: Any
) -> None:
    routes["/a"] = make.send(b"", {"Location": "file:///etc/passwd"}, 302)
    routes["/b"] = make.send(b"", {"Retry-After": "7"}, 429)
    assert client.get(f"{site}/a").headers["location"] == "file:///etc/passwd"
    assert client.get(f"{site}/b").headers["retry-after"] == "7"
    assert client.get(f"{site}/c").status == 404


@pytest.mark.parametrize("packing", ["gzip", "deflate"])
def test_packed_pages(packing: str, client: HttpClient, site: str, routes: Any, make: Any) -> None:
    pack = gzip.compress if packing == "gzip" else zlib.compress
    routes["/a"] = make.send(pack(PAGE), {"Content-Encoding": packing})
    routes["/b"] = make.send(pack(PAGE)[:-12], {"Content-Encoding": packing})
    routes["/c"] = make.send(PAGE, {"Content-Encoding": packing})
    assert client.get(f"{site}/a").body == PAGE
    for path in "bc":
        with pytest.raises(FetchError, match="broke"):
            client.get(f"{site}/{path}")


def test_a_packing_that_was_not_asked_for(
    client: HttpClient, site: str, routes: Any, make: Any
) -> None:
    routes["/a"] = make.send(PAGE, {"Content-Encoding": "zstd"})
    with pytest.raises(FetchError, match="zstd"):
        client.get(f"{site}/a")


def test_a_bomb(client: HttpClient, site: str, routes: Any, make: Any) -> None:
    bomb = gzip.compress(bytes(50_000_000))
    assert len(bomb) < 100_000
    routes["/a"] = make.send(bomb, {"Content-Encoding": "gzip"})
    with pytest.raises(FetchError, match="larger"):
        client.get(f"{site}/a")


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"


@pytest.mark.parametrize(
    ("pieces", "pause", "reason"),
    [
        pytest.param([HEAD + b"Content-Length: 5000\r\n\r\n", PAGE], 0, "fetched", id="cut short"),
        pytest.param([HEAD + b"Content-Length: 999999999999\r\n\r\n"], 0, "larger", id="huge"),
        pytest.param([HEAD + b"Content-Length: -1\r\n\r\n"], 0, "fetched", id="negative"),
        pytest.param(
            [HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"zzz\r\n"], 0, "fetched", id="chunks"
        ),
        pytest.param(
            itertools.chain([HEAD + b"\r\n"], itertools.repeat(PAGE * 100)), 0, "larger",
            id="endless",
        ),
        pytest.param(
            itertools.chain([HEAD + b"\r\n"], itertools.repeat(b"x")), 0.05, "seconds", id="drip"
        ),
        pytest.param(
            itertools.chain([HEAD], itertools.repeat(b"X-A: b\r\n")), 0.05, "seconds",
            id="dripping headers",
        ),
        pytest.param(
            itertools.chain([HEAD], itertools.repeat(b"X-A: b\r\n" * 100)), 0, "fetched",
            id="endless headers",
        ),
        pytest.param(
            itertools.repeat(b"HTTP/1.1 103 Early Hints\r\n\r\n"), 0.01, "seconds", id="hints"
        ),
        pytest.param([b""], 3, "seconds", id="stalled"),
        pytest.param([b"\x16\x03\x01 no HTTP\r\n\r\n"], 0, "fetched", id="no HTTP"),
        pytest.param([b""], 0, "fetched", id="nothing"),
    ],
)  # fmt: skip
def test_answers_that_lie_stall_or_never_end(
    pieces: Any, pause: float, reason: str, client: HttpClient, site: str, routes: Any, make: Any
) -> None:
    routes["/a"] = make.drip(pieces, pause)
    started = time.monotonic()
    with pytest.raises(FetchError, match=reason):
        client.get(f"{site}/a")
    assert time.monotonic() - started < 5


def test_nobody_listens(client: HttpClient) -> None:
    with pytest.raises(PassingError, match="cannot be fetched"):
        client.get("http://127.0.0.1:9/")


def test_a_host_that_nobody_knows(client: HttpClient) -> None:
    def unknown(host: str, port: int) -> list[str]:
        raise OSError("Name or service not known")

    client.look_up = unknown
    with pytest.raises(FetchError, match=r"kabar\.example is not known"):
        client.get("https://kabar.example/")


class TestPrivateAddresses:
    def test_they_are_refused(self, site: str) -> None:
        with pytest.raises(FetchError, match="--allow-private") as caught:
            HttpClient().get(site)
        assert not isinstance(caught.value, PassingError)

    def test_where_clouds_keep_secrets_is_never_asked(self, client: HttpClient) -> None:
        with pytest.raises(FetchError, match="never asked"):
            client.get("http://169.254.169.254/latest/meta-data/")

    @pytest.mark.parametrize("found", [["127.0.0.1"], ["8.8.8.8", "10.0.0.1"], ["::ffff:7f00:1"]])
    def test_what_a_name_stands_for_decides(self, found: list[str]) -> None:
        client = HttpClient(look_up=lambda host, port: found)
        with pytest.raises(FetchError, match=r"kabar\.example \(.+\) lies inside the network"):
            client.get("http://kabar.example/")

    def test_the_address_that_was_checked_is_connected_to(
        self, client: HttpClient, site: str, routes: Any, make: Any
    ) -> None:
        """The host's own name would not be found at all, and a second look-up says otherwise."""
        hosts: list[str] = []
        answers = iter([["127.0.0.1"], ["10.0.0.1"]])

        def route(handler: Any) -> None:
            hosts.append(handler.headers["Host"])
            make.send(PAGE)(handler)

        routes["/"] = route
        client.look_up = lambda host, port: next(answers)
        named = site.replace("127.0.0.1", "kabar.example")
        assert client.get(named).body == PAGE
        assert hosts == [named.removeprefix("http://")]
        assert next(answers) == ["10.0.0.1"]  # the name was looked up once
