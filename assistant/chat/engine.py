"""The assistant behind the page: loaded in the background, and the index runs it starts.

Every index run is a process of its own, so that answering goes on meanwhile.
"""

from __future__ import annotations

import logging
import secrets
import shutil
import threading
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Literal

from assistant.config import added_folder, samples_index
from assistant.runs import RunFailedError, run_command
from index.errors import IndexFolderError
from index.generations import live_generation
from prompts import Message, MessageError

if TYPE_CHECKING:
    from assistant.assistant import Assistant
    from assistant.chat.suggest import Suggestion

_LOG = logging.getLogger(__name__)

ENOUGH_SUGGESTIONS = 10  # to show some in one language
REMOVED_KEPT = 50  # files of removed articles

Stage = Literal[
    "waiting", "scan", "read", "encode", "vectors", "lexical", "publish", "collect", "loading",
    "ready",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Status:
    """How far the engine is; ``done`` and ``total`` count within the stage."""

    stage: Stage
    done: int = 0
    total: int = 0


class Engine:
    """Loads the assistant of an index in the background; shared by all who have the page open."""

    def __init__(
        self,
        index: Path,
        folder: Path | None,
        samples: bool,
        options: Mapping[str, Any] | None = None,
        changes: bool = True,
    ) -> None:
        """``options`` go to ``Assistant.open``; ``changes``: articles may be added and removed."""
        self._options = options or {}
        self.own_index = index
        self.samples = samples
        self.changes = changes
        self.status = Status("loading")
        self.failure: Message | None = None
        """Why the index cannot be opened."""
        self.suggestions: tuple[Suggestion, ...] = ()
        self.seen = threading.Event()
        """A page has been shown: loading before that would only hold it up."""
        self.removed: OrderedDict[str, Path] = OrderedDict()
        """Files of removed articles that can be brought back, by a key that tells nothing."""
        self._removed_files = TemporaryDirectory(prefix="tanya-", ignore_cleanup_errors=True)
        self._folder = folder
        self._assistant: Assistant | None = None
        self._settled = threading.Event()
        self._suggested = threading.Event()
        self._writing = threading.Lock()

    @property
    def index(self) -> Path:
        """The index that is asked."""
        return samples_index() if self.samples else self.own_index

    @property
    def added(self) -> Path:
        """The folder of the articles that were added in the chat."""
        return added_folder(self.own_index)

    def keep_removed(self, file: Path) -> str:
        """Take a file away, to be brought back while the chat runs; the key for that.

        Only the last ``REMOVED_KEPT`` are kept.
        """
        key = secrets.token_hex(8)
        folder = Path(self._removed_files.name, key)
        folder.mkdir()
        self.removed[key] = Path(shutil.move(file, folder / file.name))
        while len(self.removed) > REMOVED_KEPT:
            _, oldest = self.removed.popitem(last=False)
            oldest.unlink(missing_ok=True)
        return key

    def close(self) -> None:
        """Delete what was kept to be brought back."""
        self.removed.clear()
        self._removed_files.cleanup()

    @property
    def assistant(self) -> Assistant | None:
        """None until it is loaded."""
        return self._assistant

    def start(self) -> None:
        """Begin to load; returns at once."""
        threading.Thread(target=self._load, name="engine", daemon=True).start()

    def wait(self, seconds: float) -> bool:
        """Whether the engine is ready, or has failed, within this time."""
        return self._settled.wait(seconds)

    def wait_for_suggestions(self, seconds: float) -> bool:
        return self._suggested.wait(seconds)

    def _load(self) -> None:
        failed: Message | None = None
        try:
            if self._folder is not None:
                for status in self.run(self.index, "index", str(self._folder)):
                    self.status = status if isinstance(status, Status) else self.status
        except RunFailedError as error:
            _LOG.error("indexing %s failed: %s", self._folder, error)
            failed = error.message
        self.status = Status("loading")
        self._open(failed)

    def _open(self, failed: Message | None = None) -> None:
        """``failed`` says why the run before it did, if it did."""
        from assistant.assistant import Assistant

        try:
            self._assistant = Assistant.open(self.index, **self._options)
            self._assistant.follow()
        except MessageError as error:  # of the index, or of a model that was named
            _LOG.error("the chat cannot be opened: %s", error)
            missing = isinstance(error, IndexFolderError)
            self.failure = failed if failed and missing else error.message
            self._settled.set()
            return
        self.status, self.failure = Status("ready"), None
        self._settled.set()
        self.suggest()

    def suggest(self) -> None:
        """Find questions that the collection as it is now answers; they appear one by one."""
        from assistant.chat.suggest import find

        self.suggestions = ()
        if self._assistant is not None:
            for suggestion in find(self._assistant, self.samples):
                self.suggestions = (*self.suggestions, suggestion)
                if len(self.suggestions) == ENOUGH_SUGGESTIONS:
                    self._suggested.set()
        self._suggested.set()

    def run(self, index: Path, command: str, *arguments: str) -> Iterator[Status | dict[str, Any]]:
        """Run ``tanya COMMAND`` on an index: its progress, and at last its summary if it has one.

        Runs wait for each other.

        Raises:
            RunFailedError: it failed.
        """
        while not self._writing.acquire(timeout=0.5):
            yield Status("waiting")
        try:
            yield from _run([command, *arguments, "--index", str(index)])
            if self._assistant is not None:
                self._assistant.refresh()
        except IndexFolderError as error:
            raise RunFailedError.of(error.message) from error
        finally:
            self._writing.release()

    def leave_samples(self) -> None:
        """Ask the user's own index from now on, if the samples were asked until now."""
        if self.samples and live_generation(self.own_index) is not None:
            self.samples = False
            self._open()


def _run(arguments: list[str]) -> Iterator[Status | dict[str, Any]]:
    for data in run_command(arguments):
        yield Status(data["stage"], data["done"], data["total"]) if "stage" in data else data
