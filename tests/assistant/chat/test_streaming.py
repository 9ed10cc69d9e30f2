"""The chat while a language model writes, in a real browser."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from threading import Event

import pytest
from playwright.sync_api import Browser, expect, sync_playwright
from scripted import Behaviour, server

from evals.browser import PATIENCE_MS, User, launch, user
from evals.server import chat
from prompts import phrase
from tests.conftest import write_corpus

pytestmark = [
    pytest.mark.browser, pytest.mark.enable_socket, pytest.mark.allow_hosts(["127.0.0.1"])
]  # fmt: skip
expect.set_options(timeout=PATIENCE_MS)

QUESTION = "How many vehicles cross the Wendle bridge every day?"
FIRST = "About 18,000 vehicles cross the bridge every day"
SECOND = "The Wendle bridge was opened in 1964"


@dataclass
class Slow:
    """A reply that waits before each of its sentences until it is told to go on."""

    may: list[Event] = field(default_factory=lambda: [Event(), Event(), Event()])

    def __iter__(self) -> Iterator[str]:
        for event, sentence in zip(self.may, (FIRST, SECOND, ""), strict=True):
            event.wait(PATIENCE_MS / 1000)
            yield f"{sentence} [1]. " if sentence else ""


@dataclass
class Desk:
    """A person at the chat, and the model behind it."""

    person: User
    behaviour: Behaviour

    def ask(self) -> Slow:
        """Ask; the reply waits to be told to go on."""
        reply = Slow()
        self.behaviour.pieces = reply
        self.person.page.locator("#composer textarea").fill(QUESTION)
        self.person.page.keyboard.press("Enter")
        return reply


@pytest.fixture(scope="module")
def model() -> Iterator[tuple[Behaviour, str]]:
    behaviour = Behaviour()
    with server(behaviour) as address:
        yield behaviour, address


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory, model: tuple[Behaviour, str]) -> Iterator[str]:
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("OPENAI_BASE_URL", f"{model[1]}/v1")
        with chat(
            home, write_corpus(home / "corpus"), "--index", home / "index", "--llm", "openai:m"
        ) as address:
            yield address


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = launch(playwright)
        yield chromium
        chromium.close()


@pytest.fixture(params=["en", "id"])
def desk(
    request: pytest.FixtureRequest, browser: Browser, base: str, model: tuple[Behaviour, str]
) -> Iterator[Desk]:
    with user(browser, base) as person:
        yield Desk(person.open(request.param), model[0])


@pytest.mark.parametrize("desk", ["en", "id"], indirect=True)
def test_sentences_appear_as_they_are_proven_and_stay(
    desk: Desk, request: pytest.FixtureRequest
) -> None:
    language = request.node.callspec.params["desk"]
    page, reply = desk.person.page, desk.ask()
    expect(page.locator("#live .working")).to_have_text(phrase(language, "chat.writing"))
    expect(page.locator("#stop")).to_be_visible()
    expect(page.locator("#send")).to_be_hidden()
    reply.may[0].set()
    expect(page.locator("#live .sentences")).to_contain_text(FIRST)
    expect(page.locator("#live .working")).to_be_visible()
    expect(page.locator("#live .exchange")).to_have_attribute("aria-busy", "true")
    assert page.locator("#live [data-act]").count() == 0  # nothing to follow yet
    reply.may[1].set()
    expect(page.locator("#live .sentences")).to_contain_text(SECOND)
    reply.may[2].set()
    page.locator('#live .exchange[data-exchange="0"]').wait_for()
    said = desk.person.text("#live .sentences")
    assert FIRST in said
    assert SECOND in said
    expect(page.locator("#send")).to_be_visible()
    page.locator("#live .cite").first.click()
    expect(page.locator("#panel .now mark")).to_contain_text("18,000 vehicles")


def test_stopped_what_was_shown_stays(desk: Desk) -> None:
    page, reply = desk.person.page, desk.ask()
    reply.may[0].set()
    expect(page.locator("#live .sentences")).to_contain_text(FIRST)
    page.locator("#stop").click()
    page.locator('#live .exchange[data-exchange="0"]').wait_for()
    assert FIRST in desk.person.text("#live .sentences")
    assert SECOND not in desk.person.text("#live .sentences")
    assert phrase("en", "reason_stopped") in desk.person.text("#live .notice")
    expect(page.locator("#send")).to_be_visible()
    page.reload()
    expect(page.locator("#live .sentences")).to_contain_text(FIRST)


def test_stopped_before_anything_the_question_returns(desk: Desk) -> None:
    page = desk.person.page
    desk.ask()
    page.locator("#live .working").wait_for()
    page.locator("#stop").click()
    expect(page.locator("#composer textarea")).to_have_value(QUESTION)
    expect(page.locator(".exchange")).to_have_count(0)
    expect(page.locator("#send")).to_be_visible()
    reply = desk.ask()
    for event in reply.may:
        event.set()
    page.locator('#live .exchange[data-exchange="0"]').wait_for()
