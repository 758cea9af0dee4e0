"""``lohe hardware robustness``: scores of a trained model against each fault of its arrays."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lohe.commands.common import Json, emit, single_blas_thread
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
    from lohe.attention.studies.study import Setting

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
    certify: Annotated[
        int, typer.Option(min=0, help="Test inputs whose oscillators are certified; 0 for none.")
    ] = 8,
    seed: Annotated[int, typer.Option(min=0, help="Of the devices.")] = 0,
    work: Work = None,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", help="By default ARM-robustness.hardware.json."),
    ] = None,
    plot: Annotated[
        Path | None, typer.Option(help="Draw scores against sizes, as this SVG file.")
    ] = None,
    as_json: Json = False,
) -> int:
    """Score a trained model on imperfect arrays, fault by fault, on devices drawn at random.

    The model is that of a finished run of a study, and the test split is the study's. Intervals
    are for other devices of the same kind (Student's t). Beside them stands up to which size it is
    proved, for the oscillators of some test inputs, that each has one stable resting point and
    that its attention weights change by less than 0.1 in sum (of normal errors: the deviation at
    which all errors of a device lie in the box with a chance of 99 %); and up to which devices are
    measured to lose no more than half a point of accuracy or half a per cent of perplexity.
    Interrupted, the same command goes on.

    Example: `lohe hardware robustness sva fixed_query-ff64 --devices 10 --plot robustness.svg`
    """
    single_blas_thread()
    from lohe.commands.bench_record import seed_of
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
    if certify:
        cases["certified"] = lambda: _certified(model, setting, certify)
    path = output or Path(f"{arm}-robustness.hardware.json")
    config = {"study": study, "arm": arm, "run": run, "devices": devices, "seed": seed}
    config["certify"] = certify
    document = recorded(path, _EXPERIMENT, config, cases)
    if plot is not None:
        from lohe.commands.bench_plots import save
        from lohe.reports.fault_picture import fault_figure

        save(plot, fault_figure, document)
    scores = {name: document["cases"][name]["scores"] for name in cases if name != "certified"}
    lines = score_table(scores, "array")
    if certify:
        lines += ["", *_regions(document)]
    emit(document, [*lines, f"kept in {path}"], as_json=as_json)
    return 0


def _certified(model: Model, setting: Setting, inputs: int) -> dict[str, Any]:
    import math
    from dataclasses import asdict
    from itertools import islice

    from lohe.hardware.certified_region import certified_regions

    regions = [
        {name: None if part == math.inf else part for name, part in asdict(region).items()}
        for region in certified_regions(model, [*islice(setting.task.batches("test", 1), inputs)])
    ]
    return {"regions": regions}


def _regions(document: dict[str, Any]) -> list[str]:
    """Return a table of what is proved and what is measured, fault by fault."""
    from lohe.commands.bench_tables import aligned
    from lohe.reports.fault_grid import fault_scores, region_text, size_text

    rows = [
        (
            fault.name,
            *(region_text(fault.region(claim)) for claim in ("rests", "reads")),
            size_text(fault.measured, "none tried"),
            fault.verdict,
        )
        for fault in fault_scores(document)
    ]
    titles = ("fault", "rests, proved to", "reads, proved to", "measured safe to", "inside?")
    return aligned((titles, rows))
