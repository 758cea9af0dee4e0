"""Many devices of one head: drawn, settled and read in chunks, on several threads."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lohe.hardware.nonideal.device import draw_device
from lohe.hardware.nonideal.imperfections import Imperfections
from lohe.hardware.nonideal.use import program_couplings, read_states, settle_on_device

__all__ = ["settle_instances"]

Floats = NDArray[Any]

_CHUNK = 25  # devices; what is drawn depends on it, the number of threads changes nothing


def settle_instances(
    imperfections: Imperfections,
    couplings: Floats,
    anchors: Floats,
    count: int,
    *,
    seed: int,
    workers: int = 1,
    step: float | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Floats:
    """Return what many devices read when they are told the same couplings once.

    Parameters
    ----------
    imperfections
        What may be wrong.
    couplings : (n, T) array
        Not negative.
    anchors : (T, d) array
        Unit vectors.
    count : int
        Devices.
    seed : int
        Of everything that is drawn.
    workers : int
        Threads; the result does not depend on them.
    step : float, optional
        The longest step of integration.
    progress
        Called with (devices done, devices in all).

    Returns
    -------
    (count, n, d) array

    Raises
    ------
    InputError
        As `settle_on_device` does.

    Examples
    --------
    >>> faults = Imperfections(mismatch=0.1, settling=5.0)
    >>> anchors = np.array([[1.0, 0.0], [0.0, 1.0]])
    >>> settle_instances(faults, np.eye(2), anchors, 30, seed=0).shape
    (30, 2, 2)
    """
    (oscillators, keys), d_osc = couplings.shape, anchors.shape[-1]
    sizes = [min(_CHUNK, count - begin) for begin in range(0, count, _CHUNK)]
    seeds = np.random.SeedSequence(seed).spawn(len(sizes))

    def settle(number: int) -> Floats:
        rng = np.random.default_rng(seeds[number])
        device = draw_device(
            imperfections,
            oscillators=oscillators,
            keys=keys,
            d_osc=d_osc,
            rng=rng,
            instances=(sizes[number],),
        )
        programmed = program_couplings(device, couplings, rng)
        states = settle_on_device(device, programmed, anchors, rng, step=step)
        return read_states(device, states, rng)

    found: list[Floats] = []
    with ThreadPoolExecutor(workers) as pool:
        for states in pool.map(settle, range(len(sizes))):
            found.append(states)
            if progress is not None:
                progress(min(count, _CHUNK * len(found)), count)
    return np.concatenate(found) if found else np.empty((0, oscillators, d_osc))
