"""The days that questions are restricted to: their fields on the page, and what is in them.

Fields of our own, in the page's language: the browser's date input speaks the browser's, and in
English puts the month first.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import gradio as gr

from assistant.chat.html import View, text
from assistant.request import MAX_SEARCH_CHARS
from assistant.types import MONTHS
from index.filters import Filter
from index.text import cleaned
from index.types import Language

# The value is "YEAR-MONTH-DAY" with parts that may be empty. It is told once the year is whole, or
# all of it is gone, or the fields are left: not while somebody types.
_SCRIPT = """
const fields = ["year", "month", "day"].map(name => element.querySelector(`[name="${name}"]`));
const read = () => fields.map(field => field.value.trim()).join("-").replace(/^-+$/, "");
const tell = () => props.value !== read() && (props.value = read());
element.addEventListener("input", () => (!read() || fields[0].value.length > 3) && tell());
element.addEventListener("keydown", event => event.key === "Enter" && tell());
element.addEventListener("focusout", event => element.contains(event.relatedTarget) || tell());
watch("value", () => props.value || fields.forEach(field => (field.value = "")));
"""


@dataclass(frozen=True, slots=True)
class Chosen(Filter):
    """What the fields of the filter say; ``wrong`` names those that hold no day."""

    wrong: tuple[str, ...] = ()

    @classmethod
    def of(cls, search: Any, since: Any, until: Any, sources: Any) -> Chosen:
        days: dict[str, date | None] = {}
        wrong = []
        for name, value, last in (("since", since, False), ("until", until, True)):
            try:
                days[name] = day(value, last)
            except ValueError:
                wrong.append(name)
        outlets = tuple(map(str, sources or ()))
        return cls(
            cleaned(str(search or ""))[:MAX_SEARCH_CHARS],
            days.get("since"),
            days.get("until"),
            outlets,
            (),
            tuple(wrong),
        )

    @property
    def reversed(self) -> bool:
        """Whether no day lies between the two."""
        return bool(self.since and self.until and self.since > self.until)

    def faults(self, view: View) -> list[str]:
        """What is wrong with the days, as HTML."""
        told = [view.say("wrong_day", field=view.say(name)) for name in self.wrong]
        return [*told, view.say("reversed_days")] if self.reversed else told


def day(value: object, last: bool = False) -> date | None:
    """The day in the fields; of a month or year alone the first or, if ``last``, the last one.

    >>> day("2023-2-"), day("2023-2-", last=True), day("2023--", last=True), day("")
    (datetime.date(2023, 2, 1), datetime.date(2023, 2, 28), datetime.date(2023, 12, 31), None)

    Raises:
        ValueError: they hold no day.
    """
    if not value:
        return None
    year, month, number = f"{value}--".split("-")[:3]
    if len(year) != 4 or (number and not month) or f"{value}".count("-") > 2:
        raise ValueError(f"{value!r} is no day")
    at = int(month) if month else (12 if last else 1)
    if not 1 <= at <= 12:
        raise ValueError(f"{value!r} has no such month")
    return date(int(year), at, int(number or (monthrange(int(year), at)[1] if last else 1)))


def day_fields(language: Language, name: str) -> gr.HTML:
    """Day, month and year, of which the first two may be left empty."""
    view = View(language)
    label = view.say(name)
    months = "".join(
        f'<option value="{number}">{text(month)}</option>'
        for number, month in enumerate(MONTHS[language].split(), start=1)
    )

    def number(part: str, name: str, digits: int) -> str:
        said = view.say(name)
        return (
            f'<input name="{part}" type="text" inputmode="numeric" autocomplete="off" '
            f'size="{digits}" maxlength="{digits}" placeholder="{said}" '
            f'aria-label="{label}: {said}">'
        )

    said = view.say("day_month")
    return gr.HTML(
        "",
        html_template=(
            f'<fieldset class="day"><legend>{label}</legend>{number("day", "day_day", 2)}'
            f'<select name="month" aria-label="{label}: {said}"><option value="">{said}</option>'
            f"{months}</select>{number('year', 'day_year', 4)}</fieldset>"
        ),
        js_on_load=_SCRIPT,
        elem_id=name,
    )


def notes(faults: Sequence[str]) -> str:
    """What is wrong with the days, before the list of articles."""
    return "".join(f'<p class="bad" role="alert">{fault}</p>' for fault in faults)
