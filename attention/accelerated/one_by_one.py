"""The loss that a model has when it reads a text token by token, as it must to be of use."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lohe.attention.accelerated.model import apply_accelerated
from lohe.attention.model import Model
from lohe.attention.task import Batch

__all__ = ["losses_one_by_one"]


def losses_one_by_one(model: Model, batch: Batch) -> NDArray[Any]:
    """Return the losses of a batch where each prediction is made from the tokens before alone.

    The model is run once for every prefix. Where it is causal this is what it gives at once; what
    a leaking model gains by running on whole sequences is the difference.

    Parameters
    ----------
    model
        Its config is an `AcceleratedConfig`.
    batch
        Inputs and targets, (B, T).

    Returns
    -------
    (B, T) array
        -ln P(target), in nats.
    """
    length = batch.inputs.shape[1]
    columns = [
        apply_accelerated(model, Batch(batch.inputs[:, :end], batch.targets[:, :end]))[0][:, -1]
        for end in range(1, length + 1)
    ]
    return np.stack(columns, axis=1)
