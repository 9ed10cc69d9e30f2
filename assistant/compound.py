"""Questions that ask two things at once, cut into questions that ask one.

Rules in both languages: a conjunction that a question word follows begins the next question, if the
words before it ask something as well.
"""

from __future__ import annotations

import re

from index.text import content_words

MOST = 3  # questions in one
_ASK_FIRST = r"(?:siapa|kapan|bilamana|berapa|mengapa|kenapa|bagaimana)(?:kah)?|(?:di|ke|dari) mana"
_ASK_ENGLISH = r"what|who|whom|whose|when|where|which|why|how"
_ASK_LATER = r"(?:apa|mana|siapa|berapa)(?:kah)?"  # "pada masa wangsa apa"
_WITH = r"(?:pada|di|dari|dengan|untuk|oleh|sejak|in|on|at|to|from|by|for|of|with|since)\s+"
_AND = re.compile(
    rf"[,;]?\s+(?:dan|serta|and)\s+(?=(?:{_WITH})?(?:{_ASK_FIRST}|{_ASK_ENGLISH})\b"
    rf"|{_WITH}(?:\w+\s+){{0,2}}{_ASK_LATER}\b|\w+\s+(?:apa|mana)\b|apa(?:kah)?\b)",
    re.I,
)
_ASKING = re.compile(
    rf"\b(?:{_ASK_FIRST}|{_ASK_ENGLISH}|{_ASK_LATER})\b"
    r"|^(?:did|does|do|is|are|was|were|has|have|had|can|will)\b",
    re.I,
)
_OPENING = re.compile(rf"^(?:{_WITH})?(?:{_ASK_FIRST}|{_ASK_ENGLISH}|apa)\b\s*(?:saja\s+)?", re.I)


def cut(question: str) -> list[str]:
    """The questions in a question, one or more; all together hold all its words.

    A question word alone shares the words of the next one.

    >>> cut("Siapa pemenangnya, dan berapa hadiahnya?")
    ['Siapa pemenangnya?', 'berapa hadiahnya?']
    >>> cut("When and where did Blinken meet Lavrov?")
    ['When did Blinken meet Lavrov?', 'where did Blinken meet Lavrov?']
    >>> cut("Apa hubungan Rusia dan Ukraina?")
    ['Apa hubungan Rusia dan Ukraina?']
    """
    parts = _AND.split(question)
    if not 1 < len(parts) <= MOST or not all(_ASKING.search(part) for part in parts):
        return [question]
    last = parts[-1]
    rest = _OPENING.sub("", last)
    whole = [
        part if content_words(part) else f"{part} {rest}" if rest != last else ""
        for part in parts[:-1]
    ]
    if not all(whole) or not content_words(last):
        return [question]
    return [f"{part.rstrip('?,. ')}?" for part in [*whole, last]]
