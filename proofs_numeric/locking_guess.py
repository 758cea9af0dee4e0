r"""Rounded levels and resting points of oscillators with natural frequencies (T5): guesses only.

For skew A, the matrix iA is Hermitian; in its eigenbasis the resolvent is diagonal, and
:math:`f(\lambda) = \sum_k c_k / (\lambda^2 + \omega_k^2)` costs d operations. Nothing here is
rigorous; `lohe.proofs_numeric.locking_batch` proves what is found.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Spectrum", "decompose"]

Floats = NDArray[np.float64]
Complexes = NDArray[np.complex128]

_FALLS, _BISECTIONS, _THIRDS, _NEWTON = 8, 44, 10, 100
# Levels to try, as shares of the way from the spread of the frequency to the rate.
_SHARES = np.concatenate(
    [
        2.0 ** -np.arange(40.0, 4.0, -3),
        np.linspace(0.1, 0.9, 9),
        1 - 2.0 ** -np.arange(4.0, 40.0, 3),
    ]
)
# Squared rates below this are left to exact arithmetic, scaled to numbers of order one.
_LEAST_SQUARE = 2.0**-130


@dataclass(frozen=True, eq=False)
class Spectrum:
    """Rounded spectral decompositions of frequencies, and the drives in their bases.

    Parameters
    ----------
    turns : (n, d) array
        Eigenvalues of iA.
    vectors : (n, d, d) complex array
    coefficients : (n, d) complex array
        The drives in the eigenbases.
    parts : (n, d) array
        Squared moduli of the coefficients.
    rates : (n,) array
        Guessed rates; 0 where the oscillator seems not to lock.
    """

    turns: Floats
    vectors: Complexes
    coefficients: Complexes
    parts: Floats
    rates: Floats

    def resolvent(self, rows: NDArray[np.intp], level: Floats) -> Floats:
        """Return (level I - A)^{-1} h, (m, d), of some oscillators."""
        shifted = level[:, np.newaxis] + 1j * self.turns[rows]
        solution = np.einsum("nij,nj->ni", self.vectors[rows], self.coefficients[rows] / shifted)
        return np.ascontiguousarray(solution.real)

    def norm(self, level: Floats) -> Floats:
        """Return the norms of the resolvents at one level per oscillator."""
        square = (level * level)[:, np.newaxis] + self.turns**2
        terms = np.divide(self.parts, square, out=np.zeros_like(square), where=square > 0)
        return np.asarray(np.sqrt(terms.sum(axis=1)))

    def slope(self, level: Floats) -> Floats:
        """Return how fast the norms of the resolvents fall with the level."""
        square = (level * level)[:, np.newaxis] + self.turns**2
        norm = np.sqrt((self.parts / square).sum(axis=1))
        fall = level * (self.parts / square**2).sum(axis=1)
        slope: Floats = np.divide(fall, norm, out=np.zeros_like(norm), where=norm > 0)
        return slope

    def safest_level(self, error: Floats, spread: Floats) -> Floats:
        r"""Guess the level where :math:`\|y\| (\lambda - \omega) / (\lambda + e)` is largest."""
        floor = np.minimum(spread, self.rates)
        width = self.rates - floor

        def safety(share: Floats) -> Floats:
            level = floor + share * width
            with np.errstate(divide="ignore", invalid="ignore"):
                found = self.norm(level) * (level - spread) / (level + error)
            return np.where(np.isnan(found), -np.inf, found)

        best = np.full(len(floor), _SHARES[0])
        most, place = safety(best), np.zeros(len(floor), dtype=np.intp)
        for k, share in enumerate(_SHARES):
            found = safety(np.full(len(floor), share))
            place[found > most] = k
            most = np.maximum(most, found)
        low = _SHARES[np.maximum(place - 1, 0)]
        high = _SHARES[np.minimum(place + 1, len(_SHARES) - 1)]
        for _ in range(_THIRDS):
            left, right = low + (high - low) / 3, high - (high - low) / 3
            rises = safety(left) < safety(right)
            low, high = np.where(rises, left, low), np.where(rises, high, right)
        best = (low + high) / 2
        best = np.where(safety(best) > most, best, _SHARES[place])
        return np.asarray(floor + best * width)

    def highest_level(self, error: Floats, spread: Floats) -> Floats:
        r"""Guess the largest level with :math:`\|y\| (\lambda - \omega) = \lambda + e`, or 0."""
        if not (np.any(error) or np.any(spread)):
            return self.rates.copy()

        def holds(level: Floats) -> NDArray[np.bool_]:
            with np.errstate(invalid="ignore"):
                return self.norm(level) * (level - spread) > level + error

        safe = self.safest_level(error, spread)
        some = holds(safe)
        low, high = safe, self.rates.copy()
        for _ in range(_BISECTIONS):
            middle = low + (high - low) / 2
            good = holds(middle)
            low, high = np.where(good, middle, low), np.where(good, high, middle)
        return np.where(some, low, 0.0)

    def lowest_ceiling(self, error: Floats, spread: Floats) -> Floats:
        r"""Guess the smallest level with :math:`\|y\| (\lambda + \omega) + e = \lambda`."""
        if not (np.any(error) or np.any(spread)):
            return self.rates.copy()

        def root(reach: Floats) -> Floats:
            total = reach + error
            return np.asarray((total + np.sqrt(total**2 + 4 * reach * spread)) / 2)

        with np.errstate(over="ignore", invalid="ignore"):
            # level * norm grows with the level and stays below the norm of the drive, so this is an
            # upper bound of the largest root, and so is every step from it.
            level = root(np.sqrt(self.parts.sum(axis=1)))
            for _ in range(_FALLS):
                level = np.minimum(level, root(level * self.norm(level)))
            low = np.minimum(self.rates, level)
            for _ in range(_BISECTIONS):
                middle = low + (level - low) / 2
                good = self.norm(middle) * (middle + spread) + error < middle
                low, level = np.where(good, low, middle), np.where(good, middle, level)
        return level


def decompose(drive: Floats, frequency: Floats) -> Spectrum:
    """Decompose scaled oscillators, drive (n, d) and skew frequency (n, d, d)."""
    if frequency.any():
        turns, vectors = np.linalg.eigh(1j * frequency)
        coefficients = np.einsum("nji,nj->ni", vectors.conj(), drive)
    else:
        turns = np.zeros_like(drive)
        vectors = np.broadcast_to(np.eye(drive.shape[1], dtype=np.complex128), frequency.shape)
        coefficients = drive.astype(np.complex128)
    parts = coefficients.real**2 + coefficients.imag**2
    return Spectrum(turns, vectors, coefficients, parts, _rates(parts, turns**2))


def _rates(parts: Floats, squares: Floats) -> Floats:
    """Solve sum c / (m + w) = 1 for m = rate^2 by Newton's method on 1 / sum, which is concave.

    From a lower bound of the root it never overshoots.
    """
    start = np.maximum((parts - squares).max(axis=1), parts.sum(axis=1) - squares.max(axis=1))
    m = np.maximum(start, _LEAST_SQUARE)
    for _ in range(_NEWTON):
        terms = parts / (m[:, np.newaxis] + squares)
        total = terms.sum(axis=1)
        fall = (terms / (m[:, np.newaxis] + squares)).sum(axis=1)
        step = np.divide((total - 1) * total, fall, out=np.zeros_like(m), where=fall > 0)
        following = np.maximum(m + step, _LEAST_SQUARE)
        done = np.abs(following - m) <= 4e-16 * m
        m = following
        if done.all():
            break
    return np.where(m > _LEAST_SQUARE, np.sqrt(m), 0.0)
