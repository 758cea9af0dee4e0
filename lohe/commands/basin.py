"""``lohe basin``: sample starts of networks and bound the share that settles."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lohe.commands.basin_export import export
from lohe.commands.basin_files import merge, show, status
from lohe.commands.basin_group import FilesOrCommand
from lohe.commands.common import Json

if TYPE_CHECKING:
    from lohe.proofs_numeric.basins.plan import Starts, Stopping

__all__ = ["basin"]

basin = typer.Typer(cls=FilesOrCommand, invoke_without_command=True, subcommand_metavar="")

_LEVELS = "0.001,0.01,0.1"
_POWER = 4.0
_ANGLE = 0.5


@basin.callback()
def run(
    instances: Annotated[
        list[Path],
        typer.Argument(help="*.network.npz and *.head.npz files, or folders of them."),
    ],
    *,
    trials: Annotated[int, typer.Option(help="Starts, of each file.")] = 100_000,
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
    confidence: Annotated[
        float, typer.Option(help="With which all bounds hold together, of all files and horizons.")
    ] = 0.99,
    seed: Annotated[int, typer.Option(help="Fixes the result, whoever computes it.")] = 0,
    workers: Annotated[int, typer.Option(help="Processes.")] = 1,
    scheduler: Annotated[
        str | None,
        typer.Option(help="Use the workers of a Dask cluster instead, such as tcp://host:8786."),
    ] = None,
    patience: Annotated[
        float | None,
        typer.Option(help="Seconds after which a silent process is replaced; by default 300."),
    ] = None,
    starts: Annotated[
        str,
        typer.Option(
            help="uniform; strata (by nearness to the antipodes); tilted (towards the antipodes, "
            "importance sampling); or saddles (near them only)."
        ),
    ] = "uniform",
    levels: Annotated[
        list[str] | None,
        typer.Option(
            help=f"Edges between the strata, repeated or with commas; by default {_LEVELS}."
        ),
    ] = None,
    power: Annotated[
        float | None,
        typer.Option(help=f"Largest weight of a tilted start; by default {_POWER:g}."),
    ] = None,
    angle: Annotated[
        float | None,
        typer.Option(help=f"Radians around the saddles; by default {_ANGLE:g}."),
    ] = None,
    until_lower: Annotated[
        float | None,
        typer.Option(help="Stop once the lower bound at the last horizon exceeds this."),
    ] = None,
    until_width: Annotated[
        float | None,
        typer.Option(help="Stop once the bounds at the last horizon are so close."),
    ] = None,
    records: Annotated[
        bool,
        typer.Option(
            "--records/--no-records",
            help="Keep every start's label, time and residual, about 9 bytes each.",
        ),
    ] = True,
    early: Annotated[
        bool,
        typer.Option(
            "--early/--follow",
            help="End a trial once it is certified to settle in time, or follow it to the end.",
        ),
    ] = True,
    engine: Annotated[
        str, typer.Option(help="numpy, or the compiled numba, which rounds differently.")
    ] = "numpy",
    blocks: Annotated[
        str | None,
        typer.Option(help="A:B runs block A up to before B, as one's part of the work."),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            help="Campaign file, or a folder for several; by default beside the input.",
        ),
    ] = None,
    as_json: Json = False,
) -> int:
    """Sample starts and bound the share that settles.

    Finished work is kept in a *.basin.sqlite file: after an interruption the same command goes
    on where it stopped, and with more --trials it extends what is there. Sampling is evidence,
    never proof; what theorems prove stands beside it and says so.

    Example: `lohe basin layer0.head.npz --trials 100000 --horizon 5 -o layer0.basin.sqlite`

    Example: `lohe basin runs --trials 1000000 --until-width 0.001 --workers 4`

    Example: `lohe basin big.network.npz --blocks 0:50` here, `--blocks 50:100` elsewhere, then
    `lohe basin merge here.basin.sqlite there.basin.sqlite -o big.basin.sqlite`
    """
    from lohe.commands.basin_run import Asked, run_files

    asked = Asked(
        trials=trials,
        horizons=tuple(horizon or ()),
        tolerance=tolerance,
        confidence=confidence,
        seed=seed,
        sampling={
            "starts": _starts(starts, levels, power, angle),
            "stopping": _stopping(until_lower, until_width),
            "records": records,
            "early": early,
            "engine": engine,
        },
        execution={
            "workers": workers,
            "scheduler": scheduler,
            **({} if patience is None else {"patience": patience}),
        },
        blocks=None if blocks is None else _blocks(blocks),
    )
    return run_files(instances, output, asked, as_json=as_json)


def _starts(
    kind: str, levels: list[str] | None, power: float | None, angle: float | None
) -> Starts:
    from lohe.dynamics.errors import InputError
    from lohe.proofs_numeric.basins.plan import Starts

    given = {"levels": levels, "power": power, "angle": angle}
    needed = {"strata": "levels", "tilted": "power", "saddles": "angle"}.get(kind)
    for name, value in given.items():
        if value is not None and name != needed:
            raise InputError(f"--{name} does not belong to {kind} starts; leave it out")
    values: dict[str, Any] = {"kind": kind}
    if kind == "strata":
        values["levels"] = _edges(",".join(levels or [_LEVELS]))
    elif kind == "tilted":
        values["power"] = _POWER if power is None else power
    elif kind == "saddles":
        values["angle"] = _ANGLE if angle is None else angle
    return Starts(**values)


def _edges(text: str) -> tuple[float, ...]:
    from lohe.dynamics.errors import InputError

    try:
        return tuple(float(word) for word in text.split(","))
    except ValueError as error:
        raise InputError(f"--levels is {text!r}; give numbers such as {_LEVELS}") from error


def _stopping(lower: float | None, width: float | None) -> Stopping | None:
    from lohe.proofs_numeric.basins.plan import Stopping

    return None if lower is None and width is None else Stopping(lower, width)


def _blocks(text: str) -> tuple[int, int]:
    from lohe.dynamics.errors import InputError

    first, separator, end = text.partition(":")
    if not (separator and first.isdecimal() and end.isdecimal()):
        raise InputError(f"--blocks is {text!r}; give two numbers such as 0:50")
    return int(first), int(end)


for _command in (status, merge, show, export):
    basin.command(_command.__name__)(_command)
