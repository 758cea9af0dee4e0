"""What an oscillator does by itself, and how much a push at each phase advances it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["LimitCycle", "harmonics", "starting_at_the_peak"]

Floats = NDArray[np.float64]
Complexes = NDArray[np.complex128]


@dataclass(frozen=True, eq=False)
class LimitCycle:
    r"""A stable limit cycle, sampled at the phases :math:`\theta_k = 2\pi k/N`.

    Phase grows by :math:`2\pi` a period, evenly in time, and is 0 where the fundamental of the
    output is largest.

    Parameters
    ----------
    period : float
        Seconds.
    states : (N, m) array
        In the units of the substrate.
    output : (N,) array
        What other oscillators hear.
    response : (N,) array
        The phase response z: a weak injection p adds :math:`z(\theta)\,p` to the rate of phase, in
        radians per second and unit of injection.
    decay : float
        Slowest rate, per second, at which what is off the cycle returns to it; infinite where the
        state has one dimension, so that nothing can be off.

    Examples
    --------
    >>> theta = 2 * np.pi * np.arange(8) / 8
    >>> cycle = LimitCycle(2.0, np.zeros((8, 1)), np.cos(theta), -np.sin(theta), np.inf)
    >>> round(cycle.frequency, 6), np.abs(cycle.output_harmonics(1)).round(12)
    (3.141593, array([0. , 0.5]))
    """

    period: float
    states: Floats
    output: Floats
    response: Floats
    decay: float

    @property
    def frequency(self) -> float:
        """Angular frequency, in radians per second."""
        return 2 * np.pi / self.period

    @property
    def amplitude(self) -> float:
        """Amplitude of the output's fundamental."""
        return float(2 * np.abs(self.output_harmonics(1)[1]))

    def output_harmonics(self, count: int) -> Complexes:
        """Return the output's Fourier coefficients from 0 to `count`; see `harmonics`."""
        return harmonics(self.output, count)

    def response_harmonics(self, count: int) -> Complexes:
        """Return the response's Fourier coefficients from 0 to `count`; see `harmonics`."""
        return harmonics(self.response, count)


def harmonics(samples: Floats, count: int) -> Complexes:
    r"""Return :math:`c_0, \dots, c_n` of :math:`f(\theta) = \sum_m c_m e^{im\theta}`.

    Parameters
    ----------
    samples : (N,) array
        Of f, at N even steps of a period.
    count : int
        The highest, below N/2.

    Returns
    -------
    (count + 1,) complex array
    """
    return np.asarray(np.fft.rfft(samples)[: count + 1] / len(samples))


def starting_at_the_peak(samples: Floats, output: Floats) -> Floats:
    """Return samples of a period with their origin where the output's fundamental is largest.

    Parameters
    ----------
    samples : (N, ...) array
        At N even steps of a period, along the first axis.
    output : (N,) array
        Its fundamental gives the origin.
    """
    shift = np.angle(harmonics(output, 1)[1])
    spectrum = np.fft.rfft(samples, axis=0)
    turns = np.exp(-1j * shift * np.arange(len(spectrum)))
    spectrum = spectrum * turns.reshape(-1, *(1 for _ in samples.shape[1:]))
    return np.asarray(np.fft.irfft(spectrum, n=len(samples), axis=0))
