"""What a substrate must tell: its device equation, what couples, and its limit cycle."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from typing import Any, ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray

from lohe.dynamics.errors import InputError
from lohe.hardware.limit_cycle import LimitCycle

__all__ = ["Inject", "Substrate", "require_positive", "runge_kutta_step"]

Floats = NDArray[np.float64]

Inject = Callable[[float, Floats], Floats]
"""From the time and the outputs (...,) of all oscillators to what is injected in each, (...,)."""


class Substrate(Protocol):
    """A kind of oscillator, by its physical parameters in SI units.

    States have their components on the last axis; all other axes are oscillators and devices.
    """

    name: ClassVar[str]
    injected: ClassVar[str]
    heard: ClassVar[str]

    @property
    def power(self) -> float:
        """Watts that one running oscillator takes."""

    def output(self, state: Floats) -> Floats:
        """Return what others hear, (...,), of states (..., m)."""

    def step(self, state: Floats, time: float, duration: float, inject: Inject) -> Floats:
        """Return the states (..., m) one step of time later."""

    def limit_cycle(self, points: int = ...) -> LimitCycle:
        """Return the free oscillation at so many even steps of its period.

        By default they are as many as averages over a period need.

        Raises
        ------
        InputError
            If there is none with these parameters.
        """


class _Smooth(Protocol):
    def rate(self, state: Floats, injection: Floats | float = 0.0) -> Floats: ...

    def output(self, state: Floats) -> Floats: ...


def runge_kutta_step(
    device: _Smooth, state: Floats, time: float, duration: float, inject: Inject
) -> Floats:
    """Take a classical Runge-Kutta step of a smooth device equation.

    Parameters
    ----------
    device
        Its ``rate`` takes states (..., m) and injections (...,) to rates (..., m).
    state, time, duration, inject
        See `Substrate.step`.
    """
    half = duration / 2

    def slope(at: Floats, when: float) -> Floats:
        return device.rate(at, inject(when, device.output(at)))

    first = slope(state, time)
    second = slope(state + half * first, time + half)
    third = slope(state + half * second, time + half)
    fourth = slope(state + duration * third, time + duration)
    return np.asarray(state + duration / 6 * (first + 2 * (second + third) + fourth))


def require_positive(substrate: Any, *names: str) -> None:
    """Check parameters.

    Raises
    ------
    InputError
        If one of them, by default any field, is not a positive finite number.
    """
    for name in names or tuple(field.name for field in fields(substrate)):
        value = getattr(substrate, name)
        if not (np.isfinite(value) and value > 0):
            raise InputError(
                f"{name} of the {substrate.name} oscillator is {value}; it must be positive"
            )
