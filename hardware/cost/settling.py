"""How long an array settles, in seconds: T2's or T5's rates times the substrate's coupling rate."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lohe.dynamics.errors import InputError
from lohe.dynamics.settling import settling_time

__all__ = ["SettlingSeconds", "settling_seconds"]

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class SettlingSeconds:
    """Times after which oscillators are within an error of rest, with a probability.

    Parameters
    ----------
    median, longest : float
        Of the drives, seconds.
    periods : float
        The longest, in periods of the oscillator.
    """

    median: float
    longest: float
    periods: float


def settling_seconds(
    drives: Floats,
    *,
    d_osc: int,
    frequency: float,
    share: float,
    error: float = 1e-2,
    missed: float = 1e-3,
    detuning: float = 0.0,
) -> SettlingSeconds:
    r"""Return how long oscillators take.

    Parameters
    ----------
    drives : (n,) array
        Norms of the drives.
    d_osc : int
        Dimension of an oscillator.
    frequency : float
        Of the substrate, radians per second.
    share : float
        Coupling rate of a unit drive, as a share of the frequency. It has to be small for the
        reduction to phases to hold; see `lohe.hardware.phase_model`.
    error, missed : float
        Distance from rest, and the share of uniform starts that may be further (T2).
    detuning : float
        Largest detuning, in units of the coupling rate, of oscillators on a circle. They settle at
        the rate :math:`\sqrt{h^2 - \Delta^2}` (T5), and are taken to need T2's time at that rate:
        an estimate, as a uniform start is not uniform in the coordinates that make it exact.

    Raises
    ------
    InputError
        If a drive is not positive or does not lock, or the share is not positive.

    Examples
    --------
    >>> found = settling_seconds(np.array([1.0]), d_osc=2, frequency=2 * np.pi * 1e6, share=0.01)
    >>> round(found.longest * 1e6), round(found.periods)
    (187, 187)
    """
    if not share > 0:
        raise InputError(f"the coupling rate is {share} of the frequency; it must be positive")
    drives = np.asarray(drives, dtype=float)
    if not (drives > abs(detuning)).all():
        raise InputError(
            f"the smallest drive, {drives.min():.3g}, is not above the detuning {detuning:.3g}, so "
            "its oscillator never settles"
        )
    rates = np.sqrt(drives**2 - detuning**2)
    median, longest = (
        settling_time(float(each), error, missed, d_osc) / (share * frequency)
        for each in (np.median(rates), rates.min())
    )
    return SettlingSeconds(median, longest, longest * frequency / (2 * np.pi))
