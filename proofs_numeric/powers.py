r"""Real powers of non-negative numbers, enclosed with correctly rounded operations alone.

An exponent that is a float is dyadic, :math:`p = n + \sum_k 2^{-k}` over its fractional bits, so
:math:`x^p` is :math:`x^n` by repeated squaring times some of the iterated square roots of x. IEEE
754 rounds products and roots correctly; nothing is asked of a library's power function.
"""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from lohe.proofs_numeric.balls import Balls
from lohe.proofs_numeric.enclosure import float_up, gamma

__all__ = ["LARGEST_EXPONENT", "power"]

Floats = NDArray[np.float64]

LARGEST_EXPONENT = 2.0**20
# Of the roots and products that make the fractional part: each of at most 52 bits costs two units
# of rounding for its root and one for its product, with room to spare.
_FRACTION_ROUNDINGS = 200
# Once a power is subnormal it stays below this: its exact value has no more to add.
_UNDERFLOW = 2.0**-1000


def power(base: Balls, exponent: float) -> Balls:
    r"""Enclose :math:`\max(0, x)^p`, with :math:`0^0` anything from 0 to 1.

    Parameters
    ----------
    base
        Numbers x of any sign.
    exponent
        p, from 0 to `LARGEST_EXPONENT`.

    Returns
    -------
    Balls
        Of infinite radius where a power overflows.

    Raises
    ------
    ValueError
        If the exponent is outside its range.

    Examples
    --------
    >>> root = power(Balls.exact(2.0), 0.5)
    >>> bool(root.lower < 2**0.5 < root.upper), bool(root.radius < 1e-12)
    (True, True)
    """
    if not 0 <= exponent <= LARGEST_EXPONENT:
        raise ValueError(f"an exponent of {exponent} is outside 0 … {LARGEST_EXPONENT:g}")
    whole = math.floor(exponent)
    slack = float_up(2 * gamma(whole + _FRACTION_ROUNDINGS))
    low, high = np.maximum(base.lower, 0.0), np.maximum(base.upper, 0.0)
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        below = np.maximum(_rounded(low, whole, exponent) * (1 - slack) - _UNDERFLOW, 0.0)
        above = _rounded(high, whole, exponent) * (1 + slack) + _UNDERFLOW
        if exponent == 0:
            below, above = np.where(low > 0, 1.0, 0.0), np.where(high > 0, 1.0, 0.0)
        known = np.isfinite(above)
        return Balls.between(np.where(known, below, 0.0), np.where(known, above, np.inf))


def _rounded(x: Floats, whole: int, exponent: float) -> Floats:
    """Return x^p up to at most floor(p) + 200 roundings, and underflow."""
    found, square = np.ones_like(x), x
    while whole:
        if whole & 1:
            found = found * square
        whole >>= 1
        if whole:
            square = square * square
    fraction, root = Fraction(exponent) % 1, x
    while fraction:
        root, fraction = np.sqrt(root), 2 * fraction
        if fraction >= 1:
            found, fraction = found * root, fraction - 1
    return found
