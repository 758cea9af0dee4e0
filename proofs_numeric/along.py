r"""What mismatch does along each drive and across it: sharper than the coherence (T3).

With the unit vector y along the drive, every device has
:math:`\langle y, h'_i \rangle \ge \langle y, h_i \rangle - \epsilon q_i - \delta(1 + \epsilon)
\sum_j W_{ij}` with :math:`q_i = \sum_j W_{ij} |\langle y, r_j \rangle|`, and its part across y
is at most :math:`\epsilon p_i + \delta(1 + \epsilon) \sum_j W_{ij}` with
:math:`p_i = \sum_j W_{ij} \|r_j - \langle y, r_j \rangle y\|`. Both sums are smaller than
:math:`\sum_j W_{ij} \|r_j\|`, by much in high dimensions.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lohe.dynamics.network import Network
from lohe.proofs_numeric.decoupled import row_blocks
from lohe.proofs_numeric.enclosure import (
    PRODUCT_UNDERFLOW,
    down,
    float_up,
    gamma,
    rescale_down,
    rescale_up,
    up,
)
from lohe.proofs_numeric.exact import ExactAnchors

__all__ = ["Along", "measure_along"]

Floats = NDArray[np.float64]

# A bound, a hundred times too large, on a rounding of an inner product with a unit vector.
_ROUNDING = 2.0**-46
_LARGE_ANCHOR = 2.0**100


@dataclass(frozen=True, eq=False)
class Along:
    """Bounds in the directions of the stored drives, (n,) each.

    Parameters
    ----------
    directions : (n, d) array
        Unit vectors up to rounding.
    drive_lower
        Of the drive's part along the direction.
    along, across
        Upper bounds of q and p.
    """

    directions: Floats
    drive_lower: Floats
    along: Floats
    across: Floats

    def chords_up(self, mismatch: float, displaced: Floats) -> Floats:
        """Bound how far the unit vector of a device's drive is from the direction; at most 2."""
        with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
            ahead = down(down(self.drive_lower - up(mismatch * self.along)) - displaced)
            aside = up(up(mismatch * self.across) + displaced)
            tangent = up(aside / ahead)
            # chord = 2 sin(angle / 2) <= tan(angle), and 2 sin(angle / 2) = t (2 / (c (c + 1)))^1/2
            # for the secant c of the tangent t.
            secant = np.maximum(down(np.sqrt(down(1 + down(tangent * tangent)))), 1.0)
            chord = up(tangent * up(np.sqrt(up(2.0 / down(secant * down(secant + 1))))))
        return np.where((ahead > 0) & (chord < np.sqrt(2)), chord, 2.0)


def measure_along(network: Network) -> Along | None:
    """Measure a network with couplings and anchors.

    Returns
    -------
    Along or None
        None if anchors are too large for it.
    """
    assert network.couplings is not None
    assert network.anchors is not None
    anchors = network.anchors
    if np.abs(anchors).max() > _LARGE_ANCHOR:
        return None
    n, terms = network.couplings.shape
    largest = np.abs(network.drive).max(axis=1, keepdims=True)
    scaled = np.divide(network.drive, largest, out=np.zeros((n, network.d)), where=largest > 0)
    length = np.linalg.norm(scaled, axis=1, keepdims=True)
    y = np.divide(scaled, length, out=np.zeros_like(scaled), where=length > 0)
    sizes = np.array([float_up(size) for size in ExactAnchors(network).norms_up])
    # Each inner product is off by rounding, 2 d roundings at most, and by the length of y.
    slack = up(up(sizes * (network.d * _ROUNDING)) + PRODUCT_UNDERFLOW)
    drive, along, across = np.empty(n), np.empty(n), np.empty(n)
    grow, loss = float_up(1 + 3 * gamma(terms + 4)), float_up(3 * gamma(terms + 4))
    lost = (terms + 1) * PRODUCT_UNDERFLOW

    def total_up(block: Floats, values: Floats) -> Floats:
        return up(up((block * values).sum(axis=1) * grow) + lost)

    for rows in row_blocks(n, 4 * terms):
        block = network.couplings[rows]
        exponent = np.frexp(block.max(axis=1, initial=0.0))[1].astype(np.int64)
        with np.errstate(under="ignore"):
            block = np.ldexp(block, -exponent[:, np.newaxis])
        cosine = y[rows] @ anchors.T
        size = np.abs(cosine)
        mass = total_up(block, up(size + slack))
        off = up(up(total_up(block, slack) + up(mass * loss)) + lost)
        low = np.maximum(down((block * cosine).sum(axis=1) - off), 0.0)
        least = np.maximum(down(size - slack), 0.0)
        rest = up(up(sizes * sizes) - np.maximum(down(least * least), 0.0))
        aside = total_up(block, up(np.sqrt(np.maximum(rest, 0.0))))
        drive[rows] = rescale_down(low, exponent)
        along[rows], across[rows] = rescale_up(mass, exponent), rescale_up(aside, exponent)
    return Along(y, drive, along, across)
