"""How far a campaign has come, asked of its file while a run may be writing it."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from lohe.proofs_numeric.basins.anytime import anytime_bounds
from lohe.proofs_numeric.basins.plan import Plan
from lohe.proofs_numeric.basins.store import Store, reading
from lohe.proofs_numeric.basins.tally import Fold, pooled

__all__ = ["Missing", "Status", "status"]


@dataclass(frozen=True)
class Missing:
    """Blocks that nobody has finished, from `first` up to before `end`.

    Parameters
    ----------
    seed, first, end
    """

    seed: int
    first: int
    end: int


@dataclass(frozen=True)
class Status:
    """What a campaign's file says of its progress.

    Parameters
    ----------
    plan
        Of the first seed.
    n, d
        Oscillators of the network and their dimension.
    seeds
        More than one after a merge.
    earlier
        Numbers of trials planned before the campaign was extended.
    done, trials
        Trials finished and planned, of all seeds.
    finished, blocks
        Blocks likewise.
    missing
        Which blocks are not finished; empty where a stopping rule was met.
    stopped
        Whether a stopping rule was met.
    judged
        Trials that `bounds` and `labels` are from: those of the consecutive blocks from the first
        one asked for, since blocks that happened to finish early may not be like the others.
    bounds
        For each horizon, anytime-valid bounds on the share that converges.
    labels
        For each horizon, counts.
    certified
        Trials of `judged` that ended early, as they were proved to converge in time.
    live
        Whether a run is writing the file; None if that cannot be told, for the file is
        write-protected.
    rate
        Trials per second of the last run, from its start to its last commit; None before that.
    host, process
        Where the last run is or was.
    size
        Bytes of the file.
    """

    plan: Plan
    n: int
    d: int
    seeds: tuple[int, ...]
    earlier: tuple[int, ...]
    done: int
    trials: int
    finished: int
    blocks: int
    missing: tuple[Missing, ...]
    stopped: bool
    judged: int
    bounds: tuple[tuple[float, float], ...]
    labels: tuple[dict[str, int], ...]
    certified: int
    live: bool | None
    rate: float | None
    host: str
    process: int
    size: int

    @property
    def complete(self) -> bool:
        """Whether nothing is left to do."""
        return not self.missing


def status(path: str | os.PathLike[str]) -> Status:
    """Read how far a campaign has come; never waits longer than a commit.

    Raises
    ------
    InputError
        If the file is missing, damaged or no campaign.
    """
    with reading(path) as store:
        live = store.live()
        folds, missing, finished, blocks = [], list[Missing](), 0, 0
        for series in store.header.series:
            fold, present = Fold(series.plan, series.first), set[int]()
            for block in store.summaries(series):
                present.add(block.number)
                fold.add(block)
            count = series.blocks if fold.stop is None else fold.stop + 1
            present = {number for number in present if number < count}
            finished, blocks = finished + len(present), blocks + count
            missing += _gaps(series.plan.seed, present, count)
            folds.append(fold)
        header = store.header
        tally = pooled([fold.tally() for fold in folds])
        rate, host, process = _last_run(store)
        stopped = tally.stopped and header.plan.stopping is not None
        return Status(
            plan=header.plan,
            n=header.n,
            d=header.d,
            seeds=tuple(series.plan.seed for series in header.series),
            earlier=tuple(trials for series in header.series for trials in series.earlier),
            done=sum(fold.done for fold in folds),
            trials=sum(series.plan.trials for series in header.series),
            finished=finished,
            blocks=blocks,
            missing=tuple(missing),
            stopped=stopped,
            judged=tally.trials,
            bounds=anytime_bounds(header.plan, tally, header.theory.certain),
            labels=tally.labels,
            certified=tally.certified,
            live=live,
            rate=rate,
            host=host,
            process=process,
            size=Path(path).stat().st_size,
        )


def _gaps(seed: int, present: Iterable[int], count: int) -> list[Missing]:
    """Return the ranges of block numbers that are missing."""
    edges = [-1, *sorted(present), count]
    return [
        Missing(seed, before + 1, after) for before, after in pairwise(edges) if after > before + 1
    ]


def _last_run(store: Store) -> tuple[float | None, str, int]:
    query = "SELECT trials, updated - started, host, process FROM session ORDER BY number DESC"
    row = store.database.execute(f"{query} LIMIT 1").fetchone()
    if row is None:
        return None, "", 0
    trials, seconds, host, process = row
    return (trials / seconds if trials and seconds > 0 else None), host, process
