"""Whether a sentence follows from the paragraphs that it cites.

A sentence is supported when its values (numbers, amounts, dates, times), names and addresses
stand in the paragraphs, nothing is negated on one side only, no two names have changed places, and
the reader, which was trained on statements that a paragraph supports, contradicts or does not say,
does not take it for one of the others. All comparisons work across the two languages.
``python -m evals.statements`` measures what is caught and lost.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import combinations
from typing import Literal

import numpy as np
import simplemma
from numpy.typing import NDArray

from assistant.quantities import PartialDate, Quantity, equal, quantities
from assistant.reader import Reader, bundled_reader
from assistant.reader.encoding import heading
from index.encoder import StaticEncoder
from index.lexicon import DIRECTIONS, Lexicon
from index.rerank import SoftMatcher
from index.text import (
    STOP_WORDS,
    WORD,
    content_words,
    fold,
    is_common,
    language_of,
    lemma,
    sentences,
)
from index.types import Language

Fault = Literal["number", "date", "name", "negation", "roles", "address", "meaning"]
Alike = NDArray[np.float32]
Run = tuple[int, int]

SAME = 0.42  # cosine of two words that mean the same: .5 to .7 across languages, others near 0
COMMON = 0.25  # of an ordinary word in a name ("Games", "Menteri"), whose translation is looser
PIVOT = 0.25  # of a verb that two names have changed places around
TRANSLATED = 0.35  # strength of a translation, from which two words mean the same
HELD = 0.4  # of a word's match, from which a text holds it
BESIDE = 2  # ordinary words on either side of a name that are its company
SWAPPED = 0.3  # by how much two names fit better into each other's company than into their own
SUPPORTED = 0.3  # probability from which the reader takes a sentence for supported
SCOPE = 3  # content words after a negator that it may negate
REFUSED_WITHIN = 3  # words between a verb of refusing and what is refused

_NEGATORS = frozenset(
    """tidak tak bukan bukanlah tidaklah belum jangan tanpa nggak gak not no never without nor
    neither none cannot can't won't don't doesn't didn't isn't aren't wasn't weren't hasn't
    haven't hadn't wouldn't couldn't shouldn't nobody nothing""".split()
)
_REFUSALS = frozenset(
    """menolak membantah gagal dilarang melarang batal mencegah menghalangi kecuali
    refused refuse denied deny failed fail failure lack lacks lacked unable banned barred blocked
    prevented cancelled canceled except impossible inaccurate inadequate inappropriate incomplete
    incorrect infrequent insufficient invalid invisible illegal irregular kurang mustahil""".split()
)
_UN = re.compile(r"(?:un(?!less|til|der|ion|ite|iform|iver|ique)|non-?)(\w{4,})")
_WEEKDAYS = {
    name: day
    for day, names in enumerate(
        ("senin monday", "selasa tuesday", "rabu wednesday", "kamis thursday",
         "jumat jum'at friday", "sabtu saturday", "minggu ahad sunday")
    )
    for name in names.split()
}  # fmt: skip
_BOTH = re.compile(r"\b(?:both|twice|pair|couple|either|two|dua|kedua\w*|sepasang|berdua)\b", re.I)
_HONORIFICS = frozenset("mr mrs ms miss dr prof tuan nyonya nona bapak ibu pak bu ny nn tn".split())
_STARTS = re.compile(r"(?:\A|[.!?:…\n])[\s\"'“”‘’(]*\Z|[\"“‘(]\Z")
_SYMMETRIC = frozenset(
    "bertemu berjumpa bertanding berunding antara met meet meets between".split()
)
_PREPOSITIONS = {
    word: group
    for group in (
        "di in at on pada", "ke to kepada", "dari from", "oleh by", "lawan against atas over",
        "untuk for", "of", "dekat near", "sampai hingga until",
    )
    for word in group.split()
}  # fmt: skip
_ADDRESSES = re.compile(  # what leads somewhere, or is code, wherever it is shown
    r"[A-Za-z][A-Za-z0-9+.-]+:\S+|\S+@\S+"
    r"|\b[\w-]{2,}(?:\.[\w-]+)*\.(?:[a-z]{2,}|[A-Z]{2,})\b(?:/\S*)?"
    r"|//\S+|\]\(|</?[A-Za-z!][^<>]*>?"
)
_AFTER_ADDRESS = ".,;:!?…)\"'”’"
_PASSIVE = re.compile(r"\b(?:oleh|by)\b|\bdi(?=[a-z]{4})\w+", re.I)
_SHORT_NAMES = (
    (re.compile(r"\b(?:U\.S\.(?:A\.)?|USA|A\.S\.|AS|Amerika Serikat|United States)(?!\w)"), "US"),
    (re.compile(r"\b(?:U\.N\.|PBB|Perserikatan Bangsa-Bangsa|United Nations)(?!\w)"), "UN"),
    (re.compile(r"\b(?:UE|Uni Eropa|European Union)\b"), "EU"),
    (
        re.compile(r"\b(?:U\.K\.|Inggris Raya|Britania Raya|Great Britain|United Kingdom)(?!\w)"),
        "UK",
    ),
    (re.compile(r"\bBUMN\b"), "badan usaha milik negara state firms"),
)


@dataclass(frozen=True, slots=True)
class Source:
    """A paragraph that may be cited, with what its page says of it."""

    text: str
    language: Language
    title: str = ""
    outlet: str = ""
    published: datetime | None = None


@dataclass(frozen=True, slots=True)
class Support:
    """What speaks against a sentence. True when nothing does.

    ``probability`` is the reader's that the paragraphs support it.
    """

    faults: tuple[Fault, ...]
    probability: float

    def __bool__(self) -> bool:
        return not self.faults


@dataclass(frozen=True, slots=True)
class _Text:
    """The words of a text; ``capital`` and ``content`` say which are written so or mean much."""

    text: str
    spans: tuple[tuple[int, int], ...]
    folded: tuple[str, ...]
    capital: tuple[bool, ...]
    content: tuple[bool, ...]

    @classmethod
    def of(cls, text: str) -> _Text:
        found = list(WORD.finditer(text))
        folded = tuple(fold(one.group()).replace("’", "'").removesuffix("'s") for one in found)
        return cls(
            text,
            tuple(one.span() for one in found),
            folded,
            tuple(one.group()[0].isupper() for one in found),
            tuple(word not in STOP_WORDS for word in folded),
        )

    def between(self, left: int, right: int) -> str:
        """The text between two words."""
        return self.text[self.spans[left][1] : self.spans[right][0]]


class SupportCheck:
    """Checks sentences against paragraphs by the word vectors of one encoder."""

    def __init__(
        self,
        encoder: StaticEncoder,
        matcher: SoftMatcher,
        lexicon: Lexicon | None = None,
        reader: Reader | None = None,
    ) -> None:
        """``reader`` tells what a text says of a statement; the bundled one unless given."""
        self._encoder = encoder
        self._reader = reader or bundled_reader()
        self._matcher = matcher
        self._lexicon = lexicon or Lexicon()

    def __call__(self, sentence: str, sources: Sequence[Source]) -> Support:
        """What speaks against ``sentence`` when it cites ``sources``, which may share the proof."""
        if _missing_addresses(sentence, sources):
            return Support(("address",), 0.0)
        written, sentence = sentence, _short(sentence)
        context = [_short(f"{one.title}\n{one.outlet}\n{one.text}") for one in sources]
        language = language_of(sentence) or (sources[0].language if sources else None)
        values = quantities(sentence, language)
        faults = set(_missing_values(sentence, values, sources))
        said = _Text.of(sentence)
        whole = _Text.of("\n".join(context))
        near = any(one.language == language for one in sources)
        if _missing_weekday(said, whole, sources):
            faults.add("date")
        if _missing_names(said, values, self._alike(said, whole), not near):
            faults.add("name")
        texts = [_short(one.text) for one in sources]
        pieces = [_Text.of(text[start:end]) for text in texts for start, end in sentences(text)]
        compared = [(piece, self._alike(said, piece)) for piece in pieces if piece.folded]
        if said.folded and compared:
            if _negated_differently(said, compared):
                faults.add("negation")
            if any(_changed_places(said, piece, alike) for piece, alike in compared):
                faults.add("roles")
        if faults:
            return Support(tuple(sorted(faults)), 0.0)
        probability = self.probability(written, sources)
        return Support(() if probability >= SUPPORTED else ("meaning",), probability)

    def probability(self, sentence: str, sources: Sequence[Source]) -> float:
        """The reader's probability that the paragraphs, read as one, support the sentence."""
        if not sources:
            return 0.0
        first = sources[0]
        head = heading(first.title, first.published, first.language)
        text = "\n".join(one.text for one in sources)
        [reading] = self._reader.read(sentence, [text], [head])
        return reading.probability("supported") if reading else 0.0

    def holds(self, text: str, words: str) -> bool:
        """Whether every content word of ``words`` stands in ``text``, or one that means the same.

        A question of stop words alone ("When was that?") is held by any text.
        """
        if not content_words(words):
            return True
        return bool((self._matcher.coverage(words, [text])[0].best >= HELD).all())

    def cosine(self, text: str, other: str) -> float:
        """The cosine of two texts."""
        left, right = self._encoder.encode([text, other])
        return float(left @ right)

    def best_sentence(self, sentence: str, text: str) -> tuple[int, int]:
        """The offsets of the sentence of ``text`` that is nearest to ``sentence``."""
        spans = sentences(text)
        vectors = self._encoder.encode([sentence, *(text[start:end] for start, end in spans)])
        return spans[int((vectors[1:] @ vectors[0]).argmax())]

    def _alike(self, said: _Text, found: _Text) -> Alike:
        """float32[words of said, words of found]: 1 for the same word, else the cosine.

        Words that the lexicon translates into each other are at least ``SAME``.
        """
        left = self._matcher.vocabulary.vectors(said.folded)
        right = self._matcher.vocabulary.vectors(found.folded)
        alike: Alike = left @ right.T
        digits = np.array([word[0].isdigit() for word in said.folded], bool)[:, None] | np.array(
            [word[0].isdigit() for word in found.folded], bool
        )
        alike[digits] = 0.0
        stems = np.array([lemma(word) for word in said.folded], dtype=object)
        others = np.array([lemma(word) for word in found.folded], dtype=object)
        alike[stems[:, None] == others[None, :]] = 1.0
        left_means = [self._meanings(word) for word in said.folded]
        right_means = [self._meanings(word) for word in found.folded]
        for i, meant in enumerate(left_means):
            for j, other in enumerate(right_means):
                if alike[i, j] < SAME and (
                    meant & {found.folded[j], others[j]} or other & {said.folded[i], stems[i]}
                ):
                    alike[i, j] = SAME
        return alike

    def _meanings(self, word: str) -> frozenset[str]:
        """What a folded word of either language is translated as."""
        if not word.isalpha():
            return frozenset()
        return frozenset(
            other
            for language in DIRECTIONS
            for other, strength in self._lexicon.translations(word, language)
            if strength >= TRANSLATED
        )


def _missing_addresses(sentence: str, sources: Sequence[Source]) -> bool:
    """Whether an address or a piece of markup is written that no source has.

    >>> source = Source("Pendaftaran dibuka di kabar.example/daftar.", "id")
    >>> _missing_addresses("Pendaftaran ada di kabar.example/daftar.", [source])
    False
    >>> _missing_addresses("Pendaftaran ada di https://kabar.example/daftar.", [source])
    True
    """
    told = "\n".join(f"{one.title}\n{one.outlet}\n{one.text}" for one in sources).casefold()
    found = (match.group().rstrip(_AFTER_ADDRESS) for match in _ADDRESSES.finditer(sentence))
    return any(address.casefold() not in told for address in found)


def _short(text: str) -> str:
    """``text`` with the names that both languages abbreviate differently written alike."""
    for pattern, name in _SHORT_NAMES:
        text = pattern.sub(name, text)
    return text


def _missing_values(
    sentence: str, values: list[Quantity], sources: Sequence[Source]
) -> Iterator[Fault]:
    found: list[tuple[Quantity, datetime | None]] = []
    for source in sources:
        for text in (source.title, source.text):
            found += [(one, source.published) for one in quantities(text, source.language)]
    left = list(found)  # what is said twice must stand there twice
    for value in values:
        said = sentence[slice(*value.span)]
        if value.value == 1 and not any(char.isdigit() for char in said):
            continue  # "one of them", "seorang", "the first"
        if value.value == 2 and _BOTH.search(said) and any(_BOTH.search(s.text) for s in sources):
            continue  # "both sides" and "kedua pihak"
        if isinstance(value.value, PartialDate):
            if not _dated(value.value, found, sources):
                yield "date"
            continue
        match = next((i for i, (one, _) in enumerate(left) if equal(value, one)), None)
        if match is None:
            yield "date" if value.kind in ("time", "period") else "number"
        else:
            del left[match]


def _dated(
    said: PartialDate, found: list[tuple[Quantity, datetime | None]], sources: Sequence[Source]
) -> bool:
    """Whether a date of the sources is the one said, or lies in it.

    A year that a paragraph leaves out is that of its publication; the day of this counts where no
    day is named.
    """
    dates = [
        PartialDate(
            one.value.year or (published.year if published else None),
            one.value.month,
            one.value.day,
        )
        for one, published in found
        if isinstance(one.value, PartialDate)
    ]
    named = any(date.day for date in dates)
    for source in sources:
        if source.published:
            day = source.published
            dates.append(PartialDate(day.year, day.month, None if named else day.day))
    if any(
        all(
            part is None or part == other
            for part, other in (
                (said.year, date.year), (said.month, date.month), (said.day, date.day),
            )
        )
        for date in dates
    ):  # fmt: skip
        return True
    return said.month is None and any(one.value == said.year for one, _ in found)


def _missing_weekday(said: _Text, whole: _Text, sources: Sequence[Source]) -> bool:
    """Whether a day of the week is said that no source names, or, naming none, appeared on."""
    named = zip(whole.folded, whole.capital, strict=True)
    told = {_WEEKDAYS[word] for word, capital in named if capital and word in _WEEKDAYS}
    told = told or {source.published.weekday() for source in sources if source.published}
    return any(
        capital and _WEEKDAYS.get(word, -1) not in told | {-1}
        for word, capital in zip(said.folded, said.capital, strict=True)
    )


def _missing_names(said: _Text, values: list[Quantity], alike: Alike, across: bool) -> bool:
    """Whether a name of the sentence stands nowhere in the sources.

    ``across`` languages an ordinary word of a name may be missing when half of the name stands
    there: "Komite Kehakiman" is the Judiciary Committee.
    """
    taken = [value.span for value in values]
    best = alike.max(axis=1, initial=0.0)
    runs = {i: run for run in _runs(said) for i in range(*run)}
    for i, word in enumerate(said.folded):
        start, end = said.spans[i]
        written = said.text[start:end]
        if not said.capital[i] or any(a < end and start < b for a, b in taken):
            continue
        if not said.content[i] and not (written.isupper() and len(written) > 1):
            continue
        if word in _HONORIFICS or word in _WEEKDAYS:
            continue
        common = not written.isupper() and is_common(word)
        if common and _STARTS.search(said.text[:start]):
            continue
        if best[i] >= (COMMON if common else SAME):
            continue
        run = best[slice(*runs[i])]
        if not (common and across and 2 * int((run >= SAME).sum()) >= len(run)):
            return True
    return False


def _scopes(text: _Text) -> list[list[int]]:
    """The content words that each negator of the text may negate."""
    found = []
    for i, word in enumerate(text.folded):
        if word not in _NEGATORS or text.folded[i + 1 : i + 2] in (("hanya",), ("only",)):
            continue
        found.append([j for j in range(i + 1, len(text.folded)) if text.content[j]][:SCOPE])
    return found


def _negated_differently(said: _Text, compared: list[tuple[_Text, Alike]]) -> bool:
    """Whether a word is negated in the sentence only, or in what it restates only.

    Each negator of the sentence needs one of its own in a paragraph, over a word alike.
    """
    nearest = max(compared, key=lambda one: float(one[1].max(axis=1).sum()))[0]
    theirs = [(scope, piece, alike) for piece, alike in compared for scope in _scopes(piece)]
    theirs.sort(key=lambda one: one[1] is not nearest)
    for scope in _scopes(said):
        match = next(
            (
                one
                for one in theirs
                if _scopes_alike(scope if one[1] is nearest else scope[:1], one[0], one[2])
            ),
            None,
        )
        if match is None and _stands_positive(scope, compared):
            return True
        match = match or next((one for one in theirs if one[1] is nearest), None)
        if match:
            theirs.remove(match)
        elif not _refuses(nearest.folded):
            return True
    if _refuses(said.folded):
        return False
    content = [i for i, counts in enumerate(said.content) if counts]
    return any(
        piece is nearest and scope and content and alike[np.ix_(content, scope[:2])].max() >= SAME
        for scope, piece, alike in theirs
    )


def _refuses(words: Sequence[str]) -> bool:
    """Whether one of these folded words says no without a negator.

    >>> _refuses(["an", "unpopular", "plan"]), _refuses(["the", "union", "until"])
    (True, False)
    """
    return any(
        word in _REFUSALS
        or ((negated := _UN.fullmatch(word)) and simplemma.is_known(negated.group(1), lang="en"))
        for word in words
    )


def _scopes_alike(ours: list[int], theirs: list[int], alike: Alike) -> bool:
    return any(alike[i, j] >= SAME for i in ours for j in theirs)


def _stands_positive(scope: list[int], compared: list[tuple[_Text, Alike]]) -> bool:
    """Whether the word next to the negator stands in a paragraph, with no refusal before it."""
    if not scope:
        return False
    for piece, alike in compared:
        for j in map(int, np.flatnonzero(alike[scope[0]] >= SAME)):
            if not _refuses(piece.folded[max(0, j - REFUSED_WITHIN) : j]):
                return True
    return False


def _runs(text: _Text) -> list[Run]:
    """Names as ranges of words: capitals that only a space, a hyphen or a dot parts."""
    runs: list[Run] = []
    for i, capital in enumerate(text.capital):
        if not capital or not (text.content[i] or text.text[slice(*text.spans[i])].isupper()):
            continue
        if runs and runs[-1][1] == i and text.between(i - 1, i).strip(" .-") == "":
            runs[-1] = (runs[-1][0], i + 1)
        else:
            runs.append((i, i + 1))
    return runs


def _changed_places(said: _Text, piece: _Text, alike: Alike) -> bool:
    """Whether two names stand in the other order around a word that both texts have."""
    theirs = _runs(piece)
    matched = []
    for run in _runs(said):
        counts = [sum(bool((alike[i, a:b] >= SAME).any()) for i in range(*run)) for a, b in theirs]
        best = max(counts, default=0)
        where = [one for one, count in zip(theirs, counts, strict=True) if count == best > 0]
        matched.append((run, where))
    return any(
        _inverted(said, piece, alike, left, right)
        or _company_changed(said, piece, alike, left, right)
        for left, right in combinations(matched, 2)
    )


def _company_changed(
    said: _Text,
    piece: _Text,
    alike: Alike,
    left: tuple[Run, list[Run]],
    right: tuple[Run, list[Run]],
) -> bool:
    """Whether each of two names stands among the words that the other one stands among there."""
    (first, firsts), (second, seconds) = left, right
    firsts, seconds = (
        [one for one in firsts if one not in seconds],
        [one for one in seconds if one not in firsts],
    )
    if not firsts or not seconds:
        return False

    def near(run: Run, places: list[Run]) -> float:
        ours = _company(said, run)
        found = [alike[np.ix_(ours, theirs)] for p in places if (theirs := _company(piece, p))]
        if not ours:
            return 0.0
        return max((float(one.max(axis=1).clip(0, 1).mean()) for one in found), default=0.0)

    kept = near(first, firsts) + near(second, seconds)
    swapped = near(first, seconds) + near(second, firsts)
    return swapped - kept > SWAPPED


def _company(text: _Text, run: Run) -> list[int]:
    """The ordinary content words next to a name, at most two on either side."""
    plain = [i for i, counts in enumerate(text.content) if counts and not text.capital[i]]
    before = [i for i in plain if i < run[0]][-BESIDE:]
    return before + [i for i in plain if i >= run[1]][:BESIDE]


def _inverted(
    said: _Text,
    piece: _Text,
    alike: Alike,
    left: tuple[Run, list[Run]],
    right: tuple[Run, list[Run]],
) -> bool:
    (first, firsts), (second, seconds) = left, right
    pairs = [(a, b) for a in firsts for b in seconds if a != b]
    if not pairs or any(a[1] <= b[0] for a, b in pairs):
        return False
    ours = range(first[1], second[0])
    if any(said.folded[i] in _SYMMETRIC for i in ours):
        return False
    passive = _PASSIVE.search(said.between(first[1] - 1, second[0])) is not None
    for a, b in pairs:
        theirs = range(b[1], a[0])
        if (_PASSIVE.search(piece.between(b[1] - 1, a[0])) is not None) != passive:
            continue
        if _moved(said, piece, (first, a), (second, b)):
            continue
        if any(_pivot(said, piece, alike, i, j) for i in ours for j in theirs):
            return True
    return False


def _moved(said: _Text, piece: _Text, left: tuple[Run, Run], right: tuple[Run, Run]) -> bool:
    """Whether a name took its preposition along to another place: "in Geneva" comes first."""
    kept = [
        group
        for ours, theirs in (left, right)
        if (group := _preposition(said, ours)) and group == _preposition(piece, theirs)
    ]
    return len(kept) == 1 or (len(kept) == 2 and kept[0] != kept[1])


def _preposition(text: _Text, run: Run) -> str:
    return _PREPOSITIONS.get(text.folded[run[0] - 1], "") if run[0] else ""


def _pivot(said: _Text, piece: _Text, alike: Alike, i: int, j: int) -> bool:
    """Whether two words are the one that names may change places around."""
    if said.capital[i] or piece.capital[j]:
        return False
    if said.content[i] and piece.content[j]:
        return bool(alike[i, j] >= PIVOT)
    group = _PREPOSITIONS.get(said.folded[i])
    return group is not None and group == _PREPOSITIONS.get(piece.folded[j])
