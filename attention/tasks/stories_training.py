"""Train a language model on stories and leave the files that the other commands read."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from itertools import islice
from typing import Any

from lohe.attention.recipe import Recipe
from lohe.attention.tasks.next_word import NextWord, language_config
from lohe.attention.tasks.outcome import Outcome, train_into
from lohe.attention.tasks.stories import load_stories

__all__ = ["RECIPE", "train_stories"]

RECIPE = Recipe(epochs=6, batch_size=16, learning_rate=1e-3, weight_decay=1e-4)
"""AdamW, cosine per step, clip 1; a smaller batch at a higher rate than the paper's (256, 5e-4),
whose data are hundreds of times more."""


def train_stories(
    folder: str | os.PathLike[str],
    *,
    seed: int = 0,
    epochs: int = RECIPE.epochs,
    task: NextWord | None = None,
    head_windows: int = 60,
    progress: Callable[[int, int], None] | None = None,
    **changes: Any,
) -> Outcome:
    """Train one seed, going on from an interrupted run.

    Parameters
    ----------
    folder
        Where the files ``stories-MECHANISM-seedN...`` go.
    seed
        Of the initial parameters, the shuffling and the dropout.
    epochs
        Passes over the training stories.
    task
        The stories; by default all of the data set ``tinystories``, see `load_stories`.
    head_windows
        Test windows that the heads are exported on, one oscillator a token.
    progress
        Called with (steps done, steps in all).
    **changes
        Fields of `TransformerConfig` to set otherwise, for example ``d_osc=8``.

    Returns
    -------
    Outcome

    Raises
    ------
    InputError
        As `train`, if the data set is missing, or a file cannot be written.
    """
    task = NextWord(load_stories()) if task is None else task
    return train_into(
        folder,
        task,
        language_config(task, **changes),
        replace(RECIPE, epochs=epochs),
        seed=seed,
        exported=islice(task.batches("test", 1), head_windows),
        labels=task.labels("test", head_windows),
        progress=progress,
    )
