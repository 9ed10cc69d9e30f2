"""A browser that keeps a log of what it fetches.

Needs ``playwright`` (in the extra ``dev``) and a Chromium or Chrome on this machine.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, Playwright, Request

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
FLAGS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync --disable-default-apps --disable-extensions"
).split()
PATIENCE_MS = 90_000  # a busy machine takes long to start and to index
WIDE, PHONE = {"width": 1280, "height": 820}, {"width": 390, "height": 800}


def launch(playwright: Playwright) -> Browser:
    """The machine's own Chromium or Chrome."""
    binary = next(filter(None, map(shutil.which, NAMES)), None)
    assert binary, f"install one of: {', '.join(NAMES)}"
    return playwright.chromium.launch(executable_path=binary, args=FLAGS)


@dataclass
class User:
    """One person with a browser profile of their own, and a log of every request of it."""

    page: Page
    base: str
    requests: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    @property
    def outside(self) -> list[str]:
        """The requests that did not go to the chat's own server."""
        return [url for url in self.requests if not url.startswith((self.base, "data:", "blob:"))]

    def open(self, language: str = "en") -> User:
        """Go to the page and wait until the articles are there."""
        self.page.goto(f"{self.base}/{language}/")
        self.page.locator("#status [role=status]").wait_for(timeout=4 * PATIENCE_MS)
        return self

    def ask(self, question: str) -> None:
        """Type a question, press Enter, and wait for the whole answer."""
        before = self.page.locator(".exchange[data-exchange]").count()
        self.page.locator("#composer textarea").fill(question)
        self.page.keyboard.press("Enter")
        self.page.locator(f'#live .exchange[data-exchange="{before}"]').wait_for()

    def text(self, selector: str) -> str:
        return self.page.locator(selector).first.inner_text().strip()

    def tab(self, number: int) -> None:
        self.page.get_by_role("tab").nth(number).click()


@contextmanager
def user(browser: Browser, base: str, **options: Any) -> Iterator[User]:
    """A new browser profile; a script error on the page fails the test that used it."""
    context: BrowserContext = browser.new_context(**{"viewport": WIDE, "locale": "en-GB"} | options)
    context.set_default_timeout(PATIENCE_MS)
    person = User(context.new_page(), base)

    def log(request: Request) -> None:
        person.requests.append(request.url)

    context.on("request", log)
    person.page.on("pageerror", lambda error: person.errors.append(str(error)))
    person.page.on("dialog", lambda dialog: person.errors.append(dialog.message))
    try:
        yield person
    finally:
        context.close()
    assert person.errors == []
    assert person.outside == []
