"""The catalog: which files, articles and paragraphs a generation holds (SQLite)."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from index.chunking import citable
from index.copies import MOST_HOLDERS, components, keys
from index.duplicates import is_reprint, is_twin, likely_twins, sketch
from index.history import MOST_VERSIONS, Version
from index.schema import (
    ARTICLES,
    FILES,
    HISTORY,
    KEYS,
    METADATA,
    PARAGRAPHS,
    REMOVED,
    SKETCHES,
)
from index.types import Article, Paragraph
from prompts import Message

# Made once: SQLAlchemy takes longer to make and compile a statement than SQLite to carry it out.
_INSERT_ARTICLE = sa.insert(ARTICLES)
_INSERT_PARAGRAPHS = sa.insert(PARAGRAPHS)
_INSERT_KEYS = sa.insert(KEYS)
_INSERT_SKETCHES = sa.insert(SKETCHES)
_SAME_ID = sa.select(ARTICLES.c.id).where(ARTICLES.c.id == sa.bindparam("sought"))
_SOUGHT = sa.select(sa.func.json_each(sa.bindparam("sought")).table_valued("value").c.value)
_ROWS_OF = sa.select(PARAGRAPHS.c.node_id, PARAGRAPHS.c.row).where(
    PARAGRAPHS.c.node_id.in_(_SOUGHT)
)
_NODES = sa.select(PARAGRAPHS).where(PARAGRAPHS.c.node_id.in_(_SOUGHT)).order_by("row")
_ROWS_WITHIN = sa.select(PARAGRAPHS.c.article_id, PARAGRAPHS.c.row).where(
    PARAGRAPHS.c.article_id.in_(_SOUGHT), PARAGRAPHS.c.node_id.is_not(None)
)
_SKETCH = sa.select(SKETCHES.c.hash).where(SKETCHES.c.row == sa.bindparam("sought"))
_SKETCHED_ALIKE = (
    sa.select(SKETCHES.c.row)
    .where(SKETCHES.c.hash.in_(_SKETCH), SKETCHES.c.row != sa.bindparam("sought"))
    .distinct()
)


@dataclass(frozen=True, slots=True)
class FileRecord:
    """A file as last seen; ``reasons`` say what of it was rejected."""

    root: str
    path: str
    sha256: str
    reasons: tuple[Message, ...] = ()


@dataclass(frozen=True, slots=True)
class StoredNode:
    """A citable paragraph as the search engines know it. ``row`` is its line in the vectors."""

    row: int
    node_id: str
    paragraph: Paragraph


def node_id(article_id: str, version: str, number: int) -> str:
    """The id of a paragraph for the search engines; it changes with the article's content."""
    return f"{article_id}@{version}#p{number}"


def article_of(node: str) -> str:
    """The id of the article that a node belongs to.

    >>> article_of(node_id("a@b", "f00", 3))
    'a@b'
    """
    return node.rpartition("@")[0]


class Catalog:
    """One SQLite file. Opened for reading only, unless ``writable``."""

    def __init__(self, path: Path, writable: bool = False) -> None:
        location = path.resolve().as_uri().removeprefix("file:")
        mode = "rwc" if writable else "ro&immutable=1"
        self._engine = sa.create_engine(
            f"sqlite+pysqlite:///file:{location}?mode={mode}&uri=true",
            connect_args={"check_same_thread": False},
        )
        if writable:
            METADATA.create_all(self._engine)
        self._writer: sa.Connection | None = self._engine.connect() if writable else None
        self._last: int | None = None

    def close(self) -> None:
        if self._writer is not None:
            self._writer.close()
        self._engine.dispose()

    def commit(self) -> None:
        self._write.commit()

    @property
    def _write(self) -> sa.Connection:
        if self._writer is None:
            raise RuntimeError("the catalog was opened for reading")
        return self._writer

    def _rows(self, query: sa.Select[Any], **values: str | int) -> Sequence[sa.Row[Any]]:
        if self._writer is not None:
            return self._writer.execute(query, values).all()
        with self._engine.connect() as connection:
            return connection.execute(query, values).all()

    # Files

    def files(self, roots: Iterable[str]) -> dict[tuple[str, str], FileRecord]:
        query = sa.select(FILES).where(FILES.c.root.in_(list(roots)))
        return {
            (row.root, row.path): FileRecord(row.root, row.path, row.sha256, _reasons(row.reason))
            for row in self._rows(query)
        }

    def put_file(self, record: FileRecord) -> None:
        told = json.dumps([one.to_dict() for one in record.reasons]) if record.reasons else ""
        self._write.execute(
            sa.insert(FILES)
            .prefix_with("OR REPLACE")
            .values(root=record.root, path=record.path, sha256=record.sha256, reason=told)
        )

    def drop_file(self, root: str, path: str) -> None:
        self._write.execute(sa.delete(FILES).where(FILES.c.root == root, FILES.c.path == path))

    # Articles

    def versions(self, root: str, path: str) -> dict[str, str]:
        """The content version of each article of a file, by id."""
        query = sa.select(ARTICLES.c.id, ARTICLES.c.version).where(
            ARTICLES.c.root == root, ARTICLES.c.path == path
        )
        return {str(row.id): str(row.version) for row in self._rows(query)}

    def add_article(
        self, article: Article, version: str, root: str, path: str, seen: datetime
    ) -> None:
        """Store an article, whose text was first read at ``seen``; its paragraphs can be found."""
        published = article.published.isoformat() if article.published else None
        self._write.execute(
            _INSERT_ARTICLE,
            {
                "id": article.id,
                "root": root,
                "path": path,
                "source": article.source,
                "url": article.url,
                "title": article.title,
                "published": published,
                "date_only": article.date_only,
                "language": article.language,
                "author": article.author,
                "section": article.section,
                "updated": article.updated.isoformat() if article.updated else None,
                "version": version,
                "seen": seen.isoformat(),
            },
        )
        first = self._last_row() + 1
        numbered = list(enumerate(article.paragraphs, start=first))
        self._last = first + len(numbered) - 1
        found = _node_ids(article, version)
        nodes = [
            StoredNode(row, found[one.number], one) for row, one in numbered if one.number in found
        ]
        values = [
            {
                "row": row,
                "article_id": one.article_id,
                "number": one.number,
                "role": one.role,
                "text": one.text,
                "node_id": found.get(one.number),
            }
            for row, one in numbered
        ]
        self._write.execute(_INSERT_PARAGRAPHS, values)
        if shared := [{"key": key, "article_id": article.id} for key in keys(article)]:
            self._write.execute(_INSERT_KEYS, shared)
        self._add_sketches(nodes)

    def _add_sketches(self, nodes: Iterable[StoredNode]) -> None:
        hashes = [
            {"hash": one, "row": node.row} for node in nodes for one in sketch(node.paragraph.text)
        ]
        if hashes:
            self._write.execute(_INSERT_SKETCHES, hashes)

    def _show(self, ids: Sequence[str]) -> None:
        """Let the citable paragraphs of these articles be found."""
        values = [
            {"article": article.id, "place": number, "node": node}
            for article in self.articles(ids)
            for number, node in _node_ids(article, self.file_of(article.id)[2]).items()
        ]
        update = sa.update(PARAGRAPHS).where(
            PARAGRAPHS.c.article_id == sa.bindparam("article"),
            PARAGRAPHS.c.number == sa.bindparam("place"),
        )
        if values:
            self._write.execute(update.values(node_id=sa.bindparam("node")), values)
        self._add_sketches(self.nodes_of(ids))

    def _hide(self, ids: Sequence[str]) -> None:
        """Let no paragraph of these articles be found."""
        self._drop_sketches(ids)
        own = _among(PARAGRAPHS.c.article_id, ids)
        self._write.execute(sa.update(PARAGRAPHS).where(own).values(node_id=None))

    def _drop_sketches(self, ids: Sequence[str]) -> None:
        rows = sa.select(PARAGRAPHS.c.row).where(_among(PARAGRAPHS.c.article_id, ids))
        self._write.execute(sa.delete(SKETCHES).where(SKETCHES.c.row.in_(rows)))

    def _last_row(self) -> int:
        """The last row that was ever given to a paragraph: none is given twice."""
        if self._last is None:
            query = sa.text("SELECT seq FROM sqlite_sequence WHERE name = 'paragraphs'")
            self._last = int(self._write.execute(query).scalar() or 0)
        return self._last

    def drop_articles(self, ids: Sequence[str]) -> None:
        """Forget these articles as they are now; their history stays."""
        self._drop_sketches(ids)
        for column in (ARTICLES.c.id, PARAGRAPHS.c.article_id, KEYS.c.article_id):
            self._write.execute(sa.delete(column.table).where(_among(column, ids)))

    def mark_gone(self, root: str, path: str, gone: datetime | None) -> int:
        """Note since when the page of these articles has vanished; how many were not marked so."""
        value = gone.isoformat() if gone else None
        found = self._write.execute(
            sa.update(ARTICLES)
            .where(ARTICLES.c.root == root, ARTICLES.c.path == path)
            .where(ARTICLES.c.gone.is_distinct_from(value))
            .values(gone=value)
        )
        return found.rowcount

    def articles(self, ids: Iterable[str] | None = None, text: bool = True) -> list[Article]:
        """Articles by id, or all that are no copies, newest first.

        They come without paragraphs unless ``text``.
        """
        query = sa.select(ARTICLES).order_by(ARTICLES.c.published.desc(), ARTICLES.c.id)
        wanted = None if ids is None else list(ids)
        if wanted is None:
            query = query.where(ARTICLES.c.copy_of.is_(None))
        else:
            query = query.where(_among(ARTICLES.c.id, wanted))
        paragraphs: dict[str, list[Paragraph]] = {}
        if text:
            blocks = sa.select(PARAGRAPHS).order_by(PARAGRAPHS.c.article_id, PARAGRAPHS.c.number)
            if wanted is not None:
                blocks = blocks.where(_among(PARAGRAPHS.c.article_id, wanted))
            for row in self._rows(blocks):
                paragraphs.setdefault(row.article_id, []).append(_paragraph(row))
        return [
            Article(
                id=row.id,
                source=row.source,
                url=row.url,
                title=row.title,
                published=datetime.fromisoformat(row.published) if row.published else None,
                date_only=row.date_only,
                language=row.language,
                author=row.author,
                paragraphs=tuple(paragraphs.get(row.id, ())),
                section=row.section,
                updated=datetime.fromisoformat(row.updated) if row.updated else None,
                gone=datetime.fromisoformat(row.gone) if row.gone else None,
            )
            for row in self._rows(query)
        ]

    def rows_within(self, article_ids: Iterable[str]) -> dict[str, list[int]]:
        """The rows of the citable paragraphs of these articles."""
        found: dict[str, list[int]] = {}
        for row in self._rows(_ROWS_WITHIN, sought=json.dumps(list(article_ids))):
            found.setdefault(row.article_id, []).append(row.row)
        return found

    def find_article_ids(self, prefix: str) -> list[str]:
        """The ids that are ``prefix`` or, when none is, that begin with it."""
        query = sa.select(ARTICLES.c.id).where(ARTICLES.c.id.startswith(prefix, autoescape=True))
        found = [str(row.id) for row in self._rows(query)]
        return [prefix] if prefix in found else sorted(found)

    def holds(self, article_id: str) -> bool:
        """Whether there is an article of this id."""
        return bool(self._rows(_SAME_ID, sought=article_id))

    def file_of(self, article_id: str) -> tuple[str, str, str]:
        """Root, path and content version of an article."""
        columns = (ARTICLES.c.root, ARTICLES.c.path, ARTICLES.c.version)
        row = self._rows(sa.select(*columns).where(ARTICLES.c.id == article_id))[0]
        return str(row.root), str(row.path), str(row.version)

    def origins(self, ids: Iterable[str]) -> dict[str, tuple[str, int]]:
        """The root of each of these articles, and how many articles its file holds."""
        one, other = ARTICLES, ARTICLES.alias()
        held = (
            sa.select(sa.func.count())
            .select_from(other)
            .where(other.c.root == one.c.root, other.c.path == one.c.path)
            .scalar_subquery()
        )
        query = sa.select(one.c.id, one.c.root, held.label("held")).where(_among(one.c.id, ids))
        return {str(row.id): (str(row.root), int(row.held)) for row in self._rows(query)}

    # Copies

    def keys_of(self, ids: Iterable[str]) -> set[int]:
        """The keys by which these articles are compared with others."""
        return {row.key for row in self._rows(_keys(_among(KEYS.c.article_id, ids)))}

    def groups(self, ids: Iterable[str], others: Iterable[int]) -> list[set[str]]:
        """Sets of articles to compare with each other.

        They hold whoever shares a key with one of ``ids``, or has one of the keys ``others``,
        and whoever shares a key with these; who shares none with anybody is left out.
        """
        pairs: set[tuple[int, str]] = set()
        seen: set[str] = set()
        asked, fresh = set(others), set(ids)
        while fresh or asked:
            holders = sa.func.count()
            lone = _among(KEYS.c.key, asked)
            shared = (
                _keys(sa.or_(KEYS.c.key.in_(_keys(_among(KEYS.c.article_id, fresh))), lone))
                .group_by(KEYS.c.key)
                .having(holders <= MOST_HOLDERS, sa.or_(holders > 1, lone))
            )
            found = self._rows(sa.select(KEYS).where(KEYS.c.key.in_(shared)))
            pairs |= {(row.key, row.article_id) for row in found}
            seen |= fresh
            asked, fresh = set(), {row.article_id for row in found} - seen
        return components(pairs)

    def copies(self, ids: Iterable[str]) -> dict[str, str]:
        """The kept article of each of these that is a copy."""
        query = sa.select(ARTICLES.c.id, ARTICLES.c.copy_of).where(
            _among(ARTICLES.c.id, ids), ARTICLES.c.copy_of.is_not(None)
        )
        return {str(row.id): str(row.copy_of) for row in self._rows(query)}

    def copies_of(self, ids: Iterable[str]) -> list[str]:
        """The ids of the copies of these articles, in order."""
        query = sa.select(ARTICLES.c.id).where(_among(ARTICLES.c.copy_of, ids))
        return sorted(str(row.id) for row in self._rows(query))

    def put_copies(self, changed: Mapping[str, str | None]) -> None:
        """Make articles copies of others, or articles of their own where None is given."""
        if not changed:
            return
        self._write.execute(
            sa.update(ARTICLES)
            .where(ARTICLES.c.id == sa.bindparam("article"))
            .values(copy_of=sa.bindparam("kept")),
            [{"article": one, "kept": kept} for one, kept in changed.items()],
        )
        self._hide([one for one, kept in changed.items() if kept])
        self._show([one for one, kept in changed.items() if not kept])

    def republished(self, article_id: str = "") -> dict[str, list[str]]:
        """By article, the ids of others that print the same: of one article, or of all."""
        sketched = sa.select(SKETCHES.c.hash, PARAGRAPHS.c.article_id, SKETCHES.c.row).join(
            PARAGRAPHS, PARAGRAPHS.c.row == SKETCHES.c.row
        )
        if article_id:
            own = sketched.where(PARAGRAPHS.c.article_id == article_id).subquery()
            sketched = sketched.where(SKETCHES.c.hash.in_(sa.select(own.c.hash)))
        found = self._rows(sketched)
        owners = {row.row: str(row.article_id) for row in found}
        pairs = likely_twins((row.hash, row.row) for row in found)
        likely = self.nodes_at({row for pair in pairs for row in pair})
        texts = {node.row: node.paragraph.text for node in likely}
        shared: dict[tuple[str, str], set[int]] = defaultdict(set)  # rows of the first
        for left, right in pairs:
            ends = owners[left], owners[right]
            asked = ends[0] != ends[1] and article_id in ("", *ends)
            if asked and is_twin(texts[left], texts[right]):
                shared[ends].add(left)
                shared[ends[::-1]].add(right)
        sizes = self._sketched_paragraphs({one for ends in shared for one in ends})
        others: dict[str, list[str]] = defaultdict(list)
        for (one, other), rows in sorted(shared.items()):
            if article_id in ("", one) and is_reprint(len(rows), sizes[one], sizes[other]):
                others[one].append(other)
        return dict(others)

    def _sketched_paragraphs(self, ids: Iterable[str]) -> dict[str, int]:
        """How many paragraphs of each article are long enough to be compared."""
        count = sa.func.count(sa.distinct(SKETCHES.c.row)).label("n")
        query = (
            sa.select(PARAGRAPHS.c.article_id, count)
            .join(SKETCHES, PARAGRAPHS.c.row == SKETCHES.c.row)
            .where(_among(PARAGRAPHS.c.article_id, ids))
            .group_by(PARAGRAPHS.c.article_id)
        )
        return {str(row.article_id): int(row.n) for row in self._rows(query)}

    # History

    def keep_version(self, article_id: str, version: Version) -> None:
        """Add a version to those that an article had; the oldest go where there are too many."""
        self._write.execute(
            sa.insert(HISTORY).values(
                article_id=article_id,
                version=version.version,
                seen=version.seen.isoformat(),
                text=version.pack(),
            )
        )
        own = sa.select(HISTORY.c.number).where(HISTORY.c.article_id == article_id)
        newest = own.order_by(HISTORY.c.number.desc()).limit(MOST_VERSIONS)
        self._write.execute(
            sa.delete(HISTORY).where(
                HISTORY.c.article_id == article_id, HISTORY.c.number.not_in(newest)
            )
        )

    def drop_history(self, ids: Iterable[str]) -> None:
        self._write.execute(sa.delete(HISTORY).where(_among(HISTORY.c.article_id, ids)))

    def present_version(self, article_id: str) -> Version:
        """The text of an article as it is now; there must be one of this id."""
        columns = (ARTICLES.c.version, ARTICLES.c.seen)
        row = self._rows(sa.select(*columns).where(ARTICLES.c.id == article_id))[0]
        [article] = self.articles([article_id])
        return Version.of(article, row.version, datetime.fromisoformat(row.seen))

    def earlier_versions(self, article_id: str) -> list[Version]:
        """What an article said before, the oldest first."""
        query = sa.select(HISTORY).where(HISTORY.c.article_id == article_id)
        return [
            Version.unpack(datetime.fromisoformat(row.seen), row.version, row.text)
            for row in self._rows(query.order_by(HISTORY.c.number))
        ]

    def history(self, article_id: str) -> list[Version]:
        """All versions of an article, the oldest first, the present one last."""
        earlier, present = self.earlier_versions(article_id), self.present_version(article_id)
        if earlier and earlier[-1].blocks == present.blocks:  # its file was broken for a while
            del earlier[-1]
        return [*earlier, present]

    # Removed by hand

    def removed(self) -> dict[str, str]:
        """The content version that was removed by hand, by article id."""
        return {str(r.article_id): str(r.version) for r in self._rows(sa.select(REMOVED))}

    def put_removed(self, article_id: str, version: str) -> None:
        self._write.execute(
            sa.insert(REMOVED)
            .prefix_with("OR REPLACE")
            .values(article_id=article_id, version=version)
        )

    def drop_removed(self) -> None:
        self._write.execute(sa.delete(REMOVED))

    # Nodes

    def nodes_of(self, article_ids: Iterable[str]) -> list[StoredNode]:
        return self._nodes(_among(PARAGRAPHS.c.article_id, article_ids))

    def nodes(self, node_ids: Iterable[str]) -> list[StoredNode]:
        found = self._rows(_NODES, sought=json.dumps(list(node_ids)))
        return [StoredNode(row.row, row.node_id, _paragraph(row)) for row in found]

    def twins(self, node: StoredNode) -> list[Paragraph]:
        """The paragraphs of other articles that say the same in nearly the same words."""
        here = node.paragraph
        rows = [row.row for row in self._rows(_SKETCHED_ALIKE, sought=node.row)]
        others = [one.paragraph for one in self.nodes_at(rows)] if rows else []
        return [
            one
            for one in others
            if one.article_id != here.article_id and is_twin(one.text, here.text)
        ]

    def all_nodes(self) -> list[StoredNode]:
        return self._nodes(sa.true())

    def rows_of(self, node_ids: Iterable[str]) -> dict[str, int]:
        """The row of each of these nodes, by id; the index of SQLite alone tells it."""
        found = self._rows(_ROWS_OF, sought=json.dumps(list(node_ids)))
        return {row.node_id: row.row for row in found}

    def nodes_at(self, rows: Iterable[int]) -> list[StoredNode]:
        return self._nodes(_among(PARAGRAPHS.c.row, rows))

    def ids_at(self, rows: Iterable[int]) -> dict[int, str]:
        """The node ids of the citable paragraphs at these rows."""
        columns = (PARAGRAPHS.c.row, PARAGRAPHS.c.node_id)
        sought = _among(PARAGRAPHS.c.row, rows)
        query = sa.select(*columns).where(PARAGRAPHS.c.node_id.is_not(None), sought)
        return {int(row.row): str(row.node_id) for row in self._rows(query)}

    def directory(self) -> list[tuple[int, str]]:
        """Row and article id of every citable paragraph."""
        columns = (PARAGRAPHS.c.row, PARAGRAPHS.c.article_id)
        query = sa.select(*columns).where(PARAGRAPHS.c.node_id.is_not(None))
        return [(row, article_id) for row, article_id in map(tuple, self._rows(query))]

    def last_node(self) -> StoredNode:
        """The citable paragraph that was added last; there must be one."""
        newest = sa.select(sa.func.max(PARAGRAPHS.c.row)).where(PARAGRAPHS.c.node_id.is_not(None))
        return self._nodes(PARAGRAPHS.c.row == newest.scalar_subquery())[0]

    def node_ids(self) -> list[str]:
        """The ids of all citable paragraphs, in no order."""
        query = sa.select(PARAGRAPHS.c.node_id).where(PARAGRAPHS.c.node_id.is_not(None))
        return [str(row.node_id) for row in self._rows(query)]

    def _nodes(self, condition: sa.ColumnElement[bool]) -> list[StoredNode]:
        query = (
            sa.select(PARAGRAPHS)
            .where(PARAGRAPHS.c.node_id.is_not(None), condition)
            .order_by(PARAGRAPHS.c.row)
        )
        return [StoredNode(row.row, row.node_id, _paragraph(row)) for row in self._rows(query)]

    def counts(self) -> tuple[int, int]:
        """How many articles, copies left out, and how many citable paragraphs there are."""
        articles = self._rows(
            sa.select(sa.func.count().label("n")).where(ARTICLES.c.copy_of.is_(None))
        )[0].n
        nodes = self._rows(
            sa.select(sa.func.count(PARAGRAPHS.c.node_id).label("n")).select_from(PARAGRAPHS)
        )[0].n
        return int(articles), int(nodes)

    def count_copies(self) -> int:
        query = sa.select(sa.func.count(ARTICLES.c.copy_of).label("n"))
        return int(self._rows(query)[0].n)


def _keys(condition: sa.ColumnElement[bool]) -> sa.Select[tuple[int]]:
    return sa.select(KEYS.c.key).where(condition)


def _among(column: sa.Column[Any], values: Iterable[str | int]) -> sa.ColumnElement[bool]:
    """``column IN values``, for any number of them: SQLite allows 32,766 parameters at most."""
    given = sa.func.json_each(json.dumps(list(values))).table_valued("value")
    return column.in_(sa.select(given.c.value))


def _node_ids(article: Article, version: str) -> dict[int, str]:
    """The ids of an article's citable paragraphs, by number."""
    return {
        one.number: node_id(article.id, version, one.number) for one in citable(article.paragraphs)
    }


def _reasons(told: str) -> tuple[Message, ...]:
    """The messages that a file's row holds."""
    return tuple(map(Message.from_dict, json.loads(told))) if told else ()


def _paragraph(row: sa.Row[Any]) -> Paragraph:
    return Paragraph(row.article_id, row.number, row.text, row.role)
