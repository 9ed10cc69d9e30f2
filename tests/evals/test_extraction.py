"""The definitions of the extraction table, on pages worked out by hand."""

from __future__ import annotations

import pytest

from evals.extraction import Extracted, PageScore, f1, half, report, same_day, score

PAGE = {
    "html": "",
    "title": "Banjir surut",
    "published": "2024-03-05T23:30:00+00:00",
    "paragraphs": ["Satu dua tiga empat lima.", "Enam tujuh delapan sembilan."],
}


def test_a_page_worked_out_by_hand() -> None:
    found = Extracted(
        ("satu dua tiga empat lima", "Iklan"), "BANJIR: surut!", "2024-03-06T06:30:00+07:00"
    )
    result = score(PAGE, lambda html: found)
    # Found 3 shingles, of which 2 are gold; gold has 6 words running on over the paragraphs.
    assert result.body_pr == (2 / 3, 2 / 6)
    assert result.paragraphs_pr == (1 / 2, 1 / 2)
    assert (result.title, result.day, result.failed) == (True, True, False)


def test_a_failure_counts_nothing() -> None:
    result = score(PAGE, lambda html: None)
    assert result == PageScore((0.0, 0.0), (0.0, 0.0), False, False, True)


@pytest.mark.parametrize(
    ("found", "right"), [("2024-03-05", True), ("2024-03-06", False), ("", False)]
)
def test_days(found: str, right: bool) -> None:
    assert same_day(found, PAGE["published"]) is right


def test_f1_is_that_of_the_means() -> None:
    assert f1([(1.0, 0.5), (0.5, 0.5)]) == (0.75, 0.5, 0.6)


def test_the_report_leaves_out_what_a_set_does_not_hold() -> None:
    table = report({("zyte", "all", "tanya"): [PageScore((1.0, 1.0), None, None, None, False)]})
    assert [next(iter(column.cells)) for column in table.columns][-3:] == ["", "", "0"]


def test_both_halves_exist() -> None:
    assert {half(str(n)) for n in range(20)} == {"tune", "held out"}
