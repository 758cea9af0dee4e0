"""Finished runs of studies, put on hardware: their models, and their scores over devices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lohe.commands.common import progress_bar

if TYPE_CHECKING:
    from lohe.attention.model import Model
    from lohe.attention.studies.study import Setting
    from lohe.proofs_numeric.statistics.paired import Estimate

__all__ = [
    "ArmName",
    "RunSeed",
    "StudyName",
    "Work",
    "finished_run",
    "mean_score",
    "recorded",
    "score_table",
]

StudyName = Annotated[str, typer.Argument(help="A study of `lohe bench`, such as sva.")]
ArmName = Annotated[str, typer.Argument(help="One of its arms, such as fixed_query-ff64.")]
RunSeed = Annotated[int, typer.Option(min=0, help="Seed of the run.")]
Work = Annotated[
    Path | None,
    typer.Option(help="Folder of the study's runs. By default runs/bench/STUDY."),
]


def finished_run(study: str, arm: str, run: int, work: Path | None) -> tuple[Model, Setting]:
    """Return a finished run's model, and what it was trained on.

    Raises
    ------
    InputError
        For unknown studies, arms that are several, and runs that are not finished.
    """
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


def recorded(
    path: Path, experiment: str, config: Mapping[str, Any], cases: Mapping[str, Any]
) -> dict[str, Any]:
    """Run the cases that a result file does not hold yet, with a progress bar; see `run_cases`."""
    from lohe.commands.bench_record import run_cases

    names = [*cases]
    with progress_bar(experiment) as progress:
        return run_cases(
            path,
            experiment,
            config,
            cases,
            lambda case: progress(names.index(case), len(names)),
            keep=True,
        )


def score_table(scores: Mapping[str, Sequence[Mapping[str, float]]], title: str) -> list[str]:
    """Return a line for each name, with the mean of every score over devices and its interval."""
    from lohe.commands.bench_study_tables import with_interval
    from lohe.commands.bench_tables import aligned

    metrics = [*next(iter(scores.values()))[0]]
    rows: list[tuple[str, ...]] = []
    for name, found in scores.items():
        means = (mean_score([one[metric] for one in found], metric) for metric in metrics)
        cells = (with_interval(mean, metric) for mean, metric in zip(means, metrics, strict=True))
        rows.append((name, *cells))
    return aligned(((title, *(metric.replace("_", " ") for metric in metrics)), rows))


def mean_score(scores: list[float], metric: str) -> Estimate:
    """Return the mean over devices; the interval of an accuracy ends where accuracies do."""
    from dataclasses import replace

    from lohe.proofs_numeric.statistics.paired import mean_interval

    found = mean_interval(scores)
    if "accuracy" not in metric:
        return found
    return replace(found, lower=max(found.lower, 0.0), upper=min(found.upper, 1.0))
