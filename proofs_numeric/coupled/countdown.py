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


@dataclass(frozen=True, eq=False)
class Countdown:
    """Upper bounds of the time from every level to one tolerance: the best of several proofs.

    Parameters
    ----------
    times
        How levels fall.
    left : (m + 1,) array
        Time from each of its levels to the tolerance.
    last
        The lowest of the shrinking caps.
    tolerance
    """

    times: SettlingTimes
    left: Floats
    last: Shrinking
    tolerance: float

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
        levels = times.levels
        left = times.down_to(math.nextafter(tolerance / (2 * widest), 0.0), levels)
        for one in shrinking:
            there = float(one.time_upper(np.array([one.level]), tolerance)[0])
            by_level = up(times.down_to(one.level, levels) + there)
            left = np.minimum(left, np.minimum(by_level, one.time_upper(levels, tolerance)))
        # What holds of a level holds below it.
        left = np.minimum.accumulate(left[::-1])[::-1]
        return cls(times, left, shrinking[-1], tolerance)

    def upper(self, level: Floats) -> Floats:
        """Bound the times from levels, (B,); infinity above level 1 and for NaN."""
        known = level <= 1.0
        level = np.where(known, level, 1.0)
        place = np.searchsorted(self.times.levels, level, side="left") - 1
        place = np.clip(place, 0, len(self.left) - 2)
        own = self.times.within(place, np.maximum(level, self.times.levels[place]))
        by_level = np.minimum(up(self.left[place] + own), self.left[place + 1])
        found = np.minimum(by_level, self.last.time_upper(level, self.tolerance))
        return np.where(known, found, np.inf)
