"""``lohe bench disorder``: what a spread of natural frequencies does."""

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
from lohe.commands.common import Json, progress_bar, single_blas_thread

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lohe.proofs_numeric.experiments.population import Population

__all__ = ["disorder"]

_QUANTILES = {"median": 0.5, "99 %": 0.99}


def disorder(
    heads: Heads,
    *,
    spread: Annotated[
        list[float] | None,
        typer.Option(
            help="Standard deviation s of a frequency's entries; repeat. "
            "By default 0.01, 0.05, 0.1, 0.5."
        ),
    ] = None,
    horizon: Horizon = 30.0,
    tolerance: Tolerance = 0.01,
    solves: Solves = 10_000,
    confidence: Confidence = 0.99,
    seed: Seed = 0,
    output: Output = None,
    plot: Plot = None,
    as_json: Json = False,
) -> None:
    """Detune oscillators at random: which lock and settle, and how far points and weights move.

    Whether each sampled oscillator locks is decided exactly (T5).

    Example: `lohe bench disorder runs/stories/d8 --spread 0.1 -o disorder.json`
    """
    single_blas_thread()
    from lohe.dynamics.errors import InputError
    from lohe.proofs_numeric.experiments.disorder import SPREADS

    models, spreads = read_models(heads), sorted(set(spread or SPREADS))
    if not spreads[0] >= 0:
        raise InputError(f"spreads are {spreads}; a standard deviation is not negative")
    config = model_config(
        models,
        spreads=spreads,
        horizon=horizon,
        tolerance=tolerance,
        solves=solves,
        seed=seed,
        confidence=confidence,
        bounds=len(models) * len(spreads),
    )
    cases = {
        f"{model.name}, s = {s:g}": partial(_disorder, model, s, config)
        for model in models
        for s in spreads
    }
    Experiment("disorder", output, config).run(cases, plot, as_json=as_json)


def _disorder(model: Population, spread: float, config: dict[str, Any]) -> dict[str, Any]:
    import numpy as np

    from lohe.commands.bench_record import seed_of
    from lohe.proofs_numeric.experiments.disorder import sample_disorder
    from lohe.proofs_numeric.experiments.share import share

    rng = np.random.default_rng(seed_of(config["seed"], f"{model.name}, s = {spread}"))
    with progress_bar(f"{model.name}, s = {spread:g}") as progress:
        found = sample_disorder(
            model,
            spread,
            config["horizon"],
            config["tolerance"],
            config["solves"],
            rng=rng,
            progress=progress,
        )
    predicted = float(found.chance.mean())
    settled = share(found.settled, predicted, config["confidence"], config["bounds"])
    return model_facts(model) | {
        "spread": spread,
        "locked": int(found.locked.sum()),
        "settled": settled.document(),
        "shift_degrees": _quantiles(np.degrees(found.shift)),
        "weight_shift": _quantiles(found.weight_shift),
    }


def _quantiles(values: NDArray[Any]) -> dict[str, float] | None:
    """Return quantiles of what is known, or None if nothing is."""
    import numpy as np

    known = values[~np.isnan(values)]
    if not known.size:
        return None
    return {name: float(np.quantile(known, level)) for name, level in _QUANTILES.items()}
