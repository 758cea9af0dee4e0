"""Attention on a device: set the couplings, let the array settle, read it, weigh the values."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lohe.attention.dense_couplings import dense_couplings
from lohe.dynamics.errors import InputError
from lohe.hardware.nonideal.circle import PhaseArray, settle_phases
from lohe.hardware.nonideal.converters import quantise
from lohe.hardware.nonideal.device import Device, drifted
from lohe.hardware.nonideal.sphere import VectorArray, settle_vectors

__all__ = ["device_attention", "program_couplings", "read_states", "settle_on_device"]

Floats = NDArray[Any]

_FLOOR = 1e-8  # of the drive and of the sum of weights, as in the ideal layer


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
    drive = couplings @ anchors
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
    """Return the coordinates that are read, (..., n, d)."""
    imperfections = device.imperfections
    if imperfections.reading:
        states = states + imperfections.reading * rng.standard_normal(states.shape)
    return quantise(states, imperfections.reading_bits, -1.0, 1.0)


def device_attention(
    device: Device,
    q: Floats,
    k: Floats,
    v: Floats,
    anchors: Floats,
    *,
    rng: np.random.Generator,
    coupling: str = "softplus",
    p: Any = 1,
    causal: bool = False,
    key_mask: NDArray[np.bool_] | None = None,
    mask_readout: bool = True,
) -> Floats:
    """Attend by a device; an ideal one does what `fixed_query_attention` does.

    Parameters
    ----------
    device
        Of T oscillators and T keys, or more, of which the first are used; its leading axes
        broadcast against those of the couplings.
    q, k, v, anchors, coupling, p, causal, key_mask, mask_readout
        See `fixed_query_attention`; matrices over all pairs are formed.
    rng
        Of everything that is drawn at each use.

    Returns
    -------
    (..., T, d_v) array
    """
    tokens = q.shape[-2]
    if tokens != device.oscillators:
        device = device.first(tokens)
    seen = np.tri(tokens, dtype=bool) if causal else np.ones((tokens, tokens), dtype=bool)
    coupled = seen if key_mask is None else seen & key_mask[..., None, :]
    couplings = np.where(coupled, dense_couplings(q, k, coupling), 0)
    programmed = program_couplings(device, couplings, rng)
    states = read_states(device, settle_on_device(device, programmed, anchors, rng), rng)
    weights = np.maximum(0, 1 + states @ anchors.swapaxes(-1, -2)) ** p
    weights = np.where(coupled if mask_readout else seen, weights, 0)
    weights = weights / np.maximum(weights.sum(axis=-1, keepdims=True), _FLOOR)
    return np.asarray((weights @ v).astype(v.dtype))
