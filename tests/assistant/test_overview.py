"""Overviews of a topic: which questions ask for one, and what is listed."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from assistant import Assistant
from assistant.chat.conversation import answer_from_dict
from assistant.overview import MOST, topic_of
from index.encoder import StaticEncoder
from index.ingest import index_paths


@pytest.mark.parametrize(
    ("said", "topic", "newest"),
    [
        ("Apa saja berita tentang NATO?", "NATO", False),
        ("Berita apa saja tentang gempa Cianjur", "gempa Cianjur", False),
        ("Apa berita terbaru tentang G20?", "G20", True),
        ("kabar terbaru soal harga minyak goreng", "harga minyak goreng", True),
        ("Rangkum Whoosh", "Whoosh", False),
        ("tolong ringkas berita kanjuruhan", "kanjuruhan", False),
        ("Perkembangan kasus Sambo?", "Sambo", True),
        ("What is the news about the Suez Canal?", "Suez Canal", False),
        ("Latest news on Beirut", "Beirut", True),
        ("What's the latest on Beirut?", "Beirut", True),
        ("Summarise the articles about Notre-Dame.", "Notre-Dame", False),
        ("Tell me about the Webb telescope", "Webb telescope", False),
    ],
)
def test_what_asks_for_an_overview(said: str, topic: str, newest: bool) -> None:
    found = topic_of(said)
    assert found is not None
    assert (found.text, found.newest) == (topic, newest)


@pytest.mark.parametrize(
    "said",
    [
        "Kapan berita itu terbit?",
        "Siapa yang menulis berita tentang NATO?",
        "Apa saja berita tentang itu?",
        "Latest?",
        "Rangkum",
        "Who told the news about the bridge?",
        "Apa kabar?",
        "What is the news agency of Turkey called?",
    ],
)
def test_what_does_not(said: str) -> None:
    assert topic_of(said) is None


def article(title: str, day: str, text: str, language: str = "id") -> str:
    head = f"title: {title}\npublished: {day}\nsource: Kabar Contoh\nlanguage: {language}"
    return f"---\n{head}\n---\n{text}\n"


@pytest.fixture(scope="module")
def news(tmp_path_factory: pytest.TempPathFactory, encoder: StaticEncoder) -> Assistant:
    folder = tmp_path_factory.mktemp("overview")
    texts = folder / "articles"
    texts.mkdir()
    for number, toll in enumerate((11, 25, 31), start=1):
        text = f"Banjir di Wulandari menewaskan {toll} orang, kata bupati.\n\nWarga mengungsi."
        title = f"Korban banjir Wulandari menjadi {toll} orang"
        (texts / f"{number}.md").write_text(article(title, f"2023-03-0{number}", text))
    (texts / "en.md").write_text(
        article(
            "Flood in Wulandari: bridge gone", "2023-03-04",
            "The flood in Wulandari swept away a bridge.\n\n<b>Nobody</b> crossed it.", "en",
        )
    )  # fmt: skip
    (texts / "other.md").write_text(
        article("Panen raya di Sukamaju", "2023-03-05", "Petani memanen padi.\n\n" * 3
                + "Tahun lalu banjir di Wulandari merusak sawah tetangga.")
    )  # fmt: skip
    for number in range(MOST + 3):
        text = f"Festival Kumbara hari ke-{number} menampilkan kelompok dari desa nomor {number}."
        (texts / f"festival{number}.md").write_text(
            article(f"Festival Kumbara hari {number}", f"2022-05-{number + 10}", text)
        )
    index_paths(folder / "index", [texts], encoder)
    return Assistant.open(folder / "index")


def test_one_cited_line_of_each_article_newest_first(news: Assistant) -> None:
    answer = news.ask("Apa saja berita tentang banjir Wulandari?")
    assert answer.kind == "overview"
    assert not answer.abstained
    titles = [one.title for one in answer.citations]
    assert titles == [
        "Flood in Wulandari: bridge gone",
        *(f"Korban banjir Wulandari menjadi {toll} orang" for toll in (31, 25, 11)),
    ]
    for line, citation in zip(answer.text.splitlines(), answer.citations, strict=True):
        assert citation.quotation in citation.paragraph.text
        assert line.endswith(f"{citation.quotation} [{citation.marker}]")
    assert answer.text.startswith("4 Maret 2023: ")
    assert "4 artikel" in answer.short
    assert "1 Maret 2023 – 4 Maret 2023" in answer.short


def test_the_newest_of_many(news: Assistant) -> None:
    answer = news.ask("Latest news on Festival Kumbara")
    days = [one.date.date() for one in answer.citations if one.date]
    assert days == [date(2022, 5, 10 + day) for day in range(MOST + 2, 2, -1)]


def test_filters_hold(news: Assistant) -> None:
    answer = news.ask("Apa saja berita tentang banjir Wulandari?", until=date(2023, 3, 2))
    assert len(answer.citations) == 2


def test_a_name_is_no_ordinary_word(tmp_path: Path, encoder: StaticEncoder) -> None:
    texts = {
        "ship": article("The Ever Given is stuck", "2021-03-25", "The ship Ever Given is stuck in "
                        "a canal.\n\nTugboats failed to free it.", "en"),
        "law": article("Pengadilan memberi waktu", "2021-11-26", "Putusan itu memberi pemerintah "
                       "waktu dua tahun.\n\nHakim membacakannya pada Kamis."),
    }  # fmt: skip
    for name, text in texts.items():
        (tmp_path / f"{name}.md").write_text(text)
    index_paths(tmp_path / "index", [tmp_path], encoder)
    answer = Assistant.open(tmp_path / "index").ask("Summarise the news about the Ever Given")
    assert [one.title for one in answer.citations] == ["The Ever Given is stuck"]


def test_a_topic_of_no_article_is_declined(news: Assistant) -> None:
    answer = news.ask("Apa saja berita tentang Gunung Merapi?")
    assert answer.abstained
    assert not answer.citations


def test_an_overview_is_kept_with_its_conversation(news: Assistant) -> None:
    answer = news.ask("Rangkum banjir Wulandari")
    assert answer_from_dict(answer.to_dict()).to_dict() == answer.to_dict()


def test_the_page_shows_a_list_and_escapes_it(tmp_path: Path, encoder: StaticEncoder) -> None:
    from assistant.chat.html import View
    from assistant.chat.transcript import answer_body

    text = "Warga membersihkan lumpur di jalan dan di sekolah sejak Rabu pagi.\n\n"
    text += "Banjir di Wulandari surut, kata bupati lewat pesan <script>alert(1)</script> kemarin."
    (tmp_path / "a.md").write_text(article("Banjir Wulandari", "2023-03-01", text))
    index_paths(tmp_path / "index", [tmp_path / "a.md"], encoder)
    answer = Assistant.open(tmp_path / "index").ask("Rangkum banjir Wulandari")
    shown = answer_body(View("id"), answer, 0)
    assert '<ul class="overview">' in shown
    assert "<script>" not in shown
