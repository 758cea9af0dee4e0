"""Train a language model on stories and leave the files that the other commands read."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from itertools import islice
from typing import Any

from lohe.attention.tasks.outcome import Outcome, train_into
from lohe.attention.tasks.stories import load_stories
from lohe.attention.tasks.stories_task import RECIPE, StoryTask, story_config

__all__ = ["train_stories"]


def train_stories(
    folder: str | os.PathLike[str],
    *,
    seed: int = 0,
    epochs: int = RECIPE.epochs,
    task: StoryTask | None = None,
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
    task = StoryTask(load_stories()) if task is None else task
    return train_into(
        folder,
        task,
        story_config(task, **changes),
        replace(RECIPE, epochs=epochs),
        seed=seed,
        exported=islice(task.batches("test", 1), head_windows),
        labels=task.labels("test", head_windows),
        progress=progress,
    )
