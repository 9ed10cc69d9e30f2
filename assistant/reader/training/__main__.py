"""``python -m assistant.reader.training --data PATH --articles FILE`` trains the reader."""

from __future__ import annotations

import argparse
import json
import random
from pathlib import Path

import torch
from platformdirs import user_cache_path

from assistant.reader import BUNDLED
from assistant.reader.training.base import download, tokenizer, unpack
from assistant.reader.training.examples import Group, News, answered, entailment, public
from assistant.reader.training.export import export
from assistant.reader.training.negatives import lookalikes, mined
from assistant.reader.training.network import Network
from assistant.reader.training.train import RATE, Deck, train
from assistant.reader.training.vocabulary import kept_pieces
from index.encoder import StaticEncoder

WEIGHTS = {  # of each deck in the first and in the last round
    "news": (0.20, 0.26),
    "news yes/no": (0.08, 0.12),
    "verdicts": (0.22, 0.28),
    "statements": (0.10, 0.14),
    "indonli": (0.18, 0.10),
    "lookalikes": (0.03, 0.02),
    "facqa": (0.04, 0.03),
    "idk_mrc": (0.06, 0.03),
    "tydiqa_id": (0.01, 0.0),
    "tydiqa_en": (0.01, 0.0),
    "squad eng-eng": (0.02, 0.01),
    "squad eng-ind": (0.02, 0.01),
    "squad ind-eng": (0.02, 0.01),
    "squad ind-ind": (0.02, 0.01),
    "squad11_en_extra": (0.01, 0.0),
    "squadshifts_new_wiki_en": (0.02, 0.0),
    "qamr_en": (0.01, 0.0),
    "fairytaleqa_en": (0.01, 0.0),
}


def main() -> None:
    parser = argparse.ArgumentParser("python -m assistant.reader.training", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with train/")
    parser.add_argument("--articles", type=Path, required=True, help="wikinews_en.jsonl.gz")
    parser.add_argument(
        "--work",
        type=Path,
        default=user_cache_path("tanya") / "reader-training",
        help="where base weights and checkpoints are kept; a second call goes on from there",
    )
    parser.add_argument("--out", type=Path, default=BUNDLED, help="where the model is written")
    parser.add_argument("--start", type=Path, help="checkpoint of an earlier training to begin at")
    parser.add_argument("--rounds", type=int, default=25)
    parser.add_argument("--rate", type=float, default=RATE, help="the highest learning rate")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    work: Path = given.work
    work.mkdir(parents=True, exist_ok=True)

    base = unpack(download(work).read_bytes())
    if not (numbers := work / "pieces.json").exists():
        numbers.write_text(json.dumps(kept_pieces(base, given.data / "train", given.articles)))
    kept = json.loads(numbers.read_text())
    torch.manual_seed(given.seed)
    network = Network.of(base, kept)
    if given.start:
        network.load_state_dict(torch.load(given.start, weights_only=True)["network"])
    pieces = tokenizer([base.pieces[number] for number in kept])

    rng = random.Random(given.seed)
    news = News(given.data, given.articles)
    sets = public(given.data / "train")
    examples = sets | {
        "verdicts": [answered(one) for one in news.questions if one.verdict != "open"],
        "statements": list(news.statements()),
        "indonli": entailment(given.data / "train"),
    }
    groups: dict[str, list[Group]] = {
        name: [(one,) for one in found] for name, found in examples.items()
    }
    written = mined(news, work, rng)
    groups["news"] = [group for group in written if group[0].verdict == "open"]
    groups["news yes/no"] = [group for group in written if group[0].verdict != "open"]
    groups["lookalikes"] = lookalikes(sets, StaticEncoder(), rng)
    decks = [Deck(name, groups[name], *weights) for name, weights in WEIGHTS.items()]
    for deck in decks:
        print(f"{len(deck.groups):>7,} {deck.name}", flush=True)
    train(network, pieces, decks, given.rounds, given.seed, work / "checkpoint.pt", given.rate)
    export(network, pieces, given.out)


if __name__ == "__main__":
    main()
