"""Normalisation by the root mean square, and its adjoint."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["rms_norm"]

Floats = NDArray[Any]

# Keeps a zero token finite.
_EPSILON = 1e-5


def rms_norm(gain: Floats, x: Floats) -> tuple[Floats, Callable[[Floats], tuple[Floats, Floats]]]:
    """Divide the last axis by its root mean square, then scale it (Zhang & Sennrich 2019).

    Parameters
    ----------
    gain : (D,) array
    x : (..., D) array
        Tokens.

    Returns
    -------
    y : (..., D) array
    pullback : callable
        ``pullback(dy) -> (dgain, dx)``.

    Examples
    --------
    >>> rms_norm(np.ones(2), np.array([1.0, 7.0]))[0].round(4)
    array([0.2, 1.4])
    """
    width = x.shape[-1]
    rows = x.reshape(-1, width)
    scale = 1 / np.sqrt(np.vecdot(rows, rows)[:, None] / width + _EPSILON)
    standard = rows * scale
    y = standard * gain

    def pullback(dy: Floats) -> tuple[Floats, Floats]:
        dy = dy.reshape(-1, width)
        product = dy * standard
        # Sums as products with a constant: several times faster than reductions.
        along = product @ (gain / width)
        dgain = np.ones(len(dy), dtype=dy.dtype) @ product
        dx = dy * gain
        dx -= np.multiply(standard, along[:, None], out=product)
        dx *= scale
        return dgain, dx.reshape(x.shape)

    return y.reshape(x.shape), pullback
