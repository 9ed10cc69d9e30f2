"""How well a short answer agrees with the accepted ones.

Exact match and F1 are those of SQuAD 2.0 (Rajpurkar, Jia and Liang 2018): an unanswerable question
has the empty string as its only answer. ``equal_value`` is a score of our own beside them, which
also accepts the same number or date in another notation.
"""

from __future__ import annotations

import re
import string
from collections import Counter
from collections.abc import Callable, Sequence
from decimal import Decimal
from functools import lru_cache

from index.dates import MONTHS, find_date
from index.text import WORD, words

_SCALES = {
    **dict.fromkeys(("ribu", "rb", "thousand"), 3),
    **dict.fromkeys(("juta", "jt", "million"), 6),
    **dict.fromkeys(("miliar", "milyar", "billion", "bn"), 9),
    **dict.fromkeys(("triliun", "trilyun", "trillion"), 12),
}
_NUMERALS = {
    name: number
    for number, names in enumerate(
        (
            "nol zero", "satu one", "dua two", "tiga three", "empat four", "lima five", "enam six",
            "tujuh seven", "delapan eight", "sembilan nine", "sepuluh ten", "sebelas eleven",
            "twelve",
        )
    )
    for name in names.split()
}  # fmt: skip
_UNITS = {
    **dict.fromkeys(("rp", "rupiah", "rupiahs", "idr"), "IDR"),
    **dict.fromkeys(("$", "us$", "usd", "dolar", "dollar", "dollars"), "USD"),
    **dict.fromkeys(("%", "persen", "percent"), "%"),
}
_CURRENCIES = frozenset({"IDR", "USD"})
_DIGITS = re.compile(r"\d+(?:[.,]\d+)*")
_ORDINAL = re.compile(r"\bke-?(?=\d)|(?<=\d)(?:st|nd|rd|th)\b", re.I)
_TOKEN = re.compile(rf"us\$|[$%]|{WORD.pattern}", re.I)


def normalise(text: str) -> list[str]:
    """Words as SQuAD compares them: lower case, no punctuation, no English articles.

    >>> normalise("The Golden Gate, 1937.")
    ['golden', 'gate', '1937']
    """
    bare = "".join(char for char in text.lower() if char not in string.punctuation)
    return re.sub(r"\b(a|an|the)\b", " ", bare).split()


def exact(said: str, accepted: str) -> float:
    """1 when both are the same words, else 0."""
    return float(normalise(said) == normalise(accepted))


def overlap_f1(said: str, accepted: str) -> float:
    """F1 of the words in common; 1 when both are empty.

    >>> overlap_f1("in Jakarta", "Jakarta")
    0.6666666666666666
    """
    left, right = normalise(said), normalise(accepted)
    if not left or not right:
        return float(left == right)
    common = sum((Counter(left) & Counter(right)).values())
    return 2 * common / (len(left) + len(right))


def equal_value(said: str, accepted: str) -> float:
    """1 when both name the same words, numbers and dates in any notation and order, else 0.

    A currency that only one of them names does not matter. It is stricter than ``exact`` in one
    thing: 1,5 is not 15.

    >>> equal_value("100 ribu", "100,000"), equal_value("21/1/2022", "21 January 2022")
    (1.0, 1.0)
    >>> equal_value("Rp16 triliun", "16 trillion rupiah"), equal_value("1,5 juta", "1.5 billion")
    (1.0, 0.0)
    """
    left, right = sorted(values(said)), sorted(values(accepted))
    if not (_CURRENCIES & set(left) and _CURRENCIES & set(right)):
        left, right = ([one for one in side if one not in _CURRENCIES] for side in (left, right))
    return float(left == right)


def best(compare: Callable[[str, str], float], said: str, accepted: Sequence[str]) -> float:
    """The best agreement with any accepted answer; with the empty one where there is none."""
    worded = [one for one in accepted if normalise(one)]
    return max((compare(said, one) for one in worded), default=compare(said, ""))


def contains(text: str, accepted: str) -> bool:
    """Whether ``accepted`` stands in ``text`` as whole words, its numbers in any notation.

    >>> contains("Biayanya Rp16 triliun.", "Rp 16 trillion"), contains("in 2019", "20")
    (True, False)
    """
    return _stands(words(accepted), words(text)) or _stands(values(accepted), values(text))


def _stands(part: Sequence[str], whole: Sequence[str]) -> bool:
    size = len(part)
    return size > 0 and any(whole[i : i + size] == part for i in range(len(whole) - size + 1))


@lru_cache(maxsize=4_096)
def values(text: str) -> tuple[str, ...]:
    """The words of ``text`` with numbers and dates in one notation, without English articles.

    >>> values("the 1.5 million people on 21 Januari 2022")
    ('1500000', 'people', 'on', '2022-01-21')
    """
    found: list[str] = []
    rest = _ORDINAL.sub("", text)
    while date := find_date(rest):
        start, end = date.span
        _add(found, rest[:start])
        found.append(date.when.date().isoformat())
        rest = rest[end:]
    _add(found, rest)
    return tuple(found)


def _add(found: list[str], text: str) -> None:
    for match in _TOKEN.finditer(text):
        word = match.group().casefold()
        scale = _SCALES.get(word)
        if scale and found and _DIGITS.fullmatch(found[-1]):
            found[-1] = _plain(Decimal(found[-1]).scaleb(scale))
        elif _DIGITS.fullmatch(word):
            found.append(_plain(_number(word)))
        elif word in _NUMERALS:
            found.append(str(_NUMERALS[word]))
        elif word in MONTHS:
            found.append(f"month-{MONTHS[word]}")
        elif word not in ("a", "an", "the"):
            found.append(_UNITS.get(word) or " ".join(words(word)))


def _number(digits: str) -> Decimal:
    """The value of digits in either notation: a last group of three digits is thousands.

    >>> _number("1.234,5"), _number("100.000"), _number("0,25")
    (Decimal('1234.5'), Decimal('100000'), Decimal('0.25'))
    """
    groups = re.split(r"[.,]", digits)
    marks = re.sub(r"\d", "", digits)
    decimal = bool(marks) and (
        len(groups[-1]) != 3 or len(set(marks)) == 2 or (len(marks) == 1 and groups[0] == "0")
    )
    if decimal:
        return Decimal("".join(groups[:-1]) + "." + groups[-1])
    return Decimal("".join(groups))


def _plain(value: Decimal) -> str:
    return f"{value.normalize():f}"
