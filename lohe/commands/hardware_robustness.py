"""``lohe hardware robustness``: scores of a trained model against each fault of its arrays."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lohe.commands.common import Json, emit, progress_bar, single_blas_thread

if TYPE_CHECKING:
    from lohe.attention.model import Model
    from lohe.attention.studies.study import Setting
    from lohe.proofs_numeric.statistics.paired import Estimate

__all__ = ["robustness"]

_EXPERIMENT = "robustness"


def robustness(
    study: Annotated[str, typer.Argument(help="A study of `lohe bench`, such as sva.")],
    arm: Annotated[str, typer.Argument(help="One of its arms, such as fixed_query-ff64.")],
    *,
    run: Annotated[int, typer.Option(min=0, help="Seed of the run.")] = 0,
    faults: Annotated[
        list[str] | None, typer.Option("--fault", help="Only these; may be repeated.")
    ] = None,
    devices: Annotated[int, typer.Option(min=1, help="Drawn for each size of a fault.")] = 5,
    seed: Annotated[int, typer.Option(min=0, help="Of the devices.")] = 0,
    work: Annotated[
        Path | None,
        typer.Option(help="Folder of the study's runs. By default runs/bench/STUDY."),
    ] = None,
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

    model, setting = _load(study, arm, run, work)
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
    emit(document, [*_lines(document, names), f"kept in {path}"], as_json=as_json)
    return 0


def _load(study: str, arm: str, run: int, work: Path | None) -> tuple[Model, Setting]:
    from dataclasses import replace

    from lohe.attention.studies.catalogue import STUDIES
    from lohe.attention.studies.run_case import load_run
    from lohe.attention.studies.study import Case
    from lohe.dynamics.errors import InputError

    if study not in STUDIES:
        raise InputError(f"no study is called {study!r}; choose {' or '.join(STUDIES)}")
    (found,) = STUDIES[study].only(arm).arms[:1]
    if found.name != arm:
        raise InputError(f"{arm!r} stands for several arms; name one, such as {found.name}")
    folder = work or Path("runs") / "bench" / STUDIES[study].folder
    loaded = load_run(Case(replace(found, seeds=(run,)), run), folder)
    if loaded is None:
        raise InputError(
            f"{folder} has no finished run of {arm} with seed {run}; train it by lohe bench "
            f"{study} --arms {arm}"
        )
    model, _, setting = loaded
    return model, setting


def _lines(document: dict[str, Any], names: list[str]) -> list[str]:
    from lohe.commands.bench_study_tables import with_interval
    from lohe.commands.bench_tables import aligned

    metrics = [*document["cases"]["ideal"]["scores"][0]]
    rows: list[tuple[str, ...]] = []
    for name in names:
        scores = document["cases"][name]["scores"]
        means = (_mean([one[metric] for one in scores], metric) for metric in metrics)
        cells = (with_interval(mean, metric) for mean, metric in zip(means, metrics, strict=True))
        rows.append((name, *cells))
    return aligned((("array", *(metric.replace("_", " ") for metric in metrics)), rows))


def _mean(scores: list[float], metric: str) -> Estimate:
    """Return the mean over devices; the interval of an accuracy ends where accuracies do."""
    from dataclasses import replace

    from lohe.proofs_numeric.statistics.paired import mean_interval

    found = mean_interval(scores)
    if "accuracy" not in metric:
        return found
    return replace(found, lower=max(found.lower, 0.0), upper=min(found.upper, 1.0))
