"""The rows of the catalog, which are the lines of the vectors."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from index.catalog import Catalog, StoredNode
from index.types import Article, Paragraph


def add(catalog: Catalog, name: str, *texts: str) -> list[StoredNode]:
    paragraphs = tuple(Paragraph(name, i, text) for i, text in enumerate(texts, start=1))
    article = Article(name, name, "", name, None, True, "id", "", paragraphs)
    catalog.add_article(article, "1", "/x", name, datetime(2026, 1, 2, tzinfo=UTC))
    return catalog.nodes_of([name])


def test_no_row_is_given_twice(tmp_path: Path) -> None:
    path = tmp_path / "catalog.sqlite"
    with closing(Catalog(path, writable=True)) as catalog:
        kept = add(catalog, "a", "Sub judul", "Warga mengungsi ke bukit.")
        gone = add(catalog, "b", "Jembatan itu retak.")
        catalog.drop_articles(["b"])
        catalog.commit()
    with closing(Catalog(path, writable=True)) as catalog:
        fresh = add(catalog, "c", "Jembatan itu diperbaiki.")
        assert [node.row for node in (*kept, *gone, *fresh)] == [2, 3, 4]
        assert catalog.all_nodes() == [*kept, *fresh]
        assert catalog.ids_at([1, 2, 3, 4]) == {2: "a@1#p2", 4: "c@1#p1"}
        assert catalog.rows_of(["a@1#p2", "b@1#p1", "c@1#p1"]) == {"a@1#p2": 2, "c@1#p1": 4}
