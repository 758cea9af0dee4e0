"""How far from its resting point each oscillator is pulled back, by T6b's inequalities alone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lohe.proofs_numeric.coupled.trapping import Hold

__all__ = ["Pulls", "pulls"]

Floats = NDArray[np.float64]

_BLOCK = 2048
_HALF_ANGLES = np.unique(
    np.concatenate([np.geomspace(1e-4, 0.05, 80), np.linspace(0.02, np.pi / 2, 400)])
)


@dataclass(frozen=True, eq=False)
class Pulls:
    """Angles from the resting point at which each oscillator is pulled inward, in radians.

    Parameters
    ----------
    low, high : (n,) arrays
        Between these, while no other oscillator is further out; both NaN where there is no such
        angle.
    contracts : (n,) array
        Below this the flow contracts; 0 where it nowhere does.
    """

    low: Floats
    high: Floats
    contracts: Floats


def pulls(hold: Hold) -> Pulls:
    """Find where T6b's inequalities hold for each oscillator alone, to the nearest of many angles.

    Parameters
    ----------
    hold
        What holds each oscillator at the centre, and what moves it.
    """
    n = hold.along.size
    low, high, contracts = np.full(n, np.nan), np.full(n, np.nan), np.zeros(n)
    u = _HALF_ANGLES
    for start in range(0, n, _BLOCK):
        rows = slice(start, start + _BLOCK)
        along, turning, felt, rest, push, loss = (
            values[rows, np.newaxis]
            for values in (
                hold.along,
                hold.rotation,
                hold.crosstalk,
                hold.residual,
                hold.push,
                hold.loss,
            )
        )
        inward = 2 * np.sin(u) * (along * np.cos(u) - turning * np.sin(u) - felt) > push
        some = inward.any(axis=1)
        first, last = inward.argmax(axis=1), u.size - 1 - inward[:, ::-1].argmax(axis=1)
        # At the first angle looked at there is nothing smaller to tell apart from rest.
        low[rows] = np.where(some, np.where(first > 0, 2 * u[first], 0.0), np.nan)
        high[rows] = np.where(some, 2 * u[last], np.nan)
        rate = along * np.cos(2 * u) - (turning + rest) * np.sin(2 * u) - 2 * felt * np.sin(u)
        good = rate > loss
        best = 2 * u[u.size - 1 - good[:, ::-1].argmax(axis=1)]
        contracts[rows] = np.where(good.any(axis=1), best, 0.0)
    return Pulls(low, high, contracts)
