"""Train the bundled reader.

    python -m assistant.reader.train --data PATH

``PATH`` holds ``train/`` and ``dev/``. The network is small: recurrent layers with convolution and
self-attention between them (``assistant.reader.network``), with a null answer as in SQuAD 2.0
(Rajpurkar et al. 2018). The word vectors stay frozen, so that the reader needs no vocabulary of its
own.
"""

from __future__ import annotations

import argparse
import json
import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.pool import Pool
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from assistant.reader import BUNDLED, MAX_WORDS
from assistant.reader.examples import Example, clozes, examples, lookalikes, paragraphs, sample
from assistant.reader.features import (
    QUESTION_FLAGS,
    TEXT_FLAGS,
    PairFeatures,
    Words,
    analyse,
    question_features,
)
from assistant.reader.kinds import KINDS, load, stored, word_vectors
from assistant.reader.neighbours import learn
from assistant.reader.network import Network
from index.encoder import StaticEncoder, Vectors
from index.lexicon import Lexicon, meanings, switched
from index.vocabulary import Ids, Vocabulary

WINDOW = 160  # words of a training paragraph; a random window around the answer
CLOZES = (120_000, 50_000, 25_000)  # made questions in the first epochs
SWITCHED = 0.3  # share of questions that are put in the other language, word by word
TITLED = 0.5  # share of contexts that are read behind the title of their article
STAGES = ("teacher", "reader")
TAUGHT = 0.6  # share of its teachers in what a network learns
TEMPERATURE = 2.0


class NumberedWords:
    """All words that occur; number 0 is padding."""

    def __init__(self, encoder: StaticEncoder, kinds: Vectors) -> None:
        self._vocabulary = Vocabulary(encoder)
        self._kinds = kinds
        self.dimensions = encoder.dimensions + kinds.shape[1]

    def ids(self, words: list[str]) -> Ids:
        return self._vocabulary.ids(words) + 1

    def matrix(self) -> Tensor:
        """The vectors of all words, float16[1 + n, dimensions]."""
        count = len(self._vocabulary)
        parts = np.array_split(np.arange(count, dtype=np.int32), 1 + count // 10_000)
        found = [word_vectors(self._vocabulary, part, self._kinds) for part in parts]
        found = [one.astype(np.float16) for one in found]
        return torch.from_numpy(np.concatenate([np.zeros_like(found[0][:1]), *found]))


@dataclass(slots=True)
class Prepared:
    """An example as arrays; ``first`` and ``last`` are word numbers, -1 without an answer.

    ``question`` and ``text`` are words until ``prepared`` has put their numbers in.
    """

    question: Any
    question_flags: np.ndarray
    text: Any
    text_flags: np.ndarray
    first: int
    last: int


class Preparer:
    """Turns examples into arrays."""

    def __init__(self, lexicon: Lexicon) -> None:
        self._lexicon = lexicon
        self._analysed: dict[str, Words] = {}

    def prepare(self, one: Example, rng: random.Random) -> Prepared | None:
        """None when the question is empty or the answer is not a short run of words."""
        question = one.question
        if one.source not in ("squad2_xling", "cloze") and rng.random() < SWITCHED:
            question = switched(question, one.language, self._lexicon, rng)
        asked = analyse(question)
        head = f"{one.title}. " if one.title and rng.random() < TITLED else ""
        text = self._words(head + one.context, one.source != "cloze")
        if not asked.words or not text.words:
            return None
        first = last = -1
        if one.answer:
            begin, finish = (len(head) + place for place in one.answer)
            inside = [i for i, (a, b) in enumerate(text.places) if a < finish and b > begin]
            if not inside or inside[-1] - inside[0] > 30:
                return None
            first, last = inside[0], inside[-1]
        low, high = _window(len(text.words), first, last, rng)
        if one.answer:
            first, last = first - low, last - low
        cut = Words(text.words[low:high], text.places[low:high], text.flags[low:high])
        meant = meanings(self._lexicon.query(question))
        return Prepared(
            " ".join(asked.words), question_features(asked),
            " ".join(cut.words), PairFeatures(asked, meant)(cut),
            first, last,
        )  # fmt: skip

    def _words(self, text: str, keep: bool) -> Words:
        if text not in self._analysed:
            words = analyse(text, 600)
            if not keep:
                return words
            self._analysed[text] = words
        return self._analysed[text]


def _window(count: int, first: int, last: int, rng: random.Random) -> tuple[int, int]:
    """A random run of ``WINDOW`` words that holds the answer; the head when there is none."""
    if count <= WINDOW or first < 0:
        return 0, min(count, WINDOW)
    least, most = max(0, last - WINDOW + 1), min(count - WINDOW, first)
    low = rng.randint(min(least, most), max(least, most))
    return low, low + WINDOW


_preparers: list[Preparer] = []  # one in each worker


def _start_worker() -> None:
    _preparers.append(Preparer(Lexicon()))


def _prepare_part(part: tuple[list[Example], int]) -> list[Prepared]:
    found, seed = part
    rng = random.Random(seed)
    return [one for one in (_preparers[0].prepare(one, rng) for one in found) if one]


def prepared(
    pool: Pool, epoch: list[Example], vocabulary: NumberedWords, seed: int
) -> list[Prepared]:
    """The examples of an epoch as arrays, made by the processes of ``pool``."""
    parts = [(epoch[i : i + 2_000], seed + i) for i in range(0, len(epoch), 2_000)]
    made = [one for part in pool.imap(_prepare_part, parts) for one in part]
    for one in made:
        one.question = vocabulary.ids(one.question.split(" "))
        one.text = vocabulary.ids(one.text.split(" "))
    return made


def batches(prepared: list[Prepared], size: int, rng: random.Random) -> Iterator[list[Prepared]]:
    """Batches of about equal lengths, in random order."""
    order = sorted(range(len(prepared)), key=lambda i: len(prepared[i].text) + rng.random() * 12)
    cut = [order[i : i + size] for i in range(0, len(order), size)]
    rng.shuffle(cut)
    for chunk in cut:
        yield [prepared[i] for i in chunk]


def collate(batch: list[Prepared], vectors: Tensor) -> tuple[tuple[Tensor, ...], Tensor, Tensor]:
    """The network's inputs, and the numbers of the first and last word (length = null)."""
    questions = max(len(one.question) for one in batch)
    length = max(len(one.text) for one in batch)
    q = np.zeros((len(batch), questions), np.int64)
    qf = np.zeros((len(batch), questions, QUESTION_FLAGS), np.float32)
    p = np.zeros((len(batch), length), np.int64)
    pf = np.zeros((len(batch), length, TEXT_FLAGS), np.float32)
    first = np.full(len(batch), length)
    last = np.full(len(batch), length)
    for i, one in enumerate(batch):
        q[i, : len(one.question)] = one.question
        qf[i, : len(one.question)] = one.question_flags
        p[i, : len(one.text)] = one.text
        pf[i, : len(one.text)] = one.text_flags
        if one.first >= 0:
            first[i], last[i] = one.first, one.last
    qi, pi = torch.from_numpy(q), torch.from_numpy(p)
    inputs = (
        vectors[qi].float(), torch.from_numpy(qf), vectors[pi].float(), torch.from_numpy(pf),
        (pi > 0).float(), (qi > 0).float(),
    )  # fmt: skip
    return inputs, torch.from_numpy(first), torch.from_numpy(last)


def train(data: Path, out: Path, epochs: int, size: int, rate: float, seed: int) -> None:
    """Train one network after the other, each taught by those before; write the last to ``out``."""
    torch.manual_seed(seed)
    rng = random.Random(seed)
    encoder, lexicon = StaticEncoder(), Lexicon()
    found = list(examples(data / "train"))
    texts = list(paragraphs(data / "train", found))
    print(f"{len(found):,} examples, {len(texts):,} texts for clozes", flush=True)
    running = [(text, language) for text, _, language in texts]
    running += sorted({(one.question, one.language) for one in found})
    out.mkdir(parents=True, exist_ok=True)
    np.save(out / KINDS, stored(learn(running, encoder, lexicon, seed)))
    vocabulary = NumberedWords(encoder, load(out / KINDS))
    nearest = lookalikes(found, encoder)
    networks: list[Network] = []
    for stage in STAGES:
        ready = []
        with get_context("fork").Pool(2, _start_worker) as pool:
            for number in range(epochs):
                epoch = sample(found, nearest, rng)
                if number < len(CLOZES):
                    epoch += clozes(texts, CLOZES[number], lexicon, rng)
                rng.shuffle(epoch)
                ready.append(prepared(pool, epoch, vocabulary, rng.randrange(1 << 30)))
        print(f"{stage}: epochs of {', '.join(f'{len(one):,}' for one in ready)}", flush=True)
        cut = [list(batches(one, size, rng)) for one in ready]
        network = Network(vocabulary.dimensions, encoder.dimensions)
        networks.append(fit(network, cut, vocabulary.matrix(), rate, networks))
    export(networks[-1], out, encoder, lexicon)


def fit(
    network: Network,
    epochs: list[list[list[Prepared]]],
    vectors: Tensor,
    rate: float,
    teachers: Sequence[Network] = (),
) -> Network:
    """The network after these epochs of batches.

    It learns from what its ``teachers`` say of each word on the average, as well as from where the
    answer is (born-again networks, Furlanello et al. 2018; temperature, Hinton et al. 2015).
    """
    steps = sum(map(len, epochs))
    optimiser = torch.optim.AdamW(network.parameters(), lr=rate, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, rate, steps, pct_start=0.08)
    started, total = time.time(), 0.0
    network.train()
    for step, batch in enumerate((batch for epoch in epochs for batch in epoch), 1):
        inputs, first, last = collate(batch, vectors)
        start, end = logits(network, inputs)
        loss = functional.cross_entropy(start, first) + functional.cross_entropy(end, last)
        if teachers:
            with torch.no_grad():
                said = [logits(one, inputs) for one in teachers]
            soft = sum(
                divergence(own, torch.stack([softened(one) for one in taught]).mean(0))
                for own, taught in zip((start, end), zip(*said, strict=True), strict=True)
            )
            loss = (1 - TAUGHT) * loss + TAUGHT * soft
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]  # torch has no types here
        nn.utils.clip_grad_norm_(network.parameters(), 2.0)
        optimiser.step()
        schedule.step()
        total += loss.item()
        if step % 200 == 0:
            passed = time.time() - started
            print(f"step {step} of {steps} loss {total / 200:.3f} {passed:.0f} s", flush=True)
            total = 0.0
    return network.eval()


def logits(network: Network, inputs: tuple[Tensor, ...]) -> tuple[Tensor, Tensor]:
    """Of the first and the last word, float32[n, words + 1]; behind all words, of no answer."""
    with torch.autocast("cpu", torch.bfloat16):
        start, end, null = (one.float() for one in network(*inputs))
    none = null[:, None] / 2
    return torch.cat([start, none], 1), torch.cat([end, none], 1)


def softened(logits: Tensor) -> Tensor:
    """Probabilities at ``TEMPERATURE``."""
    return functional.softmax(logits / TEMPERATURE, 1)


def divergence(logits: Tensor, taught: Tensor) -> Tensor:
    """How far the softened ``logits`` are from the probabilities ``taught``."""
    own = functional.log_softmax(logits / TEMPERATURE, 1)
    return TEMPERATURE**2 * functional.kl_div(own, taught, reduction="batchmean")


def export(network: Network, out: Path, encoder: StaticEncoder, lexicon: Lexicon) -> None:
    """Write ``reader.onnx``, its matrices in seven bits, and ``reader.json``, beside the kinds."""
    from onnxruntime.quantization import QuantType, quantize_dynamic

    shapes = (
        torch.zeros(1, 5, network.dimensions), torch.zeros(1, 5, QUESTION_FLAGS),
        torch.zeros(3, 7, network.dimensions), torch.zeros(3, 7, TEXT_FLAGS), torch.ones(3, 7),
    )  # fmt: skip
    names = ["question", "question_flags", "text", "text_flags", "mask"]
    with TemporaryDirectory() as work:
        full = Path(work) / "reader.onnx"
        torch.onnx.export(
            network, shapes, str(full), input_names=names,
            output_names=["start", "end", "null"], dynamo=False, opset_version=17,
            dynamic_axes={n: {1: "q"} if i < 2 else {0: "b", 1: "p"} for i, n in enumerate(names)},
        )  # fmt: skip
        quantize_dynamic(  # eight bits overflow on processors without VNNI
            full, out / "reader.onnx", op_types_to_quantize=["MatMul", "LSTM"], per_channel=True,
            reduce_range=True, weight_type=QuantType.QInt8,
        )  # fmt: skip
    about = {
        "encoder": encoder.fingerprint, "lexicon": lexicon.fingerprint, "max_words": MAX_WORDS
    }  # fmt: skip
    (out / "reader.json").write_text(json.dumps(about, indent=1) + "\n", encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description="train the bundled reader")
    parser.add_argument("--data", type=Path, required=True, help="folder with train/ and dev/")
    parser.add_argument("--out", type=Path, default=BUNDLED)
    parser.add_argument("--epochs", type=int, default=6)
    parser.add_argument("--batch", type=int, default=96)
    parser.add_argument("--rate", type=float, default=2.5e-3)
    parser.add_argument("--seed", type=int, default=7)
    args = parser.parse_args()
    train(args.data, args.out, args.epochs, args.batch, args.rate, args.seed)


if __name__ == "__main__":
    main()
