"""Fetched pages in the index: what a run adds, marks, and leaves alone."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from index.catalog import Catalog
from index.encoder import StaticEncoder
from index.errors import IndexFolderError, LockedIndexError
from index.generations import live_generation
from index.ingest import Summary, index_paths, remove_articles
from index.locks import write_lock
from index.types import Article
from index.web.client import Response
from index.web.visits import fetched
from prompts import Message

SITE = "https://kabar.example"
FEED = f"{SITE}/rss"


class Run:
    """Index runs over a scripted web, an hour apart."""

    def __init__(self, index: Path, encoder: StaticEncoder, visit: Any) -> None:
        self.index = index
        self._encoder = encoder
        self._visit = visit

    def __call__(self, *roots: str, paths: tuple[Path, ...] = ()) -> Summary:
        self._visit.web.now += 3_600
        found = self._visit(*roots)
        return index_paths(self.index, paths, self._encoder, fetched=found)

    def remove(self, prefix: str) -> None:
        remove_articles(self.index, [prefix], self._encoder)

    def articles(self) -> dict[str, Article]:
        live = live_generation(self.index)
        assert live is not None
        with closing(Catalog(live.catalog)) as catalog:
            return {one.url.removeprefix(SITE) or one.title: one for one in catalog.articles()}


@pytest.fixture
def run(tmp_path: Path, encoder: StaticEncoder, visit: Any) -> Run:
    return Run(tmp_path / "index", encoder, visit)


@pytest.fixture
def news(web: Any, make: Any) -> Any:
    """A feed of two pages."""
    web.answers[FEED] = make.feed("/1", "/2")
    web.answers[f"{SITE}/1"] = make.page("Banjir Surut di Desa Contoh")
    web.answers[f"{SITE}/2"] = make.page("Jembatan Dibuka di Kota Contoh", "Panjangnya 410 meter.")
    return web


def test_added_unchanged_updated_and_gone(run: Run, news: Any, make: Any) -> None:
    assert run(FEED).added == 2
    generation = live_generation(run.index)
    second = run(FEED)
    assert (second.added, second.updated, second.unchanged) == (0, 0, 2)
    assert live_generation(run.index) == generation  # nothing to do, nothing written
    news.answers[f"{SITE}/1"] = make.page("Banjir Surut di Desa Contoh", "Kini 55 keluarga.")
    news.answers[f"{SITE}/2"] = Response(410)
    third = run(FEED)
    assert (third.updated, third.removed, third.gone) == (1, 0, 1)
    articles = run.articles()
    assert "Kini 55 keluarga." in [one.text for one in articles["/1"].paragraphs]
    assert articles["/1"].gone is None
    assert articles["/2"].gone is not None
    assert "410 meter" in str(articles["/2"].paragraphs)
    news.answers[f"{SITE}/2"] = make.page("Jembatan Dibuka di Kota Contoh", "Panjangnya 410 meter.")
    run(FEED)
    assert run.articles()["/2"].gone is None


def test_folders_and_addresses_leave_each_other_alone(run: Run, news: Any, corpus: Path) -> None:
    assert run(FEED, paths=(corpus,)).added == 5
    (corpus / "bridge.md").unlink()
    assert run(paths=(corpus,)).removed == 1
    assert run(f"{SITE}/1").removed == 0
    assert len(run.articles()) == 4


def test_a_page_without_its_article_takes_nothing_back(run: Run, news: Any) -> None:
    run(FEED)
    empty = Response(200, {"content-type": "text/html"}, b"<html><p>Berlangganan</html>")
    news.answers[f"{SITE}/1"] = empty
    summary = run(FEED)
    assert (summary.removed, summary.unchanged) == (0, 2)
    assert "what was indexed stays" in str(dict(summary.rejected)[f"{SITE}/1"])
    assert run(FEED).rejected == summary.rejected  # told again, as of files
    assert "40 keluarga" in str(run.articles()["/1"].paragraphs)
    news.answers[f"{SITE}/1"] = Response(404)
    assert run(FEED).gone == 1


def test_nothing_at_all(run: Run) -> None:
    summary = run(f"{SITE}/1")
    refused = (f"{SITE}/1", Message("not_there", status=404))
    assert summary == Summary(rejected=[refused], unread=[f"{SITE}/1"])


def test_the_outlet_is_the_name_that_the_page_states_else_its_host(
    run: Run, web: Any, make: Any
) -> None:
    named = "<meta property='og:site_name' content='Kabar Contoh'>"
    web.answers[f"{SITE}/1"] = make.page("Banjir Surut di Desa Contoh", head=named)
    web.answers[f"{SITE}/2"] = make.page("Jembatan Dibuka di Kota Contoh")
    run(f"{SITE}/1", f"{SITE}/2")
    sources = {url: article.source for url, article in run.articles().items()}
    assert sources == {"/1": "Kabar Contoh", "/2": "kabar.example"}


def test_of_which_roots_nothing_could_be_read(run: Run, news: Any, make: Any) -> None:
    news.answers[f"{SITE}/kosong"] = Response(200, {"content-type": "text/html"}, b"<p>Masuk</p>")
    news.answers[f"{SITE}/robots.txt"] = Response(200, {}, b"User-agent: *\nDisallow: /rahasia")
    other = f"{SITE}/other.xml"
    news.answers[other] = make.feed("/3", "/4")
    bad = [f"{SITE}/kosong", f"{SITE}/rahasia/1", f"{SITE}/9", other]
    assert sorted(run(FEED, *bad).unread) == sorted(bad)
    news.answers[f"{SITE}/3"] = make.page("Pasar Dibuka di Kota Contoh")
    assert run(FEED, other).unread == []
    news.answers[other] = make.feed("/1", "/2")  # which the first feed led to, and no longer asks
    assert run(other).unread == []
    news.answers[f"{SITE}/1"] = Response(410)
    assert run(f"{SITE}/1").unread == []  # gone, which is a finding
    news.answers[FEED] = Response(404)
    news.answers[f"{SITE}/2"] = Response(503)
    assert run(f"{SITE}/2").unread == [f"{SITE}/2"]  # what was indexed stays
    assert len(run.articles()) == 3


def test_a_page_taken_out_by_hand_stays_out_until_it_changes(
    run: Run, news: Any, make: Any
) -> None:
    run(FEED)
    run.remove("1-")
    run(FEED)
    assert list(run.articles()) == ["/2"]
    news.answers[f"{SITE}/1"] = make.page("Banjir Surut di Desa Contoh", "Kini 55 keluarga.")
    run(FEED)
    assert len(run.articles()) == 2


def test_captures_that_are_damaged(tmp_path: Path, web: Any) -> None:
    (tmp_path / "web").mkdir()
    (tmp_path / "web" / "captures.sqlite").write_bytes(b"no database" * 1_000)
    silent = lambda stage, done, total: None  # noqa: E731
    with pytest.raises(IndexFolderError, match="delete"), fetched(tmp_path, [FEED], web, silent):
        pass


def test_two_runs_do_not_fetch_at_once(tmp_path: Path, web: Any) -> None:
    with (
        write_lock(tmp_path / "web", "tanya index"),
        pytest.raises(LockedIndexError),
        fetched(tmp_path, [FEED], web, lambda stage, done, total: None),
    ):
        pass
    assert not web.asked
