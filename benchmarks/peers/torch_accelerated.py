"""The models of `lohe.attention.accelerated` as one would write them in PyTorch, with autograd."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from lohe.attention.accelerated import AcceleratedConfig

_POSITIVE = ("step_position", "step_momentum", "damping_log", "damping_linear", "coupling")


class TorchAccelerated(nn.Module):
    """All schemes of both families, with the parameters of one of our models."""

    def __init__(self, config: AcceleratedConfig, parameters: Mapping[str, np.ndarray]) -> None:
        super().__init__()
        self.config = config
        self.of = nn.ParameterDict({
            name.replace(".", "/"): nn.Parameter(torch.from_numpy(array.copy()))
            for name, array in parameters.items()
        })  # fmt: skip
        past = torch.ones(config.context, config.context, dtype=torch.bool).tril()
        self.register_buffer("past", past)
        counts = torch.full((config.context, 1), float(config.context))
        if config.count == "visible":
            counts = torch.arange(1.0, config.context + 1)[:, None]
        self.register_buffer("shares", 1 / counts)

    def get(self, name: str) -> Tensor:
        """Return a parameter, or the number between bounds that it stands for."""
        raw = self.of[name.replace(".", "/")]
        part = name.rpartition(".")[2]
        if part in _POSITIVE or part == "strength":
            return functional.softplus(raw)
        return torch.sigmoid(raw) if part in {"lookahead", "memory"} else raw

    def norm(self, name: str, x: Tensor) -> Tensor:
        """Apply a layer norm."""
        return functional.layer_norm(
            x, x.shape[-1:], self.get(f"{name}.gain"), self.get(f"{name}.bias")
        )

    def loss(self, inputs: Tensor, targets: Tensor) -> Tensor:
        """Return the mean loss."""
        x = self.trunk(inputs)
        logits = functional.linear(x, self.get("output.weight"), self.get("output.bias"))
        return functional.cross_entropy(logits.flatten(0, -2), targets.flatten())

    def trunk(self, tokens: Tensor) -> Tensor:
        """Return what the read-out sees."""
        length = tokens.shape[1]
        x = functional.embedding(tokens, self.get("input.table"))
        x = x + self.get("positions.table")[:length]
        y = torch.zeros_like(x)
        if "momentum/table" in self.of:
            y = functional.embedding(tokens, self.get("momentum.table"))
            y = y + self.get("momentum.positions")[:length]
        before = None
        for layer in range(self.config.layers):
            x, y, before = self.attend(layer, x, y, before)
            x, y = self.feed(layer, x, y)
        return self.norm("norm", x)

    def feed(self, layer: int, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        """Apply the feed-forward layer."""
        start = f"layer{layer}.feed_forward."

        def oracle(x: Tensor) -> Tensor:
            x = self.norm(f"layer{layer}.norm2", x)
            x = functional.linear(x, self.get(start + "weight_in"), self.get(start + "bias_in"))
            x = functional.gelu(x)
            return functional.linear(
                x, self.get(start + "weight_out"), self.get(start + "bias_out")
            )

        if self.config.feeds_by == "residual":
            return x + oracle(x), y
        return self.nesterov(start, oracle, x, y)

    def nesterov(self, start: str, oracle: Any, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        """Take a step of Nesterov's method."""
        norm = start + "momentum_norm"
        out = oracle(x + self.get(start + "lookahead") * y)
        y = self.norm(norm, self.get(start + "memory") * y + self.get(start + "strength") * out)
        return x + y, y

    def split(self, x: Tensor) -> Tensor:
        """View (B, T, D) as (B, heads, T, D/heads)."""
        return x.unflatten(-1, (self.config.heads, -1)).transpose(1, 2)

    def masked(self, gram: Tensor, filler: float = 0.0) -> Tensor:
        """Hide the future."""
        length = gram.shape[-1]
        return gram.masked_fill(~self.past[:length, :length], filler)

    def attend(self, layer: int, x: Tensor, y: Tensor, before):
        """Apply attention by the scheme."""
        start, config = f"layer{layer}.attention.", self.config

        def classical(x: Tensor) -> Tensor:
            x = self.norm(f"layer{layer}.norm1", x)
            q, k, v = map(self.split, (x @ self.get(start + "weight_qkv").T).chunk(3, -1))
            if config.family == "softmax":
                out = functional.scaled_dot_product_attention(q, k, v, is_causal=True)
                out = out.transpose(1, 2).flatten(-2)
                weight, bias = self.get(start + "weight_out"), self.get(start + "bias_out")
                return functional.linear(out, weight, bias)
            out = self.masked(q @ k.mT) @ v
            scale = self.shares[: x.shape[1]] / math.sqrt(q.shape[-1])
            return out.transpose(1, 2).flatten(-2) * scale

        if config.scheme == "baseline":
            step = self.get(start + "step_position") if config.family == "linear" else 1
            return x + step * classical(x), y, None
        if config.scheme == "nesterov":
            return *self.nesterov(start, classical, x, y), None
        if config.scheme == "strang":
            x, y = self.strang(layer, x, y)
        else:
            x, y, before = self.multistep(layer, x, y, before)
        return x, self.norm(start + "momentum_norm", y) if config.momentum_norm else y, before

    def field(self, layer: int, x: Tensor):
        """Return velocity and force at some positions."""
        x = self.norm(f"layer{layer}.norm1", x)
        make = self.linear_field if self.config.family == "linear" else self.softmax_field
        return make(f"layer{layer}.attention.", x)

    def linear_field(self, start: str, x: Tensor):
        """Return the linear family's."""
        weight = self.get(start + "weight_qkv")
        q, k, pushed = (x @ weight.T).chunk(3, -1)
        q, k = self.split(q), self.split(k)
        scale = self.shares[: x.shape[1]] / math.sqrt(q.shape[-1])
        gram = self.masked(q @ k.mT)
        weight_key = weight.chunk(3)[1]

        def velocity(y: Tensor) -> Tensor:
            return (gram @ self.split(y)).transpose(1, 2).flatten(-2) * scale

        def force(y: Tensor) -> Tensor:
            y = self.split(y)
            pulled = (self.masked(y @ y.mT) @ q).transpose(1, 2).flatten(-2) * scale
            return pushed - pulled @ weight_key

        return velocity, force

    def softmax_field(self, start: str, x: Tensor):
        """Return the softmax family's."""
        weight_query, weight_key = self.get(start + "weight_qk").chunk(2)
        free = self.get(start + "weight_b")
        mass = (free + free.T) / 2
        q, k = self.split(x @ weight_query.T), self.split(x @ weight_key.T)
        root = 1 / math.sqrt(q.shape[-1])
        e = self.masked(q @ k.mT * root, -math.inf).exp()
        share = self.shares[: x.shape[1]]
        potential = share if self.config.potential == "mean" else torch.ones_like(share)
        z = share * e.sum(-1, keepdim=True)

        def scaled(p: Tensor) -> tuple[Tensor, Tensor]:
            u = self.split(p) / z.sqrt()
            return u, self.split(u.transpose(1, 2).flatten(-2) @ mass)

        def velocity(p: Tensor) -> Tensor:
            return (scaled(p)[1] / z.sqrt()).transpose(1, 2).flatten(-2)

        def force(p: Tensor) -> Tensor:
            u, c = scaled(p)
            pull = share * (u * c).sum(-1, keepdim=True) / (2 * z) + potential / 2
            own = torch.diagonal(e, dim1=-2, dim2=-1)[..., None] * (pull * q)
            by_later = own if self.config.sealed else e.mT @ (pull * q)
            near = (pull * (e @ k)).transpose(1, 2).flatten(-2)
            later = by_later.transpose(1, 2).flatten(-2)
            return root * (near @ weight_query + later @ weight_key)

        return velocity, force

    def times(self, layer: int) -> tuple[Tensor, Tensor, float]:
        """Return the coefficients of the damping and the layer's time."""
        start = f"layer{layer}.attention."
        return self.get(start + "damping_log"), self.get(start + "damping_linear"), 1.0 + layer

    def multistep(self, layer: int, x: Tensor, y: Tensor, before):
        """Take a step of one of the schemes with one evaluation of the force."""
        start, scheme = f"layer{layer}.attention.", self.config.scheme
        h_x, h_y = self.get(start + "step_position"), self.get(start + "step_momentum")
        log, linear, time = self.times(layer)
        velocity, force = self.field(layer, x)
        fall = log * math.log((time + 1) / time) + linear
        sigma = torch.exp(-fall)
        phi1 = (1 - sigma) / fall
        g = force(y)
        if scheme == "presymplectic_euler":
            y = sigma * (y + h_y * g)
            return x + h_x * velocity(y), y, None
        f = velocity(y)
        if scheme in {"euler", "adams_bashforth"}:
            g = g - (log / time + linear) * y
        two = scheme.endswith("adams_bashforth")
        if not two or before is None:
            kick = phi1 * g if scheme.startswith("exponential") else g
            decay = sigma if scheme.startswith("exponential") else 1
            return x + h_x * f, decay * y + h_y * kick, (f, g) if two else None
        moved = h_x * (1.5 * f - 0.5 * before[0])
        if scheme == "adams_bashforth":
            return x + moved, y + h_y * (1.5 * g - 0.5 * before[1]), (f, g)
        phi2 = (1 - phi1) / fall
        kick = (phi1 + phi2) * g - phi2 * before[1]
        return x + moved, sigma * y + h_y * kick, (f, g)

    def strang(self, layer: int, x: Tensor, p: Tensor) -> tuple[Tensor, Tensor]:
        """Take a step of Strang splitting on two copies."""
        start = f"layer{layer}.attention."
        h, coupling = self.get(start + "step_position"), self.get(start + "coupling")
        log, linear, time = self.times(layer)
        first = log * math.log((time + 0.5) / time) + linear / 2
        second = log * math.log((time + 1) / (time + 0.5)) + linear / 2
        p = torch.exp(-first) * p
        own, copy = (x, p), (x, p)

        def exchange(at, other):
            velocity, force = self.field(layer, at[0])
            moved = other[0] + h / 2 * velocity(other[1])
            return (at[0], at[1] + h / 2 * force(other[1])), (moved, other[1])

        own, copy = exchange(own, copy)
        copy, own = exchange(copy, own)
        angle = 2 * coupling * h
        cos, sin = torch.cos(angle), torch.sin(angle)
        (x1, p1), (x2, p2) = own, copy
        dx, dp = x1 - x2, p1 - p2
        tx, tp = cos * dx + sin * dp, cos * dp - sin * dx
        own = (x1 + x2 + tx) / 2, (p1 + p2 + tp) / 2
        copy = (x1 + x2 - tx) / 2, (p1 + p2 - tp) / 2
        copy, own = exchange(copy, own)
        own, copy = exchange(own, copy)
        return own[0], torch.exp(-second) * own[1]
