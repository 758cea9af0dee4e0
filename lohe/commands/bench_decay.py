"""``lohe bench decay``: how fast energy falls, with and without momenta."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from lohe.commands.bench_common import Output, Plot
from lohe.commands.common import Json, emit, progress_bar, single_blas_thread

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lohe.proofs_numeric.statistics.paired import Estimate

__all__ = ["decay"]

Energy = Literal["quadratic", "bilinear"]

_ENERGIES: tuple[Energy, ...] = ("quadratic", "bilinear")
_DIMENSIONS = (1, 2, 4, 8, 16, 32)
_CONDITIONS = (1.0, 10.0, 100.0, 1000.0)
_BUDGETS = (8, 32, 128, 512)
_LEVELS = (1e-1, 1e-2, 1e-3)
_DIGITS = 4
_MOST = 1e99  # ratios beyond are not told apart; JSON has no infinity


def decay(
    *,
    d: Annotated[
        list[int] | None,
        typer.Option("--d", min=1, help="Dimension; repeat. By default 1, 2, 4, 8, 16, 32."),
    ] = None,
    condition: Annotated[
        list[float] | None,
        typer.Option(min=1, help="Of both matrices; repeat. By default 1, 10, 100, 1000."),
    ] = None,
    calls: Annotated[
        list[int] | None,
        typer.Option(min=4, help="Calls of the force; repeat. By default 8, 32, 128, 512."),
    ] = None,
    problems: Annotated[int, typer.Option(min=2, help="Random systems to judge by.")] = 24,
    tuning: Annotated[int, typer.Option(min=1, help="Others, to choose each step by.")] = 32,
    confidence: Annotated[
        float, typer.Option(help="That all intervals of ratios hold together.")
    ] = 0.95,
    seed: Annotated[int, typer.Option(min=0, help="Of the random systems.")] = 0,
    output: Output = None,
    plot: Plot = None,
    as_json: Json = False,
) -> None:
    """Let the energy of linear attention's particles fall, classically and with momenta.

    Quadratic and bilinear energies of random systems, at equal calls of the force. Every scheme
    takes the step that is best on other random systems of the same kind.

    Example: `lohe bench decay --d 2 --d 8 --condition 100 -o decay.json`
    """
    single_blas_thread()
    from lohe.attention.accelerated.course import SCHEMES
    from lohe.attention.accelerated.decay_study import STEPS
    from lohe.commands.bench_decay_tables import report
    from lohe.commands.bench_record import run_cases

    budgets = sorted(set(calls or _BUDGETS))
    cells = [
        (energy, size, kappa)
        for energy in _ENERGIES
        for size in sorted(set(d or _DIMENSIONS))
        for kappa in (sorted(set(condition or _CONDITIONS)) if size > 1 else [1.0])
    ]
    config = {
        "cells": [list(cell) for cell in cells],
        "schemes": list(SCHEMES),
        "steps": list(STEPS),
        "budgets": budgets,
        "levels": list(_LEVELS),
        "problems": problems,
        "tuning": tuning,
        "seed": seed,
        "confidence": confidence,
        "bounds": len(cells) * len(budgets) * len(SCHEMES),  # each but one, and one twice
    }
    cases = {_name(*cell): partial(_decay, *cell, config) for cell in cells}
    path, names = output or Path("decay.json"), [*cases]
    with progress_bar("decay") as progress:
        document = run_cases(
            path, "decay", config, cases, lambda case: progress(names.index(case), len(names))
        )
    if plot is not None:
        from lohe.commands.bench_decay_plot import draw_decay

        draw_decay(document, plot)
    emit(document, [*report(document), f"kept in {path}"], as_json=as_json)


def _name(energy: Energy, d: int, condition: float) -> str:
    return f"{energy}, d = {d}, condition {condition:g}"


def _decay(energy: Energy, d: int, condition: float, config: dict[str, Any]) -> dict[str, Any]:
    import numpy as np

    from lohe.attention.accelerated.course import CLASSICAL
    from lohe.attention.accelerated.decay_study import choose_steps, judge
    from lohe.attention.accelerated.problems import random_clouds, reduced
    from lohe.commands.bench_decay_tables import CHOSEN
    from lohe.commands.bench_record import seed_of
    from lohe.proofs_numeric.statistics.paired import mean_interval

    def clouds(purpose: str, count: int) -> Any:
        entropy = seed_of(config["seed"], f"{_name(energy, d, condition)}, {purpose}")
        rng = np.random.default_rng(entropy)
        return reduced(random_clouds(rng, count, d, condition, energy=energy))

    tuning, judged = clouds("tuning", config["tuning"]), clouds("judged", config["problems"])
    budgets = config["budgets"]
    steps, runs, found = {}, {}, {}
    for scheme in config["schemes"]:
        steps[scheme] = choose_steps(tuning, scheme, config["steps"], budgets)
        runs[scheme] = judge(judged, scheme, steps[scheme], budgets, config["levels"])
    for scheme, run in runs.items():
        of_scheme: dict[str, Any] = {
            "step": [_rounded(step) for step in steps[scheme]],
            "left": [_rounded(float(np.exp(np.log(left).mean()))) for left in run.left],
            "broken": run.broken.tolist(),
        }
        for rival in CLASSICAL[: 2 if scheme == CHOSEN else 1]:
            if scheme != rival:
                pairs = [*zip(runs[rival].left, run.left, strict=True)]
                name = "ratio" if rival == CLASSICAL[0] else f"ratio to {rival}"
                of_scheme[name] = [_ratio(*pair, config) for pair in pairs]
                of_scheme[f"{name}, ahead"] = [int((own < other).sum()) for other, own in pairs]
        known = run.exponent[np.isfinite(run.exponent)]
        of_scheme["exponent"] = (
            _ends(mean_interval(known, config["confidence"])) if len(known) > 1 else None
        )
        of_scheme["calls"] = [_middle(calls) for calls in run.reached]
        found[scheme] = of_scheme
    return {"energy": energy, "d": d, "condition": condition, "schemes": found}


def _ratio(rival: NDArray[Any], own: NDArray[Any], config: dict[str, Any]) -> list[float]:
    """Return how many times more energy a rival leaves, in the geometric mean, and an interval."""
    import numpy as np

    from lohe.proofs_numeric.statistics.bonferroni import each
    from lohe.proofs_numeric.statistics.paired import paired_difference

    one = each(config["confidence"], config["bounds"])
    found = paired_difference(np.log(rival), np.log(own), one).mean
    with np.errstate(over="ignore"):
        ends = np.exp([found.value, found.lower, found.upper])
    return [_rounded(float(end)) for end in np.minimum(ends, _MOST)]


def _ends(found: Estimate) -> list[float]:
    return [_rounded(each) for each in (found.value, found.lower, found.upper)]


def _middle(calls: NDArray[Any]) -> int | None:
    """Return the median of the calls that were needed, None if half of the runs needed more."""
    import numpy as np

    middle = float(np.sort(calls)[len(calls) // 2])
    return int(middle) if np.isfinite(middle) else None


def _rounded(value: float) -> float:
    return float(f"{value:.{_DIGITS}g}")
