"""Everything that is not ours is escaped, and a quotation is highlighted to the letter."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.chat import archive, lists, panel, transcript
from assistant.chat.conversation import Conversation, Exchange
from assistant.chat.html import View, link, marked, text
from assistant.types import Answer, Citation, Near
from index.history import Version
from index.types import Article, Paragraph
from prompts import Message

EVIL = "<script>x</script><img src=x onerror=x> \"'`${x} {{x}} ![a](http://a/b) javascript:x"
DATE = datetime(2022, 1, 21, 19, 21, tzinfo=UTC)


def article(*paragraphs: str) -> Article:
    blocks = tuple(Paragraph("a-1", n, one) for n, one in enumerate(paragraphs, start=1))
    return Article("a-1", EVIL, "javascript:x", EVIL, DATE, False, "id", EVIL, blocks, EVIL)


def citation(paragraph: str, quotation: str, marker: int = 1, number: int = 1) -> Citation:
    start = paragraph.index(quotation)
    return Citation(
        marker, Paragraph("a-1", number, paragraph), EVIL, DATE, False, EVIL, "javascript:x", "id",
        (start, start + len(quotation)), (EVIL,),
    )  # fmt: skip


def answer(*citations: Citation, short: str = "") -> Answer:
    said = " ".join(f"{one.quotation} [{one.marker}]" for one in citations)
    return Answer(said, short, citations, "id", 0.9, False, notice=EVIL)


def tags(html: str) -> set[str]:
    return set(re.findall(r"<(\w+)", html))


@given(st.text())
def test_text_can_be_read_back_and_holds_nothing_active(value: str) -> None:
    import html

    escaped = text(value)
    assert html.unescape(escaped) == value or "\r" in value or "\0" in value
    assert not set("<>\"'`${}") & set(escaped)


@given(st.text(max_size=30), st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30))))
def test_marked_keeps_the_text_and_never_nests(value: str, spans: list[tuple[int, int]]) -> None:
    found = marked(value, [(a, b) for a, b in spans if a <= b <= len(value)])
    assert re.sub(r"</?mark>", "", found) == text(value)
    assert not re.search(r"<mark>[^/]*<mark>", found)


def test_every_view_escapes_what_is_not_ours() -> None:
    paragraph = f"{EVIL} tiga orang datang. Sisanya pulang."
    found = article(paragraph, EVIL)
    versions = [
        Version(DATE, "1", "x", (f"{EVIL} satu", "Satu <b>hal</b> saja.")),
        Version(DATE, "2", EVIL, (f"{EVIL} dua", EVIL)),
    ]
    view = View("en", {"a-1": found}, versions)
    said = answer(citation(paragraph, f"{EVIL} tiga orang datang."), short="tiga orang")
    one = Exchange("1", EVIL, said, "2023-01-01T00:00:00+00:00", "down")
    declined = Exchange(
        "2", EVIL, Answer(EVIL, "", (), "id", 0.1, True, nearest=(Near(found, EVIL),)), one.asked
    )
    talk = Conversation("c", (one, declined), EVIL)
    reading = panel.cited_panel(view, said, 0, 1)
    pages = [
        transcript.exchanges(view, talk, 0, 2),
        transcript.pending(EVIL, EVIL, f"{EVIL} [1]"),
        transcript.suggestions(view, [EVIL], "suggestions"),
        reading,
        panel.cited_panel(View("id", {}), said, 0, 1),
        panel.article_panel(view, "a-1"),
        lists.article_list(view, [found], 1, {"a-1": "added"}),
        lists.removal(view, EVIL, "added", EVIL),
        lists.conversation_list(view, [talk], "c"),
        archive.overview(view, [found], True),
        lists.file_results(
            view,
            [
                lists.FileResult(EVIL, (EVIL,), left_out=(Message("as_told", text=EVIL),) * 2),
                lists.FileResult(EVIL, reason=Message("as_told", text=EVIL)),
            ],
        ),
    ]
    for page in pages:
        assert not tags(page) & {"script", "img", "svg", "iframe", "a", "object", "style"}
        assert "${" not in page
        assert "{{" not in page
        for value in re.findall(r'="([^"]*)"', page):
            assert not set("<>'`") & set(value)
        assert "onerror" not in re.sub(r">[^<]*<|\"[^\"]*\"", "", page)
    [quoted] = re.findall(r"<mark>(.*?)</mark>", reading)
    assert quoted == text(f"{EVIL} tiga orang datang.")


@pytest.mark.parametrize(
    ("url", "linked"),
    [
        ("https://example.org/a?b=1&c=<2>", True),
        ("http://example.org", True),
        ("javascript:alert(1)", False),
        ("JaVaScRiPt:alert(1)", False),
        (" javascript:alert(1)", False),
        ("data:text/html,<script>", False),
        ("//example.org", False),
        ("http://[broken", False),
        ("", False),
    ],
)
def test_only_web_addresses_are_linked(url: str, linked: bool) -> None:
    found = link(url, "x")
    assert ("<a " in found) == linked
    assert ('rel="noopener noreferrer"' in found) == linked
    assert "<2>" not in found


def test_a_marker_inside_an_article_is_not_a_citation() -> None:
    paragraph = "Menurut laporan [2] itu, hujan turun."
    said = answer(citation(paragraph, paragraph))
    assert transcript.sentences(said) == [(paragraph, (1,))]
    page = transcript.answer_body(View("id"), said, 0)
    assert page.count('class="cite"') == 1


def test_markers_of_free_sentences_become_citations_and_unknown_ones_vanish() -> None:
    paragraph = "Hujan turun di Ambon."
    said = replace(
        answer(citation(paragraph, paragraph)), text="Hujan turun [1][7]. Banjir [1].", mode="llm"
    )
    assert transcript.sentences(said) == [("Hujan turun", (1, 7)), (". Banjir", (1,)), (".", ())]
    page = transcript.answer_body(View("id"), said, 0)
    assert re.findall(r'data-marker="(\d)" aria-label', page) == ["1", "1"]


def test_a_changed_paragraph_and_a_removed_article_are_named() -> None:
    before = "Ada 34 peneliti di kapal itu."
    said = answer(citation(before, before))
    for now, name in (("Ada 35 peneliti di kapal itu.", "berubah"), (None, "dihapus")):
        articles = {"a-1": article(now)} if now else {}
        view = View("id", articles)
        assert name in transcript.answer_body(view, said, 0)
        shown = panel.cited_panel(view, said, 0, 1)
        assert name in shown
        assert before in shown
    same = View("id", {"a-1": article("Baru.", before)})
    assert "stale" not in transcript.answer_body(same, said, 0)
    assert f"<mark>{before}</mark>" in panel.cited_panel(same, said, 0, 1)  # it moved
    assert "stale" not in transcript.answer_body(View("id", None), said, 0)  # not known yet


def test_the_panel_shows_what_changed() -> None:
    versions = [
        Version(DATE, "1", "Kapal", ("Ada 34 peneliti di kapal itu.",)),
        Version(DATE, "2", "Kapal", ("Ada 35 peneliti di kapal itu.", "Baru.")),
        Version(DATE, "3", "Kapal riset", ("Ada 35 peneliti di kapal itu.", "Baru.")),
    ]
    articles = {"a-1": article("Ada 35 peneliti di kapal itu.", "Baru.")}
    shown = panel.article_panel(View("id", articles, versions), "a-1")
    assert "<p><span>Kapal</span> <ins>riset</ins></p>" in shown
    assert "<del>34</del> <ins>35</ins> <span>peneliti di kapal itu.</span></p>" in shown
    assert "<p><ins>Baru.</ins></p>" in shown
    assert shown.index("riset") < shown.index("<del>34")  # the last change first
    assert "history" not in panel.article_panel(View("id", articles, versions[:1]), "a-1")


def test_all_quotations_of_an_article_are_marked_and_can_be_stepped_through() -> None:
    one, two = "Satu hal. Dua hal.", "Tiga hal."
    said = answer(citation(one, "Satu hal."), citation(two, two, marker=2, number=2))
    shown = panel.cited_panel(View("id", {"a-1": article(one, two)}), said, 4, 2)
    assert re.findall("<mark>(.*?)</mark>", shown) == ["Satu hal.", "Tiga hal."]
    assert "2 dari 2" in shown
    assert 'data-exchange="4" data-marker="1"' in shown
    assert shown.count("disabled") == 1  # there is no next one
    assert re.search(r'class="body cited now" data-number="2"', shown)


def test_an_article_that_vanished_from_the_web_is_marked() -> None:
    for gone in (None, DATE):
        one = replace(article("Air mulai surut."), gone=gone)
        view = View("en", {one.id: one})
        for html in (panel.article_panel(view, one.id), lists.article_list(view, [one], 1, {})):
            assert ("gone from the web since 21 January 2022" in html) == (gone is not None)


def test_how_a_follow_up_was_taken_is_only_shown_in_sentences() -> None:
    before, follow_up = "Siapa yang meresmikan MRT?", "Kapan itu?"
    glued = "Siapa MRT Joko Widodo Kapan itu?"
    for understood, shown in (
        (f"{before} {follow_up}", f"Lanjutan dari: “{before}”"),
        ("Kapan MRT diresmikan?", "Dipahami sebagai: Kapan MRT diresmikan?"),
        (f"{glued} {follow_up}", ""),
        ("", ""),
    ):
        told = replace(answer(citation("Pada 2019.", "2019")), notice="", understood=understood)
        talk = Conversation("c").extended(Exchange.new(before, told))
        page = transcript.exchanges(View("id"), talk.extended(Exchange.new(follow_up, told)), 1, 2)
        found = re.findall(r'<p class="understood">(.*?)</p>', page)
        assert found == ([shown] if shown else [])


def test_a_declined_answer_shows_the_closest_sentences_and_marks_them() -> None:
    near = Near(article("Kapal itu tiba di Ambon."), "Kapal itu tiba di Ambon.")
    declined = Answer("Tidak ketemu.", "", (), "id", 0.1, True, nearest=(near,))
    page = transcript.answer_body(View("id"), declined, 0)
    assert '<q class="closest">Kapal itu tiba di Ambon.</q>' in page
    assert "bukan jawaban" in page
    far = transcript.answer_body(View("id"), replace(declined, nearest=()), 0)
    assert "bukan jawaban" not in far
    assert "tidak menemukan artikel" in far


def test_the_source_card_leads_to_the_original_page() -> None:
    for url, linked in (("https://example.org/a", True), ("javascript:x", False), ("", False)):
        cited = replace(citation("Ada 34 peneliti.", "34"), url=url)
        page = transcript.answer_body(View("id"), answer(cited), 0)
        assert ('<a href="https://example.org/a"' in page) == linked
        assert ("Halaman asli" in page) == linked


def test_what_the_archive_holds_is_told() -> None:
    dated = replace(article("x"), source="Kabar Contoh", title="Lama")
    newest = replace(dated, id="b", published=datetime(2023, 5, 12), date_only=True, title="Baru")
    undated = replace(dated, id="c", source="kabar contoh", published=None)
    told = archive.overview(View("id"), [newest, dated, undated], samples=False)
    for part in (
        "hanya dari artikel di sini", "3 artikel dari 1 media.",
        "Terbit 21 Januari 2022 sampai 12 Mei 2023.",
        "1 tanpa tanggal.", 'data-article="b" lang="id">Baru<', "Apakah ini yang Anda harapkan?",
    ):  # fmt: skip
        assert part in told
    assert "contoh, untuk mencoba" in archive.overview(View("id"), [undated], samples=True)
    assert "1 article." in archive.overview(View("en"), [replace(undated, source="")], False)
    assert "no articles here yet" in archive.overview(View("en"), [], False)
