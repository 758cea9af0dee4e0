"""Mechanical: a stiffening resonator kept going by feedback, with nonlinear damping."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from lohe.dynamics.errors import InputError
from lohe.hardware.limit_cycle import LimitCycle
from lohe.hardware.substrates.planar import planar_cycle
from lohe.hardware.substrates.substrate import Inject, require_positive, runge_kutta_step

__all__ = ["NanomechanicalOscillator"]

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class NanomechanicalOscillator:
    r"""Duffing's and van der Pol's oscillator, a beam under feedback.

    .. math:: m\ddot x = -m\omega_0^2 x - k_3 x^3 + (a - b x^2)\,\dot x + p.

    Others hear the displacement; a force p is injected, by a capacitive or piezoelectric
    transducer. The linear gain a is the feedback's less the losses of the beam; b is nonlinear
    damping. The stiffening :math:`k_3` makes the frequency grow with the swing, so that a push
    which changes the swing turns the phase later: the phase response lags. Networks of such
    oscillators are those of Matheny et al. (Science 363, eaav7932, 2019).

    Parameters
    ----------
    mass : float
        m, kilogram.
    resonance : float
        omega_0, radians per second.
    stiffening : float
        k_3, newton per cubic metre; negative ones soften, 0 is van der Pol's.
    gain : float
        a, kilogram per second.
    damping : float
        b, kilogram per second and square metre.
    power : float
        Watts of the feedback loop.

    Notes
    -----
    The defaults are of the size of nanomechanical beams: a picogram, 2.2 MHz, 50 nm, a loop that
    amplifies by 1/100 a radian. The stiffening shifts the frequency by a tenth of that.

    Raises
    ------
    InputError
        For a parameter other than the stiffening that is not positive.

    Examples
    --------
    >>> cycle = NanomechanicalOscillator().limit_cycle(64)
    >>> round(1e-6 / float(cycle.period), 1), round(1e9 * cycle.amplitude, 1)
    (2.2, 50.0)
    """

    mass: float = 1e-15
    resonance: float = 2 * np.pi * 2.2e6
    stiffening: float = 2.0381e11
    gain: float = 1.3823e-10
    damping: float = 2.2117e5
    power: float = 1e-6

    name: ClassVar[str] = "mechanical"
    injected: ClassVar[str] = "N"
    heard: ClassVar[str] = "m"

    def __post_init__(self) -> None:
        require_positive(self, "mass", "resonance", "gain", "damping", "power")
        if not np.isfinite(self.stiffening):
            raise InputError(f"stiffening is {self.stiffening}; it must be finite")

    def rate(self, state: Floats, injection: Floats | float = 0.0) -> Floats:
        """Return the slopes of (x, v), metres and metres per second, per second."""
        x, v = state[..., 0], state[..., 1]
        force = (self.gain - self.damping * x * x) * v - self.stiffening * x**3 + injection
        return np.stack([v, force / self.mass - self.resonance**2 * x], axis=-1)

    def jacobian(self, state: Floats) -> Floats:
        """Return the derivative of `rate` by the state, (..., 2, 2)."""
        x, v = state[..., 0], state[..., 1]
        found = np.zeros((*x.shape, 2, 2))
        found[..., 0, 1] = 1
        pull = -2 * self.damping * x * v - 3 * self.stiffening * x * x
        found[..., 1, 0] = pull / self.mass - self.resonance**2
        found[..., 1, 1] = (self.gain - self.damping * x * x) / self.mass
        return found

    def output(self, state: Floats) -> Floats:
        """Return the displacement."""
        return state[..., 0]

    def step(self, state: Floats, time: float, duration: float, inject: Inject) -> Floats:
        """Return the states one step of time later; see `Substrate`."""
        return runge_kutta_step(self, state, time, duration, inject)

    def limit_cycle(self, points: int = 256) -> LimitCycle:
        """Return the free oscillation; see `Substrate`."""
        swing = 2 * np.sqrt(self.gain / self.damping)
        # Averaging over a swing gives Duffing's shift of the frequency.
        stiffness = self.mass * self.resonance**2 + 0.75 * self.stiffening * swing**2
        if stiffness <= 0:
            raise InputError(
                f"stiffening {self.stiffening} outweighs the spring at the swing of {swing:.2g} m, "
                "so the beam buckles; make it weaker, or the damping larger"
            )
        omega = np.sqrt(stiffness / self.mass)
        theta = 2 * np.pi * np.arange(points) / points
        guess = swing * np.stack([np.cos(theta), -omega * np.sin(theta)], axis=-1)
        return planar_cycle(self, guess, 2 * np.pi / omega, pushed=1, inertia=self.mass)
