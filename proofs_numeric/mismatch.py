r"""Every device within the mismatch: which drives survive, and what happens to the weights (T3).

A device has couplings :math:`W_{ij}(1 + e_j)` with :math:`|e_j| \le \epsilon`, so its drive is off
by at most :math:`\epsilon \sum_j W_{ij}\|r_j\|`. Anchors need not be exactly unit.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from lohe.dynamics.network import Network
from lohe.proofs_numeric.decoupled import Drives, ratio_down, row_blocks
from lohe.proofs_numeric.enclosure import (
    down,
    float_down,
    float_up,
    norm_bounds,
    product,
    rescale_down,
    sqrt_down,
    sum_up,
    up,
)
from lohe.proofs_numeric.exact import ExactAnchors, inner
from lohe.proofs_numeric.zonotope import (
    Collapse,
    Separation,
    cancel_or_separate,
    separate_along_drive,
)

__all__ = ["Devices", "angle_sine_upper", "examine_devices", "weight_error_upper"]

Floats = NDArray[np.float64]

# Oscillators beyond their coherence that are examined one by one, and linear programs among them,
# before the rest is left undecided: about a quarter of a minute each at worst.
_EXAMINED = 8192
_PROGRAMS = 256
# How far the reported worst oscillator may be from the smallest bound, relatively.
_WORST_SLACK = 1e-7
# Beyond this size of an anchor's entry only the trivial bound on the weights is given.
_LARGE_ANCHOR = 2.0**100


@dataclass(frozen=True, eq=False)
class Devices:
    """What is known of the drives of all devices within the mismatch.

    Parameters
    ----------
    norm_lower
        Every drive of every device has at least this norm (0.0 if one may vanish, or if the
        norms are below the smallest float).
    worst
        The oscillator that attains it, up to one part in ten million.
    collapse
        An oscillator and the deviations of a device whose drive is exactly zero, if one exists.
    separations
        Directions for the oscillators that keep a drive although the mismatch exceeds their
        coherence.
    unresolved
        Oscillators for which neither could be shown.
    """

    norm_lower: float
    worst: int
    collapse: tuple[int, tuple[Fraction, ...]] | None = None
    separations: Mapping[int, tuple[float, ...]] = field(default_factory=dict)
    unresolved: tuple[int, ...] = ()


def examine_devices(network: Network, drives: Drives, mismatch: float) -> Devices:
    """Bound the drive norm of every device within `mismatch`, or find one without a drive.

    Parameters
    ----------
    network
        With couplings and anchors if `mismatch` is positive.
    drives
        From `lohe.proofs_numeric.decoupled.enclose_drives`.
    mismatch
        Largest relative error of a coupling.

    Returns
    -------
    Devices
    """
    if drives.zero.size:
        return Devices(0.0, int(drives.zero[0]), collapse=(int(drives.zero[0]), ()))
    exact = ExactAnchors(network)
    epsilon = Fraction(mismatch)
    lower = drives.lower
    if mismatch > 0:
        lower = np.maximum(down(lower - up(mismatch * drives.mass_upper)), 0.0)
    bound = rescale_down(lower, drives.exponent)
    doubtful = np.flatnonzero(lower == 0)
    doubtful = doubtful[np.argsort(ratio_down(drives.lower, drives.mass_upper)[doubtful])]
    separations: dict[int, tuple[float, ...]] = {}
    unresolved: list[int] = []
    programs = _PROGRAMS
    for count, i in enumerate(int(i) for i in doubtful):
        if count >= _EXAMINED:
            unresolved.append(i)
            continue
        norm = _exact_lower(exact, i, epsilon)
        outcome: Collapse | Separation | None = None
        if norm <= 0:
            outcome = separate_along_drive(exact, i, epsilon)
            if outcome is None and programs:
                programs -= 1
                outcome = cancel_or_separate(exact, i, epsilon)
        if isinstance(outcome, Collapse):
            return Devices(0.0, i, collapse=(i, outcome.device))
        if isinstance(outcome, Separation):
            separations[i] = outcome.direction
            norm = outcome.norm_lower
        elif norm <= 0:
            unresolved.append(i)
        bound[i] = max(float_down(norm), 0.0)
    worst = _sharpen(bound, exact, epsilon, known=set(separations))
    return Devices(float(bound.min()), worst, None, separations, tuple(unresolved))


def _exact_lower(exact: ExactAnchors, i: int, epsilon: Fraction) -> Fraction:
    drive = exact.drive(i)
    square = inner(drive, drive)
    reach = epsilon * exact.mass_up(i) if epsilon else Fraction(0)
    return sqrt_down(square) - reach


def _sharpen(bound: Floats, exact: ExactAnchors, epsilon: Fraction, known: set[int]) -> int:
    """Replace the smallest bounds by exact ones until the smallest is exact; return its place."""
    while True:
        worst = int(np.argmin(bound))
        if worst in known:
            return worst
        known.add(worst)
        bound[worst] = max(float_down(_exact_lower(exact, worst, epsilon)), bound[worst])
        if bound[worst] - bound.min() <= _WORST_SLACK * bound[worst]:
            return worst


def angle_sine_upper(coherence: float, mismatch: float) -> float:
    """Bound the sine of the angle by which a device moves a resting point (T3), at most 1."""
    if mismatch == 0:
        return 0.0
    if mismatch >= coherence:
        return 1.0
    return min(float(np.nextafter(mismatch / coherence, np.inf)), 1.0)


def weight_error_upper(network: Network, drives: Drives, mismatch: float) -> float:
    r"""Bound :math:`\sum_j |a'_{ij} - a_{ij}|` over all oscillators and devices (T3, p = 1).

    With :math:`w_j = \max(0, 1 + \langle x, r_j \rangle)` and a move of at most e,
    :math:`\sum_j |w'_j - w_j| \le e \sum_j \|r_j\|`, and the sum of the weights, which is affine
    but for clamps of at most :math:`\kappa_j = \max(0, \|r_j\| - 1)`, moves by at most
    :math:`D = \min(e \sum_j \|r_j\|, e\|R\| + \sum_j \kappa_j)`. So the error is at most
    :math:`(e \sum_j \|r_j\| + D) / (S - D)`, and never more than 2.

    Parameters
    ----------
    network
        With couplings and anchors, readout exponent 1.
    drives
        Its enclosed drives.
    mismatch
        Largest relative error of a coupling.

    Returns
    -------
    float
        At most 2.0, which is the trivial bound.
    """
    assert network.couplings is not None
    assert network.anchors is not None
    if mismatch == 0:
        return 0.0
    anchors = network.anchors
    if np.abs(anchors).max() > _LARGE_ANCHOR:
        return 2.0
    norms = np.array([float_up(norm) for norm in ExactAnchors(network).norms_up])
    excess = np.maximum(up(norms - 1), 0.0)
    columns = [anchors, norms[:, None], excess[:, None], np.ones((len(anchors), 1))]
    table = np.concatenate(columns, axis=1)
    coherence = ratio_down(drives.lower, drives.mass_upper)
    worst = 0.0
    for rows in row_blocks(network.n, len(anchors)):
        couplings = network.couplings[rows]
        visible = couplings > 0 if network.visible is None else network.visible[rows]
        middle, radius = product(visible.astype(np.float64), table)
        error = _weight_errors(
            _chord_up(coherence[rows], mismatch),
            _cosine_sum_lower(network, rows, drives, middle, radius),
            norm_bounds(middle[:, :-3], radius[:, :-3])[1],
            up(middle[:, -3] + radius[:, -3]),
            up(middle[:, -2] + radius[:, -2]),
        )
        worst = max(worst, float(error.max()))
    return worst


def _chord_up(coherence: Floats, mismatch: float) -> Floats:
    """Bound the chord 2 sin(angle / 2) from the sine of an acute angle; 2 where unknown."""
    with np.errstate(divide="ignore", over="ignore"):
        sine = np.minimum(up(mismatch / coherence), 1.0)
    cosine = np.sqrt(np.maximum(down(1.0 - up(sine * sine)), 0.0))
    cosine = np.maximum(down(cosine), 0.0)
    chord = up(sine * up(np.sqrt(up(2.0 / down(1.0 + cosine)))))
    return np.where(mismatch < coherence, chord, 2.0)


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
    chord: Floats, weights: Floats, resultant: Floats, norms: Floats, excess: Floats
) -> Floats:
    moved = up(chord * norms)
    shift = np.minimum(moved, up(up(chord * resultant) + excess))
    left = down(weights - shift)
    with np.errstate(divide="ignore", invalid="ignore"):
        error = up(up(moved + shift) / left)
    return np.where((left > 0) & (error < 2.0), error, 2.0)
