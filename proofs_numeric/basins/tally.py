"""Totals over blocks, taken in block order whatever the order in which they were run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lohe.proofs_numeric.basins.plan import LABELS, Plan, Stopping
from lohe.proofs_numeric.basins.summary import BlockSummary, strata_in
from lohe.proofs_numeric.statistics.bonferroni import each
from lohe.proofs_numeric.statistics.confidence_sequence import bernoulli_bounds

__all__ = ["Fold", "Tally", "pooled"]

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]

_CONVERGED = LABELS.index("converged")


@dataclass(frozen=True, eq=False)
class Tally:
    """Totals of consecutive blocks.

    Parameters
    ----------
    blocks
        How many were taken together.
    counts : (strata, horizons, labels) int array
    certified
        Trials whose last label was given early, because the certified cap holds the state.
    failures : tuple of arrays, or None
        For each horizon, the weights of the starts that had not converged, in block order; None
        unless starts are tilted.
    stopped
        Whether the plan's stopping rule was met at the last of the blocks.
    """

    blocks: int
    counts: Counts
    certified: int
    failures: tuple[Floats, ...] | None
    stopped: bool = False

    @property
    def trials(self) -> int:
        """Number of starts."""
        return int(self.counts[:, 0].sum())

    @property
    def converged(self) -> Counts:
        """Starts that had converged, shape (strata, horizons)."""
        return np.asarray(self.counts[..., _CONVERGED])

    @property
    def labels(self) -> tuple[dict[str, int], ...]:
        """For each horizon, how many starts have each label."""
        rows = self.counts.sum(axis=0).tolist()
        return tuple(dict(zip(LABELS, row, strict=True)) for row in rows)


class Fold:
    """Takes blocks in any order and adds them up in theirs.

    Totals cover the blocks from `first` up to the first that is missing, so that they depend on
    the plan alone, not on which worker was faster: slow starts are as likely in them as fast
    ones. With a stopping rule they end at the first block at which it is met; later blocks are
    left out. The rule is asked after each of the first hundred blocks, and then whenever there
    are one per cent more.

    Parameters
    ----------
    plan
    first
        Number of the first block.

    Attributes
    ----------
    plan
    done : int
        Trials in all blocks added, consecutive or not.
    stop : int or None
        The block at which the stopping rule was met.
    """

    def __init__(self, plan: Plan, first: int = 0) -> None:
        self.plan = plan
        self._first = self._next = first
        self._waiting: dict[int, BlockSummary] = {}
        shape = (strata_in(plan), len(plan.horizons), len(LABELS))
        self._counts = np.zeros(shape, dtype=np.int64)
        self._certified = 0
        self._failures: list[tuple[Floats, ...]] = []
        self._ask_at = 1
        self.done = 0
        self.stop: int | None = None

    def add(self, block: BlockSummary) -> None:
        """Add a block.

        Raises
        ------
        ValueError
            If the block was added before, or comes before the first: it must not count twice.
        """
        if self.stop is not None and block.number > self.stop:
            return
        if block.number < self._next or block.number in self._waiting:
            raise ValueError(f"block {block.number} was counted before")
        self._waiting[block.number] = block
        self.done += block.trials
        while self.stop is None and self._next in self._waiting:
            self._take(self._waiting.pop(self._next))
        if self.stop is not None:
            self.done = self.tally().trials
            self._waiting.clear()

    def _take(self, block: BlockSummary) -> None:
        self._counts += block.counts
        self._certified += block.certified
        if block.failures is not None:
            self._failures.append(block.failures)
        self._next += 1
        blocks = self._next - self._first
        if self.plan.stopping is not None and blocks == self._ask_at:
            self._ask_at += 1 + blocks // 100
            if self._met(self.plan, self.plan.stopping):
                self.stop = block.number

    def _met(self, plan: Plan, stopping: Stopping) -> bool:
        """Ask the stopping rule, by bounds that hold whenever one looks."""
        labels = self._counts.sum(axis=0)[-1]
        confidence = each(plan.confidence, plan.family)
        return stopping.met(
            *bernoulli_bounds(int(labels[_CONVERGED]), int(labels.sum()), confidence)
        )

    def tally(self) -> Tally:
        """Return the totals of the consecutive blocks so far."""
        failures = None
        if self.plan.starts.kind == "tilted":
            horizons = range(len(self.plan.horizons))
            nothing = np.empty(0)
            failures = tuple(
                np.concatenate([nothing, *(block[h] for block in self._failures)]) for h in horizons
            )
        return Tally(
            blocks=self._next - self._first,
            counts=self._counts.copy(),
            certified=self._certified,
            failures=failures,
            stopped=self.stop is not None,
        )


def pooled(tallies: Sequence[Tally]) -> Tally:
    """Add up the totals of campaigns that differ in their seeds alone, in the order given.

    Examples
    --------
    >>> one = Tally(1, np.array([[[3, 0, 1, 0]]]), 0, None)
    >>> pooled([one, one]).labels
    ({'converged': 6, 'elsewhere': 0, 'horizon': 2, 'failed': 0},)
    """
    weighted = [tally.failures for tally in tallies if tally.failures is not None]
    return Tally(
        blocks=sum(tally.blocks for tally in tallies),
        counts=np.sum([tally.counts for tally in tallies], axis=0),
        certified=sum(tally.certified for tally in tallies),
        failures=tuple(map(np.concatenate, zip(*weighted, strict=True))) if weighted else None,
        stopped=all(tally.stopped for tally in tallies),
    )
