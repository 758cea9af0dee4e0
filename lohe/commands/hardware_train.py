"""``lohe hardware train``: a model trained on where it runs, and for devices it has not seen."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lohe.commands.common import Json, emit, single_blas_thread
from lohe.commands.hardware_options import Faults, imperfections_of
from lohe.commands.hardware_runs import (
    ArmName,
    RunSeed,
    StudyName,
    Work,
    finished_run,
    recorded,
    score_table,
)

if TYPE_CHECKING:
    from lohe.attention.model import Model
    from lohe.attention.recipe import Recipe
    from lohe.attention.task import Split, Task
    from lohe.hardware.nonideal.imperfections import Imperfections

__all__ = ["train"]

_EXPERIMENT = "train-back"
_FAULTS = ("mismatch=1", "coupling_bits=2", "detuning=0.5", "settling=30")
_GRADIENTS = ("resting", "equilibrium")

Case = Callable[[], dict[str, Any]]


def train(
    study: StudyName,
    arm: ArmName,
    *,
    run: RunSeed = 0,
    faults: Faults = None,
    gradients: Annotated[
        list[str] | None,
        typer.Option(
            "--gradient",
            help="How arrays are asked: ideal (not at all), resting, flow, response, equilibrium, "
            "perturbation, differences; may be repeated. By default resting and equilibrium.",
        ),
    ] = None,
    nudge: Annotated[
        float, typer.Option(help="Of a further drive, as a share of the median drive.")
    ] = 0.2,
    samples: Annotated[int, typer.Option(min=1, help="Of simultaneous perturbations.")] = 1,
    devices: Annotated[int, typer.Option(min=1, help="Instances of the hardware.")] = 3,
    epochs: Annotated[int, typer.Option(min=1, help="To train on for.")] = 3,
    rate: Annotated[
        float | None, typer.Option(help="Learning rate. By default that of the study.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Of devices and training.")] = 0,
    work: Work = None,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", help="Result file. By default ARM-train.hardware.json."),
    ] = None,
    plot: Annotated[
        Path | None, typer.Option(help="Draw scores over epochs, as this SVG file.")
    ] = None,
    as_json: Json = False,
) -> int:
    """Train a model on where it runs: instances of imperfect hardware, drawn at random.

    The model is that of a finished run of a study. It is deployed on each instance as it is;
    trained back on each, with every gradient asked for; trained for any instance and deployed on
    these, which it has not seen; and, as a control, trained on as long without hardware.
    Interrupted, the same command goes on.

    Example: `lohe hardware train sva fixed_query-ff64 --devices 5 --plot train.svg`
    """
    single_blas_thread()
    from dataclasses import asdict, replace

    from lohe.hardware.in_situ.answers import find_answer
    from lohe.reports.training_back_picture import scores_by_way, training_back_figure

    array = imperfections_of(faults or _FAULTS)
    asked = {
        name: None if name == "ideal" else find_answer(name, nudge=nudge, samples=samples)
        for name in gradients or _GRADIENTS
    }
    model, setting = finished_run(study, arm, run, work)
    recipe = replace(setting.recipe, epochs=epochs)
    if rate is not None:
        recipe = replace(recipe, learning_rate=rate)
    cases = _cases(model, setting.task, recipe, array, asked=asked, devices=devices, seed=seed)
    path = output or Path(f"{arm}-train.hardware.json")
    config = {
        "study": study, "arm": arm, "run": run, "devices": devices, "seed": seed, "nudge": nudge,
        "samples": samples, "imperfections": _json(asdict(array)), "recipe": asdict(recipe),
    }  # fmt: skip
    document = recorded(path, _EXPERIMENT, config, cases)
    if plot is not None:
        from lohe.commands.bench_plots import save

        save(plot, training_back_figure, document)
    lines = score_table(scores_by_way(document), "model")
    emit(document, [*lines, f"kept in {path}"], as_json=as_json)
    return 0


def _cases(
    model: Model,
    task: Task,
    recipe: Recipe,
    array: Imperfections,
    *,
    asked: dict[str, Any],
    devices: int,
    seed: int,
) -> dict[str, Case]:
    from lohe.commands.bench_record import seed_of
    from lohe.hardware.in_situ.train_back import (
        device_scores,
        draw_instance,
        train_back,
        train_for_any,
    )

    splits: dict[str, Split] = {"scores": "test", "validation": "validation"}
    every = range(devices)
    instances = [draw_instance(model, array, seed_of(seed, f"device {k}")) for k in every]

    def scored(trained: Model, which: Sequence[int | None]) -> dict[str, Any]:
        """Return test and validation scores on instances; None is the ideal one."""
        return {
            name: [
                device_scores(
                    trained, task, split, None if k is None else instances[k],
                    seed_of(seed, f"use {k} {split}"),
                )
                for k in which
            ]
            for name, split in splits.items()
        }  # fmt: skip

    def without() -> dict[str, Any]:
        on = train_for_any(model, task, recipe, None, seed=seed_of(seed, "trained on"))
        return scored(on.model, [None]) | {"history": on.history}

    def aware() -> dict[str, Any]:
        on = train_for_any(model, task, recipe, array, seed=seed_of(seed, "for any"))
        return scored(on.model, every) | {"history": on.history}

    def back(name: str, k: int) -> Case:
        def case() -> dict[str, Any]:
            entropy = seed_of(seed, f"{name} {k}")
            on = train_back(model, task, recipe, instances[k], asked[name], seed=entropy)
            return scored(on.model, [k]) | {"history": on.history}

        return case

    return {
        "ideal": lambda: scored(model, [None]),
        "ideal, trained on": without,
        "deployed": lambda: scored(model, every),
        "trained for any": aware,
    } | {f"{name} {k}": back(name, k) for name in asked for k in every}


def _json(fields: dict[str, Any]) -> dict[str, Any]:
    """Return fields as JSON has them, which knows no infinity."""
    return {name: None if value == float("inf") else value for name, value in fields.items()}
