"""Look an index over and say what is wrong with it, without writing anything into it."""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from assistant.confidence import Calibration
from assistant.reader import ReaderModelError, bundled_reader
from index.encoder import Encoder, StaticEncoder
from index.errors import IndexFolderError
from index.generations import Generation, copy_chroma, generations, hold_live, probe
from index.locks import is_written, writer
from prompts import Message

SPARE_BYTES = 100_000_000  # that a run wants beside a copy of the live generation
MB = 1_000_000

Level = Literal["fine", "note", "wrong"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at; ``name`` is its phrase, ``values`` what fills it."""

    level: Level
    name: str
    values: Mapping[str, object] = field(default_factory=dict)


def examine(index: Path) -> list[Finding]:
    """All findings about an index and the models that read it."""
    encoder = StaticEncoder()
    return [*examine_index(index, encoder), *examine_models(encoder)]


def examine_index(index: Path, encoder: Encoder) -> Iterator[Finding]:
    """Findings about the index folder; its generations, files, lock and disk."""
    if not generations(index):
        yield Finding("wrong", "no_index")
        return
    yield from _examine_runs(index)
    try:
        live, held = hold_live(index)
        with held:
            yield from _examine_generation(index, live, encoder)
            yield from _examine_others(index, live)
    except IndexFolderError as error:
        yield Finding("wrong", "error", {"reason": error.message})


def _examine_runs(index: Path) -> Iterator[Finding]:
    holder = writer(index)
    if is_written(index):
        yield Finding("note", "writing", {"holder": holder})
    elif holder:
        yield Finding("note", "killed", {"holder": holder})
    if not os.access(index, os.W_OK):
        yield Finding("note", "read_only")


def _examine_generation(index: Path, live: Generation, encoder: Encoder) -> Iterator[Finding]:
    manifest = live.read_manifest()
    counts = {"articles": manifest.articles, "paragraphs": manifest.paragraphs}
    yield Finding("fine", "live", {"generation": live.folder.name, **counts})
    if manifest.encoder_name or manifest.encoder == encoder.fingerprint:
        yield Finding("fine", "encoder", {"encoder": manifest.encoder})
    else:
        values = {"found": manifest.encoder, "encoder": encoder.fingerprint, "index": index}
        yield Finding("wrong", "encoder_other", values)
    yield _space(index, sum(live.sizes().values()))
    damaged = live.damaged_files()
    if damaged:
        lost = [file for file in damaged if file in (live.catalog, live.vectors)]
        name = "damaged_truth" if lost else "damaged_engine"
        files = _names(file.relative_to(index).as_posix() for file in lost or damaged)
        yield Finding("wrong", name, {"files": files, "index": index})
        return
    yield Finding("fine", "files", {"count": len(manifest.files)})
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        copy = Path(folder) / "chroma"
        try:
            copy_chroma(live.chroma, copy)  # since Chroma writes what it opens
        except (OSError, sqlite3.Error, shutil.Error) as error:
            told = Message("as_told", text=error)
            yield Finding("wrong", "probe_failed", {"reason": told, "index": index})
            return
        failure = probe(live, manifest, copy)
    if failure:
        yield Finding("wrong", "probe_failed", {"reason": failure, "index": index})
    else:
        yield Finding("fine", "probe")


def _examine_others(index: Path, live: Generation) -> Iterator[Finding]:
    complete = {one.folder.name for one in generations(index) if one.complete and one != live}
    older = {name for name in complete if int(name) < live.number}
    if older:
        yield Finding("note", "older", {"names": _names(sorted(older))})
    left = {one.folder.name for one in generations(index)} - older - {live.folder.name}
    left |= {folder.name for folder in index.glob("*.old")}
    if left and not is_written(index):
        yield Finding("note", "unfinished", {"names": _names(sorted(left))})


def _space(index: Path, live_bytes: int) -> Finding:
    free, needed = shutil.disk_usage(index).free, live_bytes + SPARE_BYTES
    values = {"free": free // MB, "needed": -(-needed // MB)}
    if free > needed:
        return Finding("fine", "space", values)
    return Finding("wrong", "space_short", values)


def examine_models(encoder: StaticEncoder) -> Iterator[Finding]:
    """Findings about the bundled models: whether they were trained over one another."""
    try:
        reader, calibration = bundled_reader(), Calibration.load()
    except (IndexFolderError, ReaderModelError) as error:
        yield Finding("wrong", "error", {"reason": error.message})
        return
    except (OSError, ValueError, KeyError) as error:
        yield Finding("wrong", "models_broken", {"reason": f"{type(error).__name__}: {error}"})
        return
    fitted = calibration.encoder, calibration.reader
    present = encoder.fingerprint, reader.fingerprint
    if fitted == present:
        yield Finding("fine", "models")
    else:
        yield Finding("wrong", "calibration", {"fitted": fitted, "present": present})


def _names(names: Iterable[str]) -> str:
    """At most five of these, in a row."""
    given = list(names)
    return ", ".join(given[:5]) + (f" … ({len(given)})" if len(given) > 5 else "")
