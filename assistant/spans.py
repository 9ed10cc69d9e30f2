"""Candidate short answers in a sentence, by the type of answer that is asked for."""

from __future__ import annotations

import re

from assistant.types import AnswerType
from index.dates import MONTHS
from index.text import STOP_WORDS, WORD, fold, lemma

Span = tuple[int, int]

_MONTH = "|".join(sorted(MONTHS, key=len, reverse=True))
_WEEKDAY = (
    r"(?:senin|selasa|rabu|kamis|jum'?at|sabtu|minggu|monday|tuesday|wednesday|thursday|friday|"
    r"saturday|sunday)"
)
_WHEN = re.compile(
    rf"\b{_WEEKDAY}\s*(?:,\s*|\()\d{{1,2}}[/-]\d{{1,2}}(?:[/-]\d{{2,4}})?\)?"
    rf"|\b(?:{_WEEKDAY},?\s+)?\d{{1,2}}(?:st|nd|rd|th)?\s+(?:{_MONTH})\b(?:\s+\d{{4}})?"
    rf"|\b(?:{_MONTH})\s+\d{{1,2}}(?:,?\s+\d{{4}})?\b|\b(?:{_MONTH})\s+\d{{4}}\b"
    rf"|\b\d{{1,2}}[/-]\d{{1,2}}[/-]\d{{2,4}}\b|\b(?:19|20)\d{{2}}\b|\b{_WEEKDAY}\b"
    rf"|\b(?:yesterday|today|kemarin|hari ini)\b",
    re.I,
)
_NUMBER_WORDS = (
    r"(?:ribu|juta|miliar|triliun|belas|puluh|ratus|persen|hundred|thousand|million|billion|trillion|"
    r"percent|per cent|dozen|lusin)"
)
_NUMBER = re.compile(
    r"(?:(?:Rp|US\$|USD|\$|€|£)\s?)?\b\d+(?:[.,]\d+)*(?:\s?%|\s?°\w?)?"
    rf"(?:\s+{_NUMBER_WORDS})*"
    r"|\b(?:satu|dua|tiga|empat|lima|enam|tujuh|delapan|sembilan|sepuluh|sebelas|seratus|seribu|"
    r"one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|twenty|thirty|forty|fifty)\b"
    rf"(?:\s+{_NUMBER_WORDS})*",
    re.I,
)
_NAME = re.compile(
    r"[A-ZÀ-Þ][\w’'-]*(?:\s+(?:of|de|van|bin|al|the|dan|and)\s+(?=[A-ZÀ-Þ])[A-ZÀ-Þ][\w’'-]*|"
    r",?\s+(?=[A-ZÀ-Þ])[A-ZÀ-Þ][\w’'.-]*)*"
)
_PLACE_BEFORE = re.compile(
    r"\b(?:di|ke|dari|kota|desa|kabupaten|provinsi|pulau|in|at|to|from|near|outside|into|across)\s+$",
    re.I,
)
_REASON = re.compile(
    r"\b(?:karena|sebab|akibat|lantaran|gara-gara|agar|supaya|guna|setelah|because(?: of)?|due to|"
    r"after|as a result of|owing to|in order to)\b[^.;]*",
    re.I,
)
_PERIOD_HINT = re.compile(r"^(?:st|nd|rd|th)?\s+(?:" + _MONTH + r")\b", re.I)
NEAR = 60.0  # characters within which a matched word supports a span


def candidates(sentence: str, answer_type: AnswerType) -> list[Span]:
    """Spans of ``sentence`` that could be an answer of this type; none for other types."""
    if answer_type == "when":
        return [match.span() for match in _WHEN.finditer(sentence)]
    if answer_type == "how_many":
        dates = [match.span() for match in _WHEN.finditer(sentence)]
        return [
            match.span()
            for match in _NUMBER.finditer(sentence)
            if not any(start <= match.start() < end for start, end in dates)
        ]
    if answer_type == "where":
        names = [_trim(sentence, match.span()) for match in _NAME.finditer(sentence)]
        return [span for span in names if _PLACE_BEFORE.search(sentence[: span[0]])]
    if answer_type == "who":
        names = [_trim(sentence, match.span()) for match in _NAME.finditer(sentence)]
        return [
            span
            for span in names
            if span[0] < span[1] and not _PLACE_BEFORE.search(sentence[: span[0]])
        ]
    if answer_type == "why":
        return [_trim(sentence, match.span()) for match in _REASON.finditer(sentence)]
    return []


def best_span(
    sentence: str, answer_type: AnswerType, question: set[str]
) -> tuple[Span, float] | None:
    """The candidate nearest to the question's words, with its score in (0, 1].

    ``question`` holds folded content words; a candidate made only of them says nothing new.
    """
    matches = [
        match.start()
        for match in WORD.finditer(sentence)
        if fold(match.group()) in question or lemma(fold(match.group())) in question
    ]
    best: tuple[Span, float] | None = None
    for start, end in candidates(sentence, answer_type):
        own = {fold(match.group()) for match in WORD.finditer(sentence[start:end])} - STOP_WORDS
        if not own or own <= question:
            continue
        if answer_type in ("who", "where") and own & question:
            continue
        distances = sorted(min(abs(start - m), abs(end - m)) for m in matches)[:3]
        nearness = sum(max(0.0, 1 - d / NEAR) for d in distances) / 3 if distances else 0.0
        score = 0.4 + 0.6 * nearness
        if best is None or score > best[1]:
            best = (start, end), score
    return best


def _trim(sentence: str, span: Span) -> Span:
    start, end = span
    piece = sentence[start:end]
    first = WORD.match(piece)
    if first and fold(first.group()) in STOP_WORDS:
        rest = piece[first.end() :]
        start += first.end() + len(rest) - len(rest.lstrip(" ,"))
        if answer_is_empty(sentence, start, end):
            return (start, start)
    return start, start + len(sentence[start:end].rstrip(" ,.;:"))


def answer_is_empty(sentence: str, start: int, end: int) -> bool:
    return not sentence[start:end].strip(" ,.;:")
