"""The parts of the page that events read or change."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import gradio as gr


@dataclass(frozen=True, slots=True)
class Fields:
    """The parts of the page that events read or change."""

    current: gr.BrowserState
    kept: gr.BrowserState
    reading: gr.BrowserState
    editing: gr.State
    stopping: gr.State
    status: gr.HTML
    settled: gr.HTML
    live: gr.HTML
    suggested: gr.HTML
    note: gr.HTML
    composer: gr.Textbox
    send: gr.Button
    stop: gr.Button
    renew: gr.Button
    search: gr.Textbox
    since: gr.HTML
    until: gr.HTML
    sources: gr.Dropdown
    files: gr.File
    pasted: gr.Textbox
    paste: gr.Button
    result: gr.HTML
    listing: gr.HTML
    conversations: gr.HTML
    exported: gr.Textbox
    panel: gr.HTML

    @property
    def filters(self) -> list[Any]:
        return [self.search, self.since, self.until, self.sources]
