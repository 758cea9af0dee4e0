"""The phases of an array as the reduction predicts them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.integrate import solve_ivp

from lohe.dynamics.errors import InputError
from lohe.hardware.averaging import CouplingFunction, between_oscillators, from_sinusoid
from lohe.hardware.substrates.substrate import Substrate

__all__ = ["PhaseModel", "reduce_substrate"]

Floats = NDArray[np.float64]
Complexes = NDArray[np.complex128]

_ACCURACY = 1e-9


@dataclass(frozen=True, eq=False)
class PhaseModel:
    r"""Oscillators of one substrate, by their phases in the frame of the reference.

    .. math:: \dot\vartheta_i = \Delta\omega_i + s\Big(\Gamma_h(\arg h_i - \vartheta_i)\,|h_i|
              + \sum_k J_{ik}\,\Gamma_J(\vartheta_k - \vartheta_i)\Big)

    Parameters
    ----------
    frequency : float
        Of the free oscillator, radians per second.
    drive, crosstalk : CouplingFunction
        :math:`\Gamma_h` and :math:`\Gamma_J`.
    power : float
        Watts of one oscillator.
    decay : float
        See `LimitCycle`.
    """

    frequency: float
    drive: CouplingFunction
    crosstalk: CouplingFunction
    power: float
    decay: float

    def rate(self, scale: float) -> float:
        """Return the coupling rate, radians per second and unit of drive, at an injection scale.

        Times of the theorems are in units of its inverse.
        """
        return scale * self.drive.gain

    def scale(self, share: float) -> float:
        """Return the injection scale at which the coupling rate is a share of the frequency."""
        return share * self.frequency / self.drive.gain

    def resting_phases(self, drive: Complexes) -> Floats:
        r"""Return where oscillators without crosstalk rest, :math:`\arg h_i - \alpha`."""
        return np.asarray(np.angle(drive) - self.drive.lag)

    def run(
        self,
        drive: Complexes,
        start: Floats,
        times: Floats,
        *,
        scale: float,
        crosstalk: Floats | None = None,
        detuning: Floats | float = 0.0,
    ) -> Floats:
        """Follow the phases.

        Parameters
        ----------
        drive : (n,) complex array
            h_i, the sums of couplings times anchors; anchors are unit numbers.
        start : (n,) array
            Phases at time 0.
        times : (N,) array
            Seconds, rising from 0.
        scale : float
            Injection of one unit of drive.
        crosstalk : (n, n) array, optional
            J.
        detuning : (n,) array or float
            Of the natural frequencies from the reference, radians per second.

        Returns
        -------
        (N, n) array

        Raises
        ------
        InputError
            If the phases cannot be followed so far.
        """
        size, angle = np.abs(drive), np.angle(drive)
        rate = self.rate(scale)

        def slope(_: float, phase: Floats) -> Floats:
            found = scale * size * self.drive(angle - phase)
            if crosstalk is not None:
                ahead = phase - phase[:, None]
                found = found + scale * (crosstalk * self.crosstalk(ahead)).sum(axis=1)
            return np.asarray((detuning + found) / rate)

        found = solve_ivp(
            slope,
            (0.0, float(times[-1]) * rate),
            start,
            method="DOP853",
            t_eval=np.asarray(times) * rate,
            rtol=_ACCURACY,
            atol=_ACCURACY,
        )
        if not found.success:
            raise InputError(f"the phases cannot be followed: {found.message}")
        return np.asarray(found.y.T)


def reduce_substrate(substrate: Substrate, *, harmonics: int = 16) -> PhaseModel:
    """Compute the phase model of a substrate from its device equation.

    Parameters
    ----------
    substrate
        The device.
    harmonics : int
        Of the coupling between oscillators.

    Raises
    ------
    InputError
        If it has no stable limit cycle.

    Examples
    --------
    >>> from lohe.hardware.substrates import LCOscillator
    >>> model = reduce_substrate(LCOscillator())
    >>> round(model.drive.gain * 1e-12, 2), round(model.drive.lag, 3)
    (1.0, 0.016)
    """
    cycle = substrate.limit_cycle()
    return PhaseModel(
        frequency=cycle.frequency,
        drive=from_sinusoid(cycle),
        crosstalk=between_oscillators(cycle, cycle, harmonics),
        power=substrate.power,
        decay=cycle.decay,
    )
