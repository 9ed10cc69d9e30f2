// What the page does by itself, without asking the server.
window.tanya = (() => {
  const calm = () => matchMedia("(prefers-reduced-motion: reduce)").matches;
  const narrow = () => matchMedia("(max-width: 900px)").matches;
  const behavior = () => (calm() ? "auto" : "smooth");
  let opener = null; // the button that opened the reading panel

  // Bring the question that is being answered to the top of what is seen.
  function followAnswer() {
    const last = document.querySelector("#live .exchange");
    const box = document.querySelector("#transcript");
    if (!last || !box) return;
    if (narrow()) return last.scrollIntoView({ block: "start", behavior: "auto" });
    box.scrollTop += last.getBoundingClientRect().top - box.getBoundingClientRect().top;
  }

  // Scroll the panel, and nothing else where it has its own scroll bar, to the quoted words.
  function showCitation(panel) {
    const now = panel.querySelector(".now mark") || panel.querySelector(".now");
    const reader = document.querySelector("#reader");
    if (!panel.querySelector(".reading")) return;
    if (narrow()) {
      (now || reader).scrollIntoView({ block: "center", behavior: behavior() });
    } else if (now) {
      const offset = now.getBoundingClientRect().top - reader.getBoundingClientRect().top;
      reader.scrollTo({ top: reader.scrollTop + offset - reader.clientHeight / 3, behavior: behavior() });
    } else {
      reader.scrollTo({ top: 0 });
    }
    if (opener) panel.querySelector(".now")?.focus({ preventScroll: true });
  }

  function back() {
    const place = opener?.isConnected ? opener : document.querySelector("#live .cite");
    place?.scrollIntoView({ block: "center", behavior: behavior() });
    place?.focus({ preventScroll: true });
  }

  document.addEventListener("click", async (event) => {
    const target = event.target.closest("[data-act], [data-copy], [data-back], [data-language]");
    if (!target) return;
    const { act, copy, language } = target.dataset;
    if (act === "cite" || act === "read") {
      if (!target.closest("#panel")) opener = target;
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

  document.addEventListener("keydown", (event) => {
    const reading = document.querySelector("#panel .reading");
    if (event.key === "Escape" && reading) back();
    if (!event.altKey || !reading || !["ArrowLeft", "ArrowRight"].includes(event.key)) return;
    const steps = document.querySelectorAll("#panel nav .step");
    steps[event.key === "ArrowLeft" ? 0 : 1]?.click();
    event.preventDefault();
  });

  const focusComposer = () => document.querySelector("#composer textarea, #composer input")?.focus();
  const showTab = (number) => document.querySelectorAll('#desk [role="tab"]')[number]?.click();

  function download(text, name, type) {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([text], { type }));
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  }

  // Gradio sets the browser's language on the page; the page's own is what a screen reader needs.
  function keepLanguage(language) {
    const root = document.documentElement;
    const keep = () => root.lang !== language && (root.lang = language);
    new MutationObserver(keep).observe(root, { attributes: true, attributeFilter: ["lang"] });
    keep();
  }

  return { keepLanguage, followAnswer, showCitation, focusComposer, showTab, download };
})();
