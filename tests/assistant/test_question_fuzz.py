"""Any text is a question or is refused as one, in bounded time."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.question import MAX_CHARS, Question, QuestionError, understand

PIECES = st.sampled_from(
    ["siapa ", "kapan ", "where ", "what year ", "apa ", "Jakarta ", "100.000 ", "?", "'", "’s ",
     "<script>", "${HOME}", "{0}", "[1]", "\x00", "\u202e", "\ud800", "İ", "ﬃ", "١٢٣", "\n", "-",
     "sih?", "ß", "jakarta "]
)  # fmt: skip


def ask(text: str) -> Question | None:
    started = time.process_time()
    try:
        return understand(text)
    except QuestionError as error:
        assert str(error)
        return None
    finally:
        assert time.process_time() - started < 2


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.one_of(st.text(max_size=400), st.lists(PIECES, max_size=80).map("".join)))
def test_any_text_is_understood_or_refused(text: str) -> None:
    asked = ask(text)
    if asked is not None:
        assert asked.language in ("id", "en")
        assert len(asked.text) <= MAX_CHARS
        for part in (*asked.names, *asked.numbers):
            assert part in asked.text


@pytest.mark.parametrize("piece", ["a", "1.", "1,", "a'", "di mana ", "how ", "A ", "é", "\u0301a"])
def test_a_question_as_long_as_allowed(piece: str) -> None:
    ask(piece * (MAX_CHARS // len(piece)))
