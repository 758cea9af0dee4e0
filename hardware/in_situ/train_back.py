"""Models trained on for a device that they run badly on, and for devices that are not known yet."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from lohe.attention.architecture import Apply
from lohe.attention.model import Model
from lohe.attention.recipe import Recipe
from lohe.attention.task import Split, Task
from lohe.attention.training import evaluate, train
from lohe.hardware.nonideal.attention import Answer
from lohe.hardware.nonideal.device import Device
from lohe.hardware.nonideal.imperfections import Imperfections
from lohe.hardware.nonideal.model import (
    apply_on_devices,
    apply_on_new_devices,
    draw_model_devices,
)

__all__ = ["TrainedOn", "device_scores", "draw_instance", "train_back", "train_for_any"]

Seed = Sequence[int]
Progress = Callable[[int, int], None]


@dataclass(frozen=True, eq=False)
class TrainedOn:
    """A model that was trained on.

    Parameters
    ----------
    model
        After the last epoch.
    history : tuple of mapping
        For every epoch its loss and its scores on the validation split, on what it was trained on.
    """

    model: Model
    history: tuple[dict[str, Any], ...]


def draw_instance(model: Model, imperfections: Imperfections, seed: Seed) -> list[Device]:
    """Draw one instance of the hardware: the arrays of a model, each with its own faults.

    Parameters
    ----------
    model
        A transformer of fixed-query oscillators.
    imperfections
        What may be wrong.
    seed : sequence of int

    Raises
    ------
    InputError
        As `draw_model_devices` does.
    """
    rng = np.random.default_rng(list(seed))
    return draw_model_devices(model, imperfections, model.config.context, rng)


def device_scores(
    model: Model, task: Task, split: Split, devices: list[Device] | None, seed: Seed
) -> dict[str, float]:
    """Return the scores of a model that runs on an instance.

    Parameters
    ----------
    model, task, split
        What runs, and on what.
    devices
        See `draw_instance`; None for ideal arrays.
    seed : sequence of int
        Of what is drawn at each use.
    """
    apply = None
    if devices is not None:
        apply = apply_on_devices(devices, np.random.default_rng(list(seed)))
    return task.score(evaluate(model, task, split, apply), split)


def train_back(
    model: Model,
    task: Task,
    recipe: Recipe,
    devices: list[Device],
    answer: Answer | None,
    *,
    seed: Seed,
    progress: Progress | None = None,
) -> TrainedOn:
    """Train a model on where it runs.

    Forward passes are the instance's, with everything that is drawn at a use; all but its arrays
    is digital and has its exact adjoint.

    Parameters
    ----------
    model
        To begin with; it is left as it is.
    task, recipe
        What to train on, and how.
    devices
        The instance; see `draw_instance`.
    answer
        How its arrays are asked for their part of the gradient (`find_answer`); None takes the
        whole layer's from the ideal layer, at the ideal layer's states.
    seed : sequence of int
        Of the order of the data, of dropout, and of what is drawn at each use.
    progress
        Called with (steps done, steps in all).

    Returns
    -------
    TrainedOn

    Raises
    ------
    InputError
        If training diverges, and as the layers do.
    """
    apply = apply_on_devices(devices, np.random.default_rng(list(seed)), answer)
    return _train(model, task, recipe, apply, seed=seed, progress=progress)


def train_for_any(
    model: Model,
    task: Task,
    recipe: Recipe,
    imperfections: Imperfections | None,
    *,
    seed: Seed,
    progress: Progress | None = None,
) -> TrainedOn:
    """Train a model on other instances at every step, to be deployed on one it has not seen.

    Parameters
    ----------
    model, task, recipe, seed, progress
        See `train_back`.
    imperfections
        What may be wrong; None trains on ideal arrays, as a control.

    Returns
    -------
    TrainedOn
    """
    apply = None
    if imperfections is not None:
        rng = np.random.default_rng(list(seed))
        apply = apply_on_new_devices(imperfections, model.config.context, rng)
    return _train(model, task, recipe, apply, seed=seed, progress=progress)


def _train(
    model: Model,
    task: Task,
    recipe: Recipe,
    apply: Apply | None,
    *,
    seed: Seed,
    progress: Progress | None,
) -> TrainedOn:
    order = int(np.random.SeedSequence(list(seed)).generate_state(1)[0])
    trained, run = train(
        task,
        model.config,
        recipe,
        seed=order,
        progress=progress,
        dtype=model.parameters.vector.dtype,
        apply=apply,
        initial=model.parameters,
    )
    return TrainedOn(trained, tuple(dict(entry) for entry in run.history))
