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
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from multiprocessing import get_context
from multiprocessing.pool import Pool
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from assistant.reader import BUNDLED, MAX_WORDS
from assistant.reader.cloze import cloze
from assistant.reader.features import (
    QUESTION_FLAGS,
    TEXT_FLAGS,
    PairFeatures,
    Words,
    analyse,
    question_features,
)
from index.encoder import StaticEncoder
from index.encoder.pairs import rows
from index.lexicon import Lexicon, meanings, switched
from index.types import Language

WINDOW = 160  # words of a training paragraph; a random window around the answer
CLOZES = (120_000, 50_000, 25_000)  # made questions in the first epochs
NEGATIVES = 0.2  # share of questions that are put to a paragraph that only looks alike
NEAREST = 8  # such paragraphs to choose from
SWAPPED = 0.1  # share of questions whose name or number is swapped: not answered any more
SWITCHED = 0.3  # share of questions that are put in the other language, word by word
TITLED = 0.5  # share of contexts that are read behind the title of their article
REPEATS = {"facqa": 3.0, "qamr_en": 0.3, "fairytaleqa_en": 0.6, "squad2_xling": 1.0}
FILES = (
    "idk_mrc", "tydiqa_id", "tydiqa_en", "facqa", "squad11_en_extra", "squadshifts_new_wiki_en",
    "qamr_en", "fairytaleqa_en",
)  # fmt: skip


_NAME = re.compile(r"(?<=[a-z] )[A-Z][\w'’-]+(?: [A-Z][\w'’-]+)*")
_YEAR = re.compile(r"\b(?:1[5-9]|20)\d\d\b")


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


class ChannelDropout(nn.Module):
    """Drops whole channels of a sequence, the same for all its words (Gal and Ghahramani 2016)."""

    def __init__(self, share: float) -> None:
        super().__init__()
        self.share = share

    def forward(self, x: Tensor) -> Tensor:
        if not self.training:
            return x
        kept = torch.rand(x.shape[0], 1, x.shape[2]) >= self.share
        return x * (kept / (1 - self.share)).to(x.dtype)


class Block(nn.Module):
    """Layer norm, gated depthwise convolution, optionally self-attention; both residual."""

    def __init__(self, size: int, kernel: int, heads: int = 0, dropout: float = 0.1) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(size)
        self.depth = nn.Conv1d(size, size, kernel, padding=kernel // 2, groups=size)
        self.gate = nn.Linear(size, 2 * size)
        self.out = nn.Linear(size, size)
        self.dropout = ChannelDropout(dropout)
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
        self.question_flag = nn.Linear(QUESTION_FLAGS + 2, size)
        self.text_flag = nn.Linear(TEXT_FLAGS + 3, size)
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
        self.dropout = ChannelDropout(0.2)

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
        question, question_length = unit(question)
        text, text_length = unit(text)
        content = question_mask * (1 - question_flags[..., 0])
        cosine = text @ question.transpose(1, 2)
        best = (cosine + (content - 1).unsqueeze(1) * 2).max(-1).values.clamp(min=0)
        present = (cosine + (mask - 1).unsqueeze(-1) * 2).max(1).values.clamp(min=0)
        covered = (present * content).sum(-1) / content.sum(-1).clamp(min=1)

        present = present.unsqueeze(-1)
        every = torch.zeros_like(present)
        flags = torch.cat([question_flags + every, question_length + every, present], -1)
        q = self.word(self.dropout(question)) + self.question_flag(flags)
        for block in self.question_blocks:
            q = block(q, question_mask)
        matched = best.unsqueeze(-1)
        flags = torch.cat([text_flags, text_length, matched, matched * matched], -1)
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


def unit(vectors: Tensor) -> tuple[Tensor, Tensor]:
    """Unit vectors, and the lengths they had, in eighths."""
    length = vectors.square().sum(-1, keepdim=True).sqrt().clamp(min=1e-6)
    return vectors / length, length / 8


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


def paragraphs(train: Path, found: list[Example]) -> Iterator[tuple[str, str, Language]]:
    """Texts that clozes are made of, with their titles: the contexts, and Wikipedia's leads."""
    seen = {(one.context, one.title, "en" if one.pool.endswith(("_en", "eng")) else "id")
            for one in found}  # fmt: skip
    yield from sorted(seen)  # type: ignore[misc]  # two literals
    for row in rows(train / "squad_sentences_en.jsonl.gz"):
        yield row["context"], "", "en"
    for row in rows(train / "idwiki_lead.jsonl.gz"):
        for text in row["text"].split("\n\n"):
            if len(text) > 200:
                yield text, row["title"], "id"


def clozes(
    texts: list[tuple[str, str, Language]], count: int, lexicon: Lexicon, rng: random.Random
) -> Iterator[Example]:
    """``count`` made questions, as many on English texts as on Indonesian ones."""
    by_language = [[one for one in texts if one[2] == language] for language in ("en", "id")]
    while count:
        text, title, language = rng.choice(rng.choice(by_language))
        made = cloze(text, title, language, lexicon, rng)
        if made:
            count -= 1
            yield Example(made.question, language, title, made.context, made.answer, "cloze", "")


class Vocabulary:
    """Vectors of all words that occur, float16[n, dimensions]; row 0 is padding."""

    def __init__(self, encoder: StaticEncoder) -> None:
        self._encoder = encoder
        self._ids: dict[str, int] = {}

    def ids(self, words: list[str]) -> np.ndarray:
        return np.array([self._ids.setdefault(w, len(self._ids) + 1) for w in words], np.int32)

    def matrix(self) -> Tensor:
        found = list(self._ids)
        matrix = np.zeros((1 + len(found), self._encoder.dimensions), np.float16)
        for begin in range(0, len(found), 10_000):
            part = found[begin : begin + 10_000]
            matrix[1 + begin : 1 + begin + len(part)] = self._encoder.means(part)
        return torch.from_numpy(matrix)


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


def prepared(pool: Pool, epoch: list[Example], vocabulary: Vocabulary, seed: int) -> list[Prepared]:
    """The examples of an epoch as arrays, made by the processes of ``pool``."""
    parts = [(epoch[i : i + 2_000], seed + i) for i in range(0, len(epoch), 2_000)]
    made = [one for part in pool.imap(_prepare_part, parts) for one in part]
    for one in made:
        one.question = vocabulary.ids(one.question.split(" "))
        one.text = vocabulary.ids(one.text.split(" "))
    return made


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
    names = sorted({match.group() for one in found for match in _NAME.finditer(one.question)})
    for one, others in zip(found, nearest, strict=True):
        repeat = REPEATS.get(one.source, 1.0)
        for _ in range(int(repeat) + (rng.random() < repeat % 1)):
            if one.answer and rng.random() < SWAPPED:
                question = swapped(one, names, rng)
                if question:
                    epoch.append(replace(one, question=question, answer=None))
                    continue
            if one.answer and others and rng.random() < NEGATIVES:
                title, other = rng.choice(others)
                answer = one.context[slice(*one.answer)].lower()
                if other != one.context and answer not in other.lower():
                    epoch.append(replace(one, title=title, context=other, answer=None))
                    continue
            epoch.append(one)
    return epoch


def swapped(one: Example, names: list[str], rng: random.Random) -> str | None:
    """The question with a name or year that its context holds swapped for one it does not."""
    known = [m for m in _NAME.finditer(one.question) if m.group() in one.context]
    known += [m for m in _YEAR.finditer(one.question) if m.group() in one.context]
    if not known:
        return None
    match = rng.choice(known)
    if match.group().isdigit():
        other = str(int(match.group()) + rng.choice((-1, 1)) * rng.randint(1, 20))
    else:
        other = rng.choice(names)
    if other.lower() in one.context.lower():
        return None
    return one.question[: match.start()] + other + one.question[match.end() :]


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
    found = list(examples(data / "train"))
    texts = list(paragraphs(data / "train", found))
    print(f"{len(found):,} examples, {len(texts):,} texts for clozes", flush=True)
    nearest = lookalikes(found, encoder)
    ready = []
    with get_context("fork").Pool(2, _start_worker) as pool:
        for number in range(epochs):
            epoch = sample(found, nearest, rng)
            if number < len(CLOZES):
                epoch += clozes(texts, CLOZES[number], lexicon, rng)
            rng.shuffle(epoch)
            ready.append(prepared(pool, epoch, vocabulary, rng.randrange(1 << 30)))
    vectors = vocabulary.matrix()
    network = Network(encoder.dimensions)
    parameters = sum(p.numel() for p in network.parameters())
    steps = sum(-(-len(one) // size) for one in ready)
    lengths = ", ".join(f"{len(one):,}" for one in ready)
    print(f"{parameters:,} parameters, epochs of {lengths}; {steps:,} steps", flush=True)
    optimiser = torch.optim.AdamW(network.parameters(), lr=rate, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, rate, steps, pct_start=0.08)
    started, step, total = time.time(), 0, 0.0
    for number, one in enumerate(ready, 1):
        network.train()
        for batch in batches(one, size, rng):
            inputs, first, last = collate(batch, vectors)
            with torch.autocast("cpu", torch.bfloat16):
                start, end, null = (logits.float() for logits in network(*inputs))
            loss = functional.cross_entropy(torch.cat([start, null[:, None] / 2], 1), first)
            loss = loss + functional.cross_entropy(torch.cat([end, null[:, None] / 2], 1), last)
            optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]  # torch has no types here
            nn.utils.clip_grad_norm_(network.parameters(), 2.0)
            optimiser.step()
            schedule.step()
            step, total = step + 1, total + loss.item()
            if step % 200 == 0:
                print(
                    f"step {step} loss {total / 200:.3f} {time.time() - started:.0f} s", flush=True
                )
                total = 0.0
        out.mkdir(parents=True, exist_ok=True)
        export(network, out, encoder, lexicon)
        print(f"epoch {number} done after {time.time() - started:.0f} s", flush=True)


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
    parser.add_argument("--epochs", type=int, default=6)
    parser.add_argument("--batch", type=int, default=48)
    parser.add_argument("--rate", type=float, default=2e-3)
    parser.add_argument("--seed", type=int, default=7)
    args = parser.parse_args()
    train(args.data, args.out, args.epochs, args.batch, args.rate, args.seed)


if __name__ == "__main__":
    main()
