"""The size of a crosstalk matrix as an operator, estimated in a few products with it."""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["crosstalk_norm"]

_PRODUCTS = 20


def crosstalk_norm(crosstalk: Any) -> float:
    """Estimate the least of the spectral norm and the largest row and column sums.

    The spectral norm comes from power iteration, which is below it by a few per cent where several
    singular values are nearly the largest: an estimate for choosing steps, not a bound.

    Parameters
    ----------
    crosstalk : (n, n) array or scipy.sparse array
        Finite.

    Examples
    --------
    >>> round(crosstalk_norm(np.array([[0.0, 3.0], [2.0, 0.0]])), 3)
    3.0
    """
    sizes = abs(crosstalk)
    bound = min(float(np.max(np.asarray(sizes.sum(axis=axis)))) for axis in (0, 1))
    if bound == 0:
        return 0.0
    vector = np.random.default_rng(0).standard_normal(len(sizes.sum(axis=0)))
    square = 0.0
    for _ in range(_PRODUCTS):
        vector /= np.linalg.norm(vector)
        # Divided by the bound on the way, so that nothing overflows.
        vector = crosstalk.T @ ((crosstalk @ vector) / bound) / bound
        square = float(np.linalg.norm(vector))
        if square == 0:
            return 0.0
    return bound * min(1.0, float(np.sqrt(square)))
