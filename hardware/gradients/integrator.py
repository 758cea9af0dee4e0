"""The discrete adjoint of an integrator: phases with crosstalk and detuning, a finite time.

Phases follow classical Runge-Kutta steps; the adjoint runs the same steps backwards, so that it is
the gradient of what was computed, to rounding.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lohe.dynamics.errors import InputError
from lohe.hardware.gradients.estimate import Estimate, require_positive_size

__all__ = ["integrator_gradient", "phases_vjp"]

Floats = NDArray[Any]


def integrator_gradient(
    start: Floats,
    drive: Floats,
    slope: Floats,
    settling: float,
    *,
    crosstalk: Floats | None = None,
    detuning: Floats | None = None,
    step: float = 0.02,
) -> Estimate:
    """Return the gradient of a loss of the states after a time, on a circle.

    Parameters
    ----------
    start : (..., n, 2) array
        Unit vectors at time 0.
    drive : (..., n, 2) array
        h, as the model has it.
    slope : (..., n, 2) array
        Of the loss by the states, as they are read.
    settling : float
        Time from start to reading.
    crosstalk : (..., n, n) array, optional
        J.
    detuning : (..., n) array, optional
        Natural frequencies.
    step : float
        The longest step.

    Raises
    ------
    InputError
        For another dimension, or a step that is not positive.
    """
    if drive.shape[-1] != 2:
        raise InputError(f"drives have dimension {drive.shape[-1]}; phases are of a circle")
    require_positive_size("step", step)
    angles = np.arctan2(start[..., 1], start[..., 0])
    phases, pullback = phases_vjp(
        angles, drive, settling, crosstalk=crosstalk, detuning=detuning, step=step
    )
    d_phases = slope[..., 1] * np.cos(phases) - slope[..., 0] * np.sin(phases)
    return Estimate(pullback(d_phases), 0)


def phases_vjp(
    start: Floats,
    drive: Floats,
    time: float,
    *,
    crosstalk: Floats | None = None,
    detuning: Floats | None = None,
    step: float,
) -> tuple[Floats, Callable[[Floats], Floats]]:
    r"""Follow :math:`\dot\theta_i = \Delta_i + |f_i| \sin(\arg f_i - \theta_i)`, f = h + J x.

    Parameters
    ----------
    start : (..., n) array
        Phases.
    drive : (..., n, 2) array
        h.
    time : float
    crosstalk, detuning
        See `integrator_gradient`.
    step : float
        The longest step.

    Returns
    -------
    phases : (..., n) array
    pullback : callable
        ``pullback(d_phases) -> d_drive``, (..., n, 2).
    """
    h = drive[..., 0] + 1j * drive[..., 1]
    free = np.zeros_like(start) if detuning is None else detuning
    coupled = np.zeros((start.shape[-1],) * 2) if crosstalk is None else crosstalk

    def times(matrix: Floats, vectors: Any) -> Any:
        return (matrix @ vectors[..., None])[..., 0]

    def rate(theta: Floats) -> Floats:
        z = np.exp(1j * theta)
        return np.asarray(free + ((h + times(coupled, z)) * np.conj(z)).imag)

    def rate_vjp(theta: Floats, d_rate: Floats) -> tuple[Floats, NDArray[np.complex128]]:
        """Return the gradients by the phases and, as a complex number, by h."""
        z = np.exp(1j * theta)
        turned = d_rate * z
        d_theta = -d_rate * ((h + times(coupled, z)) * np.conj(z)).real
        d_theta = d_theta + (np.conj(times(coupled.swapaxes(-1, -2), turned)) * z).real
        # Im(h conj z) = h_y cos - h_x sin: its gradient by (h_x, h_y) is i z.
        return d_theta, 1j * turned

    count = max(1, math.ceil(time / step)) if time > 0 else 0
    length = time / count if count else 0.0
    theta, stages = start, []
    for _ in range(count):
        at = [theta]
        slopes = [rate(theta)]
        for share in (0.5, 0.5, 1.0):
            at.append(theta + share * length * slopes[-1])
            slopes.append(rate(at[-1]))
        stages.append(at)
        total = slopes[0] + 2 * (slopes[1] + slopes[2]) + slopes[3]
        theta = theta + length / 6 * total

    def pullback(d_theta: Floats) -> Floats:
        d_h = np.zeros_like(h)
        for at in reversed(stages):
            d_before, d_slope = d_theta, np.zeros_like(d_theta)
            for number, weight in ((3, 1), (2, 2), (1, 2), (0, 1)):
                d_at, found = rate_vjp(at[number], d_slope + weight * length / 6 * d_theta)
                d_h += found
                d_before = d_before + d_at
                # Each stage stands at the step's start, moved along the slope before it.
                d_slope = (1.0 if number == 3 else 0.5) * length * d_at
            d_theta = d_before
        return np.stack([d_h.real, d_h.imag], axis=-1)

    return theta, pullback
