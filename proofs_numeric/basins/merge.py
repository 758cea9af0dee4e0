"""Campaigns put together: blocks of the same plan from several files, or several seeds."""

from __future__ import annotations

import heapq
import json
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path

import numpy as np

from lohe.dynamics.errors import InputError
from lohe.dynamics.files import replace_atomically
from lohe.proofs_numeric.basins.header import Header, Series
from lohe.proofs_numeric.basins.records import encode
from lohe.proofs_numeric.basins.result import BlockResult
from lohe.proofs_numeric.basins.store import Store, reading
from lohe.proofs_numeric.basins.summary import BlockSummary
from lohe.proofs_numeric.basins.writer import Writer, writing

__all__ = ["merge"]


def merge(
    paths: Sequence[str | os.PathLike[str]],
    output: str | os.PathLike[str],
    *,
    progress: Callable[[int, int], None] | None = None,
) -> None:
    """Write one file with the blocks of all.

    Blocks of the same seed are united: what two files share must agree to the last bit, and
    counts once. Different seeds are pooled, in the order of the files.

    Parameters
    ----------
    paths
        Files of one network and plan, but for the seed and the number of trials, of which the
        largest is planned on.
    output
        Written whole or not at all; may be one of `paths`.
    progress
        Called with (blocks copied, blocks of the plan).

    Raises
    ------
    InputError
        If the plans differ, files disagree about a block, one is being written, or the output
        exists and is none of the files.
    """
    if len(paths) < 2:
        raise InputError("a merge needs at least two files")
    given = {Path(path).resolve() for path in paths}
    if len(given) < len(paths):
        raise InputError("a file is given twice; name each once")
    if Path(output).exists() and Path(output).resolve() not in given:
        raise InputError(f"{output} exists; merge it with the others, or choose another output")
    with ExitStack() as stack:
        stores = [stack.enter_context(reading(path)) for path in paths]
        for store in stores:
            if store.live():
                raise InputError(f"{store.path} is being written; wait for that run or stop it")
        header = _united(stores)
        with replace_atomically(output) as temporary, writing(temporary) as writer:
            writer.begin(header)
            total, copied = sum(series.blocks for series in header.series), 0
            for series in header.series:
                for _ in _copied(stores, series, writer):
                    copied += 1
                    if progress is not None:
                        progress(copied, total)


def _united(stores: Sequence[Store]) -> Header:
    """Return the header that covers all files, or say why there is none."""
    first = stores[0].header
    found: dict[int, Series] = {}
    for store in stores:
        _refuse_another(stores[0], store)
        for series in store.header.series:
            seed = series.plan.seed
            found[seed] = _joined(found[seed], series) if seed in found else series
    return replace(first, series=tuple(found.values()))


def _refuse_another(first: Store, other: Store) -> None:
    """Raise if two files were not begun for the same thing, and say what differs."""
    ours, theirs = (json.loads(json.dumps(store.header.values())) for store in (first, other))
    if ours["network_sha256"] != theirs["network_sha256"]:
        raise InputError(f"{first.path} and {other.path} are about different networks")
    by_us, by_them = ours["versions"].get("lohe"), theirs["versions"].get("lohe")
    if by_us != by_them:
        raise InputError(
            f"{first.path} was sampled by lohe {by_us} and {other.path} by {by_them}, which may "
            "draw other starts; sample one of them anew"
        )
    for key, value in ours.items():
        if key not in ("seeds", "theory", "versions", "digest") and theirs[key] != value:
            raise InputError(
                f"{first.path} and {other.path} have different plans "
                f"({key} {value} and {theirs[key]}); only seed and trials may differ"
            )


def _joined(one: Series, other: Series) -> Series:
    """Return the series that covers two of the same seed."""
    totals = {one.plan.trials, other.plan.trials, *one.earlier, *other.earlier}
    *earlier, trials = sorted(totals)
    plan = replace(one.plan, trials=trials)
    return Series(plan, one.block_size, min(one.first, other.first), tuple(earlier))


def _copied(stores: Sequence[Store], series: Series, writer: Writer) -> Iterator[int]:
    """Copy the blocks of one seed, each once and with one in memory; yield their numbers."""
    found = (
        _whole(store, mine, series)
        for store in stores
        for mine in store.header.series
        if mine.plan.seed == series.plan.seed
    )
    in_order = heapq.merge(*found, key=lambda held: held.block.number)
    for number, holders in groupby(in_order, key=lambda held: held.block.number):
        first, *others = holders
        records = first.records()
        for other in others:
            if not (first.block.same(other.block) and _alike(records, other.records())):
                raise InputError(
                    f"{first.store.path} and {other.store.path} disagree about block {number} of "
                    f"seed {series.plan.seed}; sample it anew with one version of lohe"
                )
        encoded = None if records is None else encode(series.plan, records)
        writer.add(series, first.block, encoded)
        yield number


@dataclass(frozen=True, eq=False)
class _Held:
    """A block and the file that holds it."""

    store: Store
    series: Series
    block: BlockSummary

    def records(self) -> BlockResult | None:
        return self.store.result(self.series, self.block) if self.series.plan.records else None


def _whole(store: Store, mine: Series, series: Series) -> Iterator[_Held]:
    """Yield a file's blocks, but for a last one that the larger campaign has outgrown."""
    for block in store.summaries(mine):
        if block.trials == series.trials_in(block.number):
            yield _Held(store, mine, block)


def _alike(one: BlockResult | None, other: BlockResult | None) -> bool:
    """Tell whether two records of a block are the same."""
    if one is None or other is None:
        return one is other
    return all(
        np.array_equal(getattr(one, name), getattr(other, name))
        for name in ("labels", "strata", "places", "certified")
    ) and all(
        np.array_equal(getattr(one, name), getattr(other, name), equal_nan=True)
        for name in ("times", "residuals")
    )
