"""Training: deterministic under its seed, resumable to the bit, one checkpoint per epoch."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lohe.attention.architecture import Apply, architecture_of
from lohe.attention.checkpoint import Checkpoint
from lohe.attention.divergence import naming_divergence
from lohe.attention.kept import keep_better
from lohe.attention.memory import OF_TRAINING, keep_freed_memory
from lohe.attention.model import Model, ModelConfig
from lohe.attention.optim import Adam, clip_norm, schedule, warm_up
from lohe.attention.parameters import Parameters
from lohe.attention.recipe import Recipe
from lohe.attention.results import TrainingRun, machine, versions
from lohe.attention.source import source_digest
from lohe.attention.task import Split, Task
from lohe.dynamics.errors import InputError

__all__ = ["evaluate", "train"]

Progress = Callable[[int, int], None]

# Held-out batches need no gradient, so they may be larger than training ones: a call costs less,
# up to so many tokens, beyond which only memory grows.
_EVALUATION_BATCH = 256
_EVALUATION_TOKENS = 8192


def train(
    task: Task,
    config: ModelConfig,
    recipe: Recipe,
    *,
    seed: int,
    checkpoint: str | os.PathLike[str] | None = None,
    progress: Progress | None = None,
    dtype: Any = np.float32,
    apply: Apply | None = None,
    initial: Parameters | None = None,
) -> tuple[Model, TrainingRun]:
    """Train a model on a task, or go on from its checkpoint.

    Parameters
    ----------
    task
        The benchmark.
    config
        The model.
    recipe
        Optimiser, schedule and length.
    seed
        Fixes the initial parameters, the shuffling and the dropout.
    checkpoint
        A ``.model.npz`` file, written before the first and after every epoch. If it exists, the
        run goes on from it and ends with the same bits as if it had never stopped; stopping in
        the middle of an epoch loses that epoch only.
    progress
        Called with (steps done, steps in all).
    dtype
        Of the parameters.
    apply
        Runs the model instead of its architecture's own function; another device's is
        `lohe.torch.transformer_on`.
    initial
        Parameters to begin with, which are copied; by default they are drawn.

    Returns
    -------
    model : Model
        With the parameters after the last epoch, or the best; see `Recipe`.
    run : TrainingRun
        Scores on the validation and the test split, history, time and versions.

    Raises
    ------
    InputError
        If the checkpoint is damaged or belongs to another run.
    DivergenceError
        If training diverges; an `InputError`, too.
    """
    keep_freed_memory(OF_TRAINING)
    apply = apply or architecture_of(config).apply
    state = _begin(task, Model(config, _first(config, seed, dtype, initial)), recipe, seed)
    if checkpoint is not None and Path(checkpoint).exists():
        found = Checkpoint.load(checkpoint)
        if found.identity() != state.identity() or found.first.dtype != state.first.dtype:
            differing = _difference(found.identity(), state.identity())
            raise InputError(
                f"{checkpoint} belongs to another run ({differing} differs); "
                "delete it or choose another output folder"
            )
        state = found
    elif checkpoint is not None:
        state.save(checkpoint)
    if state.epoch < recipe.epochs:
        state = replace(state, sources=tuple(dict.fromkeys((*state.sources, source_digest()))))
    begun = state.optimiser_steps
    while state.epoch < recipe.epochs:
        state = _run_epoch(task, state, begun, progress, apply)
        if checkpoint is not None:
            state.save(checkpoint)
    metrics: dict[str, float] = {}
    splits: tuple[Split, ...] = ("validation", "test")
    for split in splits:
        scores = task.score(evaluate(state.model, task, split, apply), split)
        metrics |= {f"{split}_{name}": value for name, value in scores.items()}
    run = TrainingRun(
        task=task.name,
        mechanism=config.mechanism,
        config={
            "model": asdict(state.model.config),
            "recipe": asdict(recipe),
            "task": dict(task.config),
        },
        seed=seed,
        metrics=metrics,
        history=state.history,
        wall_s=round(state.wall_s, 3),
        versions=versions() | ({"source": ", ".join(state.sources)} if state.sources else {}),
        machine=machine(),
    )
    return state.model, run


def evaluate(model: Model, task: Task, split: Split, apply: Apply | None = None) -> NDArray[Any]:
    """Return the model's outputs on a whole split, N sequences, without dropout.

    Their shape is (N, outputs), or (N, T) with the read-out ``"next"``; see `apply_transformer`.
    """
    apply = apply or architecture_of(model.config).apply
    size = max(1, min(_EVALUATION_BATCH, _EVALUATION_TOKENS // model.config.context))
    return np.concatenate([apply(model, batch)[0] for batch in task.batches(split, size)])


def _first(config: ModelConfig, seed: int, dtype: Any, initial: Parameters | None) -> Parameters:
    if initial is not None:
        return Parameters(initial, dtype)
    stream, _ = np.random.SeedSequence(seed).spawn(2)
    return architecture_of(config).initialise(config, np.random.default_rng(stream), dtype)


def _begin(task: Task, model: Model, recipe: Recipe, seed: int) -> Checkpoint:
    _, for_epochs = np.random.SeedSequence(seed).spawn(2)
    vector = model.parameters.vector
    return Checkpoint(
        model=model,
        recipe=recipe,
        task=task.name,
        task_config=task.config,
        seed=seed,
        epoch=0,
        optimiser_steps=0,
        first=np.zeros_like(vector),
        second=np.zeros_like(vector),
        rng_state=np.random.default_rng(for_epochs).bit_generator.state,
        history=(),
        wall_s=0.0,
    )


def _run_epoch(
    task: Task, state: Checkpoint, begun: int, progress: Progress | None, apply: Apply
) -> Checkpoint:
    """Train for one epoch; the parameters and moments of `state` move in place."""
    started = time.perf_counter()
    recipe, model = state.recipe, state.model
    parameters = model.parameters
    optimiser = Adam(
        state.first,
        state.second,
        state.optimiser_steps,
        weight_decay=recipe.weight_decay,
        decay=recipe.decay,
        second_rate=recipe.second_rate,
    )
    factors = _factors(model, recipe)
    rng = np.random.default_rng()
    rng.bit_generator.state = state.rng_state
    steps = task.steps(recipe.batch_size)
    before, total = state.epoch * steps, recipe.epochs * steps
    losses, prices, rate = [], [], 0.0
    with naming_divergence(optimiser, begun):
        for index, batch in enumerate(task.training_batches(recipe.batch_size, rng)):
            past = before + index if recipe.schedule_per == "step" else before
            done = max(0, past - recipe.warmup) / max(1, total - recipe.warmup)
            rate = recipe.learning_rate * schedule(recipe.schedule, done)
            rate *= warm_up(before + index, recipe.warmup)
            outputs, price, pullback = apply(model, batch, rng=rng)
            loss, d_outputs = task.loss(outputs, batch)
            gradients = pullback(d_outputs, model.config.coherence)
            gradient, _ = clip_norm(parameters.join(gradients), recipe.clip)
            optimiser.step(parameters.vector, gradient, rate, factors)
            losses.append(loss)
            prices.append(price)
            if progress is not None:
                progress(before + index + 1, total)
        outputs = evaluate(model, task, "validation", apply)
        scores = task.score(outputs, "validation")
    entry = {"epoch": state.epoch + 1, "loss": float(np.mean(losses)), "learning_rate": rate}
    if model.config.coherence > 0:
        entry["incoherence"] = float(np.mean(prices))
    entry |= {f"validation_{name}": value for name, value in scores.items()}
    epoch, kept = state.epoch + 1, None
    if recipe.keep == "best":
        kept = keep_better(state.kept, parameters.vector, outputs, task)
        if epoch == recipe.epochs:
            parameters.vector[:] = kept.vector
            kept = None
    return replace(
        state,
        epoch=epoch,
        optimiser_steps=optimiser.steps,
        first=optimiser.first,
        second=optimiser.second,
        rng_state=rng.bit_generator.state,
        history=(*state.history, entry),
        wall_s=state.wall_s + time.perf_counter() - started,
        kept=kept,
    )


def _factors(model: Model, recipe: Recipe) -> NDArray[Any] | None:
    """Return how many times the learning rate each parameter moves at, if not all at the same."""
    if recipe.scalar_rate == 1:
        return None
    is_scalar, vector = architecture_of(model.config).is_scalar, model.parameters.vector
    speeds = {
        name: np.full_like(array, recipe.scalar_rate if is_scalar(name) else 1)
        for name, array in model.parameters.items()
    }
    return model.parameters.join(speeds).astype(vector.dtype, copy=False)


def _difference(found: dict[str, Any], wanted: dict[str, Any]) -> str:
    names = []
    for key, value in wanted.items():
        other = found.get(key)
        if isinstance(value, dict) and isinstance(other, dict):
            names += [
                name for name in value.keys() | other.keys() if value.get(name) != other.get(name)
            ]
        elif other != value:
            names.append(key)
    return ", ".join(sorted(names)) or "precision"
