"""Texts by characters as studies train on them: phase models and their baseline, equally large."""

from __future__ import annotations

from typing import Any

from lohe.attention.kuramoto import KuramotoConfig, kuramoto_shapes
from lohe.attention.model import Model
from lohe.attention.recipe import Recipe
from lohe.attention.rotary import RotaryConfig, match_hidden, rotary_shapes
from lohe.attention.studies.describe_phases import describe_phases
from lohe.attention.studies.study import Setting
from lohe.attention.task import Task
from lohe.attention.tasks.next_character import NextCharacter, load_enwik8, load_shakespeare
from lohe.dynamics.errors import InputError

__all__ = ["CHARACTER_RATES", "enwik8", "shakespeare"]

_SYSTEMS: dict[str, tuple[Any, Any]] = {
    "kuramoto": (KuramotoConfig, kuramoto_shapes),
    "rotary": (RotaryConfig, rotary_shapes),
}
CHARACTER_RATES = {"kuramoto": 4e-3, "rotary": 2e-3}
"""Learning rates by system: the best of those that the study of recipes tries."""

_PARAMETERS = 1_060_000
_SHAPE = {"width": 128, "layers": 5, "heads": 4}


def enwik8(
    *,
    system: str,
    length: int = 128,
    characters: int | None = None,
    parameters: int = _PARAMETERS,
    **fields: Any,
) -> Setting:
    """Return the first 4,000,000 bytes of enwik8, read twice, for a model of a given size.

    Parameters
    ----------
    system : {"kuramoto", "rotary"}
        The architecture.
    length
        Characters of a window.
    characters
        Train on so many at most.
    parameters
        What the model's hidden width is chosen for, within 1 %.
    **fields
        Fields of `KuramotoConfig` or `RotaryConfig`.
    """
    task = NextCharacter("enwik8", load_enwik8(), length=length, characters=characters)
    return _setting(task, system, parameters, 2, fields)


def shakespeare(
    *, system: str, length: int = 128, parameters: int = _PARAMETERS, **fields: Any
) -> Setting:
    """Return Tiny Shakespeare, read four times with dropout; see `enwik8`."""
    task = NextCharacter("shakespeare", load_shakespeare(), length=length)
    return _setting(task, system, parameters, 4, {"dropout": 0.1, **fields})


def _setting(
    task: NextCharacter, system: str, parameters: int, epochs: int, fields: dict[str, Any]
) -> Setting:
    if system not in _SYSTEMS:
        raise InputError(f"no system is called {system!r}; choose {' or '.join(_SYSTEMS)}")
    config, shapes = _SYSTEMS[system]
    sizes = {"context": task.length, "outputs": task.symbols, "vocabulary": task.symbols}
    shape = config(**(_SHAPE | sizes | fields))
    recipe = Recipe(
        epochs=epochs,
        batch_size=16,
        learning_rate=CHARACTER_RATES[system],
        warmup=100,
        weight_decay=0.01,
    )
    return Setting(task, match_hidden(shape, parameters, shapes), recipe, _examine)


def _examine(model: Model, task: Task) -> dict[str, float]:
    return dict(describe_phases(model, task)) if model.config.mechanism == "kuramoto" else {}
