"""Dropout and its adjoint."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lohe.dynamics.errors import InputError

__all__ = ["dropout"]

Floats = NDArray[Any]


def dropout(
    rate: float, x: Floats, rng: np.random.Generator | None
) -> tuple[Floats, Callable[[Floats], Floats]]:
    """Zero each entry with probability `rate` and scale the rest by 1/(1 - rate).

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
    >>> dropout(0.5, np.ones(4), np.random.default_rng(1))[0]
    array([0., 2., 2., 2.])
    """
    if not 0 <= rate < 1:
        raise InputError(f"dropout rate is {rate}; choose one from 0 up to below 1")
    if rng is None or rate == 0:
        return x, lambda dy: dy
    kept = (rng.random(x.shape, dtype=np.float32) >= rate) * x.dtype.type(1 / (1 - rate))
    return x * kept, lambda dy: dy * kept
