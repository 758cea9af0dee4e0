"""Oscillators as points (..., n, d): n unit vectors of d coordinates, two of which are a plane."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lohe.attention.rotary.rotation import as_complex, turn

__all__ = [
    "angle_gradient",
    "dot",
    "heads_first",
    "sum_tokens",
    "tokens_first",
    "turn_planes",
    "unit_phasors",
    "weigh",
]

Floats = NDArray[Any]
Complexes = NDArray[Any]

# In the plane a point is a complex number, and NumPy's complex loops are several times faster than
# loops over an axis of two.
_PLANE = 2

# Up to so many coordinates are gone through one by one, which is faster than a loop a point.
_FEW = 4


def weigh(x: Floats, weight: Floats) -> Floats:
    """Scale every oscillator, (..., n, d) by (..., n)."""
    if x.shape[-1] == _PLANE:
        scaled: Floats = (as_complex(x) * weight[..., None]).view(x.dtype)
        return scaled
    repeated = np.repeat(weight, x.shape[-1], axis=-1)  # a loop over all, not one for each weight
    return np.asarray(x * repeated.reshape(*weight.shape, -1))


def dot(x: Floats, y: Floats) -> Floats:
    """Return the inner product of every oscillator with another, (..., n).

    Examples
    --------
    >>> dot(np.array([[1.0, 2.0]]), np.array([[3.0, 4.0]])).tolist()
    [11.0]
    """
    if x.shape[-1] == _PLANE:
        product = as_complex(x).conj()
        product *= as_complex(y)
        return product.real[..., 0]
    if x.shape[-1] > _FEW:
        return np.asarray(np.einsum("...d,...d->...", x, y))
    product = x[..., 0] * y[..., 0]
    for axis in range(1, x.shape[-1]):
        product += x[..., axis] * y[..., axis]
    return np.asarray(product)


def turn_planes(x: Floats, phasor: Complexes) -> tuple[Floats, Callable[[Floats], Floats]]:
    """Rotate the coordinates of every oscillator pair by pair; an odd one out stays.

    Parameters
    ----------
    x : (..., n, d) array
        The last axis lies in one piece.
    phasor : (..., n, p) complex array
        Of modulus 1, p = d // 2.

    Returns
    -------
    y : (..., n, d) array
    pullback : callable
        ``pullback(dy) -> dx``.
    """
    paired = 2 * phasor.shape[-1]
    if paired == x.shape[-1]:
        return turn(x, phasor)

    def rotate(y: Floats, by: Complexes) -> Floats:
        return np.concatenate([turn(y[..., :paired], by)[0], y[..., paired:]], axis=-1)

    return rotate(x, phasor), lambda dy: rotate(dy, phasor.conj())


def angle_gradient(y: Floats, dy: Floats) -> Floats:
    """Return the gradient by the angles psi of y = x e^(-i psi), (..., n, p)."""
    paired = y.shape[-1] // 2 * 2
    product = as_complex(y[..., :paired]) * as_complex(dy[..., :paired]).conj()
    return np.asarray(product.imag)


def sum_tokens(x: Floats, weights: Floats | None = None) -> Floats:
    """Sum (B, T, ...) over sequences and positions, the latter with weights (T,) if given."""
    batch, tokens, *rest = x.shape
    if weights is None:
        weights = np.ones(tokens)
    # A sum as a product with a constant: several times faster.
    weights = np.tile(weights.astype(x.dtype), batch)
    return np.asarray(weights @ x.reshape(batch * tokens, -1)).reshape(rest)


def unit_phasors(angle: Floats) -> Complexes:
    """Return e^(-i angle), in the precision of the angles."""
    return np.asarray(np.exp(-1j * angle)).astype(np.result_type(angle.dtype, np.complex64))


def heads_first(x: Floats) -> Floats:
    """View or lay (B, T, H, n, d) out as (B, H, T, n d)."""
    return x.reshape(*x.shape[:3], -1).transpose(0, 2, 1, 3)


def tokens_first(y: Floats, like: Floats) -> Floats:
    """View (B, H, T, n d) as (B, T, H, n, d)."""
    return y.transpose(0, 2, 1, 3).reshape(like.shape)
