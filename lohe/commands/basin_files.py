"""``lohe basin status``, ``merge`` and ``show``: campaign files, without running anything."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lohe.commands import basin_text
from lohe.commands.common import Json, emit, progress_bar

if TYPE_CHECKING:
    from lohe.proofs_numeric.basins.status import Status

__all__ = ["merge", "show", "status"]

Files = Annotated[list[Path], typer.Argument(help="*.basin.sqlite files.")]


def status(files: Files, *, as_json: Json = False) -> int:
    """Say how far campaigns have come, also while they run.

    The bounds hold whenever one looks, so that a campaign may be ended at any time because of
    them: press Ctrl-C where it runs, and run the same command again to go on.

    Example: `lohe basin status runs/layer0.basin.sqlite`
    """
    from lohe.proofs_numeric.basins.status import status as read_status

    found = {path: read_status(path) for path in files}
    results = [_result(path, now) for path, now in found.items()]
    lines = [line for path, now in found.items() for line in _lines(path, now)]
    emit(results[0] if len(results) == 1 else {"campaigns": results}, lines, as_json=as_json)
    return 0


def merge(
    files: Files,
    *,
    output: Annotated[
        Path, typer.Option("--output", "-o", help="The file to write; may be one of those read.")
    ],
    as_json: Json = False,
) -> int:
    """Put campaigns of the same plan together: parts of one seed, or several seeds.

    Blocks that several files hold must agree to the last bit, and count once.

    Example: `lohe basin merge here.basin.sqlite there.basin.sqlite -o all.basin.sqlite`
    """
    from lohe.proofs_numeric.basins.merge import merge as merge_files
    from lohe.proofs_numeric.basins.status import status as read_status

    with progress_bar("merge") as progress:
        merge_files(files, output, progress=progress)
    now = read_status(output)
    next_step = "show" if now.complete else "status"
    lines = [*_lines(output, now), f"see: lohe basin {next_step} {output}"]
    emit(_result(output, now), lines, as_json=as_json)
    return 0


def show(
    files: Files,
    *,
    network: Annotated[
        Path | None,
        typer.Option(help="The campaign's instance, to list where starts came to rest."),
    ] = None,
    as_json: Json = False,
) -> int:
    """Print what finished campaigns found, without running anything.

    Example: `lohe basin show runs/layer0.basin.sqlite`
    """
    from lohe.commands.basin_result import found_in, print_found
    from lohe.commands.instances import read_instance

    instance = None if network is None else read_instance(network)
    print_found([found_in(path, instance) for path in files], as_json=as_json)
    return 0


def _lines(path: Path, now: Status) -> list[str]:
    state = "finished" if now.complete else "not finished"
    if now.stopped:
        state = "finished: its stopping rule is met"
    elif now.live:
        state = f"running (process {now.process} on {now.host})"
    elif now.live is None:
        state += "; whether a run is writing it cannot be told, as it is write-protected"
    done = f"{now.done} of {now.trials} starts, {now.finished} of {now.blocks} blocks"
    lines = [f"{path}: {state}; {done}{_pace(now)}, {now.size / 1e6:.1f} MB"]
    lines.append(f"  {basin_text.planned(now.plan)}; {_seeds(now)}")
    if not now.complete and now.finished:
        ranges = [f"{gap.first}:{gap.end}" for gap in now.missing[:8]]
        more = f" and {len(now.missing) - 8} more" if len(now.missing) > 8 else ""
        lines.append(f"  missing blocks: {', '.join(ranges)}{more}")
    if now.judged:
        what = "" if now.judged == now.done else f" (the first {now.judged} in a row)"
        lines.append(f"  sampled so far{what}, bounds that hold whenever one looks:")
        titles = ("horizon", "lower", "upper", *now.labels[0])
        rows = [_row(now, index) for index in range(len(now.plan.horizons))]
        lines += [f"  {line}" for line in basin_text.table(titles, rows)]
    return lines


def _row(now: Status, index: int) -> tuple[str, ...]:
    lower, upper = now.bounds[index]
    return (
        f"{now.plan.horizons[index]:g}",
        basin_text.number(lower, 6),
        basin_text.number(upper, 6, up=True),
        *(str(count) for count in now.labels[index].values()),
    )


def _seeds(now: Status) -> str:
    seeds = ", ".join(map(str, now.seeds))
    return f"seed {seeds}" if len(now.seeds) == 1 else f"seeds {seeds}"


def _pace(now: Status) -> str:
    if not now.live or now.rate is None:
        return ""
    left = timedelta(seconds=round((now.trials - now.done) / now.rate))
    return f", {now.rate:,.0f} per second, {left} left at most"


def _result(path: Path, now: Status) -> dict[str, Any]:
    return {
        "path": str(path),
        "network_sha256": now.plan.network_sha256,
        "plan": now.plan.document(),
        "seeds": list(now.seeds),
        "extended_after": list(now.earlier),
        "trials": {"done": now.done, "planned": now.trials},
        "blocks": {"done": now.finished, "planned": now.blocks},
        "missing": [[gap.seed, gap.first, gap.end] for gap in now.missing],
        "complete": now.complete,
        "stopped": now.stopped,
        "running": now.live,
        "rate": now.rate if now.live else None,
        "bytes": now.size,
        "sampled": {
            "trials": now.judged,
            "certified": now.certified,
            "horizons": [
                {"horizon": horizon, "lower": lower, "upper": upper, "labels": labels}
                for horizon, (lower, upper), labels in zip(
                    now.plan.horizons, now.bounds, now.labels, strict=True
                )
            ],
        },
    }
