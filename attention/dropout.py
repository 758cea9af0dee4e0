"""Dropout and its adjoint."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lohe.dynamics.errors import InputError

__all__ = ["dropout"]

Floats = NDArray[Any]

# An entry is dropped by a draw of 16 bits, four to a word of the generator.
_DRAWS = 1 << 16


def dropout(
    rate: float, x: Floats, rng: np.random.Generator | None
) -> tuple[Floats, Callable[[Floats], Floats]]:
    """Zero each entry with probability `rate` and scale the rest so that the mean stays.

    The rate is rounded to a multiple of 2^-16, and the scale is exact for the rounded one.

    Parameters
    ----------
    rate : float
        From 0 up to, not including, 1.
    x : (...) array
        Any shape.
    rng
        None leaves x as it is, as outside training.

    Returns
    -------
    y : (...) array
    pullback : callable
        ``pullback(dy) -> dx``, through the same entries.

    Raises
    ------
    InputError
        For another rate.

    Examples
    --------
    >>> dropout(0.5, np.ones(4), np.random.default_rng(10))[0]
    array([0., 2., 2., 2.])
    """
    if not 0 <= rate < 1:
        raise InputError(f"dropout rate is {rate}; choose one from 0 up to below 1")
    below = round(rate * _DRAWS)
    if rng is None or below == 0:
        return x, lambda dy: dy
    below = min(below, _DRAWS - 1)
    words = rng.integers(2**64 - 1, size=-(-x.size // 4), dtype=np.uint64, endpoint=True)
    draws = words.view(np.uint16)[: x.size].reshape(x.shape)
    kept = (draws >= below).astype(x.dtype)
    kept *= x.dtype.type(_DRAWS / (_DRAWS - below))
    return x * kept, lambda dy: dy * kept
