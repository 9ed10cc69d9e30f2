"""Quotations and short answers that can be read alone, in the article's own words."""

from __future__ import annotations

import pytest

from assistant.passages import MAX_QUOTED_WORDS, Span, whole_amount, whole_quote


def place(text: str, part: str) -> Span:
    start = text.index(part)
    return start, start + len(part)


@pytest.mark.parametrize(
    "dateline",
    [
        "CIANJUR, Sample Wire - ", "JAKARTA, KOMPAS.com – ", "BANJARMASIN - ",
        "Jakarta (ANTARA) - ", "TEMPO.CO, Jakarta - ", "Jakarta, CNN Indonesia -- ",
        "SURABAYA, 3 Februari 2020 – ", "PALU (12/3/2019) - ",
    ],
)  # fmt: skip
def test_a_dateline_is_not_quoted(dateline: str) -> None:
    text = f"{dateline}Warga mengungsi ke bukit. Air surut."
    assert text[slice(*whole_quote(text, (0, len(text) - 11)))] == "Warga mengungsi ke bukit."
    short = place(text, dateline.split()[0].strip(","))
    assert whole_quote(text, (0, len(text)), short) == (0, len(text))  # it answers "where"


@pytest.mark.parametrize(
    "text",
    [
        "NATO - the alliance of 32 states - met in Vilnius.",
        "KPK - Komisi Pemberantasan Korupsi - menahan bupati itu.",
        "Joko Widodo - presiden ketujuh - hadir.",
        "Skor 3-1 (2-0) bertahan sampai akhir.",
        "Pasar dibuka lagi. JAKARTA - Banjir surut.",
    ],
)
def test_what_is_no_dateline_is_quoted(text: str) -> None:
    assert whole_quote(text, (0, len(text))) == (0, len(text))


@pytest.mark.parametrize(
    ("text", "quoted", "whole"),
    [
        ('Ani menangis. "Air naik. Kami pindah," katanya.', 'Kami pindah," katanya.',
         '"Air naik. Kami pindah," katanya.'),
        ("Rain fell. “We left. We lost it all,” said Helen.", "We lost it all,” said Helen.",
         "“We left. We lost it all,” said Helen."),
        ('"Air naik," kata Ani. Warga pindah.', "Warga pindah.", "Warga pindah."),
        ('Kata Ani, "Air naik." Warga pindah.', "Warga pindah.", "Warga pindah."),
        ('AMBON - "Air naik. Kami pindah," katanya.', 'Kami pindah," katanya.',
         '"Air naik. Kami pindah," katanya.'),
    ],
)  # fmt: skip
def test_speech_is_quoted_from_its_opening_mark_on(text: str, quoted: str, whole: str) -> None:
    assert text[slice(*whole_quote(text, place(text, quoted)))] == whole


def test_a_long_speech_is_not_quoted_whole() -> None:
    text = f'"{"Air naik lagi. " * MAX_QUOTED_WORDS}Kami pindah," katanya.'
    span = place(text, 'Kami pindah," katanya.')
    assert whole_quote(text, span) == span


@pytest.mark.parametrize(
    ("text", "short", "whole"),
    [
        ("The deal was worth US$3.85 billion.", "3.85 billion", "US$3.85 billion"),
        ("Biayanya Rp2,3 miliar hingga Mei.", "2,3", "Rp2,3 miliar"),
        ("Jaraknya 12 kilometer.", "12", "12 kilometer"),
        ("Inflasi naik 5,6 persen.", "5,6", "5,6 persen"),
        ("Gempa bermagnitudo 5,6 itu merusak.", "5,6", "5,6"),
        ("Ada 34 peneliti di kapal.", "34 peneliti", "34 peneliti"),
        ("Ani membayar Rp500 kepada Budi.", "Budi", "Budi"),
    ],
)
def test_an_amount_keeps_its_currency_and_unit(text: str, short: str, whole: str) -> None:
    language = "en" if "The" in text else "id"
    assert text[slice(*whole_amount(text, place(text, short), language))] == whole
