r"""What devices do to the attention weights (theorems T3 and T3a)."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from lohe.dynamics.network import Network
from lohe.proofs_numeric.balls import Balls
from lohe.proofs_numeric.decoupled import Drives, row_blocks
from lohe.proofs_numeric.enclosure import down, float_up, norm_bounds, product, up
from lohe.proofs_numeric.exact import ExactAnchors
from lohe.proofs_numeric.sharpened import Move, sharpened_error_upper
from lohe.proofs_numeric.uncertainty import Uncertainty

__all__ = [
    "LARGE_ANCHOR",
    "TILTS",
    "Rows",
    "bears_weights",
    "largest_weight_error",
    "resting_states",
    "visible_keys",
    "weight_error_upper",
]

Floats = NDArray[np.float64]
Rows = slice | NDArray[np.intp]

LARGE_ANCHOR = 2.0**100
"""Beyond this size of an anchor's entry only the trivial bound on the weights is given."""
TILTS = 64
"""What the keys of one oscillator take while they are weighed together, in rows of couplings."""
# Blocks of oscillators that T3a refines where T3 has bounded all: about half a second.
_REFINED = 16


def bears_weights(network: Network) -> bool:
    """Say whether the theorems bound the attention weights: for anchors and p >= 1."""
    return network.couplings is not None and network.readout_exponent >= 1


def visible_keys(network: Network, rows: Rows) -> NDArray[np.bool_]:
    """Return the keys that these oscillators read: those they hear, unless the network says."""
    assert network.couplings is not None
    return network.couplings[rows] > 0 if network.visible is None else network.visible[rows]


def weight_error_upper(
    network: Network, drives: Drives, uncertainty: Uncertainty, sines: Floats
) -> float:
    r"""Bound :math:`\sum_j |a'_{ij} - a_{ij}|` over all oscillators and devices (T3, T3a).

    Parameters
    ----------
    network
        With couplings and anchors, readout exponent p >= 1.
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
        network, uncertainty.anchors, _chord_up(sines), lambda rows: resting_states(network, rows)
    )


def largest_weight_error(
    network: Network, displacement: float, chords: Floats, states: Callable[[Rows], Balls]
) -> float:
    r"""Bound the change of the weights from how far each resting point moves.

    Parameters
    ----------
    network
        With couplings and anchors, readout exponent p >= 1.
    displacement
        Largest displacement of an anchor.
    chords : (n,) array
        Bounds on the moves of the resting points x.
    states
        Given rows, encloses their resting points.

    Returns
    -------
    float
        At most 2.0, which is the trivial bound.
    """
    assert network.anchors is not None
    anchors, p = network.anchors, network.readout_exponent
    if np.abs(anchors).max() > LARGE_ANCHOR or displacement > LARGE_ANCHOR:
        return 2.0
    errors = np.full(network.n, 2.0)
    if p == 1:
        for rows in row_blocks(network.n, len(anchors)):
            visible = visible_keys(network, rows)
            errors[rows] = _affine(network, displacement, chords[rows], states(rows), visible)
    # T3 is quick; T3a is sharper, and for p = 1 worth its time for the worst oscillators.
    order, worst = np.argsort(-errors, kind="stable"), 0.0
    for count, block in enumerate(row_blocks(network.n, TILTS * anchors.size)):
        these = order[block]
        if errors[these[0]] <= worst or (p == 1 and count == _REFINED):
            return max(worst, float(errors[these[0]]))
        move = Move.by_chords(chords[these], displacement)
        found = sharpened_error_upper(states(these), anchors, visible_keys(network, these), p, move)
        worst = max(worst, float(np.minimum(errors[these], found).max()))
    return worst


def _affine(
    network: Network,
    displacement: float,
    chords: Floats,
    states: Balls,
    visible: NDArray[np.bool_],
) -> Floats:
    r"""Apply T3 (p = 1), which needs no more than sums of anchors.

    With :math:`w_j = \max(0, 1 + \langle x, r_j \rangle)`, a move of at most e and anchors
    displaced by at most :math:`\delta`,
    :math:`\sum_j |w'_j - w_j| \le \sum_j (e\|r_j\| + \delta)`, and the sum of the weights, which
    is affine but for clamps of at most :math:`\kappa_j = \max(0, \|r_j\| + \delta - 1)`, moves by
    at most :math:`D = \min(\sum_j (e\|r_j\| + \delta), e\|R\| + \sum_j (\delta + \kappa_j))`. So
    the error is at most :math:`(\sum_j (e\|r_j\| + \delta) + D) / (S - D)`, and never more than 2.
    """
    assert network.anchors is not None
    norms = np.array([float_up(norm) for norm in ExactAnchors(network).norms_up])
    clamps = up(np.maximum(up(up(norms + displacement) - 1), 0.0) + displacement)
    ones = np.ones((len(norms), 1))
    table = np.concatenate([network.anchors, norms[:, None], clamps[:, None], ones], axis=1)
    middle, radius = product(visible.astype(np.float64), table)
    total, error = middle[:, :-3], radius[:, :-3]
    keys = middle[:, -1]  # a sum of ones: exact
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        lengths = up(middle[:, -3] + radius[:, -3])
        moved = up(up(chords * lengths) + up(displacement * keys))
        clamped = up(middle[:, -2] + radius[:, -2])
        resultant = norm_bounds(total, error)[1]
        shift = np.minimum(moved, up(up(chords * resultant) + clamped))
        facing = (states * Balls(total, error)).sum(axis=1).lower
        left = down(down(keys + facing) - shift)
        found = up(up(moved + shift) / left)
    return np.where((left > 0) & (found < 2.0), found, 2.0)


def resting_states(network: Network, rows: Rows) -> Balls:
    """Enclose the directions of the exact drives, which are the resting points (T1).

    Where a drive may vanish, nothing is known of them.
    """
    assert network.couplings is not None
    assert network.anchors is not None
    block = network.couplings[rows]
    scale = np.ldexp(1.0, -np.frexp(np.maximum(block.max(axis=1, keepdims=True), 1e-300))[1])
    drive = Balls(*product(block * scale, network.anchors))
    return drive / (drive * drive).sum(axis=1).sqrt()[:, None]


def _chord_up(sine: Floats) -> Floats:
    """Bound the chord 2 sin(angle / 2) from the sine of an acute angle; 2 where unknown."""
    cosine = np.sqrt(np.maximum(down(1.0 - up(sine * sine)), 0.0))
    cosine = np.maximum(down(cosine), 0.0)
    chord = up(sine * up(np.sqrt(up(2.0 / down(1.0 + cosine)))))
    return np.where(sine < 1, chord, 2.0)
