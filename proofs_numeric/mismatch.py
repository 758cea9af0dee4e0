r"""Every device within the mismatch: which drives survive, and how far resting points move (T3).

A device has couplings :math:`W_{ij}(1 + e_j)` with :math:`|e_j| \le \epsilon` and anchors
displaced by at most :math:`\delta`, so its drive is off by at most
:math:`\epsilon \sum_j W_{ij}\|r_j\| + \delta(1 + \epsilon)\sum_j W_{ij}`. Anchors need not be
exactly unit.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from lohe.dynamics.network import Network
from lohe.proofs_numeric.along import measure_along
from lohe.proofs_numeric.decoupled import Drives, ratio_down
from lohe.proofs_numeric.enclosure import down, float_down, rescale_down, rescale_up, up
from lohe.proofs_numeric.exact import ExactAnchors
from lohe.proofs_numeric.uncertainty import Uncertainty
from lohe.proofs_numeric.zonotope import (
    Collapse,
    Reach,
    Separation,
    cancel_or_separate,
    separate_along_drive,
)

__all__ = ["Devices", "examine_devices", "resting_sines", "tolerance_lower"]

Floats = NDArray[np.float64]

# Oscillators beyond their coherence that are examined one by one, and linear programs among them,
# before the rest is left undecided: about a quarter of a minute each at worst.
_EXAMINED = 8192
_PROGRAMS = 256
# More than these are separated along their drives together, if they keep this share of them.
_MANY, _ALL_BUT_LOST = 64, 1e-3
# How far the reported worst oscillator may be from the smallest bound, relatively.
_WORST_SLACK = 1e-7


@dataclass(frozen=True, eq=False)
class Devices:
    """What is known of the drives of all devices.

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


def examine_devices(network: Network, drives: Drives, uncertainty: Uncertainty) -> Devices:
    """Bound the drive norm of every device, or find one without a drive.

    Parameters
    ----------
    network
        With couplings and anchors if couplings or anchors are uncertain.
    drives
        From `lohe.proofs_numeric.decoupled.enclose_drives`.
    uncertainty
        Its mismatch and its displacement of the anchors; crosstalk and frequencies play no part.

    Returns
    -------
    Devices
    """
    if drives.zero.size:
        return Devices(0.0, int(drives.zero[0]), collapse=(int(drives.zero[0]), ()))
    reach = Reach(ExactAnchors(network), Fraction(uncertainty.mismatch), uncertainty.anchors)
    lower = drives.lower
    if uncertainty.mismatch > 0:
        lower = np.maximum(down(lower - up(uncertainty.mismatch * drives.mass_upper)), 0.0)
    bound = rescale_down(lower, drives.exponent)
    lost = lower == 0
    if uncertainty.anchors > 0:
        displaced = uncertainty.displacements(network)
        bound = np.maximum(down(bound - displaced), 0.0)
        lost |= bound == 0
    separations: dict[int, tuple[float, ...]] = {}
    if np.count_nonzero(lost) > _MANY:
        separations = _separate_many(network, uncertainty, lost, bound)
        lost[list(separations)] = False
    doubtful = np.flatnonzero(lost)
    doubtful = doubtful[np.argsort(ratio_down(drives.lower, drives.mass_upper)[doubtful])]
    unresolved: list[int] = []
    programs = _PROGRAMS
    for count, i in enumerate(int(i) for i in doubtful):
        if count >= _EXAMINED:
            unresolved.append(i)
            continue
        norm = reach.norm_lower(i)
        outcome: Collapse | Separation | None = None
        if norm <= 0:
            outcome = separate_along_drive(reach, i)
            if outcome is None and programs:
                programs -= 1
                outcome = cancel_or_separate(reach, i)
        if isinstance(outcome, Collapse):
            return Devices(0.0, i, collapse=(i, outcome.device))
        if isinstance(outcome, Separation):
            separations[i] = outcome.direction
            norm = outcome.norm_lower
        elif norm <= 0:
            unresolved.append(i)
        bound[i] = max(float_down(norm), 0.0)
    worst = _sharpen(bound, reach, known=set(separations))
    return Devices(float(bound.min()), worst, None, separations, tuple(unresolved))


def _separate_many(
    network: Network, uncertainty: Uncertainty, lost: NDArray[np.bool_], bound: Floats
) -> dict[int, tuple[float, ...]]:
    """Separate oscillators along their drives all at once; put what that proves into `bound`."""
    ahead = measure_along(network)
    if ahead is None:
        return {}
    left = down(ahead.drive_lower - up(uncertainty.mismatch * ahead.along))
    if uncertainty.anchors > 0:
        left = down(left - uncertainty.displacements(network))
    # Where the drive is all but lost, rounding would show: exact arithmetic does better.
    found = np.flatnonzero(lost & (left > _ALL_BUT_LOST * ahead.drive_lower))
    bound[found] = left[found]
    return {i: tuple(ahead.directions[i].tolist()) for i in found.tolist()}


def _sharpen(bound: Floats, reach: Reach, known: set[int]) -> int:
    """Replace the smallest bounds by exact ones until the smallest is exact; return its place."""
    while True:
        worst = int(np.argmin(bound))
        if worst in known:
            return worst
        known.add(worst)
        bound[worst] = max(float_down(reach.norm_lower(worst)), bound[worst])
        if bound[worst] - bound.min() <= _WORST_SLACK * bound[worst]:
            return worst


def resting_sines(network: Network, drives: Drives, uncertainty: Uncertainty) -> Floats:
    """Bound the sines of the angles by which devices move the resting points (T3).

    Returns
    -------
    (n,) array
        At most 1, which says nothing.
    """
    with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
        sine = np.zeros(network.n)
        if uncertainty.mismatch > 0:
            coherence = ratio_down(drives.lower, drives.mass_upper)
            sine = up(uncertainty.mismatch / coherence)
        if uncertainty.anchors > 0:
            norm = rescale_down(drives.lower, drives.exponent)
            sine = up(sine + up(uncertainty.displacements(network) / norm))
        return np.where(sine < 1, sine, 1.0)


def tolerance_lower(network: Network, drives: Drives, anchors: float) -> float:
    r"""Return a mismatch that every oscillator survives: the least coherence, if anchors are exact.

    With anchors displaced by at most :math:`\delta` it is the least
    :math:`(\|h_i\| - \delta \sum_j W_{ij}) / (\sum_j W_{ij}(\|r_j\| + \delta))`.
    """
    if anchors == 0:
        return float(ratio_down(drives.lower, drives.mass_upper).min())
    still = Uncertainty(anchors=anchors).displacements(network)
    left = down(rescale_down(drives.lower, drives.exponent) - still)
    whole = up(rescale_up(drives.mass_upper, drives.exponent) + still)
    return float(ratio_down(np.maximum(left, 0.0), whole).min())
