"""ZIP and gzip: files packed into a file, within bounds of number, size and ratio."""

from __future__ import annotations

import time
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import PurePosixPath
from tempfile import SpooledTemporaryFile
from typing import IO, BinaryIO, Protocol, cast

from index.errors import RejectedFileError
from index.readers.draft import MAX_SECONDS, Draft, Source, of_part
from index.readers.litter import is_litter, is_page_folder
from prompts import Message

MAX_MEMBERS = 50_000
MAX_DEPTH = 2  # a ZIP in a ZIP is read, one inside that is not
MAX_TOTAL_BYTES = 2_000_000_000
MAX_RATIO = 200  # text packs about 4 to 1, repetitive HTML 30 to 1
FREE_BYTES = 10_000_000  # below which a ratio does no harm
MAX_PACKED_SECONDS = 3_600.0
_CHUNK = 1 << 20


class Readable(Protocol):
    def read(self, size: int = ..., /) -> bytes: ...


def open_zip(stream: IO[bytes]) -> zipfile.ZipFile:
    """A ZIP file whose stated sizes are within bounds; no more than these is ever unpacked.

    Raises:
        RejectedFileError: broken, encrypted or a bomb.
    """
    try:
        packed = zipfile.ZipFile(stream)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise RejectedFileError("broken_zip", error=error) from error
    members = packed.infolist()
    if len(members) > MAX_MEMBERS:
        raise RejectedFileError("too_many_files", most=MAX_MEMBERS)
    total = sum(member.file_size for member in members)
    size = stream.seek(0, 2)
    if total > MAX_TOTAL_BYTES or (total > FREE_BYTES and total > MAX_RATIO * max(size, 1)):
        raise RejectedFileError("unpacks_to", size=size, total=total)
    if members and all(member.flag_bits & 1 for member in members if not member.is_dir()):
        raise RejectedFileError("encrypted_zip")
    return packed


def read_zip(source: Source) -> Iterator[Draft | Message]:
    """The articles of all files in a ZIP; their keys begin with the file's path in it."""
    deadline = _deadline(source)
    with open_zip(source.stream) as packed:
        names = {member.filename for member in packed.infolist()}
        for member in packed.infolist():
            name = member.filename
            if member.is_dir() or _is_passed_over(name, names):
                continue
            if time.monotonic() > deadline:
                late = Message("not_in_time", minutes=round(MAX_PACKED_SECONDS / 60))
                yield of_part(name, late)
                return
            try:
                with packed.open(member) as stream:
                    content = _unpacked(stream, member.compress_size)
            except (zipfile.BadZipFile, RuntimeError, OSError, zlib.error, EOFError,
                    NotImplementedError, RejectedFileError) as error:  # fmt: skip
                locked = member.flag_bits & 1
                failed = Message("encrypted") if locked else Message("not_unpacked", error=error)
                yield of_part(name, failed)
                continue
            with content:
                yield from read_member(source, name, name, cast(BinaryIO, content), deadline)


def read_gzip(source: Source) -> Iterator[Draft | Message]:
    """The articles of the file that is packed in a gzip file, e.g. ``berita.jsonl.gz``."""
    import gzip

    inner = PurePosixPath(source.name).stem if source.suffix == ".gz" else source.name
    size = source.stream.seek(0, 2)
    source.stream.seek(0)
    try:
        with gzip.GzipFile(fileobj=source.stream, mode="rb") as stream:
            content = _unpacked(stream, size)
    except (OSError, EOFError, zlib.error) as error:
        raise RejectedFileError("broken_gzip", error=error) from error
    with content:
        yield from read_member(source, inner, "", cast(BinaryIO, content), _deadline(source))


def _deadline(source: Source) -> float:
    return time.monotonic() + MAX_PACKED_SECONDS if source.depth == 0 else source.deadline


def _unpacked(stream: Readable, packed_size: int) -> SpooledTemporaryFile[bytes]:
    """The bytes of a packed file, on disk when there are many.

    Raises:
        RejectedFileError: a bomb.
    """
    content = SpooledTemporaryFile[bytes](max_size=32 * _CHUNK)
    size = 0
    while chunk := stream.read(_CHUNK):
        size += len(chunk)
        if size > MAX_TOTAL_BYTES or size > max(FREE_BYTES, MAX_RATIO * packed_size):
            content.close()
            raise RejectedFileError("unpacks_to_more", size=packed_size, total=size - len(chunk))
        content.write(chunk)
    return content


def read_member(
    source: Source, name: str, key: str, stream: BinaryIO, deadline: float
) -> Iterator[Draft | Message]:
    """The articles of one packed file; its errors become reasons."""
    from index.readers.formats import read_source

    if source.depth >= MAX_DEPTH:
        raise RejectedFileError("packed_too_often", most=MAX_DEPTH)
    inner = replace(
        source,
        name=name,
        stream=stream,
        deadline=min(deadline, time.monotonic() + MAX_SECONDS),
        depth=source.depth + 1,
    )
    prefix = f"{key}/" if key else ""
    try:
        for item in read_source(inner):
            if isinstance(item, Message):
                yield of_part(key, item)
            else:
                yield replace(item, key=f"{prefix}{item.key}".rstrip("/"))
    except RejectedFileError as error:
        if not key:
            raise
        yield of_part(key, error.message)


def _is_passed_over(name: str, names: set[str]) -> bool:
    """Whether a member is litter, or lies in the folder of a page that was saved complete."""
    parts = PurePosixPath(name).parts
    if any(map(is_litter, parts)):
        return True
    folders = (PurePosixPath(*parts[:end]) for end in range(1, len(parts)))
    return any(is_page_folder(folder.name, folder.parent.as_posix(), names) for folder in folders)
