"""Converters: numbers rounded to as many levels as bits allow."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["quantise"]

Floats = NDArray[Any]


def quantise(x: Floats, bits: int | None, low: Floats | float, high: Floats | float) -> Floats:
    """Round to the nearest of 2^bits even levels between two ends, which are levels.

    Parameters
    ----------
    x : array
        What is beyond the ends becomes them.
    bits : int or None
        None leaves the numbers as they are.
    low, high : float or array
        The ends.

    Examples
    --------
    >>> quantise(np.array([-0.1, 0.2, 0.4, 0.9]), 2, 0.0, 0.9).round(6)
    array([0. , 0.3, 0.3, 0.9])
    """
    if bits is None:
        return x
    steps = 2**bits - 1
    width = np.maximum((np.asarray(high) - low) / steps, np.finfo(x.dtype).tiny)
    level = np.rint((np.clip(x, low, high) - low) / width)
    return np.asarray(low + level * width, dtype=x.dtype)
