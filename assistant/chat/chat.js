// What the page does by itself, without asking the server.
window.tanya = (() => {
  const calm = () => matchMedia("(prefers-reduced-motion: reduce)").matches;
  const narrow = () => matchMedia("(max-width: 900px)").matches;
  const behavior = () => (calm() ? "auto" : "smooth");
  let opener = null; // the button that opened the reading panel
  let followed; // the exchange that was last brought to the top
  let answered; // the last exchange before the question that is being asked
  let voted; // the number of the exchange that was voted on last

  const lastExchange = () => document.querySelector("#live .exchange");

  // Bring the question that is being answered to the top of what is seen, once.
  function followAnswer() {
    showComment();
    const last = lastExchange();
    const box = document.querySelector("#transcript");
    if (!last || !box || (last.dataset.id && last.dataset.id === followed)) return;
    followed = last.dataset.id;
    box.scrollTop += last.getBoundingClientRect().top - box.getBoundingClientRect().top;
  }

  // Where there is room beside the chat, the first citation of a new answer opens by itself.
  function openFirst() {
    const last = lastExchange();
    if (narrow() || !last?.dataset.id || last.dataset.id === answered) return;
    answered = last.dataset.id;
    last.querySelector(".cite")?.click();
  }

  // The field for a comment on a vote, brought into view.
  function showComment() {
    if (voted === undefined) return;
    const exchange = document.querySelector(`#transcript .exchange[data-exchange="${voted}"]`);
    const form = exchange?.querySelector(".comment");
    if (!form) return;
    voted = undefined;
    form.scrollIntoView({ block: "nearest", behavior: "auto" });
    form.querySelector("input").focus({ preventScroll: true });
  }

  // Scroll the panel, and nothing else, to the quoted words.
  function showCitation(panel) {
    cover();
    const now = panel.querySelector(".now mark") || panel.querySelector(".now");
    const reader = document.querySelector("#reader");
    if (!panel.querySelector(".reading")) return;
    if (now) {
      const offset = now.getBoundingClientRect().top - reader.getBoundingClientRect().top;
      reader.scrollTo({ top: reader.scrollTop + offset - reader.clientHeight / 3, behavior: behavior() });
    } else {
      reader.scrollTo({ top: 0 });
    }
    if (opener) panel.querySelector(".now")?.focus({ preventScroll: true });
  }

  // On a phone the article covers the chat, and is a step in the browser's history: "back" closes
  // it instead of leaving the page.
  let covered = false;
  function cover() {
    const shown = !!document.querySelector("#panel .bar");
    const [before, open] = [covered, narrow() && shown];
    const step = history.state?.tanya === "article";
    covered = open;
    for (const part of document.querySelectorAll("#masthead, #desk")) part.inert = open;
    if (open && !step) history.pushState({ tanya: "article" }, "");
    if (!open && step) history.back();
    if (before && !shown) back();
  }
  const closeArticle = () => document.querySelector('#panel [data-act="close"]')?.click();
  addEventListener("popstate", () => covered && closeArticle());
  matchMedia("(max-width: 900px)").addEventListener("change", cover);

  // From the article to where it was opened from.
  function back() {
    if (covered) return closeArticle();
    const place = opener?.isConnected ? opener : document.querySelector("#live .cite");
    place?.scrollIntoView({ block: "center", behavior: behavior() });
    place?.focus({ preventScroll: true });
  }

  document.addEventListener("click", async (event) => {
    const target = event.target.closest("[data-act], [data-copy], [data-back], [data-language], [data-tab]");
    if (!target) return;
    const { act, copy, language, tab } = target.dataset;
    if (act === "up" || act === "down") // pressed again, the vote is taken back
      voted = target.ariaPressed === "true" ? undefined : target.dataset.exchange;
    if (tab !== undefined) showTab(tab);
    if (act === "cite" || act === "read") {
      // What opens by itself takes no focus.
      if (!target.closest("#panel")) opener = event.isTrusted ? target : null;
      // The same citation again changes nothing on the server's side: scroll here.
      setTimeout(() => showCitation(document.querySelector("#panel")), 150);
    }
    if (copy !== undefined) {
      await navigator.clipboard.writeText(copy);
      const label = target.textContent;
      target.textContent = target.dataset.copied;
      setTimeout(() => (target.textContent = label), 1500);
    }
    if (target.dataset.back !== undefined) back();
    if (language) document.cookie = `tanya_language=${language};path=/;max-age=31536000;samesite=lax`;
  });

  // Before the page acts on it, which then no longer finds the conversation.
  const deleting = (event) => event.target.closest('#conversations [data-act="delete"]');
  document.addEventListener(
    "click", (event) => deleting(event) && forget(deleting(event).dataset.conversation), true,
  );
  document.addEventListener("submit", (event) => {
    const form = event.target.closest('[data-submit="rename"]');
    if (form) rename(form.dataset.conversation, form.elements.title.value.trim());
  }, true);

  document.addEventListener("keydown", (event) => {
    const reading = document.querySelector("#panel .reading");
    if (event.key === "Escape" && reading) back();
    const way = { ArrowLeft: 0, ArrowUp: 0, ArrowRight: 1, ArrowDown: 1 }[event.key];
    if (!event.altKey || !reading || way === undefined || event.target.closest("select")) return;
    document.querySelectorAll("#panel nav .step")[way]?.click();
    event.preventDefault();
  });

  // Conversations. Each has a key of its own in the browser's storage, so that two tabs do not
  // overwrite each other's. One that both go on with is kept twice, by the second under a new id.
  const KEPT = "tanya.conversation.";
  const OPEN = "tanya.open"; // of this tab, for when it is loaded again
  const known = new Map(); // by id: the exchanges that this tab last wrote or read
  const renamed = new Map(); // by id as the page has it: the one it is kept under
  let begun = false;

  const exchanges = (one) => one.exchanges.map((exchange) => exchange.id).join(" ");
  const newId = () => Math.random().toString(16).slice(2, 14).padEnd(12, "0");
  const lastAsked = (one) => one.exchanges[one.exchanges.length - 1].asked;

  function stored(id) {
    try {
      const one = JSON.parse(localStorage.getItem(KEPT + id));
      return one?.exchanges?.length ? one : null;
    } catch {
      return null;
    }
  }

  // All that are kept, the last asked first.
  function conversations() {
    const ids = Object.keys(localStorage).filter((key) => key.startsWith(KEPT));
    const found = ids.map((key) => stored(key.slice(KEPT.length))).filter(Boolean);
    return found.sort((one, other) => (lastAsked(one) < lastAsked(other) ? 1 : -1));
  }

  // Where the browser has no room left, the oldest give way.
  function write(one) {
    const others = conversations().filter((other) => other.id !== one.id);
    for (;;) {
      try {
        return localStorage.setItem(KEPT + one.id, JSON.stringify(one));
      } catch (error) {
        if (!others.length) throw error;
        localStorage.removeItem(KEPT + others.pop().id);
      }
    }
  }

  // Keep the conversation that this tab shows.
  function keep(shown) {
    if (!begun || !shown?.id) return;
    const id = renamed.get(shown.id) ?? shown.id;
    sessionStorage.setItem(OPEN, id);
    if (!shown.exchanges.length) return;
    const [there, now] = [stored(id), exchanges(shown)];
    const before = there ? exchanges(there) : now;
    if (before.startsWith(now + " ")) return; // another tab has gone on with it
    if (before !== now && before !== known.get(id)) {
      renamed.set(shown.id, newId());
      return keep(shown);
    }
    write({ ...shown, id, title: there ? there.title : shown.title });
    known.set(id, now);
  }

  // The conversation to go on with: under a new id if another tab has gone on with it.
  function mine(shown) {
    answered = lastExchange()?.dataset.id;
    if (!shown?.exchanges?.length) return shown;
    const id = renamed.get(shown.id) ?? shown.id;
    const there = stored(id);
    const changed = there && exchanges(there) !== exchanges(shown);
    return { ...shown, id: changed ? newId() : id };
  }

  // What this tab showed before it was loaded again; a new tab goes on with the last one of all.
  // Earlier versions kept all but the open one in one list, ``before``.
  function begin(shown, before) {
    for (const one of [...(before ?? []), shown])
      if (one?.exchanges?.length && !stored(one.id)) write(one);
    begun = true;
    const id = sessionStorage.getItem(OPEN);
    return id ? (stored(id) ?? { id, exchanges: [] }) : ((shown && stored(shown.id)) ?? shown);
  }

  const forget = (id) => localStorage.removeItem(KEPT + id);
  function rename(id, title) {
    const one = stored(renamed.get(id) ?? id);
    if (one) write({ ...one, title });
  }

  const focusComposer = () => document.querySelector("#composer textarea, #composer input")?.focus();
  const showTab = (number) => document.querySelectorAll('#desk [role="tab"]')[number]?.click();

  function download(text, name, type) {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([text], { type }));
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  }

  // The page's language, for screen readers as well; what Gradio says in English only is looked up
  // in ``words``.
  function speak(language, words) {
    const root = document.documentElement;
    const keep = () => root.lang !== language && (root.lang = language);
    new MutationObserver(keep).observe(root, { attributes: true, attributeFilter: ["lang"] });
    keep();
    const said = ".toast-title, .toast-message-text";
    const translate = () => {
      for (const part of document.querySelectorAll(said)) {
        const word = words[part.textContent.trim()];
        if (word && word !== part.textContent) part.textContent = word;
      }
      for (const part of document.querySelectorAll("button[aria-label], input[aria-label]")) {
        const word = words[part.ariaLabel];
        if (!word) continue;
        if (part.textContent.trim()) part.removeAttribute("aria-label"); // it says what it is for
        else if (word !== part.ariaLabel) part.ariaLabel = word;
      }
    };
    new MutationObserver(translate).observe(root, { childList: true, subtree: true });
  }

  return {
    begin, conversations, download, focusComposer, followAnswer, keep, mine, openFirst,
    showCitation, showComment, showTab, speak,
  };
})();
