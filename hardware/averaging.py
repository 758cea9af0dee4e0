r"""How fast phases drift apart from a weak, periodic injection: the averaged coupling function.

In a frame that turns with the reference, :math:`\theta = \omega t + \vartheta`, an injection
:math:`p(\omega t + \phi)` moves :math:`\vartheta` by the mean of :math:`z(\theta)\,p` over a
period, up to terms of second order in the injection (Malkin; Kuramoto, *Chemical Oscillations,
Waves, and Turbulence*, 1984; Sanders, Verhulst & Murdock, *Averaging Methods*).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lohe.hardware.limit_cycle import LimitCycle

__all__ = ["CouplingFunction", "between_oscillators", "from_sinusoid"]

Floats = NDArray[np.float64]
Complexes = NDArray[np.complex128]


@dataclass(frozen=True, eq=False)
class CouplingFunction:
    r"""A function of the phase :math:`\psi` by which the source is ahead, by its Fourier series.

    .. math:: \Gamma(\psi) = \mathrm{Re} \sum_{m \ge 0} c_m e^{im\psi}

    Parameters
    ----------
    coefficients : (n,) complex array
        :math:`c_0, c_1, \dots`, in radians per second and unit of injection.

    Examples
    --------
    >>> adler = CouplingFunction(np.array([0, -2j]))  # 2 sin psi
    >>> adler.gain, adler.lag, adler(np.pi / 2)
    (2.0, 0.0, array(2.))
    """

    coefficients: Complexes

    def __call__(self, psi: ArrayLike) -> Floats:
        """Return the rates at some phases, radians per second and unit of injection."""
        turns = np.exp(1j * np.asarray(psi, dtype=float))
        return np.asarray(np.polynomial.polynomial.polyval(turns, self.coefficients).real)

    def slope(self, psi: ArrayLike) -> Floats:
        """Return the derivative at some phases."""
        turns = np.exp(1j * np.asarray(psi, dtype=float))
        orders = np.arange(len(self.coefficients))
        return np.asarray(
            np.polynomial.polynomial.polyval(turns, 1j * orders * self.coefficients).real
        )

    @property
    def gain(self) -> float:
        """Amplitude of the fundamental, a Kuramoto oscillator's coupling rate."""
        return float(np.abs(self.coefficients[1]))

    @property
    def lag(self) -> float:
        r"""The angle alpha of the fundamental, gain :math:`\sin(\psi - \alpha)`."""
        return float(-np.angle(1j * self.coefficients[1]))

    @property
    def distortion(self) -> float:
        """Norm of the harmonics above the fundamental, as a share of it."""
        return float(np.linalg.norm(self.coefficients[2:]) / self.gain)


def from_sinusoid(cycle: LimitCycle) -> CouplingFunction:
    """Return the coupling to an injection cos(omega t + phi), of one unit.

    Only the fundamental of the response hears it, so the reduced oscillator is a Kuramoto
    oscillator, whatever the substrate, up to its lag.

    Parameters
    ----------
    cycle
        Of the oscillator that is injected.
    """
    return CouplingFunction(np.array([0, np.conj(cycle.response_harmonics(1)[1])]))


def between_oscillators(
    listener: LimitCycle, source: LimitCycle, harmonics: int = 16
) -> CouplingFunction:
    """Return the coupling to another oscillator's output.

    The output is passed on without its mean and in units of its amplitude, so that one unit of
    injection has a fundamental as large as `from_sinusoid` has.

    Parameters
    ----------
    listener, source
        Whose response and whose output.
    harmonics : int
        The highest that is kept.
    """
    response = listener.response_harmonics(harmonics)
    output = source.output_harmonics(harmonics) / source.amplitude
    coefficients = 2 * np.conj(response) * output
    coefficients[0] = 0  # the mean is blocked
    return CouplingFunction(coefficients)
