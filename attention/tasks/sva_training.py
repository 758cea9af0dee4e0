"""Train on subject-verb agreement and leave the files that the other commands read."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from lohe.attention.tasks.outcome import Outcome, train_into
from lohe.attention.tasks.sva import RECIPE, SubjectVerbAgreement, sva_config

__all__ = ["train_sva"]

_EXPORT_BATCH = 1000


def train_sva(
    folder: str | os.PathLike[str],
    *,
    seed: int = 0,
    epochs: int = RECIPE.epochs,
    task: SubjectVerbAgreement | None = None,
    progress: Callable[[int, int], None] | None = None,
    **changes: Any,
) -> Outcome:
    """Train one seed by the paper's protocol, going on from an interrupted run.

    Parameters
    ----------
    folder
        Where the files ``sva-MECHANISM-seedN...`` go.
    seed
        Of the initial parameters, the shuffling and the dropout.
    epochs
        The protocol has 20.
    task
        The sentences; by default 40,000 + 4,000 + 4,000 of seed 0.
    progress
        Called with (steps done, steps in all).
    **changes
        Fields of `TransformerConfig` to set otherwise than the protocol, for example
        ``mechanism="softmax"``.

    Returns
    -------
    Outcome

    Raises
    ------
    InputError
        As `train`, or if a file cannot be written.
    """
    task = SubjectVerbAgreement() if task is None else task
    config = sva_config(task, **changes)
    return train_into(
        folder,
        task,
        config,
        replace(RECIPE, epochs=epochs),
        seed=seed,
        exported=task.batches("validation", _EXPORT_BATCH),
        labels=task.labels("validation"),
        progress=progress,
    )
