"""Which starts surely converge in time, told by how near they are to the antipodes."""

from __future__ import annotations

import math

import numpy as np

from lohe.dynamics.network import Network
from lohe.proofs_numeric.basins.plan import Plan
from lohe.proofs_numeric.basins.starts import nearness_at
from lohe.proofs_numeric.coupled.weighted_cap import WeightedCap
from lohe.proofs_numeric.decoupled import drive_norm_bounds

__all__ = ["certain_nearness"]

# Room, in angles and half-sines, for rounding here and in the motion that is judged.
_ROOM = 1e-6


def certain_nearness(
    network: Network, plan: Plan, cap: WeightedCap | None = None
) -> tuple[float, ...]:
    r"""Bound how near to the antipodes a start that does not converge in time can be.

    Rare failures cannot be bounded sharply from above by samples alone; this is what must be known
    besides (see `lohe.proofs_numeric.statistics.weighted`).

    Parameters
    ----------
    network
    plan
        Its horizons and tolerance.
    cap
        The certified caps around the reference point of a network with crosstalk; None if nothing
        is proved there.

    Returns
    -------
    tuple of float
        For each horizon a number u, as `plan.Starts` defines it: all starts above it converge
        in time. By T1 without crosstalk and frequencies, where the weakest drive decides; by the
        certified caps (T6c) with crosstalk. 1.0 where nothing is proved.

    Notes
    -----
    T1 divides :math:`\tan(\varphi/2)` by :math:`\exp(\|h\|t)`, :math:`\varphi` the angle to the
    resting point.

    Examples
    --------
    >>> from lohe.proofs_numeric.basins.plan import Starts
    >>> network = Network([[1.0, 0.0, 0.0]])
    >>> plan = Plan(network.digest, 1000, (20.0, 30.0), 0, starts=Starts("tilted", power=4.0))
    >>> [f"{u:.1e}" for u in certain_nearness(network, plan)]
    ['1.7e-05', '3.5e-14']
    """
    if network.decoupled:
        weakest = float(drive_norm_bounds(network)[0].min())
        if weakest == 0:
            return (1.0,) * len(plan.horizons)
        return tuple(_by_drive(weakest, time, plan.tolerance, network.d) for time in plan.horizons)
    if cap is None:
        return (1.0,) * len(plan.horizons)
    return tuple(_by_cap(cap, time, plan.tolerance) for time in plan.horizons)


def _by_drive(drive: float, time: float, tolerance: float, d: int) -> float:
    # tan of half the angle to the antipode that just reaches the tolerance in time.
    slope = math.exp(-drive * time) * math.sqrt((2 - tolerance) * (2 + tolerance)) / tolerance
    return nearness_at(2 * math.atan(slope) * (1 + _ROOM), 1, d)


def _by_cap(cap: WeightedCap, time: float, tolerance: float) -> float:
    low, high = 0.0, 1.0
    if not _in_time(cap, high, time, tolerance):
        for _ in range(50):
            middle = (low + high) / 2
            if _in_time(cap, middle, time, tolerance):
                low = middle
            else:
                high = middle
        high = low
    # Angles that all oscillators may have at once: the least weight decides.
    half_sine = high * float(cap.half_sines.min()) * (1 - _ROOM)
    n, d = cap.centre.shape
    return nearness_at(2 * math.acos(half_sine), n, d)


def _in_time(cap: WeightedCap, level: float, time: float, tolerance: float) -> bool:
    return bool(cap.time_upper(np.array([level]), tolerance)[0] <= time)
