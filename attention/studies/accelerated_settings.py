"""TinyStories as accelerated attention is trained on it: the protocol of arXiv 2603.16535."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from lohe.attention.accelerated import AcceleratedConfig, initialise_accelerated
from lohe.attention.architecture import ACCELERATED
from lohe.attention.model import Model
from lohe.attention.rotary import match_hidden
from lohe.attention.studies.describe_accelerated import describe_accelerated
from lohe.attention.studies.study import Setting
from lohe.attention.task import Task
from lohe.attention.tasks.next_word import NextWord
from lohe.attention.tasks.stories import load_stories

__all__ = ["EPOCHS", "STEPS", "accelerated_stories"]

_LENGTH, _BATCH = 128, 72
EPOCHS, STEPS = 11, 91
"""Epochs, and steps of each: 1,001 in all."""

_TOKENS = _LENGTH * (_BATCH * STEPS + 1) + 1  # what 91 steps read, from any phase


def accelerated_stories(
    *, words: int = 2000, parameters: int | None = None, **fields: Any
) -> Setting:
    """Return 1,001 steps of 72 windows of 128 words, for a model of 4 layers of width 64.

    The paper draws from all of TinyStories and has a larger vocabulary; here the training text is
    the sample of it, read eleven times.

    Parameters
    ----------
    words
        Size of the vocabulary.
    parameters
        What the model's hidden width is chosen for, within 1 %; None leaves it.
    **fields
        Fields of `AcceleratedConfig`.
    """
    task = NextWord(load_stories(), length=_LENGTH, words=words, tokens=_TOKENS)
    config = ACCELERATED.for_text(task, **fields)
    if parameters is not None:
        config = match_hidden(config, parameters, _shapes)
    recipe = replace(ACCELERATED.recipe, epochs=EPOCHS, batch_size=_BATCH)
    return Setting(task, config, recipe, _examine)


def _shapes(config: AcceleratedConfig) -> dict[str, tuple[int, ...]]:
    drawn = initialise_accelerated(config, np.random.default_rng(0), np.float32)
    return {name: array.shape for name, array in drawn.items()}


def _examine(model: Model, task: Task) -> dict[str, float]:
    return dict(describe_accelerated(model, task))
