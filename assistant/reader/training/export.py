"""The trained network as the files that the bundled reader runs from."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from tokenizers import Tokenizer

from assistant.reader import INPUTS, OUTPUTS, PIECES, WEIGHTS
from assistant.reader.training.network import Network


def export(network: Network, pieces: Tokenizer, folder: Path, quantised: bool = True) -> None:
    """Write weights and tokenizer into ``folder``.

    ``quantised``: matrices and word embeddings as eight-bit integers, per channel; what is
    multiplied with them is quantised as it comes (dynamic quantisation).
    """
    folder.mkdir(parents=True, exist_ok=True)
    network.eval()
    tokens = torch.tensor([[0, 4, 2, 5, 2, 6, 7, 2], [0, 4, 2, 2, 6, 2, 1, 1]])
    segments = torch.zeros_like(tokens)
    axes = {name: {0: "texts", 1: "length"} for name in (*INPUTS, *OUTPUTS[:2])}
    axes |= {OUTPUTS[2]: {0: "texts"}}
    with TemporaryDirectory() as work:
        whole = Path(work) / WEIGHTS
        torch.onnx.export(
            network, (tokens, segments), whole, input_names=list(INPUTS),
            output_names=list(OUTPUTS), dynamic_axes=axes, opset_version=17, dynamo=False,
        )  # fmt: skip
        if quantised:
            quantize_dynamic(
                whole, folder / WEIGHTS, per_channel=True, weight_type=QuantType.QInt8,
                op_types_to_quantize=["MatMul", "Gather"],
            )  # fmt: skip
        else:
            (folder / WEIGHTS).write_bytes(whole.read_bytes())
    pieces.save(str(folder / PIECES), pretty=False)
