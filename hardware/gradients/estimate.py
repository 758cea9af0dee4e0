"""An estimated gradient, and what it cost."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lohe.dynamics.errors import InputError

__all__ = ["Estimate", "Measured", "Settle", "by_couplings", "require_positive_size"]

Floats = NDArray[Any]

Settle = Callable[[Floats], Floats]
"""From a further drive, broadcast to (..., n, d), to the states (..., n, d) that are then read."""

Measured = Callable[[Floats], Floats]
"""From a further drive to the loss of each array, (...)."""


@dataclass(frozen=True, eq=False)
class Estimate:
    """The gradient of a loss by the drives of arrays.

    Parameters
    ----------
    gradient : (..., n, d) array
    settlings : int
        How often each array had to settle.
    """

    gradient: Floats
    settlings: int


def by_couplings(gradient: Floats, anchors: Floats) -> Floats:
    """Return the gradient by couplings, (..., n, T), as drives are couplings times anchors.

    Parameters
    ----------
    gradient : (..., n, d) array
        By drives.
    anchors : (..., T, d) array

    Examples
    --------
    >>> by_couplings(np.array([[1.0, 2.0]]), np.eye(2))
    array([[1., 2.]])
    """
    return np.asarray(gradient @ anchors.swapaxes(-1, -2))


def require_positive_size(name: str, size: Floats | float) -> None:
    """Check the size of a perturbation.

    Raises
    ------
    InputError
        If it is not positive.
    """
    if not np.all(np.asarray(size) > 0):
        raise InputError(f"{name} is {np.min(size)}; it must be positive")
