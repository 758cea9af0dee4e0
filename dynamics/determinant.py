"""Two-by-two determinants without cancellation, by error-free products."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["determinant"]

Floats = NDArray[np.float64]

_SPLITTER = 134217729.0  # 2^27 + 1: halves the 53-bit significand (Veltkamp, Dekker 1971)


def determinant(a: Floats, b: Floats, c: Floats, d: Floats) -> Floats:
    """Compute a d - b c to a few units of relative rounding, however close the products are.

    Parameters
    ----------
    a, b, c, d
        Arrays that broadcast, of magnitude below 1e150.

    References
    ----------
    T. J. Dekker, A floating-point technique for extending the available precision,
    Numer. Math. 18 (1971) 224-242.

    Examples
    --------
    >>> float(determinant(1 + 2**-30, 1.0, 1.0, 1 - 2**-30)) == -(2.0**-60)
    True
    """
    first, first_error = _product(a, d)
    second, second_error = _product(b, c)
    # Either the products are within a factor of two and their difference is exact (Sterbenz), or
    # the difference is of their own order.
    return np.asarray((first - second) + (first_error - second_error))


def _product(a: Floats, b: Floats) -> tuple[Floats, Floats]:
    """Return a b rounded, and its exact error."""
    product = np.multiply(a, b)
    a_high, a_low = _split(a)
    b_high, b_low = _split(b)
    error = ((a_high * b_high - product) + a_high * b_low + a_low * b_high) + a_low * b_low
    return product, error


def _split(a: Floats) -> tuple[Floats, Floats]:
    scaled = np.multiply(_SPLITTER, a)
    high = scaled - (scaled - a)
    return high, a - high
