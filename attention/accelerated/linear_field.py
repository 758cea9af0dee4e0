r"""Linear attention as interacting particles: the classical update, and the accelerated field.

Per head, with :math:`x_i^\top A x_j = s\, q_i\cdot k_j` and the momenta's slice :math:`y`:

.. math::
   F_i = \nu_i \sum_j s (q_i\cdot k_j)\, y_j, \qquad
   G_i = -\nu_i \sum_j \langle y_i, y_j\rangle\, s\, W_k^\top q_j + V x_i,

j <= i in the causal form. The sums are running products, so time is linear in the length.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lohe.attention.accelerated.field import Field, Gradients, Shares
from lohe.attention.heads import merge_heads, split_heads
from lohe.attention.kernels.prefix import running_product_vjp
from lohe.attention.linear import linear, row_product, weight_gradient
from lohe.attention.project import project

__all__ = ["linear_attention", "linear_field"]

Floats = NDArray[Any]


def linear_attention(
    weights: Mapping[str, Floats], x: Floats, *, heads: int, share: Floats, causal: bool = True
) -> tuple[Floats, Any]:
    r"""Attend by :math:`o_i = \nu_i \sum_j s (q_i\cdot k_j)\, v_j`: (1/N) (X A Xᵀ) X Vᵀ.

    Parameters
    ----------
    weights : mapping of str to array
        ``attention.weight_qkv`` (3D, D), see `project`.
    x : (B, T, D) array
        Tokens.
    heads : int
        Divides D.
    share : (T, 1) array
        :math:`\nu_i`, one over the particles that row i averages over.
    causal : bool
        Zero the strict upper triangle of each Gram matrix.

    Returns
    -------
    out : (B, T, D) array
    pullback : callable
        ``pullback(d_out) -> (gradients by name, dx)``.
    """
    weight = weights["attention.weight_qkv"]
    q, k, v, back_project = project(weight, x, heads)
    scale = _scale(x, heads)
    sums, back_sums = running_product_vjp(np, q, k, v, causal=causal)
    factor = share * scale
    out = merge_heads(sums) * factor

    def pullback(d_out: Floats) -> tuple[Gradients, Floats]:
        dweight, dx = back_project(*back_sums(split_heads(d_out * factor, heads)))
        return {"attention.weight_qkv": dweight}, dx

    return out, pullback


def linear_field(
    weights: Mapping[str, Floats],
    x: Floats,
    *,
    heads: int,
    share: Floats,
    causal: bool = True,
) -> Field:
    """Return the accelerated field; the arguments are those of `linear_attention`."""
    weight = weights["attention.weight_qkv"]
    width = x.shape[-1]
    weight_key = weight[width : 2 * width]
    joined, back_joined = linear(weight, None, x)
    q, k = (split_heads(joined[..., i * width : (i + 1) * width], heads) for i in (0, 1))
    pushed = joined[..., 2 * width :]
    factor = share * _scale(x, heads)

    def velocity(y: Floats) -> tuple[Floats, Any]:
        sums, back_sums = running_product_vjp(np, q, k, split_heads(y, heads), causal=causal)

        def pullback(d_velocity: Floats) -> tuple[Shares, Floats]:
            dq, dk, dy = back_sums(split_heads(d_velocity * factor, heads))
            return {"q": merge_heads(dq), "k": merge_heads(dk)}, merge_heads(dy)

        return merge_heads(sums) * factor, pullback

    def force(y: Floats) -> tuple[Floats, Any]:
        apart = split_heads(y, heads)
        sums, back_sums = running_product_vjp(np, apart, apart, q, causal=causal)
        pulled = merge_heads(sums) * factor
        rows = pulled.reshape(-1, width)

        def pullback(d_force: Floats) -> tuple[Shares, Floats]:
            d_rows = d_force.reshape(-1, width)
            dweight_key = -weight_gradient(rows, d_rows)
            d_pulled = row_product(d_rows, weight_key.T).reshape(x.shape)
            d_pulled *= -factor
            dy, dy_of_others, dq = back_sums(split_heads(d_pulled, heads))
            dy += dy_of_others
            shares = {"q": merge_heads(dq), "v": d_force, "weight_key": dweight_key}
            return shares, merge_heads(dy)

        return pushed - row_product(rows, weight_key).reshape(x.shape), pullback

    def pullback(shares: Shares) -> tuple[Gradients, Floats]:
        d_joined = np.empty_like(joined)
        for i, name in enumerate("qkv"):
            d_joined[..., i * width : (i + 1) * width] = shares.get(name, 0)
        dweight, _, dx = back_joined(d_joined)
        if "weight_key" in shares:
            dweight[width : 2 * width] += shares["weight_key"]
        return {"attention.weight_qkv": dweight}, dx

    return Field(velocity, force, pullback)


def _scale(x: Floats, heads: int) -> float:
    return 1 / math.sqrt(x.shape[-1] // heads)
