"""What is quoted from a paragraph, so that it can be read alone: never a word of our own."""

from __future__ import annotations

import re

from assistant.quantities import quantities
from index.text import sentences
from index.types import Language

Span = tuple[int, int]

MAX_QUOTED_WORDS = 60  # a quotation grows to no more to reach its opening mark

# A place in capitals, or a place and an outlet, before the first sentence: "Jakarta (ANTARA) -",
# "CIANJUR, Sample Wire -", "SURABAYA, 3 Februari 2020 –".
_WORDS = r"[A-ZÀ-Þ][\w.'’/-]*(?: [A-ZÀ-Þ][\w.'’/-]*){0,3}"
_DATELINE = re.compile(
    rf"(?:[A-ZÀ-Þ]{{3}}[A-ZÀ-Þ .'’/-]*|{_WORDS}(?=[,(] ?| \())"
    rf"(?:, ?(?:{_WORDS}|[\d/ ]{{1,10}}(?:{_WORDS})?(?: ?\d{{4}})?)| ?\([^()]{{2,30}}\)){{0,3}}"
    r"\s+[-–—]{1,2}\s+(?=[A-ZÀ-Þ0-9\"“‘'])(?![^.!?]*\s[-–—]{1,2}\s)"  # one dash is no pair
)


def whole_quote(text: str, quote: Span, short: Span | None = None) -> Span:
    """The quotation without a dateline before it, and from the mark on that opens its speech.

    ``short`` is the short answer, which stays in it.

    >>> text = 'AMBON, Kabar Contoh - Hujan turun. "Air naik. Kami pindah," kata Ani.'
    >>> quoted = lambda part: (text.index(part), text.index(part) + len(part))
    >>> text[slice(*whole_quote(text, quoted("AMBON, Kabar Contoh - Hujan turun.")))]
    'Hujan turun.'
    >>> text[slice(*whole_quote(text, quoted('Kami pindah," kata Ani.')))]
    '"Air naik. Kami pindah," kata Ani.'
    """
    start, end = quote
    dateline = _DATELINE.match(text)
    if dateline and start < dateline.end() < end and not (short and short[0] < dateline.end()):
        start = max(start, dateline.end())
    opening = _open_speech(text, start)
    if opening is not None:
        begun = max(begin for begin, _ in sentences(text) if begin <= opening)
        if dateline and begun < dateline.end() <= opening:
            begun = dateline.end()
        if len(text[begun:end].split()) <= MAX_QUOTED_WORDS:
            start = begun
    return start, end


def _open_speech(text: str, at: int) -> int | None:
    """Where the speech was opened that has not ended before ``at``; None outside of any."""
    before = text[:at]
    if before.count("“") > before.count("”"):
        return before.rindex("“")
    return before.rindex('"') if before.count('"') % 2 else None


def whole_amount(text: str, short: Span, language: Language) -> Span:
    """The short answer with the currency, unit or per cent sign of its amounts.

    >>> text = "The deal was worth US$3.85 billion."
    >>> start, end = whole_amount(text, (text.index("3.85"), text.index(".85") + 3), "en")
    >>> text[start:end]
    'US$3.85 billion'
    """
    start, end = short
    for one in quantities(text, language):
        dressed = one.kind in ("money", "percent") or (
            one.kind == "unit" and one.unit != "magnitude"
        )
        if dressed and one.span[0] < short[1] and one.span[1] > short[0]:
            start, end = min(start, one.span[0]), max(end, one.span[1])
    return start, end
