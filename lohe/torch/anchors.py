"""Anchors of tensors: tables on the sphere, or made of the tokens."""

from __future__ import annotations

from functools import partial

from torch import Tensor

from lohe.attention.anchors import table_anchors, unit_anchors
from lohe.dynamics.errors import InputError
from lohe.torch.adjoint import with_adjoint

__all__ = ["make_anchors"]


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
        (anchors,) = with_adjoint(unit_anchors, x[..., None, :, :] @ raw.mT)
        return anchors
    tokens, longest = x.shape[-2], raw.shape[-2]
    if tokens > longest:
        raise InputError(f"a sequence of {tokens} tokens is longer than the {longest} anchors")
    make = partial(table_anchors, kind=kind, margin=margin)
    (anchors,) = with_adjoint(make, raw[:, :tokens])
    return anchors
