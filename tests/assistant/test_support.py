"""What a paragraph says is told from what it does not say, within and across languages."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from assistant.support import Source, SupportCheck
from index.encoder import StaticEncoder
from index.rerank import SoftMatcher
from index.vocabulary import Vocabulary

MARKET = Source(
    "Kepala dinas perdagangan kota, Rahmat Alfian, mengatakan 140 pedagang sudah kembali "
    "berjualan dengan perahu pada Senin (6/3). Sebelum banjir jumlah mereka 215 orang. "
    "Pedagang buah tidak kehilangan perahu.",
    "id",
    "Pasar Terapung Lok Sari Dibuka Kembali Setelah Banjir",
    "Kabar Contoh",
    datetime(2023, 3, 6, tzinfo=UTC),
)
MEETING = Source(
    "Helen Marwick of the county praised Dewi Latuheru in Ambon, where the ship from Germany "
    "had landed. The bridge was opened in 1964 and is 1.5 km long.",
    "en",
    "A visit",
)

COURT = Source(
    "The Judiciary Committee refused the UK plan on Thursday; seven were for it and eight against. "
    "It is unpopular with both sides. The plan shouldn’t go ahead, the panel said.",
    "en",
    "A plan is refused",
    "",
    datetime(2023, 3, 9, tzinfo=UTC),
)


@pytest.fixture(scope="module")
def check(encoder: StaticEncoder) -> SupportCheck:
    return SupportCheck(encoder, SoftMatcher(Vocabulary(encoder), lambda word: 1.0))


@pytest.mark.parametrize(
    ("sentence", "source"),
    [
        ("140 pedagang sudah kembali berjualan dengan perahu.", MARKET),
        ("On 6 March 2023 140 traders were selling from boats again, Rahmat Alfian said.", MARKET),
        ("In March 2023 traders returned to sell from their boats.", MARKET),
        ("The fruit traders did not lose boats.", MARKET),
        ("Helen Marwick praised Dewi Latuheru.", MEETING),
        ("Dewi Latuheru was praised by Helen Marwick.", MEETING),
        ("In Ambon, Helen Marwick praised Dewi Latuheru.", MEETING),
        ("Jembatan itu dibuka pada 1964 dan panjangnya 1.500 meter.", MEETING),
        ("Kapal dari Jerman mendarat di Ambon.", MEETING),
        ("Traders went back to selling from boats on Monday.", MARKET),
        ("Komite Kehakiman menolak rencana dari Inggris itu pada Kamis.", COURT),
        ("The plan shouldn’t go ahead, the panel said.", COURT),
    ],
)
def test_what_the_paragraph_says_is_supported(
    sentence: str, source: Source, check: SupportCheck
) -> None:
    assert check(sentence, [source]), check(sentence, [source])


@pytest.mark.parametrize(
    ("sentence", "source", "fault"),
    [
        ("150 pedagang sudah kembali berjualan dengan perahu.", MARKET, "number"),
        ("150 traders were selling from boats again.", MARKET, "number"),
        ("Pada 7 Maret 2023 140 pedagang kembali berjualan.", MARKET, "date"),
        ("On 6 March 2022 140 traders were selling again.", MARKET, "date"),
        ("Rahmat Hidayat mengatakan 140 pedagang sudah kembali berjualan.", MARKET, "name"),
        ("140 pedagang tidak kembali berjualan dengan perahu.", MARKET, "negation"),
        ("Pedagang buah kehilangan perahu.", MARKET, "negation"),
        ("The fruit traders lost boats.", MARKET, "negation"),
        ("Dewi Latuheru praised Helen Marwick.", MEETING, "roles"),
        ("Dewi Latuheru memuji Helen Marwick.", MEETING, "roles"),
        ("Kapal dari Prancis mendarat di Ambon.", MEETING, "name"),
        ("Traders went back to selling from boats on Tuesday.", MARKET, "date"),
        ("The Judiciary Committee refused the UK plan on Friday.", COURT, "date"),
        ("Komite Kesehatan Swedia menolak rencana Inggris itu.", COURT, "name"),
        ("The plan should go ahead, the panel said.", COURT, "negation"),
        ("Seven were for it and seven against.", COURT, "number"),
        ("Taxes on imported cars went up sharply.", MEETING, "meaning"),
        ("1964 < 2 [9] ${x}", MARKET, "date"),
    ],
)
def test_what_it_does_not_say_is_refused(
    sentence: str, source: Source, fault: str, check: SupportCheck
) -> None:
    assert fault in check(sentence, [source]).faults


@pytest.mark.parametrize(
    ("sentence", "source"),
    [
        ("Ibu Helen Marwick memuji Dewi Latuheru di Ambon.", MEETING),
        ("Rencana itu tidak populer di kedua pihak.", COURT),
    ],
)
def test_no_rule_objects_to_a_translation(
    sentence: str, source: Source, check: SupportCheck
) -> None:
    assert set(check(sentence, [source]).faults) <= {"meaning"}


def test_two_paragraphs_share_the_proof_of_a_sentence(check: SupportCheck) -> None:
    sentence = "140 traders sell again, and the bridge of 1964 is 1.5 km long."
    assert check(sentence, [MARKET, MEETING])
    assert not check(sentence, [MARKET])
    assert not check(sentence, [])


@pytest.mark.parametrize("sentence", ["", " ", "...", "[1]"])
def test_nothing_is_not_supported(sentence: str, check: SupportCheck) -> None:
    assert not check(sentence, [MARKET])
