"""Index runs: bring an index in line with the files below some roots."""

from __future__ import annotations

import hashlib
import json
import logging
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from index.catalog import Catalog, FileRecord, StoredNode
from index.changes import Changes
from index.chunking import embedded_text, in_context
from index.encoder import Encoder, StaticEncoder, Vectors, word_encoder
from index.errors import (
    DamagedIndexError,
    IncompatibleIndexError,
    IndexFolderError,
    MissingIndexError,
    RejectedFileError,
)
from index.generations import (
    Draft,
    Generation,
    Progress,
    check_usable,
    collect,
    draft_generation,
    is_index,
    live_generation,
    newest_complete,
    require_generation,
)
from index.history import Version
from index.lexical import LexicalWriter
from index.locks import write_lock
from index.readers import MAPPED_SUFFIXES, READERS, articles_of, is_litter, is_page_folder
from index.readers.inputs import WEB, Fetched, FileInput, Input
from index.types import Article
from index.vectors import ChromaStore, VectorFile
from index.vocabulary import WordWriter
from prompts import Message

BATCH = 2_000  # paragraphs encoded at once
KEPT_REASONS = 5  # of a file, told again by the runs that find it unchanged
_LOG = logging.getLogger(__name__)
STAGES = ("scan", "read", "encode", "vectors", "lexical", "publish", "collect")


def silent(stage: str, done: int, total: int) -> None:
    """Progress that nobody watches."""


@dataclass(slots=True)
class Summary:
    """What a run did, counted in articles; ``rejected`` holds files or addresses, and reasons.

    ``gone``: articles that are no longer where they were fetched, and stay. ``copies`` counts
    all that are in the index and not found, since another stands for them. ``undated``: those
    added or updated that state no date. ``unread``: the paths and addresses of the run of which
    nothing could be read.
    """

    added: int = 0
    updated: int = 0
    removed: int = 0
    unchanged: int = 0
    copies: int = 0
    gone: int = 0
    undated: int = 0
    paragraphs: int = 0
    rejected: list[tuple[str, Message]] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)


def index_paths(
    index: Path,
    paths: Sequence[Path],
    encoder: Encoder,
    progress: Progress = silent,
    *,
    allow_empty: bool = False,
    restore: bool = False,
    fields: Mapping[str, str] | None = None,
    now: datetime | None = None,
    fetched: Fetched | None = None,
    renew: bool = False,
) -> Summary:
    """Bring the index in line with ``paths``, the roots of this run; other roots stay.

    Files gone from a root leave the index. Articles removed by hand stay out until their
    content changes, or ``restore``. ``fields`` names the columns of tables and objects that are
    not called as usual: ``{"title": "col1"}``; files read with other names are read again.
    ``now`` is when what changed is said to have been seen. ``fetched``: pages from the web,
    which never leave the index by themselves. ``renew``: an index that this version cannot use
    holds nothing that is not in ``paths``, and is begun anew.

    Raises:
        IndexFolderError: a path is missing or unusable, a root that held articles is suddenly
            empty (unless ``allow_empty``), or the index cannot be written.
    """
    roots = [_root(path) for path in paths]
    with write_lock(index, "tanya index"):
        try:
            live = live_generation(index)
            if live:
                check_usable(live, encoder.fingerprint)
        except (IncompatibleIndexError, DamagedIndexError):
            if not renew:
                raise
            live = None
        run = _Run(index, live, encoder, progress, restore, fields or {}, now)
        return run.bring_in_line(roots, allow_empty, fetched or Fetched())


def remove_articles(
    index: Path, prefixes: Sequence[str], encoder: Encoder, progress: Progress = silent
) -> list[str]:
    """Take articles out of the index, by id or unique beginning of one, with their copies.

    Their ids.

    Raises:
        IndexFolderError: there is no index, or an id names no article or several.
    """
    with write_lock(index, "tanya remove"):
        live = require_generation(index, encoder.fingerprint)
        with closing(Catalog(live.catalog)) as catalog:
            named = [find_article(catalog, prefix) for prefix in prefixes]
            ids = list(dict.fromkeys([*named, *catalog.copies_of(named)]))
        _Run(index, live, encoder, progress).remove(ids)
        return ids


def rebuild(index: Path, progress: Progress = silent) -> int:
    """Make everything anew but catalog and vectors, from these; how many paragraphs it holds.

    Neither the source files nor the encoder are needed.

    Raises:
        IndexFolderError: there is no index, or its catalog or vectors are damaged too.
    """
    with write_lock(index, "tanya index --rebuild"):
        try:
            source = live_generation(index)
        except DamagedIndexError:
            source = newest_complete(index)
        if source is None:
            raise MissingIndexError("no_index", index=index)
        manifest = source.read_manifest()
        for file in (source.catalog, source.vectors):
            if file in source.damaged_files():
                raise DamagedIndexError("damaged_truth", file=file, index=index)
        with draft_generation(index, source, progress, engines=False) as draft:
            with closing(Catalog(draft.generation.catalog)) as catalog:
                articles = {one.id: one for one in catalog.articles(text=False)}
                nodes = [(one, articles[one.paragraph.article_id]) for one in catalog.all_nodes()]
            vectors = VectorFile(draft.generation.vectors, manifest.dimensions)
            with _engines(draft.generation, StaticEncoder()) as engines:
                for start in range(0, len(nodes), BATCH):
                    part = nodes[start : start + BATCH]
                    progress("vectors", start, len(nodes))
                    engines.add_vectors(part, vectors[[node.row for node, _ in part]])
                    progress("lexical", start, len(nodes))
                    engines.add_words(part)
            for stage in ("vectors", "lexical"):
                progress(stage, len(nodes), len(nodes))
            draft.publish(
                manifest.encoder,
                manifest.encoder_name,
                manifest.dimensions,
                len(articles),
                len(nodes),
            )
        return len(nodes)


def find_article(catalog: Catalog, prefix: str) -> str:
    """The id of the one article that ``prefix`` names.

    Raises:
        IndexFolderError: none or several; the message lists them.
    """
    found = catalog.find_article_ids(prefix)
    if len(found) == 1:
        return found[0]
    if not found:
        raise IndexFolderError("no_article_named", given=repr(prefix))
    raise IndexFolderError(
        "articles_named", given=repr(prefix), count=len(found), some=", ".join(found[:5])
    )


class _Run:
    """One run that holds the lock: a draft generation and what happens to it."""

    def __init__(
        self,
        index: Path,
        live: Generation | None,
        encoder: Encoder,
        progress: Progress,
        restore: bool = False,
        fields: Mapping[str, str] | None = None,
        now: datetime | None = None,
    ) -> None:
        self._index = index
        self._live = live
        self._encoder = encoder
        self._progress = progress
        self._restore = restore
        self._fields = fields or {}
        self._now = now or datetime.now(UTC)
        self._summary = Summary()
        self._whole: set[tuple[str, str]] = set()
        """What articles were read from, in this run or with no remark in an earlier one."""

    def bring_in_line(self, roots: list[Path], allow_empty: bool, fetched: Fetched) -> Summary:
        known = self._known_files([_name(root) for root in roots])
        self._summary.rejected += fetched.rejected
        present: dict[tuple[str, str], Input] = {}
        named: dict[str, list[tuple[str, str]]] = {}  # by what the user named
        unread: list[tuple[str, str]] = []  # root and folder below it
        for root in roots:
            name = _name(root)
            found = _find_files(root)
            unread += [(name, folder) for folder, _ in found.refused]
            self._summary.rejected += [
                (str(root / folder), Message("unreadable_folder", error=error))
                for folder, error in found.refused
            ]
            held = [record for record in known.values() if record.root == name]
            if not found.files and held and not allow_empty:
                raise IndexFolderError("emptied_root", root=root)
            if not found.files and not held:
                raise IndexFolderError(
                    "nothing_to_read", root=root, formats=", ".join(sorted(READERS))
                )
            present |= {(name, one): FileInput(path) for one, path in found.files.items()}
            named[str(root)] = [(name, one) for one in found.files]
        gone = [key for key in known if key not in present and not _below(key, unread)]
        if fetched.pages:
            known |= self._known_files([WEB])
            present |= {(WEB, address): page for address, page in fetched.pages.items()}
        named |= {root: [(WEB, one) for one in pages] for root, pages in fetched.roots.items()}
        changed: list[tuple[FileRecord, Input]] = []
        for done, (key, item) in enumerate(present.items(), start=1):
            self._progress("scan", done, len(present))
            before = known.get(key)
            try:
                record = FileRecord(*key, self._fingerprint(item))
            except OSError as error:
                reason = Message("unreadable_kept" if before else "unreadable", error=error)
                self._summary.rejected.append((item.shown, reason))
                continue
            if before and self._is_same(before, record) and not self._restore:
                self._summary.rejected += [(item.shown, reason) for reason in before.reasons]
                if not before.reasons:
                    self._whole.add(key)
                continue
            changed.append((record, item))
        if changed or gone:
            self._apply(changed, gone)
        else:
            collect(self._index, self._live)
        self._conclude(named)
        return self._summary

    def _fingerprint(self, item: Input) -> str:
        """The fingerprint of a file, with the names of columns that it is read by."""
        content = item.fingerprint()
        if not self._fields or item.suffix not in MAPPED_SUFFIXES:
            return content
        return f"{content} {json.dumps(self._fields, sort_keys=True)}"

    def _is_same(self, before: FileRecord, now: FileRecord) -> bool:
        """Whether a file is as it was; without ``fields`` now, however it was read then."""
        known = before.sha256 if self._fields else before.sha256.partition(" ")[0]
        return known == now.sha256

    def remove(self, ids: list[str]) -> None:
        with self._draft() as draft, _writable(draft.generation) as catalog:
            for article_id in ids:
                catalog.put_removed(article_id, catalog.file_of(article_id)[2])
            stale = catalog.nodes_of(ids)
            catalog.drop_articles(ids)
            catalog.drop_history(ids)
            self._finish(draft, catalog, stale, [])

    def _draft(self) -> AbstractContextManager[Draft]:
        return draft_generation(self._index, self._live, self._progress)

    def _known_files(self, roots: list[str]) -> dict[tuple[str, str], FileRecord]:
        if self._live is None:
            return {}
        with closing(Catalog(self._live.catalog)) as catalog:
            return catalog.files(roots)

    def _apply(self, changed: list[tuple[FileRecord, Input]], gone: list[tuple[str, str]]) -> None:
        self._progress("read", 0, len(changed))
        with self._draft() as draft, _writable(draft.generation) as catalog:
            if self._restore:
                catalog.drop_removed()
            changes = Changes(catalog)
            for root, relative in gone:
                ids = list(catalog.versions(root, relative))
                changes.drop(ids)
                catalog.drop_history(ids)
                catalog.drop_file(root, relative)
                self._summary.removed += len(ids)
            for done, (record, item) in enumerate(changed):
                self._progress("read", done, len(changed))
                reasons = self._apply_file(record, item, changes)
                self._summary.rejected += [(item.shown, reason) for reason in reasons]
                catalog.put_file(replace(record, reasons=tuple(reasons[:KEPT_REASONS])))
            self._progress("read", len(changed), len(changed))
            changes.settle_copies()
            self._finish(draft, catalog, changes.stale, changes.fresh())

    def _apply_file(self, record: FileRecord, item: Input, changes: Changes) -> list[Message]:
        """Bring the articles of a file in line; why parts of it were left out."""
        catalog = changes.catalog
        before = catalog.versions(record.root, record.path)
        articles, reasons = self._read(record, item)
        if articles:
            self._whole.add((record.root, record.path))
        after = {article.id: content_version(article) for article in articles}
        if record.root == WEB and before and not after:  # the web takes nothing back
            after = before
            reasons = [Message("kept", reason=reason) for reason in reasons]
        out = [id_ for id_, version in before.items() if after.get(id_) != version]
        gone = [id_ for id_ in out if id_ not in after]
        earlier = {id_: catalog.present_version(id_) for id_ in out}
        changes.drop(out)
        if articles:
            catalog.drop_history(gone)
        else:  # the file may be whole again next time
            for id_ in gone:
                catalog.keep_version(id_, earlier[id_])
        self._summary.removed += len(gone)
        for article in articles:
            version = after[article.id]
            if version in (before.get(article.id), changes.removed_by_hand.get(article.id)):
                continue
            if catalog.holds(article.id):
                owner = "/".join(catalog.file_of(article.id)[:2])
                reasons.append(Message("id_taken", id=article.id, owner=owner))
                continue
            seen = self._now
            if then := earlier.get(article.id):
                if then.blocks == Version.of(article, version, seen).blocks:
                    seen = then.seen  # what else is known of it changed
                else:
                    catalog.keep_version(article.id, then)
            changes.add(article, version, record.root, record.path, seen)
            self._summary.undated += article.published is None
            if article.id in before:
                self._summary.updated += 1
            else:
                self._summary.added += 1
        marked = catalog.mark_gone(record.root, record.path, item.gone)
        self._summary.gone += marked if item.gone else 0
        return reasons

    def _read(self, record: FileRecord, item: Input) -> tuple[list[Article], list[Message]]:
        try:
            return articles_of(item, record.root, record.path, self._fields)
        except RejectedFileError as error:
            return [], [error.message]
        except Exception as error:  # RecursionError, MemoryError, whatever a hostile file provokes
            _LOG.info("%s could not be read", item.shown, exc_info=True)
            return [], [Message("not_understood", kind=type(error).__name__, error=error)]

    def _finish(
        self,
        draft: Draft,
        catalog: Catalog,
        stale: list[StoredNode],
        fresh: list[tuple[StoredNode, Article]],
    ) -> None:
        generation, total = draft.generation, len(fresh)
        gone = [node.node_id for node in stale]
        with _engines(generation, word_encoder(self._encoder)) as engines:
            self._progress("vectors", 0, total)
            engines.chroma.delete(gone)
            self._progress("lexical", 0, total)
            engines.lexical.delete(gone)
            for start in range(0, total, BATCH):
                part = fresh[start : start + BATCH]
                texts = [embedded_text(one.title, node.paragraph.text) for node, one in part]
                self._progress("encode", start, total)
                vectors = self._encoder.encode(texts)
                self._progress("vectors", start, total)
                rows = [node.row for node, _ in part]
                VectorFile.write(generation.vectors, self._encoder.dimensions, rows, vectors)
                engines.add_vectors(part, vectors)
                self._progress("lexical", start, total)
                engines.add_words(part)
        for stage in ("encode", "vectors", "lexical"):
            self._progress(stage, total, total)
        self._summary.paragraphs = total
        catalog.commit()
        articles, paragraphs = catalog.counts()
        catalog.close()
        encoder = self._encoder
        draft.publish(encoder.fingerprint, encoder.name, encoder.dimensions, articles, paragraphs)

    def _conclude(self, named: Mapping[str, list[tuple[str, str]]]) -> None:
        """Count what stayed, and note of which roots the index holds nothing.

        ``named``: the files and pages of each root.
        """
        live = live_generation(self._index)
        if live is None:  # nothing could be read, and the summary says why
            self._summary.unread = list(named)
            return
        with closing(Catalog(live.catalog)) as catalog:
            self._summary.copies = catalog.count_copies()
            self._summary.unread = [
                root
                for root, keys in named.items()
                if not any(key in self._whole or catalog.versions(*key) for key in keys)
            ]
        total = live.read_manifest().articles + self._summary.copies
        self._summary.unchanged = total - self._summary.added - self._summary.updated


def _writable(generation: Generation) -> AbstractContextManager[Catalog]:
    return closing(Catalog(generation.catalog, writable=True))


@dataclass(frozen=True, slots=True)
class _Engines:
    """What paragraphs are found and ranked with: Chroma, Tantivy, and the words of each."""

    chroma: ChromaStore
    lexical: LexicalWriter
    words: WordWriter

    def add_vectors(self, nodes: Sequence[tuple[StoredNode, Article]], vectors: Vectors) -> None:
        self.chroma.add([node.node_id for node, _ in nodes], vectors)

    def add_words(self, nodes: Sequence[tuple[StoredNode, Article]]) -> None:
        for node, article in nodes:
            self.lexical.add(node, embedded_text(article.title, node.paragraph.text))
        self.words.add(
            [node.row for node, _ in nodes],
            [in_context(one.title, one.published, node.paragraph.text) for node, one in nodes],
        )


@contextmanager
def _engines(generation: Generation, encoder: StaticEncoder) -> Iterator[_Engines]:
    """The engines of a draft, open for writing; committed unless something is raised."""
    with closing(ChromaStore(generation.chroma, create=True)) as chroma:
        engines = _Engines(
            chroma, LexicalWriter(generation.tantivy), WordWriter(generation.words, encoder)
        )
        yield engines
        engines.lexical.close()
        engines.words.close()


def _root(path: Path) -> Path:
    if str(path) in ("", "."):
        path = Path.cwd()
    root = path.expanduser().resolve()
    if not root.exists():
        raise IndexFolderError("no_path", path=path)
    if not os.access(root, os.R_OK):
        raise IndexFolderError("unreadable_path", path=path)
    return root


@dataclass(slots=True)
class _Found:
    """Files below a root, by relative name; ``refused``: folders that cannot be read, and why."""

    files: dict[str, Path] = field(default_factory=dict)
    refused: list[tuple[str, OSError]] = field(default_factory=list)


def _find_files(root: Path) -> _Found:
    """The files below ``root`` in a fixed order.

    Litter and links are passed over, so that no loop of links is followed, and so are indexes
    and the folder of pictures and styles beside a page that was saved complete.
    """
    if root.is_file():
        return _Found({_name(Path(root.name)): root})
    found = _Found()

    def refuse(error: OSError) -> None:
        folder = Path(os.fsdecode(error.filename)).relative_to(root)
        found.refused.append((_name(folder), error))

    for folder, subfolders, names in os.walk(root, onerror=refuse):
        if is_index(names, subfolders):
            subfolders.clear()
            continue
        pages = set(names)
        subfolders[:] = sorted(
            name
            for name in subfolders
            if not is_litter(name) and not is_page_folder(name, "", pages)
        )
        for name in sorted(names):
            path = Path(folder) / name
            if is_litter(name) or path.is_symlink() or not path.is_file():
                continue
            found.files[_name(path.relative_to(root))] = path
    return found


def _below(key: tuple[str, str], folders: list[tuple[str, str]]) -> bool:
    """Whether a file, given by root and relative name, lies in one of these folders."""
    root, relative = key
    return any(
        root == other and (folder == "." or relative.startswith(f"{folder}/"))
        for other, folder in folders
    )


def _name(path: Path) -> str:
    r"""``path`` as the catalog holds it; bytes that are no UTF-8 are written as ``\xNN``."""
    return os.fsencode(path.as_posix()).decode("utf-8", "backslashreplace")


def content_version(article: Article) -> str:
    """Twelve digits that change whenever anything about the article does."""
    return hashlib.sha256(repr(article).encode("utf-8", "surrogatepass")).hexdigest()[:12]
