r"""Who listens to whom: an order without circles, or sets that hear only themselves (T11).

Only which entries of the crosstalk are zero matters here, and how much each oscillator hears,
:math:`c_i = \sum_k J_{ik}`.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse import csgraph

from lohe.dynamics.network import Network
from lohe.proofs_numeric.coupled.strength import crosstalk_sum_exactly, row_sum_growth
from lohe.proofs_numeric.decoupled import row_blocks
from lohe.proofs_numeric.enclosure import down, float_down

__all__ = ["apart_sets", "listened_lower", "listening_order"]

_FLUSHED = 2.0**-1000
_LARGEST = float(np.finfo(np.float64).max)

# Rows whose sums are computed exactly, to report a sharp bound.
_EXACTLY = 100


def listening_order(network: Network) -> tuple[int, ...] | None:
    """Order the oscillators so that each hears only earlier ones.

    Parameters
    ----------
    network
        With dense, sparse or no crosstalk.

    Returns
    -------
    tuple of int, or None
        None if some hear one another in a circle.

    Examples
    --------
    >>> still = [[0.0, 0.0]] * 3
    >>> causal = [[0.0, 0.0, 0.0], [1.0, 0.0, 0.0], [0.5, 0.5, 0.0]]
    >>> listening_order(Network(still, crosstalk=causal))
    (0, 1, 2)
    >>> ring = [[0.0, 0.0, 1.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]
    >>> listening_order(Network(still, crosstalk=ring)) is None
    True
    """
    left = _heard_counts(network)
    by_column = sparse.csc_array(network.crosstalk) if sparse.issparse(network.crosstalk) else None
    ready = np.flatnonzero(left == 0)
    order: list[int] = []
    while ready.size:
        order += ready.tolist()
        hearing = _listeners(network.crosstalk, by_column, ready, network.n)
        left -= hearing
        ready = np.flatnonzero((left == 0) & (hearing > 0))
    return tuple(order) if len(order) == network.n else None


def apart_sets(network: Network) -> tuple[tuple[int, ...], tuple[int, ...]] | None:
    """Find two disjoint sets of oscillators, each of which hears only itself.

    Parameters
    ----------
    network
        With dense, sparse or no crosstalk.

    Returns
    -------
    two tuples of int, or None
        The two smallest such sets, in rising order; None if any two sets that hear only
        themselves overlap.

    Examples
    --------
    >>> still, one_way = [[0.0, 0.0]] * 3, [[0.0, 0.0, 0.0], [0.0, 0.0, 0.0], [1.0, 1.0, 0.0]]
    >>> apart_sets(Network(still, crosstalk=one_way))
    ((0,), (1,))
    """
    alone = np.flatnonzero(_heard_counts(network) == 0)
    if alone.size > 1:
        return (int(alone[0]),), (int(alone[1]),)
    if network.crosstalk is None:
        return None
    pattern = sparse.csr_array(network.crosstalk != 0)
    count, label = csgraph.connected_components(pattern, directed=True, connection="strong")
    hearing = np.repeat(np.arange(network.n), np.diff(pattern.indptr))
    outward = label[hearing] != label[pattern.indices]
    closed = np.ones(count, dtype=np.bool_)
    closed[label[hearing[outward]]] = False
    if np.count_nonzero(closed) < 2:
        return None
    sizes = np.where(closed, np.bincount(label, minlength=count), network.n + 1)
    first, second = (
        tuple(np.flatnonzero(label == which).tolist())
        for which in np.argsort(sizes, kind="stable")[:2]
    )
    return first, second


def listened_lower(network: Network) -> tuple[float, int]:
    r"""Bound the least positive :math:`c_i = \sum_k J_{ik}` of non-negative crosstalk from below.

    Parameters
    ----------
    network
        With non-negative crosstalk; some oscillator hears another.

    Returns
    -------
    bound, oscillator
        The oscillator is the one with the least computed sum.

    Examples
    --------
    >>> network = Network([[0.0, 0.0]] * 2, crosstalk=[[0.0, 0.0], [0.25, 0.0]])
    >>> listened_lower(network)
    (0.25, 1)
    """
    sums, counts = _row_sums(network), _heard_counts(network)
    heard = np.flatnonzero(counts)
    # The exact sum is at least the computed one over the growth of its rounding.
    lower = down(sums[heard] / row_sum_growth(counts[heard] + 2)) - network.n * _FLUSHED
    order = np.argsort(lower, kind="stable")
    least = math.inf
    for place, k in enumerate(order):
        if max(float(lower[k]), 0.0) >= least:
            break
        exact = place < _EXACTLY
        i = int(heard[k])
        bound = float_down(crosstalk_sum_exactly(network, i)) if exact else float(lower[k])
        least = min(least, max(bound, 0.0))
    return min(least, _LARGEST), int(heard[np.argmin(sums[heard])])


def _heard_counts(network: Network) -> NDArray[np.int64]:
    """Count whom each oscillator hears, (n,)."""
    matrix = network.crosstalk
    if matrix is None:
        return np.zeros(network.n, dtype=np.int64)
    if sparse.issparse(matrix):
        rows = np.repeat(np.arange(network.n), np.diff(matrix.indptr))[matrix.data != 0]
        return _counts(rows, network.n)
    return _nonzero(matrix)


def _listeners(matrix: Any, by_column: Any, heard: NDArray[np.int64], n: int) -> NDArray[np.int64]:
    """Count for each oscillator how many of those given it hears, (n,)."""
    if matrix is None:
        return np.zeros(n, dtype=np.int64)
    if by_column is None:
        return _nonzero(matrix[:, heard])
    part = by_column[:, heard]
    return _counts(part.indices[part.data != 0], n)


def _nonzero(matrix: Any) -> NDArray[np.int64]:
    found: NDArray[np.int64] = np.count_nonzero(matrix, axis=1).astype(np.int64)
    return found


def _counts(places: Any, n: int) -> NDArray[np.int64]:
    found: NDArray[np.int64] = np.bincount(places, minlength=n)
    return found


def _row_sums(network: Network) -> NDArray[np.float64]:
    """Compute the row sums, with the rounding of sums of that many terms."""
    matrix = network.crosstalk
    with np.errstate(over="ignore"):
        if sparse.issparse(matrix):
            return np.asarray(np.minimum(matrix @ np.ones(network.n), _LARGEST))
        found = np.empty(network.n)
        for rows in row_blocks(*matrix.shape):
            found[rows] = matrix[rows].sum(axis=1)
        return np.minimum(found, _LARGEST)
