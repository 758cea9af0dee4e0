"""Oscillators that hear no other: their own drive and frequency decide whether they rest (T5)."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from scipy import sparse

from lohe.dynamics.network import Network
from lohe.proofs_numeric.locking import examine_locks
from lohe.proofs_numeric.uncertainty import Uncertainty

__all__ = ["first_unlocked"]


def first_unlocked(network: Network) -> tuple[int, tuple[Fraction, ...]] | None:
    """Find an oscillator that hears no other and does not lock.

    Such an oscillator moves by itself, so the whole network has no stable equilibrium.

    Parameters
    ----------
    network
        The stored network.

    Returns
    -------
    oscillator, point
        With the witness of `lohe.proofs_numeric.locking.examine_locks`; None if there is none.

    Examples
    --------
    >>> turning = [[[0.0, -2.0], [2.0, 0.0]], [[0.0, 0.0], [0.0, 0.0]]]
    >>> drive, one_way = [[1.0, 0.0], [1.0, 0.0]], [[0.0, 0.0], [0.1, 0.0]]
    >>> found = first_unlocked(Network(drive, crosstalk=one_way, frequency=turning))
    >>> found[0], [str(x) for x in found[1]]
    (0, ['0', '1/2'])
    """
    if network.frequency is None:
        return None
    turning = np.any(network.frequency, axis=(-2, -1))
    rows = np.flatnonzero(turning & ~_hearing(network))
    if not rows.size:
        return None
    frequency = network.frequency[rows]
    if network.couplings is None:
        alone = Network(network.drive[rows], frequency=frequency)
    else:
        alone = Network(
            couplings=network.couplings[rows],
            anchors=network.anchors,
            frequency=frequency,
            anchor_kind=network.anchor_kind,
        )
    unlocked = examine_locks(alone, Uncertainty()).unlocked
    return None if unlocked is None else (int(rows[unlocked[0]]), unlocked[1])


def _hearing(network: Network) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Say which oscillators hear another, (n,)."""
    matrix = network.crosstalk
    if matrix is None:
        return np.zeros(network.n, dtype=np.bool_)
    if sparse.issparse(matrix):
        heard = np.repeat(np.arange(network.n), np.diff(matrix.indptr))[matrix.data != 0]
        return np.bincount(heard, minlength=network.n) > 0
    return np.asarray(matrix.any(axis=1))
