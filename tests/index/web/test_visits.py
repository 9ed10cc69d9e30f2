"""Runs over a scripted web: what is asked, in which manner, and what is kept."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

from index.readers import articles_of
from index.readers.inputs import WEB
from index.web.client import FetchError, PassingError, Response
from index.web.visits import suffix_of
from prompts import Message

SITE = "https://kabar.example"
FEED = f"{SITE}/rss"
HOUR = 3_600.0


def test_a_page_is_read_with_the_address_that_it_came_from(web: Any, visit: Any, make: Any) -> None:
    web.answers[f"{SITE}/banjir"] = make.page("Banjir Surut di Desa Contoh")
    found = visit(f"{SITE}/banjir#atas")
    assert web.asked == [f"{SITE}/robots.txt", f"{SITE}/banjir"]
    [[address, page]] = found.pages.items()
    [article], reasons = articles_of(page, WEB, address)
    assert (article.title, article.url) == ("Banjir Surut di Desa Contoh", f"{SITE}/banjir")
    assert (article.source, article.id[:6], reasons) == ("kabar.example", "banjir", [])


def test_what_a_feed_says_stands_in_where_the_page_is_silent(
    web: Any, visit: Any, make: Any
) -> None:
    web.answers[FEED] = Response(
        200,
        {},
        b"<rss><item><link>/1</link><title>Banjir &amp;lt;b&amp;gt;Surut&amp;lt;/b&amp;gt; Lagi"
        b"</title><pubDate>Thu, 08 Apr 2021 07:30:00 +0700</pubDate></item></rss>",
    )
    silent = make.page("X")
    web.answers[f"{SITE}/1"] = Response(
        200,
        silent.headers,
        silent.body.replace(b"<title>X</title>", b"").replace(b"<h1>X</h1>", b""),
    )
    for root in (FEED, f"{SITE}/1"):  # the second time nothing is said of it any more
        [[address, page]] = visit(root).pages.items()
        [article], _ = articles_of(page, WEB, address)
        assert article.title == "Banjir Surut Lagi"
        assert article.published is not None
        assert article.published.isoformat() == "2021-04-08T07:30:00+07:00"


def test_pages_that_have_not_changed_are_not_sent_again(web: Any, visit: Any, make: Any) -> None:
    page = make.page("Banjir Surut di Desa Contoh")
    web.answers[FEED] = make.feed("/1", "/2")
    web.answers[f"{SITE}/1"] = Response(200, {**page.headers, "etag": '"a"'}, page.body)
    web.answers[f"{SITE}/2"] = page
    first = visit(FEED)
    before = {address: one.fingerprint() for address, one in first.pages.items()}
    web.now += HOUR
    second = visit(FEED)
    assert web.pages == [FEED, f"{SITE}/1", f"{SITE}/2"]
    assert {address: one.fingerprint() for address, one in second.pages.items()} == before
    assert (first.rejected, second.rejected) == ([], [])


def test_a_vanished_page_is_marked_and_comes_back(web: Any, visit: Any, make: Any) -> None:
    page = make.page("Banjir Surut di Desa Contoh")
    web.answers[FEED] = make.feed("/1")
    for answer in (page, Response(410), Response(404), page):
        web.answers[f"{SITE}/1"] = answer
        web.now += 24 * HOUR
        [one] = visit(FEED).pages.values()
        assert (one.gone is not None) == (answer is not page)
        with one.open({}) as source:
            assert source.read() == page.body


def test_the_day_on_which_a_page_vanished_stays(web: Any, visit: Any, make: Any) -> None:
    web.answers[f"{SITE}/1"] = make.page("Banjir Surut di Desa Contoh")
    visit(f"{SITE}/1")
    web.answers.clear()
    [one] = visit(f"{SITE}/1").pages.values()
    web.now += 24 * HOUR
    [again] = visit(f"{SITE}/1").pages.values()
    assert one.gone == again.gone is not None
    assert one.fingerprint() == again.fingerprint()


def test_a_page_is_one_however_it_was_found(web: Any, visit: Any, make: Any) -> None:
    web.answers[FEED] = make.feed("/1", "/pindah", "/1?utm_source=rss")
    web.answers[f"{SITE}/1"] = make.page("Banjir Surut di Desa Contoh")
    web.answers[f"{SITE}/pindah"] = Response(301, {"location": "/1"})
    assert list(visit(f"{SITE}/1").pages) == list(visit(FEED).pages) == [f"{SITE}/1"]


def test_a_page_that_never_was_is_rejected(web: Any, visit: Any) -> None:
    found = visit(f"{SITE}/1")
    assert not found.pages
    assert found.rejected == [(f"{SITE}/1", Message("not_there", status=404))]


def test_a_failing_address_stops_nothing(web: Any, visit: Any, make: Any) -> None:
    web.answers[FEED] = make.feed("/1", "/5", "/2", "/3", "/4")
    web.answers[f"{SITE}/1"] = PassingError("not_fetched", error="reset")
    web.answers[f"{SITE}/2"] = make.page("Banjir Surut di Desa Contoh")
    web.answers[f"{SITE}/3"] = Response(200, {"content-type": "image/png"}, b"\x89PNG\0")
    web.answers[f"{SITE}/4"] = Response(302, {"location": "file:///etc/passwd"})
    web.answers[f"{SITE}/5"] = RecursionError("too deep")
    found = visit(FEED)
    assert list(found.pages) == [f"{SITE}/2"]
    reasons = {address: str(reason) for address, reason in found.rejected}
    assert "reset" in reasons[f"{SITE}/1"]
    assert reasons[f"{SITE}/3"] == "no article: image/png"
    assert "only http and https" in reasons[f"{SITE}/4"]
    assert "too deep" in reasons[f"{SITE}/5"]


def test_a_busy_site_is_asked_again_after_the_time_it_names(
    web: Any, visit: Any, make: Any
) -> None:
    busy = Response(429, {"retry-after": "90"})
    web.answers[f"{SITE}/1"] = [busy, Response(503), make.page("Banjir Surut di Desa Contoh")]
    started = web.now
    assert visit(f"{SITE}/1").pages
    waits = [time - started for time in web.times]
    assert waits == [0, 1, 91, 101]  # the rules, the page, as it asked, ten seconds' back-off


def test_a_site_that_asks_for_hours_is_left_alone(web: Any, visit: Any, make: Any) -> None:
    web.answers[FEED] = make.feed("/1", "/2", "/3")
    web.answers[f"{SITE}/1"] = Response(429, {"retry-after": "7200"})
    found = visit(FEED)
    assert web.pages == [FEED, f"{SITE}/1"]
    assert "7200 seconds" in str(dict(found.rejected)[f"{SITE}/1"])
    assert "2 more pages" in str(dict(found.rejected)[SITE])


def test_a_dead_site_is_given_up_and_others_are_not(web: Any, visit: Any, make: Any) -> None:
    dead = [f"https://mati.example/{n}" for n in range(50)]
    web.answers |= dict.fromkeys(dead, PassingError("no_answer", seconds=60))
    web.answers[FEED] = make.feed(*dead, "/1")
    web.answers[f"{SITE}/1"] = make.page("Banjir Surut di Desa Contoh")
    found = visit(FEED)
    assert list(found.pages) == [f"{SITE}/1"]
    assert sum(one in dead for one in web.asked) == 9  # three pages three times each
    assert "47 more pages" in str(dict(found.rejected)["https://mati.example"])


def test_hosts_take_turns_and_none_is_hurried(web: Any, visit: Any, make: Any) -> None:
    links = [f"https://{host}.example/{n}" for host in "abc" for n in range(5)]
    web.answers |= dict.fromkeys(links, make.page("Banjir Surut di Desa Contoh"))
    web.answers[FEED] = make.feed(*links)
    started = web.now
    assert len(visit(FEED).pages) == 15
    for host in "abc":
        times = [t for one, t in zip(web.asked, web.times, strict=True) if f"{host}.example" in one]
        assert all(after - before >= 1 for before, after in pairwise(times))
    assert web.now - started <= 8  # six requests each, side by side


class TestRobots:
    def test_what_is_disallowed_is_not_asked_for(self, web: Any, visit: Any, make: Any) -> None:
        rules = b"User-agent: *\nDisallow: /\n\n"
        rules += b"User-agent: tanya\nCrawl-delay: 7\nDisallow: /rahasia"
        web.answers[f"{SITE}/robots.txt"] = Response(200, {}, rules)
        web.answers[FEED] = make.feed("/rahasia/1", "/2", "/pindah")
        web.answers[f"{SITE}/2"] = make.page("Banjir Surut di Desa Contoh")
        web.answers[f"{SITE}/pindah"] = Response(301, {"location": "/rahasia/3"})
        found = visit(FEED)
        assert web.pages == [FEED, f"{SITE}/2", f"{SITE}/pindah"]
        refused = {address for address, why in found.rejected if why == Message("no_robots")}
        assert refused == {f"{SITE}/rahasia/1", f"{SITE}/pindah"}
        assert web.times[2] - web.times[1] == 7

    def test_rules_are_fetched_once_a_day(self, web: Any, visit: Any, make: Any) -> None:
        web.answers[f"{SITE}/1"] = make.page("Banjir Surut di Desa Contoh")
        asked = []
        for hours in (0, 12, 24):
            web.now += hours * HOUR
            visit(f"{SITE}/1")
            asked.append(f"{SITE}/robots.txt" in web.asked)
        assert asked == [True, False, True]

    def test_a_site_whose_rules_cannot_be_had_is_not_asked(
        self, web: Any, visit: Any, make: Any
    ) -> None:
        web.answers[f"{SITE}/robots.txt"] = Response(503)
        web.answers[f"{SITE}/1"] = make.page("Banjir Surut di Desa Contoh")
        found = visit(f"{SITE}/1")
        assert web.pages == []
        assert "robots.txt" in str(found.rejected[0][1])

    def test_rules_that_go_round_in_a_circle(self, web: Any, visit: Any) -> None:
        web.answers[f"{SITE}/robots.txt"] = Response(301, {"location": "/robots.txt"})
        assert "circle" in str(visit(f"{SITE}/1").rejected[0][1])


class TestRedirects:
    def test_the_article_is_known_by_where_they_end(self, web: Any, visit: Any, make: Any) -> None:
        web.answers["http://kabar.example/1"] = Response(301, {"location": f"{SITE}/1"})
        web.answers[f"{SITE}/1"] = Response(302, {"location": "satu"})
        page = make.page("Banjir Surut di Desa Contoh")
        web.answers[f"{SITE}/satu"] = Response(200, {**page.headers, "etag": '"a"'}, page.body)
        assert list(visit("http://kabar.example/1", f"{SITE}/satu").pages) == [f"{SITE}/satu"]
        web.answers["http://kabar.example/1"] = Response(301, {"location": f"{SITE}/baru"})
        web.answers[f"{SITE}/baru"] = make.page("Banjir Surut di Desa Contoh", "Ada yang baru.")
        assert list(visit("http://kabar.example/1").pages) == [f"{SITE}/satu"]

    def test_letters_that_are_not_quoted(self, web: Any, visit: Any, make: Any) -> None:
        location = "/kafé".encode().decode("latin-1")  # as the client hands it on
        web.answers[f"{SITE}/1"] = Response(302, {"location": location})
        web.answers[f"{SITE}/kaf%C3%A9"] = make.page("Banjir Surut di Desa Contoh")
        assert list(visit(f"{SITE}/1").pages) == [f"{SITE}/kaf%C3%A9"]

    @pytest.mark.parametrize(
        ("chain", "reason"),
        [(["/a", "/b", "/a"], "circle"), ([f"/{n}" for n in range(9)], "more than 5"), ([""], "")],
    )
    def test_without_end(self, chain: list[str], reason: str, web: Any, visit: Any) -> None:
        for here, there in zip(["/x", *chain], [*chain, "/x"], strict=True):
            web.answers.setdefault(SITE + here, Response(302, {"location": there}))
        found = visit(f"{SITE}/x")
        assert not found.pages
        assert reason in str(found.rejected[0][1])
        assert len(web.pages) <= 6


class TestLists:
    def test_a_sitemap_of_sitemaps(self, web: Any, visit: Any, make: Any) -> None:
        root = f"{SITE}/peta.xml"
        web.answers[root] = make.sitemap(
            (f"{SITE}/p1.xml", "2024-01-01"), (f"{SITE}/p2.xml", "2024-02-01"),
            (root, "2024-02-01"), (f"{SITE}/bukan.xml", ""), kind="sitemapindex",
        )  # fmt: skip
        web.answers[f"{SITE}/p1.xml"] = make.sitemap((f"{SITE}/1", "2024-01-01"))
        web.answers[f"{SITE}/p2.xml"] = make.sitemap((f"{SITE}/2", "2024-02-01"))
        web.answers[f"{SITE}/bukan.xml"] = make.page("Bukan Peta")
        for n in (1, 2):
            web.answers[f"{SITE}/{n}"] = make.page(f"Berita Nomor {n} dari Desa")
        found = visit(root)
        assert sorted(found.pages) == [f"{SITE}/1", f"{SITE}/2"]
        assert found.rejected == [(f"{SITE}/bukan.xml", Message("no_list"))]
        web.answers[f"{SITE}/p2.xml"] = make.sitemap(
            (f"{SITE}/2", "2024-03-03"), (f"{SITE}/3", "2024-03-03")
        )
        web.answers[root] = make.sitemap(
            (f"{SITE}/p1.xml", "2024-01-01"), (f"{SITE}/p2.xml", "2024-03-03"), kind="sitemapindex"
        )
        web.answers[f"{SITE}/3"] = make.page("Berita Nomor 3 dari Desa")
        web.now += HOUR
        assert len(visit(root).pages) == 3
        assert web.pages == [root, f"{SITE}/p2.xml", f"{SITE}/3", f"{SITE}/2"]

    def test_old_pages_are_asked_for_less_and_less_often(
        self, web: Any, visit: Any, make: Any
    ) -> None:
        web.answers[FEED] = make.feed("/1")
        web.answers[f"{SITE}/1"] = make.page("Banjir Surut di Desa Contoh")
        asked = 0
        for _ in range(4 * 24):
            visit(FEED)
            asked += f"{SITE}/1" in web.asked
            web.now += HOUR
        assert 20 < asked < 45
        web.answers[FEED] = make.feed("/2")  # the page has left the feed, and then the web
        del web.answers[f"{SITE}/1"]
        web.now += 48 * HOUR
        [one] = visit(FEED).pages.values()
        assert one.gone

    def test_a_limit_takes_new_pages_first_and_says_what_is_left(
        self, web: Any, visit: Any, make: Any
    ) -> None:
        links = [f"{SITE}/{n}" for n in range(10)]
        web.answers |= dict.fromkeys(links, make.page("Banjir Surut di Desa Contoh"))
        web.answers[FEED] = make.feed(*links)
        seen: set[str] = set()
        for left in ("6", "2"):
            found = visit(FEED, pages=4)
            assert not seen & set(web.pages[1:])
            seen |= set(web.pages[1:])
            assert str(found.rejected[0][1]).startswith(left) or left == "2"
        assert len(visit(FEED, pages=4).pages) == 10

    def test_a_feed_in_a_feed_is_not_followed(self, web: Any, visit: Any, make: Any) -> None:
        web.answers[FEED] = make.feed("/rss2")
        web.answers[f"{SITE}/rss2"] = make.feed("/1")
        assert "where a page was expected" in str(visit(FEED).rejected[0][1])

    def test_a_feed_that_breaks_leaves_what_was_there(
        self, web: Any, visit: Any, make: Any
    ) -> None:
        web.answers[FEED] = make.feed("/1")
        web.answers[f"{SITE}/1"] = make.page("Banjir Surut di Desa Contoh")
        visit(FEED)
        web.answers[FEED] = Response(200, {}, b"<rss><!DOCTYPE x [<!ENTITY a 'b'>]>")
        found = visit(FEED)
        assert list(found.pages) == [f"{SITE}/1"]
        assert found.rejected[0][0] == FEED
        web.answers[FEED] = make.page("Situs Sedang Diperbaiki Sebentar")
        found = visit(FEED)
        assert list(found.pages) == [f"{SITE}/1"]
        assert found.rejected == [(FEED, Message("no_list"))]


def test_an_interrupted_run_keeps_what_it_has(web: Any, visit: Any, make: Any) -> None:
    web.answers[FEED] = make.feed("/1", "/2")
    web.answers[f"{SITE}/1"] = make.page("Banjir Surut di Desa Contoh")
    web.answers[f"{SITE}/2"] = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        visit(FEED)
    web.answers[f"{SITE}/2"] = make.page("Jembatan Dibuka di Desa Contoh")
    assert sorted(visit(FEED).pages) == [f"{SITE}/1", f"{SITE}/2"]
    assert web.pages == [FEED, f"{SITE}/2", f"{SITE}/1"]


@pytest.mark.parametrize(
    ("body", "content_type", "address", "suffix"),
    [
        (b"\xef\xbb\xbf <!DOCTYPE html>", "image/png", "", ".html"),
        ("<html>".encode("utf-16"), "", "", ".html"),
        (b"Gempa di Palu", "text/plain; charset=utf-8", "", ".txt"),
        (b"<p>Gempa di Palu", "text/html", "", ".html"),
        (b"PK\x03\x04", "application/zip", "https://kabar.example/a.docx", ".docx"),
        (b"PK\x03\x04", "application/epub+zip", "", ".epub"),
    ],
)
def test_formats(body: bytes, content_type: str, address: str, suffix: str) -> None:
    assert suffix_of(body, content_type, address) == suffix


@pytest.mark.parametrize(
    ("body", "content_type"),
    [(b" \n", "text/html"), (b"\x89PNG\0<html>", "text/html"), (b"PK\x03\x04", "application/zip"),
     (b"{}", "application/json"), (b"\x1f\x8b", "application/gzip")],
)  # fmt: skip
def test_what_is_no_article(body: bytes, content_type: str) -> None:
    with pytest.raises(FetchError):
        suffix_of(body, content_type, "https://kabar.example/")
