"""Electrical: an LC tank kept going by a saturating negative conductance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from lohe.hardware.limit_cycle import LimitCycle
from lohe.hardware.substrates.planar import planar_cycle
from lohe.hardware.substrates.substrate import Inject, require_positive, runge_kutta_step

__all__ = ["LCOscillator"]

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class LCOscillator:
    r"""Van der Pol's oscillator, in the volts and amperes of an LC tank.

    .. math:: C\dot v = g v - g_3 v^3 - i + p, \qquad L\,\dot i = v.

    Others hear the voltage; a current p is injected into the tank, through a resistor or a
    transconductor. For :math:`g\sqrt{L/C} \ll 1` it swings at :math:`1/\sqrt{LC}` with the
    amplitude :math:`2\sqrt{g/3g_3}` (van der Pol, Phil. Mag. 3, 1927); injection pulls its phase by
    Adler's equation (Adler, Proc. IRE 34, 1946; Razavi, IEEE JSSC 39, 1415, 2004).

    Parameters
    ----------
    inductance : float
        L, henry.
    capacitance : float
        C, farad.
    conductance : float
        g, siemens: the active device's, less the losses of the tank.
    saturation : float
        g_3, amperes per cubic volt.
    power : float
        Watts from the supply.

    Notes
    -----
    The defaults are of the size of integrated oscillators: 5 GHz, half a volt, a milliwatt.

    Raises
    ------
    InputError
        For a parameter that is not positive: with no net negative conductance nothing oscillates.

    Examples
    --------
    >>> cycle = LCOscillator().limit_cycle(64)
    >>> round(1e-9 / cycle.period, 2), round(cycle.amplitude, 3)
    (5.03, 0.5)
    """

    inductance: float = 1e-9
    capacitance: float = 1e-12
    conductance: float = 2e-3
    saturation: float = 1.0667e-2
    power: float = 1e-3

    name: ClassVar[str] = "electrical"
    injected: ClassVar[str] = "A"
    heard: ClassVar[str] = "V"

    def __post_init__(self) -> None:
        require_positive(self)

    def rate(self, state: Floats, injection: Floats | float = 0.0) -> Floats:
        """Return the slopes of (v, i), volts and amperes per second."""
        v, i = state[..., 0], state[..., 1]
        dv = (v * (self.conductance - self.saturation * v * v) - i + injection) / self.capacitance
        return np.stack([dv, v / self.inductance], axis=-1)

    def jacobian(self, state: Floats) -> Floats:
        """Return the derivative of `rate` by the state, (..., 2, 2)."""
        v = state[..., 0]
        found = np.zeros((*v.shape, 2, 2))
        found[..., 0, 0] = (self.conductance - 3 * self.saturation * v * v) / self.capacitance
        found[..., 0, 1] = -1 / self.capacitance
        found[..., 1, 0] = 1 / self.inductance
        return found

    def output(self, state: Floats) -> Floats:
        """Return the voltage."""
        return state[..., 0]

    def step(self, state: Floats, time: float, duration: float, inject: Inject) -> Floats:
        """Return the states one step of time later; see `Substrate`."""
        return runge_kutta_step(self, state, time, duration, inject)

    def limit_cycle(self, points: int = 256) -> LimitCycle:
        """Return the free oscillation; see `Substrate`."""
        omega = 1 / np.sqrt(self.inductance * self.capacitance)
        swing = 2 * np.sqrt(self.conductance / (3 * self.saturation))
        theta = 2 * np.pi * np.arange(points) / points
        guess = np.stack([np.cos(theta), np.sin(theta) / (omega * self.inductance)], axis=-1)
        return planar_cycle(
            self, swing * guess, 2 * np.pi / omega, pushed=0, inertia=self.capacitance
        )
