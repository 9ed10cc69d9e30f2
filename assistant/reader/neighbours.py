"""Learn what kind of word each word is from the words next to it.

A word is guessed from four words to either side, whose places count (structured word2vec, Ling et
al. 2015): words of one kind stand in the same places, whatever their texts are about (Levy and
Goldberg 2014). Words are means of their pieces (fastText, Bojanowski et al. 2017). Some words are
replaced by translations, so that both languages meet in one space (Gouws and Søgaard 2015).
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from index.encoder import StaticEncoder, Vectors
from index.lexicon import Lexicon
from index.text import words
from index.types import Language

DIMENSIONS = 128
PLACES = np.array([-4, -3, -2, -1, 1, 2, 3, 4])
GAP = 4  # numbers between two texts, so that none is the other's neighbour
BATCH = 2_048  # words; each is told from the others of its batch
FREQUENT = 1e-4  # commoner words are guessed less often (word2vec, Mikolov et al. 2013)
RAREST = 2  # times that a word has to occur
ENGLISH = 4  # times that an English word is guessed; there are fewer of them
MOST_PIECES = 6  # of a word
TRANSLATIONS = 3  # of a word that take its place
SWITCHED, SWITCHED_BESIDE = 0.35, 0.15  # share of guessed words and neighbours that they replace
RATE, RATE_OF_PLACES = 5e-3, 2e-3

Texts = Sequence[tuple[str, Language]]


@dataclass(frozen=True, slots=True)
class Corpus:
    """Running texts as numbers of words; 0 is no word.

    ``running`` int32[n] holds all texts with gaps between them, ``english`` bool[n] says which are
    English, ``counts`` int64[n_words] how often each word occurs, ``pieces`` int64[n_words,
    MOST_PIECES] what it is made of (0: nothing), and ``translations`` int32[2, n_words,
    TRANSLATIONS] those of Indonesian and of English words.
    """

    running: NDArray[np.int32]
    english: NDArray[np.bool_]
    counts: NDArray[np.int64]
    pieces: Tensor
    translations: NDArray[np.int32]

    def switched(
        self, found: NDArray[np.int32], english: NDArray[np.bool_], share: float,
        rng: np.random.Generator,
    ) -> NDArray[np.int32]:  # fmt: skip
        """``found`` with that share of its words replaced by a translation, where there is one."""
        drawn = rng.integers(0, TRANSLATIONS, found.shape)
        other = self.translations[english.astype(np.int8), found, drawn]
        replaced = (rng.random(found.shape) < share) & (other > 0)
        written: NDArray[np.int32] = np.where(replaced, other, found)
        return written

    def targets(self, rng: np.random.Generator) -> NDArray[np.int64]:
        """The places of the words to be guessed, in random order."""
        share = self.counts / self.counts.sum()
        kept = np.minimum(1, np.sqrt(FREQUENT / np.maximum(share, 1e-12)))
        places = np.flatnonzero(self.running)
        english = places[self.english[places]]
        places = np.concatenate([places, np.tile(english, ENGLISH - 1)])
        places = places[rng.random(len(places)) < kept[self.running[places]]]
        return rng.permutation(places).astype(np.int64)


def read(texts: Texts, encoder: StaticEncoder, lexicon: Lexicon) -> Corpus:
    """The texts as a corpus."""
    cut = [words(text) for text, _ in texts]
    counted: dict[Language, Counter[str]] = {"id": Counter(), "en": Counter()}
    for found, (_, language) in zip(cut, texts, strict=True):
        counted[language].update(found)
    both = counted["id"] + counted["en"]
    known = [word for word, count in both.most_common() if count >= RAREST]
    numbers = {word: i for i, word in enumerate(known, 1)}
    gap = [0] * GAP
    running = np.fromiter(
        chain.from_iterable(chain(gap, (numbers.get(w, 0) for w in found)) for found in cut),
        dtype=np.int32,
    )
    lengths = [GAP + len(found) for found in cut]
    english = np.repeat([language == "en" for _, language in texts], lengths)
    pieces = np.zeros((1 + len(known), MOST_PIECES), np.int64)
    for i, parts in enumerate(encoder.cut(known), 1):
        pieces[i, : len(parts)] = np.array(parts[:MOST_PIECES]) + 1
    translations = np.zeros((2, 1 + len(known), TRANSLATIONS), np.int32)
    for side, language in enumerate(counted):
        for word in counted[language].keys() & numbers.keys():
            meant = [numbers[w] for w, _ in lexicon.translations(word, language) if w in numbers]
            if meant:
                translations[side, numbers[word]] = np.resize(meant[:TRANSLATIONS], TRANSLATIONS)
    return Corpus(
        np.concatenate([running, np.zeros(GAP, np.int32)]),
        np.concatenate([english, np.zeros(GAP, np.bool_)]),
        np.array([0, *(both[word] for word in known)]), torch.from_numpy(pieces), translations,
    )  # fmt: skip


class Guesser(nn.Module):
    """Guesses words from their neighbours."""

    def __init__(self, pieces: int) -> None:
        super().__init__()
        self.guessed = _bag(pieces)
        self.beside = _bag(pieces)
        noise = torch.randn(len(PLACES), DIMENSIONS, DIMENSIONS) * 0.02
        self.places = nn.Parameter(torch.eye(DIMENSIONS) + noise)

    def forward(self, words: Tensor, neighbours: Tensor, which: Tensor) -> Tensor:
        """How well each of the ``words`` fits each context, float32[n, n].

        ``words`` int64[n, MOST_PIECES] and ``neighbours`` int64[m, MOST_PIECES] are given by their
        pieces; ``which`` int64[n, places] are the neighbours of each.
        """
        beside = functional.embedding(which, self.beside(neighbours))
        expected = torch.einsum("npd,pde->ne", beside, self.places)
        fits: Tensor = expected @ self.guessed(words).T
        return fits


def _bag(pieces: int) -> nn.EmbeddingBag:
    bag = nn.EmbeddingBag(1 + pieces, DIMENSIONS, mode="mean", padding_idx=0, sparse=True)
    with torch.no_grad():
        bag.weight.normal_(std=0.1)[0] = 0
    return bag


def learn(texts: Texts, encoder: StaticEncoder, lexicon: Lexicon, seed: int) -> Vectors:
    """Vectors of the encoder's pieces, float32[pieces, DIMENSIONS].

    Vocabulary-sized softmax is sampled: a word is told from those of its batch, whose frequency is
    discounted (Bengio and Senécal 2008).
    """
    rng = np.random.default_rng(seed)
    corpus = read(texts, encoder, lexicon)
    targets = corpus.targets(rng)
    drawn = np.bincount(corpus.running[targets], minlength=len(corpus.counts))
    discount = torch.from_numpy(np.log(np.maximum(drawn, 1) / drawn.sum())).float()
    model = Guesser(encoder.pieces)
    bags = [model.guessed.weight, model.beside.weight]
    optimisers = [
        (torch.optim.SparseAdam(bags, lr=RATE), RATE),
        (torch.optim.Adam([model.places], lr=RATE_OF_PLACES), RATE_OF_PLACES),
    ]
    steps = max(1, len(targets) // BATCH)
    started, total = time.time(), 0.0
    for step in range(steps):
        places = targets[step * BATCH : (step + 1) * BATCH]
        english = corpus.english[places]
        guessed = corpus.switched(corpus.running[places], english, SWITCHED, rng)
        around = corpus.running[places[:, None] + PLACES]
        sides = np.broadcast_to(english[:, None], around.shape)
        around = corpus.switched(around, sides, SWITCHED_BESIDE, rng)
        distinct, which = np.unique(around, return_inverse=True)
        word = torch.from_numpy(guessed).long()
        fits = model(
            corpus.pieces[word], corpus.pieces[torch.from_numpy(distinct).long()],
            torch.from_numpy(which.reshape(around.shape)),
        ) - discount[word]  # fmt: skip
        same = (word[:, None] == word).fill_diagonal_(False)
        loss = functional.cross_entropy(fits.masked_fill(same, -1e4), torch.arange(len(word)))
        for optimiser, rate in optimisers:
            optimiser.param_groups[0]["lr"] = rate * (1 - step / steps)
            optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]  # torch has no types here
        for optimiser, _ in optimisers:
            optimiser.step()
        total += loss.item()
        if (step + 1) % 500 == 0:
            passed = time.time() - started
            print(f"step {step + 1} of {steps} loss {total / 500:.3f} {passed:.0f} s", flush=True)
            total = 0.0
    vectors: Vectors = model.guessed.weight.detach().numpy()[1:]
    return vectors
