"""The reader's network, over static word vectors.

Recurrent layers as in DrQA (Chen et al. 2017), between them convolutions and self-attention as in
QANet (Yu et al. 2018).
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from assistant.reader.features import QUESTION_FLAGS, TEXT_FLAGS


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
    """Layer norm and gated depthwise convolution, layer norm and self-attention; residual."""

    def __init__(self, size: int, kernel: int, heads: int, dropout: float = 0.1) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(size)
        self.depth = nn.Conv1d(size, size, kernel, padding=kernel // 2, groups=size)
        self.gate = nn.Linear(size, 2 * size)
        self.out = nn.Linear(size, size)
        self.dropout = ChannelDropout(dropout)
        self.heads = heads
        self.attend_norm = nn.LayerNorm(size)
        self.qkv = nn.Linear(size, 3 * size)
        self.attend_out = nn.Linear(size, size)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        inner = self.norm(x) * mask.unsqueeze(-1)
        inner = self.depth(inner.transpose(1, 2)).transpose(1, 2)
        left, right = self.gate(inner).chunk(2, dim=-1)
        x = x + self.dropout(self.out(left * torch.sigmoid(right)))
        batch, length, size = x.shape
        parts = self.qkv(self.attend_norm(x)).view(batch, length, 3, self.heads, -1)
        query, key, value = parts.permute(2, 0, 3, 1, 4)
        weights = query @ key.transpose(-1, -2) / (size // self.heads) ** 0.5
        weights = weights + (mask[:, None, None, :] - 1) * 1e4
        mixed = weights.softmax(-1) @ value
        mixed = mixed.transpose(1, 2).reshape(batch, length, size)
        attended: Tensor = x + self.dropout(self.attend_out(mixed))
        return attended


class Recurrent(nn.Module):
    """Layer norm, LSTM in both directions; residual.

    Where it is trained, texts of a batch are about as long as each other, and padding is read with
    them. Exported, it reads each text as if it were alone.
    """

    def __init__(self, size: int, dropout: float = 0.1) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(size)
        self.lstm = nn.LSTM(size, size // 2, batch_first=True, bidirectional=True)
        self.out = nn.Linear(size, size)
        self.dropout = ChannelDropout(dropout)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        inner = self.norm(x) * mask.unsqueeze(-1)
        if torch.onnx.is_in_onnx_export():
            lengths = mask.sum(1).long().expand(x.shape[0])
            packed = pack_padded_sequence(inner, lengths, batch_first=True, enforce_sorted=False)
            read, _ = self.lstm(packed)
            inner, _ = pad_packed_sequence(read, batch_first=True, total_length=x.shape[1])
        else:
            with torch.autocast("cpu", enabled=False):  # rounding adds up along a text
                inner, _ = self.lstm(inner.float())
        passed: Tensor = x + self.dropout(self.out(inner))
        return passed


class Network(nn.Module):
    """Logits of the first and last word of the answer, and of "not answered here".

    The first ``topical`` of a word's ``dimensions`` say what it is about: their cosines say which
    words of question and text mean the same. The others say of what kind it is.
    """

    def __init__(self, dimensions: int, topical: int, size: int = 128) -> None:
        super().__init__()
        self.dimensions, self.topical = dimensions, topical
        self.word = nn.Linear(dimensions, size)
        self.question_flag = nn.Linear(QUESTION_FLAGS + 2, size)
        self.text_flag = nn.Linear(TEXT_FLAGS + 3, size)
        self.question_blocks = nn.ModuleList([Recurrent(size), Block(size, 3, heads=4)])
        self.text_block = Recurrent(size)
        self.merge = nn.Linear(4 * size, size)
        self.blocks = nn.ModuleList([Recurrent(size), Block(size, 7, heads=4), Recurrent(size)])
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
        asked, question_length = unit(question[..., : self.topical])
        found, text_length = unit(text[..., : self.topical])
        content = question_mask * (1 - question_flags[..., 0])
        cosine = found @ asked.transpose(1, 2)
        best = (cosine + (content - 1).unsqueeze(1) * 2).max(-1).values.clamp(min=0)
        present = (cosine + (mask - 1).unsqueeze(-1) * 2).max(1).values.clamp(min=0)
        covered = (present * content).sum(-1) / content.sum(-1).clamp(min=1)

        present = present.unsqueeze(-1)
        every = torch.zeros_like(present)
        flags = torch.cat([question_flags + every, question_length + every, present], -1)
        question = torch.cat([asked, question[..., self.topical :]], -1)
        q = self.word(self.dropout(question)) + self.question_flag(flags)
        for block in self.question_blocks:
            q = block(q, question_mask)
        matched = best.unsqueeze(-1)
        flags = torch.cat([text_flags, text_length, matched, matched * matched], -1)
        text = torch.cat([found, text[..., self.topical :]], -1)
        p = self.word(self.dropout(text)) + self.text_flag(flags)
        p = self.text_block(p, mask)
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
