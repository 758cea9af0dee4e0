"""Heads whose tokens are oscillators, of any of the kinds that a model of lohe's may have."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import Tensor

from lohe.dynamics.errors import InputError
from lohe.torch.anchors import make_anchors
from lohe.torch.functional import coherent_attention, fixed_query_attention

__all__ = ["oscillator_heads"]


def oscillator_heads(
    weights: Mapping[str, Tensor],
    x: Tensor,
    q: Tensor,
    k: Tensor,
    v: Tensor,
    *,
    anchor_kind: str = "unit",
    anchor_margin: float = 0.0,
    p: float = 1,
    with_coherence: bool = False,
    **options: Any,
) -> tuple[Tensor, ...]:
    """Attend as `lohe.attention.oscillator_heads` does: one anchor per key or two.

    Parameters
    ----------
    weights : mapping of str to tensor
        ``anchors``, and optionally ``opposed`` and ``log_exponent``.
    x : (..., T, D) tensor
        Tokens.
    q, k, v : (..., heads, T, ·) tensor
        Queries, keys and values.
    anchor_kind, anchor_margin
        See `make_anchors`.
    p : float
        Readout exponent of heads that have none of their own.
    with_coherence : bool
        Also return the coherence of the drives.
    **options
        Of `fixed_query_attention`.

    Returns
    -------
    out : (..., heads, T, ·) tensor
    coherence : (..., heads, T) tensor
        Only with ``with_coherence``; see `lohe.attention.coherent.coherent_attention_vjp`.
    weights : (..., heads, T, T) tensor
        Only with ``need_weights``.

    Raises
    ------
    InputError
        As `make_anchors` and `fixed_query_attention`; for ``need_weights`` with opposed anchors.
    """
    named = {
        name: make_anchors(weights[name], x, anchor_kind, anchor_margin)
        for name in ("anchors", "opposed")
        if name in weights
    }
    exponent: Any = p
    if "log_exponent" in weights:
        exponent = weights["log_exponent"].exp()[:, None, None]
    if not with_coherence and "opposed" not in named:
        found = fixed_query_attention(q, k, v, **named, p=exponent, **options)
        return found if isinstance(found, tuple) else (found,)
    if options.pop("need_weights", False):
        raise InputError("two-sided heads do not give their weights; leave need_weights out")
    found = coherent_attention(q, k, v, **named, p=exponent, **options)
    return found if with_coherence else found[:1]
