"""The index folder: generations that are never written once they are live.

    INDEX/live       names the generation to read; replaced atomically
    INDEX/000012/    catalog.sqlite, vectors.f16, chroma/, tantivy/, words/; manifest.json when
                     complete
    INDEX/lock       held by the one run that writes; INDEX/holder says who that is

A run builds the next generation beside the live one and switches at the end, so that a kill at
any moment leaves the old state, and readers never see a folder change under them. A reader holds
its generation by a shared lock on the manifest; what somebody holds is not collected.
"""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import BinaryIO
from zipfile import BadZipFile

from index.errors import (
    DamagedIndexError,
    IncompatibleIndexError,
    IndexFolderError,
    MissingIndexError,
)
from index.locks import seize, share
from prompts import Message

FORMAT = 5
DATABASE = "chroma.sqlite3"  # in a Chroma folder
KEPT = 2  # the live generation and the one before, for readers that cannot lock theirs
PROBE_SECONDS = 600

Progress = Callable[[str, int, int], None]
"""Called with the stage, how many are done, and how many there are."""


def is_index(files: Collection[str], folders: Iterable[str]) -> bool:
    """Whether a folder that holds these is an index, or one that a run is making.

    >>> is_index(["live", "lock"], ["000012"]), is_index(["live.html"], ["2012"])
    (True, False)
    """
    return ("live" in files and any(map(str.isdigit, folders))) or {"lock", "holder"} <= set(files)


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a generation was built with, and the size in bytes of each of its files."""

    format: int
    encoder: str  # its fingerprint
    encoder_name: str  # what opens it; empty for the bundled one
    dimensions: int
    articles: int
    paragraphs: int
    files: dict[str, int]

    def to_json(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Manifest:
        """
        Raises:
            ValueError, TypeError, KeyError: it is no manifest.
            IncompatibleIndexError: it is of another format.
        """
        fields = json.loads(text)
        if fields["format"] != FORMAT:
            raise IncompatibleIndexError("other_format", found=fields["format"], known=FORMAT)
        return cls(**fields)


@dataclass(frozen=True, slots=True)
class Generation:
    """The paths of one generation."""

    folder: Path

    @property
    def catalog(self) -> Path:
        return self.folder / "catalog.sqlite"

    @property
    def vectors(self) -> Path:
        return self.folder / "vectors.f16"

    @property
    def chroma(self) -> Path:
        return self.folder / "chroma"

    @property
    def tantivy(self) -> Path:
        return self.folder / "tantivy"

    @property
    def words(self) -> Path:
        return self.folder / "words"

    @property
    def manifest(self) -> Path:
        return self.folder / "manifest.json"

    @property
    def number(self) -> int:
        return int(self.folder.name)

    @property
    def complete(self) -> bool:
        """Whether its run came as far as checking it."""
        return self.manifest.is_file()

    def read_manifest(self) -> Manifest:
        """What the generation was built with.

        Raises:
            IncompatibleIndexError: it is damaged or of another format.
        """
        try:
            return Manifest.from_json(self.manifest.read_text(encoding="utf-8"))
        except IncompatibleIndexError as error:
            reason = error.message
        except (OSError, ValueError, TypeError, KeyError) as error:
            reason = Message("damaged_manifest", file=self.manifest, error=error)
        raise IncompatibleIndexError("delete_and_index", reason=reason, index=self.folder.parent)

    def sizes(self) -> dict[str, int]:
        """The size in bytes of each file but the manifest, by its path below the folder.

        Without the graph of a Chroma folder that was never saved, of less than 1,000 rows: every
        reader makes its files anew.
        """
        return {
            path.relative_to(self.folder).as_posix(): path.stat().st_size
            for path in sorted(self.folder.rglob("*"))
            if path.is_file()
            and path != self.manifest
            and (path.suffix != ".bin" or path.with_name("index_metadata.pickle").exists())
        }

    def damaged_files(self) -> list[Path]:
        """The files that are gone or shorter than when the generation was published."""
        present = self.sizes()
        published = self.read_manifest().files
        return [
            self.folder / name for name, size in published.items() if present.get(name, -1) < size
        ]

    def hold(self) -> BinaryIO | None:
        """Keep the generation from being collected until this is closed; None if it is gone."""
        try:
            file = self.manifest.open("rb")
        except FileNotFoundError:
            return None
        share(file)
        if not self.complete:  # collected while we waited for the lock
            file.close()
            return None
        return file


def generations(index: Path) -> list[Generation]:
    """All generations in the folder, complete or not, the oldest first."""
    try:
        found = [Generation(folder) for folder in index.iterdir() if folder.name.isdigit()]
    except OSError:
        return []
    return sorted(found, key=lambda one: one.number)


def newest_complete(index: Path) -> Generation | None:
    """The last generation that passed its check; None when there is none."""
    return next((one for one in reversed(generations(index)) if one.complete), None)


def live_generation(index: Path) -> Generation | None:
    """The generation that readers use; None before the first run has finished.

    Raises:
        DamagedIndexError: the generation that ``live`` names is not there.
    """
    name = _pointer(index)
    while name is not None:
        if name.isdigit() and (generation := Generation(index / name)).complete:
            return generation
        again = _pointer(index)
        if again == name:  # and it was not superseded and collected just now
            raise DamagedIndexError(
                "damaged_pointer", file=index / "live", generation=repr(name), index=index
            )
        name = again
    return newest_complete(index)


def _pointer(index: Path) -> str | None:
    try:
        return (index / "live").read_text(encoding="utf-8", errors="replace").strip()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise IndexFolderError("unreadable_pointer", file=index / "live", error=error) from error


def encoder_name(index: Path) -> str:
    """What opens the encoder of the live generation; empty for the bundled one or without any."""
    live = live_generation(index)
    return live.read_manifest().encoder_name if live else ""


def require_generation(index: Path, encoder: str) -> Generation:
    """The live generation, checked against the encoder in use.

    Raises:
        MissingIndexError: nothing was indexed here yet.
        IncompatibleIndexError: it was built with another encoder or format.
        DamagedIndexError: a file of it is missing or cut short.
    """
    generation = live_generation(index)
    if generation is None:
        raise MissingIndexError("no_index", index=index)
    check_usable(generation, encoder)
    return generation


def check_usable(generation: Generation, encoder: str) -> None:
    """Compare a generation with the encoder in use and with its own manifest.

    Raises:
        IncompatibleIndexError: it was built with another encoder or format.
        DamagedIndexError: a file of it is missing or cut short.
    """
    index = generation.folder.parent
    manifest = generation.read_manifest()
    if manifest.encoder != encoder:
        raise IncompatibleIndexError(
            "other_encoder", index=index, found=manifest.encoder, encoder=encoder
        )
    if damaged := generation.damaged_files():
        raise DamagedIndexError("damaged_file", file=damaged[0], index=index)


def hold_live(index: Path) -> tuple[Generation, BinaryIO]:
    """The live generation, and what keeps it from being collected until it is closed.

    Raises:
        MissingIndexError: nothing was indexed here yet.
        DamagedIndexError: the generation that ``live`` names is not there.
    """
    while generation := live_generation(index):
        if held := generation.hold():
            return generation, held
    raise MissingIndexError("no_index", index=index)


class Draft:
    """A generation that is being made."""

    def __init__(self, index: Path, generation: Generation, progress: Progress) -> None:
        self._index = index
        self._progress = progress
        self.generation = generation
        self.published = False

    def publish(
        self, encoder: str, encoder_name: str, dimensions: int, articles: int, paragraphs: int
    ) -> None:
        """Check the generation, make it live, and collect what nobody holds any more.

        Raises:
            IndexFolderError: it does not pass the check.
        """
        self._progress("publish", 0, 1)
        generation = self.generation
        manifest = Manifest(
            FORMAT,
            encoder,
            encoder_name,
            dimensions,
            articles,
            paragraphs,
            generation.sizes(),
        )
        if failure := probe(generation, manifest):
            raise IndexFolderError("check_failed", reason=failure, index=self._index)
        for name in manifest.files:
            _write_through(generation.folder / name)
        self.published = True  # a kill or an error from here on must not discard it
        _replace(generation.manifest, manifest.to_json())
        _replace(self._index / "live", generation.folder.name)
        self._progress("publish", 1, 1)
        self._progress("collect", 0, 1)
        collect(self._index, generation)
        self._progress("collect", 1, 1)


@contextmanager
def draft_generation(
    index: Path, source: Generation | None, progress: Progress, *, engines: bool = True
) -> Iterator[Draft]:
    """A copy of ``source`` (or nothing) to change; what goes wrong with it discards it.

    ``engines``: copy Chroma, Tantivy and the words too. Needs the lock.

    Raises:
        IndexFolderError: the disk is full or a library failed; the index is as it was.
    """
    import chromadb.errors
    import sqlalchemy.exc

    following = max((one.number for one in generations(index)), default=0) + 1
    draft = Draft(index, Generation(index / f"{following:06d}"), progress)
    try:
        collect(index, source)
        draft.generation.folder.mkdir()
        if source:
            _copy(source, draft.generation, engines)
        yield draft
    except (
        OSError,
        ValueError,  # Tantivy's
        BadZipFile,  # NumPy's
        sqlite3.Error,
        sqlalchemy.exc.SQLAlchemyError,
        chromadb.errors.ChromaError,
    ) as error:
        if _is_full(error):
            raise IndexFolderError("disk_full", index=index, error=error) from error
        raise IndexFolderError("run_failed", error=error) from error
    finally:
        if not draft.published:
            shutil.rmtree(draft.generation.folder, ignore_errors=True)


def _is_full(error: Exception) -> bool:
    said = str(error).lower()
    return any(words in said for words in ("no space left", "disk is full", "file too large"))


def _copy(source: Generation, target: Generation, engines: bool) -> None:
    """Tantivy's segments never change and are linked; the other files are really copied.

    ``engines``: whatever can be made anew from the catalog and the vectors too.
    """
    shutil.copyfile(source.catalog, target.catalog)
    if source.vectors.exists():
        shutil.copyfile(source.vectors, target.vectors)
    if not engines:
        return
    copy_chroma(source.chroma, target.chroma)
    shutil.copytree(source.words, target.words)
    shutil.copytree(source.tantivy, target.tantivy, copy_function=_link_segment)


def copy_chroma(source: Path, target: Path) -> None:
    """Copy a Chroma folder that others may have open.

    Whoever opens one writes a line into its database, so that is copied as SQLite does it.
    """
    shutil.copytree(source, target, ignore=shutil.ignore_patterns(f"{DATABASE}*"))
    with (
        closing(sqlite3.connect(source / DATABASE, timeout=30)) as database,
        closing(sqlite3.connect(target / DATABASE)) as copy,
    ):
        database.backup(copy)


def _link_segment(source: str, target: str) -> None:
    name = Path(source).name
    if name.endswith(".json") or name.startswith("."):  # Tantivy replaces these
        shutil.copyfile(source, target)
        return
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)


def probe(generation: Generation, manifest: Manifest, chroma: Path | None = None) -> Message | None:
    """Open and query the generation in a process of its own; what is wrong, if anything is.

    ``chroma`` is a copy to open in place of the generation's own folder. The probe ends with
    this process: its standard input says what to expect, and its end that nobody waits any more.
    """
    folders = (str(generation.folder), str(chroma or generation.chroma))
    command = [sys.executable, "-m", "index.probe", *folders]
    with (
        tempfile.TemporaryFile() as errors,
        subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=errors
        ) as process,
    ):
        assert process.stdin is not None
        with suppress(BrokenPipeError):
            process.stdin.write(manifest.to_json().encode() + b"\n")
            process.stdin.flush()
        try:
            process.wait(PROBE_SECONDS)
        except subprocess.TimeoutExpired:
            return Message("no_check", seconds=PROBE_SECONDS)
        finally:
            process.kill()
        errors.seek(0)
        lines = errors.read().decode("utf-8", "replace").strip().splitlines()
    if process.returncode == 0:
        return None
    return Message.from_json(lines[-1]) if lines else Message("crashed", code=process.returncode)


def _write_through(path: Path) -> None:
    """Have the system write a file to the disk itself, for when the power fails."""
    with path.open("r+b") as file:
        os.fsync(file.fileno())


def _replace(path: Path, text: str) -> None:
    """Give a file this text, all of it or, after a kill, the old one."""
    beside = path.with_name(f"{path.name}.new")
    beside.write_text(text, encoding="utf-8")
    _write_through(beside)
    beside.replace(path)


def collect(index: Path, live: Generation | None) -> None:
    """Delete unfinished generations, and the old ones that nobody holds. Needs the lock."""
    for folder in index.glob("*.old"):  # left by a run that was killed here
        shutil.rmtree(folder, ignore_errors=True)
    older = []
    for generation in generations(index):
        if live is None or not generation.complete or generation.number > live.number:
            shutil.rmtree(generation.folder, ignore_errors=True)
        elif generation != live:
            older.append(generation)
    for generation in older[: 1 - KEPT]:
        old = generation.folder.with_suffix(".old")
        with seize(generation.manifest) as free, suppress(OSError):
            if free:
                generation.folder.rename(old)  # first, so that no reader meets half of it
        shutil.rmtree(old, ignore_errors=True)
