"""What each fault of an array costs a trained model: the grid, and its cells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

import numpy as np

from lohe.attention.model import Model
from lohe.attention.task import Task
from lohe.attention.training import evaluate
from lohe.dynamics.errors import InputError
from lohe.hardware.nonideal.imperfections import Imperfections
from lohe.hardware.nonideal.model import apply_on_devices, draw_model_devices

__all__ = ["FAULTS", "Fault", "cell_scores", "find_faults", "ideal_scores"]

SETTLING = 30.0
"""Time between setting and reading wherever a fault moves oscillators, as in the papers."""

_MOVED = Imperfections(settling=SETTLING)


@dataclass(frozen=True)
class Fault:
    """One fault at several sizes, all else ideal.

    Parameters
    ----------
    name
        Of the fault.
    sizes
        For tables, in the order of what they do.
    arrays
        The imperfections at each size.
    """

    name: str
    sizes: tuple[str, ...]
    arrays: tuple[Imperfections, ...]


def _of(name: str, field: str, values: Sequence[Any], base: Imperfections) -> Fault:
    arrays = tuple(replace(base, **{field: value}) for value in values)
    numbers = tuple(value[0] if isinstance(value, tuple) else value for value in values)
    return Fault(name, tuple(f"{number:g}" for number in numbers), arrays)


_STILL = Imperfections()

FAULTS: Mapping[str, Fault] = MappingProxyType(
    {
        fault.name: fault
        for fault in (
            _of("mismatch", "mismatch", (0.05, 0.1, 0.2, 0.5, 1.0), _STILL),
            _of("coupling bits", "coupling_bits", (8, 6, 4, 3, 2), _STILL),
            _of("programming", "programming", (0.01, 0.03, 0.1, 0.3), _STILL),
            _of("crosstalk", "crosstalk", (0.1, 0.3, 1.0, 3.0), _MOVED),
            _of("detuning", "detuning", (0.01, 0.1, 0.5, 2.0), _MOVED),
            _of("phase noise", "diffusivity", (0.01, 0.1, 0.5, 2.0), _MOVED),
            _of("second harmonic", "harmonics", ((0.1,), (0.2,), (0.3,), (0.45,)), _MOVED),
            _of("settling time", "settling", (30.0, 5.0, 1.0, 0.5), _STILL),
            _of("reading", "reading", (0.03, 0.1, 0.2, 0.5), _STILL),
            _of("reading bits", "reading_bits", (8, 6, 4, 3, 2), _STILL),
            _of("phase bits", "reading_bits", (6, 4, 3, 2, 1), Imperfections(reads="phase")),
        )
    }
)
"""By name. Second harmonics and phases that are read are of oscillators on a circle alone."""


def find_faults(names: Sequence[str], d_osc: int) -> list[Fault]:
    """Return faults by name, by default all that oscillators of a dimension can have.

    Raises
    ------
    InputError
        For unknown names.
    """
    for name in names:
        if name not in FAULTS:
            raise InputError(f"no fault is called {name!r}; choose {' or '.join(FAULTS)}")
    found = [FAULTS[name] for name in names or FAULTS]
    return [fault for fault in found if d_osc == 2 or not _of_phases(fault)]


def _of_phases(fault: Fault) -> bool:
    return bool(fault.arrays[0].harmonics) or fault.arrays[0].reads == "phase"


def ideal_scores(model: Model, task: Task) -> dict[str, float]:
    """Return the scores of the model as it is on the test split."""
    return task.score(evaluate(model, task, "test"), "test")


def cell_scores(
    model: Model,
    task: Task,
    imperfections: Imperfections,
    *,
    devices: int,
    seed: Sequence[int],
) -> list[dict[str, float]]:
    """Return the scores on the test split of a model on several devices, each drawn anew.

    Parameters
    ----------
    model
        A transformer of fixed-query oscillators.
    task
        What it was trained on.
    imperfections
        What may be wrong.
    devices : int
        How many.
    seed : sequence of int
        Of the devices and of what is drawn at each use.

    Raises
    ------
    InputError
        As `draw_model_devices` does.
    """
    found = []
    for stream in np.random.SeedSequence(list(seed)).spawn(devices):
        rng = np.random.default_rng(stream)
        drawn = draw_model_devices(model, imperfections, model.config.context, rng)
        apply = apply_on_devices(drawn, rng)
        found.append(task.score(evaluate(model, task, "test", apply), "test"))
    return found
