"""An estimated gradient, and what it cost."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Estimate", "Loss"]

Floats = NDArray[np.float64]

Loss = Callable[[Floats], tuple[float, Floats]]
"""From states (n, d) to the loss and its gradient by them, (n, d)."""


@dataclass(frozen=True, eq=False)
class Estimate:
    """The gradient of a loss by couplings.

    Parameters
    ----------
    gradient : (n, T) array
    settlings : int
        How often the array had to settle.
    """

    gradient: Floats
    settlings: int
