r"""Fixed-query oscillator attention (Pasqualetti & Guo, arXiv 2606.12059) and its adjoint.

One free oscillator per query token is driven by the anchors pinned at the key positions and
settles at the direction of its drive (theorem T1); the attention weights are read out by cosine:

.. math::

    W_{ij} = f(q_i \cdot k_j/\sqrt{d_h}), \quad h_i = \sum_j W_{ij} r_j, \quad
    x_i = h_i/\max(\|h_i\|, \varepsilon), \quad
    a_{ij} \propto \max(0, 1 + \langle x_i, r_j\rangle)^p, \quad o_i = \sum_j a_{ij} v_j.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from lohe.attention.arguments import read_arguments
from lohe.attention.arrays import Array, all_finite, read_gradient
from lohe.attention.kernels.engine import is_compiled
from lohe.attention.kernels.linear import find_linear_rule, linear_attention_vjp
from lohe.attention.kernels.linear_blocks import LinearRule
from lohe.attention.kernels.resting import resting_attention_vjp
from lohe.attention.kernels.settle import EPSILON
from lohe.attention.kernels.tensor_features import tensor_width
from lohe.attention.kernels.threads import one_blas_thread
from lohe.attention.kernels.weights import readout_weights
from lohe.dynamics.errors import InputError

__all__ = ["EPSILON", "fixed_query_attention", "fixed_query_attention_vjp"]

Pullback = Callable[[Any], tuple[Array, ...]]


def fixed_query_attention(
    q: Any,
    k: Any,
    v: Any,
    anchors: Any,
    *,
    coupling: str = "softplus",
    p: Any = 1,
    causal: bool = False,
    key_mask: Any = None,
    mask_readout: bool = True,
    readout_anchors: Any = None,
    need_weights: bool = False,
    tile: tuple[int, int] | None = None,
    engine: str = "numpy",
) -> Any:
    """Attend by the resting points of oscillators that anchors drive.

    The T x T matrices of couplings and weights are never formed, unless weights are asked for:
    memory is linear in T, and so is the time of the readout where it is affine (see Notes).
    Leading axes broadcast, for example anchors (H, T, d) against queries (B, H, T, d_h).

    Parameters
    ----------
    q : (..., T_q, d_h) array
        Queries.
    k : (..., T, d_h) array
        Keys.
    v : (..., T, d_v) array
        Values.
    anchors : (..., T, d) array
        Pinned oscillators, one per key position. They are used as given; see `unit_anchors`.
    coupling : str
        One of `COUPLINGS`, or of `FEATURE_MAPS` for time linear in T.
    p : float or (..., 1, 1) array
        Readout exponent, positive; an array, for example (H, 1, 1), has a gradient.
    causal : bool
        Query i sees keys j <= i only.
    key_mask : (..., T) bool array, optional
        True where a key is visible; False takes it out of the drive and out of the readout.
    mask_readout : bool
        False leaves masked keys in the readout, as the authors' layer does with padding.
    readout_anchors : (..., T, d) array, optional
        What the states are read out by instead of the anchors that drive them.
    need_weights : bool
        Also return the attention weights.
    tile : (int, int), optional
        Queries and keys that are worked on at a time; by default what fits the cache. Results
        depend on it by rounding only.
    engine : str
        ``numpy``, or ``numba`` for compiled loops (the extra ``fast``), which round differently.

    Returns
    -------
    out : (..., T_q, d_v) array
        The attended values.
    weights : (..., T_q, T) array
        Only with ``need_weights``. Rows sum to 1.

    Raises
    ------
    InputError
        For NaN or infinity, shapes that disagree, a query that sees no key, an unknown coupling,
        ``p`` not positive, an engine that is not there, and scores, drives or weights that
        overflow.

    Notes
    -----
    With unit anchors and p = 1 the clamp max(0, .) is inactive and the readout is affine in r_j.
    A drive shorter than `EPSILON` gives a state inside the sphere, nearer to uniform attention.
    The authors also floor the sum of a row by 1e-8. That never acts: the W_ij-weighted mean of
    <x_i, r_j> has the sign of <x_i, h_i> >= 0, so some visible key has 1 + <x_i, r_j> >= 1.
    (Other readout anchors do not have that; a row they give no weight at all is an error.)

    Compiled are the drives of `COUPLINGS`, readouts of whole p up to 64, and of causal attention
    in linear time those feature maps that act on every coordinate, with p = 1. All else goes
    through NumPy, as do arguments of other array libraries through theirs.

    Examples
    --------
    >>> token, anchors = np.ones((2, 1)), np.array([[1.0, 0.0], [-1.0, 0.0]])
    >>> fixed_query_attention(token, token, np.array([[0.0], [1.0]]), anchors, causal=True)
    array([[0. ],
           [0.5]])
    """
    out, *weights, _ = fixed_query_attention_vjp(
        q,
        k,
        v,
        anchors,
        coupling=coupling,
        p=p,
        causal=causal,
        key_mask=key_mask,
        mask_readout=mask_readout,
        readout_anchors=readout_anchors,
        need_weights=need_weights,
        tile=tile,
        engine=engine,
    )
    return (out, *weights) if need_weights else out


def fixed_query_attention_vjp(
    q: Any,
    k: Any,
    v: Any,
    anchors: Any,
    *,
    coupling: str = "softplus",
    p: Any = 1,
    causal: bool = False,
    key_mask: Any = None,
    mask_readout: bool = True,
    readout_anchors: Any = None,
    need_weights: bool = False,
    tile: tuple[int, int] | None = None,
    engine: str = "numpy",
) -> Any:
    """Attend, and return the adjoint beside the result.

    The arguments and errors are those of `fixed_query_attention`.

    Returns
    -------
    out : (..., T_q, d_v) array
    weights : (..., T_q, T) array
        Only with ``need_weights``.
    pullback : callable
        ``pullback(d_out) -> (dq, dk, dv, danchors)``, each of its argument's own shape, then
        the gradient of ``readout_anchors`` if they are given, then that of ``p`` if it is an
        array. At the kinks of the clamps it takes the derivative of the clamped side.
    """
    xp, found, p, mask = read_arguments(
        q=q, k=k, v=v, anchors=anchors, readout_anchors=readout_anchors,
        p=p, causal=causal, key_mask=key_mask,
    )  # fmt: skip
    compiled = is_compiled(xp, engine)
    q, k, v, anchors, *others = found.values()
    read_by = others[0] if others else None
    read_mask = mask if mask_readout else None

    by_state = need_weights or read_by is not None
    rule = None if by_state else find_linear_rule(xp, coupling, anchors, p)
    told_below = np.errstate(over="ignore", invalid="ignore", divide="ignore")
    with one_blas_thread(xp), told_below:
        if rule is not None and _pays(rule, anchors):
            out, pull = linear_attention_vjp(
                xp, q, k, v, anchors,
                rule=rule, causal=causal, key_mask=mask, mask_readout=mask_readout,
                compiled=compiled,
            )  # fmt: skip
        else:
            out, state, pull = resting_attention_vjp(
                xp, q, k, v, anchors,
                coupling=coupling, p=p, causal=causal, key_mask=mask, readout_mask=read_mask,
                readout_anchors=read_by, tile=tile, compiled=compiled,
            )  # fmt: skip
    if not all_finite(xp, out):
        raise InputError("the readout overflows; scale v or the anchors down, or lower p")

    def pullback(d_out: Any) -> tuple[Array, ...]:
        with one_blas_thread(xp):
            return pull(read_gradient(xp, d_out, out))

    if need_weights:
        used = anchors if read_by is None else read_by
        with one_blas_thread(xp):
            weights = readout_weights(xp, state, used, p, causal=causal, key_mask=read_mask)
        return out, weights, pullback
    return out, pullback


def _pays(rule: LinearRule, anchors: Array) -> bool:
    """Whether the keys outnumber the readout's features by enough to be worth summing over."""
    *_, keys, d = anchors.shape
    return rule.p == 1 or keys > 3 * tensor_width(d, rule.p)
