r"""Certified caps of a size of their own for every oscillator, and how fast they settle (T6c).

The caps of T6b have one angle for all oscillators, the smallest that any of them needs. Here each
has its own, and a bound of the time that a state takes from there to any tolerance.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from lohe.dynamics.errors import InputError
from lohe.dynamics.network import Network
from lohe.dynamics.sphere import norm, normalise
from lohe.proofs_numeric.coupled.cap_weights import propose_cosines
from lohe.proofs_numeric.coupled.centre import find_centre
from lohe.proofs_numeric.coupled.countdown import Countdown
from lohe.proofs_numeric.coupled.forces import Forces, enclose_forces
from lohe.proofs_numeric.coupled.settling_in_cap import SettlingTimes, levels_between
from lohe.proofs_numeric.coupled.shrinking_caps import Shrinking, shrink
from lohe.proofs_numeric.coupled.volume import product_lower
from lohe.proofs_numeric.coupled.weighted_trap import WeightedCaps, half_sine_bounds
from lohe.proofs_numeric.enclosure import down, norm_bounds, up

__all__ = ["OFF_SPHERE", "WeightedCap", "certify_weighted_cap"]

Floats = NDArray[np.float64]

OFF_SPHERE = 2.0**-41
"""How far the norms of the oscillators of a state that is asked about may be from 1."""

_UNIT_GUARD = 1e-6
# The lowest level that is looked at.
_LOWEST = 2.0**-52
# Levels from which caps shrink; most rounds of each; and most numbers that all of them read, twice
# each entry of the crosstalk and so often each oscillator's in every round.
_STARTS = (0.9, 0.6, 0.3, 0.1, 0.03125)
_ROUNDS = 30
_WORK, _PASSES = 2 * 10**9, 200


@dataclass(frozen=True, eq=False)
class WeightedCap:
    r"""What is proved of all starts near a centre, of the stored network.

    A state's level is :math:`\sigma = \max_i \sin u_i / w_i`, with :math:`2u_i` the angle between
    oscillator i and its centre. Every state with :math:`\sigma \le 1` converges to the one
    equilibrium there, and its level falls on the way as long as `times` says how fast.

    Parameters
    ----------
    centre : (n, d) array
        Rows of floats; the centre is their exact directions.
    cosines : (n,) array
        :math:`\cos u_i` of the caps :math:`\sigma \le 1`; their angles are :math:`2u_i`.
    half_sines : (n,) array
        The weights :math:`w_i = \sin u_i` there, rounded down.
    inner
        Upper bound of the distance :math:`\|x_i - y_i\|` of the equilibrium, for every i.
    rate_lower
        Positive lower bound of the rate at which states converge in the end.
    volume_lower
        Share of all states with :math:`\sigma \le 1`; 0.0 if below the smallest float.
    times
        How levels fall.
    shrinking
        Other ways down, from lower and lower levels.
    """

    centre: Floats
    cosines: Floats
    half_sines: Floats
    inner: float
    rate_lower: float
    volume_lower: float
    times: SettlingTimes
    shrinking: tuple[Shrinking, ...]

    @cached_property
    def slopes(self) -> Floats:
        r"""The vectors z of :math:`\sigma^2 \le \max_i(b_i + \langle x_i, z_i\rangle)`, (n, d)."""
        return self.centre * -self._scale[:, np.newaxis]

    @cached_property
    def offsets(self) -> Floats:
        """The numbers b there, (n,); they pay for all rounding and for `OFF_SPHERE`."""
        return up(self._scale * (1 + self._slack))

    @cached_property
    def thresholds(self) -> Floats:
        r"""What :math:`\langle x_i, y_i\rangle` must reach for :math:`\sigma \le 1`, (n,)."""
        return up(up(1 - 2 * down(self.half_sines * self.half_sines)) + self._slack)

    @cached_property
    def _scale(self) -> Floats:
        return up(0.5 / down(self.half_sines * self.half_sines))

    @cached_property
    def _slack(self) -> float:
        """Bound what rounding, and norms that are not quite 1, change of inner products."""
        lower, upper = norm_bounds(self.centre, np.zeros_like(self.centre))
        off = float(np.maximum(up(upper - 1), up(1 - lower)).max())
        return float(2 * (OFF_SPHERE + off) + (self.centre.shape[1] + 16) * 2.0**-51)

    def sigma(self, x: Floats) -> Floats:
        r"""Bound the levels of states from above.

        Parameters
        ----------
        x : (n, d, B) array
            Each oscillator of norm 1 up to `OFF_SPHERE`; normalised states count.

        Returns
        -------
        (B,) array
            Above 1 outside the cap; NaN for states that are not finite. Squares are off by about
            1e-12 from rounding.
        """
        heights = np.einsum("nd,nd...->n...", self.slopes, x)
        heights += self.offsets.reshape(-1, *([1] * (heights.ndim - 1)))
        return up(np.sqrt(np.maximum(heights.max(axis=0), 0.0)))

    def inside(self, x: Floats) -> NDArray[np.bool_]:
        """Tell which states are proved to converge, (B,)."""
        return np.asarray(self.sigma(x) <= 1.0)

    def time_upper(self, sigma: Floats, tolerance: float) -> Floats:
        r"""Bound the time until every :math:`\|x_i - y_i\|` is within a tolerance for good.

        Parameters
        ----------
        sigma : (B,) array
            Upper bounds of levels, from `sigma`.
        tolerance
            A distance.

        Returns
        -------
        (B,) array
            Infinity outside the cap, and for a tolerance below what the lowest level ensures.

        Examples
        --------
        >>> cap = certify_weighted_cap(Network([[2.0, 0.0]]))
        >>> right_angle = cap.sigma(np.array([[[0.0], [1.0]]]))
        >>> exact = (np.arctanh(1 - 5e-13) - 0) / 2  # T1
        >>> bool(exact < cap.time_upper(right_angle, 1e-6)[0] < 1.1 * exact)
        True
        """
        return self.countdown(tolerance).upper(np.asarray(sigma, dtype=np.float64))

    def countdown(self, tolerance: float) -> Countdown:
        """Return the table behind `time_upper`, made at its first use."""
        if tolerance not in self._tables:
            widest = float(half_sine_bounds(self.cosines)[1].max())
            self._tables[tolerance] = Countdown.to(tolerance, self.times, widest, self.shrinking)
        return self._tables[tolerance]

    @cached_property
    def _tables(self) -> dict[float, Countdown]:
        return {}


def certify_weighted_cap(network: Network, centre: Floats | None = None) -> WeightedCap | str:
    """Prove caps of starts that reach one resting point of the stored network (T6c).

    Parameters
    ----------
    network
        Any network.
    centre : (n, d) array, optional
        Unit vectors near a resting point, normalised anew; by default they are sought
        (`find_centre`).

    Returns
    -------
    WeightedCap, or str
        The reason why no cap is proved.

    Raises
    ------
    InputError
        If the centre has not the network's shape, or its rows are no unit vectors.

    Examples
    --------
    >>> coupled = Network([[1.0, 0.0], [9.0, 0.0]], crosstalk=[[0.0, 0.2], [0.2, 0.0]])
    >>> cap = certify_weighted_cap(coupled)
    >>> bool(0.92 < cap.volume_lower < 0.93), bool(cap.cosines[1] < cap.cosines[0] / 5)
    (True, True)
    """
    with np.errstate(over="ignore", under="ignore", invalid="ignore", divide="ignore"):
        state = find_centre(network) if centre is None else _read(centre, network)
        if state is None:
            return "no resting point was found in floats to put a cap around"
        forces = enclose_forces(network, state)
        if forces is None:
            return "the network's entries exceed 2^200, beyond what floats bound here"
        best = None
        for cosines in propose_cosines(network, forces):
            volume = product_lower(cosines, network.d)
            if best is None or volume > best.volume_lower:
                proved = _prove(network, forces, cosines)
                if proved is not None:
                    times, shrinking, (inner, rate) = proved
                    sines = half_sine_bounds(cosines)[0]
                    best = WeightedCap(state, cosines, sines, inner, rate, volume, times, shrinking)
    return best or "no caps were found in floats that could be proved"


def _read(centre: Floats, network: Network) -> Floats:
    rows = np.array(centre, dtype=np.float64)
    if rows.shape != (network.n, network.d):
        raise InputError(f"centre has shape {rows.shape}; expected {(network.n, network.d)}")
    if not np.all(np.abs(norm(rows) - 1) <= _UNIT_GUARD):
        raise InputError("centre has rows off the sphere; normalise them")
    return normalise(rows)


def _prove(
    network: Network, forces: Forces, cosines: Floats
) -> tuple[SettlingTimes, tuple[Shrinking, ...], tuple[float, float]] | None:
    """Prove that levels fall and shrink to an equilibrium, how near and how fast; or nothing."""
    caps = WeightedCaps.from_cosines(network, forces, cosines)
    nearest = float(np.min(cosines)) ** 2 / 16
    times = SettlingTimes.of(caps, levels_between(_LOWEST, nearest))
    if times is None:
        return None
    lowest = float(times.levels[0])
    starts = [level for level in _STARTS if level > lowest] or [lowest]
    matrix = network.crosstalk
    entries = 0 if matrix is None else getattr(matrix, "nnz", network.n**2)
    rounds = _WORK // (2 * entries + _PASSES * network.n)
    found = []
    for level in starts[-max(rounds // _ROUNDS, 1) :]:
        one = shrink(network, forces, caps, (lowest, level), int(min(_ROUNDS, rounds)))
        if one is not None:
            found.append(one)
    ends = [(float(caps.sine_upper.max()), lowest, caps.contraction_lower(lowest))]
    ends += [(one.widest, float(one.times.levels[0]), one.contraction) for one in found]
    rests = [(math.nextafter(2 * wide * low, 1.0), rate) for wide, low, rate in ends if rate > 0]
    if not found or not rests:
        return None
    return times, tuple(found), (min(rests)[0], max(rate for _, rate in rests))
