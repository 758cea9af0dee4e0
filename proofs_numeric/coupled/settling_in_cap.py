r"""How long a state inside weighted caps takes to settle, bounded from above (T6c).

The rates :math:`r_i` of `weighted_trap` are log-concave in :math:`\ln\sigma`, so their inverses
are convex, and so is the largest of them: between two levels the time :math:`\int \max_i
r_i^{-1}\,d\ln\sigma` is at most that of the straight line through its ends. A table of levels at
which all rates are proved positive bounds every settling time, and proves that no level rises.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lohe.proofs_numeric.coupled.weighted_trap import WeightedCaps
from lohe.proofs_numeric.enclosure import up

__all__ = ["SettlingTimes", "levels_between", "log_lower", "log_upper"]

Floats = NDArray[np.float64]

# The float above ln 2, and what pays for some hundred rounded operations on positive numbers.
_LN2 = 0.6931471805599454
_LESS, _MORE = 1 - 2.0**-40, 1 + 2.0**-40
# Distances of levels from 1 grow by this factor from one to the next; the levels below one half
# are sparse, for there the rates hardly change.
_STEP = 2.0**0.5
_LOW = (0.35, 0.25, 0.18, 0.125, 0.0625)
_LOWER = 2.0**-2


@dataclass(frozen=True, eq=False)
class SettlingTimes:
    r"""Upper bounds of the times that states take from one level to another.

    Parameters
    ----------
    levels : (m + 1,) array
        Rising floats, the last one 1.
    slow_low, slow_high : (m,) arrays
        Bounds of :math:`\max_i r_i^{-1}` at the lower and the upper end of each interval.
    lengths, shortest : (m,) arrays
        Upper and lower bounds of the logarithms of the quotients of its ends.
    elapsed : (m + 1,) array
        Time from each level down to the lowest.
    """

    levels: Floats
    slow_low: Floats
    slow_high: Floats
    lengths: Floats
    shortest: Floats
    elapsed: Floats

    @classmethod
    def of(cls, caps: WeightedCaps, levels: Floats) -> SettlingTimes | None:
        """Bound the rates from level 1 down to the lowest that is proved to fall; None if none.

        Between two neighbours each oscillator is held by one of its pulls at both of them, and by
        concavity in between.
        """
        slow: list[tuple[float, float]] = []
        wanted, above = True, caps.rates_lower(float(levels[-1]))
        for level in levels[-2::-1].tolist():
            # The far pull serves large angles: once it is of no use, it is left alone.
            wanted = wanted and bool(np.any(above[0] < above[1]))
            below = caps.rates_lower(level, wanted)
            pairs = zip(below, above, strict=True)
            near, far = (np.minimum(low, high) for low, high in pairs)
            nearer = near >= far
            low = float(np.where(nearer, below[0], below[1]).min())
            high = float(np.where(nearer, above[0], above[1]).min())
            if not min(low, high) > 0:
                break
            slow.append((math.nextafter(1 / low, math.inf), math.nextafter(1 / high, math.inf)))
            above = below
        if not slow:
            return None
        levels = levels[-len(slow) - 1 :]
        ends = np.array(slow[::-1])
        lengths = log_upper(levels[1:], levels[:-1])
        times = lengths * ends.mean(axis=1) * _MORE
        elapsed = np.concatenate([[0.0], np.cumsum(times)])
        if not np.isfinite(elapsed[-1]):
            return None
        shortest = log_lower(levels[1:], levels[:-1])
        return cls(levels, ends[:, 0], ends[:, 1], lengths, shortest, elapsed)

    def down_to(self, floor: float, start: Floats) -> Floats:
        """Bound the time until a state is at the level `floor` or below, and stays there.

        Parameters
        ----------
        floor
            At least the lowest level of the table, or nothing is known.
        start : (B,) array
            Levels at which states start, at most.

        Returns
        -------
        (B,) array
            0 at `floor` or below; infinity above level 1, for NaN, and where nothing is known.
        """
        lowest = float(self.levels[0])
        if not floor >= lowest:
            return np.full(start.shape, np.inf)
        floor = min(floor, 1.0)
        first = min(
            int(np.searchsorted(self.levels, floor, side="right")) - 1, len(self.lengths) - 1
        )
        inside = (start > floor) & (start <= 1.0)
        level = np.where(inside, start, floor)
        place = np.clip(np.searchsorted(self.levels, level, side="left") - 1, first, None)
        # The rest of the lowest interval, at the slower of its ends.
        slowest = max(self.slow_low[first], self.slow_high[first])
        end = np.minimum(level, self.levels[first + 1])
        rest = log_upper(end, np.full_like(end, floor)) * slowest
        whole = np.maximum(self.elapsed[place] - self.elapsed[first + 1], 0.0)
        whole += self.elapsed[place] * (_MORE - 1)
        own = np.where(place > first, self.within(place, level), 0.0)
        total = (rest + whole + own) * _MORE
        return np.where(inside, total, np.where(start <= floor, 0.0, np.inf))

    def within(self, place: NDArray[np.intp], level: Floats) -> Floats:
        """Bound the time from a level down to the lower end of its interval: below the line."""
        low, high = self.slow_low[place], self.slow_high[place]
        way = np.minimum(log_upper(level, self.levels[place]), self.lengths[place])
        # The line is steepest over the shortest length that the interval may have.
        part = np.minimum(way / self.shortest[place], 1.0)
        at_start = low + np.maximum(high - low, 0.0) * part
        return np.asarray(way * (low + at_start) / 2 * _MORE)


def levels_between(lowest: float, nearest: float) -> Floats:
    """Return levels from `lowest` to 1, dense at 1 down to the distance `nearest` from it."""
    gaps = 0.5 / _STEP ** np.arange(0.0, 120.0)
    gaps = gaps[gaps > max(nearest, 2.0**-52)]
    levels: Sequence[float] = [*_LOW]
    while levels[-1] > lowest:
        levels = [*levels, levels[-1] * _LOWER]
    found = np.unique([lowest, *levels, *(1 - gaps), 1.0])
    return found[found >= lowest]


def log_upper(larger: Floats, smaller: Floats) -> Floats:
    r"""Bound :math:`\ln(\text{larger}/\text{smaller})` from above, for larger >= smaller > 0.

    Powers of two go first; for the rest :math:`\ln(1 + x) \le x(6 + x)/(6 + 4x)`, at most 0.007
    too much.

    Examples
    --------
    >>> float(np.round(log_upper(np.array([3.0]), np.array([1.0]))[0] - np.log(3.0), 4))
    0.0008
    """
    mantissa, exponent = np.frexp(up(larger / smaller))
    x = 2 * mantissa - 1
    bound = (exponent - 1) * _LN2 + x * (6 + x) / (6 + 4 * x)
    return np.asarray(np.maximum(bound * _MORE, 0.0))


def log_lower(larger: Floats, smaller: Floats) -> Floats:
    r"""Bound :math:`\ln(\text{larger}/\text{smaller})` from below, for larger >= smaller > 0.

    :math:`\ln(1 + x) \ge 2x/(2 + x)`, at most 14 % too little up to a quotient of 4.
    """
    return np.asarray(2 * (larger - smaller) / (larger + smaller) * _LESS)
