"""What a page states about itself, and which of its blocks are the article."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from index.errors import RejectedFileError
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


OWN = {
    "headline": "Banjir surut di tiga desa",
    "datePublished": "2020-02-03T07:15:00+07:00",
    "author": {"@type": "Person", "name": "Ani Lestari"},
    "url": "https://kabar.example/banjir",
}
OTHER = {
    "@type": "NewsArticle",
    "headline": "Harga cabai naik dua kali lipat",
    "datePublished": "2019-12-01T10:00:00+07:00",
    "author": {"@type": "Person", "name": "Orang Lain"},
    "url": "https://kabar.example/cabai",
}
NAMED = "<title>Banjir surut di tiga desa</title>"
LINKED = NAMED + "<link rel=canonical href=https://www.kabar.example/banjir/>"


@pytest.mark.parametrize(
    "head",
    [
        ld(**OTHER) + ld(**OWN) + NAMED,
        ld(**OTHER) + ld(**{**OWN, "headline": "Air mulai turun"}) + LINKED,
        ld(**{**OTHER, "url": None}) + ld(**OWN) + LINKED,
        ld(mentions=[OTHER], **OWN) + LINKED,
        ld(**OWN, hasPart=OTHER) + NAMED,
    ],
)
def test_the_facts_are_those_of_the_article_that_the_page_names(head: str) -> None:
    draft = page(head, "")
    assert draft.page.author == "Ani Lestari"
    assert str(draft.page.published) == "2020-02-03 07:15:00+07:00"


@pytest.mark.parametrize(
    "head",
    [ld(**OTHER) + LINKED, ld(itemListElement=[{"item": OTHER}]) + NAMED, ld(blogPost=[OTHER])],
)
def test_facts_of_another_article_are_not_put_over_the_page(head: str) -> None:
    draft = page(head + NAMED, "")
    assert draft.page.title == "Banjir surut di tiga desa"
    assert (draft.page.author, draft.page.published) == ("", None)


@pytest.mark.parametrize(
    "script",
    [
        "<!--\n{}\n-->",
        "/*<![CDATA[*/{}/*]]>*/",
        "<![CDATA[{}]]>",
        "// data of this page\n{};",
        '{{"@type": "Organization", "name": "Kabar"}}\n{}',
        "\ufeff{}",
        "[{},]",
    ],
)
def test_json_ld_as_browsers_bear_it(script: str) -> None:
    item = json.dumps({"@type": "NewsArticle", **OWN})
    for text in (item, item[:-1] + ",}", item.replace('"Ani', '"\\Ani')):
        whole = script.format(text)
        head = f'<script type="application/ld+json">{whole}</script>'
        assert page(head + NAMED, "").page.author.endswith("Ani Lestari")
    escaped = script.format(item).replace("&", "&amp;").replace('"', "&quot;")
    head = f'<script type="application/ld+json">{escaped}</script>'
    assert page(head + NAMED, "").page.author == "Ani Lestari"


@pytest.mark.parametrize(
    ("links", "right"),
    [
        ("<link rel=canonical href=https://kabar.example/>", "https://kabar.example/asli"),
        ("<link rel=canonical href=https://kabar.example>", "https://kabar.example/asli"),
        ("<link rel=canonical href=/>", "https://kabar.example/asli"),
        (
            "<link rel=canonical href='https://kabar.example/?p=12'>",
            "https://kabar.example/?p=12",
        ),
        (
            "<link rel=canonical href=https://kabar.example/><meta property=og:url "
            "content=https://kabar.example/berita/1>",
            "https://kabar.example/berita/1",
        ),
        (
            "<link rel=canonical href=https://arsip.example/web/20200203071500/https://kabar.example/2>",
            "https://kabar.example/2",
        ),
        (
            "<link rel=canonical href=/web/20200203071500id_/http://kabar.example/2>",
            "http://kabar.example/2",
        ),
    ],
)
def test_the_address_is_that_of_the_article(links: str, right: str) -> None:
    body = f"<h1>Banjir surut lagi</h1><p>{SENTENCE.format(9)}</p><p>{SENTENCE.format(8)}</p>"
    html = f"<html><head>{links}</head><body><article>{body}</article></body></html>"
    draft = read_page(html, url="https://kabar.example/asli")
    assert draft is not None
    assert (draft.url, draft.source) == (right, "kabar.example")


SAVED = datetime(2020, 2, 3, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("head", "shown", "right"),
    [
        ("", "<span class=date>2 jam yang lalu</span>", "2020-02-03T07:00:00+00:00"),
        ("", "<p>Diperbarui 30 menit lalu</p>", None),
        ("", "<div class=post-time>Kemarin, 07.15 WIB</div>", "2020-02-02T07:15:00+07:00"),
        ("", "<span class=tgl>Selasa, 4 Peb 2020 07.15 WITA</span>", "2020-02-04T07:15:00+08:00"),
        ("<meta name=date content='2199-01-01'>", "", None),
        ("<meta name=date content='0000-00-00'><meta name=pubdate content='2020/02/04'>", "",
         "2020-02-04"),
        ("<meta name=pubdate content='04/02/2020'>", "", "2020-02-04"),
        ("<link rel=canonical href=https://kabar.example/2020/02/04/banjir>", "", "2020-02-04"),
        ("<link rel=canonical href=https://kabar.example/2020/02/banjir>", "", None),
        ("", "<aside><span class=date>4 Februari 2020</span></aside>", None),
        ("", "<div class='berita-terkait'><time datetime=2020-02-04>4/2</time></div>", None),
        ("<meta name=date content='2020-02-04'>", "<p>Selasa, 4 Februari 2020 07.15 WIB</p>",
         "2020-02-04T07:15:00+07:00"),
    ],
)  # fmt: skip
def test_the_day_is_stated_or_shown_or_not_known(head: str, shown: str, right: str | None) -> None:
    text = f"<p>{SENTENCE.format(10)}</p><p>Banjir serupa melanda desa itu pada 12 Maret 2007.</p>"
    html = f"<html lang=en-US><head>{head}</head><body><article><h1>Banjir surut lagi</h1>{shown}"
    draft = read_page(f"{html}{text}</article></body></html>", saved=SAVED)
    assert draft is not None
    found = draft.page.published
    assert (found and found.isoformat()[: len(right or "")]) == right
    assert not any("lalu" in one for one in body_of(draft))


def test_two_hours_ago_of_saved_pages() -> None:
    text = "<article><h1>Banjir surut lagi</h1><span class=date>2 jam yang lalu</span>"
    text += "".join(f"<p>{SENTENCE.format(n)}</p>" for n in range(3)) + "</article>"
    comment = (
        "<!--\n Page saved with SingleFile \n url: https://kabar.example/banjir \n"
        " saved date: Mon Feb 03 2020 16:00:00 GMT+0700 (Waktu Indonesia Barat)\n-->"
    )
    archived = "https://arsip.example/web/20200203090000/https://kabar.example/banjir"
    for html, url in ((f"<html>{comment}{text}</html>", ""), (f"<html>{text}</html>", archived)):
        draft = read_page(html, url=url)
        assert draft is not None and draft.page.published is not None
        assert draft.page.published.timestamp() == SAVED.timestamp() - 7_200
        assert draft.url == "https://kabar.example/banjir"


@pytest.mark.parametrize(
    ("html", "reason"),
    [
        ("<div id=root></div><noscript>You need to enable JavaScript to run this app.</noscript>",
         "JavaScript"),
        ("<p>JavaScript is disabled in your browser. Please reload.</p>", "JavaScript"),
        ("<h1>Tunggu sebentar…</h1><p>Kami sedang memeriksa peramban Anda sebelum masuk.</p>",
         "human"),
        ("<h1>Just a moment...</h1><p>Verify you are human by completing the action below.</p>",
         "human"),
        ("<h1>Access Denied</h1><p>You don't have permission to access this page.</p>", "refuses"),
    ],
)  # fmt: skip
def test_a_page_that_only_says_why_it_shows_nothing(html: str, reason: str) -> None:
    with pytest.raises(RejectedFileError, match=reason):
        read_page(f"<html><head><title>Kabar Contoh</title></head><body>{html}</body></html>")


def test_such_a_notice_beside_an_article_is_no_text_of_it() -> None:
    notice = "<noscript>Aktifkan JavaScript untuk menonton video ini di peramban Anda.</noscript>"
    assert not any("JavaScript" in one for one in body_of(page(NAMED, notice)))


def test_inlined_pictures_do_not_count() -> None:
    picture = f"<img src='data:image/jpeg;base64,{'A' * 21_000_000}'>"
    assert len(body_of(page(NAMED, picture))) == 5


def test_what_a_site_names_below_its_prompt_is_no_text() -> None:
    listed = "<h4>Baca juga</h4><p>Harga cabai naik</p><p>Sekolah libur</p>"
    assert not any("cabai" in one or "Sekolah" in one for one in body_of(page(NAMED, listed)))


def test_an_article_with_links_to_others_is_no_list() -> None:
    links = "".join(f"<h3><a href=/{n}>Berita lain {n} hari ini</a></h3>" for n in range(4))
    assert len(body_of(page(NAMED, links))) == 5
