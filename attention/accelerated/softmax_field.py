r"""Softmax attention as a Hamiltonian system of interacting particles.

Per head :math:`E_{ij} = e^{s q_i\cdot k_j}` and :math:`z_i = \nu_i \sum_j E_{ij}`; with the
momentum's slice of each head divided by the root of that head's :math:`z`, :math:`u`,

.. math:: H = \tfrac12\sum_i \langle B u_i, u_i\rangle - \tfrac12\sum_{ij} \kappa_i E_{ij},

B symmetric. With one head that is :math:`\langle BP_i, P_i\rangle/z_i`. Row i of :math:`-\partial
H/\partial E` is one number :math:`g_i` per head, so the force is

.. math:: G_i = W_q^\top s\, g_i \sum_j E_{ij} k_j + W_k^\top \sum_j E_{ji}\, g_j\, s\, q_j.

In the causal form j <= i in the first sum, and j >= i in the second: there every later row pulls at
token i. That is the leak. Sealed, the second sum has its term j = i only, which makes the force
that of the tokens up to i, as if there were no others.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lohe.attention.accelerated.exponential import exponential_sums
from lohe.attention.accelerated.field import Field, Gradients, Shares, add_gradients
from lohe.attention.heads import merge_heads, split_heads
from lohe.attention.linear import linear, row_product, weight_gradient

__all__ = ["softmax_field"]

Floats = NDArray[Any]


def softmax_field(
    weights: Mapping[str, Floats],
    x: Floats,
    *,
    heads: int,
    share: Floats,
    potential: Floats,
    sealed: bool = True,
    causal: bool = True,
) -> Field:
    r"""Return velocity and force at some positions.

    Parameters
    ----------
    weights : mapping of str to array
        ``attention.weight_qk`` (2D, D): the projections to queries and keys, one above the other;
        ``attention.weight_b`` (D, D), whose symmetric part is B.
    x : (B, T, D) array
        Positions.
    heads : int
        Divides D.
    share, potential : (T, 1) array
        :math:`\nu_i` and :math:`\kappa_i`.
    sealed : bool
        Leave out what later rows do to a token; of causal fields only.
    causal : bool
        Sum over j <= i only. False is the system of particles that all see each other.

    Returns
    -------
    Field
        Its velocity and force raise `InputError` where `exponential_sums` does.
    """
    weight_qk, free = weights["attention.weight_qk"], weights["attention.weight_b"]
    width = x.shape[-1]
    mass = (free + free.T) / 2
    joined, back_joined = linear(weight_qk, None, x)
    q = split_heads(joined[..., :width] * (1 / math.sqrt(width // heads)), heads)
    k = np.empty((*q.shape[:-1], width // heads + 1), dtype=q.dtype)
    k[..., :-1], k[..., -1] = split_heads(joined[..., width:], heads), 1  # counts with a one
    keys = k[..., :-1]
    sums, back_sums = exponential_sums(q, keys, k, causal=causal)
    near, z = sums[..., :-1], share * sums[..., -1:]
    root = 1 / np.sqrt(z)
    own = np.exp(np.vecdot(q, keys)[..., None]) if sealed and causal else None

    def scaled(p: Floats) -> tuple[Floats, Floats, Callable[..., tuple[Shares, Floats]]]:
        """Return u, B u, and from their gradients those of z, of B and of the momentum."""
        apart = split_heads(p, heads)
        u = apart * root
        rows = merge_heads(u).reshape(-1, width)
        c = split_heads(row_product(rows, mass).reshape(x.shape), heads)

        def pullback(du: Floats, dc: Floats, dz: Floats) -> tuple[Shares, Floats]:
            d_rows = merge_heads(dc).reshape(-1, width)
            dmass = weight_gradient(d_rows, rows)
            du = du + split_heads(row_product(d_rows, mass).reshape(x.shape), heads)
            dz = dz - 0.5 * np.vecdot(du, u)[..., None] / z
            return {"z": dz, "b": (dmass + dmass.T) / 2}, merge_heads(du * root)

        return u, c, pullback

    def velocity(p: Floats) -> tuple[Floats, Any]:
        _, c, back_scaled = scaled(p)

        def pullback(d_velocity: Floats) -> tuple[Shares, Floats]:
            dc = split_heads(d_velocity, heads) * root
            dz = -0.5 * np.vecdot(dc, c)[..., None] / z
            return back_scaled(np.zeros_like(dc), dc, dz)

        return merge_heads(c * root), pullback

    def force(p: Floats) -> tuple[Floats, Any]:
        u, c, back_scaled = scaled(p)
        energy = 0.5 * np.vecdot(c, u)[..., None]
        pull = share * energy / z + 0.5 * potential
        pulled = pull * q
        by_later, back_later = _by_later(pulled)
        sides = np.concatenate([merge_heads(pull * near), merge_heads(by_later)], axis=-1)
        sides[..., :width] *= 1 / math.sqrt(width // heads)
        rows = sides.reshape(-1, 2 * width)

        def pullback(d_force: Floats) -> tuple[Shares, Floats]:
            d_rows = d_force.reshape(-1, width)
            d_sides = row_product(d_rows, weight_qk.T).reshape(sides.shape)
            d_sides[..., :width] *= 1 / math.sqrt(width // heads)
            d_near, d_later = (
                split_heads(d_sides[..., i * width : (i + 1) * width], heads) for i in (0, 1)
            )
            shares, d_pulled = back_later(d_later)
            d_pull = (np.vecdot(d_near, near) + np.vecdot(d_pulled, q))[..., None]
            d_energy = share * d_pull / z
            of_scaled, dp = back_scaled(
                (0.5 * d_energy) * c, (0.5 * d_energy) * u, -(energy / z) * d_energy
            )
            shares |= of_scaled | {
                "near": pull * d_near,
                "qk": weight_gradient(rows, d_rows),
            }
            shares["q"] = shares["q"] + pull * d_pulled
            return shares, dp

        return row_product(rows, weight_qk).reshape(x.shape), pullback

    def _by_later(pulled: Floats) -> tuple[Floats, Callable[[Floats], tuple[Shares, Floats]]]:
        """Return what the rows that see a token, sealed itself alone, do to it through its key."""
        if own is not None:
            term = own

            def back_own(d_later: Floats) -> tuple[Shares, Floats]:
                d_score = term * np.vecdot(d_later, pulled)[..., None]
                return {"q": d_score * keys, "k": d_score * q}, term * d_later

            return term * pulled, back_own
        # Rows that see a token are those that it sees once time runs backwards.
        back_in_time = (np.s_[..., ::-1, :],)
        turned = [np.ascontiguousarray(a[back_in_time[0]]) for a in (keys, q, pulled)]
        later, back_turned = exponential_sums(turned[0], turned[1], turned[2], causal=causal)

        def back_later(d_later: Floats) -> tuple[Shares, Floats]:
            dk, dq, d_pulled = back_turned(np.ascontiguousarray(d_later[..., ::-1, :]))
            return {"q": dq[..., ::-1, :], "k": dk[..., ::-1, :]}, d_pulled[..., ::-1, :]

        return later[..., ::-1, :], back_later

    def pullback(shares: Shares) -> tuple[Gradients, Floats]:
        d_sums = np.zeros_like(sums)
        if "near" in shares:
            d_sums[..., :-1] = shares["near"]
        d_sums[..., -1:] = share * shares["z"]
        dq, dk, d_counts = back_sums(d_sums)
        dk += d_counts[..., :-1]
        d_joined = np.empty_like(joined)
        for i, (name, d_part) in enumerate((("q", dq), ("k", dk))):
            d_whole = d_part + shares[name] if name in shares else d_part
            d_joined[..., i * width : (i + 1) * width] = merge_heads(d_whole)
        d_joined[..., :width] *= 1 / math.sqrt(width // heads)
        dweight, _, dx = back_joined(d_joined)
        gradients = {"attention.weight_qk": dweight, "attention.weight_b": shares["b"]}
        if "qk" in shares:
            add_gradients(gradients, {"attention.weight_qk": shares["qk"]})
        return gradients, dx

    return Field(velocity, force, pullback)
