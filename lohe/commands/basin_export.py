"""``lohe basin export``: the record of every start, as a table for other programs."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lohe.commands.common import Json, emit, progress_bar

if TYPE_CHECKING:
    from lohe.proofs_numeric.basins.plan import Plan
    from lohe.proofs_numeric.basins.result import BlockResult

__all__ = ["export"]


def export(
    file: Annotated[Path, typer.Argument(help="A *.basin.sqlite file that keeps records.")],
    *,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="The table; by default *.starts.csv beside it."),
    ] = None,
    as_json: Json = False,
) -> int:
    """Write one line for every start: its label at each horizon, time, residual and place.

    `time` is when the start was first seen inside the certified cap, or without crosstalk when it
    was within the tolerance; `place` is 0 for the resting point, -1 for nowhere, and otherwise
    the number of the state in its block at which it rests. Empty is what was not measured.

    Example: `lohe basin export layer0.basin.sqlite -o layer0.starts.csv`
    """
    from lohe.dynamics.files import replace_atomically
    from lohe.proofs_numeric.basins import campaign

    plan = campaign.plan_of(file)
    path = output or file.with_name(file.name.removesuffix(".basin.sqlite") + ".starts.csv")
    starts = 0
    with (
        progress_bar("export") as progress,
        replace_atomically(path) as temporary,
        temporary.open("w", encoding="utf-8", newline="") as stream,
    ):
        table = csv.writer(stream, lineterminator="\n")
        table.writerow(_titles(plan))
        for result in campaign.records(file):
            table.writerows(_rows(plan, result, starts))
            starts += result.trials
            progress(starts, plan.trials)
    emit({"path": str(path), "starts": starts}, [f"{starts} starts in {path}"], as_json=as_json)
    return 0


def _titles(plan: Plan) -> list[str]:
    labels = [f"label at {horizon:g}" for horizon in plan.horizons]
    drawn = {"strata": ["stratum"], "tilted": ["weight"]}.get(plan.starts.kind, [])
    return ["start", "block", *drawn, *labels, "time", "residual", "place", "certified"]


def _rows(plan: Plan, result: BlockResult, first: int) -> Iterator[list[Any]]:
    from lohe.proofs_numeric.basins.plan import LABELS

    drawn = {"strata": result.strata, "tilted": result.weights}.get(plan.starts.kind)
    columns = [
        range(first, first + result.trials),
        [result.number] * result.trials,
        *([] if drawn is None else [drawn.tolist()]),
        *([LABELS[label] for label in row] for row in result.labels.tolist()),
        *(
            ["" if math.isnan(value) else f"{value:.7g}" for value in measured.tolist()]
            for measured in (result.times, result.residuals)
        ),
        result.places.tolist(),
        result.certified.astype(int).tolist(),
    ]
    for row in zip(*columns, strict=True):
        yield list(row)
