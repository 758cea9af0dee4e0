"""One device, or many: what is drawn when an array is made."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from lohe.dynamics.errors import InputError
from lohe.hardware.nonideal.crosstalk import Crosstalk, parasitic_crosstalk
from lohe.hardware.nonideal.imperfections import Imperfections

__all__ = ["Device", "draw_device", "drifted"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Device:
    """Arrays of oscillators, each with its own faults.

    Parameters
    ----------
    imperfections
        What they were drawn from, and what is drawn at every use.
    instances : tuple of int
        Leading axes of what was drawn: heads, or devices.
    oscillators, keys, d_osc : int
        n, T and d.
    factors : (..., n, T) array or None
        Of the couplings.
    crosstalk : Crosstalk or None
        J.
    frequency : (..., n) array, or (..., n, d, d), or None
        Natural frequencies on a circle, or skew matrices on a sphere.
    """

    imperfections: Imperfections
    instances: tuple[int, ...]
    oscillators: int
    keys: int
    d_osc: int
    factors: Floats | None
    crosstalk: Crosstalk | None
    frequency: Floats | None

    def first(self, tokens: int) -> Device:
        """Return the array of its first oscillators and keys, for a shorter sequence.

        Raises
        ------
        InputError
            If it has fewer.
        """
        if tokens > min(self.oscillators, self.keys):
            raise InputError(
                f"an array of {self.oscillators} oscillators has no room for {tokens} tokens"
            )
        along = -1 if self.d_osc == 2 else -3
        return replace(
            self,
            oscillators=tokens,
            keys=tokens,
            factors=None if self.factors is None else self.factors[..., :tokens, :tokens],
            crosstalk=None if self.crosstalk is None else self.crosstalk.first(tokens),
            frequency=None
            if self.frequency is None
            else np.take(self.frequency, range(tokens), axis=along),
        )


def draw_device(
    imperfections: Imperfections,
    *,
    oscillators: int,
    keys: int,
    d_osc: int,
    rng: np.random.Generator,
    instances: tuple[int, ...] = (),
) -> Device:
    """Draw a device, or an array of devices.

    Parameters
    ----------
    imperfections
        What may be wrong.
    oscillators, keys, d_osc : int
        Tokens that settle side by side, anchors, and the dimension.
    rng
        Source of randomness.
    instances : tuple of int
        Leading axes: heads, or devices.

    Raises
    ------
    InputError
        For harmonics, and phases to be read, of oscillators that are not on a circle.
    """
    if d_osc != 2 and imperfections.reads == "phase":
        raise InputError(
            f"oscillators of dimension {d_osc} have no phase to be read; read components"
        )
    if d_osc != 2 and any(imperfections.harmonics):
        raise InputError(
            f"harmonics are of phases, and these oscillators have dimension {d_osc}; "
            "leave them out or take d_osc = 2"
        )
    factors = None
    if imperfections.mismatch:
        drawn = rng.standard_normal((*instances, oscillators, keys))
        factors = np.exp(imperfections.mismatch * drawn)
    return Device(
        imperfections=imperfections,
        instances=instances,
        oscillators=oscillators,
        keys=keys,
        d_osc=d_osc,
        factors=factors,
        crosstalk=parasitic_crosstalk(imperfections, oscillators, rng, instances),
        frequency=_frequencies(imperfections.detuning, (*instances, oscillators), d_osc, rng),
    )


def drifted(device: Device, shape: tuple[int, ...], rng: np.random.Generator) -> Floats | None:
    """Return natural frequencies as they are at each of many uses.

    Parameters
    ----------
    device
        Its own frequencies, and how far they move between two uses.
    shape : tuple of int
        Axes of uses, instances and oscillators, (..., n).
    rng
        Of the moves.

    Returns
    -------
    (..., n) array, or (..., n, d, d), or None
        Without drift the device's own.
    """
    own = device.frequency
    moved = _frequencies(device.imperfections.drift, shape, device.d_osc, rng)
    if own is None or moved is None:
        return own if moved is None else moved
    return own + moved


def _frequencies(
    deviation: float, shape: tuple[int, ...], d_osc: int, rng: np.random.Generator
) -> Floats | None:
    if deviation == 0:
        return None
    if d_osc == 2:
        return deviation * rng.standard_normal(shape)
    matrix = deviation * rng.standard_normal((*shape, d_osc, d_osc))
    upper = np.triu(matrix, 1)
    return np.asarray(upper - upper.swapaxes(-1, -2))
