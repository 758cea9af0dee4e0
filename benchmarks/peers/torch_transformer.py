"""The transformer of `lohe.attention` as one would write it in PyTorch, to measure against."""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np
import torch
from peers.torch_layer import DirectFixedQuery, FusedSoftmax
from torch import Tensor, nn
from torch.nn import functional

from lohe.attention.positions import sinusoidal_table
from lohe.attention.transformer_config import TransformerConfig


def _attention(config: TransformerConfig) -> nn.Module:
    if config.mechanism == "softmax":
        return FusedSoftmax(config.width, config.heads, causal=config.causal)
    return DirectFixedQuery(
        config.width,
        config.heads,
        config.d_osc,
        config.context,
        coupling=config.coupling,
        p=config.readout_exponent,
        causal=config.causal,
    )


class Block(nn.Module):
    """Pre-norm attention and feed-forward layer, each beside a residual path."""

    def __init__(self, config: TransformerConfig) -> None:
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(config.width), nn.LayerNorm(config.width)
        self.attention = _attention(config)
        self.feed_forward = nn.Sequential(
            nn.Linear(config.width, config.hidden),
            nn.GELU(),
            nn.Linear(config.hidden, config.width),
        )
        self.drop = nn.Dropout(config.dropout)

    def forward(self, x: Tensor) -> Tensor:
        """Apply the block, (B, T, D) -> (B, T, D)."""
        x = x + self.drop(self.attention(self.norm1(x)))
        return x + self.drop(self.feed_forward(self.norm2(x)))


_NAMES = (
    (r"^layer(\d+)", r"blocks.\1"),
    (r"^input\.table", "input.weight"),
    (r"\.gain$", ".weight"),
    (r"attention\.weight_qkv", "attention.W_qkv"),
    (r"attention\.(weight|bias)_out", r"attention.W_o.\1"),
    (r"feed_forward\.(weight|bias)_in", r"feed_forward.0.\1"),
    (r"feed_forward\.(weight|bias)_out", r"feed_forward.2.\1"),
)


def _torch_name(name: str) -> str:
    for pattern, replacement in _NAMES:
        name = re.sub(pattern, replacement, name)
    return name


class TorchTransformer(nn.Module):
    """Token or feature inputs, sinusoidal positions or none, any of the three read-outs."""

    def __init__(self, config: TransformerConfig) -> None:
        super().__init__()
        self.config = config
        self.input = (
            nn.Embedding(config.vocabulary, config.width)
            if config.vocabulary
            else nn.Linear(config.features, config.width)
        )
        table = torch.from_numpy(sinusoidal_table(config.context, config.width).copy()).float()
        self.register_buffer("table", table if config.positions == "sinusoidal" else 0 * table)
        self.drop = nn.Dropout(config.dropout)
        self.blocks = nn.Sequential(*(Block(config) for _ in range(config.layers)))
        self.norm = nn.LayerNorm(config.width)
        self.output = nn.Linear(config.width, config.outputs)

    def load(self, parameters: Mapping[str, np.ndarray]) -> None:
        """Take over the parameters of one of our models of the same shape."""
        found = {}
        for name, array in parameters.items():
            value = torch.from_numpy(array.copy())
            if name.endswith("weight_qkv"):
                block = _torch_name(name).removesuffix("qkv")
                parts = dict(zip("qkv", value.chunk(3), strict=True))
                found |= {f"{block}{part}.weight": rows for part, rows in parts.items()}
            else:
                found[_torch_name(name)] = value
        self.load_state_dict(found | {"table": self.table})

    def loss(self, inputs: Tensor, targets: Tensor) -> Tensor:
        """Return the mean loss; the position that is read out is the last."""
        x = self.input(inputs)
        x = self.blocks(self.drop(x + self.table[: x.shape[1]]))
        if self.config.readout == "position":
            logits = self.output(self.norm(x[:, -1]))[..., 0]
            return functional.binary_cross_entropy_with_logits(logits, targets.float())
        x = self.norm(x)
        logits = self.output(x.mean(dim=1) if self.config.readout == "mean" else x)
        return functional.cross_entropy(logits.flatten(0, -2), targets.flatten())
