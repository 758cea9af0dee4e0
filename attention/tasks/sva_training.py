"""Train on subject-verb agreement and leave the files that the other commands read."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from lohe.attention.export import export_heads
from lohe.attention.results import TrainingRun
from lohe.attention.tasks.sva import RECIPE, SubjectVerbAgreement, sva_config
from lohe.attention.training import train

__all__ = ["SvaFiles", "train_sva"]

_EXPORT_BATCH = 1000


@dataclass(frozen=True)
class SvaFiles:
    """A finished run and where its files are.

    Parameters
    ----------
    run
        The record, which is also in `record`.
    model, record
        The ``.model.npz`` and ``.training.json`` files.
    heads
        A ``.head.npz`` file per head, on the validation sentences; none for softmax.
    """

    run: TrainingRun
    model: Path
    record: Path
    heads: tuple[Path, ...]


def train_sva(
    folder: str | os.PathLike[str],
    *,
    seed: int = 0,
    epochs: int = RECIPE.epochs,
    task: SubjectVerbAgreement | None = None,
    progress: Callable[[int, int], None] | None = None,
    **changes: Any,
) -> SvaFiles:
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
    SvaFiles

    Raises
    ------
    InputError
        As `train`, or if a file cannot be written.
    """
    task = SubjectVerbAgreement() if task is None else task
    config = sva_config(task, **changes)
    stem = f"sva-{config.mechanism}-seed{seed}"
    files = Path(folder)
    model_file, record = files / f"{stem}.model.npz", files / f"{stem}.training.json"
    recipe = replace(RECIPE, epochs=epochs)
    model, run = train(task, config, recipe, seed=seed, checkpoint=model_file, progress=progress)
    head_files = []
    if config.mechanism == "fixed_query":
        batches = task.batches("validation", _EXPORT_BATCH)
        heads = export_heads(model, batches, labels=task.labels("validation"), name=stem)
        for index, head in enumerate(heads):
            layer, number = divmod(index, config.heads)
            path = files / f"{stem}-layer{layer}-head{number}.head.npz"
            head.save(path)
            head_files.append(path)
    run.save(record)
    return SvaFiles(run, model_file, record, tuple(head_files))
