"""An array of devices: every oscillator's own equation, with anchors and crosstalk injected."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lohe.dynamics.errors import InputError
from lohe.hardware.limit_cycle import LimitCycle
from lohe.hardware.substrates.substrate import Substrate

__all__ = ["DeviceArray", "lock_in"]

Floats = NDArray[np.float64]
Complexes = NDArray[np.complex128]

_STEPS = 64


@dataclass(frozen=True, eq=False)
class DeviceArray:
    r"""Oscillators that hear the anchors, which are sinusoidal sources at one frequency.

    Into oscillator i goes :math:`s\,\mathrm{Re}(h_i e^{i\omega t})` and, with crosstalk,
    :math:`s \sum_k J_{ik}\,o_k`, where :math:`o_k` is the output of k without its mean, in units of
    its fundamental's amplitude.

    Parameters
    ----------
    substrate
        The device.
    drive : (n,) complex array
        h_i, the sums of couplings times anchors.
    scale : float
        s, injection of one unit of drive.
    crosstalk : (n, n) array, optional
        J.
    reference : float, optional
        Frequency of the anchors, radians per second; by default that of the free oscillator.
    steps : int
        Of integration, in a period.

    Raises
    ------
    InputError
        For drives or crosstalk of another shape, or that are not finite, or no limit cycle.
    """

    substrate: Substrate
    drive: Complexes
    scale: float
    crosstalk: Floats | None = None
    reference: float | None = None
    steps: int = _STEPS

    def __post_init__(self) -> None:
        count = self.drive.shape
        if self.drive.ndim != 1 or not np.isfinite(self.drive).all():
            raise InputError(f"drives of shape {count} must be one finite complex number each")
        if self.crosstalk is not None and (
            self.crosstalk.shape != count * 2 or not np.isfinite(self.crosstalk).all()
        ):
            raise InputError(
                f"crosstalk of shape {self.crosstalk.shape} does not fit {count[0]} oscillators"
            )
        if not (np.isfinite(self.scale) and self.scale > 0):
            raise InputError(f"scale is {self.scale}; it must be positive")

    def run(self, start: Floats, periods: int, *, listen: int = 1) -> Floats:
        """Follow the devices from phases on their limit cycle, and measure the phases at the end.

        Parameters
        ----------
        start : (n,) array
            Phases at time 0, relative to the reference.
        periods : int
            Of the reference, to settle.
        listen : int
            Further periods, over which phases are measured.

        Returns
        -------
        (n,) array
            Phases of the outputs' fundamentals, relative to the reference.

        Raises
        ------
        InputError
            If a device leaves every bound.
        """
        cycle = self.substrate.limit_cycle()
        omega = cycle.frequency if self.reference is None else self.reference
        duration = 2 * np.pi / omega / self.steps
        mean, unit = float(cycle.output.mean()), self.scale / cycle.amplitude

        def inject(time: float, output: Floats) -> Floats:
            found = self.scale * (self.drive * np.exp(1j * omega * time)).real
            if self.crosstalk is not None:
                found = found + unit * (self.crosstalk @ (output - mean))
            return np.asarray(found)

        state = states_at(cycle, start)
        heard = []
        with np.errstate(over="ignore", invalid="ignore"):
            for step in range((periods + listen) * self.steps):
                if step >= periods * self.steps:
                    heard.append(self.substrate.output(state))
                state = self.substrate.step(state, step * duration, duration, inject)
        if not np.isfinite(state).all():
            raise InputError(
                f"the {self.substrate.name} array leaves every bound at the injection scale "
                f"{self.scale:.3g} {self.substrate.injected}; make it weaker"
            )
        return lock_in(np.array(heard), self.steps)


def states_at(cycle: LimitCycle, phases: Floats) -> Floats:
    """Return the sampled states of a limit cycle that are nearest to some phases, (n, m)."""
    count = len(cycle.states)
    nearest = np.rint(np.asarray(phases) / (2 * np.pi) * count).astype(int) % count
    return np.array(cycle.states[nearest])


def lock_in(outputs: Floats, steps: int) -> Floats:
    """Return the phases of the fundamentals of outputs over whole periods.

    Parameters
    ----------
    outputs : (N, n) array
        N a multiple of `steps`, from a time at which the reference has phase 0.
    steps : int
        Samples in a period.

    Examples
    --------
    >>> theta = 2 * np.pi * np.arange(8) / 8
    >>> lock_in(np.cos(theta + 0.3)[:, None], 8).round(12)
    array([0.3])
    """
    turns = np.exp(-2j * np.pi * np.arange(len(outputs)) / steps)
    return np.asarray(np.angle(turns @ outputs))
