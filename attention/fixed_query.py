r"""Fixed-query oscillator attention (Pasqualetti & Guo, arXiv 2606.12059) and its adjoint.

One free oscillator per query token is driven by the anchors pinned at the key positions and
settles at the direction of its drive (theorem T1); the attention weights are read out by cosine:

.. math::

    W_{ij} = f(q_i \cdot k_j/\sqrt{d_h}), \quad h_i = \sum_j W_{ij} r_j, \quad
    x_i = h_i/\max(\|h_i\|, \varepsilon), \quad
    a_{ij} \propto \max(0, 1 + \langle x_i, r_j\rangle)^p, \quad o_i = \sum_j a_{ij} v_j.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from numbers import Real
from typing import Any

import numpy as np

from lohe.attention.arrays import Array, all_finite, common_lead, read_arrays, read_key_mask
from lohe.attention.kernels.linear import find_linear_rule, linear_attention_vjp
from lohe.attention.kernels.linear_blocks import LinearRule
from lohe.attention.kernels.resting import resting_attention_vjp
from lohe.attention.kernels.settle import EPSILON
from lohe.attention.kernels.tensor_features import tensor_width
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
        ``p`` not positive, and scores, drives or weights that overflow.

    Notes
    -----
    With unit anchors and p = 1 the clamp max(0, .) is inactive and the readout is affine in r_j.
    A drive shorter than `EPSILON` gives a state inside the sphere, nearer to uniform attention.
    The authors also floor the sum of a row by 1e-8. That never acts: the W_ij-weighted mean of
    <x_i, r_j> has the sign of <x_i, h_i> >= 0, so some visible key has 1 + <x_i, r_j> >= 1.
    (Other readout anchors do not have that; a row they give no weight at all is an error.)

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
    xp, found, p, read_by = _read(
        q=q, k=k, v=v, anchors=anchors, p=p, readout_anchors=readout_anchors
    )
    q, k, v, anchors = found.values()
    used = anchors if read_by is None else read_by
    mask = read_key_mask(xp, q.shape[-2], k.shape[-2], causal=causal, key_mask=key_mask)
    read_mask = mask if mask_readout else None
    try:
        common_lead(q, k, v, anchors, used, *([] if mask is None else [mask[..., None]]))
    except ValueError as error:
        raise InputError(f"the leading axes do not broadcast: {error}") from error

    by_state = need_weights or read_by is not None
    rule = None if by_state else find_linear_rule(xp, coupling, anchors, p)
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):  # told in words, below
        if rule is not None and _pays(rule, anchors):
            out, pull = linear_attention_vjp(
                xp, q, k, v, anchors,
                rule=rule, causal=causal, key_mask=mask, mask_readout=mask_readout,
            )  # fmt: skip
        else:
            out, state, pull = resting_attention_vjp(
                xp, q, k, v, anchors,
                coupling=coupling, p=p, causal=causal, key_mask=mask, readout_mask=read_mask,
                readout_anchors=read_by, tile=tile,
            )  # fmt: skip
    if not all_finite(xp, out):
        raise InputError("the readout overflows; scale v or the anchors down, or lower p")

    def pullback(d_out: Any) -> tuple[Array, ...]:
        d_out = xp.asarray(d_out, dtype=out.dtype)
        if d_out.shape != out.shape:
            raise InputError(f"d_out has shape {d_out.shape}; expected {out.shape}")
        return pull(d_out)

    if need_weights:
        weights = readout_weights(xp, state, used, p, causal=causal, key_mask=read_mask)
        return out, weights, pullback
    return out, pullback


def _pays(rule: LinearRule, anchors: Array) -> bool:
    """Whether the keys outnumber the readout's features by enough to be worth summing over."""
    *_, keys, d = anchors.shape
    return rule.p == 1 or keys > 3 * tensor_width(d, rule.p)


def _read(
    *, p: Any, readout_anchors: Any, **given: Any
) -> tuple[Any, dict[str, Array], Any, Array | None]:
    """Return the namespace and the arrays, of one dtype and of shapes that agree."""
    optional = {"readout_anchors": readout_anchors, "p": None if isinstance(p, Real) else p}
    given |= {name: array for name, array in optional.items() if array is not None}
    xp, arrays = read_arrays(**given)
    if any(array.dtype != arrays[0].dtype for array in arrays):
        dtype = xp.result_type(*arrays)
        arrays = [xp.astype(array, dtype) for array in arrays]
    found = dict(zip(given, arrays, strict=True))
    exponent = found.pop("p", p)
    _check_shapes(**found)
    _check_exponent(xp, exponent)
    return xp, found, exponent, found.pop("readout_anchors", None)


def _check_shapes(q: Array, k: Array, **others: Array) -> None:
    if q.shape[-1] != k.shape[-1]:
        raise InputError(f"q {tuple(q.shape)} and k {tuple(k.shape)} differ in their last axis")
    keys, width = k.shape[-2], others["anchors"].shape[-1]
    for name, array in others.items():
        if array.shape[-2] != keys:
            raise InputError(
                f"{name} has {array.shape[-2]} positions, k has {keys}; give one per key"
            )
    if width < 2:
        raise InputError("anchors need two coordinates or more: a sphere of dimension >= 1")
    if "readout_anchors" in others and others["readout_anchors"].shape[-1] != width:
        raise InputError("readout_anchors and anchors differ in their last axis")


def _check_exponent(xp: Any, p: Any) -> None:
    fixed = isinstance(p, Real)
    if not (math.isfinite(p) and p > 0 if fixed else xp.all(p > 0)):
        raise InputError(f"p is {p!r}; the readout exponent must be positive and finite")
    if not fixed and tuple(p.shape[-2:]) != (1, 1):
        raise InputError(f"p has shape {tuple(p.shape)}; expected a number or (..., 1, 1)")
