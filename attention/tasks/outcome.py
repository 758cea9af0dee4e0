"""Train on a task and leave the files that the other commands read."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lohe.attention.export import save_heads
from lohe.attention.recipe import Recipe
from lohe.attention.results import TrainingRun
from lohe.attention.task import Batch, Task
from lohe.attention.training import train
from lohe.attention.transformer_config import TransformerConfig

__all__ = ["Outcome", "train_into"]


@dataclass(frozen=True)
class Outcome:
    """A finished run and where its files are.

    Parameters
    ----------
    run
        The record, which is also in `record`.
    model, record
        The ``.model.npz`` and ``.training.json`` files.
    heads
        A ``.head.npz`` file per head on real tokens; none for softmax.
    tokens
        A ``.tokens.npz`` file per head, with its weights and a few of its inputs; none where
        `states_tokens` says that it cannot be one.
    """

    run: TrainingRun
    model: Path
    record: Path
    heads: tuple[Path, ...]
    tokens: tuple[Path, ...]


def train_into(
    folder: str | os.PathLike[str],
    task: Task,
    config: TransformerConfig,
    recipe: Recipe,
    *,
    seed: int,
    exported: Iterable[Batch],
    labels: NDArray[np.str_],
    progress: Callable[[int, int], None] | None = None,
) -> Outcome:
    """Train one seed, or go on from its checkpoint, and export its heads.

    Parameters
    ----------
    folder
        Where the files ``TASK-MECHANISM-seedN...`` go.
    task, config, recipe, seed, progress
        As in `train`.
    exported, labels
        The sequences that the heads are exported on, and what their tokens are.

    Returns
    -------
    Outcome

    Raises
    ------
    InputError
        As `train`, or if a file cannot be written.
    """
    stem = f"{task.name}-{config.mechanism}-seed{seed}"
    files = Path(folder)
    model_file, record = files / f"{stem}.model.npz", files / f"{stem}.training.json"
    model, run = train(task, config, recipe, seed=seed, checkpoint=model_file, progress=progress)
    heads: tuple[Path, ...] = ()
    tokens: tuple[Path, ...] = ()
    if config.mechanism == "fixed_query":
        heads, tokens = save_heads(files / stem, model, list(exported), labels=labels)
    run.save(record)
    return Outcome(run, model_file, record, heads, tokens)
