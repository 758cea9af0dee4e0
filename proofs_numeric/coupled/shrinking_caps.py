r"""Caps that shrink at different speeds, and how long they take (T6c).

All caps of one level shrink together, as slowly as the slowest oscillator among neighbours that
are as far from rest. In truth the others come to rest sooner and disturb it less. Where every
:math:`\sin u_k \le b_k` from some time on, :math:`\sin u_i = s` falls at the speed

.. math:: \varphi_i(s) = \cos u_i \bigl(s (\ell \cos u_i - a_i s) - q / 2\bigr)

at least, with :math:`q = 2 \sum_k |J_{ik}| b_k + \|f_i\|` for the near pull and the far pull's as
in `weighted_trap`. It is log-concave where it is positive, so oscillator i takes at most
:math:`(b_i - b_i')(1/\varphi_i(b_i) + 1/\varphi_i(b_i'))/2` from :math:`b_i` to :math:`b_i'`,
below which it stays; then the next caps are in force. The sizes are chosen in floats and the times
proved. After some rounds the caps keep their proportions and shrink by levels of their own.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lohe.dynamics.network import Network
from lohe.proofs_numeric.coupled.forces import Forces
from lohe.proofs_numeric.coupled.settling_in_cap import SettlingTimes, levels_between
from lohe.proofs_numeric.coupled.strength import heard_upper
from lohe.proofs_numeric.coupled.weighted_trap import FAINT, LESS, MORE, WeightedCaps, loose_push
from lohe.proofs_numeric.enclosure import up

__all__ = ["Shrinking", "shrink"]

Floats = NDArray[np.float64]

# Length of the first round, over the settling time of the slowest oscillator alone, and by how much
# each is longer than the last; and how many rounds without any gain end the search.
_ROUND, _LONGER = 0.12, 1.07
_PATIENCE = 4
# A tolerance at which times are compared.
_TARGET = 1e-6
# Smaller copies of the caps shrink as fast while the residual, times this, is small.
_COPIES = 2.0**20
_FAR_ABOVE = 2.0**-24


@dataclass(frozen=True, eq=False)
class Shrinking:
    r"""From caps of one level to smaller ones of other proportions.

    Parameters
    ----------
    level
        Of the first caps, at most.
    duration
        Time after which all states that start there are in the last caps.
    smallest
        In (0, 1]: copies of the first caps by any factor from it to 1 take no longer to the same
        copies of the last.
    times
        How the levels of the last caps fall; level 1 are those caps.
    widest
        Upper bound of the largest weight of the last caps.
    contraction
        Rate at which states at the lowest of those levels approach one another; 0 if unproved.
    """

    level: float
    duration: float
    smallest: float
    times: SettlingTimes
    widest: float
    contraction: float

    def time_upper(self, level: Floats, tolerance: float) -> Floats:
        """Bound the time from levels, (B,), of the first caps to within a tolerance for good."""
        floor = math.nextafter(tolerance / (2 * self.widest), 0.0)
        copy = np.maximum(up(level / self.level), self.smallest)
        left = self.times.down_to(floor, np.minimum(copy, 1.0))
        return np.where(level <= self.level, up(self.duration + left), np.inf)


def shrink(
    network: Network, forces: Forces, caps: WeightedCaps, levels: tuple[float, float], rounds: int
) -> Shrinking | None:
    """Let the caps of one level shrink for as long as it pays; None if they get stuck.

    Parameters
    ----------
    network, forces
        The forces at the centre.
    caps
        Of level 1.
    levels
        The lowest level that no state is proved to leave, and that from which the caps shrink.
    rounds
        At most so many.
    """
    lowest, level = levels
    room, copies = _FAR_ABOVE / float(np.max(forces.residual_upper / forces.along_lower)), 1.0
    if room > 1:
        copies = min(_COPIES, 2.0 ** math.floor(math.log2(room)))
    pull = _Pull(forces, forces.residual_upper * copies, loose_push(forces))
    found = _search(network, pull, up(level * caps.sine_upper), rounds)
    if found is None:
        return None
    sizes, elapsed, alone = found
    last = WeightedCaps.from_sines(network, forces, sizes)
    resting = float(np.max(last.near_push / (last.near - last.share)))
    if not 4 * resting < 1:
        return None
    falling = SettlingTimes.of(last, levels_between(max(4 * resting, 2.0**-52), 2.0**-3))
    if falling is None:
        return None
    return Shrinking(
        level=level,
        duration=elapsed,
        smallest=_smallest(copies, lowest / level) if alone else 1.0,
        times=falling,
        widest=float(sizes.max()),
        contraction=last.contraction_lower(float(falling.levels[0])),
    )


def _search(
    network: Network, pull: _Pull, sizes: Floats, rounds: int
) -> tuple[Floats, float, bool] | None:
    """Return the best sizes to go on from by levels, the time until then, and whether copies may.

    Best is what seems to reach a small tolerance first, at the rate of the sizes in proportion.
    """
    elapsed, step = 0.0, _ROUND / float(np.min(pull.forces.along_lower))
    best, found, since, alone = math.inf, None, 0, True
    for _ in range(rounds + 1):
        heard = heard_upper(network, sizes)
        rate = pull.slowest(sizes, heard)
        if rate > 0:
            total = elapsed + max(math.log(2 * float(sizes.max()) / _TARGET), 0.0) / rate
            if total < best * (1 - 1e-3):
                best, found, since = total, (sizes, elapsed, alone), 0
            else:
                since += 1
        if since > _PATIENCE:
            break
        smaller = pull.after(sizes, heard, step)
        times, nearly = pull.times(sizes, smaller, heard)
        took = float(times.max())
        if not (math.isfinite(took) and took > 0):
            break
        sizes, elapsed, alone = smaller, (elapsed + took) * MORE, alone and nearly
        step *= _LONGER
    return found


def _smallest(copies: float, quotient: float) -> float:
    """Return the least factor of copies that start at a level no state leaves."""
    return min(max(1 / copies, math.nextafter(quotient, 1.0)), 1.0)


@dataclass(frozen=True, eq=False)
class _Pull:
    """What makes single oscillators fall; the residual may stand for that of smaller copies."""

    forces: Forces
    residual: Floats
    loose: Floats

    def slowest(self, sizes: Floats, heard: Floats) -> float:
        """Return the rate at which these caps shrink in proportion, in floats."""
        speed = self._speed(self.forces.along_lower, sizes, 2 * heard + self.residual)
        return float(np.min(speed / sizes))

    def after(self, sizes: Floats, heard: Floats, step: float) -> Floats:
        """Return the sizes that the near or far pull reaches in a time, as far as proved by ends.

        Linear in s, the speed falls by the factor x from end to end in the time (1/x - x)/2 that
        the ends prove, over the slope.
        """
        best = sizes
        for pull, push in self._pulls(heard):
            speed = self._speed(pull, sizes, push)
            slope = np.maximum(speed / sizes, pull * np.sqrt(1 - np.square(sizes)))
            left = np.exp(-np.arcsinh(slope * step))
            moved = sizes - (1 - left) * speed / slope
            best = np.fmin(best, np.where(speed > 0, moved, sizes))
        return np.maximum(best, np.finfo(np.float64).tiny)

    def times(self, sizes: Floats, smaller: Floats, heard: Floats) -> tuple[Floats, bool]:
        """Bound the times from one size to the next; tell whether the near pull does it all."""
        way, found = sizes - smaller, []
        for pull, push in self._pulls(heard):
            high, low = self._speed(pull, sizes, push), self._speed(pull, smaller, push)
            slow = np.where((high > 0) & (low > 0), 1 / high + 1 / low, np.inf)
            found.append(np.where(sizes == smaller, 0.0, way * slow / 2 * MORE))
        near, far = found
        return np.minimum(near, far), bool(np.all(near <= far))

    def _pulls(self, heard: Floats) -> tuple[tuple[Floats, Floats], tuple[Floats, Floats]]:
        forces = self.forces
        near = forces.along_lower, 2 * heard + self.residual
        return near, (forces.drive_along_lower, self.loose)

    def _speed(self, pull: Floats, sine: Floats, push: Floats) -> Floats:
        cosine = np.sqrt((1 - sine) * (1 + sine))
        against = self.forces.rotation_upper * np.square(sine) + push / 2
        held = (LESS * pull) * sine * cosine - MORE * against
        return np.where(pull > FAINT, (LESS * held) * cosine, -np.inf)
