r"""Many oscillators with natural frequencies at once: levels that are proved by residuals (T5).

Guesses come from the spectral form of the resolvent,
:math:`\|(\lambda I - A)^{-1} h\|^2 = \sum_k c_k / (\lambda^2 + \omega_k^2)`. What counts is the
test that follows: for any y, :math:`\|(\lambda I - A)^{-1} h - y\| \le \|r\| / \lambda` with the
residual :math:`r = h - (\lambda I - A) y`, since A is skew. Each oscillator is scaled by a power
of two, so that its largest number is of order one.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from lohe.proofs_numeric.enclosure import (
    PRODUCT_UNDERFLOW,
    down,
    float_up,
    gamma,
    norm_bounds,
    rescale_up,
    sqrt_up,
    up,
)
from lohe.proofs_numeric.locking_guess import Spectrum, decompose

__all__ = ["LEAST_LEVEL", "MOST_LEVEL", "Batch", "Resolvents", "prepare"]

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Rows = NDArray[np.intp]

_TINY = float(np.finfo(np.float64).tiny)
_UNIT = 2.0**-53
_HALF_ROOT_UP = float_up(sqrt_up(Fraction(1, 2)))
# Scaled levels outside this range are left to exact arithmetic: residuals would decide nothing.
LEAST_LEVEL, MOST_LEVEL = 2.0**-60, 2.0**60
# A first try at the distance from the guess that rounding suggests, then ever further from it.
_ATTEMPTS, _GROWTH = 9, 16.0


@dataclass(frozen=True, eq=False)
class Resolvents:
    """Enclosures of y = (level I - A)^{-1} h.

    Parameters
    ----------
    points : (m, d) array
        Rounded solutions.
    error : (m,) array
        Bounds on the distance of the exact solutions from them.
    lower, upper : (m,) arrays
        Bounds on the norms of the exact solutions.
    """

    points: Floats
    error: Floats
    lower: Floats
    upper: Floats


@dataclass(frozen=True, eq=False)
class Batch:
    """Oscillators, each scaled by ``2**-exponent``.

    Parameters
    ----------
    drive, radius : (n, d) arrays
        The exact drive is within ``radius`` of ``drive``, entry by entry.
    frequency : (n, d, d) array
        Exact but for entries below the normal numbers, which may be off by 2^-1022.
    exponent : (n,) int array
    norm_lower, norm_upper : (n,) arrays
        Bounds on the norm of the drive.
    turn_upper : (n,) array
        Upper bound of the Frobenius norm of the frequency over the root of two.
    spectrum
        Rounded spectral decomposition, for guesses.
    """

    drive: Floats
    radius: Floats
    frequency: Floats
    exponent: Integers
    norm_lower: Floats
    norm_upper: Floats
    turn_upper: Floats
    spectrum: Spectrum

    @property
    def n(self) -> int:
        """Number of oscillators."""
        return len(self.drive)

    def solve(self, rows: Rows, level: Floats) -> Resolvents:
        """Enclose the resolvents of some oscillators at scaled levels from 2^-60 to 2^60."""
        y = self.spectrum.resolvent(rows, level)
        h, matrix, factor = self.drive[rows], self.frequency[rows], level[:, np.newaxis]
        d = h.shape[1]
        residual = h - factor * y + np.einsum("nij,nj->ni", matrix, y)
        size = np.abs(h) + factor * np.abs(y)
        size += np.einsum("nij,nj->ni", np.abs(matrix), np.abs(y))
        # At most d + 3 roundings lie on the way to any entry; 8 u pays for those made here. No
        # entry of y exceeds 2^62, so whatever underflows costs far less than PRODUCT_UNDERFLOW.
        g = gamma(d + 4)
        relative = float_up(g / (1 - g) * (1 + Fraction(8, 2**53)))
        off = up(up(size * relative + (d + 4) * PRODUCT_UNDERFLOW) + self.radius[rows])
        error = up(norm_bounds(residual, off)[1] / level)
        lower, upper = norm_bounds(y, np.zeros_like(y))
        return Resolvents(y, error, np.maximum(down(lower - error), 0.0), up(upper + error))

    def levels(self, error: Floats, spread: Floats) -> Floats:
        r"""Find levels at which every device locks (T5, robust lock).

        Parameters
        ----------
        error, spread : (n,) arrays
            Scaled bounds on the errors of drive and frequency, 0 or more; may be infinite.

        Returns
        -------
        (n,) array
            Scaled levels :math:`\lambda > \omega`, nearly the largest, with
            :math:`\|y(\lambda)\| (\lambda - \omega) > \lambda + e` proved; 0 where none was found.
        """
        guess = self.spectrum.highest_level(error, spread)
        slack = self._slack(guess)
        found = np.zeros(self.n)
        left = np.flatnonzero((guess >= LEAST_LEVEL) & (guess <= MOST_LEVEL))
        for _ in range(_ATTEMPTS):
            trial = guess[left] - np.minimum(slack[left], 0.75 * guess[left])
            inside = trial >= LEAST_LEVEL
            left, trial = left[inside], trial[inside]
            if not left.size:
                break
            norm = self.solve(left, trial).lower
            room = np.maximum(down(trial - spread[left]), 0.0)
            holds = down(norm * room) > up(trial + error[left])
            found[left[holds]] = trial[holds]
            left = left[~holds]
            slack[left] *= _GROWTH
        return found

    def survive(self, error: Floats, spread: Floats) -> NDArray[np.bool_]:
        """Prove that every device locks, at whatever rate (T5, robust lock and dominance)."""
        proved = self.dominance(error, spread) > 0
        level = self.spectrum.safest_level(error, spread)
        left = np.flatnonzero(~proved & (level >= LEAST_LEVEL) & (level <= MOST_LEVEL))
        level = level[left]
        room = np.maximum(down(level - spread[left]), 0.0)
        norm = self.solve(left, level).lower
        proved[left] = down(norm * room) > up(level + error[left])
        return proved

    def ceilings(self, error: Floats, spread: Floats) -> Floats:
        r"""Find levels that no device's rate reaches (T5, ceiling).

        Returns
        -------
        (n,) array
            Scaled levels with :math:`\|y(\lambda)\| (\lambda + \omega) + e < \lambda` proved,
            nearly the smallest; infinite where none was found.
        """
        guess = self.spectrum.lowest_ceiling(error, spread)
        slack = self._slack(guess)
        found = np.full(self.n, np.inf)
        left = np.flatnonzero((guess >= LEAST_LEVEL) & (guess <= MOST_LEVEL))
        for _ in range(_ATTEMPTS):
            trial = guess[left] + slack[left]
            inside = trial <= MOST_LEVEL
            left, trial = left[inside], trial[inside]
            if not left.size:
                break
            norm = self.solve(left, trial).upper
            holds = up(up(norm * up(trial + spread[left])) + error[left]) < trial
            found[left[holds]] = trial[holds]
            left = left[~holds]
            slack[left] *= _GROWTH
        return found

    def dominance(self, error: Floats, spread: Floats) -> Floats:
        r"""Bound the rates where the drive outweighs every frequency (T5, dominance).

        Returns
        -------
        (n,) array
            Scaled lower bounds of
            :math:`\sqrt{(\|h\| - e)^2 - (\|A\|_F/\sqrt2 + \omega)^2}`; 0 where it is not positive.
        """
        push = np.maximum(down(self.norm_lower - error), 0.0)
        turn = up(self.turn_upper + spread)
        turn = np.where((self.turn_upper == 0) & (spread == 0), 0.0, turn)
        square = np.maximum(down(down(push - turn) * down(push + turn)), 0.0)
        ahead = (push > turn) & (square > 0)
        return np.where(ahead, np.maximum(down(np.sqrt(square)), 0.0), 0.0)

    def _slack(self, guess: Floats) -> Floats:
        """Say how far from a guessed level its test should hold in spite of rounding."""
        level = np.clip(guess, LEAST_LEVEL, MOST_LEVEL)
        scale = self.norm_upper + level + self.turn_upper
        error = 4 * (self.drive.shape[1] + 4) * _UNIT * scale + self.radius.sum(axis=1)
        slope = self.spectrum.slope(level)
        slack = np.divide(2 * error, level * slope, out=np.full(self.n, np.inf), where=slope > 0)
        bounded: Floats = np.maximum(np.minimum(slack, level), 8 * _UNIT * level)
        return bounded


def prepare(drive: Floats, radius: Floats, exponent: Integers, frequency: Floats | None) -> Batch:
    """Scale oscillators one by one and decompose their frequencies.

    Parameters
    ----------
    drive, radius : (n, d) arrays
        The exact drives are ``(drive ± radius) * 2**exponent``.
    exponent : (n,) int array
    frequency : (n, d, d) array or None
        Skew; None for none.

    Returns
    -------
    Batch
    """
    n, d = drive.shape
    matrix = np.zeros((n, d, d)) if frequency is None else frequency
    weight = np.abs(drive).max(axis=1)
    turn = np.abs(matrix).max(axis=(1, 2))
    lowest = -(2**20)
    ends = np.frexp(weight)[1] + exponent
    both = np.maximum(
        np.where(weight > 0, ends, lowest), np.where(turn > 0, np.frexp(turn)[1], lowest)
    )
    scale = np.where(both > lowest, both, 0)
    shift = (exponent - scale)[:, np.newaxis]
    with np.errstate(under="ignore"):
        scaled = np.ldexp(drive, shift)
        matrix = np.ldexp(matrix, -scale[:, np.newaxis, np.newaxis])
    off = rescale_up(radius, shift)
    off = np.where((np.abs(scaled) < _TINY) & (drive != 0), up(off + _TINY), off)
    lower, upper = norm_bounds(scaled, off)
    frobenius = norm_bounds(matrix.reshape(n, d * d), np.zeros((n, d * d)))[1]
    turning = up(up(frobenius * _HALF_ROOT_UP) + d * _TINY)
    return Batch(
        drive=scaled,
        radius=off,
        frequency=matrix,
        exponent=scale,
        norm_lower=lower,
        norm_upper=upper,
        turn_upper=np.where(turn > 0, turning, 0.0),
        spectrum=decompose(scaled, matrix),
    )
