"""When a state that starts in certified caps is within a tolerance at the latest (T6c)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lohe.proofs_numeric.coupled.settling_in_cap import SettlingTimes
from lohe.proofs_numeric.coupled.shrinking_caps import Shrinking
from lohe.proofs_numeric.enclosure import up

__all__ = ["Countdown"]

Floats = NDArray[np.float64]

# Quotients of neighbouring levels of the table, and of their neighbouring distances from 1.
_QUOTIENT, _GAPS = 1.01, 1.15


@dataclass(frozen=True, eq=False)
class Countdown:
    """Upper bounds of the time from every level to one tolerance: the best of several proofs.

    Parameters
    ----------
    levels : (m,) array
        Rising, the last one 1.
    left : (m,) array
        Time from each of them, or any level below it, to the tolerance.
    """

    levels: Floats
    left: Floats

    @classmethod
    def to(
        cls,
        tolerance: float,
        times: SettlingTimes,
        widest: float,
        shrinking: Sequence[Shrinking],
    ) -> Countdown:
        """Choose the best way from each level: down to some level, and there with other caps.

        Parameters
        ----------
        tolerance
            A distance.
        times, widest
            How levels fall, and the largest weight of level 1.
        shrinking
            At least one, by falling level.
        """
        floor = math.nextafter(tolerance / (2 * widest), 0.0)
        levels = _fine(times.levels, floor)
        left = times.down_to(floor, levels)
        for one in shrinking:
            there = float(one.time_upper(np.array([one.level]), tolerance)[0])
            by_level = up(times.down_to(one.level, levels) + there)
            left = np.minimum(left, np.minimum(by_level, one.time_upper(levels, tolerance)))
        # What holds of a level holds below it.
        return cls(levels, np.minimum.accumulate(left[::-1])[::-1])

    def upper(self, level: Floats) -> Floats:
        """Bound the times from levels, (B,); infinity above level 1 and for NaN."""
        return np.append(self.left, np.inf)[np.searchsorted(self.levels, level)]


def _fine(levels: Floats, floor: float) -> Floats:
    """Return many levels, from the floor of the tolerance or the lowest level to 1."""
    lowest = min(max(floor, float(levels[0])), 0.5)
    falling = _QUOTIENT ** -np.arange(math.log(1 / lowest) / math.log(_QUOTIENT))
    gaps = _GAPS ** -np.arange(1.0, math.log(1 / (1 - levels[-2])) / math.log(_GAPS))
    found = np.unique(np.concatenate([[lowest], levels, falling, 1 - gaps]))
    return found[found >= lowest]
