"""The limit cycle of a smooth device with two states."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from lohe.hardware.collocation import periodic_orbit, phase_response, transverse_decay
from lohe.hardware.limit_cycle import LimitCycle, starting_at_the_peak

__all__ = ["planar_cycle"]

Floats = NDArray[np.float64]


class _Planar(Protocol):
    def rate(self, state: Floats, injection: Any = 0.0) -> Floats: ...

    def jacobian(self, state: Floats) -> Floats: ...

    def output(self, state: Floats) -> Floats: ...


def planar_cycle(
    device: _Planar, guess: Floats, period: float, *, pushed: int, inertia: float
) -> LimitCycle:
    """Find the limit cycle near a guess, and its phase response.

    Parameters
    ----------
    device
        Its ``rate`` and ``jacobian``.
    guess : (N, 2) array
        States at N even steps of a period.
    period : float
        Its guess, seconds.
    pushed : int
        The state whose slope an injection adds to.
    inertia : float
        What it is divided by there: a capacitance, a mass.

    Raises
    ------
    InputError
        If there is no cycle near, or it repels.
    """
    period, states = periodic_orbit(device.rate, device.jacobian, guess, period)
    states = starting_at_the_peak(states, device.output(states))
    gradient = phase_response(device.rate, device.jacobian, states, period)
    return LimitCycle(
        period=period,
        states=states,
        output=device.output(states),
        response=gradient[:, pushed] / inertia,
        decay=transverse_decay(device.jacobian, states),
    )
