"""The words of a collection, each analysed once, and which of them each paragraph holds.

Reranking compares the words of a question with those of fifty paragraphs. With the words numbered
when they are indexed, that is arithmetic on arrays, and no text is read again.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from index.encoder import StaticEncoder, Vectors, unit
from index.text import content_words, lemma

Ids = NDArray[np.int32]

PLACES, WORDS = "places.i64", "words.i32"
MOST_ADDED = 100_000
SPELLED = 5  # letters; shorter words have no other spelling
FACTS = np.dtype(
    [
        ("lemma", np.int32),  # its number
        ("beginning", np.uint32),  # of its first two letters; 0 of a short word
        ("first", np.uint32),  # of its pieces, among all pieces
        ("count", np.uint16),  # of pieces
        ("scale", np.float32),  # what the sum of its pieces is divided by to have length 1, inverse
    ]
)


class Vocabulary:
    """Numbered words: how each is written, its lemma, and the pieces that its vector is made of.

    Safe to use from several threads: a number keeps its meaning.
    """

    def __init__(self, encoder: StaticEncoder | None = None, path: Path | None = None) -> None:
        """``encoder`` is by default the bundled one.

        ``path`` is a file that ``save`` wrote; words that are not in it are added in memory.

        Raises:
            BadZipFile, OSError: the file is damaged or not there.
        """
        self.encoder = encoder or StaticEncoder()
        self._path = path
        self._lock = threading.Lock()
        self._ids: dict[str, int] = {}
        self._words: list[str] = []
        self._facts: NDArray[np.void] = np.zeros(0, FACTS)
        self._pieces: NDArray[np.uint16] = np.zeros(0, np.uint16)
        self._pieces_used = 0
        if path is not None:
            self._load(path)
        self.stored = len(self._words)

    def __len__(self) -> int:
        return len(self._words)

    def fresh(self) -> Vocabulary:
        """This one, or as it was stored when many words were added since."""
        if len(self) - self.stored < MOST_ADDED:
            return self
        return Vocabulary(self.encoder, self._path)

    def word(self, number: int) -> str:
        return self._words[number]

    def find(self, word: str) -> int:
        """The number of a folded word; -1 if it never occurred."""
        return self._ids.get(word, -1)

    def ids(self, words: Sequence[str]) -> Ids:
        """The numbers of these folded words, int32[len(words)]; new words are given one."""
        found = list(map(self._ids.get, words))
        if None in found:
            self._add(words)
            found = list(map(self._ids.get, words))
        return np.array(found, dtype=np.int32)

    def lemmas(self, ids: Ids) -> Ids:
        """The numbers of the words' lemmas."""
        found: Ids = self._facts["lemma"][ids]
        return found

    def beginnings(self, ids: Ids) -> NDArray[np.uint32]:
        """What ``beginning`` says of each word."""
        found: NDArray[np.uint32] = self._facts["beginning"][ids]
        return found

    def means(self, ids: Ids, table: Vectors | None = None) -> Vectors:
        """What ``StaticEncoder.means`` says of the words, float32[len(ids), dimensions].

        ``table`` float32[pieces, dimensions] holds other vectors of the encoder's pieces.
        """
        places, counts = self._places(ids)
        width = self.encoder.dimensions if table is None else table.shape[1]
        means = np.zeros((len(ids), width), dtype=np.float32)
        cut = counts > 0
        if cut.any():
            pieces = self._pieces[places]
            vectors = self.encoder.piece_vectors(pieces) if table is None else table[pieces]
            starts = (np.cumsum(counts) - counts)[cut]
            means[cut] = np.add.reduceat(vectors, starts, axis=0) / counts[cut, None]
        return means

    def vectors(self, words: Sequence[str]) -> Vectors:
        """Unit vectors of folded words, float32[len(words), dimensions]."""
        return unit(self.means(self.ids(words)))

    def cosines(self, vectors: Vectors, ids: Ids) -> Vectors:
        """Cosines of unit ``vectors`` float32[n, dimensions] to the words, float32[n, len(ids)].

        Each piece that the words share is multiplied once.
        """
        places, counts = self._places(ids)
        ends = np.cumsum(counts)
        taken = self._pieces[places]
        used = np.zeros(self.encoder.pieces, dtype=np.bool_)
        used[taken] = True
        products = self.encoder.piece_vectors(np.flatnonzero(used)) @ vectors.T
        line = np.cumsum(used) - 1
        sums = np.concatenate([np.zeros((1, len(vectors))), np.cumsum(products[line[taken]], 0)])
        scale = self._facts["scale"][ids]
        cosines: Vectors = ((sums[ends] - sums[ends - counts]).T * scale).astype(np.float32)
        return cosines

    def _places(self, ids: Ids) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Where the pieces of the words lie, one word after the other, and how many each has."""
        counts = self._facts["count"][ids].astype(np.int64)
        before = np.cumsum(counts) - counts
        places = np.arange(counts.sum()) + np.repeat(self._facts["first"][ids] - before, counts)
        return places, counts

    def save(self, path: Path) -> None:
        """Write all words to ``path``."""
        with path.open("wb") as file:
            np.savez(
                file,
                encoder=np.array(self.encoder.fingerprint),
                words=np.frombuffer("\n".join(self._words).encode("utf-8"), dtype=np.uint8),
                facts=self._facts[: len(self._words)],
                pieces=self._pieces[: self._pieces_used],
            )

    def _load(self, path: Path) -> None:
        with np.load(path, allow_pickle=False) as file:
            text = file["words"].tobytes().decode("utf-8")
            words = text.split("\n") if text else []
            if str(file["encoder"]) != self.encoder.fingerprint:
                self._add(words)
                return
            self._facts, self._pieces = file["facts"], file["pieces"]
            self._pieces_used = len(self._pieces)
        self._words = words
        self._ids = dict(zip(words, range(len(words)), strict=True))

    def _add(self, words: Iterable[str]) -> None:
        """Give those words numbers that have none, and their lemmas."""
        with self._lock:
            new = dict.fromkeys(word for word in words if word not in self._ids)
            more = list(new)
            while more := [one for one in map(lemma, more) if one not in self._ids]:
                more = [one for one in dict.fromkeys(more) if one not in new]
                new |= dict.fromkeys(more)
            start = len(self._words)
            numbers = dict(zip(new, range(start, start + len(new)), strict=True))
            facts, pieces = self._analysed(list(new), numbers)
            self._facts = _grown(self._facts, start, facts)
            self._pieces = _grown(self._pieces, self._pieces_used, pieces)
            self._pieces_used += len(pieces)
            self._words += new
            self._ids |= numbers  # last: whoever finds a number finds its facts

    def _analysed(
        self, words: list[str], numbers: dict[str, int]
    ) -> tuple[NDArray[np.void], NDArray[np.uint16]]:
        """The facts and pieces of words that are added as ``numbers``."""
        cut = self.encoder.cut(words)
        counts = np.array([len(one) for one in cut], dtype=np.int64)
        pieces = np.fromiter(chain.from_iterable(cut), dtype=np.uint16, count=int(counts.sum()))
        lengths = np.linalg.norm(self.encoder.means_of(cut), axis=1) * counts
        facts = np.zeros(len(words), FACTS)
        facts["lemma"] = [numbers.get(one, self._ids.get(one)) for one in map(lemma, words)]
        facts["beginning"] = [beginning(word) for word in words]
        facts["first"] = self._pieces_used + np.cumsum(counts) - counts
        facts["count"] = counts
        facts["scale"] = np.divide(1, lengths, out=np.zeros(len(words)), where=lengths > 1e-12)
        return facts, pieces


class ParagraphWords:
    """The numbers of the content words of each paragraph, in their order.

    ``places`` int64[rows, 2] says for the catalog's paragraph ``row``, in line ``row - 1``, where
    its words begin among ``words`` int32[…] and how many they are.
    """

    def __init__(self, folder: Path) -> None:
        self._places = _mapped(folder / PLACES, np.dtype(np.int64)).reshape(-1, 2)
        self._words = _mapped(folder / WORDS, np.dtype(np.int32))

    def __len__(self) -> int:
        return len(self._places)

    def __getitem__(self, rows: Sequence[int]) -> list[Ids]:
        """The words of each of these rows."""
        places = self._places[np.asarray(rows, dtype=np.int64) - 1].tolist()
        return [self._words[start : start + count] for start, count in places]


class WordWriter:
    """Adds the words of paragraphs to a folder that nobody reads yet."""

    def __init__(self, folder: Path, encoder: StaticEncoder) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._file = vocabulary_file(folder)
        self._places, self._words = folder / PLACES, folder / WORDS
        self._vocabulary = Vocabulary(encoder, self._file if self._file.exists() else None)

    def add(self, rows: Sequence[int], texts: Sequence[str]) -> None:
        found = [content_words(text) for text in texts]
        ids = self._vocabulary.ids(list(chain.from_iterable(found)))
        with self._words.open("ab") as file:
            start = file.tell() // ids.itemsize
            file.write(ids.tobytes())
        self._places.touch()
        with self._places.open("r+b") as file:
            for row, words in zip(rows, found, strict=True):
                file.seek((row - 1) * 16)
                file.write(np.array([start, len(words)], dtype=np.int64).tobytes())
                start += len(words)

    def close(self) -> None:
        self._vocabulary.save(self._file)


def vocabulary_file(folder: Path) -> Path:
    """Where a folder of words holds their analysis."""
    return folder / "vocabulary.npz"


def beginning(word: str) -> int:
    """The same for all longer words with the same two first letters; 0 for the others."""
    return (ord(word[0]) << 11) + ord(word[1]) if len(word) >= SPELLED else 0


def _mapped(path: Path, kind: np.dtype[Any]) -> NDArray[Any]:
    if not path.exists() or not path.stat().st_size:
        return np.zeros(0, kind)
    mapped: NDArray[Any] = np.memmap(path, dtype=kind, mode="r")
    return mapped


def _grown(held: NDArray[Any], used: int, more: NDArray[Any]) -> NDArray[Any]:
    """``held`` with ``more`` behind its first ``used`` lines, in place where there is room."""
    if used + len(more) > len(held):
        wider = np.zeros(max(used + len(more), 2 * used), held.dtype)
        wider[:used] = held[:used]
        held = wider
    held[used : used + len(more)] = more
    return held
