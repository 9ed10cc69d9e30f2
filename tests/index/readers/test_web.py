"""What a page states about itself, and which of its blocks are the article."""

from __future__ import annotations

import json

import pytest

from index.readers.draft import Draft
from index.readers.web import decode_page, read_page

SENTENCE = "Sebanyak {} keluarga di tepi sungai mengungsi ke balai desa sejak Senin malam."


def page(head: str, body: str) -> Draft:
    text = "".join(f"<p>{SENTENCE.format(n)}</p>" for n in range(10, 14))
    html = f"<html><head>{head}</head><body><article>{text}{body}"
    draft = read_page(f"{html}<p>{SENTENCE.format(99)}</p></article></body></html>")
    assert draft is not None
    return draft


def body_of(draft: Draft) -> list[str]:
    return [text for text, role in draft.page.blocks if role == "body"]


def ld(**facts: object) -> str:
    item = {"@context": "https://schema.org", "@type": "NewsArticle", **facts}
    return f'<script type="application/ld+json">{json.dumps({"@graph": [item]})}</script>'


def test_the_outlet_is_what_the_page_calls_it() -> None:
    outlet = {"@type": "Organization", "@id": "https://kabar.example/#o", "name": "Kabar Contoh"}
    other = {"@type": "Person", "name": "Budi"}
    referring = ld(headline="Banjir di Lembah Contoh", publisher={"@id": outlet["@id"]})
    for one in (other, outlet):
        referring += f'<script type="application/ld+json">{json.dumps([one])}</script>'
    named = '<meta property="og:site_name" content="Kabar Contoh">'
    for head in (referring, named, referring.replace("#o", "#p", 1) + named):
        assert page(head, "").source == "Kabar Contoh"
    assert page(ld(headline="Banjir di Lembah", publisher={}) + referring, "").source == ""


def test_json_ld_comes_before_meta_tags() -> None:
    head = ld(
        headline="Banjir &amp; longsor di Lembah Contoh",
        datePublished="2024-03-05T06:30:00+0800",
        author=[{"@type": "Person", "name": "Ani"}, {"name": "Budi"}],
        publisher={"name": "Kabar Contoh"},
        url="https://kabar.example/a",
    )
    draft = page(
        head + "<meta property='og:title' content='Lain'><meta name=author content=Admin>", ""
    )
    assert draft.page.title == "Banjir & longsor di Lembah Contoh"
    assert draft.page.published is not None
    assert draft.page.published.isoformat() == "2024-03-05T06:30:00+08:00"
    assert (draft.page.author, draft.source) == ("Ani, Budi", "Kabar Contoh")
    assert draft.url == "https://kabar.example/a"
    assert draft.language == "id"


def test_meta_tags_where_there_is_no_json_ld() -> None:
    draft = page(
        '<title>Banjir surut | Kabar Contoh</title><link rel=canonical href="/berita/1">'
        '<meta property="og:site_name" content="Kabar Contoh">'
        '<meta property="og:url" content="https://kabar.example/x">'
        '<meta property="article:published_time" content="2024-03-05 06:30:00">',
        "",
    )
    assert draft.page.title == "Banjir surut"
    assert draft.url == "https://kabar.example/berita/1"
    assert draft.page.published is not None
    assert draft.page.published.isoformat() == "2024-03-05T06:30:00+07:00"  # Jakarta's time


@pytest.mark.parametrize("broken", ["{", "[" * 5_000, '"x"', "null", '{"@type": {}}'])
def test_broken_json_ld_is_passed_over(broken: str) -> None:
    head = f'<script type="application/ld+json">{broken}</script><title>Banjir surut lagi</title>'
    assert page(head, "").page.title == "Banjir surut lagi"


def test_kinds_of_blocks() -> None:
    draft = page(
        "<title>Banjir surut lagi</title>",
        "<h2>Bantuan yang tiba</h2><ul><li>Beras dua puluh ton</li><li>Selimut</li></ul>"
        "<blockquote><p>“Kami tidak tidur semalaman,” kata seorang warga desa.</p></blockquote>"
        "<p><a href='/b'>Harga beras naik di tiga kota</a></p>"
        "<figure><img src=x.jpg><figcaption>Warga menunggu perahu karet datang.</figcaption>"
        "</figure><table><tr><th>Kota</th><th>Korban</th></tr>"
        "<tr><td>Palu</td><td>1.203</td></tr></table>",
    )
    body = body_of(draft)
    assert "Bantuan yang tiba" in body
    assert "- Beras dua puluh ton" in body
    assert "“Kami tidak tidur semalaman,” kata seorang warga desa." in body
    assert "Kota: Palu; Korban: 1.203" in body
    assert not any("Harga beras" in text or "perahu karet" in text for text in body)


def test_a_post_stands_with_its_poster() -> None:
    draft = page(
        "<title>Banjir surut lagi</title>",
        "<blockquote><p>Air sudah setinggi lutut di depan pasar.</p>— Ani (@ani) May 2, 2024"
        "</blockquote>",
    )
    assert (
        "Air sudah setinggi lutut di depan pasar. — Ani (@ani) May 2, 2024" in body_of(draft)
    )  # fmt: skip


def test_sub_headlines_and_who_said_a_pull_quote() -> None:
    quote = "<blockquote><p>Kami menunggu bantuan sejak Senin.</p><span>— Ani Lestari</span>"
    draft = page(
        "<title>Banjir surut lagi</title>",
        f"<h3>Follow the water</h3>{quote}</blockquote><h3>Read more stories</h3>",
    )
    roles = dict(draft.page.blocks)
    assert roles["Follow the water"] == roles["Kami menunggu bantuan sejak Senin."] == "body"
    assert roles["— Ani Lestari"] == "boilerplate"
    assert roles.get("Read more stories", "boilerplate") == "boilerplate"


def test_a_line_break_inside_a_sentence_divides_nothing() -> None:
    draft = page(
        "<title>Banjir surut lagi</title>", "<p>Warga kembali<br>ke rumah.<br>Air surut.</p>"
    )
    assert body_of(draft)[-3:-1] == ["Warga kembali ke rumah.", "Air surut."]


def test_the_declared_encoding() -> None:
    assert decode_page("<meta charset=iso-8859-1>é".encode("latin-1")).endswith("é")
    assert decode_page("<p>é".encode("utf-16")).endswith("é")
    assert decode_page("<meta charset=no-such>é".encode()).endswith("é")
    assert decode_page("<meta charset=utf-16>é".encode()).endswith("é")  # it cannot be
    for encoding in ("utf-16-le", "utf-16-be"):
        assert decode_page("<p>kafé".encode(encoding), "utf-16").endswith("kafé")


def test_section_and_time_of_the_last_change() -> None:
    facts = {
        "headline": "Banjir surut di tiga desa",
        "articleSection": ["Daerah", "Nasional"],
        "dateModified": "2022-01-22T08:00:00",
    }
    draft = page(ld(**facts), "")
    assert draft.section == "Daerah"
    assert draft.updated is not None
    assert draft.updated.isoformat() == "2022-01-22T08:00:00+07:00"
    metas = "<meta property='article:section' content='Ekonomi &amp; Bisnis'>"
    assert page(f"<title>Banjir surut lagi</title>{metas}", "").section == "Ekonomi & Bisnis"


@pytest.mark.parametrize("html", ["", "<", "<html></html>", "\x00", "<!-- x -->", "<div>" * 3_000])
def test_a_page_without_an_article(html: str) -> None:
    assert read_page(html) is None
