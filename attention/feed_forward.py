"""The feed-forward layer and its adjoint."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numpy.typing import NDArray

from lohe.attention.gelu import gelu
from lohe.attention.linear import linear

__all__ = ["feed_forward"]

Floats = NDArray[Any]


def feed_forward(
    weight_in: Floats, bias_in: Floats, weight_out: Floats, bias_out: Floats, x: Floats
) -> tuple[Floats, Callable[[Floats], tuple[Floats, ...]]]:
    """Apply linear, GELU, linear along the last axis.

    Parameters
    ----------
    weight_in : (F, D) array
        Into the hidden layer of width F, with bias_in (F,).
    weight_out : (D, F) array
        Out of it, with bias_out (D,).
    x : (..., D) array
        Tokens.

    Returns
    -------
    y : (..., D) array
    pullback : callable
        ``pullback(dy) -> (dweight_in, dbias_in, dweight_out, dbias_out, dx)``.
    """
    raised, back_in = linear(weight_in, bias_in, x)
    bent, back_bend = gelu(raised)
    y, back_out = linear(weight_out, bias_out, bent)

    def pullback(dy: Floats) -> tuple[Floats, ...]:
        dweight_out, dbias_out, dbent = back_out(dy)
        dweight_in, dbias_in, dx = back_in(back_bend(dbent))
        assert dbias_in is not None
        assert dbias_out is not None
        return dweight_in, dbias_in, dweight_out, dbias_out, dx

    return y, pullback
