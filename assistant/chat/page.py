"""The page in one language: its parts and their place."""

from __future__ import annotations

import json

import gradio as gr
from gradio.events import api

from assistant.chat.blocks import Blocks
from assistant.chat.days import day_fields
from assistant.chat.endpoint import Endpoint
from assistant.chat.engine import Engine
from assistant.chat.events import ASKED_AT_ONCE, Events
from assistant.chat.fields import Fields
from assistant.chat.guard import MAX_UPLOAD
from assistant.chat.html import View, text
from assistant.chat.panel import empty_panel
from assistant.request import MAX_SEARCH_CHARS
from index.readers import READERS
from index.types import Language
from prompts import phrase

MOST_WAITING = 256  # events of all users; further ones are refused at once

# Clicks on a button with data-act become events of that name, with its data.
ACTS = """/* "cite" "read" "close" "retry" "edit" "up" "down" "comment" "pick" "remove"
"open" "delete" "markdown" "json" "clear_filter" "keep" "everywhere" "adopt" "undo" "rename" */
element.addEventListener("click", event => {
  const button = event.target.closest("[data-act]");
  if (button && element.contains(button)) trigger(button.dataset.act, {...button.dataset});
});
element.addEventListener("submit", event => {
  event.preventDefault();
  const form = event.target.closest("[data-submit]");
  const fields = Object.fromEntries(new FormData(form));
  trigger(form.dataset.submit, {...form.dataset, ...fields});
});
"""
SETTLED = ACTS + 'watch("value", tanya.showComment);'
LIVE = ACTS + 'element.setAttribute("aria-live", "polite"); watch("value", tanya.followAnswer);'
PANEL = ACTS + 'watch("value", () => tanya.showCitation(element));'


def theme() -> gr.themes.Base:
    """Fonts of the user's machine only, and our own colours through the style sheet."""
    sans = ("ui-sans-serif", "system-ui", "Segoe UI", "Helvetica Neue", "Noto Sans", "sans-serif")
    mono = ("ui-monospace", "Menlo", "Consolas", "monospace")
    return gr.themes.Base(font=sans, font_mono=mono, radius_size="sm", neutral_hue="stone").set(
        body_background_fill="#faf8f3",
        body_background_fill_dark="#161412",
        body_text_color="#22201c",
        body_text_color_dark="#ece7df",
        block_background_fill="transparent",
        block_background_fill_dark="transparent",
        block_border_width="0px",
        block_border_width_dark="0px",
        input_background_fill="#ffffff",
        input_background_fill_dark="#211e1b",
        input_border_color="#b9b1a3",
        input_border_color_dark="#5b544b",
        button_primary_background_fill="#8f2d16",
        button_primary_background_fill_hover="#74230f",
        button_primary_background_fill_dark="#b04a2f",
        button_primary_background_fill_hover_dark="#c2583b",
        button_primary_text_color="#ffffff",
        button_primary_text_color_dark="#ffffff",
    )


# What Gradio says by itself, in English only, by the name of our phrase.
GRADIO_SAYS = {
    "error": "Error",
    "connection_lost": "Connection to the server was lost. Attempting reconnection...",
    "connection_broke": "Connection errored out.",
    "busy": "This application is currently busy. Please try again.",
    "more_tabs": "More tabs",
    "files": "File upload",
    "upload": "Click to upload or drop files",
}


def translations(language: Language) -> gr.I18n:
    """Names that Gradio looks up in the page's language and has no word for."""
    words: dict[str, dict[str, str]] = {
        language: {"common.upload": phrase(language, "chat.upload")}
    }
    return gr.I18n(**words)


def head(language: Language, script: str) -> str:
    """The page's own script, and what it says in place of Gradio."""
    words = {said: phrase(language, f"chat.{name}") for name, said in GRADIO_SAYS.items()}
    return f"<script>{script}tanya.speak({json.dumps(language)}, {json.dumps(words)});</script>"


def build(engine: Engine, language: Language) -> gr.Blocks:
    """The page in this language."""

    def say(name: str, **values: object) -> str:
        return phrase(language, f"chat.{name}", **values)

    with Blocks(
        title="Tanya", fill_width=True, analytics_enabled=False, delete_cache=(3600, 3600)
    ) as page:
        current, kept, reading = (
            gr.BrowserState(None, storage_key=f"tanya.{name}", secret="tanya")
            for name in ("current", "kept", "reading")
        )
        editing, stopping = gr.State(None), gr.State(None)
        with gr.Row(elem_id="masthead"):
            gr.HTML(_brand(language))
            status = gr.HTML("", elem_id="status", js_on_load=ACTS)
            gr.HTML(_switch(language), elem_id="languages")
        with gr.Row(elem_id="workspace"):
            with gr.Column(elem_id="desk"), gr.Tabs():
                with gr.Tab(say("tab_chat"), elem_id="tab-chat"):
                    with gr.Column(elem_id="transcript"):
                        settled = gr.HTML("", js_on_load=SETTLED, elem_id="settled")
                        live = gr.HTML("", js_on_load=LIVE, elem_id="live")
                        suggested = gr.HTML("", js_on_load=ACTS, elem_id="suggested")
                    with gr.Column(elem_id="ask"):
                        note = gr.HTML("", js_on_load=ACTS, elem_id="note")
                        with gr.Row(elem_id="composer-row"):
                            composer = gr.Textbox(
                                label=say("question"), placeholder=say("placeholder"), lines=1,
                                max_lines=6, autofocus=True, scale=1,
                                elem_id="composer", container=False,
                            )  # fmt: skip
                            send = gr.Button(say("send"), variant="primary", elem_id="send")
                            stop = gr.Button(say("stop"), visible=False, elem_id="stop")
                        renew = gr.Button(say("new"), size="sm", elem_id="renew")
                with gr.Tab(say("tab_articles"), elem_id="tab-articles"):
                    with gr.Accordion(
                        say("add"), open=False, elem_id="add", visible=engine.changes
                    ):
                        hint = say(
                            "files_hint", formats=" ".join(READERS), megabytes=MAX_UPLOAD >> 20
                        )
                        gr.HTML(f'<p class="hint">{text(hint)}</p>')
                        files = gr.File(
                            label=say("files"), file_count="multiple", elem_id="files",
                            height=130,
                        )  # fmt: skip
                        pasted = gr.Textbox(
                            label=say("paste_label"), placeholder=say("paste_hint"), lines=4,
                            max_lines=12, elem_id="pasted",
                        )  # fmt: skip
                        paste = gr.Button(say("paste"), elem_id="paste")
                    result = gr.HTML("", js_on_load=ACTS, elem_id="result")
                    search = gr.Textbox(
                        label=say("search"),
                        placeholder=say("search_hint"),
                        elem_id="search",
                        max_length=MAX_SEARCH_CHARS,
                    )
                    with gr.Row(elem_id="filters"):
                        since, until = (day_fields(language, name) for name in ("since", "until"))
                        sources = gr.Dropdown(
                            label=say("outlets"), multiselect=True, choices=[], elem_id="sources",
                            min_width=180,
                        )  # fmt: skip
                    listing = gr.HTML("", js_on_load=ACTS, elem_id="listing")
                with gr.Tab(say("tab_conversations"), elem_id="tab-conversations") as tab:
                    gr.HTML(f'<p class="hint">{text(say("kept_here"))}</p>')
                    conversations = gr.HTML("", js_on_load=ACTS, elem_id="conversations")
            with gr.Column(elem_id="reader"):
                panel = gr.HTML(empty_panel(View(language)), js_on_load=PANEL, elem_id="panel")
        exported = gr.Textbox(visible="hidden", elem_id="exported")
        fields = Fields(
            current, kept, reading, editing, stopping, status, settled, live, suggested, note,
            composer, send, stop, renew, search, since, until, sources, files, pasted, paste,
            result, listing, conversations, exported, panel,
        )  # fmt: skip
        # Before the events of the page, of which one would take its name.
        api(Endpoint(engine, language).ask, api_name="ask", concurrency_limit=ASKED_AT_ONCE)
        Events(engine, language, fields).connect(page, tab)
    page.queue(default_concurrency_limit=ASKED_AT_ONCE, max_size=MOST_WAITING)
    return page  # type: ignore[no-any-return]  # gradio's Blocks is untyped where entered


def _brand(language: Language) -> str:
    tagline = text(phrase(language, "chat.tagline"))
    return f'<div class="brand"><h1>Tanya</h1><p>{tagline}</p></div>'


def _switch(language: Language) -> str:
    links = ""
    for code, name in (("id", "Indonesia"), ("en", "English")):
        here = ' aria-current="true"' if code == language else ""
        links += (
            f'<a href="../{code}/" lang="{code}" hreflang="{code}" data-language="{code}"{here}>'
            f"{name}</a>"
        )
    label = text(phrase(language, "chat.language"))
    return f'<nav aria-label="{label}">{links}</nav>'
