"""Index runs: bring an index in line with the files below some roots."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from index.catalog import Catalog, FileRecord, StoredNode
from index.chunking import embedded_text
from index.encoder import Encoder
from index.errors import IndexFolderError, MissingIndexError, RejectedFileError
from index.generations import (
    FORMAT,
    Generation,
    Manifest,
    begin,
    live_generation,
    probe,
    publish,
    require_generation,
    write_lock,
)
from index.lexical import LexicalWriter
from index.readers import MAPPED_SUFFIXES, READERS, is_page_folder, read_articles
from index.types import Article
from index.vectors import ChromaStore, VectorFile

BATCH = 2_000  # paragraphs encoded at once

Progress = Callable[[str, int, int], None]
"""Called with the stage, how many are done, and how many there are."""


@dataclass(slots=True)
class Summary:
    """What a run did, counted in articles; ``rejected`` holds ``(file, reason)``."""

    added: int = 0
    updated: int = 0
    removed: int = 0
    unchanged: int = 0
    paragraphs: int = 0
    rejected: list[tuple[str, str]] = field(default_factory=list)


def index_paths(
    index: Path,
    paths: Sequence[Path],
    encoder: Encoder,
    progress: Progress = lambda stage, done, total: None,
    *,
    allow_empty: bool = False,
    restore: bool = False,
    fields: Mapping[str, str] | None = None,
) -> Summary:
    """Bring the index in line with ``paths``, the roots of this run; other roots stay.

    Files gone from a root leave the index. Articles removed by hand stay out until their
    content changes, or ``restore``. ``fields`` names the columns of tables and objects that are
    not called as usual: ``{"title": "col1"}``; files read with other names are read again.

    Raises:
        IndexFolderError: a path is missing or unusable, a root that held articles is suddenly
            empty (unless ``allow_empty``), or the index cannot be written.
    """
    roots = [_root(path) for path in paths]
    with write_lock(index):
        if live_generation(index):
            require_generation(index, encoder.fingerprint)
        return _Run(index, encoder, progress, restore, fields or {}).bring_in_line(
            roots, allow_empty
        )


def remove_articles(index: Path, prefixes: Sequence[str], encoder: Encoder) -> list[str]:
    """Take articles out of the index, by id or unique beginning of one; their ids.

    Raises:
        IndexFolderError: there is no index, or an id names no article or several.
    """
    with write_lock(index):
        generation = require_generation(index, encoder.fingerprint)
        catalog = Catalog(generation.catalog)
        ids = [find_article(catalog, prefix) for prefix in prefixes]
        catalog.close()
        run = _Run(index, encoder, lambda stage, done, total: None, False, {})
        run.remove(list(dict.fromkeys(ids)))
        return ids


def find_article(catalog: Catalog, prefix: str) -> str:
    """The id of the one article that ``prefix`` names.

    Raises:
        IndexFolderError: none or several; the message lists them.
    """
    found = catalog.find_article_ids(prefix)
    if len(found) == 1:
        return found[0]
    if not found:
        raise IndexFolderError(f"no article {prefix!r}; see the list with: tanya articles")
    some = ", ".join(found[:5])
    raise IndexFolderError(f"{prefix!r} names {len(found)} articles ({some}); write more of the id")


class _Run:
    """One run that holds the lock: a draft generation and what happens to it."""

    def __init__(
        self,
        index: Path,
        encoder: Encoder,
        progress: Progress,
        restore: bool,
        fields: Mapping[str, str],
    ) -> None:
        self._index = index
        self._encoder = encoder
        self._progress = progress
        self._restore = restore
        self._fields = fields
        self._summary = Summary()

    def bring_in_line(self, roots: list[Path], allow_empty: bool) -> Summary:
        known = self._known_files(roots)
        present: dict[tuple[str, str], Path] = {}
        for root in roots:
            files = dict(_files(root))
            if not files and any(record.root == str(root) for record in known.values()):
                if not allow_empty:
                    raise IndexFolderError(
                        f"{root} held articles and is empty now; if that is meant, run: "
                        f"tanya index {root} --allow-empty"
                    )
            elif not files:
                raise IndexFolderError(f"{root} holds no file that can be read ({_formats()})")
            present |= {(str(root), relative): path for relative, path in files.items()}
        gone = [key for key in known if key not in present]
        changed: list[tuple[FileRecord, Path]] = []
        for done, (key, path) in enumerate(present.items(), start=1):
            self._progress("scan", done, len(present))
            record = FileRecord(*key, self._fingerprint(path))
            before = known.get(key)
            if before and self._is_same(before, record) and not self._restore:
                if before.reason:
                    self._summary.rejected.append((str(path), before.reason))
                continue
            changed.append((record, path))
        if changed or gone:
            self._apply(changed, gone)
        self._count_unchanged()
        return self._summary

    def _fingerprint(self, path: Path) -> str:
        """The hash of a file, with the names of columns that it is read by."""
        content = _sha256(path)
        if not self._fields or path.suffix.lower() not in MAPPED_SUFFIXES:
            return content
        return f"{content} {json.dumps(self._fields, sort_keys=True)}"

    def _is_same(self, before: FileRecord, now: FileRecord) -> bool:
        """Whether a file is as it was; without ``fields`` now, however it was read then."""
        known = before.sha256 if self._fields else before.sha256.partition(" ")[0]
        return known == now.sha256

    def remove(self, ids: list[str]) -> None:
        draft = begin(self._index)
        catalog = Catalog(draft.catalog, writable=True)
        for article_id in ids:
            catalog.put_removed(article_id, catalog.file_of(article_id)[2])
        stale = catalog.nodes_of(ids)
        catalog.drop_articles(ids)
        self._finish(draft, catalog, stale, [])

    def _known_files(self, roots: list[Path]) -> dict[tuple[str, str], FileRecord]:
        live = live_generation(self._index)
        if live is None:
            return {}
        catalog = Catalog(live.catalog)
        known = catalog.files([str(root) for root in roots])
        catalog.close()
        return known

    def _apply(self, changed: list[tuple[FileRecord, Path]], gone: list[tuple[str, str]]) -> None:
        draft = begin(self._index)
        catalog = Catalog(draft.catalog, writable=True)
        if self._restore:
            catalog.drop_removed()
        removed = catalog.removed()
        stale: list[StoredNode] = []
        fresh: list[tuple[StoredNode, str]] = []
        for root, relative in gone:
            ids = list(catalog.versions(root, relative))
            stale += catalog.nodes_of(ids)
            catalog.drop_articles(ids)
            catalog.drop_file(root, relative)
            self._summary.removed += len(ids)
        for done, (record, path) in enumerate(changed, start=1):
            before = catalog.versions(record.root, record.path)
            articles, reason = self._read(record, path)
            after = {article.id: _version(article) for article in articles}
            out = [id_ for id_, version in before.items() if after.get(id_) != version]
            stale += catalog.nodes_of(out)
            catalog.drop_articles(out)
            self._summary.removed += sum(id_ not in after for id_ in out)
            for article in articles:
                version = after[article.id]
                if before.get(article.id) == version or removed.get(article.id) == version:
                    continue
                nodes = catalog.add_article(article, version, record.root, record.path)
                fresh += [(node, article.title) for node in nodes]
                if article.id in before:
                    self._summary.updated += 1
                else:
                    self._summary.added += 1
            catalog.put_file(FileRecord(record.root, record.path, record.sha256, reason))
            self._progress("read", done, len(changed))
        self._finish(draft, catalog, stale, fresh)

    def _read(self, record: FileRecord, path: Path) -> tuple[list[Article], str]:
        try:
            articles, reasons = read_articles(path, record.root, record.path, self._fields)
        except RejectedFileError as error:
            self._summary.rejected.append((str(path), str(error)))
            return [], str(error)
        self._summary.rejected += [(str(path), reason) for reason in reasons]
        return articles, "; ".join(reasons[:5])

    def _finish(
        self,
        draft: Generation,
        catalog: Catalog,
        stale: list[StoredNode],
        fresh: list[tuple[StoredNode, str]],
    ) -> None:
        catalog.commit()
        chroma = ChromaStore(draft.chroma, create=True)
        lexical = LexicalWriter(draft.tantivy)
        gone = [node.node_id for node in stale]
        chroma.delete(gone)
        lexical.delete(gone)
        for start in range(0, len(fresh), BATCH):
            part = fresh[start : start + BATCH]
            texts = [embedded_text(title, node.paragraph.text) for node, title in part]
            vectors = self._encoder.encode(texts)
            rows = [node.row for node, _ in part]
            VectorFile.write(draft.vectors, self._encoder.dimensions, rows, vectors)
            chroma.add([node.node_id for node, _ in part], vectors)
            for (node, _), text in zip(part, texts, strict=True):
                lexical.add(node.node_id, node.paragraph.article_id, text)
            self._progress("index", min(start + BATCH, len(fresh)), len(fresh))
        lexical.close()
        chroma.close()
        count_articles, count_nodes = catalog.counts()
        catalog.close()
        self._summary.paragraphs = len(fresh)
        draft.write_manifest(
            Manifest(
                FORMAT,
                self._encoder.fingerprint,
                self._encoder.name,
                self._encoder.dimensions,
                count_articles,
                count_nodes,
            )
        )
        self._progress("publish", 0, 1)
        probe(draft)
        publish(self._index, draft)
        self._progress("publish", 1, 1)

    def _count_unchanged(self) -> None:
        live = live_generation(self._index)
        if live is None:
            raise MissingIndexError(f"nothing could be indexed into {self._index}")
        total = live.read_manifest().articles
        self._summary.unchanged = total - self._summary.added - self._summary.updated


def _root(path: Path) -> Path:
    if str(path) in ("", "."):
        path = Path.cwd()
    root = path.expanduser().resolve()
    if not root.exists():
        raise IndexFolderError(f"{path} does not exist; name a folder or file of articles")
    if not os.access(root, os.R_OK):
        raise IndexFolderError(f"{path} cannot be read; check its permissions")
    return root


def _files(root: Path) -> Iterator[tuple[str, Path]]:
    """Relative name and path of the readable files below ``root``, in a fixed order.

    Hidden files and links are passed over, so that no loop of links is followed, and so is the
    folder of pictures and styles beside a page that was saved complete.
    """
    if root.is_file():
        yield root.name, root
        return
    for folder, subfolders, names in os.walk(root):
        pages = set(names)
        subfolders[:] = sorted(
            name
            for name in subfolders
            if not name.startswith(".") and not is_page_folder(name, "", pages)
        )
        for name in sorted(names):
            path = Path(folder) / name
            if name.startswith(".") or path.is_symlink() or not path.is_file():
                continue
            yield path.relative_to(root).as_posix(), path


def _formats() -> str:
    return ", ".join(sorted(READERS))


def _sha256(path: Path) -> str:
    """The hash of a file's bytes; that of its name when it cannot be read."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return "unreadable"


def _version(article: Article) -> str:
    """Twelve digits that change whenever anything about the article does."""
    return hashlib.sha256(repr(article).encode("utf-8", "surrogatepass")).hexdigest()[:12]
