r"""Bias and spread of gradients that an array is asked for, against its faults.

The truth is the gradient at rest of the same array without noise, by implicit differentiation with
all that was drawn when it was made. Of R uses with estimates g the bias is that of their mean,
:math:`b^2 = |\bar g - g^*|^2 - s^2/R`, and the spread :math:`s^2` the mean of :math:`|g - \bar
g|^2`, both as shares of :math:`|g^*|`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lohe.dynamics.errors import InputError
from lohe.hardware.gradients import implicit_gradient
from lohe.hardware.in_situ.answers import find_answer
from lohe.hardware.nonideal.device import Device, draw_device
from lohe.hardware.nonideal.imperfections import Imperfections
from lohe.hardware.nonideal.use import Use, settle_on_device, use_device

__all__ = ["ASKED_OF", "Quality", "gradient_quality", "true_gradient"]

Floats = NDArray[Any]

_SETTLING = 30.0
_REST = 400.0  # a time after which nothing moves, for the truth
_STILL = 1e-6  # speed, of a drive of 1


def _moved(field: str, size: Any) -> Imperfections:
    return Imperfections(**{"settling": _SETTLING, field: size})


ASKED_OF: Mapping[str, tuple[Imperfections, ...]] = MappingProxyType(
    {
        field: tuple(_moved(field, size) for size in sizes)
        for field, sizes in (
            ("settling", (0.3, 1.0, 3.0, 10.0)),
            ("diffusivity", (1e-4, 1e-3, 1e-2, 1e-1)),
            ("reading", (1e-3, 1e-2, 3e-2, 1e-1)),
            ("crosstalk", (0.03, 0.1, 0.3, 0.6)),
            ("detuning", (0.03, 0.1, 0.2, 0.4)),
            ("mismatch", (0.1, 0.3, 1.0, 2.0)),
        )
    }
)
"""The faults, by the field that is varied; all arrays have 30 units of time where none is given.
Drives are 1 in the median, so that sizes are shares of what they compete with."""


@dataclass(frozen=True)
class Quality:
    """How good a gradient is.

    Parameters
    ----------
    bias, spread : float
        As shares of the truth.
    noticed : float
        The least bias that these uses tell from 0, two standard errors.
    settlings : int
        Of the array for one estimate, beyond the one that is read.
    """

    bias: float
    spread: float
    noticed: float
    settlings: int


def gradient_quality(
    imperfections: Imperfections,
    names: Sequence[str],
    *,
    oscillators: int = 8,
    d_osc: int = 2,
    uses: int = 200,
    nudge: float = 0.2,
    samples: int = 1,
    seed: Sequence[int] = (0,),
) -> dict[str, Quality]:
    """Ask one device many times.

    Parameters
    ----------
    imperfections
        What may be wrong; the device is drawn once.
    names : sequence of str
        Of gradients; see `ANSWERS`.
    oscillators, d_osc : int
        Of the array, with as many anchors.
    uses : int
        R.
    nudge, samples
        See `find_answer`.
    seed : sequence of int
        Of couplings, anchors, the device and its uses.

    Raises
    ------
    InputError
        For unknown names, and where an array does not rest.

    Examples
    --------
    >>> found = gradient_quality(Imperfections(), ["resting", "equilibrium"], uses=3, nudge=1e-3)
    >>> [quality.bias < 1e-6 for quality in found.values()]
    [True, True]
    """
    rng = np.random.default_rng(list(seed))
    anchors = rng.standard_normal((oscillators, d_osc))
    anchors[:, 0] = np.abs(anchors[:, 0])  # in a half-space, where no drive is small
    anchors /= np.linalg.norm(anchors, axis=-1, keepdims=True)
    couplings = rng.uniform(0.2, 1.0, (oscillators, oscillators))
    couplings /= np.median(np.linalg.norm(couplings @ anchors, axis=-1))
    slope = rng.standard_normal((oscillators, d_osc))
    device = draw_device(
        imperfections, oscillators=oscillators, keys=oscillators, d_osc=d_osc, rng=rng
    )
    many = np.broadcast_to(couplings, (uses, *couplings.shape))
    use = use_device(device, many, anchors, rng)
    truth = true_gradient(use, slope)
    size = float(np.linalg.norm(truth))
    slopes = np.broadcast_to(slope, use.states.shape)
    found = {}
    for name in names:
        estimate = find_answer(name, nudge=nudge, samples=samples)(use, slopes)
        mean = estimate.gradient.mean(axis=0)
        spread = float(((estimate.gradient - mean) ** 2).sum(axis=(1, 2)).mean()) * (
            uses / max(1, uses - 1)
        )
        square = float(((mean - truth) ** 2).sum()) - spread / uses
        found[name] = Quality(
            bias=math.sqrt(max(0.0, square)) / size,
            spread=math.sqrt(spread) / size,
            noticed=2 * math.sqrt(spread / uses) / size,
            settlings=estimate.settlings,
        )
    return found


def true_gradient(use: Use, slope: Floats) -> Floats:
    """Return the gradient by the drives of the array that was used, at rest and without noise.

    Parameters
    ----------
    use
        Of which the first, where there are several.
    slope : (n, d) array
        Of the loss by the states.

    Returns
    -------
    (n, d) array

    Raises
    ------
    InputError
        If an oscillator does not rest, or at the edge of locking.
    """
    device = _quiet(use.device)
    first = (0,) * (use.programmed.ndim - 2)
    programmed = use.programmed[first]
    rng = np.random.default_rng(0)
    states = settle_on_device(device, programmed, use.anchors, rng, start=use.start[first])
    crosstalk = None if device.crosstalk is None else device.crosstalk.dense()
    frequency = device.frequency
    if frequency is not None and device.d_osc == 2:
        frequency = frequency[:, None, None] * np.array([[0.0, -1.0], [1.0, 0.0]])
    drive = programmed @ use.anchors
    force = drive if crosstalk is None else drive + crosstalk @ states
    speed = force - np.vecdot(force, states)[:, None] * states
    if frequency is not None:
        speed = speed + (frequency @ states[..., None])[..., 0]
    if np.linalg.norm(speed, axis=-1).max() > _STILL:
        raise InputError("an oscillator of the array does not lock, so that nothing rests")
    return implicit_gradient(
        states, drive, slope, crosstalk=crosstalk, frequency=frequency
    ).gradient


def _quiet(device: Device) -> Device:
    """Return the device with as much time as it needs, and nothing drawn at a use."""
    quiet = replace(
        device.imperfections,
        settling=_REST, diffusivity=0.0, drift=0.0, programming=0.0, reading=0.0, reading_bits=None,
    )  # fmt: skip
    return replace(device, imperfections=quiet)
