"""Gradients from values of the loss alone, which any device gives."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from lohe.dynamics.errors import InputError
from lohe.hardware.gradients.estimate import Estimate

__all__ = ["differences", "simultaneous_perturbation"]

Floats = NDArray[np.float64]
Measured = Callable[[Floats], float]


def differences(measured: Measured, couplings: Floats, step: float) -> Estimate:
    """Change one coupling at a time, up and down.

    Parameters
    ----------
    measured
        From couplings to the loss as the device gives it, noise and all.
    couplings : (n, T) array
    step : float
        By how much.

    Raises
    ------
    InputError
        If the step is not positive.

    Examples
    --------
    >>> differences(lambda w: float((w**2).sum()), np.array([[1.0, 3.0]]), 0.1).gradient.round(9)
    array([[2., 6.]])
    """
    _require_step(step)
    gradient = np.zeros_like(couplings)
    for at in np.ndindex(couplings.shape):
        up, down = couplings.copy(), couplings.copy()
        up[at] += step
        down[at] -= step
        gradient[at] = (measured(up) - measured(down)) / (2 * step)
    return Estimate(gradient, 2 * couplings.size)


def simultaneous_perturbation(
    measured: Measured,
    couplings: Floats,
    step: float,
    samples: int,
    rng: np.random.Generator,
) -> Estimate:
    """Change all couplings at once by random signs (Spall, IEEE TAC 37, 332, 1992).

    Each sample is unbiased up to the third derivatives of the loss; its variance is that of the
    other couplings' slopes, so that samples are averaged.

    Parameters
    ----------
    measured, couplings, step
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
    _require_step(step)
    if samples < 1:
        raise InputError(f"samples is {samples}; it must be at least 1")
    gradient = np.zeros_like(couplings)
    for _ in range(samples):
        signs = rng.integers(0, 2, couplings.shape) * 2.0 - 1
        up, down = measured(couplings + step * signs), measured(couplings - step * signs)
        gradient += (up - down) / (2 * step) * signs / samples
    return Estimate(gradient, 2 * samples)


def _require_step(step: float) -> None:
    if not step > 0:
        raise InputError(f"step is {step}; it must be positive")
