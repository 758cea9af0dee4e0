r"""What devices do to the attention weights (theorem T3)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lohe.dynamics.network import Network
from lohe.proofs_numeric.decoupled import Drives, row_blocks
from lohe.proofs_numeric.enclosure import down, float_up, norm_bounds, product, sum_up, up
from lohe.proofs_numeric.exact import ExactAnchors
from lohe.proofs_numeric.uncertainty import Uncertainty

__all__ = ["weight_error_upper"]

Floats = NDArray[np.float64]

# Beyond this size of an anchor's entry only the trivial bound on the weights is given.
_LARGE_ANCHOR = 2.0**100


def weight_error_upper(
    network: Network, drives: Drives, uncertainty: Uncertainty, sines: Floats
) -> float:
    r"""Bound :math:`\sum_j |a'_{ij} - a_{ij}|` over all oscillators and devices (T3, p = 1).

    With :math:`w_j = \max(0, 1 + \langle x, r_j \rangle)`, a move of at most e and anchors
    displaced by at most :math:`\delta`,
    :math:`\sum_j |w'_j - w_j| \le \sum_j (e\|r_j\| + \delta)`, and the sum of the weights, which
    is affine but for clamps of at most :math:`\kappa_j = \max(0, \|r_j\| + \delta - 1)`, moves by
    at most :math:`D = \min(\sum_j (e\|r_j\| + \delta), e\|R\| + \sum_j (\delta + \kappa_j))`. So
    the error is at most :math:`(\sum_j (e\|r_j\| + \delta) + D) / (S - D)`, and never more than 2.

    Parameters
    ----------
    network
        With couplings and anchors, readout exponent 1.
    drives
        Its enclosed drives.
    uncertainty
        Mismatch and displacement of the anchors.
    sines : (n,) array
        From `resting_sines`.

    Returns
    -------
    float
        At most 2.0, which is the trivial bound.
    """
    assert network.couplings is not None
    assert network.anchors is not None
    delta = uncertainty.anchors
    if uncertainty.mismatch == delta == 0:
        return 0.0
    anchors = network.anchors
    if np.abs(anchors).max() > _LARGE_ANCHOR or delta > _LARGE_ANCHOR:
        return 2.0
    norms = np.array([float_up(norm) for norm in ExactAnchors(network).norms_up])
    excess = np.maximum(up(up(norms + delta) - 1), 0.0) + 0.0
    excess = up(excess + delta) if delta else excess
    columns = [anchors, norms[:, None], excess[:, None], np.ones((len(anchors), 1))]
    table = np.concatenate(columns, axis=1)
    worst = 0.0
    for rows in row_blocks(network.n, len(anchors)):
        couplings = network.couplings[rows]
        visible = couplings > 0 if network.visible is None else network.visible[rows]
        middle, radius = product(visible.astype(np.float64), table)
        chord = _chord_up(sines[rows])
        moved = up(chord * up(middle[:, -3] + radius[:, -3]))
        if delta:
            moved = up(moved + up(delta * middle[:, -1]))
        error = _weight_errors(
            chord,
            _cosine_sum_lower(network, rows, drives, middle, radius),
            norm_bounds(middle[:, :-3], radius[:, :-3])[1],
            moved,
            up(middle[:, -2] + radius[:, -2]),
        )
        worst = max(worst, float(error.max()))
    return worst


def _chord_up(sine: Floats) -> Floats:
    """Bound the chord 2 sin(angle / 2) from the sine of an acute angle; 2 where unknown."""
    cosine = np.sqrt(np.maximum(down(1.0 - up(sine * sine)), 0.0))
    cosine = np.maximum(down(cosine), 0.0)
    chord = up(sine * up(np.sqrt(up(2.0 / down(1.0 + cosine)))))
    return np.where(sine < 1, chord, 2.0)


def _cosine_sum_lower(
    network: Network, rows: slice, drives: Drives, middle: Floats, radius: Floats
) -> Floats:
    """Bound S = sum of max(0, 1 + <x*, r_j>) from below by t + <h, R> / ‖h‖."""
    assert network.couplings is not None
    assert network.anchors is not None
    block = network.couplings[rows]
    scale = np.ldexp(1.0, -np.frexp(np.maximum(block.max(axis=1, keepdims=True), 1e-300))[1])
    drive, drive_error = product(block * scale, network.anchors)
    total, total_error = middle[:, :-3], radius[:, :-3]
    size, total_size = np.abs(drive), np.abs(total)
    slop = up(up(drive_error * up(total_size + total_error)) + up(size * total_error))
    rounding = up(sum_up(size * total_size) * 2.0 ** (drive.shape[1].bit_length() - 50))
    inner = (drive * total).sum(axis=-1)
    inner = down(inner - up(up(sum_up(slop) + rounding) + 2.0**-700))
    lower, upper = norm_bounds(drive, drive_error)
    with np.errstate(divide="ignore", invalid="ignore"):
        cosine = down(inner / np.where(inner >= 0, upper, lower))
    keys = middle[:, -1]  # a sum of ones: exact
    return down(keys + np.where(np.isfinite(cosine), cosine, -np.inf))


def _weight_errors(
    chord: Floats, weights: Floats, resultant: Floats, moved: Floats, excess: Floats
) -> Floats:
    shift = np.minimum(moved, up(up(chord * resultant) + excess))
    left = down(weights - shift)
    with np.errstate(divide="ignore", invalid="ignore"):
        error = up(up(moved + shift) / left)
    return np.where((left > 0) & (error < 2.0), error, 2.0)
