"""What the attention of a trained phase model is like: how far its oscillators agree, on whom."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lohe.attention.kuramoto.order import attended_order, order_parameter, watch
from lohe.attention.model import Model
from lohe.attention.task import Task

__all__ = ["describe_phases"]

Floats = NDArray[Any]

_SEQUENCES = 16


def describe_phases(model: Model, task: Task) -> Mapping[str, float]:
    """Return what a phase model does on the first test sequences.

    Parameters
    ----------
    model
        Its config is a `KuramotoConfig`.
    task
        What it was trained on.

    Returns
    -------
    mapping
        ``order_first`` and ``order_last``, the order parameters of the oscillators as they enter
        the first and the last layer; ``attended_order``, how far those agree whom a token couples
        to, where values are phases; ``listeners``, e to the entropy of a token's weights, the
        number of tokens that it listens to; and ``own_weight``, the weight that it gives itself.
        All are means, the last three over layers, too.
    """
    batch = next(iter(task.batches("test", _SEQUENCES)))
    seen = watch(model, batch.inputs)
    weights = [pulled.weights() for pulled in seen]
    found = {
        "order_first": float(order_parameter(seen[0].x).mean()),
        "order_last": float(order_parameter(seen[-1].x).mean()),
        "listeners": float(np.mean([np.exp(_entropy(each)).mean() for each in weights])),
        "own_weight": float(
            np.mean([np.diagonal(each, axis1=-2, axis2=-1).mean() for each in weights])
        ),
    }
    if model.config.values == "phases":
        means = [mean for pulled in seen for mean in pulled.means.values()]
        found["attended_order"] = float(np.mean([attended_order(mean).mean() for mean in means]))
    return found


def _entropy(weights: Floats) -> Floats:
    """Return -sum A ln A of each row, in nats; 0 ln 0 is 0."""
    logs = np.log(weights, out=np.zeros_like(weights), where=weights > 0)
    return np.asarray(-(weights * logs).sum(axis=-1))
