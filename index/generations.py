"""The index folder: generations that are never written once they are live.

    INDEX/live       names the generation to read; replaced atomically
    INDEX/000012/    catalog.sqlite, vectors.f16, chroma/, tantivy/, manifest.json
    INDEX/lock       held by the one run that writes

A run builds the next generation beside the live one and switches at the end, so that a kill at
any moment leaves the old state, and readers never see a folder change under them.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from index.errors import (
    IncompatibleIndexError,
    IndexFolderError,
    LockedIndexError,
    MissingIndexError,
)

FORMAT = 2
KEPT = 2  # the live generation and the one that a slow reader may still hold


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a generation was built with."""

    format: int
    encoder: str
    dimensions: int
    articles: int
    paragraphs: int


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
    def manifest(self) -> Path:
        return self.folder / "manifest.json"

    def read_manifest(self) -> Manifest:
        """What the generation was built with.

        Raises:
            IncompatibleIndexError: it is damaged or of another format.
        """
        try:
            manifest = Manifest(**json.loads(self.manifest.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError) as error:
            raise IncompatibleIndexError(
                f"{self.manifest} is damaged ({error}); delete the index folder "
                f"{self.folder.parent} and run: tanya index PATH"
            ) from error
        if manifest.format != FORMAT:
            raise IncompatibleIndexError(
                f"{self.folder.parent} has index format {manifest.format}, this version reads "
                f"{FORMAT}; delete the folder and run: tanya index PATH"
            )
        return manifest

    def write_manifest(self, manifest: Manifest) -> None:
        self.manifest.write_text(json.dumps(asdict(manifest), indent=1), encoding="utf-8")


def live_generation(index: Path) -> Generation | None:
    """The generation that readers use; None before the first run has finished."""
    try:
        name = (index / "live").read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        return None
    return Generation(index / name) if name.isdigit() and (index / name).is_dir() else None


def require_generation(index: Path, encoder: str) -> Generation:
    """The live generation, checked against the encoder in use.

    Raises:
        MissingIndexError: nothing was indexed here yet.
        IncompatibleIndexError: it was built with another encoder or format.
    """
    generation = live_generation(index)
    if generation is None:
        raise MissingIndexError(f"no index in {index}; make one with: tanya index PATH")
    manifest = generation.read_manifest()
    if manifest.encoder != encoder:
        raise IncompatibleIndexError(
            f"the index in {index} was built with encoder {manifest.encoder}, this is {encoder}; "
            f"delete the folder and run: tanya index PATH"
        )
    return generation


@contextmanager
def write_lock(index: Path) -> Iterator[None]:
    """Hold the index's lock; it is released by the system when the process dies.

    Raises:
        LockedIndexError: another run holds it.
        IndexFolderError: the folder cannot be written.
    """
    try:
        index.mkdir(parents=True, exist_ok=True)
        lock = FileLock(index / "lock", timeout=0)
        lock.acquire()
    except Timeout:
        raise LockedIndexError(
            f"another run is writing {index} (process {_holder(index)}); try again when it is done"
        ) from None
    except OSError as error:
        raise IndexFolderError(
            f"cannot write to {index}: {error.strerror or error}; choose another with --index"
        ) from error
    try:
        (index / "holder").write_text(str(os.getpid()), encoding="ascii")
        yield
    finally:
        lock.release()


def _holder(index: Path) -> str:
    try:
        return (index / "holder").read_text(encoding="ascii")
    except OSError:
        return "unknown"


def begin(index: Path) -> Generation:
    """A folder for the next generation: a copy of the live one, or empty. Needs the lock.

    Tantivy's segments never change and are linked; the other files are really copied.
    """
    live = live_generation(index)
    numbered = [folder for folder in index.iterdir() if folder.name.isdigit()]
    for folder in numbered:  # left over from a run that was killed
        if live is None or int(folder.name) > int(live.folder.name):
            shutil.rmtree(folder)
    following = int(live.folder.name) + 1 if live else 1
    draft = Generation(index / f"{following:06d}")
    draft.folder.mkdir()
    if live:
        shutil.copyfile(live.catalog, draft.catalog)
        if live.vectors.exists():
            shutil.copyfile(live.vectors, draft.vectors)
        shutil.copytree(live.chroma, draft.chroma)
        shutil.copytree(live.tantivy, draft.tantivy, copy_function=_link_segment)
    return draft


def _link_segment(source: str, target: str) -> None:
    name = Path(source).name
    if name.endswith(".json") or name.startswith("."):  # Tantivy replaces these
        shutil.copyfile(source, target)
        return
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)


def probe(generation: Generation) -> None:
    """Open and query the generation in a process of its own.

    Raises:
        IndexFolderError: it does not open, or its parts disagree.
    """
    result = subprocess.run(
        [sys.executable, "-m", "index.probe", str(generation.folder)],
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    if result.returncode != 0:
        reason = result.stderr.strip().splitlines()[-1:] or ["it crashed"]
        raise IndexFolderError(
            f"the new index failed its check ({reason[0]}); the old one is unchanged, run again"
        )


def publish(index: Path, draft: Generation) -> None:
    """Make ``draft`` live and collect what nobody can hold any more. Needs the lock."""
    pointer = index / "live.new"
    with pointer.open("w", encoding="ascii") as file:
        file.write(draft.folder.name)
        file.flush()
        os.fsync(file.fileno())
    pointer.replace(index / "live")
    older = sorted(folder for folder in index.iterdir() if folder.name.isdigit())
    for folder in older[:-KEPT]:
        shutil.rmtree(folder, ignore_errors=True)
