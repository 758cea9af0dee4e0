"""How far devices rest from where their phases should, against the strength of the coupling."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lohe.dynamics.errors import InputError
from lohe.hardware.array import DeviceArray
from lohe.hardware.phase_model import PhaseModel, reduce_substrate
from lohe.hardware.substrates import Substrate

__all__ = ["ReductionError", "good_up_to", "reduction_error"]

_FOLDS = 9.0  # e-folds of the slowest oscillator that an array is given to settle
_LEAST = 0.5  # norm of the smallest drive
_DISTURBED = 0.5  # radians off the predicted phases at the start


@dataclass(frozen=True)
class ReductionError:
    """The disagreement at one strength.

    Parameters
    ----------
    share : float
        Coupling rate of a unit drive, as a share of the frequency.
    driven, coupled : float
        Largest distance over an array, in cycles, without crosstalk and with it.
    """

    share: float
    driven: float
    coupled: float


def reduction_error(
    substrate: Substrate,
    shares: Sequence[float],
    *,
    seed: int,
    oscillators: int = 8,
    crosstalk: float = 0.1,
    steps: int = 64,
    model: PhaseModel | None = None,
) -> list[ReductionError]:
    r"""Settle an array of devices and its phase model side by side.

    Drives have norms between 1/2 and 1 and random directions, crosstalk random signs and the norm
    given in every row. Devices are integrated as they are; phases follow the averaged equations.

    Parameters
    ----------
    substrate
        The device.
    shares : sequence of float
        Coupling rates of a unit drive to try, as shares of the frequency.
    seed : int
        Of drives and crosstalk.
    oscillators : int
        n.
    crosstalk : float
        :math:`\sum_k |J_{ik}|` of every oscillator, in units of a unit drive.
    steps : int
        Of integration, in a period.
    model
        The phase model, if it is known.

    Returns
    -------
    list of ReductionError
        In the order of the shares; infinite where a device leaves every bound.

    Raises
    ------
    InputError
        If a share is not positive, or the substrate has no limit cycle.
    """
    if not all(share > 0 for share in shares):
        raise InputError("every share of the frequency must be positive")
    model = model or reduce_substrate(substrate)
    rng = np.random.default_rng(seed)
    size = rng.uniform(_LEAST, 1, oscillators)
    drive = size * np.exp(1j * rng.uniform(0, 2 * np.pi, oscillators))
    rows = rng.choice([-1.0, 1.0], size=(oscillators, oscillators)) / max(1, oscillators - 1)
    np.fill_diagonal(rows, 0)
    found = []
    for share in shares:
        scale = model.scale(share)
        periods = math.ceil(_FOLDS / (2 * np.pi * share * (_LEAST - crosstalk)))
        arrays = (
            DeviceArray(substrate, drive, scale, each, steps=steps)
            for each in (None, crosstalk * rows)
        )
        found.append(ReductionError(share, *(_error(model, each, periods) for each in arrays)))
    return found


def good_up_to(errors: Sequence[ReductionError], bound: float = 0.01) -> float | None:
    """Return the largest share tried up to which the disagreement is below a bound; None if none.

    Parameters
    ----------
    errors
        With rising shares.
    bound : float
        In cycles.

    Examples
    --------
    >>> good_up_to([ReductionError(0.01, 1e-3, 2e-3), ReductionError(0.1, 1e-2, 2e-2)])
    0.01
    """
    good = None
    for error in errors:
        if max(error.driven, error.coupled) >= bound:
            break
        good = error.share
    return good


def _error(model: PhaseModel, array: DeviceArray, periods: int) -> float:
    start = model.resting_phases(array.drive) + _DISTURBED
    try:
        measured = array.run(start, periods)
    except InputError:
        return math.inf
    predicted = model.run(
        array.drive,
        start,
        np.array([0.0, periods * 2 * np.pi / model.frequency]),
        scale=array.scale,
        crosstalk=array.crosstalk,
    )[-1]
    apart = np.angle(np.exp(1j * (measured - predicted)))
    return float(np.abs(apart).max() / (2 * np.pi))
