r"""Attention by oscillators with one anchor per key or two, and the coherence of their drives.

With a second, opposed anchor each key also says where its oscillator is not to go when the score
is low:

.. math::

    h_i = \sum_j f(s_{ij})\, r_j + f(-s_{ij})\, \bar r_j, \quad
    \rho_i = \frac{\|h_i\|}{\sum_j f(s_{ij}) \|r_j\| + f(-s_{ij}) \|\bar r_j\|} \in [0, 1].

An oscillator may then rest opposite to every anchor that it is read out by; so that it still has
weights, its readout sees :math:`(1 - 2^{-10})\, x_i`, and no :math:`1 + \langle x_i, r_j\rangle`
of a unit anchor is below :math:`2^{-10}`.

The coherence :math:`\rho_i` is the order parameter of theorem T3: the larger, the more error of
the couplings the resting point bears and the sooner, at given couplings, it is reached.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from lohe.attention.arguments import read_arguments
from lohe.attention.arrays import Array, all_finite, read_gradient
from lohe.attention.kernels.drive import drive_vjp
from lohe.attention.kernels.engine import is_compiled
from lohe.attention.kernels.readout import readout_vjp
from lohe.attention.kernels.settle import settle_vjp
from lohe.attention.kernels.threads import one_blas_thread
from lohe.dynamics.errors import InputError

__all__ = ["TWO_SIDED_GAIN", "coherent_attention_vjp"]

TWO_SIDED_GAIN = 1 - 2.0**-10
"""What the readout of two-sided attention sees of a state."""

Pullback = Callable[[Any, Any], tuple[Array | None, ...]]


def coherent_attention_vjp(
    q: Any,
    k: Any,
    v: Any,
    anchors: Any,
    opposed: Any = None,
    *,
    coupling: str = "softplus",
    p: Any = 1,
    causal: bool = False,
    key_mask: Any = None,
    mask_readout: bool = True,
    engine: str = "numpy",
) -> tuple[Array, Array, Pullback]:
    """Attend, tell the coherence of every drive, and return the adjoint of both.

    Parameters
    ----------
    q, k, v, anchors, coupling, p, causal, key_mask, mask_readout, engine
        As in `fixed_query_attention`; p may be an array (..., 1, 1).
    opposed : (..., T, d) array, optional
        Second anchors, which drive with f(-s) and are not read out; None for one-sided attention.

    Returns
    -------
    out : (..., T_q, d_v) array
        Without `opposed`, what `fixed_query_attention` gives.
    coherence : (..., T_q) array
        Norm of each drive over what it would be, were all its terms of one direction.
    pullback : callable
        ``pullback(d_out, d_coherence) -> (dq, dk, dv, danchors, dopposed, dp)``; the last two are
        None without `opposed` and for a number p. A drive of zero gets no gradient from its
        coherence, which has a kink there. Where all couplings of a row underflow, its coherence
        is 0.

    Raises
    ------
    InputError
        As `fixed_query_attention` does.
    """
    xp, found, p, mask = read_arguments(
        q=q, k=k, v=v, anchors=anchors, opposed=opposed, p=p, causal=causal, key_mask=key_mask
    )
    compiled = is_compiled(xp, engine)
    q, k, v, *tables = found.values()
    lengths = [xp.sqrt(xp.vecdot(table, table))[..., None] for table in tables]
    signs, gain = ((1,), 1.0) if opposed is None else ((1, -1), TWO_SIDED_GAIN)
    least = float(xp.finfo(q.dtype).smallest_normal / xp.finfo(q.dtype).eps)
    told_below = np.errstate(over="ignore", invalid="ignore")
    with one_blas_thread(xp), told_below:
        driven = [
            drive_vjp(
                xp,
                sign * q,
                k,
                xp.concat([table, length], axis=-1),
                coupling,
                causal=causal,
                key_mask=mask,
                compiled=compiled,
            )
            for sign, table, length in zip(signs, tables, lengths, strict=True)
        ]
        joint = sum(part for part, _ in driven)
        square = xp.vecdot(joint, joint)
        drive, whole = joint[..., :-1], joint[..., -1:]
        bounded = xp.maximum(whole, xp.full_like(whole, least))
        mean = drive / bounded  # its square underflows only where the coherence is as good as 0
        coherence = xp.sqrt(xp.vecdot(mean, mean))[..., None]
        state, back_settle = settle_vjp(xp, drive)
        out, back_readout = readout_vjp(
            xp,
            gain * state,
            tables[0],
            v,
            p,
            causal=causal,
            key_mask=mask if mask_readout else None,
            compiled=compiled,
        )
    for name, array in (("drive", square), ("output", out)):
        if not all_finite(xp, array):
            raise InputError(f"the {name} overflows; scale q, k, v or the anchors down, or lower p")

    rho = coherence[..., 0]

    def pullback(d_out: Any, d_coherence: Any) -> tuple[Array | None, ...]:
        d_out, d_rho = (
            read_gradient(xp, d_out, out),
            read_gradient(xp, d_coherence, rho, "d_coherence"),
        )
        with one_blas_thread(xp):
            return pull(d_out, d_rho[..., None])

    def pull(d_out: Array, d_coherence: Array) -> tuple[Array | None, ...]:
        d_state, d_read, dv, *dp = back_readout(d_out)
        d_mean = d_coherence / bounded
        direction = mean / xp.where(coherence > 0, coherence, xp.ones_like(coherence))
        d_drive = back_settle(gain * d_state) + d_mean * direction
        # A floored sum does not depend on the couplings.
        d_whole = xp.where(whole > least, -d_mean * coherence, xp.zeros_like(d_mean))
        d_joint = xp.concat([d_drive, d_whole], axis=-1)
        dq, dk = xp.zeros_like(q), xp.zeros_like(k)
        d_tables = []
        for sign, table, length, (_, back_drive) in zip(
            signs, tables, lengths, driven, strict=True
        ):
            dq_side, dk_side, d_side = back_drive(d_joint)
            dq, dk = dq + sign * dq_side, dk + dk_side
            radial = table / xp.where(length > 0, length, xp.ones_like(length))
            d_tables.append(d_side[..., :-1] + d_side[..., -1:] * radial)
        d_tables[0] = d_tables[0] + d_read
        dopposed = d_tables[1] if len(tables) > 1 else None
        return dq, dk, dv, d_tables[0], dopposed, dp[0] if dp else None

    return out, rho, pullback
