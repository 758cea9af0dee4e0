r"""Drives of decoupled oscillators, bounded rigorously (theorems T1, T2, T3 and T7).

Everything a decoupled network claims follows from :math:`\|h_i\|` and from
:math:`\sum_j W_{ij}\|r_j\|`, the most that its drive could be. Both are enclosed by matrix
products; where cancellation leaves the enclosure undecided, that oscillator alone is computed in
exact rational arithmetic, so a drive is always either proved non-zero or proved zero.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from lohe.dynamics.network import Network
from lohe.proofs_numeric.enclosure import (
    SAFE_EXPONENT,
    down,
    float_down,
    float_up,
    norm_bounds,
    product,
    rescale_down,
    rescale_up,
    sqrt_down,
    sqrt_up,
    up,
)
from lohe.proofs_numeric.exact import ExactAnchors, inner

__all__ = [
    "Drives",
    "coherence_lower",
    "drive_norm_bounds",
    "enclose_drives",
    "ratio_down",
    "row_blocks",
]

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

# Entries of the couplings in one block: 32 MB of float64, so temporaries stay far below the array.
_BLOCK_ENTRIES = 2**22


@dataclass(frozen=True, eq=False)
class Drives:
    r"""Bounds of :math:`\|h_i\|` and of :math:`\sum_j W_{ij}\|r_j\|`, scaled row by row.

    The scaling keeps them meaningful when norms leave the range of floats: the true value is
    the stored one times ``2**exponent``.

    Parameters
    ----------
    lower, upper : (n,) arrays
        Scaled bounds of the drive norm; ``lower`` is 0 only where the drive is exactly zero.
    mass_upper : (n,) array
        Scaled upper bound of the sum of couplings times anchor norms.
    exponent : (n,) int array
    """

    lower: Floats
    upper: Floats
    mass_upper: Floats
    exponent: Integers

    @property
    def zero(self) -> NDArray[np.intp]:
        """The oscillators whose exact drive is zero."""
        return np.flatnonzero(self.lower == 0)


def row_blocks(rows: int, columns: int) -> Iterator[slice]:
    """Yield slices of rows whose blocks stay small in memory."""
    step = max(1, _BLOCK_ENTRIES // max(1, columns))
    for start in range(0, rows, step):
        yield slice(start, min(start + step, rows))


def enclose_drives(network: Network) -> Drives:
    r"""Bound the exact drives :math:`h_i = \sum_j W_{ij} r_j` of a network (T1, T3).

    Parameters
    ----------
    network
        Any network; crosstalk and frequency are ignored.

    Returns
    -------
    Drives
    """
    exact = ExactAnchors(network)
    if network.couplings is None:
        scaled, exponent = _scaled(network.drive, axis=-1)
        lower, upper = norm_bounds(scaled, np.zeros_like(scaled))
        drives = Drives(lower, upper, upper.copy(), exponent.ravel())
    else:
        drives = _enclose_anchored(network, exact)
    doubtful = drives.lower < 0.5 * drives.upper
    for i in np.flatnonzero(doubtful):
        _replace(drives, int(i), exact)
    return drives


def _scaled(values: Floats, axis: int | None = None) -> tuple[Floats, Integers]:
    """Return ``values * 2**-exponent`` with the largest entry (along axis) of order one."""
    largest = np.abs(values).max(axis=axis, keepdims=True, initial=0.0)
    exponent = np.frexp(largest)[1].astype(np.int64)
    return np.ldexp(values, -exponent), exponent


def _enclose_anchored(network: Network, exact: ExactAnchors) -> Drives:
    assert network.couplings is not None
    assert network.anchors is not None
    n, terms = network.couplings.shape
    anchors, anchor_exponent = _scaled(network.anchors)
    grown = Fraction(2) ** -int(anchor_exponent.item())
    norms = np.array([float_up(norm * grown) for norm in exact.norms_up])
    table = np.concatenate([anchors, norms.reshape(-1, 1)], axis=1)
    lower, upper, mass = np.empty(n), np.empty(n), np.empty(n)
    exponents = np.empty(n, dtype=np.int64)
    for rows in row_blocks(n, terms):
        block, exponent = network.couplings[rows], np.zeros((1, 1), dtype=np.int64)
        largest = float(block.max(initial=0.0))
        if not 2.0**-SAFE_EXPONENT <= largest <= 2.0**SAFE_EXPONENT:
            block, exponent = _scaled(block)
        middle, radius = product(block, table)
        lower[rows], upper[rows] = norm_bounds(middle[:, :-1], radius[:, :-1])
        mass[rows] = up(middle[:, -1] + radius[:, -1])
        exponents[rows] = exponent.item() + anchor_exponent.item()
    return Drives(lower, upper, mass, exponents)


def _replace(drives: Drives, i: int, exact: ExactAnchors) -> None:
    """Put the exact values of oscillator `i`, correctly rounded outwards, into the arrays."""
    drive = exact.drive(i)
    square = inner(drive, drive)
    if square == 0:
        drives.lower[i] = drives.upper[i] = 0.0
        return
    bits = square.numerator.bit_length() - square.denominator.bit_length()
    exponent = bits // 2
    shrink = Fraction(2) ** -exponent
    drives.exponent[i] = exponent
    drives.lower[i] = float_down(sqrt_down(square) * shrink)
    drives.upper[i] = float_up(sqrt_up(square) * shrink)
    drives.mass_upper[i] = float_up(exact.mass_up(i) * shrink)


def drive_norm_bounds(network: Network) -> tuple[Floats, Floats]:
    r"""Return rigorous lower and upper bounds of each exact drive norm (T1).

    Parameters
    ----------
    network
        With couplings and anchors, the drive is the exact sum, not its rounded value.

    Returns
    -------
    lower, upper : (n,) arrays
        Relative distance at most a factor 2, usually 1e-14. ``lower`` is 0 where the drive is
        exactly zero (then ``upper`` is 0 too), or where the norm is below the smallest float.

    Examples
    --------
    >>> lower, upper = drive_norm_bounds(Network([[3.0, 4.0]]))
    >>> bool(lower[0] <= 5 <= upper[0]), bool(upper[0] - lower[0] < 1e-14)
    (True, True)
    """
    drives = enclose_drives(network)
    lower = rescale_down(drives.lower, drives.exponent)
    return lower, rescale_up(drives.upper, drives.exponent)


def coherence_lower(network: Network) -> Floats:
    r"""Return rigorous lower bounds of :math:`\rho_i = \|h_i\| / \sum_j W_{ij}\|r_j\|` (T3).

    Returns
    -------
    (n,) array
        In [0, 1]; 0 where the drive is exactly zero.
    """
    drives = enclose_drives(network)
    return ratio_down(drives.lower, drives.mass_upper)


def ratio_down(numerator: Floats, denominator: Floats) -> Floats:
    """Return lower bounds of quotients of non-negative numbers, 0 where both are 0."""
    quotient = np.divide(
        numerator, denominator, out=np.zeros_like(numerator), where=denominator > 0
    )
    return np.maximum(down(quotient), 0.0)
