"""How fast the chat is, measured in a browser on the same machine.

    python -m evals.chat_speed --index DIR [--users N] [--rounds N]

Starts ``tanya chat`` from cold on an index that exists, asks at once, then question after
question, then with several users at once. Times of answers run inside the page, from the press of
Enter until the first sentence or the refusal stands there.
"""

from __future__ import annotations

import argparse
import os
import platform
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

import numpy as np
from playwright.sync_api import Browser, Page, sync_playwright
from rich.console import Console
from rich.table import Table

from evals.browser import launch, user
from evals.questions import load_questions
from evals.server import chat

WATCH = """number => {
  window.shown = new Promise(resolve => {
    let pressed = 0;
    const press = () => (pressed = performance.now());
    document.addEventListener("keydown", press, { once: true, capture: true });
    const answered = () => {
      const last = document.querySelector("#live .exchange:last-child");
      if (!last?.querySelector(".sentences, .declined")) return;
      if (document.querySelectorAll(".exchange").length <= number) return;
      watcher.disconnect();
      requestAnimationFrame(() => resolve(performance.now() - pressed));
    };
    const watcher = new MutationObserver(answered);
    watcher.observe(document.querySelector("#transcript"), { childList: true, subtree: true });
  });
}"""


def prepare(page: Page, question: str, number: int) -> None:
    """Type the question that becomes exchange ``number``, without sending it."""
    page.evaluate(WATCH, number)
    page.locator("#composer textarea").fill(question)
    page.locator("#composer textarea").focus()


def shown(page: Page) -> float:
    """Milliseconds from Enter until an answer stood on the page."""
    return float(page.evaluate("window.shown"))


def finished(page: Page, number: int) -> None:
    page.locator(f'#live .exchange[data-exchange="{number}"]').wait_for()
    page.locator("#send").wait_for()


def one_user(page: Page, questions: Sequence[str], first: int) -> list[float]:
    times = []
    for number, question in enumerate(questions, start=first):
        prepare(page, question, number)
        page.keyboard.press("Enter")
        times.append(shown(page))
        finished(page, number)
    return times


def at_once(
    browser: Browser, base: str, users: int, questions: Sequence[str], rounds: int
) -> list[float]:
    """All users press Enter together, each round with another question for each."""
    times = []
    with ExitStack() as stack:
        pages = [stack.enter_context(user(browser, base)).open().page for _ in range(users)]
        for number in range(rounds):
            for seat, page in enumerate(pages):
                prepare(page, questions[(number * users + seat) % len(questions)], number)
            for page in pages:
                page.keyboard.press("Enter")
            times += [shown(page) for page in pages]
            for page in pages:
                finished(page, number)
    return times


def main() -> None:
    parser = argparse.ArgumentParser(description="time the chat in a browser")
    parser.add_argument("--index", type=Path, required=True, metavar="DIR")
    parser.add_argument("--users", type=int, default=8, help="users who ask at once")
    parser.add_argument("--rounds", type=int, default=20, help="questions that each of them asks")
    args = parser.parse_args()
    questions = [one.question for one in load_questions()]
    table = Table("measure", "value")
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home,
        sync_playwright() as playwright,
    ):
        browser = launch(playwright)
        started = time.perf_counter()
        with chat(Path(home), "--index", args.index.resolve()) as base:
            with user(browser, base) as person:
                page = person.page
                page.goto(f"{base}/en/")
                page.locator("#composer textarea").wait_for()
                table.add_row("page shown, s", f"{time.perf_counter() - started:.2f}")
                prepare(page, questions[0], 0)
                page.keyboard.press("Enter")
                shown(page)
                table.add_row("first answer shown, s", f"{time.perf_counter() - started:.2f}")
                finished(page, 0)
                one_user(page, questions[1:6], 1)
                times = one_user(page, questions[6 : 6 + args.rounds], 6)
                add_percentiles(table, "one user", times)
            times = at_once(browser, base, args.users, questions, args.rounds)
            add_percentiles(table, f"{args.users} users at once", times)
        browser.close()
    table.add_row("machine", f"{os.cpu_count()} cores, {platform.machine()}")
    Console().print(table)


def add_percentiles(table: Table, name: str, times: Sequence[float]) -> None:
    for share in (50, 95):
        label = f"{name}, answer after Enter, p{share}, ms"
        table.add_row(label, f"{np.percentile(times, share):.0f}")


if __name__ == "__main__":
    main()
