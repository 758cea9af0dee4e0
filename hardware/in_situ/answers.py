"""How an array is asked for its gradient, by name, with nudges in proportion to its drives."""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from lohe.dynamics.errors import InputError
from lohe.hardware.gradients import (
    Estimate,
    Measured,
    differences,
    equilibrium_propagation,
    exact_flow_gradient,
    local_response,
    simultaneous_perturbation,
)
from lohe.hardware.nonideal.attention import Answer, rests_along_its_drive
from lohe.hardware.nonideal.use import Use

__all__ = ["ANSWERS", "find_answer"]

Floats = NDArray[Any]


class _Asked(Protocol):
    def __call__(self, use: Use, slope: Floats, nudge: float, samples: int) -> Estimate: ...


def _resting(use: Use, slope: Floats, nudge: float, samples: int) -> Estimate:
    return rests_along_its_drive(use, slope)


def _flow(use: Use, slope: Floats, nudge: float, samples: int) -> Estimate:
    settling = use.device.imperfections.settling
    if math.isinf(settling):
        return rests_along_its_drive(use, slope)
    return exact_flow_gradient(use.start, use.drive, slope, settling)


def _equilibrium(use: Use, slope: Floats, nudge: float, samples: int) -> Estimate:
    largest = np.abs(slope).max(axis=(-2, -1), keepdims=True)
    step = _step(use, nudge) / np.where(largest > 0, largest, 1.0)
    return equilibrium_propagation(use.settle, slope, step)


def _response(use: Use, slope: Floats, nudge: float, samples: int) -> Estimate:
    return local_response(use.settle, slope, _step(use, nudge))


def _perturbation(use: Use, slope: Floats, nudge: float, samples: int) -> Estimate:
    rng, shape = use.rng, use.states.shape
    return simultaneous_perturbation(_loss(use, slope), shape, _step(use, nudge), samples, rng)


def _differences(use: Use, slope: Floats, nudge: float, samples: int) -> Estimate:
    return differences(_loss(use, slope), use.states.shape, _step(use, nudge))


def _step(use: Use, nudge: float) -> Floats:
    """Return a share of each array's median drive, (..., 1, 1)."""
    size = np.linalg.norm(use.drive, axis=-1)
    return np.asarray(nudge * np.median(size, axis=-1)[..., None, None])


def _loss(use: Use, slope: Floats) -> Measured:
    """Return what the loss is at other states, to first order."""
    return lambda further: np.vecdot(slope, use.settle(further)).sum(axis=-1)


ANSWERS: Mapping[str, _Asked] = MappingProxyType(
    {
        "resting": _resting,
        "flow": _flow,
        "response": _response,
        "equilibrium": _equilibrium,
        "perturbation": _perturbation,
        "differences": _differences,
    }
)
"""By name: as at rest along the drive that was told; as after the exact flow from the start for the
time of settling; local answers; equilibrium propagation; simultaneous perturbation; differences."""


def find_answer(name: str, *, nudge: float = 0.2, samples: int = 1) -> Answer:
    """Return how to ask an array.

    Parameters
    ----------
    name : str
        One of `ANSWERS`.
    nudge : float
        Of the largest further drive of an oscillator, as a share of the array's median drive.
    samples : int
        Of simultaneous perturbations.

    Raises
    ------
    InputError
        For another name.

    Examples
    --------
    >>> find_answer("guess")
    Traceback (most recent call last):
    lohe.dynamics.errors.InputError: no gradient is called 'guess'; choose resting, flow, \
response, equilibrium, perturbation, differences
    """
    if name not in ANSWERS:
        raise InputError(f"no gradient is called {name!r}; choose {', '.join(ANSWERS)}")
    asked = ANSWERS[name]
    return lambda use, slope: asked(use, slope, nudge, samples)
