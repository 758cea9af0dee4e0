r"""How much any two oscillators hear of each other and in common, bounded from below (T12).

.. math:: \delta = \min_{t \ne s} \Bigl(J_{ts} + J_{st} + \sum_{u \ne t, s} \min(J_{tu}, J_{su})
    \Bigr)

takes :math:`n^3/2` comparisons. :math:`\sum_u \min_{t \ne u} J_{tu} \le \delta` takes one look at
each entry, and is equal to it where one oscillator leads; beyond `MOST_PAIRED` oscillators it is
all that is computed.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from lohe.dynamics.network import Network
from lohe.proofs_numeric.enclosure import float_down
from lohe.proofs_numeric.exact import integers, rationals

__all__ = ["MOST_PAIRED", "Overlap", "overlap_lower"]

MOST_PAIRED = 2500
"""Oscillators up to which all pairs are compared."""

# Oscillators up to which the pairs are compared in whole numbers of any size.
_EXACTLY = 128
# Rows that each row is compared with at a time; they stay in the cache.
_STRIP = 16
# What is taken off sums of floats: far more than the rounding of 2,500 terms, and enough for a
# checker to confirm the bound in whole numbers of 64 bits.
_SHAVED = 1 - 2.0**-30
_FLUSHED = 2.0**-1000


@dataclass(frozen=True)
class Overlap:
    """A lower bound of the overlap.

    Parameters
    ----------
    lower
        The bound; 0 if nothing is known.
    pair
        The oscillators that share least; None if pairs were not compared.
    """

    lower: float
    pair: tuple[int, int] | None


def overlap_lower(network: Network) -> Overlap:
    """Bound the overlap of at least two oscillators with non-negative crosstalk from below.

    Parameters
    ----------
    network
        With non-negative dense or sparse crosstalk, or none.

    Examples
    --------
    >>> star = [[0.0, 0.0, 0.0], [0.5, 0.0, 0.0], [0.25, 1.0, 0.0]]
    >>> overlap_lower(Network([[0.0, 0.0]] * 3, crosstalk=star))
    Overlap(lower=0.25, pair=(0, 2))
    """
    matrix, n = network.crosstalk, network.n
    if matrix is None:
        return Overlap(0.0, (0, 1))
    columns = float_down(sum(rationals(_least_of_columns(matrix, n)), Fraction(0)))
    if n > MOST_PAIRED:
        return Overlap(columns, None)
    dense = matrix.toarray() if sparse.issparse(matrix) else matrix
    with np.errstate(over="ignore"):
        quietest = int(dense.sum(axis=1).argmin())
    one = _least_pair_of(dense, quietest)
    if columns >= one.lower:
        return Overlap(columns, one.pair)
    pairs = _least_pair_exactly(dense) if n <= _EXACTLY else _least_pair(dense)
    return Overlap(max(columns, pairs.lower), pairs.pair)


def _least_of_columns(matrix: Any, n: int) -> NDArray[np.float64]:
    """Return the least entry of each column off the diagonal, (n,)."""
    if sparse.issparse(matrix):
        counts = np.bincount(matrix.indices, minlength=n)
        least = np.full(n, np.inf)
        np.minimum.at(least, matrix.indices, matrix.data)
        stored = np.bincount(_on_diagonal(matrix, n), minlength=n)
        return np.where((counts == n - 1) & (stored == 0), least, 0.0)
    # The diagonal is zero: without the first of the two least entries of a column it is gone.
    return np.asarray(np.partition(matrix, 1, axis=0)[1])


def _on_diagonal(matrix: Any, n: int) -> NDArray[np.int64]:
    """Return the columns in which a zero is stored on the diagonal."""
    rows = np.repeat(np.arange(n), np.diff(matrix.indptr))
    return np.asarray(matrix.indices[rows == matrix.indices], dtype=np.int64)


def _least_pair_of(matrix: NDArray[np.float64], t: int) -> Overlap:
    """Return the pair of one oscillator that shares least, and how much, in floats."""
    with np.errstate(over="ignore"):
        shared = np.minimum(matrix[t], matrix).sum(axis=1) + matrix[t] + matrix[:, t]
    shared[t] = np.inf
    s = int(shared.argmin())
    return Overlap(float(shared[s]), (min(t, s), max(t, s)))


def _least_pair_exactly(matrix: NDArray[np.float64]) -> Overlap:
    """Compare all pairs in whole numbers."""
    whole, exponent = integers(matrix)
    found: list[tuple[int, int, int]] = []
    for t in range(len(whole) - 1):
        shared = np.minimum(whole[t], whole[t + 1 :]).sum(axis=1)
        shared = shared + whole[t, t + 1 :] + whole[t + 1 :, t]
        s = min(range(len(shared)), key=shared.__getitem__)
        found.append((int(shared[s]), t, t + 1 + s))
    least, t, s = min(found)
    return Overlap(float_down(Fraction(least) * Fraction(2) ** exponent), (t, s))


def _least_pair(matrix: NDArray[np.float64]) -> Overlap:
    """Compare all pairs in floats: sums of non-negative numbers, each minimum exact."""
    n = len(matrix)
    least, pair = np.inf, (0, 1)
    across = np.ascontiguousarray(matrix.T)
    room = np.empty((_STRIP, n))
    with np.errstate(over="ignore"):
        for start in range(0, n, _STRIP):
            strip = slice(start, min(start + _STRIP, n))
            rows, common = matrix[strip], room[: strip.stop - start]
            for t in range(strip.stop - 1):
                np.minimum(matrix[t], rows, out=common)
                shared = common.sum(axis=1) + matrix[t, strip] + across[t, strip]
                shared[: max(t + 1 - start, 0)] = np.inf  # these pairs had their turn
                s = int(shared.argmin())
                if shared[s] < least:
                    least, pair = float(shared[s]), (t, start + s)
    largest = float(np.finfo(np.float64).max)
    return Overlap(max(min(least, largest) * _SHAVED - n * _FLUSHED, 0.0), pair)
