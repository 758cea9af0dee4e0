"""The phase model of `lohe.attention.kuramoto` and its baseline, written directly in PyTorch.

Only what is measured: the torus with the default options, and the rotary transformer.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from lohe.attention.kuramoto.config import KuramotoConfig
from lohe.attention.rotary.config import RotaryConfig
from lohe.attention.rotary.rotation import rotary_frequencies

__all__ = ["TorchKuramoto", "TorchRotary"]


class SwiGLU(nn.Module):
    """Gated feed-forward layer without biases."""

    def __init__(self, inputs: int, hidden: int, outputs: int) -> None:
        super().__init__()
        self.weight_in = nn.Linear(inputs, 2 * hidden, bias=False)
        self.weight_out = nn.Linear(hidden, outputs, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """Apply the layer."""
        gate, passed = self.weight_in(x).chunk(2, dim=-1)
        return self.weight_out(functional.silu(gate) * passed)


class Rotation(nn.Module):
    """Turns the two halves of the last axis by angles that grow with the position."""

    def __init__(self, planes: int, context: int, base: float) -> None:
        super().__init__()
        angle = np.outer(np.arange(context), rotary_frequencies(planes, base))
        self.register_buffer("cosine", torch.from_numpy(np.cos(angle)).float(), persistent=False)
        self.register_buffer("sine", torch.from_numpy(np.sin(angle)).float(), persistent=False)

    def forward(self, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        """Turn (x, y), each (B, H, T, planes)."""
        cosine, sine = self.cosine[: x.shape[-2]], self.sine[: x.shape[-2]]
        return x * cosine + y * sine, y * cosine - x * sine


class PhaseLayer(nn.Module):
    """Attention, then the feed-forward layer, each a change of the phases."""

    def __init__(self, config: KuramotoConfig) -> None:
        super().__init__()
        width, self.heads = config.width, config.heads
        self.gate = nn.Linear(2 * width, width)
        self.log_tau = nn.Parameter(torch.zeros(config.heads))
        self.step = nn.Parameter(torch.ones(width))
        self.drift = Rotation(width // config.heads, config.context, config.base)
        self.feed_forward = SwiGLU(2 * width, config.hidden, width)
        self.drop = nn.Dropout(config.dropout)

    def split(self, x: Tensor) -> Tensor:
        """(B, T, D) -> (B, H, T, D/H)."""
        return x.unflatten(-1, (self.heads, -1)).transpose(1, 2)

    def forward(self, theta: Tensor) -> Tensor:
        """Apply the layer, (B, T, D) -> (B, T, D)."""
        cosine, sine = theta.cos(), theta.sin()
        gate = torch.sigmoid(self.gate(torch.cat([cosine, sine], dim=-1)))
        gate = self.split(gate) * self.log_tau.exp()[:, None, None]
        real, imaginary = self.split(cosine), self.split(sine)
        key = self.drift(real, imaginary)
        mean = functional.scaled_dot_product_attention(
            torch.cat([gate * key[0], gate * key[1]], dim=-1),
            torch.cat(key, dim=-1),
            torch.cat([real, imaginary], dim=-1),
            is_causal=True,
            scale=1.0,
        )
        mean_real, mean_imaginary = mean.transpose(1, 2).chunk(2, dim=-1)
        torque = cosine * mean_imaginary.flatten(2) - sine * mean_real.flatten(2)
        theta = theta + self.drop(self.step * torque)
        features = torch.cat([theta.cos(), theta.sin()], dim=-1)
        return theta + self.drop(self.feed_forward(features))


class TorchKuramoto(nn.Module):
    """Phases in, logits out."""

    def __init__(self, config: KuramotoConfig) -> None:
        super().__init__()
        self.input = nn.Embedding(config.vocabulary, config.width)
        self.layers = nn.Sequential(*(PhaseLayer(config) for _ in range(config.layers)))
        self.output = nn.Linear(2 * config.width, config.outputs)

    def load(self, parameters: Mapping[str, np.ndarray]) -> None:
        """Take over the parameters of one of our models of the same shape."""
        found = {}
        for name, array in parameters.items():
            layer, _, part = name.rpartition("attention.")
            layer = layer.replace("layer", "layers.")
            value = torch.from_numpy(array.copy())
            if part.startswith("gate"):
                found[layer + part.replace("_", ".")] = _apart(value) if value.ndim > 1 else value
            elif part in {"step", "log_tau"}:
                found[layer + part] = value.flatten()
            elif name.endswith(("weight_in", "output.weight")):
                found[_dotted(name)] = _apart(value)
            else:
                found[_dotted(name)] = value
        self.load_state_dict(found)

    def loss(self, inputs: Tensor, targets: Tensor) -> Tensor:
        """Return the mean loss of a token."""
        theta = self.layers(self.input(inputs))
        logits = self.output(torch.cat([theta.cos(), theta.sin()], dim=-1))
        return functional.cross_entropy(logits.flatten(0, 1), targets.flatten())


class RotaryLayer(nn.Module):
    """Pre-norm attention and feed-forward layer, each beside a residual path."""

    def __init__(self, config: RotaryConfig) -> None:
        super().__init__()
        width, self.heads = config.width, config.heads
        self.norm1 = nn.RMSNorm(width, eps=1e-5)
        self.norm2 = nn.RMSNorm(width, eps=1e-5)
        self.weight_qkv = nn.Linear(width, 3 * width, bias=False)
        self.weight_out = nn.Linear(width, width, bias=False)
        self.rotation = Rotation(width // config.heads // 2, config.context, config.base)
        self.feed_forward = SwiGLU(width, config.hidden, width)
        self.drop = nn.Dropout(config.dropout)

    def turned(self, x: Tensor) -> Tensor:
        """Turn queries or keys by their positions."""
        return torch.cat(self.rotation(*x.chunk(2, dim=-1)), dim=-1)

    def forward(self, x: Tensor) -> Tensor:
        """Apply the layer, (B, T, D) -> (B, T, D)."""
        joined = self.weight_qkv(self.norm1(x)).unflatten(-1, (3, self.heads, -1))
        q, k, v = (each.transpose(1, 2) for each in joined.unbind(2))
        mean = functional.scaled_dot_product_attention(
            self.turned(q), self.turned(k), v, is_causal=True
        )
        x = x + self.drop(self.weight_out(mean.transpose(1, 2).flatten(2)))
        return x + self.drop(self.feed_forward(self.norm2(x)))


class TorchRotary(nn.Module):
    """The baseline."""

    def __init__(self, config: RotaryConfig) -> None:
        super().__init__()
        self.config = config
        self.input = nn.Embedding(config.vocabulary, config.width)
        self.layers = nn.Sequential(*(RotaryLayer(config) for _ in range(config.layers)))
        self.norm = nn.RMSNorm(config.width, eps=1e-5)
        self.output = nn.Linear(config.width, config.outputs)

    def load(self, parameters: Mapping[str, np.ndarray]) -> None:
        """Take over the parameters of one of our models of the same shape."""
        found = {}
        for name, array in parameters.items():
            value = torch.from_numpy(array.copy())
            if name.endswith("weight_qkv"):
                # Ours turns neighbouring rows of a head's queries and keys, this the two halves.
                parts = value.unflatten(0, (3, self.config.heads, -1))
                turned = _apart(parts[:2].transpose(2, 3)).transpose(2, 3)
                value = torch.cat([turned, parts[2:]]).flatten(0, 2)
            found[_dotted(name)] = value
        self.load_state_dict(found)

    def loss(self, inputs: Tensor, targets: Tensor) -> Tensor:
        """Return the mean loss of a token."""
        logits = self.output(self.norm(self.layers(self.input(inputs))))
        return functional.cross_entropy(logits.flatten(0, 1), targets.flatten())


def _apart(columns: Tensor) -> Tensor:
    """Put the even entries of the last axis before the odd ones."""
    return torch.cat([columns[..., ::2], columns[..., 1::2]], dim=-1)


def _dotted(name: str) -> str:
    name = name.replace("layer", "layers.").replace(".attention.", ".").replace("gain", "weight")
    name = name.replace("input.table", "input.weight")
    return name + ".weight" if name.endswith(("_in", "_out", "_qkv")) else name
