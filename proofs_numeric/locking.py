r"""Which oscillators with natural frequencies lock, on every device (theorem T5).

Batches are decided by residuals in floats; an oscillator that floats leave open goes to exact
rational arithmetic, where every case is decided. A device set is judged by the robust lock or by
dominance, whichever promises the larger rate.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from lohe.dynamics.errors import InputError
from lohe.dynamics.network import Network
from lohe.proofs_numeric.enclosure import (
    float_up,
    norm_bounds,
    rescale_down,
    sqrt_up,
    up,
)
from lohe.proofs_numeric.exact import ExactAnchors, inner, rationals
from lohe.proofs_numeric.locking_batch import LEAST_LEVEL, MOST_LEVEL, Batch
from lohe.proofs_numeric.locking_blocks import batches, scaled_up
from lohe.proofs_numeric.locking_exact import (
    Locked,
    Unlocked,
    decide_lock,
    resolvent,
    robust_level,
)
from lohe.proofs_numeric.uncertainty import Uncertainty

__all__ = ["Locks", "examine_locks"]

Floats = NDArray[np.float64]

_TINY = float(np.finfo(np.float64).tiny)
# Oscillators decided one by one in exact arithmetic: a few milliseconds each at d = 8.
_EXAMINED = 8192
_OTHER_ROOT = 1 + 1e-9


@dataclass(frozen=True, eq=False)
class Locks:
    r"""What is proved of the oscillators of a network without crosstalk.

    Parameters
    ----------
    levels : (n,) array
        Positive: a level of the robust lock, so every device's rate is at least that.
        Zero: the dominance rule holds, unless the oscillator is `unlocked` or `unresolved`.
    ceilings : (n,) array
        Levels that no device's rate reaches; infinite where none was found.
    points : (n, d) array
        Near the resting points; NaN where no lock is proved.
    radii : (n,) array
        Bounds on the distance of any device's resting point from `points`; infinite where no
        lock is proved.
    rates_lower, rates_upper : (n,) arrays
        Bounds on the rates of all devices; the lower one is 0 where no lock is proved.
    unlocked
        An oscillator of the stored network that does not lock, and a solution y of A y = -h with
        a norm of at most 1, if there is one.
    unresolved
        Oscillators for which no lock of every device could be proved, nor the opposite.
    """

    levels: Floats
    ceilings: Floats
    points: Floats
    radii: Floats
    rates_lower: Floats
    rates_upper: Floats
    unlocked: tuple[int, tuple[Fraction, ...]] | None = None
    unresolved: tuple[int, ...] = ()

    @property
    def proved(self) -> bool:
        """Whether every oscillator of every device locks."""
        return self.unlocked is None and not self.unresolved

    @property
    def radius_upper(self) -> float:
        """The largest of the radii."""
        return float(self.radii.max())


def examine_locks(network: Network, uncertainty: Uncertainty | None = None) -> Locks:
    """Prove that every oscillator of every device locks, or find one that does not.

    Parameters
    ----------
    network
        Without crosstalk; natural frequencies may be absent.
    uncertainty
        Without crosstalk.

    Returns
    -------
    Locks

    Raises
    ------
    InputError
        If there is crosstalk.

    Examples
    --------
    >>> turn = np.array([[[0.0, -3.0], [3.0, 0.0]]])
    >>> locks = examine_locks(Network([[5.0, 0.0]], frequency=turn))
    >>> locks.proved, bool(locks.rates_lower[0] <= 4 <= locks.rates_upper[0])
    (True, True)
    >>> examine_locks(Network([[2.0, 0.0]], frequency=turn)).unlocked
    (0, (Fraction(0, 1), Fraction(2, 3)))
    """
    devices = Uncertainty() if uncertainty is None else uncertainty
    if devices.crosses(network):
        raise InputError("locking is decided oscillator by oscillator; remove the crosstalk")
    n, d = network.n, network.d
    found = Locks(
        levels=np.zeros(n),
        ceilings=np.full(n, np.inf),
        points=np.full((n, d), np.nan),
        radii=np.full(n, np.inf),
        rates_lower=np.zeros(n),
        rates_upper=np.full(n, np.inf),
    )
    errors = devices.drive_errors(network)
    doubts, sure = np.zeros(n), np.zeros(n, dtype=np.bool_)
    for rows, batch in batches(network):
        error = scaled_up(errors[rows], batch.exponent)
        spread = scaled_up(np.full(batch.n, devices.frequency), batch.exponent)
        _fill(found, rows, batch, error, spread)
        # The guessed rate orders the exact decisions: whatever seems not to lock comes first.
        doubts[rows] = batch.spectrum.rates
        if np.any(error) or np.any(spread):
            none = np.zeros(batch.n)
            sure[rows] = (found.rates_lower[rows] == 0) & (batch.levels(none, none) > 0)
    # Nothing more can be known of an oscillator that locks as stored, but not on every device.
    left = np.flatnonzero((found.rates_lower == 0) & ~sure)
    order = left[np.argsort(doubts[left], kind="stable")]
    return _decide(found, network, devices, errors, order)


def _fill(found: Locks, rows: slice, batch: Batch, error: Floats, spread: Floats) -> None:
    """Put into the arrays what floats prove of a batch."""
    levels = batch.levels(error, spread)
    levels = np.where(np.isnan(_stored(levels, batch)), 0.0, levels)
    dominance = batch.dominance(error, spread)
    robust = (levels > 0) & (levels >= dominance)
    rates = np.where(robust, levels, dominance)
    found.levels[rows] = np.where(robust, _stored(levels, batch), 0.0)
    found.rates_lower[rows] = rescale_down(rates, batch.exponent)
    ceilings = batch.ceilings(error, spread)
    ceilings = np.where(np.isnan(_stored(ceilings, batch)), np.inf, ceilings)
    found.ceilings[rows] = np.where(np.isfinite(ceilings), _stored(ceilings, batch), np.inf)
    found.rates_upper[rows] = found.ceilings[rows]
    near = np.flatnonzero((rates >= LEAST_LEVEL) & (rates <= MOST_LEVEL))
    points, radii = _resting(
        batch,
        near,
        rates=rates[near],
        ceilings=ceilings[near],
        error=error[near],
        spread=spread[near],
    )
    # Whoever checks the dominance rule takes another root than this one, by a rounding.
    radii = np.where(robust[near], radii, up(radii * _OTHER_ROOT))
    places = rows.start + near
    found.points[places], found.radii[places] = points, radii


def _stored(levels: Floats, batch: Batch) -> Floats:
    """Scale levels back; NaN where that is not the same number, as a test is about one number."""
    with np.errstate(over="ignore", under="ignore"):
        stored = np.ldexp(levels, batch.exponent)
    return np.where((stored >= _TINY) & np.isfinite(stored), stored, np.nan)


def _resting(
    batch: Batch,
    rows: NDArray[np.intp],
    *,
    rates: Floats,
    ceilings: Floats,
    error: Floats,
    spread: Floats,
) -> tuple[Floats, Floats]:
    """Locate resting points of all devices: ‖x' - x‖ <= ‖y - x‖ + (c - r + e + w ‖y‖) / r."""
    solved = batch.solve(rows, rates)
    length = np.sqrt((solved.points**2).sum(axis=1))
    points = solved.points / length[:, np.newaxis]
    move = solved.points - points
    away = up(norm_bounds(move, up(np.abs(move) * 2.0**-53))[1] + solved.error)
    reach = up(up(up(ceilings - rates) + error) + up(spread * solved.upper))
    return points, up(away + up(reach / rates))


def _decide(
    found: Locks,
    network: Network,
    devices: Uncertainty,
    errors: Floats,
    order: NDArray[np.intp],
) -> Locks:
    """Settle oscillators in exact arithmetic, in that order, until one is found unlocked."""
    exact = ExactAnchors(network)
    spread = Fraction(devices.frequency)
    for i in (int(i) for i in order[:_EXAMINED]):
        stored = exact.drive(i), _frequency(network, i)
        outcome = decide_lock(*stored)
        if isinstance(outcome, Unlocked):
            left = tuple(int(k) for k in np.flatnonzero(found.rates_lower == 0) if k != i)
            return replace(found, unlocked=(i, outcome.point), unresolved=left)
        if np.isfinite(errors[i]):
            _record(found, i, stored, outcome, (Fraction(float(errors[i])), spread))
    left = tuple(int(k) for k in np.flatnonzero(found.rates_lower == 0))
    return replace(found, unresolved=left)


def _record(
    found: Locks,
    i: int,
    stored: tuple[list[Fraction], list[Fraction]],
    outcome: Locked,
    uncertain: tuple[Fraction, Fraction],
) -> None:
    """Enter what is known of an oscillator that locks as stored."""
    drive, frequency = stored
    error, spread = uncertain
    level: float | None = outcome.level
    ceiling = outcome.ceiling
    if error or spread:
        level = robust_level(drive, frequency, outcome.level, error, spread)
        # No level above ‖h‖ + e + w is reached, whatever the frequency.
        ceiling = float_up(sqrt_up(inner(drive, drive)) + error + spread)
        ceiling = min(float(np.nextafter(ceiling, np.inf)), float(found.ceilings[i]))
    found.ceilings[i] = found.rates_upper[i] = ceiling
    if not level:
        return
    found.levels[i] = found.rates_lower[i] = level
    y = resolvent(drive, frequency, Fraction(level))
    length = sqrt_up(inner(y, y))
    found.points[i] = [float(x / length) for x in y]
    move = [a - b for a, b in zip(y, rationals(found.points[i]), strict=True)]
    if ceiling < np.inf:
        reach = Fraction(ceiling) - Fraction(level) + error + spread * length
        found.radii[i] = float_up(sqrt_up(inner(move, move)) + reach / Fraction(level))


def _frequency(network: Network, i: int) -> list[Fraction]:
    if network.frequency is None:
        return [Fraction(0)] * network.d**2
    return rationals(network.frequency[i])
