"""Feeds and sitemaps as they come."""

from __future__ import annotations

import gzip
import time

import pytest

from index.web.client import FetchError
from index.web.lists import Entry, is_list, read_list

BASE = "https://kabar.example/umpan/rss.xml"


def test_rss_with_relative_links_html_in_titles_and_identifiers_for_links() -> None:
    body = """<?xml version="1.0" encoding="utf-8"?>
    <rss version="2.0" xmlns:media="urn:m" xmlns:dc="urn:dc" xml:base="https://kabar.example/">
    <channel><title>Kabar</title><link>/</link>
    <item><media:title>foto</media:title><title>Banjir &amp;amp; &lt;b&gt;longsor&lt;/b&gt;</title>
      <link>../berita/1?utm_source=rss#atas</link>
      <pubDate>Thu, 08 Apr 2021 07:30:00 +0700</pubDate></item>
    <item><title>Dua</title><guid>https://lain.example/2</guid><dc:date>2021-04-08</dc:date></item>
    <item><title>Tiga</title><guid isPermaLink="false">tag:3</guid></item>
    <item><title>Empat</title><link>file:///etc/passwd</link></item>
    <item><title>Lagi</title><link>https://kabar.example/berita/1</link></item>
    </channel></rss>"""
    assert is_list(body.encode())
    found = read_list(body.encode(), BASE)
    assert found.pages == (
        Entry(
            "https://kabar.example/berita/1",
            "Banjir &amp; <b>longsor</b>",
            "Thu, 08 Apr 2021 07:30:00 +0700",
        ),
        Entry("https://lain.example/2", "Dua", "2021-04-08"),
    )


def test_atom() -> None:
    body = b"""<feed xmlns="http://www.w3.org/2005/Atom"><link href="/" rel="self"/>
    <entry><title type="html">Satu</title><link rel="edit" href="/sunting"/>
    <link href="/satu"/><published>2024-01-02T03:04:05Z</published>
    <updated>2024-02-02T03:04:05Z</updated></entry></feed>"""
    [entry] = read_list(body, BASE).pages
    assert entry.address == "https://kabar.example/satu"
    assert (entry.published, entry.stamp) == ("2024-01-02T03:04:05Z", "2024-02-02T03:04:05Z")
    assert not entry.trusted


def test_rdf() -> None:
    body = b"""<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"
    xmlns="http://purl.org/rss/1.0/"><channel/><item><title>Satu</title>
    <link>https://kabar.example/satu</link></item></rdf:RDF>"""
    assert is_list(body)
    assert [one.address for one in read_list(body, BASE).pages] == ["https://kabar.example/satu"]


def test_a_sitemap_of_news_that_is_packed() -> None:
    body = b"""<?xml version="1.0"?><!-- dibuat mesin -->
    <urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"
     xmlns:news="http://www.google.com/schemas/sitemap-news/0.9"><url>
    <loc> https://kabar.example/satu </loc><lastmod>2024-02-02</lastmod><news:news>
    <news:publication><news:name>Kabar</news:name></news:publication>
    <news:publication_date>2024-02-01</news:publication_date><news:title>Banjir</news:title>
    </news:news></url></urlset>"""
    packed = gzip.compress(body)
    assert is_list(packed)
    assert read_list(packed, BASE).pages == (
        Entry("https://kabar.example/satu", "Banjir", "2024-02-01", "2024-02-02", trusted=True),
    )


def test_a_sitemap_of_sitemaps() -> None:
    body = b"<sitemapindex><sitemap><loc>/peta/1.xml</loc></sitemap></sitemapindex>"
    found = read_list(body, BASE)
    assert [one.address for one in found.lists] == ["https://kabar.example/peta/1.xml"]
    assert not found.pages


def test_a_feed_that_is_broken_in_the_middle() -> None:
    body = b"<rss><channel><item><link>/1</link><title>a & b &nbsp; c</title></item><item><link>/2"
    assert "https://kabar.example/1" in [one.address for one in read_list(body, BASE).pages]


WORDS = "Warga “panik” di kafé José"
FEED = '<?xml version="1.0"%s?><rss><channel><item><title>%s</title><link>/1</link></item>'
SAID = ' encoding="%s"'


@pytest.mark.parametrize(
    ("label", "encoding"),
    [
        ("ISO-8859-1", "utf-8"), ("windows-1252", "utf-8"), ("us-ascii", "utf-8"),
        ("utf-16", "utf-8"), ("nonsense", "utf-8"), ("", "utf-8-sig"), ("utf-8", "utf-16"),
        ("ISO-8859-1", "windows-1252"), ("utf-8", "windows-1252"), ("", "windows-1252"),
    ],
)  # fmt: skip
def test_a_feed_with_a_wrong_label(label: str, encoding: str) -> None:
    """mkresin in miniflux-legacy#316; FreshRSS#7514."""
    body = (FEED % (SAID % label if label else "", WORDS)).encode(encoding)
    assert is_list(body)
    assert [one.title for one in read_list(body, BASE).pages] == [WORDS]


def test_a_feed_with_a_right_label_that_is_not_utf8() -> None:
    body = (FEED % (SAID % "windows-1251", "Паника в Тирте")).encode("windows-1251")
    assert [one.title for one in read_list(body, BASE).pages] == ["Паника в Тирте"]


@pytest.mark.parametrize("label", ["utf-8", "iso-8859-1"])
def test_one_bad_byte_costs_one_character_of_a_feed(label: str) -> None:
    items = f"<item><title>{WORDS}</title><link>/1</link></item>\n" * 20
    body = (FEED % (SAID % label, WORDS) + "\n" + items).encode() + b"<item><title>Andr\xe9</title>"
    body += f"<link>/2</link></item><item><title>{WORDS}</title><link>/3</link></item>".encode()
    assert [one.title for one in read_list(body, BASE).pages] == [WORDS, "André", WORDS]


def test_entities_of_a_feed_in_two_byte_letters_are_refused() -> None:
    with pytest.raises(FetchError, match="entities"):
        read_list(LAUGHS.encode("utf-16"), BASE)


LAUGHS = (
    '<!DOCTYPE rss [<!ENTITY a "haha">'
    + "".join(f'<!ENTITY {chr(98 + i)} "{f"&{chr(97 + i)};" * 10}">' for i in range(9))
    + "]><rss><channel><item><link>/1</link><title>&j;</title></item></channel></rss>"
)
OUTSIDE = (
    '<!DOCTYPE rss [<!ENTITY x SYSTEM "file:///etc/hostname">]>'
    "<rss><item><link>/1</link><title>&x;</title></item></rss>"
)


@pytest.mark.parametrize("body", [LAUGHS, OUTSIDE])
def test_entities_are_refused(body: str) -> None:
    with pytest.raises(FetchError, match="entities"):
        read_list(body.encode(), BASE)


def test_a_bomb_is_refused() -> None:
    bomb = gzip.compress(b"<urlset>" + b" " * 60_000_000)
    with pytest.raises(FetchError, match="larger"):
        read_list(bomb, BASE)


@pytest.mark.parametrize(
    "body",
    [
        b"", b"<html><body>rss</body></html>", b"\x89PNG", b"\x1f\x8bxx",
        b"<!---->" * 5_000, b"<?x?>" * 5_000, b"<" * 5_000,
    ],
)  # fmt: skip
def test_what_is_no_list(body: bytes) -> None:
    started = time.monotonic()
    assert not is_list(body)
    assert time.monotonic() - started < 1


def test_deep_nesting_does_no_harm() -> None:
    read_list(b"<rss>" + b"<item>" * 50_000, BASE)
