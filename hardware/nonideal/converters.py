"""Converters: numbers and phases rounded to as many levels as bits allow."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["quantise", "quantise_phase"]

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


def quantise_phase(phase: Floats, bits: int | None) -> Floats:
    """Round to the nearest of 2^bits even levels around the circle, one of which is 0.

    Parameters
    ----------
    phase : array
        Radians.
    bits : int or None
        None leaves the phases as they are.

    Examples
    --------
    >>> quantise_phase(np.array([0.7, 0.8, -3.1]), 2).round(3)
    array([ 0.   ,  1.571, -3.142])
    """
    if bits is None:
        return phase
    width = 2 * np.pi / 2**bits
    return np.asarray(np.rint(phase / width) * width, dtype=phase.dtype)
