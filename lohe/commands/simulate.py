"""``lohe simulate``: follow trajectories of a network, with noise or without."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from lohe.commands.common import Json, emit, progress_bar
from lohe.commands.escape_table import (
    draw_sampled_escape,
    escape_lines,
    escape_result,
    sample_escape,
)
from lohe.commands.instances import is_model, read_instance, stem
from lohe.commands.simulate_model import Asked, simulate_model
from lohe.commands.simulate_summary import check_size, draw_trajectories, summary

__all__ = ["simulate"]

_SETTLED = 1e-2
_TRIALS, _WALKERS = 20, 2000
_OF_MODELS = "Trained models"


class _Start(StrEnum):
    UNIFORM = "uniform"
    REST = "rest"
    MODEL = "model"


def _option(help_: str, *names: str, **limits: Any) -> Any:
    return typer.Option(*names, help=help_, rich_help_panel=_OF_MODELS, **limits)


def simulate(
    instance: Annotated[
        Path, typer.Argument(help="A *.network.npz, *.head.npz or *.model.npz file.")
    ],
    *,
    horizon: Annotated[
        float | None,
        typer.Option(
            help="Time to follow; by default when T2 expects 99 % to have settled, and 20 for "
            "frozen heads."
        ),
    ] = None,
    start: Annotated[
        _Start | None,
        typer.Option(
            help="Where trials begin: uniform starts, unless a model holds states of its own."
        ),
    ] = None,
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
            help="Trajectories file, or a model's *.depth.npz; by default beside the input, and "
            "with --escape none.",
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
    window: Annotated[
        int | None, _option("Which window of its test text the model reads; by default 0.")
    ] = None,
    tokens: Annotated[
        Path | None, _option("A text file with the numbers of the tokens to read instead.")
    ] = None,
    layer: Annotated[int | None, _option("With --head: follow this head by itself.")] = None,
    head: Annotated[int | None, _option("A head of that layer, from 0.")] = None,
    oscillator: Annotated[
        int | None, _option("An oscillator of that head of phases, at its own step.")
    ] = None,
    as_json: Json = False,
) -> int:
    """Follow trajectories of a network, with noise or without, or a model through its layers.

    Without noise flows are exact where there is no crosstalk; with noise, Langevin steps of weak
    order 2 on the sphere. The states at equally spaced times go to a *.trajectories.npz file.

    Of a trained model with fixed queries, phases or momenta: what each layer makes of a window of
    the test text, depth taken as time, goes to a *.depth.npz file. With --layer and --head, that
    head becomes a network, of phases with its weights frozen, and is followed, phases from where
    the model holds them.

    Example: `lohe simulate ring.network.npz --noise 0.05 --horizon 40 --plot ring.svg`

    Example: `lohe simulate ring.network.npz --noise 0.2 --horizon 500 --escape cap`

    Example: `lohe simulate runs/enwik8-kuramoto-seed0.model.npz --layer 0 --head 1 --horizon 40`
    """
    if is_model(instance):
        asked = Asked(
            window=window,
            tokens=tokens,
            layer=layer,
            head=head,
            oscillator=oscillator,
            horizon=horizon,
            start=None if start is None else start.value,
            trials=trials,
            samples=samples,
            noise=noise,
            step=step,
            seed=seed,
        )
        if escape is not None:
            from lohe.dynamics.errors import InputError

            raise InputError("--escape is of a network; give the one that --layer and --head write")
        return simulate_model(instance, asked, output=output, plot=plot, json=as_json)
    import numpy as np

    from lohe.dynamics import trajectories
    from lohe.dynamics.errors import InputError
    from lohe.proofs_numeric.basins.horizons import horizons_from_theory

    if plot is not None:
        from lohe.reports.motion_picture import check_ending

        check_ending(plot)
    if any(given is not None for given in (window, tokens, layer, head, oscillator)):
        raise InputError(
            "--window, --tokens, --layer, --head and --oscillator are of *.model.npz files"
        )
    if start is _Start.MODEL:
        raise InputError("only a *.model.npz file holds states to start from; choose another start")
    network = read_instance(instance)
    if horizon is None:
        horizon = horizons_from_theory(network, _SETTLED)[-1]
    if not 0 < horizon < float("inf"):
        raise InputError(f"horizon is {horizon}; it must be positive")
    count = trials if trials is not None else _TRIALS if escape is None else _WALKERS
    result: dict[str, Any] = {"network_sha256": network.digest, "horizon": horizon, "seed": seed}
    lines: list[str] = []
    if escape is None or output is not None:
        check_size(network, samples, count)
        with progress_bar("trajectories") as progress:
            made = trajectories.simulate(
                network,
                np.linspace(0.0, horizon, samples + 1).tolist(),
                count,
                seed=seed,
                start="rest" if start is _Start.REST else "uniform",
                diffusivity=noise,
                step=step,
                progress=progress,
            )
        path = output or instance.with_name(f"{stem(instance)}.trajectories.npz")
        made.save(path)
        found, table = summary(network, made)
        result |= {"path": str(path), "trajectories": found}
        lines += [*table, f"kept in {path}"]
        if plot is not None and escape is None:
            draw_trajectories(plot, network, made, stem(instance))
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
