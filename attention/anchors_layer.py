"""The layer that makes a head's anchors of its parameters, or of the tokens themselves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from lohe.attention.anchors import TABLE_KINDS, table_anchors, unit_anchors
from lohe.attention.heads import merge_heads, split_heads
from lohe.attention.linear import linear
from lohe.dynamics.errors import InputError

__all__ = ["ANCHOR_KINDS", "AnchorKind", "anchors_layer", "check_two_sided"]

AnchorKind = Literal["unit", "free", "half_space", "content"]

ANCHOR_KINDS = (*TABLE_KINDS, "content")
"""`TABLE_KINDS`, one anchor per head and position, and ``content``: r_j = R x_j/|R x_j| of the
token x_j at the position, with one matrix R per head."""

Floats = NDArray[Any]


def check_two_sided(two_sided: bool, kind: str) -> None:
    """Refuse second anchors where the first have any length.

    Raises
    ------
    InputError
        If ``two_sided`` is asked of the kind ``"free"``.
    """
    if two_sided and kind == "free":
        raise InputError(
            "two_sided needs anchors of unit length: a query could give every free one, "
            'clamped at zero, no weight; choose anchor_kind "unit"'
        )


def anchors_layer(
    raw: Floats, x: Floats, kind: str, margin: float = 0.0
) -> tuple[Floats, Callable[[Floats], tuple[Floats, Floats | None]]]:
    """Make anchors of one of the `ANCHOR_KINDS`.

    Parameters
    ----------
    raw : (heads, T_max, d) array
        Parameters; with the kind ``"half_space"`` (heads, T_max, d - 1), with ``"content"``
        (heads, d, D), the matrices R.
    x : (B, T, D) array
        Tokens, T <= T_max.
    kind
        One of `ANCHOR_KINDS`.
    margin
        Of `table_anchors`.

    Returns
    -------
    anchors : (heads, T, d) array, or (B, heads, T, d) with ``"content"``
    pullback : callable
        ``pullback(d_anchors) -> (d_raw, dx)``; dx is None where anchors don't depend on tokens.

    Raises
    ------
    InputError
        For another kind, a sequence that is longer than the table, or as `table_anchors`.
    """
    if kind == "content":
        heads, _, width = raw.shape
        projected, back_linear = linear(raw.reshape(-1, width), None, x)
        anchors, back_unit = unit_anchors(split_heads(projected, heads))

        def back_content(d_anchors: Floats) -> tuple[Floats, Floats | None]:
            d_projected = merge_heads(back_unit(d_anchors))
            d_weight, _, dx = back_linear(d_projected)
            return d_weight.reshape(raw.shape), dx

        return anchors, back_content
    if kind not in TABLE_KINDS:
        raise InputError(f"anchor kind is {kind!r}; choose {' or '.join(ANCHOR_KINDS)}")
    tokens = x.shape[-2]
    if tokens > raw.shape[-2]:
        raise InputError(
            f"a sequence of {tokens} tokens is longer than the {raw.shape[-2]} anchors"
        )
    anchors, back_table = table_anchors(raw[:, :tokens], kind, margin)

    def pullback(d_anchors: Floats) -> tuple[Floats, Floats | None]:
        d_raw = np.zeros_like(raw)
        d_raw[:, :tokens] = back_table(d_anchors)
        return d_raw, None

    return anchors, pullback
