"""What a trained model with accelerated attention is like: its learned numbers, and its leak."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice

import numpy as np

from lohe.attention.accelerated import apply_accelerated
from lohe.attention.accelerated.hamiltonian import step_scalars
from lohe.attention.accelerated.one_by_one import losses_one_by_one
from lohe.attention.accelerated.scalars import read_scalars
from lohe.attention.model import Model
from lohe.attention.task import Task

__all__ = ["describe_accelerated"]

_SEQUENCES = 32


def describe_accelerated(model: Model, task: Task) -> Mapping[str, float]:
    """Return the means over layers of the learned numbers, and the perplexity token by token.

    Parameters
    ----------
    model
        Its config is an `AcceleratedConfig`.
    task
        What it was trained on.

    Returns
    -------
    mapping
        Of Hamiltonian schemes, ``step_position`` and so on, see `step_scalars`. Of those of the
        softmax family, ``at_once_perplexity`` of the first test sequences, and
        ``one_by_one_perplexity`` where each token is predicted from those before alone.
    """
    config = model.config
    if not config.is_hamiltonian:
        return {}
    names = step_scalars(config.scheme)
    layers = [
        read_scalars(model.parameters, f"layer{layer}.attention.", names)[0]
        for layer in range(config.layers)
    ]
    found = {name: float(np.mean([values[name] for values in layers])) for name in names}
    if config.family == "softmax":
        (batch,) = islice(task.batches("test", _SEQUENCES), 1)
        for name, losses in (
            ("at_once", apply_accelerated(model, batch)[0]),
            ("one_by_one", losses_one_by_one(model, batch)),
        ):
            found[f"{name}_perplexity"] = float(np.exp(losses.mean(dtype=np.float64)))
    return found
