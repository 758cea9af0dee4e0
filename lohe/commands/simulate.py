"""``lohe simulate``: follow trajectories of a network, with noise or without."""

from __future__ import annotations

import math
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lohe.commands.common import Json, emit, progress_bar
from lohe.commands.escape_table import (
    draw_sampled_escape,
    escape_lines,
    escape_result,
    sample_escape,
)
from lohe.commands.instances import read_instance, stem

if TYPE_CHECKING:
    from lohe.dynamics.network import Network
    from lohe.dynamics.trajectories import Trajectories

__all__ = ["simulate"]

_SETTLED = 1e-2
_TRIALS, _WALKERS = 20, 2000
_ROWS = 6
_LARGEST = 2**31  # bytes of states


class _Start(StrEnum):
    UNIFORM = "uniform"
    REST = "rest"


def simulate(
    instance: Annotated[Path, typer.Argument(help="A *.network.npz or *.head.npz file.")],
    *,
    horizon: Annotated[
        float | None,
        typer.Option(help="Time to follow; by default when T2 expects 99 % to have settled."),
    ] = None,
    start: Annotated[_Start, typer.Option(help="Where trials begin.")] = _Start.UNIFORM,
    trials: Annotated[
        int | None,
        typer.Option(
            help=f"Starts of the whole state; by default {_TRIALS}, or {_WALKERS} "
            "walkers with --escape."
        ),
    ] = None,
    samples: Annotated[int, typer.Option(help="Intervals between the times kept.")] = 200,
    noise: Annotated[
        float, typer.Option(help="Diffusivity D of every oscillator, in radians squared per time.")
    ] = 0.0,
    step: Annotated[
        float | None,
        typer.Option(
            help="Longest step with noise; by default 0.1 over the largest force or (d - 1) D."
        ),
    ] = None,
    seed: Annotated[int, typer.Option(help="Fixes the result.")] = 0,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            help="Trajectories file; by default beside the input, and with --escape none.",
        ),
    ] = None,
    plot: Annotated[
        Path | None,
        typer.Option(
            help="Draw angles to rest and order parameter, or with --escape the share "
            "still inside: .svg, .png or .pdf."
        ),
    ] = None,
    escape: Annotated[
        str | None,
        typer.Option(
            help="How long noise takes from rest out of the certified `cap`, past the "
            "antipode in the plane (`slip`), beyond an angle in radians, or to one of the other "
            "attractors that a *.basin.sqlite campaign found."
        ),
    ] = None,
    confidence: Annotated[float, typer.Option(help="Of each bound with --escape.")] = 0.99,
    workers: Annotated[int, typer.Option(help="Processes with --escape.")] = 1,
    as_json: Json = False,
) -> int:
    """Follow trajectories of a network, with noise or without.

    Without noise flows are exact where there is no crosstalk; with noise, Langevin steps of weak
    order 2 on the sphere. The states at equally spaced times go to a *.trajectories.npz file.

    Example: `lohe simulate ring.network.npz --noise 0.05 --horizon 40 --plot ring.svg`

    Example: `lohe simulate ring.network.npz --noise 0.2 --horizon 500 --escape cap`
    """
    import numpy as np

    from lohe.dynamics import trajectories
    from lohe.dynamics.errors import InputError
    from lohe.proofs_numeric.basins.horizons import horizons_from_theory

    if plot is not None:
        from lohe.reports.motion_picture import check_ending

        check_ending(plot)
    if samples < 1:
        raise InputError(f"samples is {samples}; need at least 1")
    network = read_instance(instance)
    if horizon is None:
        horizon = horizons_from_theory(network, _SETTLED)[-1]
    if not 0 < horizon < float("inf"):
        raise InputError(f"horizon is {horizon}; it must be positive")
    count = trials if trials is not None else _TRIALS if escape is None else _WALKERS
    result: dict[str, Any] = {"network_sha256": network.digest, "horizon": horizon, "seed": seed}
    lines: list[str] = []
    if escape is None or output is not None:
        size = (samples + 1) * max(count, 1) * network.drive.nbytes
        if size > _LARGEST:
            raise InputError(
                f"the states would take {size / 2**30:.1f} GiB; ask for fewer --trials or --samples"
            )
        with progress_bar("trajectories") as progress:
            made = trajectories.simulate(
                network,
                np.linspace(0.0, horizon, samples + 1).tolist(),
                count,
                seed=seed,
                start=start.value,
                diffusivity=noise,
                step=step,
                progress=progress,
            )
        path = output or instance.with_name(f"{stem(instance)}.trajectories.npz")
        made.save(path)
        found, table = _summary(network, made)
        result |= {"path": str(path), "trajectories": found}
        lines += [*table, f"kept in {path}"]
        if plot is not None and escape is None:
            _draw(plot, network, made, stem(instance))
    if escape is not None:
        with progress_bar("escape") as progress:
            sampled = sample_escape(
                network,
                escape,
                noise=noise,
                horizon=horizon,
                walkers=count,
                seed=seed,
                step=step,
                confidence=confidence,
                workers=workers,
                progress=progress,
            )
        result["escape"] = escape_result(sampled)
        lines += escape_lines(network, sampled)
        if plot is not None:
            draw_sampled_escape(plot, sampled, stem(instance))
    if plot is not None:
        result["plot"] = str(plot)
        lines.append(f"drawn in {plot}")
    emit(result, lines, as_json=as_json)
    return 0


def _summary(network: Network, made: Trajectories) -> tuple[dict[str, Any], list[str]]:
    import numpy as np

    from lohe.dynamics.equilibrium import resting_points
    from lohe.dynamics.order import order_parameter
    from lohe.dynamics.sphere import distance
    from lohe.reports.formatting import plural

    rest = resting_points(network)
    known = ~np.isnan(rest).any(axis=1)
    rows: list[dict[str, float | None]] = []
    for index in np.unique(np.linspace(0, made.times.size - 1, _ROWS).astype(int)):
        states = made.states[index]
        angles = distance(states[:, known], rest[known])
        rows.append(
            {
                "time": float(made.times[index]),
                "mean_angle": float(angles.mean()) if known.any() else None,
                "largest_angle": float(angles.max()) if known.any() else None,
                "order_parameter": float(order_parameter(states).mean()),
            }
        )
    noise = float(made.diffusivity[0])
    found = {
        "trials": made.states.shape[1],
        "start": made.start,
        "noise": noise,
        "step": made.step,
        "without_rest": int(np.count_nonzero(~known)),
        "at": rows,
    }
    how = f"noise D = {noise:g}, steps up to {made.step:.3g}" if noise else "no noise"
    lines = [
        f"{plural(network.n, 'oscillator')}, d = {network.d}; "
        f"{plural(made.states.shape[1], 'trial')} from "
        f"{'rest' if made.start == 'rest' else 'uniform starts'}, seed {made.seed}; {how}",
        f"{'time':>10}  {'mean angle':>10}  {'largest':>8}  {'order':>6}   (degrees from rest)",
    ]
    for row in rows:
        mean, most = (_degrees(row[key]) for key in ("mean_angle", "largest_angle"))
        lines.append(f"{row['time']:>10.4g}  {mean:>10}  {most:>8}  {row['order_parameter']:>6.3f}")
    if not known.all():
        missing = plural(int(np.count_nonzero(~known)), "oscillator")
        lines.append(f"no resting point, and so no angle: {missing}")
    return found, lines


def _degrees(angle: float | None) -> str:
    return "-" if angle is None else f"{math.degrees(angle):.3f}"


def _draw(plot: Path, network: Network, made: Trajectories, name: str) -> None:
    from lohe.dynamics.equilibrium import resting_points
    from lohe.reports.formatting import plural
    from lohe.reports.motion_picture import draw_motion

    noise = float(made.diffusivity[0])
    title = f"{name}: {plural(network.n, 'oscillator')}, d = {network.d}, "
    title += plural(made.states.shape[1], "trial")
    title += f", noise D = {noise:g}" if noise else ", no noise"
    draw_motion(plot, made, resting_points(network), title)
