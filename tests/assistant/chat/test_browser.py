"""The chat as people use it, in a real browser."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from evals.browser import PATIENCE_MS, PHONE, User, launch, user
from evals.server import chat, served
from index.types import Language
from prompts import phrase
from tests.conftest import write_corpus

pytestmark = pytest.mark.browser
expect.set_options(timeout=PATIENCE_MS)

BRIDGE = "When was the Wendle bridge opened?"
SHIP = "Berapa peneliti tiba di Ambon dengan kapal Samudra Jaya?"
TWO_PARTS = "When was the Wendle bridge opened, and how many vehicles cross it every day?"
UNKNOWN = "Who won the chess tournament in Reykjavik?"
NEAR = "Who painted the Wendle bridge and the market of Lok Sari?"
STORY = (
    "Taman Kota Belira Dibuka untuk Umum\n\n4 April 2023\n\nTaman kota Belira dibuka untuk "
    "umum pada Selasa. Wali kota Sinta Harum menanam 320 pohon trembesi di sana.\n"
)

HOSTILE = f"""---
title: "<script>hacked=1</script><img src=x onerror=hacked=1> {"Judul Panjang " * 360}"
source: "<b onmouseover=hacked=1>Outlet</b>"
author: "${{hacked=1}} {{{{hacked}}}} `${{hacked=1}}`"
url: "javascript:hacked=1"
published: 2023-01-02
language: en
---
The lighthouse of Grenn is 41 metres high <script>window.hacked=1</script> said "<img src=x \
onerror=window.hacked=1>" the keeper ${{window.hacked=1}} {{{{constructor}}}}.

![photo](http://127.0.0.1:9/outside.png) [link](javascript:window.hacked=1) \
<svg onload=window.hacked=1><image href="http://127.0.0.1:9/outside.svg"/></svg>

<iframe src="http://127.0.0.1:9/"></iframe> <a href="javascript:window.hacked=1">read more</a>
"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = launch(playwright)
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def base(home: Path) -> Iterator[str]:
    """A chat about the three articles and a hostile one."""
    corpus = write_corpus(home / "corpus")
    (corpus / "<img src=x onerror=hacked=1>.md").write_text(HOSTILE, encoding="utf-8")
    with chat(home, corpus, "--index", home / "index") as address:
        yield address


@pytest.fixture
def reader(browser: Browser, base: str) -> Iterator[User]:
    with user(browser, base) as person:
        yield person.open()


def highlighted(person: User) -> str:
    """The highlighted words of the current citation, when they can be seen."""
    mark = person.page.locator("#panel .now mark")
    expect(mark).to_be_in_viewport()
    return mark.inner_text()


def test_first_run_is_about_the_samples_and_comes_up_before_the_engine(
    browser: Browser, tmp_path: Path
) -> None:
    with (
        chat(tmp_path) as address,
        user(browser, address, locale="id-ID") as person,
    ):
        page = person.page
        page.goto(address)
        box = page.locator("#composer textarea")
        box.fill("Who is Martin Siregar?")
        expect(page.locator("#status progress")).to_have_count(1)  # still getting ready
        page.keyboard.press("Enter")
        page.locator("#live .working").wait_for()
        page.locator("#stop").click()
        expect(box).to_have_value("Who is Martin Siregar?")
        expect(page.locator("#live .exchange")).to_have_count(0)
        page.locator("#status [role=status]").wait_for()
        assert "Artikel contoh" in person.text("#status")
        page.locator("#suggested .suggestion").first.wait_for()
        welcome = person.text("#suggested .welcome")
        assert "86 artikel dari 6 media." in welcome
        assert phrase("id", "chat.archive_samples") in welcome
        suggested = page.locator("#suggested .suggestion").all_inner_texts()
        assert suggested
        page.locator("#suggested .suggestion").first.click()
        page.locator('#live .exchange[data-exchange="0"]').wait_for()
        for number, question in enumerate(suggested[1:], start=1):
            person.ask(question)
            assert page.locator(f'[data-exchange="{number}"] .short').count() == 1, question
        page.locator("#suggested .suggestion").first.wait_for()  # follow-ups
        person.tab(1)
        page.locator("#listing .source").first.wait_for()
        assert page.locator("#listing .remove").count() == 0  # samples stay
        assert "artikel contoh" in person.text("#listing .hint")
        page.locator("#add > button").click()
        page.locator("#pasted textarea").fill(STORY)
        page.locator("#paste").click()
        expect(page.locator("#result")).to_contain_text(phrase("id", "chat.samples_left"))
        expect(page.locator("#listing .source")).to_have_count(1)
        assert "contoh" not in person.text("#status")
        person.tab(0)
        page.locator("#renew").click()
        expect(page.locator("#suggested .welcome")).to_contain_text("1 artikel.")


def test_a_question_sent_while_another_is_answered_comes_next(
    browser: Browser, tmp_path: Path
) -> None:
    with chat(tmp_path) as address, user(browser, address) as person:
        page = person.page
        page.goto(address)
        box = page.locator("#composer textarea")
        box.fill("Who is Martin Siregar?")
        expect(page.locator("#status progress")).to_have_count(1)  # still getting ready
        page.keyboard.press("Enter")
        page.locator("#live .working").wait_for()
        expect(box).to_have_value("")
        box.fill(UNKNOWN)
        page.keyboard.press("Enter")
        page.locator('#live .exchange[data-exchange="1"]').wait_for()
        assert "Martin Siregar" in person.text('#settled [data-exchange="0"]')
        assert UNKNOWN in person.text("#live")
        expect(box).to_have_value("")


def test_enter_on_an_empty_or_blank_box_changes_nothing(reader: User) -> None:
    page = reader.page
    box = page.locator("#composer textarea")
    page.locator("#suggested .suggestion").first.wait_for()
    for blank in ("", "   "):
        before = shown(reader)
        box.fill(blank)
        send_and_settle(reader)
        assert shown(reader) == before
    reader.ask(BRIDGE)
    page.locator("#suggested .suggestion").first.wait_for()
    for blank in ("", " \t "):
        before = shown(reader)
        box.fill(blank)
        send_and_settle(reader)
        assert shown(reader) == before
        assert "1964" in reader.text("#live .short")


def shown(person: User) -> list[str]:
    """The text of the page's parts that a question may change."""
    parts = ("#status", "#settled", "#live", "#suggested", "#note", "#composer-row")
    return [person.page.locator(part).inner_text() for part in parts]


def send_and_settle(person: User) -> None:
    """Press Enter in the question's box and wait until what follows from it is through."""
    page = person.page
    with page.expect_request(lambda request: "queue/join" in request.url):
        page.locator("#composer textarea").press("Enter")
    page.wait_for_timeout(1_500)


@pytest.mark.parametrize(
    ("question", "short", "quoted"),
    [(BRIDGE, "1964", "opened in 1964"), (SHIP, "34", "34 peneliti dari lima negara")],
)
def test_a_citation_opens_the_article_at_the_quoted_words(
    reader: User, question: str, short: str, quoted: str
) -> None:
    reader.ask(question)
    assert short in reader.text("#live .short")
    said = reader.text("#live .sentences span")
    reader.page.locator("#live .cite").first.click()
    assert quoted in highlighted(reader)
    assert highlighted(reader) == said
    assert reader.page.locator("#panel mark").count() == 1
    assert reader.page.locator("#panel .reading > p").count() >= 3  # the whole article


def test_the_first_page_says_what_is_in_the_archive(reader: User) -> None:
    page = reader.page
    welcome = page.locator("#suggested .welcome")
    expect(welcome).to_contain_text("4 articles by 3 outlets.")
    expect(welcome).to_contain_text("Published 3 September 2022 to 12 May 2023.")
    welcome.get_by_role("button", name="Engineers close").click()
    expect(page.locator("#panel h2")).to_contain_text("Engineers close the Wendle bridge")
    welcome.get_by_role("button", name="See or add articles").click()
    expect(page.locator("#listing .source").first).to_be_visible()
    reader.tab(0)
    reader.ask(BRIDGE)
    expect(welcome).to_have_count(0)


def test_on_a_wide_screen_the_first_citation_opens_by_itself(reader: User) -> None:
    page = reader.page
    reader.ask(BRIDGE)
    assert "1964" in highlighted(reader)
    expect(page.locator("#composer textarea")).to_be_focused()  # for the next question
    reader.tab(1)
    page.locator("#listing .source", has_text="Samudra Jaya").click()
    expect(page.locator("#panel h2")).to_contain_text("Samudra Jaya")
    reader.tab(0)
    page.locator("#composer textarea").fill("  ")
    send_and_settle(reader)
    expect(page.locator("#panel h2")).to_contain_text("Samudra Jaya")  # nothing was answered
    page.reload()
    page.locator("#status [role=status]").wait_for()
    page.wait_for_timeout(700)
    expect(page.locator("#panel h2")).to_contain_text("Samudra Jaya")
    reader.ask(BRIDGE)
    assert "1964" in highlighted(reader)


def test_alt_and_any_arrow_go_from_citation_to_citation(reader: User) -> None:
    page = reader.page
    reader.ask(TWO_PARTS)
    count = page.locator("#panel .count")
    expect(count).to_have_text("1 of 2")
    for key, at in (("Down", 2), ("Up", 1), ("Right", 2), ("Left", 1)):
        page.keyboard.press(f"Alt+Arrow{key}")
        expect(count).to_have_text(f"{at} of 2")


def test_a_declined_question_looks_different_and_names_articles(reader: User) -> None:
    reader.ask(NEAR)
    assert reader.text("#live .refusal") == "I did not find it in these articles."
    assert reader.page.locator("#live .cite").count() == 0
    assert "not answers" in reader.text("#live .near h3")
    nearest = reader.page.locator("#live .near .source").first
    title, sentence = nearest.locator("b").inner_text(), nearest.locator(".closest").inner_text()
    nearest.click()
    expect(reader.page.locator("#panel h2")).to_have_text(title)
    assert sentence in reader.text("#panel .reading")
    reader.ask(UNKNOWN)
    assert reader.page.locator("#live .declined").is_visible()
    assert reader.page.locator("#live .near .source").count() == 0  # nothing here is about that


def test_keyboard_and_labels(reader: User) -> None:
    reader.ask(BRIDGE)
    page = reader.page
    cite = page.locator("#live .cite").first
    assert "Engineers close" in (cite.get_attribute("aria-label") or "")
    cite.focus()
    page.keyboard.press("Enter")
    highlighted(reader)
    expect(page.locator("#panel .now")).to_be_focused()
    page.keyboard.press("Escape")
    expect(cite).to_be_focused()
    assert page.get_by_label("Your question").count() == 1
    assert page.locator("#live [aria-live], #live[aria-live]").count() >= 1
    unnamed = page.evaluate(
        "[...document.querySelectorAll('button')].filter(one => one.checkVisibility() && "
        "!one.innerText.trim() && !one.ariaLabel && !one.title).length"
    )
    assert unnamed == 0


def test_the_filter_restricts_the_list_and_the_questions(reader: User) -> None:
    page = reader.page
    reader.tab(1)
    page.locator("#search textarea, #search input").fill("kapal samudra")
    expect(page.locator("#listing .source")).to_have_count(1)
    reader.tab(0)
    assert "1 of 4 articles" in reader.text("#note")
    reader.ask(BRIDGE)
    expect(page.locator("#live .declined")).to_contain_text("only 1 of 4 articles")
    page.locator("#live .declined").get_by_role("button", name="Ask all articles").click()
    expect(page.locator("#live .short")).to_contain_text("1964")
    expect(page.locator(".exchange[data-exchange]")).to_have_count(2)
    expect(page.locator("#note .chip")).to_have_count(0)
    reader.tab(1)
    expect(page.locator("#listing .source")).to_have_count(4)
    page.locator("#search textarea, #search input").fill("nothing like this")
    expect(page.locator("#listing .source")).to_have_count(0)
    reader.tab(0)
    reader.ask(BRIDGE)
    assert "No article fits the filter" in reader.text("#live .refusal")
    page.locator("#note .plain").click()
    expect(page.locator("#note .chip")).to_have_count(0)
    reader.ask(UNKNOWN)
    assert page.locator("#live .restricted").count() == 0
    reader.tab(1)
    enter_day(reader, "until", "1", "January", "2023")
    enter_day(reader, "since", "1", "April", "2023")
    expect(page.locator("#listing")).to_contain_text("later than")
    reader.tab(0)
    assert "later than" in reader.text("#note")
    reader.tab(1)
    enter_day(reader, "until")
    expect(page.locator("#listing .source")).to_have_count(1)
    enter_day(reader, "since")
    expect(page.locator("#listing .source")).to_have_count(4)
    page.locator("#sources input").click()
    page.get_by_role("option", name="Kabar Contoh").click()
    expect(page.locator("#listing .source")).to_have_count(1)


def enter_day(person: User, name: str, day: str = "", month: str = "", year: str = "") -> None:
    """Fill in the fields of a day, as people do one after the other, and leave them."""
    fields = person.page.locator(f"#{name}")
    fields.locator("[name=day]").fill(day)
    fields.locator("[name=month]").select_option(label=month or None, index=None if month else 0)
    fields.locator("[name=year]").fill(year)
    fields.locator("[name=year]").press("Tab")


@pytest.mark.parametrize(("language", "february"), [("id", "Februari"), ("en", "February")])
def test_days_are_entered_in_the_language_of_the_page_and_mistakes_are_told(
    browser: Browser, base: str, language: Language, february: str
) -> None:
    """Whatever the browser's language is."""
    with user(browser, base, locale="en-US" if language == "id" else "id-ID") as person:
        page = person.open(language).page
        person.tab(1)
        rows = page.locator("#listing .source")
        enter_day(person, "since", year="2023")  # the whole year
        expect(rows).to_have_count(3)
        enter_day(person, "until", month=february, year="2023")  # the whole month
        expect(rows).to_have_count(1)
        enter_day(person, "until", "31", february, "2023")
        wrong = phrase(language, "chat.wrong_day", field=phrase(language, "chat.until"))
        expect(page.locator("#listing .bad")).to_have_text(wrong)
        expect(rows).to_have_count(3)  # and the day before it is not kept
        enter_day(person, "until", "31", february)
        expect(page.locator("#listing .bad")).to_have_text(wrong)
        person.tab(0)
        expect(page.locator("#note")).to_contain_text(wrong)
        person.ask(BRIDGE)
        assert "1964" in person.text("#live .short")
        page.locator("#note .plain").click()
        expect(page.locator("#note .chip")).to_have_count(0)
        person.tab(1)
        for name in ("since", "until"):
            for part in ("day", "month", "year"):
                field = page.locator(f"#{name} [name={part}]")
                expect(field).to_have_value("")
                assert phrase(language, f"chat.{name}") in (field.get_attribute("aria-label") or "")
        assert february in page.locator("#since [name=month]").inner_text()


def test_conversations_survive_reload_and_are_exported(reader: User) -> None:
    page = reader.page
    reader.ask(BRIDGE)
    page.locator("#live .cite").first.click()
    quoted = highlighted(reader)
    page.reload()
    assert highlighted(reader) == quoted  # the panel too
    assert "1964" in reader.text("#live .short")
    reader.tab(2)
    with page.expect_download() as download:
        page.get_by_role("button", name="Export Markdown").click()
    text = Path(download.value.path()).read_text(encoding="utf-8")
    assert "The Sample Gazette" in text
    assert "> " + quoted in text
    with page.expect_download() as download:
        page.get_by_role("button", name="Export JSON").click()
    data = json.loads(Path(download.value.path()).read_text(encoding="utf-8"))
    citation = data["exchanges"][0]["answer"]["citations"][0]
    assert citation["quotation"] == quoted
    reader.tab(0)
    page.locator("#renew").click()
    expect(page.locator(".exchange")).to_have_count(0)
    reader.tab(2)
    page.locator("#conversations .rename summary").click()
    page.locator("#conversations [name=title]").fill("The old <b>bridge</b>")
    page.keyboard.press("Enter")
    named = page.locator("#conversations .source", has_text="The old <b>bridge</b>")
    expect(named).to_have_count(1)
    named.click()
    expect(page.locator("#live .short")).to_contain_text("1964")
    reader.tab(2)
    page.locator("#conversations .rename summary").click()
    page.locator("#conversations [name=title]").fill("Bridges")
    page.keyboard.press("Enter")
    expect(page.locator("#conversations .source")).to_contain_text("Bridges")
    reader.tab(0)
    reader.ask(SHIP)
    page.reload()
    page.locator("#status [role=status]").wait_for()
    reader.tab(2)
    expect(page.locator("#conversations .source")).to_contain_text("Bridges")
    expect(page.locator("#conversations .source")).to_contain_text("2 questions")
    page.locator("#conversations summary").first.click()
    page.locator("#conversations .danger").first.click()
    expect(page.locator("#conversations .source")).to_have_count(0)
    page.reload()
    reader.page.locator("#status [role=status]").wait_for()
    expect(page.locator(".exchange")).to_have_count(0)


def test_edit_and_retry_replace_what_follows(reader: User) -> None:
    page = reader.page
    reader.ask(UNKNOWN)
    reader.ask(BRIDGE)
    page.locator('[data-exchange="0"] [data-act="edit"]').click()
    expect(page.locator("#composer textarea")).to_have_value(UNKNOWN)
    page.locator("#composer textarea").fill(SHIP)
    page.keyboard.press("Enter")
    expect(page.locator(".exchange[data-exchange]")).to_have_count(1)
    assert "34" in reader.text("#live .short")
    page.locator('[data-exchange="0"] [data-act="retry"]').click()
    expect(page.locator(".exchange[data-exchange]")).to_have_count(1)
    assert "34" in reader.text("#live .short")


def test_a_vote_and_its_comment_are_written_to_the_users_folder(reader: User, home: Path) -> None:
    page = reader.page
    reader.ask(BRIDGE)
    page.locator('#live [data-act="down"]').click()
    expect(page.locator('#live [data-act="down"]')).to_have_attribute("aria-pressed", "true")
    page.locator("#live .comment input").fill("the year is <wrong>")
    page.locator("#live .comment button").click()
    page.get_by_text("The comment is saved").wait_for()
    lines = (home / "tanya" / "feedback.jsonl").read_text(encoding="utf-8").splitlines()
    vote, comment = map(json.loads, lines[-2:])
    assert vote["id"] == comment["id"]
    assert (comment["vote"], comment["comment"]) == ("down", "the year is <wrong>")
    assert comment["answer"]["citations"][0]["quotation"]


def test_the_field_for_a_comment_opens_in_view(browser: Browser, base: str) -> None:
    with user(browser, base, viewport={"width": 1280, "height": 430}) as person:
        page = person.open().page
        for question in (SHIP, BRIDGE):
            person.ask(question)
        for number in (1, 0):
            down = page.locator(f'[data-exchange="{number}"] [data-act="down"]')
            down.click()
            field = page.locator(f'[data-exchange="{number}"] .comment input')
            expect(field).to_be_in_viewport(ratio=1)
            expect(field).to_be_focused()
        down.click()  # the vote is taken back
        expect(page.locator(".comment")).to_have_count(1)


def test_an_answer_is_copied_as_text_and_as_a_footnote(reader: User) -> None:
    page = reader.page
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    reader.ask(BRIDGE)
    for label, part in (("Copy", "opened in 1964"), ("Copy as footnote", "“Engineers close")):
        button = page.locator("#live").get_by_role("button", name=label, exact=True)
        button.click()
        expect(page.locator("#live .tools")).to_contain_text("Copied")
        copied = page.evaluate("navigator.clipboard.readText()")
        assert part in copied
        assert "The Sample Gazette" in copied
        expect(button).to_have_text(label)


def test_the_language_of_the_page_follows_the_browser_and_can_be_switched(
    browser: Browser, base: str
) -> None:
    with user(browser, base, locale="id-ID") as person:
        page = person.page
        page.goto(base)
        page.locator("#status [role=status]").wait_for()
        assert page.evaluate("document.documentElement.lang") == "id"
        expect(page.get_by_role("tab").first).to_have_text("Percakapan")
        person.ask(BRIDGE)
        page.get_by_role("link", name="English").click()
        expect(page.get_by_role("tab").first).to_have_text("Chat")
        assert page.evaluate("document.documentElement.lang") == "en"
        expect(page.locator("#live .short")).to_contain_text("1964")  # the conversation stays
        page.goto(base)
        expect(page.get_by_role("tab").first).to_have_text("Chat")  # and so does the choice


@pytest.mark.parametrize(("language", "locale"), [("id", "en-GB"), ("en", "id-ID")])
def test_the_page_speaks_one_language(
    browser: Browser, tmp_path: Path, language: Language, locale: str
) -> None:
    """Whatever the browser's is; so does what Gradio says by itself."""
    corpus = write_corpus(tmp_path / "corpus")
    (corpus / "kapal.json").unlink()
    (corpus / "pasar.txt").unlink()
    with (
        served(tmp_path, corpus, "--index", tmp_path / "index") as server,
        user(browser, server.address, locale=locale) as person,
    ):
        page = person.open(language).page
        assert person.text("#status") == ("1 artikel" if language == "id" else "1 article")
        person.tab(1)
        page.locator("#add > button").click()
        expect(page.locator("#listing .count")).to_have_text(
            "1 dari 1 artikel" if language == "id" else "1 of 1 article"
        )
        page.locator("#files button").first.wait_for()
        spoken = page.locator("body").inner_text() + "\n".join(
            page.locator("[aria-label]").evaluate_all("all => all.map(one => one.ariaLabel)")
        )
        foreign = ("Drop File", "Click to", "Upload", "upload", "More tabs", "articles", "common.")
        if language == "en":
            foreign = ("Letakkan", "Unggah", "atau", "artikel", "common.")
        assert [word for word in foreign if word in spoken] == []
        os.kill(server.process, signal.SIGKILL)
        lost = phrase(language, "chat.connection_lost")
        page.locator("#send").dispatch_event("click")
        expect(page.locator(".toast-body")).to_contain_text(lost)
        assert phrase(language, "chat.error") in person.text(".toast-body")


def test_hostile_articles_are_text_and_fetch_nothing(reader: User) -> None:
    page = reader.page
    reader.tab(1)
    row = page.locator("#listing .source", has_text="<script>hacked=1</script>")
    row.click()
    title = page.locator("#panel h2")
    expect(title).to_contain_text("<img src=x onerror=hacked=1>")
    expect(page.locator("#panel .facts")).to_contain_text("${hacked=1} {{hacked}} `${hacked=1}`")
    expect(page.locator("#panel .facts")).to_contain_text("javascript:hacked=1")
    assert page.locator("#panel a").count() == 0
    body = page.locator("#panel .reading").inner_text()
    assert "<script>window.hacked=1</script>" in body
    assert "![photo](http://127.0.0.1:9/outside.png)" in body
    assert "<svg onload=window.hacked=1>" in body
    reader.tab(0)
    reader.ask("How high is the lighthouse of Grenn? <script>hacked=1</script> ${hacked=1} {{x}}")
    assert "${hacked=1} {{x}}" in reader.text("#live .question")
    page.locator("#live .cite, #live .near .source").first.click()
    page.wait_for_timeout(300)
    assert page.locator("#panel script, #panel svg, #panel img, #panel iframe").count() == 0
    assert page.locator("#transcript script, #transcript img, #transcript svg").count() == 0
    assert page.evaluate("window.hacked === undefined")
    width = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    assert width <= 0  # a title of 5,000 characters does not break the page


def test_on_a_phone_the_article_covers_the_chat_until_back(browser: Browser, base: str) -> None:
    with user(browser, base, viewport=PHONE, has_touch=True, is_mobile=True) as person:
        page = person.open().page
        for question in (SHIP, BRIDGE):
            person.ask(question)
            box = page.locator("#composer").bounding_box()
            assert box
            assert PHONE["height"] - 130 < box["y"] + box["height"] <= PHONE["height"]
        reader, cite = page.locator("#reader"), page.locator("#live .cite").first
        expect(reader).to_be_hidden()  # it covers nothing by itself
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        assert page.evaluate("document.documentElement.scrollHeight <= window.innerHeight")
        address = page.url
        for leave in ("back", "button", "close", "Escape"):
            cite.tap()
            assert "1964" in highlighted(person)
            assert reader.bounding_box() == {"x": 0, "y": 0, **PHONE}
            assert page.locator("#desk").evaluate("desk => desk.inert")
            if leave == "back":
                page.go_back()
            elif leave == "button":
                page.locator("#panel .back").tap()
            elif leave == "close":
                page.locator("#panel [data-act=close]").tap()
            else:
                page.keyboard.press("Escape")
            expect(reader).to_be_hidden()
            expect(cite).to_be_in_viewport()
            assert not page.locator("#desk").evaluate("desk => desk.inert")
            assert page.url == address
            expect(page.locator(".exchange[data-exchange]")).to_have_count(2)
        cite.tap()
        assert "1964" in highlighted(person)
        page.reload()
        assert "1964" in highlighted(person)
        page.go_back()
        expect(reader).to_be_hidden()
        assert page.url == address


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_has_contrast(browser: Browser, base: str, scheme: str) -> None:
    """WCAG AA: 4.5 to 1, measured on the colours that the browser computes."""
    with user(browser, base, color_scheme=scheme) as person:
        person.open().ask(BRIDGE)
        person.page.locator("#live .cite").first.click()
        highlighted(person)
        person.page.mouse.move(0, 0)
        for selector in (
            "#live .question", "#live .short", "#live .sentences", "#live .cite", "#live .level",
            "#live .source b", "#live .source small", "#live .tool", "#panel .facts",
            "#panel .body", "#panel mark", "#languages a", "#status p", "#send", "#renew",
            '[role="tab"]',
        ):  # fmt: skip
            ratio = person.page.locator(selector).first.evaluate(CONTRAST)
            assert ratio >= 4.5, (selector, ratio)


CONTRAST = """element => {
  const parse = text => {
    const [r, g, b, a = 1] = text.match(/[\\d.]+/g).map(Number);
    return { r, g, b, a };
  };
  const light = ({ r, g, b }) => {
    const [x, y, z] = [r, g, b].map(v => {
      v /= 255;
      return v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  let ground = null;
  for (let at = element; at && !ground; at = at.parentElement) {
    const colour = parse(getComputedStyle(at).backgroundColor);
    if (colour.a > 0.99) ground = colour;
  }
  const [one, two] = [light(parse(getComputedStyle(element).color)), light(ground)];
  return (Math.max(one, two) + 0.05) / (Math.min(one, two) + 0.05);
}"""


def test_two_users_see_nothing_of_each_other(browser: Browser, base: str) -> None:
    with user(browser, base) as one, user(browser, base) as other:
        one.open().ask(BRIDGE)
        one.tab(1)
        one.page.locator("#search textarea, #search input").fill("kapal")
        expect(one.page.locator("#listing .source")).to_have_count(1)
        other.open()
        expect(other.page.locator(".exchange")).to_have_count(0)
        assert other.page.locator("#note .chip").count() == 0
        other.ask(SHIP)
        assert "34" in other.text("#live .short")
        other.tab(1)
        expect(other.page.locator("#listing .source")).to_have_count(4)
        one.page.reload()
        one.page.locator("#status [role=status]").wait_for()
        expect(one.page.locator(".exchange")).to_have_count(1)
        assert "1964" in one.text("#live .short")


def test_two_tabs_lose_no_question(browser: Browser, base: str) -> None:
    with user(browser, base) as one:
        one.open()
        other = User(one.page.context.new_page(), base).open()
        one.ask(BRIDGE)
        other.ask(SHIP)  # both began with nothing
        for person, question in ((one, BRIDGE), (other, SHIP)):
            person.page.reload()
            person.page.locator("#status [role=status]").wait_for()
            expect(person.page.locator("#live .question")).to_have_text(question)
        assert conversations(one) == sorted([[SHIP], [BRIDGE]])
        third = User(one.page.context.new_page(), base).open()
        expect(third.page.locator("#live .question")).to_have_text(SHIP)  # the last one of all
        third.ask(UNKNOWN)
        other.ask(BRIDGE)  # both go on with the same one
        expect(other.page.locator(".exchange[data-exchange]")).to_have_count(2)
        assert conversations(other) == sorted([[SHIP, BRIDGE], [SHIP, UNKNOWN], [BRIDGE]])
        one.page.close()
        third.page.close()
        fourth = User(other.page.context.new_page(), base).open()
        assert conversations(fourth) == sorted([[SHIP, BRIDGE], [SHIP, UNKNOWN], [BRIDGE]])
        alone = fourth.page.locator("#conversations li", has_text=BRIDGE)
        alone.locator("summary").first.click()
        alone.locator(".danger").click()
        expect(fourth.page.locator("#conversations .source")).to_have_count(2)
        assert conversations(other) == sorted([[SHIP, BRIDGE], [SHIP, UNKNOWN]])


def test_conversations_of_an_earlier_version_are_kept(reader: User) -> None:
    """It kept all but the open one in one list, which the page hands to the script."""
    reader.ask(BRIDGE)
    page = reader.page
    taken = """() => {
      const key = Object.keys(localStorage).find((one) => one.startsWith("tanya.conversation."));
      const old = JSON.parse(localStorage.getItem(key));
      localStorage.removeItem(key);
      tanya.begin(null, [{ ...old, id: "old" }, { ...old, id: "older" }]);
    }"""
    page.evaluate(taken)
    assert conversations(reader)[1:] == [[BRIDGE], [BRIDGE]]


def conversations(person: User) -> list[list[str]]:
    """The questions of each conversation in the list, as its export has them; sorted."""
    person.tab(0)
    person.tab(2)
    buttons = person.page.get_by_role("button", name="Export JSON")
    expect(buttons.first).to_be_visible()
    person.page.wait_for_timeout(700)  # the list is made anew
    found = []
    for number in range(buttons.count()):
        with person.page.expect_download() as download:
            buttons.nth(number).click()
        data = json.loads(Path(download.value.path()).read_text(encoding="utf-8"))
        found.append([one["question"] for one in data["exchanges"]])
    return sorted(found)


def test_added_articles_can_be_asked_about_and_removed(
    browser: Browser, base: str, tmp_path: Path
) -> None:
    good = tmp_path / "taman.txt"
    good.write_text(STORY)
    bad = tmp_path / "foto.txt"
    bad.write_bytes(bytes(range(256)) * 40)
    question = "Berapa pohon trembesi ditanam Sinta Harum di taman kota Belira?"
    with user(browser, base) as person, user(browser, base) as other:
        page = person.open().page
        other.open()
        person.tab(1)
        page.locator("#add > button").click()
        page.locator("#files input[type=file]").set_input_files([good, bad])
        page.locator("#result .results").wait_for()
        assert "Taman Kota Belira" in person.text("#result .good")
        assert "foto.txt" in person.text("#result .bad")
        expect(page.locator("#listing .source")).to_have_count(5)
        assert other.page.locator("#result *").count() == 0 or not other.text("#result")
        person.tab(0)
        person.ask(question)
        assert "320" in person.text("#live .short")
        person.tab(1)
        own = page.locator("#listing li", has_text="Samudra Jaya")
        own.locator("summary").click()
        expect(own.locator(".remove p")).to_have_text(phrase("en", "chat.remove_sure_folder"))
        item = page.locator("#listing li", has_text="Taman Kota Belira")
        item.locator("summary").click()
        expect(item.locator(".remove p")).to_have_text(phrase("en", "chat.remove_sure_added"))
        item.locator(".danger").click()
        expect(page.locator("#listing .source")).to_have_count(4)
        person.tab(0)
        expect(page.locator("#live .stale")).to_contain_text("removed")
        page.locator("#live .cite").first.click()
        expect(page.locator("#panel .stale")).to_be_visible()
        assert "320" in highlighted(person)  # the stored paragraph
        person.ask(question)
        assert page.locator("#live .declined").is_visible()
        person.tab(1)
        page.locator("#result").get_by_role("button", name="Undo").click()
        expect(page.locator("#listing .source")).to_have_count(5)
        person.tab(0)
        person.ask(question)
        assert "320" in person.text("#live .short")
        person.tab(1)
        item = page.locator("#listing li", has_text="Taman Kota Belira")
        item.locator("summary").click()
        item.locator(".danger").click()
        expect(page.locator("#listing .source")).to_have_count(4)
