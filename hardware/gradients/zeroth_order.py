"""Gradients from values of the loss alone, which any device gives."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lohe.dynamics.errors import InputError
from lohe.hardware.gradients.estimate import Estimate, Measured, require_positive_size

__all__ = ["differences", "simultaneous_perturbation"]

Floats = NDArray[Any]


def differences(measured: Measured, shape: tuple[int, ...], step: Floats | float) -> Estimate:
    """Change one coordinate of one drive at a time, up and down.

    Parameters
    ----------
    measured
        From a further drive to the losses (...) as the devices give them, noise and all.
    shape : tuple of int
        Of the drives, (..., n, d).
    step : float or (..., 1, 1) array
        By how much.

    Raises
    ------
    InputError
        If the step is not positive.

    Examples
    --------
    >>> differences(lambda h: ((h + 1) ** 2).sum(axis=(-2, -1)), (1, 2), 0.1).gradient.round(9)
    array([[2., 2.]])
    """
    require_positive_size("step", step)
    size = np.reshape(step, np.shape(step)[:-2])
    gradient = np.zeros(shape)
    for at in np.ndindex(shape[-2:]):
        along = np.zeros(shape[-2:])
        along[at] = 1.0
        change = measured(step * along) - measured(-step * along)
        gradient[..., *at] = change / (2 * size)
    return Estimate(gradient, 2 * shape[-2] * shape[-1])


def simultaneous_perturbation(
    measured: Measured,
    shape: tuple[int, ...],
    step: Floats | float,
    samples: int,
    rng: np.random.Generator,
) -> Estimate:
    """Change all drives at once by random signs (Spall, IEEE TAC 37, 332, 1992).

    Each sample is unbiased up to the third derivatives of the loss; its variance is that of the
    other coordinates' slopes, so that samples are averaged.

    Parameters
    ----------
    measured, shape, step
        See `differences`.
    samples : int
        Of two settlings each.
    rng
        Of the signs.

    Raises
    ------
    InputError
        If the step or the number of samples is not positive.
    """
    require_positive_size("step", step)
    if samples < 1:
        raise InputError(f"samples is {samples}; it must be at least 1")
    gradient = np.zeros(shape)
    for _ in range(samples):
        signs = rng.integers(0, 2, shape) * 2.0 - 1
        change = measured(step * signs) - measured(-step * signs)
        gradient += change[..., None, None] / (2 * step) * signs / samples
    return Estimate(gradient, 2 * samples)
