"""The best model of a run so far: the one whose loss on the validation split is smallest."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from lohe.attention.task import Task

__all__ = ["Kept", "keep_better"]

Floats = NDArray[Any]

_BATCH = 256


@dataclass(frozen=True, eq=False)
class Kept:
    """Parameters after some epoch.

    Parameters
    ----------
    loss
        Mean loss of the validation split.
    vector
        All parameters, as `Parameters.vector`.
    """

    loss: float
    vector: Floats


def keep_better(kept: Kept | None, vector: Floats, outputs: Floats, task: Task) -> Kept:
    """Return a copy of the parameters if they are better than those kept, else the latter.

    Parameters
    ----------
    kept
        None if nothing was kept yet.
    vector
        Parameters that move on in place.
    outputs
        Their outputs on the validation split.
    task
        Its loss decides.
    """
    total = 0.0
    start = 0
    for batch in task.batches("validation", _BATCH):
        stop = start + len(batch.inputs)
        total += (stop - start) * task.loss(outputs[start:stop], batch)[0]
        start = stop
    loss = total / start
    if kept is not None and not (loss < kept.loss or math.isnan(kept.loss)):
        return kept
    return Kept(loss, vector.copy())
