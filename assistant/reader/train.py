"""Train the bundled reader.

    python -m assistant.reader.train --data PATH [--teacher FOLDER]

``PATH`` holds ``train/`` and ``dev/``. The network is small: recurrent layers with convolution and
self-attention between them (``assistant.reader.network``), with a null answer as in SQuAD 2.0
(Rajpurkar et al. 2018). The word vectors stay frozen, so that the reader needs no vocabulary of its
own. It learns from where the answers are and from what its teacher says of each word (born-again
networks, Furlanello et al. 2018; temperature, Hinton et al. 2015): the reader in ``FOLDER``, or a
network that is trained first.
"""

from __future__ import annotations

import argparse
import json
import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import onnxruntime as ort
import torch
from numpy.typing import NDArray
from torch import Tensor, distributed, nn
from torch.multiprocessing.spawn import spawn
from torch.nn import functional

from assistant.reader import BUNDLED, MAX_WORDS, SpanReader
from assistant.reader.examples import (
    Example,
    clozes,
    dated,
    examples,
    lookalikes,
    paragraphs,
    sample,
)
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
CLOZES = (0.5, 0.2, 0.1)  # made questions in the first epochs, for each text
SWITCHED = 0.3  # share of questions that are put in the other language, word by word
TITLED = 0.5  # share of contexts that are read behind the title of their article
DATED = 0.5  # share of these that are of a day, which stands behind the title
LOWER = 0.07  # share of questions that are typed in small letters
TAUGHT = 0.6  # share of its teacher in what a network learns
TEMPERATURE = 2.0
PATIENCE = timedelta(hours=3)  # of one process for the others


class NumberedWords:
    """All words that occur; number 0 is padding."""

    def __init__(self, encoder: StaticEncoder) -> None:
        self._vocabulary = Vocabulary(encoder)

    def ids(self, words: list[str]) -> Ids:
        return self._vocabulary.ids(words) + 1

    def matrix(self, kinds: Vectors) -> Tensor:
        """The vectors of all words with ``kinds`` behind, float16[1 + n, both dimensions]."""
        count = len(self._vocabulary)
        parts = np.array_split(np.arange(count, dtype=np.int32), 1 + count // 10_000)
        found = [word_vectors(self._vocabulary, part, kinds) for part in parts]
        found = [one.astype(np.float16) for one in found]
        return torch.from_numpy(np.concatenate([np.zeros_like(found[0][:1]), *found]))


@dataclass(slots=True)
class Prepared:
    """An example as arrays; ``first`` and ``last`` are word numbers, -1 without an answer.

    ``question`` and ``text`` are words until ``prepared`` has put their numbers in. ``untaught``:
    what a teacher says of it does not count.
    """

    question: Any
    question_flags: np.ndarray
    text: Any
    text_flags: np.ndarray
    first: int
    last: int
    untaught: bool


class Preparer:
    """Turns examples into arrays."""

    def __init__(self, lexicon: Lexicon) -> None:
        self._lexicon = lexicon
        self._analysed: dict[str, Words] = {}

    def prepare(self, one: Example, rng: random.Random) -> Prepared | None:
        """None when the question is empty or the answer is not a short run of words."""
        head, day, answered = "", "", one.answer is not None
        if one.title and rng.random() < TITLED:
            head = f"{one.title}. "
            if rng.random() < DATED:
                one, day = dated(one, rng)
                head += f"{day}. "
        question = one.question
        if one.source not in ("squad2_xling", "cloze") and rng.random() < SWITCHED:
            question = switched(question, one.language, self._lexicon, rng)
        if rng.random() < LOWER:
            question = question.lower()
        asked = analyse(question)
        text = self._words(head + one.context, one.source != "cloze" and not day)
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
            first, last, answered and one.answer is None,
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


def prepared(
    epoch: list[Example], preparer: Preparer, vocabulary: NumberedWords, rng: random.Random
) -> list[Prepared]:
    """The examples of an epoch as arrays."""
    made = [one for one in (preparer.prepare(example, rng) for example in epoch) if one]
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


Teacher = Callable[[list[Prepared], tuple[Tensor, ...]], tuple[Tensor, Tensor]]
"""Gives the logits of a batch and its ``collate``d inputs, as ``logits`` does."""


class ReaderTeacher:
    """A reader that has been trained before; it may know other kinds of words."""

    def __init__(self, folder: Path, vocabulary: NumberedWords) -> None:
        options = ort.SessionOptions()
        options.intra_op_num_threads = 1
        options.log_severity_level = 3
        self._session = ort.InferenceSession(
            (folder / "reader.onnx").read_bytes(), options, providers=["CPUExecutionProvider"]
        )
        self._kinds = load(folder / KINDS)
        self._vocabulary = vocabulary

    @cached_property
    def _vectors(self) -> NDArray[np.float16]:
        """Of all words of the vocabulary, which must be complete."""
        found: NDArray[np.float16] = self._vocabulary.matrix(self._kinds).numpy()
        return found

    def __call__(self, batch: list[Prepared], inputs: tuple[Tensor, ...]) -> tuple[Tensor, Tensor]:
        length = inputs[2].shape[1]
        found = np.full((2, len(batch), length + 1), -1e4, np.float32)
        for i, one in enumerate(batch):
            count = len(one.text)
            start, end, null = self._session.run(
                None,
                {
                    "question": self._vectors[one.question][None].astype(np.float32),
                    "question_flags": one.question_flags[None].astype(np.float32),
                    "text": self._vectors[one.text][None].astype(np.float32),
                    "text_flags": one.text_flags[None].astype(np.float32),
                    "mask": np.ones((1, count), np.float32),
                },
            )
            found[0, i, :count], found[1, i, :count] = start[0], end[0]
            found[:, i, length] = null[0] / 2
        starts, ends = torch.from_numpy(found)
        return starts, ends


def network_teacher(network: Network) -> Teacher:
    """A network that was trained just before."""

    def teach(_: list[Prepared], inputs: tuple[Tensor, ...]) -> tuple[Tensor, Tensor]:
        with torch.no_grad():
            return logits(network, inputs)

    return teach


def train(
    data: Path, out: Path, epochs: int, size: int, rate: float, seed: int, taught_by: Path | None
) -> None:
    """Train the reader and write it to ``out``; every process does its part of each batch.

    Raises:
        IncompatibleIndexError: the teacher was trained over another encoder or lexicon.
    """
    rank, processes = distributed.get_rank(), distributed.get_world_size()
    encoder, lexicon = StaticEncoder(), Lexicon()
    found = list(examples(data / "train"))
    texts = list(paragraphs(data / "train", found))
    vocabulary = NumberedWords(encoder)
    teacher = None
    if taught_by:
        SpanReader(encoder, lexicon, taught_by)  # raises where it was trained over others
        teacher = ReaderTeacher(taught_by, vocabulary)
    distributed.barrier()  # the kinds of the teacher may be replaced
    if rank == 0:
        print(f"{len(found):,} examples, {len(texts):,} texts for clozes", flush=True)
        running = [(text, language) for text, _, language in texts]
        running += sorted({(one.question, one.language) for one in found})
        out.mkdir(parents=True, exist_ok=True)
        torch.manual_seed(seed)
        np.save(out / KINDS, stored(learn(running, encoder, lexicon, seed)))
    distributed.barrier()
    kinds = load(out / KINDS)
    nearest = lookalikes(found, encoder)
    preparer = Preparer(lexicon)
    rng, own = random.Random(seed), random.Random(f"{seed}, process {rank}")

    def trained(teacher: Teacher | None) -> Network:
        cut = []
        for number in range(epochs):
            epoch = sample(found, nearest, rng)
            if number < len(CLOZES):
                epoch += clozes(texts, int(CLOZES[number] * len(texts)), lexicon, rng)
            rng.shuffle(epoch)
            ready = prepared(epoch[rank::processes], preparer, vocabulary, own)
            ready = ready[: least(len(ready))]
            # Shuffled alike, the batches of all processes are about as long as each other.
            order = random.Random(f"{seed}, epoch {number}")
            cut.append(list(batches(ready, size // processes, order)))
            if rank == 0:
                print(f"epoch {number + 1}: {processes * len(ready):,} examples", flush=True)
        torch.manual_seed(seed)
        network = Network(encoder.dimensions + kinds.shape[1], encoder.dimensions)
        torch.manual_seed(seed + 1 + rank)  # of what is dropped
        return fit(network, cut, vocabulary.matrix(kinds), rate, teacher)

    network = trained(teacher or network_teacher(trained(None)))
    if rank == 0:
        export(network, out, encoder, lexicon)


def least(count: int) -> int:
    """The least of the counts of all processes."""
    counts = torch.tensor(count)
    distributed.all_reduce(counts, distributed.ReduceOp.MIN)
    return int(counts)


def fit(
    network: Network,
    epochs: list[list[list[Prepared]]],
    vectors: Tensor,
    rate: float,
    teacher: Teacher | None = None,
) -> Network:
    """The network after these epochs of batches."""
    steps = sum(map(len, epochs))
    optimiser = torch.optim.AdamW(network.parameters(), lr=rate, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, rate, steps, pct_start=0.08)
    started, total = time.time(), 0.0
    network.train()
    for step, batch in enumerate((batch for epoch in epochs for batch in epoch), 1):
        inputs, first, last = collate(batch, vectors)
        found = logits(network, inputs)
        start, end = (
            functional.cross_entropy(own, place, reduction="none")
            for own, place in zip(found, (first, last), strict=True)
        )
        loss = start + end
        if teacher:
            taught = zip(found, teacher(batch, inputs), strict=True)
            start, end = (divergence(own, softened(said)) for own, said in taught)
            share = torch.tensor([0.0 if one.untaught else TAUGHT for one in batch])
            loss = (1 - share) * loss + share * (start + end)
        loss = loss.mean()
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]  # torch has no types here
        average_gradients(network)
        nn.utils.clip_grad_norm_(network.parameters(), 2.0)
        optimiser.step()
        schedule.step()
        total += loss.item()
        if step % 200 == 0 and not (distributed.is_initialized() and distributed.get_rank()):
            passed = time.time() - started
            print(f"step {step} of {steps} loss {total / 200:.3f} {passed:.0f} s", flush=True)
            total = 0.0
    return network.eval()


def average_gradients(network: Network) -> None:
    """Put the mean of all processes in place of each gradient."""
    if not distributed.is_initialized():
        return
    gradients = [one.grad for one in network.parameters() if one.grad is not None]
    everything = torch.cat([one.flatten() for one in gradients])
    distributed.all_reduce(everything)
    everything /= distributed.get_world_size()
    begin = 0
    for one in gradients:
        one.copy_(everything[begin : begin + one.numel()].view_as(one))
        begin += one.numel()


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
    """How far the softened ``logits`` are from the probabilities ``taught``, float32[n]."""
    own = functional.log_softmax(logits / TEMPERATURE, 1)
    return TEMPERATURE**2 * functional.kl_div(own, taught, reduction="none").sum(1)


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
    parser.add_argument(
        "--teacher", type=Path, metavar="FOLDER",
        help="folder of a reader over the same encoder that teaches; else a network is trained to",
    )  # fmt: skip
    parser.add_argument("--epochs", type=int, default=6)
    parser.add_argument("--batch", type=int, default=96)
    parser.add_argument("--rate", type=float, default=2.5e-3)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--processes", type=int, default=2, help="that share each batch")
    args = parser.parse_args()
    with TemporaryDirectory() as meeting:
        spawn(_process, (args, f"file://{meeting}/here"), args.processes)  # type: ignore[no-untyped-call]  # torch


def _process(rank: int, args: argparse.Namespace, meeting: str) -> None:
    torch.set_num_threads(1)
    distributed.init_process_group(
        "gloo", init_method=meeting, rank=rank, world_size=args.processes, timeout=PATIENCE
    )
    train(args.data, args.out, args.epochs, args.batch, args.rate, args.seed, args.teacher)
    distributed.destroy_process_group()


if __name__ == "__main__":
    main()
