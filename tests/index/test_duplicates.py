"""The same paragraph in several articles."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.catalog import Catalog
from index.duplicates import is_twin, resemblance, sketch
from index.types import Article, Paragraph

WIRE = (
    "Pelabuhan Ambon ditutup pada Sabtu pagi setelah gelombang setinggi empat meter merusak "
    "dermaga timur, kata kepala pelabuhan Dewi Latuheru kepada wartawan di kantornya."
)
EDITED = WIRE.replace("di kantornya", "di Ambon")
OTHER = (
    "Pelabuhan Ambon dibuka kembali pada Senin siang sesudah dermaga timur diperbaiki, dan "
    "kapal pertama berangkat membawa dua ratus penumpang ke Banda."
)

SEEN = datetime(2024, 1, 1, tzinfo=UTC)


def article(name: str, *texts: str) -> Article:
    paragraphs = tuple(Paragraph(name, i, text) for i, text in enumerate(texts, start=1))
    return Article(name, name, "", name, None, True, "id", "", paragraphs)


@pytest.fixture
def catalog(tmp_path: Path) -> Catalog:
    catalog = Catalog(tmp_path / "catalog.sqlite", writable=True)
    for one in (
        article("a", WIRE, "Ia tidak menjawab pertanyaan."),
        article("b", OTHER, EDITED, WIRE),
        article("c", "Ia tidak menjawab pertanyaan.", WIRE.upper()),
    ):
        catalog.add_article(one, "1", "/x", one.id, SEEN)
    return catalog


def twins(catalog: Catalog, node_id: str) -> list[str]:
    [node] = catalog.nodes([node_id])
    return [one.public_id for one in catalog.twins(node)]


def test_twins_stand_in_other_articles(catalog: Catalog) -> None:
    assert twins(catalog, "a@1#p1") == ["b#p2", "b#p3", "c#p2"]
    assert twins(catalog, "b@1#p3") == ["a#p1", "c#p2"]
    assert twins(catalog, "b@1#p1") == []
    assert twins(catalog, "a@1#p2") == []  # too short to be a copy


def test_what_is_dropped_is_no_twin(catalog: Catalog) -> None:
    catalog.drop_articles(["b"])
    assert twins(catalog, "a@1#p1") == ["c#p2"]
    catalog.add_article(article("b", EDITED), "2", "/x", "b", SEEN)
    assert twins(catalog, "a@1#p1") == ["c#p2", "b#p1"]


WORDS = st.lists(st.sampled_from("satu dua tiga empat lima enam tujuh".split()), max_size=60)


@given(WORDS, WORDS)
def test_resemblance_is_symmetric_and_bounded(left: list[str], right: list[str]) -> None:
    a, b = " ".join(left), " ".join(right)
    assert 0 <= resemblance(a, b) == resemblance(b, a) <= 1
    if sketch(a):
        assert is_twin(a, a)


@given(st.integers(12, 80), st.data())
def test_near_identical_texts_share_a_hash(count: int, data: st.DataObject) -> None:
    text = [f"kata{n}" for n in range(count)]
    changed = [*text]
    changed[data.draw(st.sampled_from([0, count - 1]))] = "lain"
    assert set(sketch(" ".join(text))) & set(sketch(" ".join(changed)))
