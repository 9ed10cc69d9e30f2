"""The tables of the catalog."""

from __future__ import annotations

import sqlalchemy as sa

METADATA = sa.MetaData()
FILES = sa.Table(
    "files",
    METADATA,
    sa.Column("root", sa.Text, primary_key=True),
    sa.Column("path", sa.Text, primary_key=True),
    sa.Column("sha256", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
)
ARTICLES = sa.Table(
    "articles",
    METADATA,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("root", sa.Text, nullable=False),
    sa.Column("path", sa.Text, nullable=False),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("url", sa.Text, nullable=False),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("published", sa.Text),
    sa.Column("date_only", sa.Boolean, nullable=False),
    sa.Column("language", sa.Text, nullable=False),
    sa.Column("author", sa.Text, nullable=False),
    sa.Column("section", sa.Text, nullable=False),
    sa.Column("updated", sa.Text),
    sa.Column("version", sa.Text, nullable=False),
    sa.Column("seen", sa.Text, nullable=False),  # when this text was first read
    sa.Column("copy_of", sa.Text),  # the article that is found in place of this one
    sa.Column("gone", sa.Text),  # when its page was found to have vanished from the web
    sa.Index("articles_by_file", "root", "path"),
    sa.Index("articles_by_copy_of", "copy_of"),
)
KEYS = sa.Table(
    "keys",
    METADATA,
    sa.Column("key", sa.Integer, nullable=False),  # shared by articles that may be one
    sa.Column("article_id", sa.Text, nullable=False),
    sa.Index("keys_by_key", "key"),
    sa.Index("keys_by_article", "article_id"),
)
HISTORY = sa.Table(
    "history",
    METADATA,
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("article_id", sa.Text, nullable=False),
    sa.Column("version", sa.Text, nullable=False),
    sa.Column("seen", sa.Text, nullable=False),
    sa.Column("text", sa.LargeBinary, nullable=False),
    sa.Index("history_by_article", "article_id"),
)
PARAGRAPHS = sa.Table(
    "paragraphs",
    METADATA,
    sa.Column("row", sa.Integer, primary_key=True),
    sa.Column("article_id", sa.Text, nullable=False),
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("role", sa.Text, nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    # Of citable paragraphs of articles that are no copies: they alone can be found.
    sa.Column("node_id", sa.Text),
    sa.Index("paragraphs_by_article", "article_id", "number", unique=True),
    sa.Index("paragraphs_by_node", "node_id", unique=True),
    sqlite_autoincrement=True,
)
SKETCHES = sa.Table(
    "sketches",
    METADATA,
    sa.Column("hash", sa.Integer, nullable=False),
    sa.Column("row", sa.Integer, nullable=False),  # of the paragraph
    sa.Index("sketches_by_hash", "hash"),
    sa.Index("sketches_by_row", "row"),
)
REMOVED = sa.Table(
    "removed",
    METADATA,
    sa.Column("article_id", sa.Text, primary_key=True),
    sa.Column("version", sa.Text, nullable=False),
)
