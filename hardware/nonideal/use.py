"""One use of a device: it is told couplings, settles and is read, and can be nudged."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lohe.dynamics.errors import InputError
from lohe.hardware.nonideal.circle import PhaseArray, settle_phases
from lohe.hardware.nonideal.converters import quantise, quantise_phase
from lohe.hardware.nonideal.device import Device, drifted
from lohe.hardware.nonideal.sphere import VectorArray, settle_vectors

__all__ = ["Use", "program_couplings", "read_states", "settle_on_device", "use_device"]

Floats = NDArray[Any]

_FLOOR = 1e-8  # of a drive, as in the ideal layer


@dataclass(frozen=True, eq=False)
class Use:
    """What is known of one use, and the device as it then is.

    Parameters
    ----------
    device
        What was used.
    anchors : (..., T, d) array
        Unit vectors.
    told, programmed : (..., n, T) array
        Couplings, as they were asked for and as the device has them.
    start : (..., n, d) array
        Where oscillators are released.
    states : (..., n, d) array
        What was read.
    rng
        Of all that is drawn when it settles again.
    """

    device: Device
    anchors: Floats
    told: Floats
    programmed: Floats
    start: Floats
    states: Floats
    rng: np.random.Generator

    @property
    def drive(self) -> Floats:
        """The drives (..., n, d) that were asked for."""
        return np.asarray(self.told @ self.anchors)

    def settle(self, further: Floats) -> Floats:
        """Settle again under a further drive, from the same start, and read.

        Parameters
        ----------
        further : array that broadcasts to (..., n, d)

        Returns
        -------
        (..., n, d) array
        """
        settled = settle_on_device(
            self.device, self.programmed, self.anchors, self.rng, start=self.start, further=further
        )
        return read_states(self.device, settled, self.rng)


def use_device(device: Device, couplings: Floats, anchors: Floats, rng: np.random.Generator) -> Use:
    """Set couplings, let the array settle from random states, and read it.

    Parameters
    ----------
    device
        With n oscillators and T keys.
    couplings : (..., n, T) array
        Not negative.
    anchors : (..., T, d) array
        Unit vectors.
    rng
        Of everything that is drawn at a use.

    Raises
    ------
    InputError
        As `settle_on_device` does.
    """
    programmed = program_couplings(device, couplings, rng)
    shape = np.broadcast_shapes(
        (*programmed.shape[:-1], 1), (*anchors.shape[:-2], 1, anchors.shape[-1]),
        (*device.instances, 1, 1),
    )  # fmt: skip
    drawn = rng.standard_normal(shape)
    start = drawn / np.linalg.norm(drawn, axis=-1, keepdims=True)
    settled = settle_on_device(device, programmed, anchors, rng, start=start)
    states = read_states(device, settled, rng)
    return Use(device, anchors, couplings, programmed, start, states, rng)


def program_couplings(device: Device, couplings: Floats, rng: np.random.Generator) -> Floats:
    """Return the couplings that a device has once it is told some.

    The full scale is the largest of an array. A coupling of 0, of a masked key, is an open switch
    and stays 0.

    Parameters
    ----------
    device
        Its factors, converters and errors of setting.
    couplings : (..., n, T) array
        Not negative.
    rng
        Of the errors of setting.

    Returns
    -------
    (..., n, T) array
    """
    imperfections = device.imperfections
    scale = couplings.max(axis=(-2, -1), keepdims=True)
    told = quantise(couplings, imperfections.coupling_bits, 0.0, scale)
    if device.factors is not None:
        told = told * device.factors
    if imperfections.programming:
        shape = np.broadcast_shapes(told.shape, device.instances + told.shape[-2:])
        told = told + imperfections.programming * scale * rng.standard_normal(shape)
    return np.asarray(np.where(couplings > 0, np.maximum(told, 0), 0))


def settle_on_device(
    device: Device,
    couplings: Floats,
    anchors: Floats,
    rng: np.random.Generator,
    *,
    start: Floats | None = None,
    further: Floats | float = 0.0,
    step: float | None = None,
) -> Floats:
    """Return the states of the oscillators when they are read, before any noise of reading.

    Parameters
    ----------
    device
        With n oscillators and T keys.
    couplings : (..., n, T) array
        As the device has them; see `program_couplings`.
    anchors : (..., T, d) array
        Unit vectors.
    rng
        Of starts, drifts and noise.
    start : (..., n, d) array, optional
        By default uniform.
    further : array that broadcasts to (..., n, d)
        A further drive; of the fundamental alone, where there are harmonics.
    step : float, optional
        The longest step of integration.

    Returns
    -------
    (..., n, d) array

    Raises
    ------
    InputError
        For shapes that do not fit the device, and as its settling does.
    """
    n, keys = couplings.shape[-2:]
    if (n, keys, anchors.shape[-1]) != (device.oscillators, device.keys, device.d_osc):
        raise InputError(
            f"couplings {couplings.shape} and anchors {anchors.shape} do not fit a device of "
            f"{device.oscillators} oscillators, {device.keys} keys and dimension {device.d_osc}"
        )
    imperfections = device.imperfections
    drive = couplings @ anchors + further
    shape = np.broadcast_shapes(drive.shape, device.instances + drive.shape[-2:])
    drive = np.broadcast_to(drive, shape)
    if imperfections.is_static:
        return np.asarray(drive / np.maximum(np.linalg.norm(drive, axis=-1, keepdims=True), _FLOOR))
    if start is None:
        drawn = rng.standard_normal(shape)
        start = drawn / np.linalg.norm(drawn, axis=-1, keepdims=True)
    frequency = drifted(device, shape[:-1], rng)
    if device.d_osc > 2:
        vectors = VectorArray(drive, frequency, device.crosstalk, imperfections.diffusivity)
        return settle_vectors(vectors, start, imperfections.settling, rng, step=step)
    phasors = anchors[..., 0] + 1j * anchors[..., 1]
    orders = range(2, 2 + len(imperfections.harmonics))
    phases = PhaseArray(
        drive=drive[..., 0] + 1j * drive[..., 1],
        frequency=frequency,
        crosstalk=device.crosstalk,
        harmonics=tuple((couplings @ (phasors**order)[..., None])[..., 0] for order in orders),
        shares=imperfections.harmonics,
        delay=imperfections.delay,
        diffusivity=imperfections.diffusivity,
    )
    begin = start[..., 0] + 1j * start[..., 1]
    z = settle_phases(phases, begin, imperfections.settling, rng, step=step)
    return np.stack([z.real, z.imag], axis=-1)


def read_states(device: Device, states: Floats, rng: np.random.Generator) -> Floats:
    """Return the coordinates that are read, or those of the phases that are, (..., n, d)."""
    imperfections = device.imperfections
    if imperfections.reads == "phase":
        phases = np.arctan2(states[..., 1], states[..., 0])
        phases = phases + imperfections.reading * rng.standard_normal(phases.shape)
        phases = quantise_phase(phases, imperfections.reading_bits)
        return np.stack([np.cos(phases), np.sin(phases)], axis=-1)
    if imperfections.reading:
        states = states + imperfections.reading * rng.standard_normal(states.shape)
    return quantise(states, imperfections.reading_bits, -1.0, 1.0)
