"""What an index run does to the articles, and what follows for the search engines."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from index.catalog import Catalog, StoredNode
from index.copies import Profile, copies
from index.types import Article


class Changes:
    """The articles that a run adds and drops, and what follows for the search engines."""

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog
        self.removed_by_hand = catalog.removed()
        self.stale: list[StoredNode] = []
        """What the search engines must forget."""
        self._added: set[str] = set()
        self._dropped: set[str] = set()
        self._keys: set[int] = set()

    def add(self, article: Article, version: str, root: str, path: str, seen: datetime) -> None:
        self.catalog.add_article(article, version, root, path, seen)
        self._added.add(article.id)

    def drop(self, ids: Sequence[str]) -> None:
        """Take articles out of the catalog; their copies are settled later."""
        if not ids:
            return
        self.stale += self.catalog.nodes_of(ids)
        self._keys |= self.catalog.keys_of(ids)
        self._dropped |= set(ids)
        self.catalog.drop_articles(ids)

    def settle_copies(self) -> None:
        """Decide anew, near everything that came or went, which articles are copies of which."""
        groups = self.catalog.groups(self._added, self._keys)
        members = set(self.catalog.copies_of(self._dropped)).union(*groups)
        before = self.catalog.copies(members)
        after: dict[str, str] = {}
        for group in groups:
            after |= copies([Profile.of(article) for article in self.catalog.articles(group)])
        changed = {one: after.get(one) for one in members if after.get(one) != before.get(one)}
        hidden = {one for one in changed if one in after}
        self.stale += self.catalog.nodes_of(hidden - self._added)
        self.catalog.put_copies(changed)
        self._added = (self._added | changed.keys()) - hidden

    def fresh(self) -> list[tuple[StoredNode, Article]]:
        """What the search engines must learn: paragraphs with their articles, without text."""
        articles = {one.id: one for one in self.catalog.articles(self._added, text=False)}
        nodes = self.catalog.nodes_of(self._added)
        return [(node, articles[node.paragraph.article_id]) for node in nodes]
