"""The trained network as the files that the bundled reader runs from."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import onnx
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from onnxruntime.quantization.matmul_nbits_quantizer import MatMulNBitsQuantizer
from tokenizers import Tokenizer

from assistant.reader import INPUTS, OUTPUTS, PIECES, WEIGHTS
from assistant.reader.training.network import Network

BLOCK = 64  # weights that share a scale in the second matrix of each feed-forward


def export(network: Network, pieces: Tokenizer, folder: Path, quantised: bool = True) -> None:
    """Write weights and tokenizer into ``folder``; ``quantised``: in eight bits."""
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
            quantise(whole, folder / WEIGHTS)
        else:
            (folder / WEIGHTS).write_bytes(whole.read_bytes())
    pieces.save(str(folder / PIECES), pretty=False)


def quantise(whole: Path, out: Path) -> None:
    """Matrices and word embeddings as eight-bit integers (dynamic quantisation, per channel).

    What goes into the second matrix of a feed-forward has outliers, and one scale for all of it
    costs 1.5 points of F1 on news questions; there, blocks of weights and of what is multiplied
    have scales of their own. All matrices so would take half as long again.
    """
    model = onnx.load(whole)
    others = [
        node.name
        for node in model.graph.node
        if node.op_type == "MatMul" and "/down/" not in node.name
    ]
    blocks = MatMulNBitsQuantizer(
        model, bits=8, block_size=BLOCK, is_symmetric=True, accuracy_level=4,
        nodes_to_exclude=others,
    )  # fmt: skip
    blocks.process()
    half = whole.with_name("half.onnx")
    blocks.model.save_model_to_file(str(half), False)
    quantize_dynamic(
        half, out, per_channel=True, weight_type=QuantType.QInt8,
        op_types_to_quantize=["MatMul", "Gather"],
    )  # fmt: skip
