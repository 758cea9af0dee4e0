"""The feed-forward layer of oscillators: a token turns its own by what all of them show."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numpy.typing import NDArray

from lohe.attention.kuramoto.attention import Manifold
from lohe.attention.rotary.swiglu import swiglu

__all__ = ["phase_feed_forward"]

Floats = NDArray[Any]


def phase_feed_forward(
    manifold: Manifold, weight_in: Floats, weight_out: Floats, x: Floats
) -> tuple[Floats, Callable[[Floats], tuple[Floats, Floats, Floats]]]:
    """Apply SwiGLU to the points of each token.

    Parameters
    ----------
    manifold
        Where the oscillators live.
    weight_in : (2 F, H n d) array
        See `swiglu`.
    weight_out : (H n f, F) array
        f = 1 angle on the torus, and d coordinates on a sphere.
    x : (B, T, H, n, d) array
        Points; on the torus [cos theta, sin theta].

    Returns
    -------
    change : (B, T, H, n) or (B, T, H, n, d) array
        Of the states, as `Torus.moved` and `Sphere.moved` take it.
    pullback : callable
        ``pullback(dchange) -> (dweight_in, dweight_out, dx)``.
    """
    batch, tokens, *oscillators, dimension = x.shape
    flat, back = swiglu(weight_in, weight_out, x.reshape(batch, tokens, -1))
    coordinates = () if manifold.freedoms == 1 else (dimension,)

    def pullback(dchange: Floats) -> tuple[Floats, Floats, Floats]:
        dweight_in, dweight_out, dx = back(dchange.reshape(flat.shape))
        return dweight_in, dweight_out, dx.reshape(x.shape)

    return flat.reshape(batch, tokens, *oscillators, *coordinates), pullback
