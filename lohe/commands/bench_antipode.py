"""``lohe bench antipode``: how likely a start is to lie near the antipode."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any

import typer

from lohe.commands.bench_common import Confidence, Experiment, Output, Seed
from lohe.commands.common import Json, single_blas_thread

__all__ = ["antipode"]


def antipode(
    *,
    d: Annotated[
        list[int] | None,
        typer.Option("--d", min=2, help="Dimension; repeat. By default 2, 4, 8, 16, 32."),
    ] = None,
    angle: Annotated[
        list[float] | None,
        typer.Option(help="Degrees; repeat. By default 1, 3, 10, 30, 60."),
    ] = None,
    starts: Annotated[int, typer.Option(min=1, help="Uniform starts per dimension.")] = 1_000_000,
    confidence: Confidence = 0.99,
    seed: Seed = 0,
    output: Output = None,
    as_json: Json = False,
) -> None:
    """Count how many uniform starts lie within an angle of the antipode of their drive.

    Example: `lohe bench antipode --d 2 --d 8 --angle 10 -o antipode.json`
    """
    single_blas_thread()
    from lohe.dynamics.errors import InputError
    from lohe.proofs_numeric.experiments.antipode import ANGLES, DIMENSIONS

    dimensions, angles = sorted(set(d or DIMENSIONS)), sorted(set(angle or ANGLES))
    if not 0 < angles[0] <= angles[-1] <= 180:
        raise InputError(f"angles are {angles}; give degrees above 0, up to 180")
    config = {
        "d": dimensions,
        "angles": angles,
        "starts": starts,
        "seed": seed,
        "confidence": confidence,
        "bounds": len(dimensions) * len(angles),
    }
    cases = {f"d = {dimension}": partial(_antipode, dimension, config) for dimension in dimensions}
    Experiment("antipode", output, config).run(cases, as_json=as_json)


def _antipode(dimension: int, config: dict[str, Any]) -> dict[str, Any]:
    import numpy as np

    from lohe.commands.bench_record import seed_of
    from lohe.proofs_numeric.experiments.antipode import near_antipode
    from lohe.proofs_numeric.experiments.share import share

    angles, family = config["angles"], (config["confidence"], config["bounds"])
    rng = np.random.default_rng(seed_of(config["seed"], str(dimension)))
    near, chance = near_antipode(dimension, angles, config["starts"], rng)
    shares = [
        {"angle": degrees} | share(row, float(predicted), *family).document()
        for degrees, row, predicted in zip(angles, near, chance, strict=True)
    ]
    return {"d": dimension, "angles": shares}
