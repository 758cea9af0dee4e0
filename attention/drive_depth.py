"""Depth as time for fixed queries: how strongly each head is driven, and what has settled."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lohe.attention.depth import Depth, Measure, by_layer
from lohe.attention.export import export_heads
from lohe.attention.head import Head
from lohe.attention.model import Model
from lohe.attention.task import Batch
from lohe.dynamics.errors import InputError
from lohe.dynamics.order import coherence
from lohe.dynamics.settling import converged_probability

__all__ = ["drive_depth", "heads_on"]

_SETTLED = 1e-2


def heads_on(model: Model, batch: Batch, labels: NDArray[np.str_]) -> dict[tuple[int, int], Head]:
    """Return the heads of a fixed-query model on one sequence, by (layer, head).

    Raises
    ------
    InputError
        As `export_heads`.
    """
    heads = export_heads(model, [batch], labels=labels[None])
    numbers = np.ndindex(model.config.layers, model.config.heads)
    return {(layer, head): each for (layer, head), each in zip(numbers, heads, strict=True)}


def drive_depth(model: Model, batch: Batch, labels: NDArray[np.str_], *, horizon: float) -> Depth:
    """Measure the drives of a fixed-query model on one sequence.

    Parameters
    ----------
    model
        Its config is a `TransformerConfig` with the mechanism ``"fixed_query"``.
    batch, labels
        The sequence, B = 1.
    horizon
        When to ask what has settled.

    Returns
    -------
    Depth
        Measures of heads: ``drive`` and ``weakest``, the mean and the smallest norm of a drive;
        ``coherence``, where drives are sums over one table of anchors; and ``settled``, the share
        of uniform starts within 0.01 of rest at the horizon, by T2, over all tokens.

    Raises
    ------
    InputError
        As `export_heads`, and for a horizon that is not positive.
    """
    if not 0 < horizon < float("inf"):
        raise InputError(f"horizon is {horizon}; it must be positive")
    config = model.config
    networks = [head.network() for head in heads_on(model, batch, labels).values()]
    norms = np.stack([np.linalg.norm(network.drive, axis=-1) for network in networks])
    settled = converged_probability(norms, horizon, _SETTLED, networks[0].d).mean(axis=1)
    found = {
        "drive": ("drive", "mean norm of the drives", "norm of the drive", norms.mean(axis=1)),
        "weakest": ("weakest", "smallest norm of a drive", "norm of the drive", norms.min(axis=1)),
        "settled": (
            "settled",
            f"share of uniform starts within {_SETTLED:g} of rest at time {horizon:g} (T2)",
            "share settled",
            settled,
        ),
    }
    if all(network.couplings is not None for network in networks):
        agree = np.array([coherence(network).mean() for network in networks])
        found["coherence"] = ("coherence", "mean coherence of the drives", "coherence", agree)
    measures = [
        Measure(name, short, meaning, panel, by_layer(_rows(values, config.layers), config.layers))
        for name, (short, meaning, panel, values) in found.items()
    ]
    return Depth("transformer", config.mechanism, tuple(measures), {}, labels)


def _rows(values: NDArray[np.float64], layers: int) -> list[NDArray[np.float64]]:
    return list(values.reshape(layers, -1))
