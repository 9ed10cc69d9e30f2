"""Train the bundled reader.

    python -m assistant.reader.train --data PATH

``PATH`` holds ``train/`` and ``dev/``. The network follows QANet (Yu et al. 2018) in small: static
word vectors, convolutions and self-attention, with a null answer as in SQuAD 2.0 (Rajpurkar et
al. 2018). The vectors stay frozen, so that the reader needs no vocabulary of its own.
"""

from __future__ import annotations

import argparse
import json
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from assistant.reader import BUNDLED, MAX_WORDS
from assistant.reader.features import (
    QUESTION_FLAGS,
    TEXT_FLAGS,
    Words,
    analyse,
    pair_features,
    question_features,
)
from index.encoder import StaticEncoder
from index.encoder.pairs import rows
from index.lexicon import Lexicon, meanings, switched
from index.types import Language

WINDOW = 160  # words of a training paragraph; a random window around the answer
NEGATIVES = 0.2  # share of questions that are put to a paragraph that only looks alike
NEAREST = 8  # such paragraphs to choose from
SWITCHED = 0.3  # share of questions that are put in the other language, word by word
TITLED = 0.5  # share of contexts that are read behind the title of their article
REPEATS = {"facqa": 3.0, "qamr_en": 0.3, "fairytaleqa_en": 0.6, "squad2_xling": 1.0}
FILES = (
    "idk_mrc", "tydiqa_id", "tydiqa_en", "facqa", "squad11_en_extra", "squadshifts_new_wiki_en",
    "qamr_en", "fairytaleqa_en",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Example:
    """A question on a context; ``answer`` is its offsets there, None when it is not answered.

    ``pool`` names the contexts among which another paragraph is looked for.
    """

    question: str
    language: Language
    title: str
    context: str
    answer: tuple[int, int] | None
    source: str
    pool: str


class Block(nn.Module):
    """Layer norm, gated depthwise convolution, optionally self-attention; both residual."""

    def __init__(self, size: int, kernel: int, heads: int = 0, dropout: float = 0.1) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(size)
        self.depth = nn.Conv1d(size, size, kernel, padding=kernel // 2, groups=size)
        self.gate = nn.Linear(size, 2 * size)
        self.out = nn.Linear(size, size)
        self.dropout = nn.Dropout(dropout)
        self.heads = heads
        if heads:
            self.attend_norm = nn.LayerNorm(size)
            self.qkv = nn.Linear(size, 3 * size)
            self.attend_out = nn.Linear(size, size)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        inner = self.norm(x) * mask.unsqueeze(-1)
        inner = self.depth(inner.transpose(1, 2)).transpose(1, 2)
        left, right = self.gate(inner).chunk(2, dim=-1)
        x = x + self.dropout(self.out(left * torch.sigmoid(right)))
        if self.heads:
            batch, length, size = x.shape
            parts = self.qkv(self.attend_norm(x)).view(batch, length, 3, self.heads, -1)
            query, key, value = parts.permute(2, 0, 3, 1, 4)
            weights = query @ key.transpose(-1, -2) / (size // self.heads) ** 0.5
            weights = weights + (mask[:, None, None, :] - 1) * 1e4
            mixed = weights.softmax(-1) @ value
            x = x + self.dropout(
                self.attend_out(mixed.transpose(1, 2).reshape(batch, length, size))
            )
        return x


class Network(nn.Module):
    """Logits of the first and last word of the answer, and of "not answered here"."""

    def __init__(self, dimensions: int, size: int = 128) -> None:
        super().__init__()
        self.word = nn.Linear(dimensions, size)
        self.question_flag = nn.Linear(QUESTION_FLAGS, size)
        self.text_flag = nn.Linear(TEXT_FLAGS + 2, size)
        self.question_blocks = nn.ModuleList([Block(size, 3), Block(size, 3, heads=4)])
        self.text_blocks = nn.ModuleList([Block(size, 5), Block(size, 5)])
        self.merge = nn.Linear(4 * size, size)
        self.blocks = nn.ModuleList(
            [Block(size, 7), Block(size, 7, 4), Block(size, 7), Block(size, 7, 4)]
        )
        self.pool = nn.Linear(size, 1)
        self.norm = nn.LayerNorm(size)
        self.start = nn.Linear(2 * size, size)
        self.end = nn.Linear(2 * size, size)
        self.start_out = nn.Linear(size, 1)
        self.end_out = nn.Linear(size, 1)
        self.null = nn.Sequential(nn.Linear(3 * size + 2, size), nn.ReLU(), nn.Linear(size, 1))
        self.dropout = nn.Dropout(0.2)

    def forward(
        self,
        question: Tensor,
        question_flags: Tensor,
        text: Tensor,
        text_flags: Tensor,
        mask: Tensor,
        question_mask: Tensor | None = None,
    ) -> tuple[Tensor, Tensor, Tensor]:
        if question_mask is None:
            question_mask = torch.ones_like(question[..., 0])
        content = question_mask * (1 - question_flags[..., 0])
        cosine = text @ question.transpose(1, 2)
        best = (cosine + (content - 1).unsqueeze(1) * 2).max(-1).values.clamp(min=0)
        covered = ((cosine + (mask - 1).unsqueeze(-1) * 2).max(1).values * content).sum(-1)
        covered = covered / content.sum(-1).clamp(min=1)

        q = self.word(self.dropout(question)) + self.question_flag(question_flags)
        for block in self.question_blocks:
            q = block(q, question_mask)
        flags = torch.cat([text_flags, best.unsqueeze(-1), (best * best).unsqueeze(-1)], -1)
        p = self.word(self.dropout(text)) + self.text_flag(flags)
        for block in self.text_blocks:
            p = block(p, mask)
        scores = p @ q.transpose(1, 2) / p.shape[-1] ** 0.5
        scores = scores + (question_mask - 1).unsqueeze(1) * 1e4
        aligned = scores.softmax(-1) @ q
        weights = (self.pool(q).squeeze(-1) + (question_mask - 1) * 1e4).softmax(-1)
        summary = (weights.unsqueeze(-1) * q).sum(1)
        spread = summary.unsqueeze(1) + torch.zeros_like(p)
        x = self.merge(self.dropout(torch.cat([p, aligned, p * aligned, p * spread], -1))) + p
        for block in self.blocks:
            x = block(x, mask)
        x = self.norm(x)
        both = torch.cat([x, x * spread], -1)
        start = self.start_out(torch.relu(self.start(both))).squeeze(-1) + (mask - 1) * 1e4
        end = self.end_out(torch.relu(self.end(both))).squeeze(-1) + (mask - 1) * 1e4
        top = (x + (mask - 1).unsqueeze(-1) * 1e4).max(1).values
        focus = ((start + end).softmax(-1).unsqueeze(-1) * x).sum(1)
        evidence = torch.stack([covered, best.max(-1).values], -1)
        null = self.null(torch.cat([top, focus, spread[:, 0], evidence], -1)).squeeze(-1)
        return start, end, null


def locate(context: str, answers: list[str], starts: list[int]) -> tuple[int, int] | None:
    """Offsets of the first answer that stands in the context."""
    for i, answer in enumerate(answers):
        if not answer.strip():
            continue
        begin = starts[i] if i < len(starts) else -1
        if begin < 0 or context[begin : begin + len(answer)] != answer:
            begin = context.find(answer)
        if begin >= 0:
            return begin, begin + len(answer)
    return None


def examples(train: Path) -> Iterator[Example]:
    """All training examples; questions whose answer is not in their context are left out."""
    for name in FILES:
        for row in rows(train / f"{name}.jsonl.gz"):
            starts = list(row.get("answer_starts") or ())
            place = locate(row["context"], list(row["answers"]), starts)  # type: ignore[arg-type]
            if row["answerable"] and place is None:
                continue
            language: Language = "en" if row["lang"].startswith("en") else "id"
            title = row["title"].replace("_", " ")
            yield Example(row["question"], language, title, row["context"], place, name, name)
    for row in rows(train / "squad2_xling.jsonl.gz"):
        for side in ("eng", "ind"):
            place = locate(row[f"ctx_{side}"], list(row[f"answers_{side}"]), [])
            if row["answerable"] and place is None:
                continue
            for language, asked in (("en", "eng"), ("id", "ind")):
                yield Example(
                    row[f"q_{asked}"], language, row["title"].replace("_", " "),
                    row[f"ctx_{side}"], place, "squad2_xling", f"squad {side}",
                )  # fmt: skip


class Vocabulary:
    """Vectors of all words that occur, float16[n, dimensions]; row 0 is padding."""

    def __init__(self, encoder: StaticEncoder) -> None:
        self._encoder = encoder
        self._ids: dict[str, int] = {}

    def ids(self, words: list[str]) -> np.ndarray:
        return np.array([self._ids.setdefault(w, len(self._ids) + 1) for w in words], np.int64)

    def matrix(self) -> Tensor:
        found = list(self._ids)
        matrix = np.zeros((1 + len(found), self._encoder.dimensions), np.float16)
        for begin in range(0, len(found), 10_000):
            part = found[begin : begin + 10_000]
            matrix[1 + begin : 1 + begin + len(part)] = self._encoder.encode(part)
        return torch.from_numpy(matrix)


@dataclass(slots=True)
class Prepared:
    """An example as arrays; ``first`` and ``last`` are word numbers, -1 without an answer."""

    question: np.ndarray
    question_flags: np.ndarray
    text: np.ndarray
    text_flags: np.ndarray
    first: int
    last: int


class Preparer:
    """Turns examples into arrays."""

    def __init__(self, vocabulary: Vocabulary, lexicon: Lexicon, seed: int) -> None:
        self._vocabulary = vocabulary
        self._lexicon = lexicon
        self._rng = random.Random(seed)
        self._analysed: dict[str, Words] = {}

    def prepare(self, one: Example) -> Prepared | None:
        """None when the question is empty or the answer is not a short run of words."""
        question = one.question
        if one.source != "squad2_xling" and self._rng.random() < SWITCHED:
            question = switched(question, one.language, self._lexicon, self._rng)
        asked = analyse(question)
        head = f"{one.title}. " if one.title and self._rng.random() < TITLED else ""
        text = self._words(head + one.context)
        if not asked.words or not text.words:
            return None
        first = last = -1
        if one.answer:
            begin, finish = (len(head) + place for place in one.answer)
            inside = [i for i, (a, b) in enumerate(text.places) if a < finish and b > begin]
            if not inside or inside[-1] - inside[0] > 30:
                return None
            first, last = inside[0], inside[-1]
        low, high = self._window(len(text.words), first, last)
        if one.answer:
            first, last = first - low, last - low
        cut = Words(text.words[low:high], text.places[low:high], text.flags[low:high])
        meant = meanings(self._lexicon.query(question))
        return Prepared(
            self._vocabulary.ids(asked.words),
            question_features(asked),
            self._vocabulary.ids(cut.words),
            pair_features(asked, cut, meant),
            first,
            last,
        )

    def _words(self, text: str) -> Words:
        if text not in self._analysed:
            self._analysed[text] = analyse(text, 600)
        return self._analysed[text]

    def _window(self, count: int, first: int, last: int) -> tuple[int, int]:
        """A random run of ``WINDOW`` words that holds the answer; the head when there is none."""
        if count <= WINDOW or first < 0:
            return 0, min(count, WINDOW)
        least, most = max(0, last - WINDOW + 1), min(count - WINDOW, first)
        low = self._rng.randint(min(least, most), max(least, most))
        return low, low + WINDOW


def lookalikes(found: list[Example], encoder: StaticEncoder) -> list[list[tuple[str, str]]]:
    """For each example the ``NEAREST`` titled contexts of its pool most like its question."""
    pools: dict[str, list[int]] = {}
    for i, one in enumerate(found):
        pools.setdefault(one.pool, []).append(i)
    nearest: list[list[tuple[str, str]]] = [[] for _ in found]
    for members in pools.values():
        contexts = list(dict.fromkeys((found[i].title, found[i].context) for i in members))
        vectors = encoder.encode([context for _, context in contexts])
        for begin in range(0, len(members), 2_000):
            part = members[begin : begin + 2_000]
            cosines = encoder.encode([found[i].question for i in part]) @ vectors.T
            top = np.argsort(-cosines, axis=1)[:, :NEAREST]
            for i, row in zip(part, top, strict=True):
                nearest[i] = [contexts[j] for j in row]
    return nearest


def sample(
    found: list[Example], nearest: list[list[tuple[str, str]]], rng: random.Random
) -> list[Example]:
    """One epoch: sources by ``REPEATS``, some questions put to a paragraph that looks alike."""
    epoch = []
    for one, others in zip(found, nearest, strict=True):
        repeat = REPEATS.get(one.source, 1.0)
        for _ in range(int(repeat) + (rng.random() < repeat % 1)):
            if one.answer and others and rng.random() < NEGATIVES:
                title, other = rng.choice(others)
                answer = one.context[slice(*one.answer)].lower()
                if other != one.context and answer not in other.lower():
                    epoch.append(replace(one, title=title, context=other, answer=None))
                    continue
            epoch.append(one)
    return epoch


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
    """Train, export to ``out`` and report on dev."""
    torch.manual_seed(seed)
    rng = random.Random(seed)
    encoder, lexicon = StaticEncoder(), Lexicon()
    vocabulary = Vocabulary(encoder)
    preparer = Preparer(vocabulary, lexicon, seed)
    found = list(examples(data / "train"))
    print(f"{len(found):,} examples", flush=True)
    nearest = lookalikes(found, encoder)
    ready = []
    for _ in range(epochs):
        made = map(preparer.prepare, sample(found, nearest, rng))
        ready.append([one for one in made if one])
    vectors = vocabulary.matrix()
    network = Network(encoder.dimensions)
    parameters = sum(p.numel() for p in network.parameters())
    steps = sum(-(-len(one) // size) for one in ready)
    print(f"{parameters:,} parameters, {len(ready[0]):,} an epoch, {steps:,} steps", flush=True)
    optimiser = torch.optim.AdamW(network.parameters(), lr=rate, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, rate, steps, pct_start=0.08)
    started, step, total = time.time(), 0, 0.0
    for epoch, one in enumerate(ready, 1):
        network.train()
        for batch in batches(one, size, rng):
            inputs, first, last = collate(batch, vectors)
            start, end, null = network(*inputs)
            loss = functional.cross_entropy(torch.cat([start, null[:, None] / 2], 1), first)
            loss = loss + functional.cross_entropy(torch.cat([end, null[:, None] / 2], 1), last)
            optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]  # torch has no types here
            nn.utils.clip_grad_norm_(network.parameters(), 2.0)
            optimiser.step()
            schedule.step()
            step, total = step + 1, total + loss.item()
            if step % 100 == 0:
                print(
                    f"step {step} loss {total / 100:.3f} {time.time() - started:.0f} s", flush=True
                )
                total = 0.0
        out.mkdir(parents=True, exist_ok=True)
        export(network, out, encoder, lexicon)
        print(f"epoch {epoch} done after {time.time() - started:.0f} s", flush=True)


def export(network: Network, out: Path, encoder: StaticEncoder, lexicon: Lexicon) -> None:
    """Write ``reader.onnx`` and ``reader.json``."""
    network.eval()
    shapes = (
        torch.zeros(1, 5, encoder.dimensions), torch.zeros(1, 5, QUESTION_FLAGS),
        torch.zeros(3, 7, encoder.dimensions), torch.zeros(3, 7, TEXT_FLAGS), torch.ones(3, 7),
    )  # fmt: skip
    names = ["question", "question_flags", "text", "text_flags", "mask"]
    torch.onnx.export(
        network, shapes, str(out / "reader.onnx"), input_names=names,
        output_names=["start", "end", "null"], dynamo=False, opset_version=17,
        dynamic_axes={n: {1: "q"} if i < 2 else {0: "b", 1: "p"} for i, n in enumerate(names)},
    )  # fmt: skip
    about = {
        "encoder": encoder.fingerprint, "lexicon": lexicon.fingerprint, "max_words": MAX_WORDS
    }  # fmt: skip
    (out / "reader.json").write_text(json.dumps(about, indent=1) + "\n", encoding="utf-8")
    network.train()


def main() -> None:
    parser = argparse.ArgumentParser(description="train the bundled reader")
    parser.add_argument("--data", type=Path, required=True, help="folder with train/ and dev/")
    parser.add_argument("--out", type=Path, default=BUNDLED)
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--batch", type=int, default=48)
    parser.add_argument("--rate", type=float, default=2e-3)
    parser.add_argument("--seed", type=int, default=7)
    args = parser.parse_args()
    train(args.data, args.out, args.epochs, args.batch, args.rate, args.seed)


if __name__ == "__main__":
    main()
