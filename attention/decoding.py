"""Causal attention token by token, for sequences that grow as they are written.

With a feature map for a coupling the past is two sums of fixed size (`LinearDecoding`), so a token
costs the same at any length. Other couplings keep the keys, values and anchors met so far
(`CachedDecoding`), and a token costs as much as the past is long.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from numbers import Real
from typing import Any

from lohe.attention.arrays import Array, read_arrays
from lohe.attention.coupling import find_coupling
from lohe.attention.fixed_query import fixed_query_attention
from lohe.attention.kernels.feature_maps import FEATURE_MAPS
from lohe.attention.kernels.fold import Arrays, fold_vjp
from lohe.attention.kernels.linear import linear_rule
from lohe.attention.kernels.linear_blocks import attend_vjp, empty_sums
from lohe.attention.kernels.prefix import spread
from lohe.dynamics.errors import InputError

__all__ = ["CachedDecoding", "Decoding", "LinearDecoding", "decode_step", "start_decoding"]


@dataclass(frozen=True)
class LinearDecoding:
    """The past of a sequence as two sums.

    Parameters
    ----------
    coupling
        Name of a feature map.
    p
        Readout exponent, a whole number.
    tokens
        How many tokens are past.
    sums : (..., m, d) and (..., C(d + p, p), d_v + 1) arrays
        See `lohe.attention.kernels.linear_blocks`; none before the first token.
    """

    coupling: str
    p: float
    tokens: int = 0
    sums: Arrays = ()


@dataclass(frozen=True)
class CachedDecoding:
    """The past of a sequence as all that was met.

    Parameters
    ----------
    coupling
        Name of any coupling.
    p
        Readout exponent.
    tokens
        How many tokens are past.
    cache
        Keys (..., T, d_h), values (..., T, d_v) and anchors (..., T, d); none before the first.
    """

    coupling: str
    p: float
    tokens: int = 0
    cache: Arrays = ()


Decoding = LinearDecoding | CachedDecoding
"""The state between two tokens; steps make new ones and leave the old as they are."""


def start_decoding(
    coupling: str = "softplus", p: float = 1, *, cached: bool | None = None
) -> Decoding:
    """Return the state before the first token.

    Parameters
    ----------
    coupling
        As in `lohe.fixed_query_attention`.
    p
        Readout exponent.
    cached
        Whether to keep keys, values and anchors. By default only where the coupling is no feature
        map; True also serves feature maps with free anchors or an exponent too large to be linear.

    Raises
    ------
    InputError
        If there is no such coupling, p is no positive number, or ``cached=False`` is asked of a
        coupling that is no feature map.

    Examples
    --------
    >>> start_decoding("elu_features")
    LinearDecoding(coupling='elu_features', p=1, tokens=0, sums=())
    """
    if not (isinstance(p, Real) and math.isfinite(p) and p > 0):
        raise InputError(f"p is {p!r}; the readout exponent must be a positive, finite number")
    if coupling in FEATURE_MAPS:
        return CachedDecoding(coupling, p) if cached else LinearDecoding(coupling, p)
    find_coupling(coupling)
    if cached is False:
        raise InputError(
            f"{coupling!r} is no feature map, so its past has no fixed size; "
            f"leave cached out, or choose {', '.join(FEATURE_MAPS)}"
        )
    return CachedDecoding(coupling, p)


def decode_step(state: Decoding, q: Any, k: Any, v: Any, anchors: Any) -> tuple[Decoding, Array]:
    """Attend from the next token, or the next few.

    Parameters
    ----------
    state
        From `start_decoding` or the step before.
    q, k : (..., n, d_h) arrays
        Queries and keys of the next n tokens: 1 in writing, more in reading a prompt.
    v : (..., n, d_v) array
    anchors : (..., n, d) array
        Anchors of these positions.

    Returns
    -------
    state : LinearDecoding or CachedDecoding
        With these tokens past.
    out : (..., n, d_v) array
        The rows that causal attention over the whole sequence has here.

    Raises
    ------
    InputError
        As in `lohe.fixed_query_attention`; for what is not linear in `LinearDecoding`; for arrays
        that do not continue those of the state.

    Examples
    --------
    >>> import numpy as np
    >>> state, token = start_decoding("elu_features"), np.ones((1, 1))
    >>> state, _ = decode_step(state, token, token, [[2.0]], [[1.0, 0.0]])
    >>> state, out = decode_step(state, token, token, [[4.0]], [[1.0, 0.0]])
    >>> state.tokens, out.tolist()
    (2, [[3.0]])
    """
    xp, arrays = read_arrays(q=q, k=k, v=v, anchors=anchors)
    lengths = [array.shape[-2] for array in arrays]
    if len(set(lengths)) > 1:
        raise InputError(f"q, k, v and anchors have {lengths} tokens; give each as many")
    try:
        arrays = list(spread(xp, *arrays))
        if isinstance(state, LinearDecoding):
            return _linear_step(xp, state, arrays)
        return _cached_step(xp, state, arrays)
    except ValueError as error:
        if isinstance(error, InputError):
            raise
        raise InputError(
            f"these tokens do not continue those before, or one another: {error}"
        ) from error


def _linear_step(
    xp: Any, state: LinearDecoding, arrays: list[Array]
) -> tuple[LinearDecoding, Array]:
    q, k, v, anchors = arrays
    rule = linear_rule(xp, state.coupling, anchors, state.p)
    empty = empty_sums(xp, rule, k, v, anchors)
    sums = state.sums or empty
    if any(s.shape != e.shape for s, e in zip(sums, empty, strict=True)):
        raise InputError("these tokens have other shapes than those before; start_decoding anew")
    sums, out, _ = fold_vjp(
        xp, lambda *given: attend_vjp(xp, rule, *given), sums,
        (q, k, v, anchors), out=xp.empty_like(v),
    )  # fmt: skip
    if not xp.all(xp.isfinite(out)):
        raise InputError("the output overflows; scale q, k or v down")
    return replace(state, tokens=state.tokens + q.shape[-2], sums=sums), out


def _cached_step(
    xp: Any, state: CachedDecoding, arrays: list[Array]
) -> tuple[CachedDecoding, Array]:
    q, *rest = arrays
    past, new = state.tokens, q.shape[-2]
    cache = tuple(rest)
    if past:
        cache = tuple(xp.concat(pair, axis=-2) for pair in zip(state.cache, rest, strict=True))
        rows = [
            fixed_query_attention(
                q[..., i : i + 1, :], *(a[..., : past + i + 1, :] for a in cache),
                coupling=state.coupling, p=state.p,
            )
            for i in range(new)
        ]  # fmt: skip
        out = xp.concat(rows, axis=-2)
    else:
        out = fixed_query_attention(q, *cache, coupling=state.coupling, p=state.p, causal=True)
    return replace(state, tokens=past + new, cache=cache), out
