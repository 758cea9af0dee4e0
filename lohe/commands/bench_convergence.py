"""``lohe bench convergence`` and ``lohe bench horizons``: what settles, when, and why not."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lohe.commands.bench_common import (
    Confidence,
    Experiment,
    Heads,
    Horizon,
    Output,
    Plot,
    Seed,
    Solves,
    Tolerance,
    model_config,
    model_facts,
    read_models,
)
from lohe.commands.common import Json, single_blas_thread

if TYPE_CHECKING:
    from lohe.proofs_numeric.experiments.population import Population

__all__ = ["convergence", "horizons"]

_HORIZONS = (30.0, 100.0, 500.0, 1000.0, 5000.0)
_CERTAIN = 1e-9


def convergence(
    heads: Heads,
    *,
    horizon: Horizon = 30.0,
    tolerance: Tolerance = 0.01,
    solves: Solves = 57_900,
    confidence: Confidence = 0.99,
    seed: Seed = 0,
    output: Output = None,
    plot: Plot = None,
    as_json: Json = False,
) -> None:
    """Count what settles in time, from random starts and from where the token before ended.

    Weighs two explanations of what does not: starts near the antipode, and weak drives.

    Example: `lohe bench convergence runs/stories/d8 -o convergence.json`
    """
    single_blas_thread()
    models = read_models(heads)
    config = model_config(
        models,
        horizon=horizon,
        tolerance=tolerance,
        solves=solves,
        seed=seed,
        confidence=confidence,
        bounds=2 * len(models),
    )
    cases = {model.name: partial(_convergence, model, config) for model in models}
    Experiment("convergence", output, config).run(cases, plot, as_json=as_json)


def _convergence(model: Population, config: dict[str, Any]) -> dict[str, Any]:
    import numpy as np

    from lohe.commands.bench_record import seed_of
    from lohe.proofs_numeric.experiments.convergence import (
        random_starts,
        sequential_chance,
        sequential_starts,
    )
    from lohe.proofs_numeric.experiments.explanation import explain
    from lohe.proofs_numeric.experiments.share import share

    horizon, tolerance, solves = (config[name] for name in ("horizon", "tolerance", "solves"))
    family = config["confidence"], config["bounds"]
    rng = np.random.default_rng(seed_of(config["seed"], model.name))
    settled, chance = random_starts(model, (horizon,), tolerance, solves, rng=rng)
    in_turn = sequential_starts(model, horizon, tolerance, solves, rng=rng)
    turns = sequential_chance(model, horizon, tolerance)
    return model_facts(model) | {
        "random": share(settled[0], float(chance[0]), *family).document(),
        "sequential": share(in_turn, float(turns.mean()), *family).document(),
        "sequential_uncertain": float(((turns > _CERTAIN) & (turns < 1 - _CERTAIN)).mean()),
        "explanation": explain(model, horizon, tolerance).document(),
    }


def horizons(
    heads: Heads,
    *,
    horizon: Annotated[
        list[float] | None,
        typer.Option(help="Time T; repeat for several. By default 30, 100, 500, 1000, 5000."),
    ] = None,
    tolerance: Tolerance = 0.01,
    solves: Solves = 57_900,
    confidence: Confidence = 0.99,
    seed: Seed = 0,
    output: Output = None,
    plot: Plot = None,
    as_json: Json = False,
) -> None:
    """Count how many random starts settle by each of several times.

    Example: `lohe bench horizons runs/stories/d8 --horizon 30 --horizon 100 -o horizons.json`
    """
    single_blas_thread()
    models, times = read_models(heads), sorted(set(horizon or _HORIZONS))
    config = model_config(
        models,
        horizons=times,
        tolerance=tolerance,
        solves=solves,
        seed=seed,
        confidence=confidence,
        bounds=len(models) * len(times),
    )
    cases = {model.name: partial(_horizons, model, config) for model in models}
    Experiment("horizons", output, config).run(cases, plot, as_json=as_json)


def _horizons(model: Population, config: dict[str, Any]) -> dict[str, Any]:
    import numpy as np

    from lohe.commands.bench_record import seed_of
    from lohe.proofs_numeric.experiments.convergence import random_starts
    from lohe.proofs_numeric.experiments.share import share

    times, family = config["horizons"], (config["confidence"], config["bounds"])
    rng = np.random.default_rng(seed_of(config["seed"], model.name))
    settled, chance = random_starts(model, times, config["tolerance"], config["solves"], rng=rng)
    shares = [
        {"horizon": time} | share(row, float(predicted), *family).document()
        for time, row, predicted in zip(times, settled, chance, strict=True)
    ]
    return model_facts(model) | {"horizons": shares}
