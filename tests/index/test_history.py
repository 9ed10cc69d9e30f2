"""Earlier versions of an article and what changed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from index.catalog import Catalog
from index.encoder import StaticEncoder
from index.generations import live_generation
from index.history import MOST_VERSIONS, Piece, Version, changes
from index.ingest import index_paths, rebuild, remove_articles

SEEN = datetime(2024, 1, 1, tzinfo=UTC)
OLD = ["Air naik semalam.", "Tiga orang hilang di hilir sungai.", "Bantuan datang dari kota."]


def test_changed_words_new_and_lost_paragraphs() -> None:
    new = ["Air naik semalam.", "Lima orang hilang di hilir sungai.", "Sekolah ditutup.", "Tenda."]
    assert changes(OLD, new) == [
        (Piece("removed", "Tiga"), Piece("added", "Lima"),
         Piece("same", "orang hilang di hilir sungai.")),
        (Piece("removed", "Bantuan datang dari kota."),),
        (Piece("added", "Sekolah ditutup."),),
        (Piece("added", "Tenda."),),
    ]  # fmt: skip
    assert changes(OLD, OLD) == []


TEXTS = st.lists(st.lists(st.sampled_from("a b c d e".split()), min_size=1).map(" ".join))


@given(TEXTS, TEXTS)
def test_changes_hold_every_paragraph_that_differs(old: list[str], new: list[str]) -> None:
    found = changes(old, new)
    for kind, texts, others in (("removed", old, new), ("added", new, old)):
        sides = [
            " ".join(one.text for one in change if one.kind in ("same", kind)) for change in found
        ]
        for text in texts:
            assert text in sides or text in others


@given(st.text(), st.lists(st.text()))
def test_versions_survive_packing(title: str, paragraphs: list[str]) -> None:
    version = Version(SEEN, "v", title, tuple(paragraphs))
    assert Version.unpack(SEEN, "v", version.pack()) == version


def history(index: Path, name: str) -> list[Version]:
    live = live_generation(index)
    assert live is not None
    catalog = Catalog(live.catalog)
    [article_id] = catalog.find_article_ids(name)
    found = catalog.history(article_id)
    catalog.close()
    return found


def test_a_corrected_article_keeps_what_it_said(
    corpus: Path, tmp_path: Path, encoder: StaticEncoder
) -> None:
    index, pasar = tmp_path / "index", corpus / "pasar.txt"
    first = pasar.read_text("utf-8")

    def run(text: str, day: int) -> None:
        pasar.write_text(text, "utf-8")
        index_paths(index, [corpus], encoder, now=SEEN + timedelta(days=day))

    run(first, 0)
    run(first.replace("Baca juga:", "Baca juga :"), 1)  # a line of the site: no correction
    assert [one.seen for one in history(index, "pasar")] == [SEEN]
    run("", 2)  # half written
    run(first.replace("140 pedagang", "175 pedagang"), 3)
    rebuild(index)
    earlier, present = history(index, "pasar")
    assert "140 pedagang" in " ".join(earlier.paragraphs)
    assert "175 pedagang" in " ".join(present.paragraphs)
    [change] = changes(earlier.blocks, present.blocks)
    assert [one.text for one in change if one.kind != "same"] == ["140", "175"]
    assert earlier.seen == SEEN
    [article_id] = remove_articles(index, ["pasar"], encoder)
    live = live_generation(index)
    assert live is not None
    assert Catalog(live.catalog).earlier_versions(article_id) == []


def test_the_oldest_versions_go(tmp_path: Path) -> None:
    catalog = Catalog(tmp_path / "catalog.sqlite", writable=True)
    for n in range(MOST_VERSIONS + 3):
        catalog.keep_version("a", Version(SEEN + timedelta(days=n), str(n), f"Judul {n}", ()))
    found = catalog.earlier_versions("a")
    assert len(found) == MOST_VERSIONS
    assert found[0].title == "Judul 3"
