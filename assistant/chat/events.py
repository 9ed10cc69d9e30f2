"""What happens on the page.

Nothing about a user is kept here: the conversation and what is being read come from the browser
with each event, filters are the values of their fields.
"""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gradio as gr

from assistant.chat import archive, lists, panel, suggest, transcript, uploads
from assistant.chat.conversation import Conversation, Exchange, markdown, mentioned_articles
from assistant.chat.days import Chosen, notes
from assistant.chat.engine import Engine, Status
from assistant.chat.feedback import record
from assistant.chat.fields import Fields
from assistant.chat.html import View, text
from assistant.chat.panel import Reading
from assistant.config import feedback_file
from assistant.question import QuestionError
from assistant.runs import RunFailedError
from assistant.smalltalk import Kind, reply, small_talk
from assistant.types import Answer
from index.filters import Selection
from index.text import cleaned
from index.types import Language
from prompts import phrase

_LOG = logging.getLogger(__name__)

SUGGESTED = 6
POLL_SECONDS = 0.4
SUGGESTIONS_SECONDS = 60.0  # waited for at most
ASKED_AT_ONCE = 16

# Conversations are kept by the browser (chat.js): it hands them over where an event needs them.
BEGIN = "(shown, kept, ...rest) => [tanya.begin(shown, kept), tanya.conversations(), ...rest]"
GO_ON = "(asked, shown, ...rest) => [asked, tanya.mine(shown), ...rest]"
WITH_KEPT = "(shown, kept, ...rest) => [shown, tanya.conversations(), ...rest]"

Updates = dict[Any, Any]


class Events:
    """What happens on the page; holds nothing but the engine and the page's parts."""

    def __init__(self, engine: Engine, language: Language, fields: Fields) -> None:
        self._engine = engine
        self._language = language
        self._fields = fields

    def connect(self, page: gr.Blocks, conversations_tab: gr.Tab) -> None:
        f = self._fields
        hidden: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
        asks: dict[str, Any] = {
            "fn": self.ask,
            "inputs": [f.composer, f.current, f.editing, *f.filters],
            "outputs": [
                f.settled, f.live, f.suggested, f.composer, f.current, f.editing, f.stopping,
                f.send, f.stop, f.note, f.status,
            ],
            "js": GO_ON,
            "concurrency_limit": ASKED_AT_ONCE,
            "trigger_mode": "always_last",  # a question sent while one is answered comes next
            **hidden,
        }  # fmt: skip
        page.load(
            self.start,
            [f.current, f.kept, f.reading, *f.filters],
            [f.settled, f.live, f.suggested, f.note, f.panel, f.status, f.listing, f.sources,
             f.conversations, f.current, f.kept],
            js=BEGIN,
            concurrency_limit=None,
            **hidden,
        )  # fmt: skip
        f.current.change(None, [f.current], None, js="shown => tanya.keep(shown)", **hidden)
        running: list[Any] = [f.composer.submit(**asks), f.send.click(**asks)]
        chosen = [f.composer, f.editing]
        running.append(f.suggested.pick(self.pick, None, chosen, **hidden).then(**asks))
        f.suggested.read(self.read, None, [f.panel, f.reading], **hidden)
        shown = [f.settled, f.live, f.current]
        for area in (f.settled, f.live):
            again = area.retry(self.take, [f.current], [*chosen, f.note], **hidden)
            running.append(again.then(**asks))
            area.edit(self.take, [f.current], [*chosen, f.note], **hidden).then(
                None, js="() => tanya.focusComposer()"
            )
            everywhere = area.everywhere(
                self.ask_everywhere, [f.current], [*chosen, *f.filters], **hidden
            )
            running.append(everywhere.then(**asks))
            area.cite(self.cite, [f.current], [f.panel, f.reading], **hidden)
            area.read(self.read, None, [f.panel, f.reading], **hidden)
            area.up(self.vote_up, [f.current], shown, **hidden)
            area.down(self.vote_down, [f.current], shown, **hidden)
            area.comment(self.comment, [f.current], [*shown, f.note], **hidden)
        for answered in running:
            answered.then(None, js="() => tanya.openFirst()")
            answered.then(self.follow, [f.current, *f.filters], [f.suggested], **hidden)
        f.stop.click(self.stop, [f.stopping], [f.stop], concurrency_limit=None, **hidden)
        f.panel.cite(self.cite, [f.current], [f.panel, f.reading], **hidden)
        f.panel.close(self.close, None, [f.panel, f.reading], **hidden)
        f.note.keep(self.keep_question, f.filters, [f.composer, f.editing, f.note], **hidden)
        f.note.clear_filter(self.clear_filter, None, f.filters, **hidden)
        self._connect_articles(hidden)
        self._connect_conversations(conversations_tab, hidden)

    def _connect_articles(self, hidden: dict[str, Any]) -> None:
        f = self._fields
        for field in f.filters:
            field.change(
                self.filtered, [f.current, *f.filters], [f.listing, f.note, f.suggested],
                trigger_mode="always_last", **hidden,
            )  # fmt: skip
        f.listing.read(self.read, None, [f.panel, f.reading], **hidden)
        if not self._engine.changes:  # not connected, they cannot be called either
            return
        refreshed = [f.result, f.listing, f.sources, f.status, f.settled, f.live, f.suggested]
        f.files.upload(
            self.add_files, [f.files, f.current, *f.filters], [*refreshed, f.files], **hidden
        )
        f.paste.click(
            self.add_text, [f.pasted, f.current, *f.filters], [*refreshed, f.pasted], **hidden
        )
        f.note.adopt(
            self.adopt, [f.composer, f.current, *f.filters], [*refreshed, f.composer, f.note],
            **hidden,
        )  # fmt: skip
        f.note.adopt(None, js="() => tanya.showTab(1)")
        f.listing.remove(self.remove, [f.current, *f.filters], refreshed, **hidden)
        f.result.undo(self.undo, [f.current, *f.filters], refreshed, **hidden)

    def _connect_conversations(self, tab: gr.Tab, hidden: dict[str, Any]) -> None:
        f = self._fields
        both = [f.current, f.kept]
        tab.select(self.list_conversations, both, [f.conversations], js=WITH_KEPT, **hidden)
        switched = [
            f.current, f.settled, f.live, f.suggested, f.panel, f.reading,
            f.conversations, f.editing, f.note,
        ]  # fmt: skip
        inputs = [*both, *f.filters]
        kept: dict[str, Any] = {"js": WITH_KEPT, **hidden}
        f.renew.click(self.renew, inputs, switched, **kept).then(
            None, js="() => tanya.focusComposer()"
        )
        f.conversations.open(self.open, inputs, switched, **kept).then(
            None, js="() => tanya.showTab(0)"
        )
        f.conversations.delete(self.delete, inputs, switched, **kept)
        f.conversations.rename(self.rename, both, [f.current, f.conversations], **kept)
        f.conversations.markdown(self.export_markdown, both, [f.exported], **kept).then(
            None, [f.exported], js='text => tanya.download(text, "tanya.md", "text/markdown")'
        )
        f.conversations.json(self.export_json, both, [f.exported], **kept).then(
            None, [f.exported], js='text => tanya.download(text, "tanya.json", "application/json")'
        )

    # What is shown

    def _view(self, conversation: Conversation, article: str = "") -> View:
        """The articles that a conversation mentions, and one that is read, with its history."""
        assistant = self._engine.assistant
        if assistant is None:
            return View(self._language)
        ids = mentioned_articles(conversation) | ({article} if article else set())
        found = assistant.store.catalog.articles(ids) if ids else []
        articles = {one.id: one for one in found}
        versions = assistant.store.catalog.history(article) if article in articles else ()
        return View(self._language, articles, versions)

    def _transcript(self, conversation: Conversation) -> Updates:
        view, count = self._view(conversation), len(conversation.exchanges)
        last = max(0, count - 1)
        return {
            self._fields.settled: transcript.exchanges(view, conversation, 0, last),
            self._fields.live: transcript.exchanges(view, conversation, last, count),
        }

    def _status(self) -> str:
        view = View(self._language)
        status, assistant = self._engine.status, self._engine.assistant
        if self._engine.failure is not None:
            return f'<p role="alert">{view.say("cannot_open", reason=self._engine.failure)}</p>'
        if assistant is None:
            return lists.progress(view, status.stage, status.done, status.total)
        count = view.say("collection", count=len(assistant.store.articles))
        samples = f" <em>{view.say('samples')}</em>" if self._engine.samples else ""
        return f'<p role="status">{count}{samples}</p>'

    def _listing(self, chosen: Chosen) -> Updates:
        f, assistant = self._fields, self._engine.assistant
        if assistant is None:
            return {}
        store = assistant.store
        everything = store.articles
        found = [store.article(one) for one in store.select(chosen).ids]
        removable: dict[str, lists.Origin] = {}
        if self._engine.changes and not self._engine.samples:
            shown = [article.id for article in found[: lists.LISTED]]
            removable = uploads.origins(self._engine, store.catalog, shown)
        outlets = sorted({article.source for article in everything if article.source})
        listing = lists.article_list(View(self._language), found, len(everything), removable)
        if self._engine.samples:
            hint = View(self._language).say("archive_samples")
            listing = f'<p class="hint">{hint}</p>{listing}'
        if faults := chosen.faults(View(self._language)):
            listing = notes(faults) + ("" if chosen.reversed else listing)
        return {f.listing: listing, f.sources: gr.update(choices=outlets), f.status: self._status()}

    def _suggested(self, chosen: Chosen) -> str:
        allowed = self._allowed(chosen)
        fitting = [
            one for one in self._engine.suggestions if allowed is None or one.article_id in allowed
        ]
        fitting.sort(key=lambda one: one.language != self._language)
        questions, seen = [], set()
        for one in fitting:
            if one.article_id not in seen:
                questions.append(one.question)
                seen.add(one.article_id)
        return transcript.suggestions(View(self._language), questions[:SUGGESTED], "suggestions")

    def _first(self, chosen: Chosen) -> str:
        """What an empty conversation begins with: what can be asked about, and questions."""
        assistant = self._engine.assistant
        if assistant is None:
            return ""
        view, articles = View(self._language), assistant.store.articles
        return archive.overview(view, articles, self._engine.samples) + self._suggested(chosen)

    def _allowed(self, chosen: Chosen) -> Selection | None:
        assistant = self._engine.assistant
        if assistant is None or not chosen.active:
            return None
        return assistant.store.select(chosen)

    def _note(self, chosen: Chosen) -> str:
        """That questions are restricted, with a way out."""
        allowed, assistant, view = (
            self._allowed(chosen),
            self._engine.assistant,
            View(self._language),
        )
        told = chosen.faults(view)
        if allowed is not None and assistant is not None and not chosen.reversed:
            total = len(assistant.store.articles)
            told.append(view.say("restricted", count=len(allowed), total=total))
        if not told:
            return ""
        words, clear = " ".join(told), view.say("clear_filter")
        return (
            f'<p class="chip">{words} <button type="button" class="plain" '
            f'data-act="clear_filter">{clear}</button></p>'
        )

    # Starting

    def start(
        self, current: object, kept: object, reading: object, *filters: Any
    ) -> Iterator[Updates]:
        """Show what the browser kept, wait for the engine, then show what needs it."""
        f, chosen = self._fields, Chosen.of(*filters)
        self._engine.seen.set()
        conversation = Conversation.from_dict(current)
        yield {
            **self._transcript(conversation),
            f.status: self._status(),
            f.current: conversation.to_dict(),
            f.kept: [],
        }
        while not self._engine.wait(POLL_SECONDS):
            yield {f.status: self._status()}
        yield {
            **self._transcript(conversation),
            **self._listing(chosen),
            f.status: self._status(),
            f.panel: self._panel(conversation, Reading.from_dict(reading)),
            f.conversations: self._conversations(conversation, _kept(kept)),
            f.note: self._note(chosen),
            f.suggested: "" if conversation.exchanges else self._first(chosen),
        }
        self._engine.wait_for_suggestions(SUGGESTIONS_SECONDS)
        if not conversation.exchanges:
            yield {f.suggested: self._first(chosen)}

    # Asking

    def ask(
        self, asked: str, current: object, editing: int | None, *filters: Any
    ) -> Iterator[Updates]:
        """Answer sentence by sentence, then store the exchange.

        Stopped, what a language model has written stays; where that is nothing, the question
        returns to the composer.
        """
        f, typed = self._fields, asked or ""
        asked = cleaned(typed)
        if not asked:
            yield gr.skip()  # without a yield, Gradio would blank everything
            return
        if talk := small_talk(asked):
            yield self._replied(asked, talk, Conversation.from_dict(current))
            return
        conversation = before = Conversation.from_dict(current)
        if editing is not None:
            conversation = conversation.first(editing)
        chosen = Chosen.of(*filters)
        view = self._view(conversation)
        stopping = threading.Event()
        opening: Updates = {
            f.settled: transcript.exchanges(view, conversation, 0, len(conversation.exchanges)),
            f.suggested: "",
            f.composer: "",
            f.editing: None,
            f.stopping: stopping,
            f.note: self._note(chosen),
        }
        waiting: Updates = {f.send: gr.update(visible=False), f.stop: gr.update(visible=True)}
        ending: Updates = {f.send: gr.update(visible=True), f.stop: gr.update(visible=False)}
        back: Updates = {**self._transcript(conversation), f.composer: asked, **ending}
        if not self._engine.wait(0):
            yield {**opening, **waiting, f.live: self._waiting(asked)}
            opening = {}
        while not self._engine.wait(POLL_SECONDS):
            if stopping.is_set():
                yield back
                return
            yield {f.live: self._waiting(asked)}
        assistant = self._engine.assistant
        if assistant is None:
            failed = phrase(self._language, "chat.cannot_open", reason=self._engine.failure)
            yield {**opening, **ending, f.live: transcript.pending(asked, failed)}
            return
        if assistant.writes:
            yield {**opening, **waiting, f.live: transcript.pending(asked, self._say("writing"))}
            opening = {}
        said = ""
        try:
            for piece in assistant.stream(
                asked,
                history=conversation.history,
                search=chosen.search,
                since=chosen.since,
                until=chosen.until,
                sources=chosen.sources,
                stop=stopping,
            ):
                if isinstance(piece, Answer):
                    answer = piece
                elif assistant.writes and not stopping.is_set():
                    said += piece
                    yield {f.live: transcript.pending(asked, self._say("writing"), said)}
        except QuestionError as error:
            put_back: Updates = {
                f.composer: typed,
                f.editing: editing,
                f.note: self._refused(error),
            }
            yield {**ending, **self._transcript(before), **put_back}
            return
        if stopping.is_set() and answer.mode != "llm":
            yield back
            return
        allowed = self._allowed(chosen)
        among = None if allowed is None else (len(allowed), len(assistant.store.articles))
        conversation = conversation.extended(Exchange.new(asked, answer, among))
        yield {
            **opening,
            **ending,
            f.live: self._last(conversation),
            f.current: conversation.to_dict(),
            f.status: self._status(),
        }

    def _replied(
        self, said: str, talk: tuple[Kind, Language], conversation: Conversation
    ) -> Updates:
        """An answer to small talk: shown, but no part of the conversation."""
        f, (kind, language) = self._fields, talk
        view, count = self._view(conversation), len(conversation.exchanges)
        return {
            f.settled: transcript.exchanges(view, conversation, 0, count),
            f.live: transcript.reply(said, reply(kind, language), language),
            f.suggested: "",
            f.composer: "",
        }

    def _refused(self, error: QuestionError) -> str:
        """Why a question cannot be asked; a text that is too long for one may be an article."""
        view = View(self._language)
        if error.message.name == "empty_question":
            return f'<p class="chip" role="alert">{view.say("no_words")}</p>'
        adopt, told = "", text(error.text(self._language))
        if error.message.name == "long_question" and self._engine.changes:
            adopt = (
                ' <button type="button" class="plain" data-act="adopt">'
                f"{view.say('adopt')}</button>"
            )
        return f'<p class="chip" role="alert">{told[:1].upper()}{told[1:]}.{adopt}</p>'

    def _say(self, name: str) -> str:
        return phrase(self._language, f"chat.{name}")

    def _waiting(self, asked: str) -> str:
        return transcript.pending(asked, self._say(f"stage_{self._engine.status.stage}"))

    def stop(self, stopping: threading.Event | None) -> Any:
        """End the answer that is being written; ``ask`` shows what comes of it."""
        if stopping is not None:
            stopping.set()
        return gr.update(visible=False)

    def follow(self, current: object, *filters: Any) -> str:
        """What to ask after the last answer, or first."""
        exchanges, assistant = Conversation.from_dict(current).exchanges, self._engine.assistant
        if not exchanges or assistant is None:
            return self._first(Chosen.of(*filters))
        earlier = [one.question for one in exchanges]
        pool = self._engine.suggestions
        following = suggest.follow_ups(assistant, exchanges[-1].answer, earlier, pool)
        return transcript.suggestions(View(self._language), following, "follow_ups")

    def _last(self, conversation: Conversation) -> str:
        last = Conversation("", conversation.exchanges[-1:])
        count = len(conversation.exchanges)
        return transcript.exchanges(self._view(last), conversation, count - 1, count)

    def pick(self, event: gr.EventData) -> tuple[str, None]:
        return str(event.text), None

    def take(self, current: object, event: gr.EventData) -> tuple[str, int, str]:
        """Put a question back into the composer; what follows it will be replaced."""
        number = int(event.exchange)
        asked = Conversation.from_dict(current).exchanges[number].question
        view = View(self._language)
        keep = f'<button type="button" class="plain" data-act="keep">{view.say("keep")}</button>'
        return asked, number, f'<p class="chip">{view.say("editing")} {keep}</p>'

    def ask_everywhere(self, current: object, event: gr.EventData) -> tuple[Any, ...]:
        """Put a question into the composer again, with no filter on; its answer stays."""
        asked = Conversation.from_dict(current).exchanges[int(event.exchange)].question
        return asked, None, *self.clear_filter()

    def keep_question(self, *filters: Any) -> tuple[str, None, str]:
        return "", None, self._note(Chosen.of(*filters))

    # Reading

    def cite(self, current: object, event: gr.EventData) -> tuple[str, dict[str, object]]:
        reading = Reading(int(event.exchange), int(event.marker))
        return self._panel(Conversation.from_dict(current), reading), reading.to_dict()

    def read(self, event: gr.EventData) -> tuple[str, dict[str, object]]:
        reading = Reading(article=str(event.article))
        return self._panel(Conversation.new(), reading), reading.to_dict()

    def close(self) -> tuple[str, None]:
        return panel.empty_panel(View(self._language)), None

    def _panel(self, conversation: Conversation, reading: Reading | None) -> str:
        if reading is None:
            return panel.empty_panel(View(self._language))
        if reading.exchange is None:
            view = self._view(Conversation.new(), reading.article)
            return panel.article_panel(view, reading.article)
        if not 0 <= reading.exchange < len(conversation.exchanges):
            return panel.empty_panel(View(self._language))
        answer = conversation.exchanges[reading.exchange].answer
        cited = {one.marker: one.paragraph.article_id for one in answer.citations}
        view = self._view(conversation, cited.get(reading.marker, ""))
        return panel.cited_panel(view, answer, reading.exchange, reading.marker)

    # Feedback

    def vote_up(self, current: object, event: gr.EventData) -> Updates:
        return self._vote(current, int(event.exchange), "up")

    def vote_down(self, current: object, event: gr.EventData) -> Updates:
        return self._vote(current, int(event.exchange), "down")

    def _vote(self, current: object, number: int, vote: Any) -> Updates:
        conversation = Conversation.from_dict(current)
        before = conversation.exchanges[number].vote
        conversation = conversation.voted(number, "" if before == vote else vote)
        record(feedback_file(), conversation.exchanges[number], "", self._engine.index)
        return {**self._transcript(conversation), self._fields.current: conversation.to_dict()}

    def comment(self, current: object, event: gr.EventData) -> Updates:
        conversation = Conversation.from_dict(current)
        exchange = conversation.exchanges[int(event.exchange)]
        record(feedback_file(), exchange, str(event._data["comment"]), self._engine.index)
        thanks = f'<p class="chip" role="status">{View(self._language).say("comment_thanks")}</p>'
        return {**self._transcript(conversation), self._fields.note: thanks}

    # Articles

    def filtered(self, current: object, *filters: Any) -> Updates:
        f, chosen = self._fields, Chosen.of(*filters)
        begun = Conversation.from_dict(current).exchanges
        return {
            f.listing: self._listing(chosen).get(f.listing, ""),
            f.note: self._note(chosen),
            f.suggested: self._suggested(chosen) if begun else self._first(chosen),
        }

    def clear_filter(self) -> tuple[str, None, None, list[str]]:
        return "", None, None, []

    def add_files(
        self, files: list[str] | None, current: object, *filters: Any
    ) -> Iterator[Updates]:
        uploaded = map(Path, dict.fromkeys(files or ()))  # the same one twice has one path
        stored = [uploads.store_file(self._engine.added, file) for file in uploaded]
        for updates in self._add(stored, current, Chosen.of(*filters)):
            yield {**updates, self._fields.files: None}

    def add_text(self, pasted: str, current: object, *filters: Any) -> Iterator[Updates]:
        f = self._fields
        if not (pasted or "").strip():
            yield {f.result: lists.failure(View(self._language), "paste_empty")}
            return
        stored = [uploads.store_text(self._engine.added, pasted)]
        yield from self._add(stored, current, Chosen.of(*filters), {f.pasted: ""})

    def adopt(self, typed: str, current: object, *filters: Any) -> Iterator[Updates]:
        """Add what was put into the box for questions as an article."""
        chosen = Chosen.of(*filters)
        stored = [uploads.store_text(self._engine.added, typed)]
        emptied: Updates = {self._fields.composer: "", self._fields.note: self._note(chosen)}
        yield from self._add(stored, current, chosen, emptied)

    def _add(
        self,
        stored: list[uploads.Stored],
        current: object,
        chosen: Chosen,
        emptied: Updates | None = None,
    ) -> Iterator[Updates]:
        """Index what was stored; ``emptied`` are the fields that it came from, once it is taken."""
        f, view, samples = self._fields, View(self._language), self._engine.samples
        yield {f.result: lists.progress(view, "loading", 0, 0)}
        try:
            for step in uploads.add(self._engine, stored):
                if isinstance(step, Status):
                    yield {f.result: lists.progress(view, step.stage, step.done, step.total)}
                else:
                    left = samples and not self._engine.samples
                    told = lists.file_results(view, step, "samples_left" if left else "")
                    yield {f.result: told, **self._listing(chosen)}
                    if emptied and not any(one.reason for one in step):
                        yield emptied
        except RunFailedError as error:
            _LOG.error("adding articles failed: %s", error)
            yield {f.result: lists.failure(view, "run_failed", reason=error.message)}
            return
        yield from self._changed(current, chosen)

    def remove(self, event: gr.EventData, current: object, *filters: Any) -> Iterator[Updates]:
        f, view, chosen = self._fields, View(self._language), Chosen.of(*filters)
        article_id = str(event.article)
        if self._engine.samples:
            yield gr.skip()
            return
        removed = uploads.Removed("", "folder")
        try:
            for step in uploads.remove(self._engine, article_id):
                if isinstance(step, Status):
                    yield {f.result: lists.progress(view, step.stage, step.done, step.total)}
                else:
                    removed = step
        except RunFailedError as error:
            _LOG.error("removing %s failed: %s", article_id, error)
            yield {f.result: lists.failure(view, "run_failed", reason=error.message)}
            return
        told = lists.removal(view, removed.title, removed.origin, removed.key)
        yield {f.result: told, **self._listing(chosen)}
        yield from self._changed(current, chosen)

    def undo(self, event: gr.EventData, current: object, *filters: Any) -> Iterator[Updates]:
        """Bring a removed article back."""
        stored = uploads.bring_back(self._engine, str(event.removed))
        if not stored:
            yield {self._fields.result: lists.failure(View(self._language), "undo_gone")}
            return
        yield from self._add(stored, current, Chosen.of(*filters))

    def _changed(self, current: object, chosen: Chosen) -> Iterator[Updates]:
        """What follows from a change of the collection: marks on citations, new suggestions."""
        conversation, f = Conversation.from_dict(current), self._fields
        begun = bool(conversation.exchanges)
        first: Updates = {} if begun else {f.suggested: self._first(chosen)}
        yield {**self._transcript(conversation), **first}
        self._engine.suggest()
        if not begun:
            yield {f.suggested: self._first(chosen)}

    # Conversations

    def _conversations(self, current: Conversation, kept: list[Conversation]) -> str:
        return lists.conversation_list(View(self._language), _everything(current, kept), current.id)

    def list_conversations(self, current: object, kept: object) -> str:
        return self._conversations(Conversation.from_dict(current), _kept(kept))

    def renew(self, current: object, kept: object, *filters: Any) -> Updates:
        """Begin a new conversation; the old one is kept."""
        old = Conversation.from_dict(current)
        return self._switched(
            Conversation.new(), _everything(old, _kept(kept)), Chosen.of(*filters)
        )

    def open(self, event: gr.EventData, current: object, kept: object, *filters: Any) -> Updates:
        return self._switched(_wanted(current, kept, event), _kept(kept), Chosen.of(*filters))

    def delete(self, event: gr.EventData, current: object, kept: object, *filters: Any) -> Updates:
        here = Conversation.from_dict(current)
        others = [one for one in _kept(kept) if one.id != event.conversation]
        if here.id == event.conversation:
            here = Conversation.new()
        return self._switched(here, others, Chosen.of(*filters))

    def rename(self, event: gr.EventData, current: object, kept: object) -> Updates:
        """Call a conversation otherwise; the browser has renamed the kept ones already."""
        here, f = Conversation.from_dict(current), self._fields
        if here.id == event.conversation:
            here = here.renamed(str(event.title))
        return {
            f.current: here.to_dict(),
            f.conversations: self._conversations(here, _kept(kept)),
        }

    def _switched(self, current: Conversation, kept: list[Conversation], chosen: Chosen) -> Updates:
        f = self._fields
        return {
            **self._transcript(current),
            f.current: current.to_dict(),
            f.suggested: "" if current.exchanges else self._first(chosen),
            f.panel: panel.empty_panel(View(self._language)),
            f.reading: None,
            f.conversations: self._conversations(current, kept),
            f.editing: None,
            f.note: self._note(chosen),
        }

    def export_markdown(self, current: object, kept: object, event: gr.EventData) -> str:
        return markdown(_wanted(current, kept, event), self._language)

    def export_json(self, current: object, kept: object, event: gr.EventData) -> str:
        found = _wanted(current, kept, event)
        return json.dumps(found.to_dict(), ensure_ascii=False, indent=1)


def _kept(value: object) -> list[Conversation]:
    found = map(Conversation.from_dict, value) if isinstance(value, list) else ()
    return [one for one in found if one.exchanges]


def _everything(current: Conversation, kept: list[Conversation]) -> list[Conversation]:
    """All conversations, each once; where another tab has gone on with this one, as it left it."""
    there = {one.id for one in kept}
    return [*([current] if current.exchanges and current.id not in there else []), *kept]


def _wanted(current: object, kept: object, event: gr.EventData) -> Conversation:
    here = Conversation.from_dict(current)
    everything = _everything(here, _kept(kept))
    return next((one for one in everything if one.id == event.conversation), here)
