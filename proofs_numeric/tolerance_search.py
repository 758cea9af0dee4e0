r"""The largest box of devices that each oscillator survives, by bisection with rigorous tests.

A direction is a set of devices taken as proportions; the box at scale s has s times its figures.
Every scale that is returned was itself proved, so nothing rests on the tests being monotone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from lohe.dynamics.network import Network
from lohe.proofs_numeric.coupled.strength import crosstalk_sums_upper, frequency_norms_upper
from lohe.proofs_numeric.decoupled import Drives
from lohe.proofs_numeric.enclosure import down, float_up, rescale_down, rescale_up, up
from lohe.proofs_numeric.locking_blocks import batches, scaled_up
from lohe.proofs_numeric.uncertainty import Uncertainty, coupling_sums_upper

__all__ = [
    "Limits",
    "box",
    "largest_scale",
    "lock_scales",
    "rule_holds",
    "rule_scales",
    "scale_up",
    "search",
]

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

_LARGEST = float(np.finfo(np.float64).max)
_PRECISION = 1e-7
# Locks cost a resolvent each time, and their rule is mostly some per cent from the truth.
_LOCK_PRECISION = 1e-5
# Halvings of the first guess: further and further, then bisection on a logarithmic scale.
_FIRST = (0, 1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96)
_STEPS = 48


def box(direction: Uncertainty, scale: float) -> Uncertainty:
    """Return the devices at a scale along a direction.

    Examples
    --------
    >>> box(Uncertainty(mismatch=1.0, frequency=0.5), 0.25).frequency
    0.125
    """
    return Uncertainty(
        mismatch=scale * direction.mismatch,
        crosstalk=scale * direction.crosstalk,
        frequency=scale * direction.frequency,
        anchors=scale * direction.anchors,
    )


def scale_up(figure: Fraction, proportion: float) -> float:
    """Return a scale whose float product with a positive proportion is at least the figure."""
    scale = float_up(figure / Fraction(proportion))
    while Fraction(scale * proportion) < figure:
        scale = float(np.nextafter(scale, np.inf))
    return scale


def search(test: Callable[[Floats], Flags], top: Floats, precision: float = _PRECISION) -> Floats:
    """Find, for each oscillator, nearly the largest scale that its test proves.

    Parameters
    ----------
    test
        From scales, one an oscillator, to what is proved; NaN asks nothing.
    top : (n,) array
        Scales that are not expected to be proved.
    precision
        Relative distance at which the bisection ends.

    Returns
    -------
    (n,) array
        Scales that were proved, and in floats usually within `precision` of one that is
        not; 0 where none was proved.
    """
    proved, failed = np.zeros_like(top), top.copy()
    left = top > 0
    for halvings in _FIRST:
        trial = np.where(left, np.ldexp(top, -halvings), np.nan)
        good = test(trial) & left
        proved[good] = trial[good]
        left &= ~good
        failed[left] = trial[left]
        if not left.any():
            break
    for _ in range(_STEPS):
        left = (proved > 0) & (failed - proved > precision * proved)
        if not left.any():
            break
        far = failed > 2 * proved
        with np.errstate(invalid="ignore"):
            middle = np.where(far, np.sqrt(proved) * np.sqrt(failed), proved / 2 + failed / 2)
        trial = np.where(left, middle, np.nan)
        good = test(trial) & left
        proved[good] = trial[good]
        failed[left & ~good] = trial[left & ~good]
    return proved


def largest_scale(proves: Callable[[float], bool], top: float) -> float:
    """Search one scale for all oscillators together, as `search` does for each."""

    def test(scales: Floats) -> Flags:
        return np.array([bool(s > 0) and proves(float(s)) for s in scales])

    return float(search(test, np.array([top]))[0])


@dataclass(frozen=True, eq=False)
class Limits:
    """Bounds on what a network's oscillators are up against, (n,) each.

    Parameters
    ----------
    drive_lower, drive_upper
        Of the norms of the drives.
    mass, couplings
        Upper bounds of the sums of couplings, with and without the norms of the anchors.
    crosstalk, frequency
        Upper bounds of the row sums of the crosstalk and of the norms of the frequencies.
    """

    drive_lower: Floats
    drive_upper: Floats
    mass: Floats
    couplings: Floats
    crosstalk: Floats
    frequency: Floats

    @classmethod
    def of(cls, network: Network, drives: Drives) -> Limits:
        """Bound them for a network whose drives are enclosed."""
        with np.errstate(over="ignore"):
            mass = rescale_up(drives.mass_upper, drives.exponent)
        none = network.couplings is None
        return cls(
            rescale_down(drives.lower, drives.exponent),
            rescale_up(drives.upper, drives.exponent),
            mass,
            np.zeros(network.n) if none else coupling_sums_upper(network),
            crosstalk_sums_upper(network),
            frequency_norms_upper(network),
        )

    def errors(self, direction: Uncertainty, scales: Floats) -> Floats:
        """Bound the errors of the drives at one scale an oscillator."""
        mismatch, anchors = scales * direction.mismatch, scales * direction.anchors
        found = np.zeros_like(scales)
        with np.errstate(over="ignore", invalid="ignore"):
            if direction.mismatch:
                found = up(mismatch * self.mass)
            if direction.anchors:
                found = up(found + up(up(anchors * up(1 + mismatch)) * self.couplings))
        return found

    def top(self, direction: Uncertainty) -> Floats:
        """Return scales beyond which a single part of the box outweighs the drive."""
        parts = [
            direction.mismatch * self.mass,
            direction.anchors * self.couplings,
            np.full_like(self.mass, direction.crosstalk),
            np.full_like(self.mass, direction.frequency),
        ]
        largest = np.maximum.reduce(parts)
        figures = (direction.mismatch, direction.crosstalk, direction.frequency, direction.anchors)
        limit = 2.0**-8 * _LARGEST / max(*figures, 1.0)
        with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
            top = np.where(largest > 0, 1.125 * self.drive_upper / largest, 0.0)
        return np.minimum(np.where(self.drive_lower > 0, top, 0.0), limit)


def rule_holds(limits: Limits, direction: Uncertainty, theorem: str, scales: Floats) -> Flags:
    """Say for which oscillators T1, T6 or T6a is proved to hold at their scales."""
    with np.errstate(over="ignore", invalid="ignore"):
        drive = limits.drive_lower
        if direction.mismatch or direction.anchors:
            drive = down(drive - limits.errors(direction, scales))
        if theorem == "T1":
            return np.asarray((drive > 0) & (scales >= 0))
        crosstalk = up(limits.crosstalk + up(scales * direction.crosstalk))
        if theorem == "T6":
            return np.asarray(drive > 2 * crosstalk)
        turning = up(crosstalk + up(limits.frequency + up(scales * direction.frequency)))
        product = down(np.maximum(down(drive - turning), 0.0) * down(drive + turning))
        root = down(np.sqrt(np.maximum(product, 0.0)))
        return np.asarray((drive > turning) & (root > 2 * crosstalk))


def rule_scales(limits: Limits, direction: Uncertainty, theorem: str) -> Floats:
    """Search the scales at which T1, T6 or T6a holds for each oscillator."""
    return search(
        lambda scales: rule_holds(limits, direction, theorem, scales), limits.top(direction)
    )


def lock_scales(
    network: Network,
    limits: Limits,
    direction: Uncertainty,
    progress: Callable[[int, int], None] | None,
) -> Floats:
    """Search the scales at which each oscillator of a network without crosstalk locks (T5)."""
    found = np.zeros(network.n)
    tops = limits.top(direction)
    for rows, batch in batches(network):
        whole = Limits(*(part[rows] for part in vars(limits).values()))

        def test(scales: Floats, batch=batch, whole=whole) -> Flags:  # type: ignore[no-untyped-def]
            asked = ~np.isnan(scales)
            scales = np.where(asked, scales, 0.0)
            error = scaled_up(whole.errors(direction, scales), batch.exponent)
            spread = scaled_up(scales * direction.frequency, batch.exponent)
            flags: Flags = batch.survive(np.where(asked, error, np.inf), spread) & asked
            return flags

        found[rows] = search(test, tops[rows], _LOCK_PRECISION)
        if progress is not None:
            progress(rows.stop, network.n)
    return found
