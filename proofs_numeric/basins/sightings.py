"""How often each attractor was met, with bounds that hold for those that sampling discovers.

Sampling finds an attractor before it can say how large its basin is, and what was found because it
was met looks larger than it is. So the bounds on its share count only the trials after the first
one that met it: given that trial, they are independent of the choice. The k-th bound to be asked
for gets the part 1/(k(k + 1)) of the error, which adds up to one however many attractors turn up,
so that all bounds hold together.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from lohe.dynamics.network import Network
from lohe.proofs_numeric.basins.catalogue import Catalogue
from lohe.proofs_numeric.basins.estimate import share_bounds
from lohe.proofs_numeric.basins.plan import LABELS, Plan
from lohe.proofs_numeric.basins.result import NOWHERE, REFERENCE
from lohe.proofs_numeric.basins.summary import BlockSummary, strata_in

__all__ = ["MOST_KEPT", "Share", "Sightings"]

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]

MOST_KEPT = 1000
"""Attractors that are told apart."""

_ELSEWHERE = LABELS.index("elsewhere")
# Columns of a block's places: nowhere, the reference point, and the others.
_NOWHERE, _HERE, _OTHERS = 0, REFERENCE - NOWHERE, REFERENCE - NOWHERE + 1


@dataclass(frozen=True)
class Share:
    """The share of starts that end in one way by the last horizon.

    Parameters
    ----------
    count
        Trials.
    fraction
        Their share; weighted by known probabilities where starts are stratified or tilted.
    lower, upper
        Bounds that hold together with all others of the census, with the plan's confidence.
    """

    count: int
    fraction: float
    lower: float
    upper: float


class _Hits:
    """How often one thing happened, among which trials, and with which weights."""

    def __init__(self, strata: int) -> None:
        self.hits = np.zeros(strata, dtype=np.int64)
        self.trials = np.zeros(strata, dtype=np.int64)
        self.weights: list[Floats] = []

    def add(self, hits: Counts, weights: Floats | None) -> None:
        """Count more of it."""
        self.hits += hits
        if weights is not None:
            self.weights.append(weights)

    def bounds(self, plan: Plan, unsure: Counts) -> tuple[float, float, float]:
        """Return its share and the bounds, if it happened `unsure` more times, or not."""
        if not self.trials.all():
            return float("nan"), 0.0, 1.0
        most = np.minimum(self.hits + unsure, self.trials)
        if plan.starts.kind != "tilted":
            _, fraction, lower, _ = share_bounds(plan, self.hits, self.trials)
            return fraction, lower, share_bounds(plan, most, self.trials)[3]
        weights = np.concatenate([np.empty(0), *self.weights])
        heavy = np.full(int((most - self.hits).sum()), plan.starts.power)
        # Bounds for tilted starts are of what does not happen.
        _, others, _, upper = share_bounds(plan, self.hits, self.trials, weights)
        lower = share_bounds(plan, most, self.trials, np.append(weights, heavy))[2]
        return 1 - others, 1 - upper, 1 - lower


class _Row:
    """What was counted of one attractor, in all and after it was first met."""

    def __init__(self, strata: int) -> None:
        self.all, self.later = _Hits(strata), _Hits(strata)


class Sightings:
    """Adds up where the trials of a campaign came to rest, block by block in their order.

    Parameters
    ----------
    plan, network
        Of the campaign.

    Attributes
    ----------
    catalogue
        The attractors met so far, in that order.
    trials : (strata,) int array
    untold : (strata,) int array
        Trials at rest elsewhere that belong to none in the catalogue, which is full.
    """

    def __init__(self, plan: Plan, network: Network) -> None:
        self._plan, self._strata = plan, strata_in(plan)
        self.catalogue = Catalogue(network, MOST_KEPT)
        self._rows: list[_Row] = []
        self._last, self._first = -1, 0
        self._moving = _Hits(self._strata)
        self._here, self._failures = _nothing(self._strata), list[Floats]()
        self.untold, self.trials = _nothing(self._strata), _nothing(self._strata)

    def next_seed(self) -> None:
        """Go on with the first block of another seed."""
        self._last, self._first = -1, int(self.trials.sum())

    def add(self, block: BlockSummary) -> None:
        """Add the next block.

        Raises
        ------
        ValueError
            If the blocks do not come in their order.
        """
        if block.number <= self._last:
            raise ValueError(f"block {block.number} follows block {self._last}")
        self._last = block.number
        start = int(self.trials.sum()) - self._first
        within = block.counts[:, -1].sum(axis=-1)
        self.trials += within
        for each in (self._moving, *(hits for row in self._rows for hits in (row.all, row.later))):
            each.trials += within
        self._here += block.places[:, _HERE]
        if block.failures is not None:
            self._failures.append(block.failures[-1])
        untold = block.counts[:, -1, _ELSEWHERE] - block.places[:, _OTHERS:].sum(axis=1)
        self.untold += untold
        weights = None if block.seen is None else block.seen[_NOWHERE]
        self._moving.add(block.places[:, _NOWHERE] - untold, weights)
        # Those met first get the larger parts of the error, whatever their order in the block.
        for k in np.argsort(block.firsts, kind="stable").tolist():
            self._place(block, k, start + int(block.firsts[k]))

    def _place(self, block: BlockSummary, k: int, first: int) -> None:
        """Count the trials of a block at one of its attractors, first met by the trial `first`."""
        hits = block.places[:, _OTHERS + k].copy()
        weights = None if block.seen is None else block.seen[1 + k]
        kind = self.catalogue.kind(block.attractors[k])
        if kind < 0:
            self.untold += hits
            return
        new = kind == len(self._rows)
        if new:
            self._rows.append(_Row(self._strata))
        row = self._rows[kind]
        row.all.add(hits, weights)
        if new:
            row.all.trials += self.trials
            # Trial number t of a seed belongs to stratum t mod strata.
            end = int(self.trials.sum()) - self._first
            after = np.arange(first + 1, end) % self._strata
            row.later.trials += np.bincount(after, minlength=self._strata)
            hits[first % self._strata] -= 1
            weights = None if weights is None else weights[1:]
        row.later.add(hits, weights)

    def shares(self) -> tuple[str, Share, Share, list[Share]]:
        """Estimate all shares.

        Returns
        -------
        interval : str
            The kind of bounds.
        here, moving : Share
            At the reference point, and of the trials at rest nowhere or failed.
        others : list of Share
            One for each attractor in the catalogue.
        """
        plan, none = self._plan, _nothing(self._strata)
        ranked = [
            replace(plan, family=plan.family * k * (k + 1)) for k in range(1, len(self._rows) + 3)
        ]
        failures = np.concatenate([np.empty(0), *self._failures])
        interval, *here = share_bounds(ranked[0], self._here, self.trials, failures)
        moving = self._moving.bounds(ranked[1], none)
        if plan.starts.kind == "tilted" and self.untold.any():
            # Their weights are among those of the trials at rest nowhere.
            moving = moving[0], 0.0, moving[2]
        found = []
        for row, part in zip(self._rows, ranked[2:], strict=True):
            fraction = row.all.bounds(plan, none)[0]
            bounds = row.later.bounds(part, self.untold)[1:]
            found.append(Share(int(row.all.hits.sum()), fraction, *bounds))
        return (
            interval,
            Share(int(self._here.sum()), *here),
            Share(int(self._moving.hits.sum()), *moving),
            found,
        )


def _nothing(strata: int) -> Counts:
    return np.zeros(strata, dtype=np.int64)
