"""Retrain everything that is bundled, in order, since each step leans on the one before.

    python -m evals.retrain --data PATH --articles FILE

Lexicon, encoder, reader, calibration; the reader takes most of the time. Stops at the first that
fails.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

READER = "assistant.reader.training"
STEPS = (
    "index.lexicon.train",
    "index.encoder.train",
    READER,
    "evals.calibrate",
)


def main() -> None:
    parser = argparse.ArgumentParser(description="retrain everything that is bundled")
    parser.add_argument("--data", type=Path, required=True, help="folder with train/ and dev/")
    parser.add_argument("--articles", type=Path, required=True, help="wikinews_en.jsonl.gz")
    args = parser.parse_args()
    for step in STEPS:
        print(f"== {step}", flush=True)
        options = ["--data", str(args.data)]
        if step == READER:
            options += ["--articles", str(args.articles)]
        subprocess.run([sys.executable, "-m", step, *options], check=True)


if __name__ == "__main__":
    main()
