"""What a model knows of the order of frames: its score when they are shuffled."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from lohe.attention.model import Model
from lohe.attention.task import Task
from lohe.attention.transformer import apply_transformer
from lohe.dynamics.errors import InputError

__all__ = ["shuffled_accuracy"]

_BATCH = 256
_SEED = 49


def shuffled_accuracy(model: Model, task: Task, *, shuffles: int = 4) -> float:
    """Return the test accuracy on clips whose frames are shuffled, the mean over fixed shuffles.

    One order of frames is used for all clips. A model that sees clips as sets of frames, such as
    softmax attention without positions, scores as on clips in their order.

    Parameters
    ----------
    model
        Trained on clips in their order.
    task
        Its batches are features (B, T, F).
    shuffles
        Orders to average over; they are the same for all models.

    Raises
    ------
    InputError
        If `shuffles` is not positive.
    """
    if shuffles < 1:
        raise InputError(f"{shuffles} shuffles; choose at least 1")
    rng = np.random.default_rng(_SEED)
    scores = []
    for _ in range(shuffles):
        order = rng.permutation(model.config.context)
        outputs = [
            apply_transformer(model, replace(batch, inputs=batch.inputs[:, order]))[0]
            for batch in task.batches("test", _BATCH)
        ]
        scores.append(task.score(np.concatenate(outputs), "test")["accuracy"])
    return float(np.mean(scores))
