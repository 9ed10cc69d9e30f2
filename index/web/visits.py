"""Visits: from the addresses of a run to captures of the pages that they name."""

from __future__ import annotations

import logging
import re
import sqlite3
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import NoReturn
from urllib.parse import urlsplit

from index.errors import IndexFolderError
from index.generations import Progress
from index.locks import write_lock
from index.readers.inputs import Fetched
from index.web.addresses import AddressError, site_of, web_address
from index.web.captures import Capture, Captures, digest
from index.web.client import Client, FetchError, PassingError, Response
from index.web.lists import Entry, is_list, read_list
from index.web.robots import Robots
from prompts import Message

_LOG = logging.getLogger(__name__)
MAX_LISTS = 500  # sitemaps a run
MAX_DEPTH = 3  # a sitemap index, its sitemaps, and one more
RECHECK_SHARE = 0.1  # a page of ten days is asked for again after one
TRUST_SECONDS = 86_400.0  # how long a page is left alone whose sitemap says that it stays the same
_REDIRECTS = (301, 302, 303, 307, 308)
_GONE = (404, 410)
_FORBIDDEN = (401, 402, 403, 451)
_BUSY = (429, 500, 502, 503, 504)


@dataclass(frozen=True, slots=True)
class Manners:
    """How sites are treated; times in seconds.

    ``failures``: after how many pages in a row that a host did not give it is left alone.
    """

    delay: float = 1.0  # between two requests to a host
    attempts: int = 3
    back_off: float = 5.0  # before the second attempt; doubled before the third
    longest_wait: float = 120.0  # that a site may ask for
    failures: int = 3
    redirects: int = 5
    pages: int = 1_000  # that a run asks for


@dataclass(frozen=True, slots=True)
class _Task:
    """An address to ask for; ``depth`` counts the lists that led there, 0 for a root."""

    asked: str
    root: str
    depth: int = 0
    entry: Entry | None = None
    is_list: bool = False
    attempt: int = 1


@dataclass
class _Host:
    """The tasks of a host and when it may be asked again."""

    tasks: deque[_Task] = field(default_factory=deque)
    ready: float = 0.0
    failures: int = 0


@contextmanager
def fetched(
    index: Path,
    roots: Sequence[str],
    client: Client,
    progress: Progress,
    manners: Manners | None = None,
) -> Iterator[Fetched]:
    """What the addresses of a run and the lists among them give, to be indexed inside the context.

    Raises:
        AddressError: one of them is no web address.
        IndexFolderError: another run is fetching, or the index cannot be written.
    """
    folder = index / "web"
    try:
        with write_lock(folder, "tanya index"), closing(Captures(folder)) as captures:
            yield Visits(captures, client, progress, manners or Manners()).run(roots)
    except sqlite3.Error as error:
        raise IndexFolderError("captures_failed", folder=folder, error=error) from error


class Visits:
    """One run over some roots. Asks one thing at a time; whatever it gets is kept at once."""

    def __init__(
        self,
        captures: Captures,
        client: Client,
        progress: Progress,
        manners: Manners,
        now: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._captures = captures
        self._client = client
        self._progress = progress
        self._manners = manners
        self._now = now
        self._sleep = sleep
        self._robots = Robots(captures, lambda address: self._follow(address)[1], now)
        self._hosts: dict[str, _Host] = {}
        self._planned: set[str] = set()
        self._named: dict[str, set[str]] = {}
        """By each root, the pages that it names; nothing of a root that was not got."""
        self._done = 0
        self._lists = 0
        self._pages_left = manners.pages
        self._beyond: Counter[str] = Counter()
        self._rejected: list[tuple[str, Message]] = []

    def run(self, addresses: Sequence[str]) -> Fetched:
        """Visit these, the pages that they list, and those they listed once that are due.

        Raises:
            AddressError: one of them is no web address.
        """
        roots = list(dict.fromkeys(map(web_address, addresses)))
        for root in roots:
            self._plan(_Task(root, root))
        self._work()
        for root in roots:
            for capture in self._captures.of_root(root):
                named = any(capture.asked in pages for pages in self._named.values())
                unlisted = capture.kind == "page" and not named
                if unlisted and self._pages_left and self._is_due(capture, None):
                    self._pages_left -= 1
                    self._plan(_Task(capture.asked, root, depth=1))
        self._work()
        for root, count in self._beyond.items():
            self._reject(root, Message("more_pages", count=count))
        reached = {one.asked: one for root in roots for one in self._captures.of_root(root)}
        for asked in self._planned - reached.keys():
            if found := self._captures.get(asked):
                reached[asked] = found
        led_to = {root: self._led_to(root, reached.values()) for root in roots}
        return Fetched(self._captures.pages(reached.values()), self._rejected, led_to)

    def _led_to(self, root: str, reached: Iterable[Capture]) -> list[str]:
        """The pages of a root that were got, now or once; none when it was not got itself."""
        named = self._named.get(root)
        if named is None:
            return []
        found = [one for one in reached if one.root == root or one.asked in named]
        if not any(one.kind == "page" for one in found):  # those that others led to first
            found = [one for one in map(self._captures.get, named) if one]
        return [one.known_as for one in found if one.kind == "page"]

    # One after the other

    def _plan(self, task: _Task) -> None:
        if task.asked not in self._planned:
            self._planned.add(task.asked)
            self._host(task.asked).tasks.append(task)

    def _host(self, address: str) -> _Host:
        return self._hosts.setdefault(urlsplit(address).hostname or "", _Host())

    def _work(self) -> None:
        """Do all that is planned; the host that may be asked first comes first."""
        while waiting := [host for host in self._hosts.values() if host.tasks]:
            host = min(waiting, key=lambda one: one.ready)
            self._progress("fetch", self._done, len(self._planned))
            task = host.tasks.popleft()
            try:
                self._visit(task)
                if not task.depth:
                    self._named.setdefault(task.root, set()).add(task.asked)
                host.failures = 0
            except FetchError as error:
                self._failed(task, host, error)
            except AddressError as error:
                self._reject(task.asked, error.message)
            except sqlite3.Error:
                raise
            except Exception as error:  # whatever a hostile site provokes in a parser
                _LOG.info("%s could not be visited", task.asked, exc_info=True)
                told = Message("not_understood", kind=type(error).__name__, error=error)
                self._reject(task.asked, told)
            self._done = len(self._planned) - sum(len(one.tasks) for one in self._hosts.values())
        self._progress("fetch", self._done, len(self._planned))

    def _failed(self, task: _Task, host: _Host, error: FetchError) -> None:
        """Try again later, or say why not; a host that only fails is left alone."""
        if not isinstance(error, PassingError):
            host.failures = 0
            self._reject(task.asked, error.message)
            return
        manners = self._manners
        wait = manners.back_off * 2 ** (task.attempt - 1) if error.wait is None else error.wait
        too_long = wait > manners.longest_wait
        if task.attempt < manners.attempts and not too_long:
            host.ready = self._now() + wait
            host.tasks.appendleft(replace(task, attempt=task.attempt + 1))
            return
        told = Message("asks_to_wait", reason=error, seconds=round(wait))
        self._reject(task.asked, told if too_long else error.message)
        host.failures += 1
        if host.tasks and (too_long or host.failures >= manners.failures):
            left = Message("site_left_alone", count=len(host.tasks))
            self._reject(site_of(task.asked), left)
            host.tasks.clear()

    def _reject(self, address: str, reason: Message) -> None:
        self._rejected.append((address, reason))

    # One address

    def _visit(self, task: _Task) -> None:
        capture = self._captures.get(task.asked)
        if capture and task.depth and not self._is_due(capture, task.entry):
            self._spread(task, capture)
            return
        final, answer = self._follow(task.asked, capture)
        if answer.status in _GONE and capture:
            vanished = self._now() if capture.vanished is None else capture.vanished
            self._captures.update(replace(capture, checked=self._now(), vanished=vanished))
            if capture.kind == "list":
                raise FetchError("not_there", status=answer.status)
            return
        if answer.status == 304 and capture:
            capture = self._noted(capture, task)
            self._captures.update(capture)
        elif answer.status == 200:
            capture = self._keep(task, capture, final, answer)
        else:
            _refuse(answer)
        self._spread(task, capture)

    def _keep(self, task: _Task, before: Capture | None, final: str, answer: Response) -> Capture:
        """Capture what a site sent.

        Raises:
            FetchError: it is nothing to read, or not what was looked for.
        """
        kind = answer.headers.get("content-type", "").lower()
        listed = is_list(answer.body)
        if listed and task.depth and not task.is_list:
            raise FetchError("list_as_page")
        was_list = before is not None and before.kind == "list"
        if not listed and (task.is_list or was_list):
            raise FetchError("no_list")
        if listed:
            read_list(answer.body, final)  # while the earlier one is still there
        now = self._now()
        capture = Capture(
            asked=task.asked,
            root=before.root if before else task.root,
            final=final,
            known_as=before.known_as if before else final,
            kind="list" if listed else "page",
            suffix="" if listed else suffix_of(answer.body, kind, final),
            sha256=digest(answer.body),
            first=before.first if before else now,
            checked=now,
            charset=kind.partition("charset=")[2].partition(";")[0].strip(" \"'"),
            etag=answer.headers.get("etag", ""),
            modified=answer.headers.get("last-modified", ""),
            title=before.title if before else "",
            published=before.published if before else "",
            stamp=before.stamp if before else "",
        )
        capture = self._noted(capture, task)
        self._captures.put(capture, answer.body)
        return capture

    def _noted(self, capture: Capture, task: _Task) -> Capture:
        """A capture that was there just now, with what its list says of it."""
        capture = replace(capture, checked=self._now(), vanished=None)
        if task.entry is None:
            return capture
        entry = task.entry
        return replace(
            capture,
            title=entry.title or capture.title,
            published=entry.published or capture.published,
            stamp=entry.stamp or capture.stamp,
        )

    def _is_due(self, capture: Capture, entry: Entry | None) -> bool:
        """Whether to ask again: the older a page, the less often; at once when its list says so."""
        if entry and entry.stamp and entry.stamp != capture.stamp:
            return True
        since, age = self._now() - capture.checked, self._now() - capture.first
        patience = TRUST_SECONDS if entry and entry.trusted else 0.0
        return since >= max(age * RECHECK_SHARE, patience)

    def _spread(self, task: _Task, capture: Capture) -> None:
        """Plan what a list names: the newest pages that are new first, then those that are due."""
        if capture.kind != "list":
            return
        found = read_list(self._captures.body(capture.asked), capture.final)
        for entry in found.lists:
            if task.depth < MAX_DEPTH and self._lists < MAX_LISTS:
                self._lists += 1
                self._plan(_Task(entry.address, task.root, task.depth + 1, entry, True))
        self._named.setdefault(task.root, set()).update(one.address for one in found.pages)
        fresh: list[Entry] = []
        due: list[Entry] = []
        newest_first = sorted(
            found.pages, key=lambda one: one.stamp if one.trusted else "", reverse=True
        )
        for entry in newest_first:
            before = self._captures.get(entry.address)
            if before is None:
                fresh.append(entry)
            elif self._is_due(before, entry):
                due.append(entry)
        for entry in fresh + due:
            if entry.address in self._planned:
                continue
            if self._pages_left:
                self._pages_left -= 1
                self._plan(_Task(entry.address, task.root, task.depth + 1, entry))
            else:
                self._beyond[task.root] += 1

    # Requests

    def _follow(self, asked: str, capture: Capture | None = None) -> tuple[str, Response]:
        """The answer to a request after its redirects, and where they ended.

        Raises:
            FetchError: there is none, or robots are not welcome.
            AddressError: a redirect leads out of the web.
        """
        address, seen = asked, {asked}
        rules = urlsplit(asked).path == "/robots.txt"
        while True:
            if not rules and not self._robots.allows(address):
                raise FetchError("no_robots")
            same = capture and capture.final == address
            answer = self._ask(address, capture.conditions() if capture and same else {})
            if answer.status not in _REDIRECTS:
                return address, answer
            address = web_address(_location(answer), address)
            if address in seen:
                raise FetchError("circle")
            seen.add(address)
            if len(seen) > self._manners.redirects + 1:
                raise FetchError("too_many_redirects", most=self._manners.redirects)

    def _ask(self, address: str, headers: dict[str, str]) -> Response:
        """One request, not before its host may be asked again."""
        host = self._host(address)
        if (wait := host.ready - self._now()) > 0:
            self._sleep(wait)
        try:
            return self._client.get(address, headers)
        finally:
            host.ready = self._now() + max(self._manners.delay, self._robots.delay(address))


def _refuse(answer: Response) -> NoReturn:
    """Raise what an answer that brings nothing means."""
    status = answer.status
    if status in _GONE:
        raise FetchError("not_there", status=status)
    if status in _FORBIDDEN:
        raise FetchError("site_refuses", status=status)
    if status not in _BUSY:
        raise FetchError("site_answers", status=status)
    busy = PassingError("site_answers", status=status)
    busy.wait = _retry_after(answer)
    raise busy


def _location(answer: Response) -> str:
    """Where a redirect leads; many sites write letters beyond ASCII as UTF-8, not quoted."""
    stated = answer.headers.get("location", "")
    try:
        return stated.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return stated


def _retry_after(answer: Response) -> float | None:
    """The seconds that a site asks to wait; None when it does not say."""
    stated = answer.headers.get("retry-after", "").strip()
    if re.fullmatch(r"\d{1,9}", stated):
        return float(stated)
    try:
        return max(0.0, parsedate_to_datetime(stated).timestamp() - time.time())
    except (ValueError, TypeError, OverflowError):
        return None


def suffix_of(body: bytes, content_type: str, address: str) -> str:
    """The suffix of the format that a page has, by its first bytes before what its site says.

    >>> suffix_of(b"%PDF-1.7", "text/html", "https://kabar.example/1")
    '.pdf'

    Raises:
        FetchError: none that articles come in.
    """
    if not body.strip():
        raise FetchError("empty")
    if body.startswith(b"%PDF-"):
        return ".pdf"
    if body.startswith(b"PK\x03\x04"):
        path = urlsplit(address).path.lower()
        for suffix, named in ((".docx", "wordprocessingml"), (".epub", "epub")):
            if named in content_type or path.endswith(suffix):
                return suffix
    head = body[:4_096].lower()
    if b"\0" not in head or body.startswith((b"\xff\xfe", b"\xfe\xff")):
        if re.search(rb"<(?:!doctype html|html|head|body|article)\b", head.replace(b"\0", b"")):
            return ".html"
        if content_type.startswith("text/plain"):
            return ".txt"
        if "html" in content_type:
            return ".html"
    raise FetchError("no_web_article", kind=content_type.partition(";")[0] or "?")
