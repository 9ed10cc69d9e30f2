"""What people really feed it: small inputs from the bug reports of other projects.

Each of ``cases`` stands for a kind; the right values stand here, with the report.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from index.errors import RejectedFileError
from index.readers import read_articles
from index.types import Article

CASES = Path(__file__).parent / "cases"

LONTAR = (
    "Jembatan Lontar di Kabupaten Sukamaju ambruk pada Selasa dini hari setelah hujan lebat "
    "mengguyur wilayah itu selama enam jam."
)
COST = (
    "Kepala dinas setempat, Rahmat Wibisono, mengatakan perbaikan akan menelan biaya "
    "Rp 4,2 miliar dan selesai dalam tiga bulan."
)
DETOUR = (
    "Warga diminta memakai jalan memutar lewat Desa Karangjati sampai jembatan darurat selesai "
    "dipasang oleh zeni tentara."
)
PANIC = (
    "“Kami panik,” kata José Pérez – warga Karangjati – kepada wartawan pada Jum’at sore di "
    "balai desa."
)
BRIDGE, CHILI = "Jembatan Lontar ambruk", "Harga cabai naik"
HEADLINE = "Jembatan Lontar ambruk setelah hujan lebat"
ADDRESS = "https://kabar.example/jembatan"


@dataclass(frozen=True)
class Right:
    """An article as it must be read; what is None may be anything. ``published``: the first."""

    title: str | None = None
    body: list[str] | None = None
    published: str | None = None
    author: str | None = None
    source: str | None = None
    url: str | None = None


@dataclass(frozen=True)
class Case:
    """A file of ``cases``, the report it comes from, and all that must be read from it."""

    file: str
    report: str
    articles: list[Right]
    reasons: list[str] = field(default_factory=list)


RECORDS = [
    Case(
        "01-comments-list.json",
        "topoteretes/cognee#4511; capitalone/DataProfiler#105",
        [Right(BRIDGE, [LONTAR, COST], "2020-02-03", url=ADDRESS)],
    ),
    Case(
        "03-telegram.json",
        "telegramdesktop/tdesktop#26295",
        [
            Right(
                body=[
                    "Jembatan Lontar di Kabupaten Sukamaju ambruk pada Selasa dini hari setelah "
                    "hujan lebat. Rahmat Wibisono mengatakan perbaikan menelan Rp 4,2 miliar."
                ],
                published="2020-02-03T07:15",
                author="Kanal Kabar",
            ),
            Right(body=["Sekolah di Sukamaju diliburkan sampai Rabu, kata Bupati."]),
        ],
    ),
    Case(
        "04-dates-variants.jsonl",
        "cyberboysumanjay/Inshorts-News-API#9; lewisdonovan/google-news-scraper#21",
        [Right(published="2020-02-03")] * 25,
    ),
    Case(
        "05-newsapi.json",
        "lewisdonovan/google-news-scraper#21",
        [
            Right(
                BRIDGE, [f"{LONTAR} {COST}"], "2020-02-03T00:15", "Ani Lestari", "Kabar Contoh",
                ADDRESS,
            )
        ],
    ),
    Case(
        "06-date-epoch.json",
        "Sayad-Uddin-Tahsin/BBC-News-API#32",
        [Right(BRIDGE, [LONTAR], "2020-02-03T00:15"), Right(published="2020-02-03T00:15")],
    ),
    Case(
        "08-newspaper4k.csv",
        "AndyTheFactory/newspaper4k#575",
        [
            Right(
                BRIDGE, [LONTAR, COST], "2020-02-03T07:15", "Ani Lestari, Budi Santoso",
                url=ADDRESS,
            )
        ],
    ),
    Case(
        "09-sep-line.csv",
        "pandas-dev/pandas#47303",
        [Right(BRIDGE, [LONTAR, COST], "2020-02-03")],
    ),
    Case(
        "10-same-title.csv",
        "1Panel-dev/MaxKB#6756",
        [
            Right("Berita singkat", [LONTAR], "2020-02-03"),
            Right("Berita singkat", [COST], "2020-02-04"),
        ],
    ),
    Case("11-title-row.csv", "cidgoh/DataHarmonizer#40", [Right(BRIDGE, [LONTAR], "2020-02-03")]),
    Case(
        "12-indonesian-headers.csv",
        "uptick/django-model-import#28",
        [Right(BRIDGE, [LONTAR], "2020-02-03", source="Kabar Contoh")],
    ),
    Case(
        "14-tsv-quotes.tsv",
        "actualbudget/actual#19",
        [
            Right(BRIDGE, [f'"Ambruk total," kata Rahmat. {LONTAR}'], "2020-02-03"),
            Right("Harga cabai", [COST], "2020-02-04"),
        ],
    ),
    Case(
        "15-dict-of-articles.json",
        "capitalone/DataProfiler#105",
        [Right(BRIDGE, [LONTAR], "2020-02-03"), Right(CHILI, [COST], "2020-02-04")],
    ),
    Case(
        "17-news-please.json",
        "fhamborg/news-please",
        [
            Right(
                BRIDGE, [LONTAR, COST], "2020-02-03T07:15", "Ani Lestari", "kabar.example", ADDRESS
            )
        ],
    ),
    Case(
        "18-freshrss.json",
        "FreshRSS, Google Reader",
        [
            Right(
                BRIDGE, [LONTAR, COST], "2020-02-03T00:15", "Ani Lestari", "Kabar Contoh", ADDRESS
            )
        ],
    ),
    Case(
        "20-json-lines-in-json.json",
        "run-llama/llama-hub#485",
        [Right(BRIDGE, [LONTAR], "2020-02-03"), Right("Harga cabai", [COST], "2020-02-04")],
    ),
    Case("63-mongo.json", "MongoDB", [Right(BRIDGE, [LONTAR], "2020-02-03T00:15")]),
]  # fmt: skip

ENCODING = [
    Case(
        "21-utf8-one-bad-byte.html",
        "docling-project/docling#4202; openzim/warc2zim#177",
        [Right("Bupati “kecewa” pada dinas", [LONTAR, PANIC, DETOUR])],
    ),
    Case(
        "23-csv-one-bad-byte.csv",
        "docling-project/docling#4202",
        [
            Right("Bupati “kecewa”", [PANIC], "2020-02-03"),
            Right(body=["Pemilik kafe André mengatakan usahanya tutup karena banjir."]),
        ],
    ),
    Case(
        "24-jsonl-one-bad-line.jsonl",
        "docling-project/docling#4202",
        [Right("Bupati “kecewa”", [PANIC]), Right("Kafe tutup"), Right("Jembatan", [LONTAR])],
    ),
    Case(
        "25-latin1-label.html",
        "flusio/Flus#745; AndyTheFactory/newspaper4k#687",
        [
            Right(
                "Bupati: “Kami bekerja siang malam”",
                [
                    LONTAR,
                    "“Kami bekerja siang malam,” kata Bupati – didampingi wakilnya – pada Jum’at.",
                    DETOUR,
                ],
            )
        ],
    ),
]

WORD = [
    Case(
        "31-tracked-changes.docx",
        "python-openxml/python-docx#1123, #340; thomas-villani/all2md#480",
        [
            Right(
                HEADLINE,
                [
                    LONTAR,
                    "Perbaikan akan menelan biaya Rp 4,2 miliar dan selesai dalam tiga bulan.",
                    "Korban tewas bertambah menjadi tujuh orang, kata polisi pada Rabu sore.",
                ],
            )
        ],
    ),
    Case(
        "32-content-control.docx",
        "docling#627, #3950; toxicphreAK/python-docx-ng#70",
        [Right(HEADLINE, [LONTAR, COST])],
    ),
    Case(
        "33-textbox.docx",
        "docling#1529; yfedoseev/office_oxide#140",
        [Right(HEADLINE, [LONTAR, COST])],
    ),
    Case(
        "35-nested-table.docx",
        "KevM/tikaondotnet#163",
        [Right(HEADLINE, [LONTAR, "Biaya perbaikan diperkirakan besar.", COST, DETOUR])],
    ),
]

WHOLE = [LONTAR, COST, DETOUR]
PAGES = [
    Case(
        "43-related-itemlist-first.html",
        "ageitgey/node-unfluff#93; codelucas/newspaper#198",
        [Right(HEADLINE, WHOLE, "2020-02-03T07:15:00+07:00", "Ani Lestari", url=ADDRESS)],
    ),
    Case(
        "45-ld-cdata-comment.html",
        "newspaper4k#518",
        [Right(HEADLINE, WHOLE, "2020-02-03T07:15:00+07:00", "Ani Lestari")],
    ),
    Case(
        "46-ld-html-escaped.html",
        "newspaper4k#518",
        [Right(HEADLINE, WHOLE, "2020-02-03T07:15:00+07:00", "Ani Lestari")],
    ),
    Case(
        "47-canonical-home.html",
        "jackyef/my-site#33; codelucas/newspaper#198",
        [Right(HEADLINE, WHOLE, "", url="https://kabar.example/2020/02/jembatan-lontar")],
    ),
    Case(
        "47-canonical-home-b.html",
        "the same site",
        [Right("Harga cabai naik dua kali lipat", url="https://kabar.example/2020/02/harga-cabai")],
    ),
    Case("49-epoch-1970.html", "PHPFusion/PHPFusion#135", [Right(HEADLINE, WHOLE, "")]),
    Case(
        "51-us-date.html",
        "scholokov/long-travel-2#1837; mediacloud/metadata-lib#103",
        [Right(published="2020-02-03")],
    ),
    Case(
        "52-relative-time.html",
        "node-unfluff#93; scrapinghub/dateparser#912",
        [
            Right(
                HEADLINE,
                [
                    LONTAR,
                    COST,
                    "Bencana serupa terjadi pada 12 Maret 2007 di tempat yang sama menurut "
                    "catatan warga.",
                ],
                "",
            )
        ],
    ),
    Case(
        "54-amp.html",
        "fivefilters/ftr-site-config#728",
        [Right(HEADLINE, WHOLE, "2020-02-03T07:15:00+07:00", url=ADDRESS)],
    ),
    Case(
        "55-jumat-kliwon.txt",
        "scrapinghub/dateparser#398",
        [Right(HEADLINE, WHOLE, "2020-02-07T18:30:00+09:00")],
    ),
    Case("56-js-only.html", "adbar/trafilatura#85", [], ["needs JavaScript"]),
    Case(
        "59-yoast-author-by-id.html",
        "mozilla/readability#932; Yoast/wordpress-seo#13094",
        [
            Right(
                HEADLINE,
                WHOLE,
                "2020-02-03T07:15:00+07:00",
                "Ani Lestari",
                "Kabar Contoh",
                f"{ADDRESS}/",
            )
        ],
    ),
    Case(
        "60-liveblog.html",
        "adbar/trafilatura#192",
        [
            Right(
                "Langsung: banjir Sukamaju",
                [
                    "Sekolah diliburkan",
                    "Bupati meliburkan semua sekolah di Sukamaju sampai Rabu, kata juru bicaranya "
                    "kepada wartawan.",
                    "Jembatan ambruk",
                    LONTAR,
                    "Hujan sejak malam",
                    "Hujan turun sejak Senin malam dan sungai Cilontar meluap di empat desa.",
                ],
                "2020-02-03T06:00:00+07:00",
            )
        ],
    ),
    Case(
        "62-nested-quotes-nbsp.html",
        "datalab-to/pdftext#1",
        [
            Right(
                body=[LONTAR, "Biaya perbaikan Rp 4,2 miliar, katanya pada Jum’at…", DETOUR],
                published="",
            )
        ],
    ),
    Case("38-page-of-list.html", "an index page that was saved", [], ["a list of articles"]),
]

MAILS = [
    Case(
        "39-hard-wrapped.txt",
        "Unstructured-IO/unstructured#406; louismullie/treat#118",
        [Right(HEADLINE, WHOLE, "2020-02-03T07:15:00+07:00")],
    ),
    Case(
        "41-forward-inline.eml",
        "github/email_reply_parser#3; mailgun/talon#134",
        [
            Right(
                "Lontar bridge collapses after heavy rain",
                [
                    "The Lontar bridge in Sukamaju regency collapsed early on Tue sday after six "
                    "hours of heavy rain, officials said.",
                    "Rahmat Wibisono, who heads the local agency, said that repairs would cost "
                    "4.2 billion rupiah and take three months.",
                ],
                "2020-02-03T07:15",
                source="Kabar Contoh",
            )
        ],
    ),
    Case(
        "42-forwarded-rfc822.eml",
        "kirilkirkov/PHP-IMAP-Messages-Fetcher#11; Sicos1977/MSGReader#168",
        [
            Right(
                "Harga cabai naik dua kali lipat",
                [
                    "Harga cabai rawit di Pasar Induk Sukamaju naik menjadi Rp 90.000 per "
                    "kilogram.",
                    "Pedagang Siti Aminah mengatakan pasokan berkurang karena banjir.",
                ],
                "2020-02-04T07:15:00+07:00",
                source="Redaksi",
            ),
            Right(body=["Terlampir, silakan dibaca untuk rapat redaksi besok pagi."]),
        ],
    ),
]

BESIDE = [
    "Harga cabai rawit di Pasar Induk Sukamaju naik menjadi Rp 90.000 per kilogram pada awal pekan "
    "ini.",
    "Pedagang bernama Siti Aminah mengatakan pasokan berkurang karena banjir merendam lahan di "
    "tiga kecamatan.",
    "Pemerintah berjanji menggelar operasi pasar mulai besok pagi di lima titik.",
]
PAPERS = [
    Case(
        "27-two-columns-row-order.pdf",
        "jsvine/pdfplumber#205, #244, #620; xberg-io/xberg#1345; yfedoseev/pdf_oxide#549, #1310",
        [
            Right(
                HEADLINE,
                [
                    f"{LONTAR} {COST} {DETOUR} Hujan turun sejak Senin malam dan sungai Cilontar "
                    "meluap di empat desa di sepanjang alirannya. Polisi menutup jalan di kedua "
                    "ujung jembatan dan mengatur lalu lintas sampai malam hari.",
                    "Bupati meninjau lokasi pada siang hari dan meminta warga tetap waspada "
                    f"terhadap banjir susulan. {' '.join(BESIDE)} Jembatan itu dibangun pada tahun "
                    "1987 dan pernah diperbaiki pada tahun 2004 setelah gempa kecil. Panjangnya "
                    "enam puluh meter dan setiap hari dilalui sekitar dua ribu kendaraan menurut "
                    "catatan dinas.",
                ],
            )
        ],
    ),
    Case(
        "29-newspaper-page.pdf",
        "yfedoseev/pdf_oxide#1315",
        [Right("Jembatan Lontar ambruk", WHOLE), Right("Harga cabai naik dua kali", BESIDE)],
    ),
]

COLLAPSE, PRICES = "Lontar bridge collapses after heavy rain", "Chilli prices double in Sukamaju"
COLLAPSED = [
    "The Lontar bridge in Sukamaju regency collapsed early on Tuesday after six hours of heavy "
    "rain, officials said.",
    "Rahmat Wibisono, who heads the local agency, said that repairs would cost 4.2 billion rupiah "
    "and take three months.",
    "Residents were told to take a detour through the village of Karangjati until army engineers "
    "put up a temporary bridge.",
]
DOUBLED = [
    "Chilli prices at the Sukamaju wholesale market doubled to 90,000 rupiah per kilogram this "
    "week, traders said.",
    "The trader Siti Aminah said that floods had hit fields in three districts.",
]
OTHER = Right(PRICES, DOUBLED, "2021-03-09", "", "Harian Lain")
WROTE = Right(COLLAPSE, COLLAPSED, "2020-02-03", "Ani Lestari", "Kabar Contoh")
EXPORTS = [
    Case(
        "36-nexis-many-articles.docx",
        "JBGruber/LexisNexisTools#7, #21; amcat/amcat#748",
        [
            Right(COLLAPSE, COLLAPSED, "2020-02-03", "", "Kabar Contoh"),
            Right(PRICES, DOUBLED, "2021-03-09", "", "Kabar Contoh"),
        ],
    ),
    Case(
        "87-nexis-cover.docx",
        "Nexis",
        [WROTE, replace(WROTE, title=PRICES, body=DOUBLED, published="2021-03-09")],
    ),
    Case(
        "88-nexis.txt",
        "JBGruber/LexisNexisTools, sample.TXT",
        [
            replace(WROTE, title=f"{COLLAPSE}: six villages in Sukamaju cut off"),
            replace(OTHER, source="Harian Lain (Jakarta)"),
        ],
    ),
    Case("89-factiva.txt", "Factiva", [WROTE, OTHER]),
    Case("90-factiva.docx", "Factiva", [WROTE, OTHER]),
    Case("91-factiva-codes.txt", "Factiva", [WROTE, OTHER]),
    Case(
        "92-proquest.txt",
        "ProQuest",
        [
            replace(
                WROTE,
                author="Lestari, Ani",
                source="Kabar Contoh (Online)",
                url="https://www.proquest.com/docview/2349999",
            ),
            OTHER,
        ],
    ),
    Case("93-undivided.txt", "amcat/amcat#748", [], ["looks like 2 articles"]),
]


def stated(article: Article) -> str:
    """Its day, or its moment where it knows one; nothing where it states none."""
    if article.published is None:
        return ""
    moment = article.published.isoformat()
    return moment[:10] if article.date_only else moment


@pytest.mark.parametrize(
    "case",
    [*RECORDS, *ENCODING, *WORD, *PAGES, *MAILS, *PAPERS, *EXPORTS],
    ids=lambda case: case.file,
)
def test_case(case: Case) -> None:
    try:
        articles, reasons = read_articles(CASES / case.file, "", case.file)
    except RejectedFileError as error:
        articles, reasons = [], [error.message]
    assert len(articles) == len(case.articles)
    assert len(reasons) == len(case.reasons)
    for reason, right in zip(reasons, case.reasons, strict=True):
        assert right in str(reason)
    for article, right in zip(articles, case.articles, strict=True):
        if right.body is not None:
            assert [p.text for p in article.paragraphs if p.role == "body"] == right.body
        if right.published is not None:
            assert stated(article).startswith(right.published)
            assert bool(stated(article)) == bool(right.published)
        for name in ("title", "author", "source", "url"):
            if getattr(right, name) is not None:
                assert getattr(article, name) == getattr(right, name)
