r"""One noisy oscillator in closed form: where it rests, how long it stays, how often it slips.

The angle :math:`\varphi` between an oscillator without frequency and its drive is a diffusion by
itself, with drift :math:`-\|h\|\sin\varphi + (d - 2)D\cot\varphi`; the planar oscillator with a
frequency, :math:`\dot\varphi = \omega - \|h\|\sin\varphi + \sqrt{2D}\,\dot B`, one on the line.
Mean exit times of such diffusions are double integrals of the scale and the speed density.

References
----------
R. L. Stratonovich, Topics in the Theory of Random Noise II (1967), ch. 9, for slips of a
synchronised oscillator. S. Karlin, H. M. Taylor, A Second Course in Stochastic Processes (1981),
ch. 15, for exit times. K. V. Mardia, P. E. Jupp, Directional Statistics (2000), 9.3.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.integrate import cumulative_simpson
from scipy.special import ive

from lohe.dynamics.errors import InputError

__all__ = ["mean_alignment", "mean_cap_exit_time", "mean_slip_time", "phase_drift"]

Floats = NDArray[np.float64]

_NODES = 40_001
_LARGEST_EXPONENT = 600.0  # exp beyond it overflows


def mean_alignment(drive_norm: float, diffusivity: float, d: int) -> float:
    r"""Stationary mean of :math:`\langle x, \hat h \rangle` of an oscillator without frequency.

    The stationary law is von Mises' and Fisher's with concentration :math:`\kappa = \|h\|/D`,
    whose mean is :math:`I_{d/2}(\kappa)/I_{d/2-1}(\kappa)`.

    Examples
    --------
    >>> round(mean_alignment(2.0, 1.0, 3), 6)  # coth 2 - 1/2
    0.537315
    """
    _check(drive_norm, diffusivity, d)
    kappa = drive_norm / diffusivity
    return float(ive(d / 2, kappa) / ive(d / 2 - 1, kappa))


def mean_cap_exit_time(drive_norm: float, diffusivity: float, angle: float, d: int) -> float:
    r"""Mean time until an oscillator that starts at its resting point is `angle` away from it.

    Without frequency. In the plane :math:`\pi` is the antipode; in higher dimensions noise never
    reaches that point, and the mean time is infinite.

    Parameters
    ----------
    drive_norm, diffusivity
        ||h|| and D.
    angle
        Radians, in (0, pi].
    d
        Dimension of the ambient space.

    Returns
    -------
    float

    Raises
    ------
    InputError
        If an argument cannot be used, or the time exceeds about 1e260.

    Examples
    --------
    >>> round(mean_cap_exit_time(0.0, 0.5, 1.0, 2), 9)  # angle^2/2D on the line
    1.0
    """
    _check(drive_norm, diffusivity, d)
    if not 0 < angle <= np.pi:
        raise InputError(f"the angle is {angle}; choose it in (0, pi]")
    if d > 2 and angle == np.pi:
        return float("inf")
    kappa = drive_norm / diffusivity
    phi = np.linspace(0.0, angle, _NODES)
    # Cosines relative to that of the edge keep the two exponentials of one size.
    level = kappa * (np.cos(phi) - np.cos(angle))
    _check_exponent(float(level[0]))
    weight = np.sin(phi) ** (d - 2)
    inside = cumulative_simpson(weight * np.exp(level), x=phi, initial=0.0)
    rate = np.zeros_like(phi)
    rate[1:] = np.exp(-level[1:]) * inside[1:] / weight[1:]
    return float(cumulative_simpson(rate, x=phi, initial=0.0)[-1] / diffusivity)


def mean_slip_time(drive_norm: float, frequency: float, diffusivity: float) -> float:
    r"""Mean time until a planar oscillator that starts at rest reaches its antipode, either way.

    Parameters
    ----------
    drive_norm
        ||h||.
    frequency
        :math:`\omega`, below ||h|| in absolute value, so that there is a resting point, at
        :math:`\arcsin(\omega/\|h\|)`.
    diffusivity
        D.

    Returns
    -------
    float

    Raises
    ------
    InputError
        If an argument cannot be used, or the time exceeds about 1e260.

    Examples
    --------
    >>> bool(np.isclose(mean_slip_time(1.0, 0.0, 0.5), mean_cap_exit_time(1.0, 0.5, np.pi, 2)))
    True
    """
    _check(drive_norm, diffusivity, 2)
    if not abs(frequency) < drive_norm:
        raise InputError(f"frequency {frequency} does not lock to a drive of {drive_norm}")
    rest = float(np.arcsin(frequency / drive_norm))
    phi = rest + np.linspace(-np.pi, np.pi, _NODES)
    middle = _NODES // 2
    potential = -(frequency * phi + drive_norm * np.cos(phi)) / diffusivity
    potential -= potential[middle]
    _check_exponent(float(np.abs(potential).max()))
    scale = cumulative_simpson(np.exp(potential), x=phi, initial=0.0)
    speed = np.exp(-potential) / diffusivity
    left = cumulative_simpson(scale * speed, x=phi, initial=0.0)[middle]
    right = cumulative_simpson((scale[-1] - scale) * speed, x=phi, initial=0.0)
    upward = scale[middle] / scale[-1]
    return float(upward * (right[-1] - right[middle]) + (1 - upward) * left)


def phase_drift(drive_norm: float, frequency: float, diffusivity: float) -> float:
    r"""Mean angular velocity of a planar oscillator in the long run, after Stratonovich.

    .. math:: \langle\dot\varphi\rangle = \frac{2\pi D\,(1 - e^{-2\pi\omega/D})}
       {\int_0^{2\pi}\int_0^{2\pi} e^{(U(\varphi) - U(\varphi - \psi))/D}\,d\psi\,d\varphi},
       \qquad U(\varphi) = -\omega\varphi - \|h\|\cos\varphi.

    Over :math:`2\pi` it is the rate of slips along the frequency minus that of slips against it,
    which are apart by the factor :math:`e^{2\pi\omega/D}`.

    Examples
    --------
    >>> round(phase_drift(0.0, 0.3, 0.1), 12)
    0.3
    """
    _check(drive_norm, diffusivity, 2)
    if frequency == 0:
        return 0.0
    omega = abs(frequency) / diffusivity
    kappa = drive_norm / diffusivity
    _check_exponent(2 * kappa)
    # The integral over phi is 2 pi I_0(2 kappa sin(psi/2)).
    psi = np.linspace(0.0, 2 * np.pi, _NODES)
    argument = 2 * kappa * np.sin(psi / 2)
    inner = 2 * np.pi * ive(0, argument) * np.exp(argument - omega * psi)
    total = float(cumulative_simpson(inner, x=psi, initial=0.0)[-1])
    return float(
        np.sign(frequency) * -2 * np.pi * diffusivity * np.expm1(-2 * np.pi * omega) / total
    )


def _check(drive_norm: float, diffusivity: float, d: int) -> None:
    if not (np.isfinite(drive_norm) and drive_norm >= 0):
        raise InputError(f"the norm of the drive is {drive_norm}; it must not be negative")
    if not (np.isfinite(diffusivity) and diffusivity > 0):
        raise InputError(f"the diffusivity is {diffusivity}; it must be positive")
    if d < 2:
        raise InputError(f"d is {d}; the sphere needs an ambient dimension of at least 2")


def _check_exponent(exponent: float) -> None:
    if exponent > _LARGEST_EXPONENT:
        raise InputError(
            f"the barrier is {exponent:.3g} times the noise: no such time fits a float; raise D"
        )
