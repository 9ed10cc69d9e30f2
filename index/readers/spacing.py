"""Words of a line by their places: letters that are set apart, as in headlines, make words."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise

LEAST_APART = 5  # letters in a line whose letters are set apart
MOSTLY_APART = 0.8  # of what stands between its spaces, since figures and signs may join it
APART = 1.5  # times the usual gap of such letters: a word ends
LONGEST_WORD = 25  # letters: more are words whose bounds do not show


@dataclass(frozen=True, slots=True)
class Word:
    """What stands without a space on a line, where, and the number of its first character."""

    text: str
    left: float
    right: float
    base: float
    index: int


def together(found: list[Word]) -> list[Word]:
    """The words of a line; those whose letters are set apart, as in a headline, put together.

    >>> apart = [Word(char, 10.0 * i + 8 * (i > 2), 10.0 * i + 8 * (i > 2) + 7, 0, i)
    ...          for i, char in enumerate("AIRNAIK")]
    >>> [word.text for word in together(apart)]
    ['AIR', 'NAIK']
    """
    letters = sum(len(word.text) == 1 and word.text.lower() != word.text.upper() for word in found)
    if len(found) < LEAST_APART or letters < MOSTLY_APART * len(found):
        return found
    gaps = [right.left - left.right for left, right in pairwise(found)]
    usual = sorted(gaps)[len(gaps) // 2]
    words = [found[0]]
    for gap, word in zip(gaps, found[1:], strict=True):
        if gap > APART * usual:
            words.append(word)
        else:
            words[-1] = replace(words[-1], text=words[-1].text + word.text, right=word.right)
    return words if max(len(word.text) for word in words) <= LONGEST_WORD else found
