"""Make one run of a study: take it over if it is finished, go on if it was begun, or train it."""

from __future__ import annotations

import json
import math
import traceback
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from lohe.attention.architecture import Apply
from lohe.attention.checkpoint import Checkpoint
from lohe.attention.divergence import DivergenceError
from lohe.attention.items import Answers
from lohe.attention.model import Model
from lohe.attention.results import TrainingRun
from lohe.attention.studies.results import Failure, Finished, Outcome
from lohe.attention.studies.settings import SETTINGS
from lohe.attention.studies.study import Arm, Case, Setting
from lohe.attention.training import evaluate, train
from lohe.dynamics.errors import InputError

__all__ = ["PROCESSOR", "Device", "Protocol", "load_run", "run_case"]

Protocol = Mapping[str, Any]
"""The model, recipe and task that an arm's setting stands for, where they are not the defaults."""

# Of the history, so many epochs and digits are kept; all of it is in the run's own record.
_EPOCHS, _DIGITS = 11, 4
_METRIC_DIGITS = 7


@dataclass(frozen=True)
class Device:
    """What runs the models.

    Parameters
    ----------
    name
        For the record.
    apply
        Computes what an architecture's own function does, elsewhere; None for NumPy.
    """

    name: str
    apply: Apply | None


PROCESSOR = Device("cpu", None)
"""NumPy."""


def run_case(
    case: Case, folder: Path, device: Device = PROCESSOR
) -> tuple[Outcome, Protocol | None]:
    """Make one run, or take it over if it is finished.

    Parameters
    ----------
    case
        The run.
    folder
        Holds ``NAME.model.npz``, from which a run that was stopped goes on, and
        ``NAME.training.json``, the record of a finished one.
    device
        What runs the model, if it is not finished.

    Returns
    -------
    outcome
        Whatever goes wrong is an outcome, too.
    protocol
        The model, recipe and task of the arm, where they differ from the defaults; None if it is
        not known.
    """
    protocol: Protocol | None = None
    try:
        setting = _setting_of(case.arm)
        protocol = {
            "model": _chosen(setting.config),
            "recipe": _chosen(setting.recipe),
            "task": dict(setting.task.config),
        }
        return _run(case, setting, folder, device), protocol
    except InputError as error:
        return Failure(" ".join(str(error).split()), isinstance(error, DivergenceError)), protocol
    except Exception as error:
        # Of a run among hundreds the others should know nothing.
        place = traceback.extract_tb(error.__traceback__)[-1]
        text = f"{type(error).__name__}: {error} ({Path(place.filename).name}, line {place.lineno})"
        return Failure(" ".join(text.split())), protocol


def load_run(case: Case, folder: Path) -> tuple[Model, TrainingRun, Setting] | None:
    """Return a finished run's model, its record and what it was trained on; None if there is none.

    Raises
    ------
    InputError
        If its files are damaged, or its data set is missing.
    """
    setting = _setting_of(case.arm)
    found = _taken_over(*_files(case, folder), setting, case.seed)
    return None if found is None else (*found, setting)


def _run(case: Case, setting: Setting, folder: Path, device: Device) -> Outcome:
    record, checkpoint = _files(case, folder)
    found = _taken_over(record, checkpoint, setting, case.seed)
    model, run = found or _train(setting, case.seed, checkpoint, record, device)
    metrics = dict(run.metrics)
    if wild := _not_finite(metrics):
        return Failure(wild, diverged=True)
    if setting.examine is not None:
        metrics |= setting.examine(model, setting.task)
    if wild := _not_finite(metrics):
        return Failure(wild)
    graded = _graded(setting, model)
    return Finished(
        metrics={name: _rounded(value, _METRIC_DIGITS) for name, value in metrics.items()},
        history=_short(run.history),
        wall_s=round(run.wall_s, 1),
        parameters=model.parameters.vector.size,
        versions=run.versions,
        machine=run.machine,
        right={name: answers.packed() for name, answers in graded.items()},
        items={name: answers.items for name, answers in graded.items()},
    )


def _graded(setting: Setting, model: Model) -> dict[str, Answers]:
    if setting.answers is None:
        return {}
    found = setting.answers(evaluate(model, setting.task, "test"))
    return {f"test_{name}": answers for name, answers in found.items()}


def _not_finite(metrics: Mapping[str, float]) -> str:
    wild = [name for name, value in metrics.items() if not math.isfinite(value)]
    return f"not a finite number: {', '.join(wild)}" if wild else ""


def _train(
    setting: Setting, seed: int, checkpoint: Path, record: Path, device: Device
) -> tuple[Model, TrainingRun]:
    model, run = train(
        setting.task,
        setting.config,
        setting.recipe,
        seed=seed,
        checkpoint=checkpoint,
        apply=device.apply,
    )
    run = replace(run, machine={**run.machine, "device": device.name})
    run.save(record)
    return model, run


def _taken_over(
    record: Path, checkpoint: Path, setting: Setting, seed: int
) -> tuple[Model, TrainingRun] | None:
    """Return a finished run if there is one, it is this one and its files belong together."""
    if not (record.exists() and checkpoint.exists()):
        return None
    state, run = Checkpoint.load(checkpoint), TrainingRun.load(record)
    task = setting.task
    same = (
        (state.model.config, state.recipe, state.task, state.seed)
        == (setting.config, setting.recipe, task.name, seed)
        and state.task_config == json.loads(json.dumps(dict(task.config)))
        and state.epoch == setting.recipe.epochs
        and run.history == state.history
    )
    return (state.model, run) if same else None


def _files(case: Case, folder: Path) -> tuple[Path, Path]:
    return folder / f"{case.name}.training.json", folder / f"{case.name}.model.npz"


def _setting_of(arm: Arm) -> Setting:
    """Return the arm's setting, with what the arm changes of it."""
    setting = _read(arm.setting, json.dumps(dict(arm.options), sort_keys=True))
    return replace(
        setting,
        config=replace(setting.config, **arm.model),
        recipe=replace(setting.recipe, **arm.recipe),
    )


@lru_cache(maxsize=4)  # runs that follow each other mostly train on the same data
def _read(name: str, options: str) -> Setting:
    if name not in SETTINGS:
        raise InputError(f"no setting is called {name!r}; choose {' or '.join(SETTINGS)}")
    return SETTINGS[name](**json.loads(options))


def _chosen(choices: Any) -> dict[str, Any]:
    """Return a dataclass's fields that are not the defaults: the record outlives new options."""
    values = asdict(choices)
    return {
        one.name: values[one.name] for one in fields(choices) if values[one.name] != one.default
    }


def _short(history: Iterable[Mapping[str, float]]) -> dict[str, list[float]]:
    """Return the validation scores of some epochs, the last among them, with few digits."""
    entries = list(history)
    every = -(-len(entries) // _EPOCHS)
    kept = entries[::-1][::every][::-1]
    names = [name for name in kept[-1] if name.startswith("validation_")] if kept else []
    scores = {name: [_rounded(entry[name], _DIGITS) for entry in kept] for name in names}
    return {"epoch": [entry["epoch"] for entry in kept]} | scores


def _rounded(value: float, digits: int) -> float:
    """Return a number with so many significant digits.

    Examples
    --------
    >>> _rounded(0.123456, 3)
    0.123
    """
    return float(f"{value:.{digits}g}")
