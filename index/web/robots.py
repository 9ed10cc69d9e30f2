"""What a site allows robots, by its robots.txt (RFC 9309)."""

from __future__ import annotations

from collections.abc import Callable

from protego import Protego

from index.web.addresses import site_of
from index.web.captures import Captures
from index.web.client import FetchError, PassingError, Response

ROBOT = "tanya"  # the name that rules for us stand under
MAX_ROBOTS_BYTES = 500_000
KEPT_SECONDS = 86_400.0  # as long as the standard allows
LONGEST_DELAY = 30.0  # seconds between requests that rules may ask for


class Robots:
    """The rules of each site, fetched once a day."""

    def __init__(
        self, captures: Captures, fetch: Callable[[str], Response], now: Callable[[], float]
    ) -> None:
        """``fetch`` follows redirects."""
        self._captures = captures
        self._fetch = fetch
        self._now = now
        self._rules: dict[str, Protego] = {}

    def allows(self, address: str) -> bool:
        """Whether this address may be asked for.

        Raises:
            FetchError: the rules cannot be had, which forbids everything for now.
        """
        site = site_of(address)
        if site not in self._rules:
            self._rules[site] = Protego.parse(self._text(site))
        return bool(self._rules[site].can_fetch(address, ROBOT))

    def delay(self, address: str) -> float:
        """The seconds between requests that the site asks for, as far as its rules are known."""
        rules = self._rules.get(site_of(address))
        return min((rules and rules.crawl_delay(ROBOT)) or 0.0, LONGEST_DELAY)

    def _text(self, site: str) -> str:
        kept = self._captures.robots(site)
        if kept and self._now() - kept[0] < KEPT_SECONDS:
            return kept[1]
        try:
            answer = self._fetch(f"{site}/robots.txt")
            if answer.status == 429 or answer.status >= 500:
                raise PassingError("site_answers", status=answer.status)
        except FetchError as error:
            if kept:
                return kept[1]
            if not isinstance(error, PassingError):
                raise FetchError("in_robots", reason=error) from error
            passing = PassingError("in_robots", reason=error)
            passing.wait = error.wait
            raise passing from error
        found = answer.body[:MAX_ROBOTS_BYTES] if answer.status == 200 else b""
        text = found.decode("utf-8-sig", "replace")
        self._captures.put_robots(site, self._now(), text)
        return text
