"""Oscillator attention and its anchors as functions of tensors."""

from __future__ import annotations

from functools import partial
from typing import Any

import torch
from torch import Tensor

from lohe.attention.anchors import table_anchors, unit_anchors
from lohe.attention.fixed_query import fixed_query_attention_vjp
from lohe.dynamics.errors import InputError
from lohe.torch.adjoint import as_array, with_adjoint

__all__ = ["fixed_query_attention", "make_anchors"]

_HALF = {torch.float16, torch.bfloat16}


def fixed_query_attention(
    q: Tensor,
    k: Tensor,
    v: Tensor,
    anchors: Tensor,
    *,
    key_mask: Tensor | None = None,
    need_weights: bool = False,
    **options: Any,
) -> Any:
    """Attend by oscillators, `lohe.fixed_query_attention`, with PyTorch's autograd.

    Parameters
    ----------
    q, k, v, anchors : tensors
        (..., T_q, d_h), (..., T, d_h), (..., T, d_v) and (..., T, d), on one device. Leading axes
        broadcast. Half precision is computed in float32, as a drive sums many couplings.
    key_mask : (..., T) bool tensor, optional
        True where a key is visible.
    need_weights : bool
        Also return the attention weights. They carry no gradient.
    **options
        ``coupling``, ``p``, ``causal`` and ``mask_readout`` of `lohe.fixed_query_attention`.

    Returns
    -------
    out : (..., T_q, d_v) tensor
    weights : (..., T_q, T) tensor
        Only with ``need_weights``.

    Raises
    ------
    InputError
        As `lohe.fixed_query_attention`; and from a backward pass with ``create_graph=True``.

    Examples
    --------
    >>> token = torch.ones((2, 1), requires_grad=True)
    >>> anchors = torch.tensor([[1.0, 0.0], [-1.0, 0.0]])
    >>> fixed_query_attention(token, token, token.cumsum(0), anchors, causal=True)[1, 0].item()
    1.5
    """
    attend = partial(
        fixed_query_attention_vjp,
        key_mask=None if key_mask is None else as_array(key_mask),
        need_weights=need_weights,
        **options,
    )
    found = with_adjoint(attend, *(_precise(tensor) for tensor in (q, k, v, anchors)))
    found = tuple(tensor.to(q.dtype) for tensor in found)
    return found if need_weights else found[0]


def make_anchors(raw: Tensor, x: Tensor, kind: str, margin: float) -> Tensor:
    """Make the anchors of a layer of its parameters, as `lohe.attention.anchors_layer` does.

    Parameters
    ----------
    raw : (heads, T_max, d) tensor
        Parameters; with the kind ``"half_space"`` (heads, T_max, d - 1), with ``"content"``
        (heads, d, D).
    x : (..., T, D) tensor
        Tokens, T <= T_max.
    kind : {"unit", "free", "half_space", "content"}
        See `lohe.attention.anchors_layer.ANCHOR_KINDS`.
    margin : float
        Of ``"half_space"``.

    Returns
    -------
    (heads, T, d) tensor, or (..., heads, T, d) with ``"content"``

    Raises
    ------
    InputError
        If the sequence is longer than the table, or an anchor has no direction.
    """
    if kind == "content":
        (anchors,) = with_adjoint(unit_anchors, _precise(x[..., None, :, :] @ raw.mT))
        return anchors
    tokens, longest = x.shape[-2], raw.shape[-2]
    if tokens > longest:
        raise InputError(f"a sequence of {tokens} tokens is longer than the {longest} anchors")
    make = partial(table_anchors, kind=kind, margin=margin)
    (anchors,) = with_adjoint(make, _precise(raw[:, :tokens]))
    return anchors


def _precise(tensor: Tensor) -> Tensor:
    return tensor.float() if tensor.dtype in _HALF else tensor
