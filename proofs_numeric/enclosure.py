r"""Rigorous bounds from ordinary floating point: a-priori errors, never a changed rounding mode.

A computed sum of n products differs from the exact one by at most
:math:`\gamma_n \sum |x_k||y_k|` with :math:`\gamma_n = n u / (1 - n u)`, :math:`u = 2^{-53}`, in
whatever order it is summed, with or without fused multiply-add, on any number of threads [1]_.
What underflow adds is absolute; `PRODUCT_UNDERFLOW` bounds it even for a processor that flushes
subnormal numbers to zero. One step of ``nextafter`` is taken only around a single correctly
rounded operation.

References
----------
.. [1] N. J. Higham, *Accuracy and Stability of Numerical Algorithms*, 2nd ed., SIAM 2002, ch. 3.
"""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "down",
    "float_down",
    "float_up",
    "gamma",
    "norm_bounds",
    "product",
    "rescale_down",
    "rescale_up",
    "sqrt_down",
    "sqrt_up",
    "sum_up",
    "up",
]

Floats = NDArray[np.float64]

_LARGEST = float(np.finfo(np.float64).max)
_SMALLEST_NORMAL = float(np.finfo(np.float64).tiny)

# Factors are at most 2^SAFE in size, so a factor or product below 2^-1022 that is flushed to zero
# costs at most 2^(200 - 1022) a term.
SAFE_EXPONENT = 200
PRODUCT_UNDERFLOW = 2.0**-800
# Squares of numbers at most 2^410 that underflow, with room for flushing to zero.
_SQUARE_UNDERFLOW = 2.0**-1000

# Guard bits of square roots: the result is exact to 2^-ROOT_BITS of itself before it is rounded.
_ROOT_BITS = 128


def up(x: Floats) -> Floats:
    """Return the next larger float: an upper bound of one correctly rounded operation."""
    return np.nextafter(x, np.inf)


def down(x: Floats) -> Floats:
    """Return the next smaller float: a lower bound of one correctly rounded operation."""
    return np.nextafter(x, -np.inf)


def float_down(x: Fraction) -> float:
    """Return the largest float that is at most `x`.

    Examples
    --------
    >>> float_down(Fraction(1, 3)) < Fraction(1, 3) < float_up(Fraction(1, 3))
    True
    """
    try:
        nearest = float(x)
    except OverflowError:
        return _LARGEST if x > 0 else -math.inf
    return nearest if Fraction(nearest) <= x else math.nextafter(nearest, -math.inf)


def float_up(x: Fraction) -> float:
    """Return the smallest float that is at least `x` (infinity beyond the largest)."""
    return -float_down(-x)


def _root(x: Fraction, toward: int) -> Fraction:
    """Return the root of x >= 0, rounded down (0) or up (1) on a grid of 2^-ROOT_BITS of it."""
    bits = x.numerator.bit_length() - x.denominator.bit_length()
    shift = _ROOT_BITS - bits // 2
    scaled = x * Fraction(4) ** shift
    floor = math.isqrt(math.floor(scaled))
    return Fraction(floor + (toward if floor * floor != scaled else 0)) / Fraction(2) ** shift


def sqrt_down(x: Fraction) -> Fraction:
    """Return a rational lower bound of the square root, relative error below 1e-38."""
    return _root(x, 0)


def sqrt_up(x: Fraction) -> Fraction:
    """Return a rational upper bound of the square root, relative error below 1e-38."""
    return _root(x, 1)


def gamma(n: int) -> Fraction:
    """Return the exact constant of an n-term sum of products, n u / (1 - n u).

    Examples
    --------
    >>> float(gamma(1)) > 2.0**-53
    True
    """
    return Fraction(n, 2**53 - n)


def product(left: Floats, right: Floats) -> tuple[Floats, Floats]:
    r"""Enclose the exact matrix product of a non-negative matrix and any other.

    Parameters
    ----------
    left : (m, T) array
        Non-negative, entries at most ``2**SAFE_EXPONENT``.
    right : (T, k) array
        Entries at most ``2**SAFE_EXPONENT`` in size.

    Returns
    -------
    middle, radius : (m, k) arrays
        ``|left @ right - middle| <= radius`` for the exact product. Rigorous for any algorithm
        that sums the T products in some order (not for Strassen's).
    """
    terms, columns = right.shape
    both = left @ np.concatenate([right, np.abs(right)], axis=1)
    g = gamma(terms)
    # |error| <= g m + T eta with the exact m = left |right| <= (computed m + T eta) / (1 - g).
    # Two roundings follow here; 8 u pays for both.
    factor = float_up(g / (1 - g) * (1 + Fraction(8, 2**53)))
    radius = up(both[:, columns:] * factor + 2 * terms * PRODUCT_UNDERFLOW)
    return both[:, :columns], radius


def norm_bounds(middle: Floats, radius: Floats) -> tuple[Floats, Floats]:
    """Enclose the Euclidean norms of vectors known to ``middle`` ± ``radius``.

    Parameters
    ----------
    middle, radius : (..., d) arrays
        Entries at most 2^450 in size.

    Returns
    -------
    lower, upper : (...) arrays
        ``lower`` is 0 where the enclosure cannot tell the vector from zero.
    """
    d = middle.shape[-1]
    size = np.abs(middle)
    small = np.maximum(down(size - radius), 0.0)
    large = up(size + radius)
    # d squares and d - 1 sums: relative error gamma(d); the scaling costs one rounding more.
    shrink = float_down(1 - 2 * gamma(d + 2))
    grow = float_up(1 + 2 * gamma(d + 2))
    below = down(np.square(small).sum(axis=-1) * shrink) - d * _SQUARE_UNDERFLOW
    above = up(up(np.square(large).sum(axis=-1) * grow) + d * _SQUARE_UNDERFLOW)
    lower = np.maximum(down(np.sqrt(np.maximum(down(below), 0.0))), 0.0)
    return lower, up(np.sqrt(above))


def sum_up(terms: Floats) -> Floats:
    """Bound sums of non-negative numbers along the last axis from above."""
    grow = float_up(1 + 2 * gamma(terms.shape[-1] + 2))
    return up(terms.sum(axis=-1) * grow + terms.shape[-1] * _SQUARE_UNDERFLOW)


def rescale_down(x: Floats, exponent: NDArray[np.int64]) -> Floats:
    """Return a lower bound of ``x * 2**exponent`` for x >= 0, never infinite."""
    with np.errstate(over="ignore", under="ignore"):
        scaled = np.ldexp(x, exponent)
    scaled = np.where(_rounded(x, scaled, exponent), np.maximum(down(scaled), 0.0), scaled)
    return np.minimum(scaled, _LARGEST)


def rescale_up(x: Floats, exponent: NDArray[np.int64]) -> Floats:
    """Return an upper bound of ``x * 2**exponent`` for x >= 0; infinity on overflow."""
    with np.errstate(over="ignore", under="ignore"):
        scaled = np.ldexp(x, exponent)
    return np.where(_rounded(x, scaled, exponent), up(scaled), scaled)


def _rounded(x: Floats, scaled: Floats, exponent: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Say where a scaling was not exact: below the normal numbers, unless it can be undone."""
    small = scaled < _SMALLEST_NORMAL
    undone = np.ldexp(np.where(small, scaled, 0.0), np.where(small, -exponent, 0))
    rounded: NDArray[np.bool_] = small & (undone != x)
    return rounded
