"""Heads whose tokens are oscillators: their anchors, their exponents, and the adjoint of it all."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lohe.attention.anchors_layer import anchors_layer
from lohe.attention.attended import Attended
from lohe.attention.coherent import coherent_attention_vjp
from lohe.attention.fixed_query import fixed_query_attention_vjp
from lohe.dynamics.errors import InputError

__all__ = ["Attend", "Oscillation", "oscillator_heads"]

Floats = NDArray[Any]

Attend = Callable[..., tuple[Floats, Callable[..., Any]]]
"""``attend(q, k, v, anchors, **options) -> (out, pullback)``, as `fixed_query_attention_vjp`."""


@dataclass(frozen=True, eq=False)
class Oscillation:
    """What the oscillators of one layer give.

    Parameters
    ----------
    out : (B, heads, T, D/heads) array
        The attended values.
    coherence : (B, heads, T) array, optional
        See `coherent_attention_vjp`; None where it was not computed.
    attended
        What the heads saw.
    pullback : callable
        ``pullback(d_out, d_coherence) -> (dq, dk, dv, gradients by name, dx)``; dx is None where
        anchors don't depend on tokens.
    """

    out: Floats
    coherence: Floats | None
    attended: Attended
    pullback: Callable[..., tuple[Floats, Floats, Floats, dict[str, Floats], Floats | None]]


def oscillator_heads(
    weights: Mapping[str, Floats],
    x: Floats,
    q: Floats,
    k: Floats,
    v: Floats,
    *,
    anchor_kind: str = "unit",
    anchor_margin: float = 0.0,
    p: float = 1,
    with_coherence: bool = False,
    attend: Attend | None = None,
    **options: Any,
) -> Oscillation:
    """Attend by fixed-query oscillators, with one anchor per key or two.

    Parameters
    ----------
    weights : mapping of str to array
        ``anchors``, and optionally ``opposed`` and ``log_exponent``; see `multi_head`.
    x : (B, T, D) array
        Tokens.
    q, k, v : (B, heads, T, ·) array
        Queries, keys and values.
    anchor_kind, anchor_margin
        See `anchors_layer`.
    p, **options
        As in `fixed_query_attention`; `p` is not used by heads that learn their exponent.
    with_coherence : bool
        Compute the coherence even where nothing else needs it.
    attend
        Takes the place of `fixed_query_attention_vjp`, such as a device's behavioural model; of
        heads with one anchor per key and no coherence.

    Raises
    ------
    InputError
        If another layer is to attend where it cannot, and as `anchors_layer` and
        `fixed_query_attention` do.
    """
    names = [name for name in ("anchors", "opposed") if name in weights]
    made = [anchors_layer(weights[name], x, anchor_kind, anchor_margin) for name in names]
    tables = [table for table, _ in made]
    learned = "log_exponent" in weights
    exponent = np.exp(weights["log_exponent"])[:, None, None] if learned else p
    coherence = None
    back: Any
    if attend is not None:
        if with_coherence or len(tables) > 1:
            raise InputError("a device attends with one anchor per key, and knows no coherence")
        out, back = attend(q, k, v, tables[0], p=exponent, **options)
    elif with_coherence or len(tables) > 1:
        out, coherence, back = coherent_attention_vjp(q, k, v, *tables, p=exponent, **options)
    else:
        out, back = fixed_query_attention_vjp(q, k, v, tables[0], p=exponent, **options)

    def pullback(d_out: Floats, d_coherence: Floats | None = None) -> Any:
        if coherence is None:
            found = back(d_out)
        elif d_coherence is None:
            found = back(d_out, np.zeros_like(coherence))
        else:
            found = back(d_out, d_coherence)
        dq, dk, dv, *others = found
        gradients: dict[str, Floats] = {}
        dx: Any = None
        for name, (_, back_anchors), d_table in zip(names, made, others, strict=False):
            gradients[name], dx_of_table = back_anchors(d_table)
            dx = dx_of_table if dx is None else dx + dx_of_table
        if learned:
            gradients["log_exponent"] = np.ravel(others[-1] * exponent)  # d e^r = e^r dr
        return dq, dk, dv, gradients, dx

    attended = Attended(x, q, k, tables[0], tables[1] if len(tables) > 1 else None, exponent)
    return Oscillation(out, coherence, attended, pullback)
