"""The same article in several files: one is found, the others stand by."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.catalog import Catalog
from index.changes import Changes
from index.copies import Profile, canonical_address, copies
from index.encoder import StaticEncoder
from index.generations import live_generation
from index.ingest import index_paths, remove_articles
from index.types import Article, Paragraph

Save = Callable[[str, bytes | str], Path]
SEEN = datetime(2024, 1, 1, tzinfo=UTC)
LEAD = "Pelabuhan Ambon ditutup pada Sabtu pagi setelah gelombang setinggi empat meter datang."
MORE = "Kepala pelabuhan mengatakan dermaga timur rusak dan tiga kapal belum dapat berlabuh lagi."
OTHER = "Pemerintah kota menyiapkan dana perbaikan dan meminta nelayan menunda pelayaran dua hari."
NEWS = "Kapal pertama berangkat ke Banda pada Senin siang dengan dua ratus penumpang di dalamnya."
FIFTH = "Sekolah di tepi pantai diliburkan sampai pekan depan menurut kepala dinas pendidikan kota."


def article(
    name: str,
    *texts: str,
    url: str = "",
    title: str = "Pelabuhan Ambon ditutup",
    source: str = "",
    updated: datetime | None = None,
) -> Article:
    blocks = tuple(Paragraph(name, i, text) for i, text in enumerate(texts, start=1))
    return Article(name, source, url, title, None, True, "id", "", blocks, "", updated)


def kept(*articles: Article) -> dict[str, str]:
    return copies([Profile.of(one) for one in articles])


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("https://www.kabar.example/a/b", "http://kabar.example/a/b/"),
        ("https://m.kabar.example/a?utm_source=x&fbclid=y", "https://kabar.example/a#komentar"),
        ("https://kabar.example/a/amp/", "https://kabar.example/a?page=all"),
        ("https://kabar.example/x?b=2&a=1", "https://kabar.example:443/x?a=1&b=2"),
    ],
)
def test_addresses_of_one_page(left: str, right: str) -> None:
    assert canonical_address(left) == canonical_address(right) != ""


@pytest.mark.parametrize(
    "url",
    ["", "https://kabar.example/", "https://kabar.example/index.html", "ftp://kabar.example/a",
     "/a/b", "javascript:x", "https://[bad", "https://kabar.example:port/a"],
)  # fmt: skip
def test_addresses_of_no_article(url: str) -> None:
    assert canonical_address(url) == ""


def test_pages_of_an_article_differ() -> None:
    page = "https://kabar.example/a?page={}"
    assert canonical_address(page.format(1)) != canonical_address(page.format(2))


def test_the_newest_of_one_address_is_kept() -> None:
    url = "https://kabar.example/a"
    old = article("old", LEAD, MORE, OTHER, url=url, updated=SEEN)
    new = article(
        "new", LEAD, NEWS, OTHER, url=url + "/", updated=SEEN + timedelta(hours=1), title="Buka"
    )
    assert kept(old, new) == {"old": "new"}


def test_one_address_with_other_texts_is_two_articles() -> None:
    url = "https://kabar.example/a"
    assert kept(article("1", LEAD, MORE, url=url), article("2", OTHER, NEWS, url=url)) == {}


def test_without_address_headline_outlet_and_text_decide() -> None:
    page = article("page", LEAD, MORE, url="https://kabar.example/a", source="Kabar")
    text = article("text", LEAD, MORE)
    assert kept(page, text) == {"text": "page"}
    for other in (
        article("x", LEAD, MORE, source="Warta"),  # another outlet prints the same
        article("x", LEAD, MORE, url="https://kabar.example/b", source="Kabar"),
        article("x", LEAD, MORE, title="Lain"),
        article("x", LEAD, OTHER),
    ):
        assert kept(page, other) == {}


ARTICLES = st.builds(
    article,
    st.sampled_from("abcdefgh"),
    st.sampled_from([LEAD, MORE]),
    st.sampled_from([OTHER, MORE, NEWS]),
    st.sampled_from([OTHER, FIFTH]),
    url=st.sampled_from(["", "https://kabar.example/a", "https://kabar.example/b"]),
    source=st.sampled_from(["", "Kabar", "Warta"]),
    title=st.sampled_from(["Pelabuhan ditutup", "Gelombang tinggi"]),
    updated=st.sampled_from([None, SEEN, SEEN + timedelta(days=1)]),
)


@given(st.lists(ARTICLES, unique_by=lambda one: one.id), st.randoms())
def test_the_order_does_not_matter(articles: list[Article], chance: random.Random) -> None:
    found = kept(*articles)
    shuffled = chance.sample(articles, len(articles))
    assert kept(*shuffled) == found
    assert not set(found.values()) & set(found)  # no copy of a copy


def state(catalog: Catalog, ids: list[str]) -> tuple[object, ...]:
    titles = sorted((one.id, one.title) for one in catalog.articles(text=False))
    return catalog.copies(ids), titles, sorted(catalog.node_ids())


def change(catalog: Catalog, drop: list[str], add: list[Article]) -> Changes:
    changes = Changes(catalog)
    changes.drop(drop)
    for one in add:
        changes.add(one, "1", "/x", one.id, SEEN)
    changes.settle_copies()
    return changes


def test_any_sequence_of_runs_ends_as_one_run_would(tmp_path: Path) -> None:
    """What the search engines are told leads there too."""
    count = 0

    @settings(deadline=None, max_examples=25)
    @given(st.lists(st.lists(ARTICLES, max_size=4, unique_by=lambda one: one.id), max_size=5))
    def ends(runs: list[list[Article]]) -> None:
        nonlocal count
        count += 1
        catalog = Catalog(tmp_path / f"{count}.sqlite", writable=True)
        present: dict[str, Article] = {}
        engine: set[str] = set()
        for run in runs:
            gone = [one.id for one in run if one.id in present]
            fresh = [one for one in run if one.id not in present or present[one.id] != one]
            changes = change(catalog, gone, fresh)
            for one in gone:
                del present[one]
            present |= {one.id: one for one in fresh}
            stale = {node.node_id for node in changes.stale}
            assert stale <= engine
            added = [node.node_id for node, _ in changes.fresh()]
            assert not (engine - stale) & set(added)
            engine = engine - stale | set(added)
        alone = Catalog(tmp_path / f"{count}-alone.sqlite", writable=True)
        change(alone, [], list(present.values()))
        ids = sorted(present)
        assert state(catalog, ids) == state(alone, ids)
        assert sorted(engine) == sorted(catalog.node_ids())
        catalog.close()
        alone.close()

    ends()


def found(index: Path) -> tuple[list[str], dict[str, str]]:
    """The endings of the files whose articles are found, and of what the others are copies."""
    live = live_generation(index)
    assert live is not None
    catalog = Catalog(live.catalog)
    articles = [one.id for one in catalog.articles(text=False)]
    standing = catalog.copies(catalog.copies_of(articles))

    def ending(article_id: str) -> str:
        return Path(catalog.file_of(article_id)[1]).suffix

    result = sorted(map(ending, articles)), {ending(a): ending(b) for a, b in standing.items()}
    catalog.close()
    return result


def test_a_page_in_three_formats_and_what_becomes_of_them(
    make: ModuleType, save: Save, tmp_path: Path, encoder: StaticEncoder
) -> None:
    index = tmp_path / "index"
    body = [*make.BODY, OTHER]
    page = make.html(body).replace("</title>", f"</title><link rel=canonical href={make.URL}>")
    changed = '<meta property="article:modified_time" content="2021-04-09T08:00:00+07:00">'
    path = save("in/a.html", page.replace("</title>", f"</title>{changed}"))
    save("in/b.mhtml", make.mhtml(page))
    row = {"judul": make.TITLE, "isi": "\n".join(body), "tautan": f"{make.URL}?utm_source=rss"}
    save("in/c.jsonl", json.dumps(row))
    summary = index_paths(index, [path.parent], encoder)
    assert (summary.added, summary.copies, summary.unchanged) == (3, 2, 0)
    assert found(index) == ([".html"], {".mhtml": ".html", ".jsonl": ".html"})
    again = index_paths(index, [path.parent], encoder)
    assert (again.added, again.copies, again.unchanged) == (0, 2, 3)
    path.unlink()
    summary = index_paths(index, [path.parent], encoder)
    assert (summary.removed, summary.copies, summary.unchanged) == (1, 1, 2)
    assert found(index) == ([".mhtml"], {".jsonl": ".mhtml"})
    live = live_generation(index)
    assert live is not None
    [standing] = Catalog(live.catalog).articles(text=False)
    assert len(remove_articles(index, [standing.id], encoder)) == 2
    assert found(index) == ([], {})
    index_paths(index, [path.parent], encoder)
    assert found(index) == ([], {})


def test_what_other_outlets_print_stays_an_article(tmp_path: Path) -> None:
    catalog = Catalog(tmp_path / "catalog.sqlite", writable=True)
    wire = article("wire", LEAD, MORE, OTHER, NEWS, url="https://a.example/1", source="A")
    cut = article("cut", LEAD, MORE, url="https://b.example/1", source="B", title="Ambon ditutup")
    quoting = article("quoting", FIFTH, NEWS, url="https://c.example/1", source="C", title="Libur")
    change(catalog, [], [wire, cut, quoting])
    assert catalog.copies(["wire", "cut", "quoting"]) == {}
    assert catalog.republished() == {"wire": ["cut"], "cut": ["wire"]}
    assert catalog.republished("cut") == {"cut": ["wire"]}
    assert catalog.republished("quoting") == {}
