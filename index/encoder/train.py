"""Train the bundled bilingual encoder from scratch.

    python -m index.encoder.train --data PATH [--out FOLDER]

``PATH`` holds ``train/`` and ``dev/``. A Unigram vocabulary (Kudo 2018) is learned over both
languages, then one vector per piece with MultipleNegativesRankingLoss (Henderson et al. 2017)
in Matryoshka prefixes (Kusupati et al. 2022). The text's vector is the mean of its pieces'
vectors. Output: sentence-transformers' StaticEmbedding format, float16.
Needs the ``train`` extra; about ten minutes on two cores.
"""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import Normalize, StaticEmbedding
from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, trainers
from torch.nn import functional

from index.encoder.pairs import Source, load_sources, rows
from index.lexicon import Lexicon

VOCABULARY = 32_000
DIMENSIONS = 256
PREFIXES = (256, 128, 64)
BATCH = 2048
LEARNING_RATE = 0.05
SCALE = 20.0  # inverse temperature of the softmax over cosines
MAX_TOKENS = 256

Ids = list[np.ndarray]


def train_tokenizer(sources: list[Source]) -> Tokenizer:
    """A Unigram tokenizer over the pairs' texts: lower case, no accents, punctuation alone."""
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.NFD(), normalizers.Lowercase(), normalizers.StripAccents()]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.WhitespaceSplit(),
            pre_tokenizers.Split(Regex(r"\d+|[^\w\s]|_"), "isolated"),
            pre_tokenizers.Metaspace(prepend_scheme="always"),
        ]
    )
    trainer = trainers.UnigramTrainer(
        vocab_size=VOCABULARY,
        special_tokens=["[UNK]"],
        unk_token="[UNK]",
        max_piece_length=16,
        show_progress=False,
    )
    native = (source for source in sources if not source.name.endswith("switched"))
    texts = sorted({text for source in native for pair in source.pairs for text in pair})
    random.Random(0).shuffle(texts)
    tokenizer.train_from_iterator(texts[:250_000], trainer)
    return tokenizer


def encode_ids(tokenizer: Tokenizer, texts: list[str]) -> Ids:
    """Token ids of each text, int64[n_tokens], at most ``MAX_TOKENS``, never empty."""
    encoded = tokenizer.encode_batch_fast(texts, add_special_tokens=False)
    return [np.array(one.ids[:MAX_TOKENS] or [0], dtype=np.int64) for one in encoded]


def batches(encoded: list[tuple[Ids, Ids, float]], rng: random.Random) -> Iterator[tuple[Ids, Ids]]:
    """One epoch: batches of one source each, in random order, so that negatives are alike."""
    plan = []
    for queries, passages, repeat in encoded:
        wanted = int(len(queries) * repeat)
        order: list[int] = []
        while len(order) < wanted:
            order += rng.sample(range(len(queries)), min(len(queries), wanted - len(order)))
        for start in range(0, len(order) - 63, BATCH):
            rows_ = order[start : start + BATCH]
            plan.append(([queries[i] for i in rows_], [passages[i] for i in rows_]))
    rng.shuffle(plan)
    yield from plan


def flat(ids: Ids) -> tuple[torch.Tensor, torch.Tensor]:
    """Concatenated ids int64[total] and the offset of each text int64[n]."""
    offsets = np.cumsum([0] + [len(one) for one in ids[:-1]])
    return torch.from_numpy(np.concatenate(ids)), torch.from_numpy(offsets)


def loss_of(query: torch.Tensor, passage: torch.Tensor, positives: torch.Tensor) -> torch.Tensor:
    """Symmetric in-batch softmax loss, mean over the Matryoshka prefixes.

    ``positives`` bool[n, n] marks pairs that share a text, which are no negatives.
    """
    target = torch.arange(len(query))
    total = torch.zeros(())
    for size in PREFIXES:
        left = functional.normalize(query[:, :size], dim=1)
        right = functional.normalize(passage[:, :size], dim=1)
        scores = (left @ right.T * SCALE).masked_fill(positives, -1e4)
        total = total + functional.cross_entropy(scores, target)
        total = total + 0.5 * functional.cross_entropy(scores.T, target)
    return total / len(PREFIXES)


def same_text(ids: Ids) -> torch.Tensor:
    """bool[n, n]: true where two different rows hold the same text."""
    keys: dict[bytes, int] = {}
    labels = torch.tensor([keys.setdefault(one.tobytes(), len(keys)) for one in ids])
    same = labels[:, None] == labels[None, :]
    return same.fill_diagonal_(False)


def train(sources: list[Source], tokenizer: Tokenizer, epochs: int, seed: int) -> np.ndarray:
    """The trained vectors, float32[vocabulary, DIMENSIONS]."""
    torch.manual_seed(seed)
    rng = random.Random(seed)
    encoded = []
    for source in sources:
        queries = encode_ids(tokenizer, [pair[0] for pair in source.pairs])
        passages = encode_ids(tokenizer, [pair[1] for pair in source.pairs])
        encoded.append((queries, passages, source.repeat))
    bag = torch.nn.EmbeddingBag(tokenizer.get_vocab_size(), DIMENSIONS, mode="mean")
    torch.nn.init.normal_(bag.weight, std=0.1)
    optimizer = torch.optim.Adam(bag.parameters(), lr=LEARNING_RATE)
    steps = epochs * sum(1 for _ in batches(encoded, random.Random(seed)))
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: min((step + 1) / (0.1 * steps), (steps - step) / (0.9 * steps))
    )
    step = 0
    for epoch in range(epochs):
        for queries, passages in batches(encoded, rng):
            positives = same_text(passages) | same_text(queries)
            loss = loss_of(bag(*flat(queries)), bag(*flat(passages)), positives)
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            schedule.step()
            step += 1
            if step % 50 == 0:
                print(
                    f"epoch {epoch + 1}/{epochs} step {step}/{steps} loss {loss.item():.3f}",
                    flush=True,
                )
    return bag.weight.detach().numpy()


def recall(encode: SentenceTransformer, pairs: list[tuple[str, str]]) -> dict[str, float]:
    """R@1 and R@10 of each query's own passage among all distinct passages."""
    passages = list(dict.fromkeys(passage for _, passage in pairs))
    row = {passage: i for i, passage in enumerate(passages)}
    scores = encode.encode([query for query, _ in pairs]) @ encode.encode(passages).T
    gold = np.array([row[passage] for _, passage in pairs])
    rank = (scores > scores[np.arange(len(pairs)), gold][:, None]).sum(axis=1)
    return {"n": len(pairs), "R@1": float((rank < 1).mean()), "R@10": float((rank < 10).mean())}


def evaluate(encoder: SentenceTransformer, dev: Path) -> dict[str, dict[str, float]]:
    """Dense retrieval over the passages of each dev file, by exact search."""
    report = {}
    for name in ("idk_mrc", "facqa"):
        found = [row for row in rows(dev / f"{name}.jsonl.gz") if row["answerable"]]
        report[name] = recall(encoder, [(row["question"], row["context"]) for row in found])
    crossed = [row for row in rows(dev / "squad2_xling.jsonl.gz") if row["answerable"]]
    for query, passage in (("eng", "ind"), ("ind", "eng"), ("ind", "ind"), ("eng", "eng")):
        pairs = [(row[f"q_{query}"], row[f"ctx_{passage}"]) for row in crossed]
        report[f"squad2 {query}-{passage}"] = recall(encoder, pairs)
    for name in ("flores200", "ntrex_news"):
        pairs = [(row["ind"], row["eng"]) for row in rows(dev / f"{name}.jsonl.gz")]
        report[name] = recall(encoder, pairs)
    return report


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--data", type=Path, required=True, help="folder with train/ and dev/")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "model")
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    sources = load_sources(args.data / "train", Lexicon(), args.seed)
    for source in sources:
        print(f"{source.name:28} {len(source.pairs):7} pairs x {source.repeat}", flush=True)
    tokenizer = train_tokenizer(sources)
    weights = train(sources, tokenizer, args.epochs, args.seed).astype(np.float16)
    static = StaticEmbedding(tokenizer, embedding_weights=weights)
    encoder = SentenceTransformer(modules=[static, Normalize()], device="cpu")
    args.out.mkdir(parents=True, exist_ok=True)
    encoder.save(str(args.out), create_model_card=False)
    report = evaluate(encoder, args.data / "dev")
    (args.out / "dev.json").write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    for name, figures in report.items():
        print(name, {key: round(value, 3) for key, value in figures.items()})


if __name__ == "__main__":
    main()
