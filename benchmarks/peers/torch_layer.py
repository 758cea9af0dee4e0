"""Two PyTorch attention layers to measure against: oscillators written directly, fused softmax.

Both project to queries, keys and values without bias and back with one, and carry the parameter
names of the published code, so one state dictionary serves them and `lohe.torch`.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

_EPSILON = 1e-8

COUPLINGS = {
    "softplus": functional.softplus,
    "relu": lambda s: functional.relu(s) + 1e-3,
    "elu": lambda s: functional.elu(s) + 1,
    "squareplus": lambda s: (s + torch.sqrt(s * s + 4 * math.log(2) ** 2)) / 2,
}


def direct_fixed_query(
    q: Tensor,
    k: Tensor,
    v: Tensor,
    anchors: Tensor,
    *,
    coupling: str = "softplus",
    p: float = 1,
    causal: bool = True,
) -> Tensor:
    """Attend by oscillators as one would write it down first: all T x T weights, autograd."""
    score = q @ k.mT / math.sqrt(q.shape[-1])
    coupled = COUPLINGS[coupling](score)
    if causal:
        past = torch.ones(score.shape[-2:], dtype=torch.bool, device=q.device).tril()
        coupled = coupled.masked_fill(~past, 0)
    drive = coupled @ anchors
    state = drive / drive.norm(dim=-1, keepdim=True).clamp(min=_EPSILON)
    lift = (1 + state @ anchors.mT).clamp(min=0)
    if p != 1:
        lift = lift**p
    if causal:
        lift = lift.masked_fill(~past, 0)
    weights = lift / lift.sum(-1, keepdim=True).clamp(min=_EPSILON)
    return weights @ v


class _Layer(nn.Module):
    """Projections around an attention of several heads."""

    def __init__(self, d_model: int, n_heads: int) -> None:
        super().__init__()
        self.n_heads = n_heads
        self.W_q, self.W_k, self.W_v = (nn.Linear(d_model, d_model, bias=False) for _ in range(3))
        self.W_o = nn.Linear(d_model, d_model)

    def _attend(self, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        raise NotImplementedError

    def forward(self, x: Tensor) -> Tensor:
        """Project, attend per head, join and project back."""
        batch, tokens, width = x.shape
        q, k, v = (
            project(x).view(batch, tokens, self.n_heads, -1).transpose(1, 2)
            for project in (self.W_q, self.W_k, self.W_v)
        )
        return self.W_o(self._attend(q, k, v).transpose(1, 2).reshape(batch, tokens, width))


class DirectFixedQuery(_Layer):
    """Oscillator attention, materialised, with autograd; (B, T, D) -> (B, T, D)."""

    def __init__(
        self,
        d_model: int,
        n_heads: int,
        d_osc: int,
        max_len: int,
        *,
        coupling: str = "softplus",
        p: float = 1,
        causal: bool = True,
    ) -> None:
        super().__init__(d_model, n_heads)
        anchors = torch.randn(n_heads, max_len, d_osc)
        self.anchors = nn.Parameter(functional.normalize(anchors, dim=-1))
        self.coupling, self.p, self.causal = coupling, p, causal

    def _attend(self, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        anchors = self.anchors[:, : q.shape[-2]]
        return direct_fixed_query(
            q, k, v, anchors, coupling=self.coupling, p=self.p, causal=self.causal
        )


class FusedSoftmax(_Layer):
    """Softmax attention by PyTorch's fused kernel; (B, T, D) -> (B, T, D)."""

    def __init__(self, d_model: int, n_heads: int, *, causal: bool = True) -> None:
        super().__init__(d_model, n_heads)
        self.causal = causal

    def _attend(self, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        return functional.scaled_dot_product_attention(q, k, v, is_causal=self.causal)
