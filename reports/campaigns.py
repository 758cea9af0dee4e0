"""What a campaign's file says beyond its estimates: its plan, when starts settled, and where."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lohe.dynamics.network import Network
from lohe.proofs_numeric.basins import campaign
from lohe.proofs_numeric.basins.census import Census
from lohe.proofs_numeric.basins.estimate import BasinEstimate
from lohe.proofs_numeric.basins.plan import Plan
from lohe.proofs_numeric.basins.result import BlockResult
from lohe.proofs_numeric.basins.theory import Theory, theory_of
from lohe.reports.sources import Source

__all__ = ["Campaign", "Times", "arrival_times", "in_common", "read_campaign"]

Floats = NDArray[np.float64]

_BINS = 240
# The axis ends where so many of the first block's times do; the slowest are counted, not drawn.
_DRAWN = 0.995


@dataclass(frozen=True, eq=False)
class Times:
    """When starts came so near to the resting point that it is certain where they end.

    Parameters
    ----------
    edges : (k + 1,) array
        Of the bins, from 0.
    at_once
        Starts that were there from the beginning.
    counts : (k,) int array
        Later starts in each bin.
    later
        Starts beyond the last edge.
    never
        Starts not seen to do so.
    """

    edges: Floats
    at_once: int
    counts: NDArray[np.int64]
    later: int
    never: int

    @property
    def trials(self) -> int:
        """Number of starts."""
        return self.at_once + int(self.counts.sum()) + self.later + self.never

    @property
    def shares(self) -> Floats:
        """Share of all starts that had arrived by each edge, (k + 1,)."""
        arrived = np.concatenate([[0], np.cumsum(self.counts)])
        return np.asarray((self.at_once + arrived) / self.trials)


@dataclass(frozen=True, eq=False)
class Campaign:
    """One campaign file.

    Parameters
    ----------
    name
        Of the file.
    plan
    estimates
        One per horizon.
    times
        None if the file keeps no record of single starts, or nobody arrived.
    census
        Where starts came to rest; None without the network or without crosstalk.
    theory
        What theorems say of the network, worked out anew from it: a file's word is no proof. None
        without the network.
    """

    name: str
    plan: Plan
    estimates: tuple[BasinEstimate, ...]
    times: Times | None
    census: Census | None
    theory: Theory | None


def in_common(basin: BasinEstimate) -> tuple[object, ...]:
    """Return what estimates must share to stand in one figure and one table."""
    starts = basin.starts
    drawn = (starts.kind, starts.levels, starts.power, starts.angle)
    return basin.tolerance, drawn, basin.interval, basin.confidence, basin.family


def read_campaign(
    path: str | os.PathLike[str],
    origin: Source,
    estimates: tuple[BasinEstimate, ...],
    network: Network | None,
) -> Campaign:
    """Read what a report shows of a finished campaign.

    Parameters
    ----------
    path, origin
        The file.
    estimates
        What `campaign.load` returned for it.
    network
        The network that it sampled, if that is at hand.

    Raises
    ------
    InputError
        If the file is damaged, or merged from several seeds.
    """
    plan = campaign.plan_of(path)
    times = arrival_times(campaign.records(path)) if plan.records else None
    coupled = network is not None and network.has_crosstalk
    found = campaign.attractors(path, network) if coupled and network is not None else None
    theory = None if network is None else theory_of(network, plan)
    return Campaign(origin.name, plan, estimates, times, found, theory)


def arrival_times(results: Iterable[BlockResult]) -> Times | None:
    """Gather the times of all starts in bins; None if none of the first block's arrived."""
    edges, counts, at_once, later, never = None, np.zeros(_BINS, dtype=np.int64), 0, 0, 0
    for result in results:
        arrived = result.times[np.isfinite(result.times)]
        if edges is None:
            last = float(np.quantile(arrived, _DRAWN)) if arrived.size else 0.0
            if last == 0:
                return None
            edges = np.linspace(0.0, last, _BINS + 1)
        counts += np.histogram(arrived[arrived > 0], edges)[0]
        at_once += int(np.count_nonzero(arrived == 0))
        later += int(np.count_nonzero(arrived > edges[-1]))
        never += result.trials - arrived.size
    return None if edges is None else Times(edges, at_once, counts, later, never)
