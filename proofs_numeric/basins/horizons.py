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

_MANY = 512


def horizons_from_theory(
    network: Network, tolerance: float, shares: tuple[float, ...] = SHARES
) -> tuple[float, ...]:
    """Choose horizons by which T2 expects the given shares of the starts to have settled.

    The expectation is over the drives as they are, without crosstalk and natural frequencies;
    horizons are rounded to three digits. Without crosstalk a start is one of a single oscillator,
    and 512 quantiles of the drives' norms stand for all; with crosstalk it has settled when every
    oscillator has, and the 512 slowest stand for all. Oscillators without drive are left out,
    since no time suffices for them.

    Returns
    -------
    tuple of float
        In rising order, without repetition.

    Raises
    ------
    InputError
        If no oscillator has a drive, so that nothing sets a time scale, or the tolerance cannot be
        used.

    Examples
    --------
    >>> horizons_from_theory(Network([[2.0, 0.0]]), tolerance=1e-2)
    (2.65, 3.57, 4.73)
    """
    if not 0 < tolerance < 2:
        raise InputError(f"tolerance is {tolerance}; choose it between 0 and 2")
    norms = norm(network.drive)
    norms = norms[norms > 0]
    if norms.size == 0:
        raise InputError("no oscillator has a drive to set a time scale; give a horizon")
    together = network.has_crosstalk
    if norms.size > _MANY and together:
        norms = np.partition(norms, _MANY)[:_MANY]
    elif norms.size > _MANY:
        norms = np.quantile(norms, (np.arange(_MANY) + 0.5) / _MANY)
    slowest, d = float(norms.min()), network.d

    def gap(t: float, share: float) -> float:
        settled = converged_probability(norms, t, tolerance, d)
        return float(np.prod(settled) if together else np.mean(settled)) - share

    found = set()
    for share in shares:
        missing = (1 - share) / (norms.size if together else 1)
        latest = settling_time(slowest, tolerance, missing, d)
        t = brentq(gap, 0.0, latest, args=(share,)) if gap(0.0, share) < 0 < latest else 0.0
        found.add(float(f"{t:.3g}"))
    return tuple(sorted(found))
