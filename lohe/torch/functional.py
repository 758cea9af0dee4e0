"""Oscillator attention as a function of tensors."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from torch import Tensor

from lohe.attention.coherent import coherent_attention_vjp
from lohe.attention.fixed_query import fixed_query_attention_vjp
from lohe.torch.adjoint import as_array, with_adjoint

__all__ = ["coherent_attention", "fixed_query_attention"]


def fixed_query_attention(
    q: Tensor,
    k: Tensor,
    v: Tensor,
    anchors: Tensor,
    *,
    p: float | Tensor = 1,
    readout_anchors: Tensor | None = None,
    key_mask: Tensor | None = None,
    need_weights: bool = False,
    **options: Any,
) -> Any:
    """Attend by oscillators, `lohe.fixed_query_attention`, with PyTorch's autograd.

    Parameters
    ----------
    q, k, v, anchors : tensors
        (..., T_q, d_h), (..., T, d_h), (..., T, d_v) and (..., T, d), on one device. Leading axes
        broadcast. Half precision is computed in float32.
    p : float or (..., 1, 1) tensor
        Readout exponent; a tensor has a gradient.
    readout_anchors : (..., T, d) tensor, optional
        What the states are read out by instead of the anchors that drive them.
    key_mask : (..., T) bool tensor, optional
        True where a key is visible.
    need_weights : bool
        Also return the attention weights. They carry no gradient.
    **options
        ``coupling``, ``causal``, ``mask_readout`` and ``tile`` of `lohe.fixed_query_attention`.

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
    >>> import torch
    >>> token = torch.ones((2, 1), requires_grad=True)
    >>> anchors = torch.tensor([[1.0, 0.0], [-1.0, 0.0]])
    >>> fixed_query_attention(token, token, token.cumsum(0), anchors, causal=True)[1, 0].item()
    1.5
    """
    found = _attend(
        fixed_query_attention_vjp,
        {"q": q, "k": k, "v": v, "anchors": anchors, "readout_anchors": readout_anchors, "p": p},
        {"key_mask": key_mask, "need_weights": need_weights, **options},
    )
    return found if need_weights else found[0]


def coherent_attention(
    q: Tensor,
    k: Tensor,
    v: Tensor,
    anchors: Tensor,
    opposed: Tensor | None = None,
    *,
    p: float | Tensor = 1,
    key_mask: Tensor | None = None,
    **options: Any,
) -> tuple[Tensor, Tensor]:
    """Attend with anchors on one side or two, and tell the coherence of every drive.

    Parameters
    ----------
    q, k, v, anchors, p, key_mask, **options
        As in `fixed_query_attention`.
    opposed : (..., T, d) tensor, optional
        Second anchors; see `lohe.attention.coherent.coherent_attention_vjp`.

    Returns
    -------
    out : (..., T_q, d_v) tensor
    coherence : (..., T_q) tensor
        Both with gradients.

    Raises
    ------
    InputError
        As `fixed_query_attention`.
    """
    out, coherence = _attend(
        coherent_attention_vjp,
        {"q": q, "k": k, "v": v, "anchors": anchors, "opposed": opposed, "p": p},
        {"key_mask": key_mask, **options},
        smooth=2,
    )
    return out, coherence


def _attend(
    vjp: Callable[..., tuple[Any, ...]],
    arguments: Mapping[str, Any],
    options: Mapping[str, Any],
    *,
    smooth: int = 1,
) -> tuple[Tensor, ...]:
    """Call with the arguments that are tensors through autograd, with the others as they are."""
    tensors = {name: value for name, value in arguments.items() if isinstance(value, Tensor)}
    fixed = {name: value for name, value in arguments.items() if name not in tensors}

    def attend(*arrays: Any) -> tuple[Any, ...]:
        masks = {
            name: as_array(value) for name, value in options.items() if isinstance(value, Tensor)
        }
        return vjp(**dict(zip(tensors, arrays, strict=True)), **{**fixed, **options, **masks})

    found = with_adjoint(attend, *tensors.values(), smooth=smooth)
    return tuple(value.to(tensors["q"].dtype) for value in found)
