"""When to judge a basin's starts: at the times that T2 says are worth looking at."""

from __future__ import annotations

import numpy as np
from scipy.optimize import brentq

from lohe.dynamics.errors import InputError
from lohe.dynamics.network import Network
from lohe.dynamics.settling import converged_probability, settling_time
from lohe.dynamics.sphere import norm

__all__ = ["SHARES", "horizons_from_theory"]

SHARES = (0.5, 0.9, 0.99)
"""Shares of the starts that should have settled at the default horizons."""

_QUANTILES = 512


def horizons_from_theory(
    network: Network, tolerance: float, shares: tuple[float, ...] = SHARES
) -> tuple[float, ...]:
    """Choose horizons by which T2 expects the given shares of the starts to have settled.

    The expectation is over the drives as they are, without crosstalk and natural frequencies,
    and at 512 quantiles of their norms; horizons are rounded to three digits. Oscillators
    without drive are left out, since no time suffices for them.

    Returns
    -------
    tuple of float
        In rising order, without repetition.

    Raises
    ------
    InputError
        If no oscillator has a drive, so that nothing sets a time scale.

    Examples
    --------
    >>> horizons_from_theory(Network([[2.0, 0.0]]), tolerance=1e-2)
    (2.65, 3.57, 4.73)
    """
    norms = norm(network.drive)
    norms = norms[norms > 0]
    if norms.size == 0:
        raise InputError("no oscillator has a drive to set a time scale; give a horizon")
    if norms.size > _QUANTILES:
        norms = np.quantile(norms, (np.arange(_QUANTILES) + 0.5) / _QUANTILES)
    slowest, d = float(norms.min()), network.d

    def gap(t: float, share: float) -> float:
        return float(np.mean(converged_probability(norms, t, tolerance, d))) - share

    found = set()
    for share in shares:
        latest = settling_time(slowest, tolerance, 1 - share, d)
        t = brentq(gap, 0.0, latest, args=(share,)) if gap(0.0, share) < 0 < latest else 0.0
        found.add(float(f"{t:.3g}"))
    return tuple(sorted(found))
