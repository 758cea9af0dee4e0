"""The Gaussian error linear unit and its adjoint."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import erf

__all__ = ["gelu"]

Floats = NDArray[Any]


def gelu(x: Floats) -> tuple[Floats, Callable[[Floats], Floats]]:
    r"""Apply :math:`x\,\Phi(x)` with the exact normal distribution function (Hendrycks 2016).

    Parameters
    ----------
    x : (...) array
        Any shape.

    Returns
    -------
    y : (...) array
    pullback : callable
        ``pullback(dy) -> dx``.

    Examples
    --------
    >>> float(gelu(np.array(1.0))[0].round(6))
    0.841345
    """
    below = (erf(x * math.sqrt(0.5)) + 1) * 0.5

    def pullback(dy: Floats) -> Floats:
        density = np.exp(x * x * -0.5) * (1 / math.sqrt(2 * math.pi))
        return np.asarray(dy * (below + x * density))

    return x * below, pullback
