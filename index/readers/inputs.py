"""What a run reads: files of folders, and pages that were fetched."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from index.readers.draft import MAX_BYTES, Source
from prompts import Message

if TYPE_CHECKING:
    from collections.abc import Iterator

WEB = "web"
"""The root of all fetched pages in the catalog, whichever list named them."""


class Input(Protocol):
    """Something that can be read into articles."""

    @property
    def shown(self) -> str:
        """What the user knows it by."""

    @property
    def suffix(self) -> str:
        """That of its format."""

    @property
    def gone(self) -> datetime | None:
        """When it was found to have vanished from where it came; what was read of it stays."""

    def fingerprint(self) -> str:
        """Changes whenever its content does.

        Raises:
            OSError: it cannot be read.
        """

    def open(self, fields: Mapping[str, str]) -> AbstractContextManager[Source]:
        """Its content, to be read with these names of columns.

        Raises:
            OSError: it cannot be read.
        """


@dataclass(frozen=True, slots=True)
class FileInput:
    """A file of a folder."""

    path: Path

    @property
    def shown(self) -> str:
        return str(self.path)

    @property
    def suffix(self) -> str:
        return self.path.suffix.lower()

    @property
    def gone(self) -> None:
        return None

    def fingerprint(self) -> str:
        """The hash of its bytes; of a very large one its size and the time of its last change."""
        about = self.path.stat()
        if about.st_size > MAX_BYTES:
            return f"{about.st_size}-bytes-{about.st_mtime_ns}"
        with self.path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()

    @contextmanager
    def open(self, fields: Mapping[str, str]) -> Iterator[Source]:
        with self.path.open("rb") as stream:
            yield Source(self.path.name, stream, fields)


@dataclass(frozen=True, slots=True)
class Fetched:
    """What a run fetched from the web: pages by address, and reasons for what it did not get.

    ``roots``: of each address that was named, the pages that it leads to, now or once; none when
    it was not got itself.
    """

    pages: Mapping[str, Input] = field(default_factory=dict)
    rejected: Sequence[tuple[str, Message]] = ()
    roots: Mapping[str, Sequence[str]] = field(default_factory=dict)
