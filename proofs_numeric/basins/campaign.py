"""Basin campaigns: sampling that survives an interruption, in a ``*.basin.sqlite`` file."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence

from lohe.dynamics.errors import InputError
from lohe.dynamics.network import Network
from lohe.proofs_numeric.basins.alone import Alone
from lohe.proofs_numeric.basins.census import Census, census
from lohe.proofs_numeric.basins.estimate import BasinEstimate, estimates
from lohe.proofs_numeric.basins.executors import PATIENCE, executor
from lohe.proofs_numeric.basins.extension import continued, refuse_another_version
from lohe.proofs_numeric.basins.header import Header, Series, versions
from lohe.proofs_numeric.basins.plan import Engine, Plan, Starts, Stopping
from lohe.proofs_numeric.basins.records import encode
from lohe.proofs_numeric.basins.reference import reference_point
from lohe.proofs_numeric.basins.result import BlockResult
from lohe.proofs_numeric.basins.store import reading
from lohe.proofs_numeric.basins.summary import BlockSummary, summarise
from lohe.proofs_numeric.basins.tally import Fold, Tally, pooled
from lohe.proofs_numeric.basins.theory import Theory, theory_of
from lohe.proofs_numeric.basins.trials import Sampler
from lohe.proofs_numeric.basins.writer import writing

__all__ = ["attractors", "load", "plan_of", "records", "run", "summaries", "totals"]


def run(
    path: str | os.PathLike[str],
    network: Network,
    trials: int,
    *,
    seed: int,
    horizons: Sequence[float],
    tolerance: float = 1e-6,
    confidence: float = 0.99,
    family: int = 1,
    starts: Starts | None = None,
    stopping: Stopping | None = None,
    records: bool = True,
    early: bool = True,
    engine: Engine = "numpy",
    workers: int = 1,
    scheduler: str | None = None,
    patience: float = PATIENCE,
    blocks: tuple[int, int] | None = None,
    progress: Callable[[int, int], None] | None = None,
    watch: Callable[[Fold, Theory], None] | None = None,
) -> tuple[BasinEstimate, ...]:
    """Sample starts, judge each at every horizon, and keep each finished block in the file.

    Blocks are committed as they end. After a kill, a crash or Ctrl-C the same call goes on where
    the file stops, and ends with the same result as one that was never interrupted. A call with
    more trials extends the campaign: what was sampled is kept, but for a last block that was not
    full, which is sampled anew with more starts.

    Parameters
    ----------
    path
        The ``*.basin.sqlite`` file; made if it does not exist.
    network, trials, seed, tolerance, confidence
        As for `lohe.proofs_numeric.basins.estimate.estimate_basin`.
    horizons
        Times at which the same starts are judged.
    family, starts, stopping, records, early, engine
        As for `lohe.proofs_numeric.basins.plan.Plan`; starts are uniform by default.
    workers, scheduler, patience
        Who runs the blocks, as for `lohe.proofs_numeric.basins.executors.executor`. They do not
        change the result.
    blocks
        Run the blocks from the first of these numbers up to before the second, and leave the
        others to someone else; `lohe.proofs_numeric.basins.merge.merge` puts the files together.
    progress
        Called with (trials done, trials), at the start and after each block.
    watch
        Called at the same moments with the totals so far and what theorems say.

    Returns
    -------
    tuple of BasinEstimate
        One per horizon, in rising order; of the chosen `blocks` only.

    Raises
    ------
    InputError
        If an argument cannot be used, or the file holds another network or plan, is damaged, or
        cannot be written. What was committed before stays.
    """
    plan = Plan(
        network.digest,
        int(trials),
        tuple(horizons),
        int(seed),
        tolerance=tolerance,
        confidence=confidence,
        family=family,
        starts=starts or Starts(),
        stopping=stopping,
        records=records,
        early=early,
        engine=engine,
    )
    work = executor(workers, scheduler, patience)
    sampler = Sampler.prepare(network, plan)
    chosen = _chosen(blocks, plan, sampler.blocks)
    fold = Fold(plan, first=chosen.start)
    with writing(path) as writer:
        series = Series(plan, sampler.block_size, first=chosen.start)
        if writer.store is None:
            theory = theory_of(network, plan, sampler)
            header = Header((series,), network.n, network.d, theory, versions())
        else:
            header = continued(path, writer.store.header, series)
            series = header.series[0]
        total = sum(series.trials_in(block) for block in chosen)

        def report() -> None:
            if progress is not None:
                progress(fold.done, total)
            if watch is not None:
                watch(fold, header.theory)

        left = set(chosen)
        for block in () if writer.store is None else writer.store.summaries(series):
            if block.number in left:
                left.remove(block.number)
                fold.add(block)
        working = bool(left) and fold.stop is None
        if working:
            refuse_another_version(path, header)
        # A finished file is left as it is, so that asking again changes no byte of it.
        stored = None if writer.store is None else writer.store.header
        if working or header != stored or fold.stop is not None:
            writer.begin(header)
        if fold.stop is not None:
            writer.drop_after(series, fold.stop)
        report()
        if working:
            with work:
                for result in work.run(sampler.run, sorted(left)):
                    block = summarise(plan, result)
                    fold.add(block)
                    if fold.stop is not None:
                        writer.drop_after(series, fold.stop)
                    writer.add(series, block, encode(plan, result) if plan.records else None)
                    report()
                    if fold.stop is not None:
                        break
    return estimates(plan, fold.tally(), header.theory)


def _chosen(blocks: tuple[int, int] | None, plan: Plan, count: int) -> range:
    """Return the numbers of the blocks to run."""
    if blocks is None:
        return range(count)
    first, end = blocks
    if not 0 <= first < end <= count:
        raise InputError(
            f"blocks are {first}:{end}; this campaign has {count}, "
            f"so give two rising numbers from 0 to {count}"
        )
    if plan.stopping is not None and (first, end) != (0, count):
        raise InputError("a stopping rule judges all blocks in their order; leave one of them out")
    return range(first, end)


def load(path: str | os.PathLike[str]) -> tuple[BasinEstimate, ...]:
    """Read the estimates of a finished campaign, one per horizon in rising order.

    Those of several seeds in one file are taken together; `BasinEstimate.seed` is the first.

    Raises
    ------
    InputError
        If the file is missing, damaged, no campaign, or not finished.
    """
    header, tally = totals(path)
    return estimates(header.plan, tally, header.theory)


def totals(path: str | os.PathLike[str]) -> tuple[Header, Tally]:
    """Read the plan of a finished campaign and what was counted, of all its seeds together.

    Raises
    ------
    InputError
        If the file is missing, damaged, no campaign, or not finished.
    """
    with reading(path) as store:
        tallies = []
        for series in store.header.series:
            fold = Fold(series.plan)
            for block in store.summaries(series):
                fold.add(block)
            if fold.done < series.plan.trials and fold.stop is None:
                raise InputError(
                    f"{path} is not finished ({fold.done} of {series.plan.trials} trials of seed "
                    f"{series.plan.seed}); run it to its end, or merge the parts that are missing; "
                    "`lohe basin status` tells the bounds so far"
                )
            tallies.append(fold.tally())
        return store.header, pooled(tallies)


def plan_of(path: str | os.PathLike[str]) -> Plan:
    """Return the plan of a campaign; of its first seed, if there are several.

    Raises
    ------
    InputError
        If the file is missing, damaged or no campaign.
    """
    with reading(path) as store:
        return store.header.plan


def summaries(path: str | os.PathLike[str]) -> Iterator[BlockSummary]:
    """Yield what was counted in each finished block, in block order, seed by seed.

    Raises
    ------
    InputError
        If the file is missing, damaged or no campaign.
    """
    with reading(path) as store:
        for series in store.header.series:
            yield from store.summaries(series)


def records(path: str | os.PathLike[str]) -> Iterator[BlockResult]:
    """Yield the record of every start, block by block in their order, seed by seed.

    Times and residuals come back as 32-bit floats.

    Raises
    ------
    InputError
        If the file is missing, damaged, no campaign, or keeps no records.
    """
    with reading(path) as store:
        for series in store.header.series:
            yield from store.results(series)


def attractors(path: str | os.PathLike[str], network: Network) -> Census:
    """Count where the trials of a campaign came to rest, and prove what can be of each place.

    Parameters
    ----------
    path
    network
        The campaign's; its file holds the digest only.

    Raises
    ------
    InputError
        If the file is missing, damaged, no campaign, of another network, or not finished.
    """
    totals(path)  # refuses what is not finished
    with reading(path) as store:
        header = store.header
        if header.plan.network_sha256 != network.digest:
            raise InputError(f"{path} holds a campaign of another network; give that one")
        if network.has_crosstalk:
            reference = reference_point(network)
        else:
            reference = Alone.prepare(network, header.plan).reference
        return census(map(store.summaries, header.series), header.plan, network, reference)
