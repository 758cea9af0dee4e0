"""The oscillators of a network in enclosed, scaled blocks, ready for the tests of T5."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from lohe.dynamics.network import Network
from lohe.proofs_numeric.decoupled import row_blocks
from lohe.proofs_numeric.enclosure import float_up, product, rescale_up
from lohe.proofs_numeric.exact import ExactAnchors
from lohe.proofs_numeric.locking_batch import Batch, prepare

__all__ = ["batches", "scaled_up"]

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

# A drive whose enclosure is wider than this, relatively, is computed exactly.
_LOOSE = 2.0**-44


def batches(network: Network) -> Iterator[tuple[slice, Batch]]:
    """Yield the oscillators of a network, enclosed, in blocks that stay small in memory."""
    exact = ExactAnchors(network)
    columns = 4 * network.d**2
    if network.couplings is not None:
        columns = max(columns, network.couplings.shape[1])
    for rows in row_blocks(network.n, columns):
        drive, radius, exponent = _enclosed(network, exact, rows)
        frequency = None if network.frequency is None else network.frequency[rows]
        yield rows, prepare(drive, radius, exponent, frequency)


def scaled_up(values: Floats, exponent: Integers) -> Floats:
    """Bound ``values * 2**-exponent`` from above, for values of 0 or more."""
    finite = np.isfinite(values)
    scaled = rescale_up(np.where(finite, values, 0.0), -exponent)
    return np.where(finite, scaled, np.inf)


def _enclosed(
    network: Network, exact: ExactAnchors, rows: slice
) -> tuple[Floats, Floats, Integers]:
    """Enclose drives: middle, radius and the exponent of the scale of each oscillator."""
    if network.couplings is None:
        drive = network.drive[rows]
        exponent = np.frexp(np.abs(drive).max(axis=1))[1].astype(np.int64)
        return drive, np.zeros_like(drive), np.zeros_like(exponent)
    assert network.anchors is not None
    block = network.couplings[rows]
    exponent = np.frexp(block.max(axis=1, initial=0.0))[1].astype(np.int64)
    table_exponent = int(np.frexp(np.abs(network.anchors).max())[1])
    with np.errstate(under="ignore"):
        table = np.ldexp(network.anchors, -table_exponent)
        drive, radius = product(np.ldexp(block, -exponent[:, np.newaxis]), table)
    exponent += table_exponent
    loose = radius.max(axis=1) > _LOOSE * np.abs(drive).max(axis=1)
    for i in np.flatnonzero(loose):
        whole = exact.drive(rows.start + int(i))
        exponent[i] = _exponent(whole)
        shrunk = [x * Fraction(2) ** -int(exponent[i]) for x in whole]
        drive[i] = [float(x) for x in shrunk]
        radius[i] = [float_up(abs(x - Fraction(float(x)))) for x in shrunk]
    return drive, radius, exponent


def _exponent(vector: list[Fraction]) -> int:
    largest = max(abs(x) for x in vector)
    return largest.numerator.bit_length() - largest.denominator.bit_length()
