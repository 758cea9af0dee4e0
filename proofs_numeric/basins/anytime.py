"""Bounds of a campaign that still goes on, valid whenever one looks and stops."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from lohe.proofs_numeric.basins.estimate import share_bounds
from lohe.proofs_numeric.basins.plan import Plan
from lohe.proofs_numeric.basins.tally import Tally
from lohe.proofs_numeric.statistics.bonferroni import each
from lohe.proofs_numeric.statistics.confidence_sequence import bernoulli_bounds

__all__ = ["anytime_bounds"]


def anytime_bounds(
    plan: Plan, tally: Tally, certain: Sequence[float] | None = None
) -> tuple[tuple[float, float], ...]:
    """Bound the share that converges by each horizon, at all numbers of trials at once.

    They are wider than those for a number of trials fixed beforehand, and hold even if somebody
    watches them and ends the campaign when they please. Strata share the error among them.

    Parameters
    ----------
    plan
    tally
        Totals of consecutive blocks from a number fixed beforehand; of fast blocks alone they
        would be biased.
    certain
        For each horizon, the nearness to the antipodes above which every start is proved to
        converge in time, as in `Theory`; None where nothing is known.

    Returns
    -------
    tuple of (lower, upper)
        One per horizon.
    """
    known = [1.0] * len(plan.horizons) if certain is None else certain
    return tuple(_bounds(plan, tally, horizon, known[horizon]) for horizon in range(len(known)))


def _bounds(plan: Plan, tally: Tally, horizon: int, certain: float) -> tuple[float, float]:
    trials, converged = tally.counts[:, horizon].sum(axis=-1), tally.converged[:, horizon]
    if not trials.all():
        return 0.0, 1.0
    if tally.failures is not None:  # bounds for weighted starts are of this kind anyway
        return share_bounds(plan, converged, trials, tally.failures[horizon], certain)[2:]
    confidence = each(plan.confidence, plan.family * len(trials))
    edges = plan.starts.edges
    lower = upper = 0.0
    for stratum, (start, end) in enumerate(pairwise(edges)):
        hits, total = int(converged[stratum]), int(trials[stratum])
        low, high = (1.0, 1.0)
        if start < certain or hits < total:
            low, high = bernoulli_bounds(hits, total, confidence)
        lower, upper = lower + (end - start) * low, upper + (end - start) * high
    return max(0.0, lower), min(1.0, upper)
