"""The bundled translation lexicon: which words of one language stand for a word of the other.

Retrieval across languages needs it: a question's words are looked up in it, so that they find and
cover the paragraphs of both languages. ``python -m index.lexicon.train --data PATH`` makes it.
"""

from __future__ import annotations

import gzip
import hashlib
import random
import re
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

from index.text import STOP_WORDS, WORD, fold, language_of, lemma, words
from index.types import Language

BUNDLED = Path(__file__).parent / "model"
DIRECTIONS: dict[Language, str] = {"id": "id-en.tsv.gz", "en": "en-id.tsv.gz"}

LEAST_SYNONYM = 0.35
KEPT = 0.15  # share of the words that stay as they are when a text is switched

Table = dict[str, tuple[tuple[str, float], ...]]


@dataclass(frozen=True, slots=True)
class QueryWord:
    """A word of a question, folded, with its translations and how strong each is, in (0, 1].

    ``synonyms`` are words of its own language that translate alike.
    """

    word: str
    translations: tuple[tuple[str, float], ...]
    synonyms: tuple[tuple[str, float], ...] = ()


class Lexicon:
    """Translations of single words between Indonesian and English.

    A file has a line for each word, and one for each lemma, marked ``~``:
    ``word TAB translation SPACE probability TAB translation SPACE probability …``.
    """

    def __init__(self, folder: Path = BUNDLED) -> None:
        self._folder = folder
        self._tables: dict[Language, Table] = {}
        self._found: dict[tuple[str, Language], tuple[tuple[str, float], ...]] = {}
        self._asked: dict[str, tuple[QueryWord, ...]] = {}

    @cached_property
    def fingerprint(self) -> str:
        """Twelve hexadecimal digits of the files' SHA-256."""
        digest = hashlib.sha256()
        for name in DIRECTIONS.values():
            digest.update((self._folder / name).read_bytes())
        return digest.hexdigest()[:12]

    def translations(self, word: str, language: Language) -> tuple[tuple[str, float], ...]:
        """The translations of a folded word of ``language``, the strongest first.

        The strength is the square root of the probability: a text that uses the less likely
        one of two good translations still speaks of the same thing.

        >>> Lexicon().translations("gempa", "id")[0][0]
        'earthquake'
        """
        key = word, language
        found = self._found.get(key)
        if found is None:
            if len(self._found) > 100_000:
                self._found.clear()
            table = self._table(language)
            best: dict[str, float] = {}
            for entry in (word, "~" + lemma(word)):
                for other, probability in table.get(entry, ()):
                    best[other] = max(best.get(other, 0.0), probability**0.5)
            best.pop(word, None)
            found = tuple(sorted(best.items(), key=lambda item: (-item[1], item[0])))
            self._found[key] = found  # another thread may empty what is remembered
        return found

    def synonyms(self, word: str, language: Language) -> tuple[tuple[str, float], ...]:
        """Words of the same language that share a translation, the strongest first.

        A synonym is as strong as the way through the translation (pivoting, Bannard and
        Callison-Burch 2005).
        """
        other: Language = "en" if language == "id" else "id"
        best: dict[str, float] = {}
        for pivot, there in self.translations(word, language):
            for back, again in self.translations(pivot, other):
                best[back] = max(best.get(back, 0.0), there * again)
        best.pop(word, None)
        kept = (
            (one, strength)
            for one, strength in best.items()
            if strength > LEAST_SYNONYM and one not in STOP_WORDS
        )
        return tuple(sorted(kept, key=lambda item: (-item[1], item[0])))

    def query(self, question: str) -> list[QueryWord]:
        """The distinct content words of a question; all its words when it has no other.

        It is remembered, since search, reranking and reading each ask for it.
        """
        asked = self._asked.get(question)
        if asked is None:
            if len(self._asked) > 1_000:
                self._asked.clear()
            asked = self._asked[question] = tuple(self._query(question))
        return list(asked)

    def _query(self, question: str) -> list[QueryWord]:
        found = list(dict.fromkeys(words(question)))
        content = [word for word in found if word not in STOP_WORDS] or found
        language = language_of(question) or "id"
        return [
            QueryWord(word, self.translations(word, language), self.synonyms(word, language))
            for word in content
        ]

    def _table(self, language: Language) -> Table:
        if language not in self._tables:
            path = self._folder / DIRECTIONS[language]
            self._tables[language] = _shared(path, path.stat().st_mtime_ns)
        return self._tables[language]


@lru_cache(maxsize=len(DIRECTIONS))
def _shared(path: Path, written: int) -> Table:
    """The table as it was ``written``, for every lexicon of the process."""
    return read_table(path)


def switched(text: str, language: Language, lexicon: Lexicon, rng: random.Random) -> str:
    """``text`` with most of its words replaced by translations, in their order.

    Word salad to a reader, but training data for models of words (code-switching, Qin et al.
    2020). Likelier translations are drawn more often.
    """

    def replaced(match: re.Match[str]) -> str:
        found = lexicon.translations(fold(match.group()), language)
        if not found or rng.random() < KEPT:
            return match.group()
        weights = [strength * strength for _, strength in found]
        word = rng.choices([other for other, _ in found], weights)[0]
        return word.capitalize() if match.group()[0].isupper() else word

    return WORD.sub(replaced, text)


def read_table(path: Path) -> Table:
    """The lines of one direction."""
    table: Table = {}
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            word, *others = line.rstrip("\n").split("\t")
            pairs = (other.rsplit(" ", 1) for other in others)
            table[word] = tuple((other, float(probability)) for other, probability in pairs)
    return table


def write_table(path: Path, table: Table) -> None:
    """Write one direction; the same table always gives the same bytes."""
    lines = []
    for word in sorted(table):
        parts = [f"{other} {probability:.2f}" for other, probability in table[word]]
        lines.append("\t".join([word, *parts]) + "\n")
    with path.open("wb") as raw, gzip.GzipFile("", "wb", 9, raw, mtime=0) as file:
        file.write("".join(lines).encode("utf-8"))
