"""Days are read from their fields, and what is no day restricts nothing but is told."""

from __future__ import annotations

from datetime import date

import pytest

from assistant.chat.days import Chosen, day
from assistant.chat.html import View


@pytest.mark.parametrize(
    ("value", "first", "last"),
    [
        ("2023-5-12", date(2023, 5, 12), date(2023, 5, 12)),
        ("2023-05-12", date(2023, 5, 12), date(2023, 5, 12)),
        ("2024-2-", date(2024, 2, 1), date(2024, 2, 29)),
        ("2023--", date(2023, 1, 1), date(2023, 12, 31)),
        ("", None, None),
        (None, None, None),
    ],
)
def test_a_month_or_year_alone_is_all_of_it(
    value: object, first: date | None, last: date | None
) -> None:
    assert day(value) == first
    assert day(value, last=True) == last


@pytest.mark.parametrize(
    "value",
    ["2023-2-31", "2023--5", "-5-12", "23-5-12", "0000--", "2023-13-", "2023-0-1", "2023-5-12-1",
     "kemarin", "20x3--", ["2023"], 2023.5],
)  # fmt: skip
def test_what_is_no_day_restricts_nothing_and_is_told(value: object) -> None:
    chosen = Chosen.of("", value, "2024--", [])
    assert (chosen.since, chosen.until, chosen.wrong) == (None, date(2024, 12, 31), ("since",))
    [told] = chosen.faults(View("id"))
    assert "“Dari”" in told
    assert Chosen.of("", value, None, None).faults(View("en"))


def test_days_in_reverse_are_told() -> None:
    chosen = Chosen.of("", "2024--", "2023--", [])
    assert chosen.reversed
    assert chosen.faults(View("en")) == [View("en").say("reversed_days")]
    assert not Chosen.of("", "2023--", "2023--", []).reversed
