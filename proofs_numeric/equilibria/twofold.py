r"""Matrix products to twice the precision of doubles, without leaving doubles.

Every product is split without error into two doubles, and so is every sum, by the algorithms of
Dekker, Veltkamp and Knuth [1]_; the small parts are added up in doubles, with an a-priori bound.
What is lost is of second order in the unit roundoff.

References
----------
.. [1] T. Ogita, S. M. Rump & S. Oishi, Accurate sum and dot product, *SIAM J. Sci. Comput.* 26
   (2005) 1955-1988.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lohe.proofs_numeric.enclosure import float_up, gamma

__all__ = ["SAFE", "product"]

Floats = NDArray[np.float64]

SAFE = 2.0**200
"""The factors must not exceed this: splitting a double multiplies it by 2^27 + 1."""

_SPLITTER = 2.0**27 + 1
# With factors below SAFE whatever is flushed to zero on the way costs less than this a term.
_TINY = 2.0**-700


def product(left: Floats, right: tuple[Floats, Floats]) -> tuple[Floats, Floats, Floats]:
    """Multiply a matrix with one that is known as a sum of two doubles.

    Parameters
    ----------
    left : (m, k) array
        Entries at most `SAFE` in size.
    right : two (k, d) arrays
        The matrix is their exact sum; the second is small against the first. Entries at most
        `SAFE` in size.

    Returns
    -------
    high, low, radius : (m, d) arrays
        The exact product is within `radius` of ``high + low``.
    """
    terms = left.shape[1]
    halves = _halves(left)
    columns = [_column(left, halves, right[0][:, j]) for j in range(right[0].shape[1])]
    high, low, size = (np.stack(part, axis=1) for part in zip(*columns, strict=True))
    rest = left @ right[1]
    # Fewer than 3 terms + 64 small numbers are added in some order, and rounded on the way.
    g = gamma(3 * terms + 64)
    factor = float_up(2 * g / (1 - g))
    bound = size + np.abs(left) @ np.abs(right[1])
    return high, low + rest, bound * factor + terms * _TINY


def _column(
    left: Floats, halves: tuple[Floats, Floats], right: Floats
) -> tuple[Floats, Floats, Floats]:
    """Return a column of the product, the sum of what was cut off, and the sum of its sizes."""
    terms = left * right
    upper, lower = _halves(right)
    # Dekker: hi lo' - (((p - hi hi') - lo hi') - hi lo') with one spare array.
    cut = halves[0] * upper
    np.subtract(terms, cut, out=cut)
    spare = halves[1] * upper
    cut -= spare
    cut -= np.multiply(halves[0], lower, out=spare)
    np.subtract(np.multiply(halves[1], lower, out=spare), cut, out=cut)
    low, size = cut.sum(axis=1), np.abs(cut, out=cut).sum(axis=1)
    while terms.shape[1] > 1:
        if terms.shape[1] % 2:
            terms = np.concatenate([terms, np.zeros((len(terms), 1))], axis=1)
        first, second = terms[:, ::2], terms[:, 1::2]
        # Knuth: what is lost of each summand.
        terms = first + second
        shift = terms - first
        cut = second - shift
        np.subtract(terms, shift, out=shift)
        cut += np.subtract(first, shift, out=shift)
        low += cut.sum(axis=1)
        size += np.abs(cut, out=cut).sum(axis=1)
    return terms[:, 0], low, size


def _halves(values: Floats) -> tuple[Floats, Floats]:
    """Split doubles into two numbers of 26 bits, exactly."""
    scaled = _SPLITTER * values
    upper = scaled - (scaled - values)
    return upper, values - upper
