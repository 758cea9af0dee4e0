"""``lohe hardware robustness``: scores of a trained model against each fault of its arrays."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from lohe.commands.common import Json, emit, progress_bar, single_blas_thread
from lohe.commands.hardware_runs import (
    ArmName,
    RunSeed,
    StudyName,
    Work,
    finished_run,
    score_table,
)

__all__ = ["robustness"]

_EXPERIMENT = "robustness"


def robustness(
    study: StudyName,
    arm: ArmName,
    *,
    run: RunSeed = 0,
    faults: Annotated[
        list[str] | None, typer.Option("--fault", help="Only these; may be repeated.")
    ] = None,
    devices: Annotated[int, typer.Option(min=1, help="Drawn for each size of a fault.")] = 5,
    seed: Annotated[int, typer.Option(min=0, help="Of the devices.")] = 0,
    work: Work = None,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", help="Result file. By default robustness_ARM.json."),
    ] = None,
    plot: Annotated[
        Path | None, typer.Option(help="Draw scores against sizes, as this SVG file.")
    ] = None,
    as_json: Json = False,
) -> int:
    """Score a trained model on imperfect arrays, fault by fault, on devices drawn at random.

    The model is that of a finished run of a study, and the test split is the study's. Intervals
    are for other devices of the same kind (Student's t). Interrupted, the same command goes on.

    Example: `lohe hardware robustness sva fixed_query-ff64 --devices 10 --plot robustness.svg`
    """
    single_blas_thread()
    from lohe.commands.bench_record import run_cases, seed_of
    from lohe.hardware.robustness import cell_scores, find_faults, ideal_scores

    model, setting = finished_run(study, arm, run, work)
    asked = find_faults(faults or (), model.config.d_osc)
    cases: dict[str, Any] = {"ideal": lambda: {"scores": [ideal_scores(model, setting.task)]}}
    for fault in asked:
        for size, array in zip(fault.sizes, fault.arrays, strict=True):
            name = f"{fault.name} {size}"

            def cell(array: Any = array, name: str = name) -> dict[str, Any]:
                entropy = seed_of(seed, name)
                scores = cell_scores(model, setting.task, array, devices=devices, seed=entropy)
                return {"scores": scores}

            cases[name] = cell
    path = output or Path(f"robustness_{arm}.json")
    config = {"study": study, "arm": arm, "run": run, "devices": devices, "seed": seed}
    names = [*cases]
    with progress_bar("robustness") as progress:
        document = run_cases(
            path, _EXPERIMENT, config, cases, lambda case: progress(names.index(case), len(names))
        )
    if plot is not None:
        from lohe.commands.hardware_robustness_plot import draw_robustness

        draw_robustness(plot, document, asked)
    scores = {name: document["cases"][name]["scores"] for name in names}
    emit(document, [*score_table(scores, "array"), f"kept in {path}"], as_json=as_json)
    return 0
