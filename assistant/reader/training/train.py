"""Training: rounds of examples, which a kill interrupts and the next call goes on with.

The null answer is that of SQuAD 2.0 (Rajpurkar et al. 2018; Devlin et al. 2019): where the answer
does not stand in the paragraph, the first token is its first and last. The paragraphs of
one question are also compared with each other, as Clark and Gardner (2018) do, for it is their
order that an answer is chosen by. Public question sets lead at the start, hand-written questions
on news at the end.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer
from torch import Tensor
from torch.nn.functional import cross_entropy

from assistant.reader.encoding import VERDICTS, Encoded, encode, padded
from assistant.reader.training.examples import Example, Group, made_up
from assistant.reader.training.network import Network

ROUND = 3_072  # examples, which are drawn and sorted by length together
BATCH = 3_072  # tokens with padding
BESIDE = 2  # paragraphs that do not answer, which a question is read with at a time
RATE = 2e-4
WARM_UP = 0.04  # of all rounds
DECAY = 0.01  # of weights
CHECKPOINT_S = 240
NO_SPAN = -100  # what ``cross_entropy`` leaves out


@dataclass(frozen=True, slots=True)
class Deck:
    """Examples of one kind, and their share of the first and of the last round."""

    name: str
    groups: Sequence[Group]
    first: float
    last: float


@dataclass(frozen=True, slots=True)
class Target:
    """An example as tokens; ``first`` and ``last`` are token numbers, 0 for no answer here."""

    encoded: Encoded
    first: int
    last: int
    verdict: int


def rounds(decks: Sequence[Deck], count: int, seed: int) -> Iterator[list[Group]]:
    """``count`` rounds; every deck is gone through in a new random order each time."""
    decks = [deck for deck in decks if deck.groups]
    endless = [_shuffled(deck.groups, random.Random(f"{seed}, {deck.name}")) for deck in decks]
    for number in range(count):
        progress = number / max(1, count - 1)
        weights = [deck.first + (deck.last - deck.first) * progress for deck in decks]
        cuts = [round(ROUND * part / sum(weights)) for part in accumulate(weights)]
        counts = [after - before for before, after in zip([0, *cuts], cuts, strict=False)]
        drawn: list[Group] = []
        for groups, wanted in zip(endless, counts, strict=True):
            while wanted > 0:
                drawn.append(next(groups))
                wanted -= len(drawn[-1])
        yield drawn


def _shuffled(groups: Sequence[Group], rng: random.Random) -> Iterator[Group]:
    """The groups over and over, each with some of what stands beside its first."""
    while True:
        for first, *others in rng.sample(groups, len(groups)):
            yield first, *rng.sample(others, min(BESIDE, len(others)))


def target(one: Example, tokenizer: Tokenizer) -> Target | None:
    """None when the answer lies beyond what is read."""
    [encoded] = encode(tokenizer, one.asked, [one.head], [one.paragraph])
    verdict = VERDICTS.index(one.verdict)
    if one.statement:
        return Target(encoded, NO_SPAN, NO_SPAN, verdict)
    if one.span is None:
        return Target(encoded, 0, 0, verdict)
    begin, end = one.span
    inside = np.flatnonzero((encoded.places[:, 0] < end) & (encoded.places[:, 1] > begin))
    if not len(inside):
        return None
    return Target(encoded, encoded.first + inside[0], encoded.first + inside[-1], verdict)


def batches(groups: Sequence[Sequence[Target]], rng: random.Random) -> list[list[list[Target]]]:
    """Batches of about ``BATCH`` tokens, of groups of about one length, in random order."""
    lengths = [max(len(one.encoded.tokens) for one in group) for group in groups]
    order = sorted(range(len(groups)), key=lambda i: lengths[i] + 8 * rng.random())
    found: list[list[list[Target]]] = [[]]
    longest = count = 0
    for i in order:
        longest, count = max(longest, lengths[i]), count + len(groups[i])
        if longest * count > BATCH and found[-1]:
            found.append([])
            longest, count = lengths[i], len(groups[i])
        found[-1].append(list(groups[i]))
    rng.shuffle(found)
    return found


def loss_of(network: Network, groups: Sequence[Sequence[Target]]) -> Tensor:
    """The mean over a batch: cross-entropy of first token, last token and verdict.

    Of a group whose first paragraph answers, also that of the choice among its paragraphs.
    """
    batch = [one for group in groups for one in group]
    tokens, segments = map(torch.from_numpy, padded([one.encoded for one in batch]))
    start, end, verdict = network(tokens, segments)
    outside = segments == 0
    outside[:, 0] = False
    first = torch.tensor([one.first for one in batch])
    last = torch.tensor([one.last for one in batch])
    judged = torch.tensor([one.verdict for one in batch])
    total = torch.zeros(())
    for logits, wanted in ((start, first), (end, last)):
        allowed = logits.float().masked_fill(outside, -1e4)
        total = total + cross_entropy(allowed, wanted, ignore_index=NO_SPAN, reduction="sum")
    total = total + cross_entropy(verdict.float(), judged, reduction="sum")
    scores = answering(start.float(), end.float(), verdict.float(), segments == 1)
    place = 0
    for group in groups:
        if len(group) > 1 and group[0].first > 0:
            yes_no = int(VERDICTS[group[0].verdict] != "open")
            total = total - torch.log_softmax(scores[yes_no, place : place + len(group)], -1)[0]
        place += len(group)
    return total / len(batch)


def answering(start: Tensor, end: Tensor, verdict: Tensor, inside: Tensor) -> Tensor:
    """Log-odds that each text answers: float[2, texts], first as a question, then as a yes/no one.

    ``inside``: which tokens are of the paragraph.
    """
    span = sum(
        torch.logsumexp(logits.masked_fill(~inside, -1e4), -1) - logits[:, 0]
        for logits in (start, end)
    )
    decided = torch.logsumexp(verdict[:, :2], -1) - verdict[:, VERDICTS.index("not_said")]
    return torch.stack((torch.as_tensor(span), decided))


def train(
    network: Network,
    tokenizer: Tokenizer,
    decks: Sequence[Deck],
    count: int,
    seed: int,
    checkpoint: Path,
    rate: float = RATE,
) -> None:
    """Train through ``count`` rounds, from ``checkpoint`` on where there is one.

    A training that was stopped gives the same network as one that was not. The weights that are
    learned stay in float32; what is multiplied is bfloat16.
    """
    learned = [weights for weights in network.parameters() if weights.requires_grad]
    optimiser = torch.optim.AdamW(learned, lr=rate, weight_decay=DECAY, fused=True)
    done = skipped = 0
    if checkpoint.exists():
        state = torch.load(checkpoint, weights_only=True)
        network.load_state_dict(state["network"])
        optimiser.load_state_dict(state["optimiser"])
        done, skipped = state["round"], state["batch"]
    network.train()
    saved = time.monotonic()
    for number, groups in enumerate(rounds(decks, count, seed)):
        if number < done:
            continue
        rng = random.Random(f"{seed}, round {number}")
        made = ([target(one, tokenizer) for one in made_up(group, rng)] for group in groups)
        cut = batches([[one for one in group if one] for group in made if group[0]], rng)
        began, total, read = time.monotonic(), 0.0, 0
        for place, batch in enumerate(cut):
            if number == done and place < skipped:
                continue
            torch.manual_seed(100_000 * seed + 1_000 * number + place)  # of what is dropped
            for settings in optimiser.param_groups:
                settings["lr"] = rate * schedule((number + place / len(cut)) / count)
            with torch.autocast("cpu", torch.bfloat16):
                loss = loss_of(network, batch)
            optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]  # torch has no types here
            torch.nn.utils.clip_grad_norm_(learned, 1.0)
            optimiser.step()
            size = sum(map(len, batch))
            total += loss.item() * size
            read += size
            if time.monotonic() - saved > CHECKPOINT_S:
                _save(checkpoint, network, optimiser, number, place + 1)
                saved = time.monotonic()
        passed = time.monotonic() - began
        print(
            f"round {number + 1} of {count}: loss {total / max(1, read):.3f}, "
            f"{read / passed:.1f} examples/s",
            flush=True,
        )
    _save(checkpoint, network, optimiser, count, 0)


def schedule(progress: float) -> float:
    """The share of the highest rate: linear warm-up, then linear decay.

    >>> [schedule(0.0), schedule(0.04), schedule(1.0)]
    [0.0, 1.0, 0.0]
    """
    return min(progress / WARM_UP, (1 - progress) / (1 - WARM_UP))


def _save(
    path: Path, network: Network, optimiser: torch.optim.Optimizer, number: int, batch: int
) -> None:
    state = {
        "network": network.state_dict(), "optimiser": optimiser.state_dict(),
        "round": number, "batch": batch,
    }  # fmt: skip
    torch.save(state, path.with_suffix(".new"))
    path.with_suffix(".new").replace(path)
