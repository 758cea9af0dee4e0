r"""What devices do to the attention weights (theorem T3)."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from lohe.dynamics.network import Network
from lohe.proofs_numeric.decoupled import Drives, row_blocks
from lohe.proofs_numeric.enclosure import down, float_up, norm_bounds, product, sum_up, up
from lohe.proofs_numeric.exact import ExactAnchors
from lohe.proofs_numeric.uncertainty import Uncertainty

__all__ = ["largest_weight_error", "weight_error_upper"]

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
    if uncertainty.mismatch == uncertainty.anchors == 0:
        return 0.0
    return largest_weight_error(
        network,
        uncertainty.anchors,
        _chord_up(sines),
        lambda rows, total, error: _cosine_lower(network, rows, total, error),
    )


def largest_weight_error(
    network: Network,
    displacement: float,
    chords: Floats,
    cosine_lower: Callable[[slice, Floats, Floats], Floats],
) -> float:
    r"""Bound the change of the weights from how far each resting point moves (p = 1).

    Parameters
    ----------
    network
        With couplings and anchors.
    displacement
        Largest displacement of an anchor.
    chords : (n,) array
        Bounds on the moves of the resting points x.
    cosine_lower
        Given rows, and the sums R of their visible anchors with their errors, returns lower
        bounds of :math:`\langle x, R \rangle`.

    Returns
    -------
    float
        At most 2.0, which is the trivial bound.
    """
    assert network.couplings is not None
    assert network.anchors is not None
    anchors = network.anchors
    if np.abs(anchors).max() > _LARGE_ANCHOR or displacement > _LARGE_ANCHOR:
        return 2.0
    norms = np.array([float_up(norm) for norm in ExactAnchors(network).norms_up])
    clamps = up(np.maximum(up(up(norms + displacement) - 1), 0.0) + displacement)
    columns = [anchors, norms[:, None], clamps[:, None], np.ones((len(anchors), 1))]
    table = np.concatenate(columns, axis=1)
    worst = 0.0
    for rows in row_blocks(network.n, len(anchors)):
        couplings = network.couplings[rows]
        visible = couplings > 0 if network.visible is None else network.visible[rows]
        middle, radius = product(visible.astype(np.float64), table)
        total, error = middle[:, :-3], radius[:, :-3]
        keys = middle[:, -1]  # a sum of ones: exact
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            lengths = up(middle[:, -3] + radius[:, -3])
            moved = up(up(chords[rows] * lengths) + up(displacement * keys))
            clamped = up(middle[:, -2] + radius[:, -2])
            resultant = norm_bounds(total, error)[1]
            shift = np.minimum(moved, up(up(chords[rows] * resultant) + clamped))
            left = down(down(keys + cosine_lower(rows, total, error)) - shift)
            found = up(up(moved + shift) / left)
        worst = max(worst, float(np.where((left > 0) & (found < 2.0), found, 2.0).max()))
    return worst


def _chord_up(sine: Floats) -> Floats:
    """Bound the chord 2 sin(angle / 2) from the sine of an acute angle; 2 where unknown."""
    cosine = np.sqrt(np.maximum(down(1.0 - up(sine * sine)), 0.0))
    cosine = np.maximum(down(cosine), 0.0)
    chord = up(sine * up(np.sqrt(up(2.0 / down(1.0 + cosine)))))
    return np.where(sine < 1, chord, 2.0)


def _cosine_lower(network: Network, rows: slice, total: Floats, total_error: Floats) -> Floats:
    """Bound <h, R> / ‖h‖ from below; minus infinity where nothing is known."""
    assert network.couplings is not None
    assert network.anchors is not None
    block = network.couplings[rows]
    scale = np.ldexp(1.0, -np.frexp(np.maximum(block.max(axis=1, keepdims=True), 1e-300))[1])
    drive, drive_error = product(block * scale, network.anchors)
    size, total_size = np.abs(drive), np.abs(total)
    slop = up(up(drive_error * up(total_size + total_error)) + up(size * total_error))
    rounding = up(sum_up(size * total_size) * 2.0 ** (drive.shape[1].bit_length() - 50))
    inner = (drive * total).sum(axis=-1)
    inner = down(inner - up(up(sum_up(slop) + rounding) + 2.0**-700))
    lower, upper = norm_bounds(drive, drive_error)
    with np.errstate(divide="ignore", invalid="ignore"):
        cosine = down(inner / np.where(inner >= 0, upper, lower))
    return np.where(np.isfinite(cosine), cosine, -np.inf)
