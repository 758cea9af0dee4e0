"""``lohe basin``: sample uniform starts of a network and count how many settle."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lohe.commands.common import Json, emit, progress_bar
from lohe.commands.instances import read_instance, stem

if TYPE_CHECKING:
    from lohe.dynamics.network import Network
    from lohe.proofs_numeric.basins.estimate import BasinEstimate

__all__ = ["basin"]


def basin(
    instance: Annotated[Path, typer.Argument(help="A *.network.npz or *.head.npz file.")],
    *,
    trials: Annotated[int, typer.Option(help="Uniform starts.")] = 100_000,
    horizon: Annotated[
        list[float] | None,
        typer.Option(
            help="Time at which the starts are judged; repeat for several. "
            "By default when T2 expects 50, 90 and 99 % of them to have settled."
        ),
    ] = None,
    tolerance: Annotated[
        float,
        typer.Option(help="Distance that counts as settled; by default that of `lohe certify`."),
    ] = 1e-2,
    confidence: Annotated[float, typer.Option(help="Of the bounds at each horizon.")] = 0.99,
    seed: Annotated[int, typer.Option(help="Fixes the result, with any --workers.")] = 0,
    workers: Annotated[int, typer.Option(help="Processes.")] = 1,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Campaign file; by default beside the input."),
    ] = None,
    as_json: Json = False,
) -> int:
    """Sample uniform starts and bound the share that settles.

    Finished work is kept in a *.basin.sqlite file: after an interruption the same command goes
    on where it stopped.

    Example: `lohe basin layer0.head.npz --trials 100000 --horizon 5 -o layer0.basin.sqlite`
    """
    from lohe.proofs_numeric.basins import campaign
    from lohe.proofs_numeric.basins.horizons import horizons_from_theory

    network = read_instance(instance)
    path = output or instance.with_name(f"{stem(instance)}.basin.sqlite")
    with progress_bar("basin") as progress:
        found = campaign.run(
            path,
            network,
            trials,
            seed=seed,
            horizons=horizon or horizons_from_theory(network, tolerance),
            tolerance=tolerance,
            confidence=confidence,
            workers=workers,
            progress=progress,
        )
    emit(_result(path, found), _lines(path, network, found), as_json=as_json)
    return 0


def _result(path: Path, found: tuple[BasinEstimate, ...]) -> dict[str, Any]:
    first = found[0]
    return {
        "path": str(path),
        "network_sha256": first.network_sha256,
        "trials": first.trials,
        "seed": first.seed,
        "tolerance": first.tolerance,
        "confidence": first.confidence,
        "proved": {"volume": first.proved_volume},
        "sampled": [
            {
                "horizon": estimate.horizon,
                "converged": estimate.converged,
                "fraction": estimate.fraction,
                "lower": estimate.lower,
                "upper": estimate.upper,
                "labels": estimate.labels,
                "predicted": estimate.predicted,
            }
            for estimate in found
        ],
    }


def _lines(path: Path, network: Network, found: tuple[BasinEstimate, ...]) -> list[str]:
    first = found[0]
    titles = ("horizon", "settled", "lower", "upper", "T2", "elsewhere", "moving", "failed")
    rows = [
        (
            f"{estimate.horizon:g}",
            f"{estimate.fraction:.6f}",
            f"{estimate.lower:.6f}",
            f"{estimate.upper:.6f}",
            "-" if estimate.predicted is None else f"{estimate.predicted:.6f}",
            *(str(estimate.labels[label]) for label in ("elsewhere", "horizon", "failed")),
        )
        for estimate in found
    ]
    widths = [max(len(row[i]) for row in (titles, *rows)) for i in range(len(titles))]
    table = ["  ".join(map(str.rjust, row, widths)).rstrip() for row in (titles, *rows)]
    proved = "proved: nothing about the basin of this network"
    if first.proved_volume == 1:
        proved = f"proved: almost every start settles in the end ({_theorem(network)})"
    elif first.proved_volume is not None:
        share = f"{first.proved_volume:.6g}"
        proved = f"proved: a share of {share} of all starts settles in the end (T6b)"
    return [
        f"{network.n} oscillators, d = {network.d}; sampled: {first.trials} uniform starts, "
        f"seed {first.seed}; settled is a distance <= {first.tolerance:g}; "
        f"bounds at {first.confidence:g} confidence",
        *table,
        proved,
        f"kept in {path}",
    ]


def _theorem(network: Network) -> str:
    if network.decoupled:
        return "T1"

    return "T6" if network.has_crosstalk else "T5"
