"""Superconducting: an overdamped Josephson junction above its critical current."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from scipy.constants import e, hbar

from lohe.dynamics.errors import InputError
from lohe.hardware.limit_cycle import LimitCycle, starting_at_the_peak
from lohe.hardware.substrates.substrate import Inject, require_positive, runge_kutta_step

__all__ = ["JosephsonJunction"]

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class JosephsonJunction:
    r"""A resistively shunted junction, biased by a current.

    .. math:: \frac{\hbar}{2eR}\,\dot\varphi = I_b + p - I_c \sin\varphi.

    Others hear the voltage :math:`R\,(I_b - I_c\sin\varphi)`, less the part that the injection
    drives through the shunt; a current p is injected. The junction runs at
    :math:`(2eR/\hbar)\sqrt{I_b^2 - I_c^2}`. Series arrays of such junctions with a common load are
    Kuramoto oscillators where the coupling is weak (Wiesenfeld, Colet & Strogatz, PRL 76, 404,
    1996; PRE 57, 1563, 1998).

    Parameters
    ----------
    critical_current : float
        I_c, ampere.
    resistance : float
        R, ohm, of the shunt.
    bias : float
        I_b, ampere.

    Notes
    -----
    The defaults are of the size of shunted niobium junctions: 0.1 mA and 0.1 mV.

    Raises
    ------
    InputError
        For a parameter that is not positive, and a bias that the junction carries without a
        voltage.

    Examples
    --------
    >>> junction = JosephsonJunction()
    >>> round(1e-9 / junction.limit_cycle().period, 1), round(1e9 * junction.power, 2)
    (54.1, 16.77)
    """

    critical_current: float = 1e-4
    resistance: float = 1.0
    bias: float = 1.5e-4

    name: ClassVar[str] = "superconducting"
    injected: ClassVar[str] = "A"
    heard: ClassVar[str] = "V"

    def __post_init__(self) -> None:
        require_positive(self)
        if self.bias <= self.critical_current:
            raise InputError(
                f"the bias, {self.bias} A, is not above the critical current, "
                f"{self.critical_current} A, so the junction rests; raise the bias"
            )

    @property
    def power(self) -> float:
        """Watts that the bias delivers, on average over a period; cooling is not counted."""
        excess = np.sqrt(self.bias**2 - self.critical_current**2)
        return float(self.bias * self.resistance * excess)

    @property
    def _speed(self) -> float:
        """Radians per second and ampere, 2eR/hbar."""
        return float(2 * e * self.resistance / hbar)

    def rate(self, state: Floats, injection: Floats | float = 0.0) -> Floats:
        """Return the slope of the junction's phase, radians per second."""
        current = self.bias + injection - self.critical_current * np.sin(state[..., 0])
        return np.asarray(self._speed * current)[..., None]

    def output(self, state: Floats) -> Floats:
        """Return the voltage of the uninjected junction."""
        current = self.bias - self.critical_current * np.sin(state[..., 0])
        return np.asarray(self.resistance * current)

    def step(self, state: Floats, time: float, duration: float, inject: Inject) -> Floats:
        """Return the states one step of time later; see `Substrate`."""
        return runge_kutta_step(self, state, time, duration, inject)

    def limit_cycle(self, points: int = 256) -> LimitCycle:
        r"""Return the free oscillation; see `Substrate`.

        It is known in closed form: :math:`\tan\frac\varphi2 = \frac{I_c}{I_b} +
        \sqrt{1 - (I_c/I_b)^2}\,\tan\frac{\omega t}2`; and where the state has one dimension, a
        push advances the phase by :math:`\omega` over the speed at which the state passes.
        """
        share = self.critical_current / self.bias
        omega = self._speed * np.sqrt(self.bias**2 - self.critical_current**2)
        theta = 2 * np.pi * np.arange(points) / points
        # tan has poles; the same with sines and cosines of half angles has none.
        half = theta / 2
        state = 2 * np.arctan2(
            share * np.cos(half) + np.sqrt(1 - share**2) * np.sin(half), np.cos(half)
        )
        # The phase of the junction grows by a turn a period; its sine and cosine are periodic.
        wheel = np.stack([np.cos(state), np.sin(state)], axis=-1)
        speed = self.rate(state[:, None])[:, 0]
        samples = np.column_stack([wheel, omega * self._speed / speed])
        samples = starting_at_the_peak(samples, self.output(state[:, None]))
        state = np.unwrap(np.arctan2(samples[:, 1], samples[:, 0]))
        return LimitCycle(
            period=float(2 * np.pi / omega),
            states=state[:, None],
            output=self.output(state[:, None]),
            response=samples[:, 2],
            decay=np.inf,
        )
