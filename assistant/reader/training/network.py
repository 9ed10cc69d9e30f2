"""The network of the bundled reader: a BERT encoder (Devlin et al. 2019) with two heads."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from assistant.reader.encoding import VERDICTS
from assistant.reader.training.base import Base

SEGMENTS = 2  # what is asked with the headline, and the paragraph
DROPPED = 0.05

_PROJECTIONS = ("query", "key", "value")


class Layer(nn.Module):
    """Self-attention and feed-forward, each added to its input and then normalised."""

    def __init__(self, hidden: int, heads: int, feed_forward: int, epsilon: float) -> None:
        super().__init__()
        self.heads = heads
        self.query_key_value = nn.Linear(hidden, 3 * hidden)
        self.attended = nn.Linear(hidden, hidden)
        self.attended_norm = nn.LayerNorm(hidden, eps=epsilon)
        self.up = nn.Linear(hidden, feed_forward)
        self.down = nn.Linear(feed_forward, hidden)
        self.down_norm = nn.LayerNorm(hidden, eps=epsilon)
        self.dropout = nn.Dropout(DROPPED)

    def forward(self, x: Tensor, padding: Tensor) -> Tensor:
        """``x``: float[texts, tokens, hidden]; ``padding``: 0, or very negative, per token.

        Attention is written out: torch's fused kernel is slower in bfloat16 on a CPU, by half.
        """
        texts, tokens, hidden = x.shape
        size = hidden // self.heads
        parts = self.query_key_value(x).view(texts, tokens, 3, self.heads, size)
        query, key, value = parts.permute(2, 0, 3, 1, 4).unbind(0)
        scores = query @ key.transpose(-1, -2) / math.sqrt(size) + padding[:, None, None, :]
        mixed = torch.softmax(scores, -1).to(value.dtype) @ value
        mixed = mixed.transpose(1, 2).reshape(texts, tokens, hidden)
        x = self.attended_norm(x + self.dropout(self.attended(mixed)))
        wide = nn.functional.gelu(self.up(x))
        normed: Tensor = self.down_norm(x + self.dropout(self.down(wide)))
        return normed


class Network(nn.Module):
    """Reads ``<s> question </s> headline. day </s> paragraph </s>``.

    Gives the logits of the first and last token of the answer, float[texts, tokens], where the
    first token stands for "not answered here", and those of the verdict, float[texts, 4]:
    supported, contradicted, not said, open (what is asked is no yes/no question).
    """

    def __init__(
        self,
        vocabulary: int,
        hidden: int,
        layers: int,
        heads: int,
        feed_forward: int,
        positions: int,
        epsilon: float,
    ) -> None:
        super().__init__()
        self.words = nn.Embedding(vocabulary, hidden)
        self.places = nn.Embedding(positions, hidden)
        self.segments = nn.Embedding(SEGMENTS, hidden)
        self.norm = nn.LayerNorm(hidden, eps=epsilon)
        self.dropout = nn.Dropout(DROPPED)
        self.layers = nn.ModuleList(
            Layer(hidden, heads, feed_forward, epsilon) for _ in range(layers)
        )
        self.span = nn.Linear(hidden, 2)
        self.judged = nn.Linear(hidden, hidden)
        self.verdict = nn.Linear(hidden, len(VERDICTS))

    def forward(self, tokens: Tensor, segments: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """``tokens``: int64[texts, tokens], 1 is padding; ``segments``: 1 in the paragraph."""
        places = self.places.weight[: tokens.shape[1]]
        x = self.dropout(self.norm(self.words(tokens) + places + self.segments(segments)))
        padding = (tokens == 1).to(x.dtype) * -1e4
        for layer in self.layers:
            x = layer(x, padding)
        start, end = self.span(x).unbind(-1)
        verdict = self.verdict(torch.tanh(self.judged(x[:, 0])))
        return start, end, verdict

    @classmethod
    def of(cls, base: Base, kept: list[int]) -> Network:
        """The network with the base weights, and of the word embeddings these rows."""
        network = cls(
            len(kept), base.hidden, base.layers, base.heads, base.feed_forward,
            base.positions, base.epsilon,
        )  # fmt: skip
        given = {name: torch.tensor(numbers) for name, numbers in base.weights.items()}
        state = {
            "words.weight": given["embeddings.word_embeddings.weight"][kept],
            "places.weight": given["embeddings.position_embeddings.weight"],
            "segments.weight": given["embeddings.token_type_embeddings.weight"][[0, 0]],
            "norm.weight": given["embeddings.LayerNorm.weight"],
            "norm.bias": given["embeddings.LayerNorm.bias"],
        }
        for i in range(base.layers):
            old, new = f"encoder.layer.{i}", f"layers.{i}"
            for kind in ("weight", "bias"):
                state[f"{new}.query_key_value.{kind}"] = torch.cat(
                    [given[f"{old}.attention.self.{one}.{kind}"] for one in _PROJECTIONS]
                )
                for name, long in (
                    ("attended", "attention.output.dense"),
                    ("attended_norm", "attention.output.LayerNorm"),
                    ("up", "intermediate.dense"),
                    ("down", "output.dense"),
                    ("down_norm", "output.LayerNorm"),
                ):
                    state[f"{new}.{name}.{kind}"] = given[f"{old}.{long}.{kind}"]
        network.load_state_dict(network.state_dict() | state)
        network.words.weight.requires_grad_(False)
        for head in (network.span, network.judged, network.verdict):
            nn.init.normal_(head.weight, std=0.02)
            nn.init.zeros_(head.bias)
        return network
