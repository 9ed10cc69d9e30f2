"""What a question asks for: its language, the type of its answer, the names in it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from functools import lru_cache

from assistant.compound import cut
from assistant.followup import YES_NO, asks, continued, meaning
from assistant.gloss import countries
from assistant.shorthand import spelled_out
from assistant.types import AnswerType, Turn
from index.lexicon import DIRECTIONS, Lexicon
from index.text import STOP_WORDS, WORD, cleaned, fold, is_common, language_of
from index.types import Language
from prompts import MessageError

MAX_CHARS = 2_000
ALIKE = 0.6  # share of letters in common, from which two words may be one name

_FORMED = re.compile(  # Indonesian words that are made of others
    r"(?:di|ber|ter|pe[mnr]|peng|me[mnr]|meng)[a-z]{4,}|ke[a-z]{3,}an|[a-z]{3,}(?:nya|kan|kah|lah|asi)"
)


class QuestionError(MessageError, ValueError):
    """The question cannot be asked; the message says why."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked.

    ``text`` is what is searched for: the question spelled out, led by words that it lacks from
    earlier turns, with capitals for the names of one typed in small letters. ``names`` are words
    written with a capital inside the text, ``numbers`` its figures. ``topic`` is what earlier turns
    asked about, where the question leans on them, else empty; ``leaning``: its words show that it
    does, not only its shortness. ``said`` is the question as it was put, or as a language model has
    put it in full; ``understood`` says a follow-up in full. ``parts`` are the questions that it
    asks at once, if it asks more than one.
    """

    text: str
    language: Language
    answer_type: AnswerType
    names: tuple[str, ...]
    numbers: tuple[str, ...]
    topic: str = ""
    leaning: bool = False
    said: str = ""
    understood: str = ""
    parts: tuple[Question, ...] = ()


_TYPES: tuple[tuple[AnswerType, str], ...] = (
    ("how_many", r"\b(?:berapa\w*|"
                 r"how (?:many|much|old|long|far|tall|high|big|large|deep|fast|wide|heavy)|"
                 r"seberapa (?:jauh|dalam|tinggi|lebar|panjang|luas|berat|lama|cepat|banyak|besar)|"
                 r"what (?:number|percentage|population|magnitude)|jumlah)\b"),
    ("when", r"\b(?:kapan\w*|bilamana|when|(?:what|which) (?:local )?(?:year|date|day|month|time)|"
             r"(?:tahun|tanggal|hari|bulan|jam|pukul) (?:berapa\w*|apa\w*))\b"),
    ("where", r"\b(?:di ?mana\w*|ke ?mana\w*|dari mana\w*|mana letak|where|"
              r"(?:what|which) (?:city|country|place|town|province)|"
              r"(?:kota|negara|provinsi) (?:apa|mana)\w*)\b"),
    ("who", r"\b(?:siapa\w*|who|whom|whose)\b"),
    ("why", r"\b(?:mengapa|kenapa|why|apa (?:sebab|alasan|penyebab)\w*)\b"),
    ("how", r"\b(?:bagaimana\w*|how)\b"),
)  # fmt: skip
_YEAR_KIND = re.compile(_TYPES[1][1], re.I)


def understand(text: str, history: Sequence[Turn] = (), maximum: int = MAX_CHARS) -> Question:
    """The question that ``text`` asks.

    Raises:
        QuestionError: it is empty or longer than ``maximum`` characters.
    """
    clean = cleaned(text)
    if not any(char.isalnum() for char in clean):
        raise QuestionError("empty_question")
    if len(clean) > maximum:
        raise QuestionError("long_question", count=len(clean), most=maximum)
    plain = spelled_out(clean)
    history = [replace(turn, question=cleaned(turn.question)) for turn in history]
    language = language_of(plain) or (history[-1].answer.language if history else "id")
    meant = meaning(plain, history)
    sought = _capitalised(meant.text)
    found = [match.group() for match in WORD.finditer(sought)]
    numbers = tuple(word for word in found if word[0].isdigit())
    leaning = bool(meant.topic) and meant.sure
    return Question(
        sought,
        language,
        _answer_type(plain if asks(plain) else f"{meant.topic} {plain}".strip()),
        _names(found),
        numbers,
        meant.topic,
        leaning,
        clean,
        f"{meant.topic} {plain}" if leaning or meant.text != plain else "",
        () if meant.topic else _parts(plain, language),
    )


def _names(words: Sequence[str]) -> tuple[str, ...]:
    """The names among the words of a question: those with a capital."""
    return tuple(
        word
        for i, word in enumerate(words)
        if word[0].isupper() and fold(word) not in STOP_WORDS and (i > 0 or word.isupper())
    )


def _capitalised(text: str) -> str:
    """A question that is typed in small letters throughout, with capitals for its names.

    >>> _capitalised("siapa gubernur jakarta?"), _capitalised("who leads china?")
    ('siapa gubernur Jakarta?', 'who leads China?')
    >>> _capitalised("Siapa yang meresmikan bendungan itu?")
    'Siapa yang meresmikan bendungan itu?'
    """
    if text != text.lower():
        return text
    for match in reversed(list(WORD.finditer(text))[1:]):
        if _is_name(match.group()):
            at = match.start()
            text = text[:at] + text[at].upper() + text[at + 1 :]
    return text


def _is_name(word: str) -> bool:
    """Whether a word in small letters is a country, or no dictionary has it as an ordinary word.

    Dictionaries of Indonesian lack many forms of its words.

    >>> [_is_name(word) for word in ("lavrov", "china", "kemarin", "disetujui", "vaksinasi")]
    [True, True, False, False, False]
    """
    word = fold(word)
    if not word.isalpha() or word in STOP_WORDS:
        return False
    return word in countries() or not (is_common(word) or _FORMED.fullmatch(word) or _meant(word))


@lru_cache(maxsize=1)
def _lexicon() -> Lexicon:
    return Lexicon()


@lru_cache(maxsize=20_000)
def _meant(word: str) -> bool:
    """Whether the lexicon translates the word as another one; names look alike in both."""
    return any(
        SequenceMatcher(None, word, other).ratio() < ALIKE
        for language in DIRECTIONS
        for other, _ in _lexicon().translations(word, language)
    )


def _parts(text: str, language: Language) -> tuple[Question, ...]:
    """The questions in ``text``, if there are several; the first is the topic of the others."""
    found = cut(_capitalised(text))
    if len(found) == 1:
        return ()
    first, *others = (
        # A later part is not typed in small letters, though it begins with one.
        replace(understand(one[:1].upper() + one[1:]), language=language, said=one)
        for one in found
    )
    return (first, *(_continued(one, first.text) for one in others))


def _continued(question: Question, topic: str) -> Question:
    """The question on a ``topic``, whose words it takes along where it has hardly any itself."""
    meant = continued(question.text, topic)
    return replace(question, text=meant.text, topic=topic, leaning=meant.sure)


def _answer_type(text: str) -> AnswerType:
    if YES_NO.search(text):
        return "yes_no"
    if _YEAR_KIND.search(text):
        return "when"
    for answer_type, pattern in _TYPES:
        if re.search(pattern, text, re.I):
            return answer_type
    return "what"
