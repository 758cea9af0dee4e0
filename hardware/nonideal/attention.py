"""Attention on a device: tell it couplings, read its states, weigh the values."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lohe.attention.dense_couplings import dense_couplings_vjp
from lohe.hardware.gradients import Estimate, by_couplings, resting_gradient
from lohe.hardware.nonideal.device import Device
from lohe.hardware.nonideal.use import Use, use_device

__all__ = ["Answer", "device_attention", "device_attention_vjp", "rests_along_its_drive"]

Floats = NDArray[Any]

Answer = Callable[[Use, Floats], Estimate]
"""From a use and the slope of the loss by the states that were read, (..., n, d), to its gradient
by the drives."""

_FLOOR = 1e-8  # of the sum of weights, as in the ideal layer


def rests_along_its_drive(use: Use, slope: Floats) -> Estimate:
    """Answer as an ideal array does, at the states that were read; see `resting_gradient`."""
    return resting_gradient(use.states, use.drive, slope)


def device_attention(device: Device, *arguments: Floats, **options: Any) -> Floats:
    """Attend by a device; an ideal one does what `fixed_query_attention` does.

    The arguments are those of `device_attention_vjp`.

    Returns
    -------
    (..., T, d_v) array
    """
    return device_attention_vjp(device, *arguments, **options)[0]


def device_attention_vjp(
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
    answer: Answer = rests_along_its_drive,
) -> tuple[Floats, Callable[[Floats], tuple[Floats, ...]]]:
    """Attend by a device, and return the adjoint with what `answer` finds out of the array.

    All but the array is digital, and its adjoint exact. Converters are taken for what they stand
    for: slopes pass through them.

    Parameters
    ----------
    device
        Of T oscillators and T keys, or more, of which the first are used; its leading axes
        broadcast against those of the couplings.
    q, k, v, anchors, coupling, p, causal, key_mask, mask_readout
        See `fixed_query_attention`; matrices over all pairs are formed.
    rng
        Of everything that is drawn at each use.
    answer
        How the states that were read answer to drives.

    Returns
    -------
    out : (..., T, d_v) array
    pullback : callable
        ``pullback(d_out) -> (dq, dk, dv, d_anchors)``, and ``dp`` where p is an array.
    """
    tokens = q.shape[-2]
    if tokens != device.oscillators:
        device = device.first(tokens)
    seen = np.tri(tokens, dtype=bool) if causal else np.ones((tokens, tokens), dtype=bool)
    coupled = seen if key_mask is None else seen & key_mask[..., None, :]
    couplings, back_couplings = dense_couplings_vjp(q, k, coupling)
    use = use_device(device, np.where(coupled, couplings, 0), anchors, rng)
    overlap = np.maximum(0, 1 + use.states @ anchors.swapaxes(-1, -2))
    power = np.where(coupled if mask_readout else seen, overlap**p, 0)
    total = np.maximum(power.sum(axis=-1, keepdims=True), _FLOOR)
    weights = power / total

    def pullback(d_out: Floats) -> tuple[Floats, ...]:
        d_weights = d_out @ v.swapaxes(-1, -2)
        d_power = (d_weights - np.vecdot(d_weights, weights)[..., None]) / total
        positive = np.where(power > 0, overlap, 1.0)
        d_overlap = np.where(power > 0, d_power * p * positive ** (p - 1), 0)
        d_drive = answer(use, d_overlap @ anchors).gradient
        dq, dk = back_couplings(np.where(coupled, by_couplings(d_drive, anchors), 0))
        d_anchors = d_overlap.swapaxes(-1, -2) @ use.states + use.told.swapaxes(-1, -2) @ d_drive
        found = [(dq, q), (dk, k), (weights.swapaxes(-1, -2) @ d_out, v), (d_anchors, anchors)]
        if isinstance(p, np.ndarray):
            found.append((d_power * power * np.log(positive), p))
        return tuple(_like(d, x) for d, x in found)

    return np.asarray((weights @ v).astype(v.dtype)), pullback


def _like(gradient: Floats, array: Floats) -> Floats:
    """Return a gradient summed over the axes along which its array was broadcast."""
    gradient = gradient.sum(axis=tuple(range(gradient.ndim - array.ndim)))
    wide = tuple(i for i in range(array.ndim) if array.shape[i] == 1 != gradient.shape[i])
    return np.asarray(gradient.sum(axis=wide, keepdims=True), dtype=array.dtype)
