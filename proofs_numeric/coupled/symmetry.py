"""Undriven oscillators that hear only one another can be turned together: nothing is stable (L3).

If the oscillators of a set have no drive and no natural frequency and feel nobody outside it,
rotating all of them by one rotation maps equilibria to equilibria, so that none is isolated and
none of the network's equilibria is asymptotically stable.

References
----------
J. Markdahl, J. Thunberg, J. Goncalves, Almost global consensus on the n-sphere, IEEE Trans.
Automat. Control 63 (2018) 1664-1675: without anchors a connected network agrees, on any point.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse import csgraph

from lohe.dynamics.network import Network
from lohe.proofs_numeric.decoupled import Drives, enclose_drives, row_blocks

__all__ = ["rotating_set"]

Flags = NDArray[np.bool_]


def rotating_set(network: Network, drives: Drives | None = None) -> tuple[int, ...] | None:
    """Find all oscillators that neither feel a drive nor hear one through others.

    Parameters
    ----------
    network
        Any network; drives are zero only if they are exactly zero.
    drives
        The enclosed drives of the network, if they are known.

    Returns
    -------
    tuple of int, or None
        The union of all sets to which L3 applies, in rising order; None if there is none.

    Examples
    --------
    >>> ring = [[0.0, 1.0, 1.0], [1.0, 0.0, 1.0], [1.0, 1.0, 0.0]]
    >>> rotating_set(Network([[0.0, 0.0]] * 3, crosstalk=ring))
    (0, 1, 2)
    >>> rotating_set(Network([[1.0, 0.0], [0.0, 0.0], [0.0, 0.0]], crosstalk=ring)) is None
    True
    """
    known = enclose_drives(network) if drives is None else drives
    free = np.zeros(network.n, dtype=np.bool_)
    free[known.zero] = True
    if network.frequency is not None:
        free &= ~np.any(network.frequency, axis=(-2, -1))
    if not np.any(free):
        return None
    if network.crosstalk is not None:
        reached = _reached_sparse if sparse.issparse(network.crosstalk) else _reached_dense
        free &= ~reached(network.crosstalk, ~free)
    return tuple(np.flatnonzero(free).tolist()) if np.any(free) else None


def _reached_sparse(matrix: Any, held: Flags) -> Flags:
    """Say which oscillators hear a held one, directly or through others."""
    n = held.size
    hears = sparse.coo_array(matrix)
    heard, listener = hears.col[hears.data != 0], hears.row[hears.data != 0]
    # One more node leads to all held ones, so that one search finds everybody.
    source = np.flatnonzero(held)
    heard = np.concatenate([heard, np.full(source.size, n)])
    listener = np.concatenate([listener, source])
    graph = sparse.csr_array((np.ones(heard.size), (heard, listener)), shape=(n + 1, n + 1))
    order = csgraph.breadth_first_order(graph, n, directed=True, return_predecessors=False)
    reached = np.zeros(n + 1, dtype=np.bool_)
    reached[order] = True
    return reached[:n]


def _reached_dense(matrix: NDArray[np.float64], held: Flags) -> Flags:
    """Say the same of a dense matrix, looking at each column once."""
    reached, new = held.copy(), np.flatnonzero(held)
    while new.size:
        rest = np.flatnonzero(~reached)
        hit = np.zeros(rest.size, dtype=np.bool_)
        for rows in row_blocks(rest.size, new.size):
            hit[rows] = np.any(matrix[np.ix_(rest[rows], new)], axis=1)
        new = rest[hit]
        reached[new] = True
    return reached
