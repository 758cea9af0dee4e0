"""Bounds of a campaign that still goes on, valid whenever one looks and stops."""

from __future__ import annotations

import numpy as np

from lohe.proofs_numeric.basins.plan import Plan
from lohe.proofs_numeric.basins.tally import Tally
from lohe.proofs_numeric.statistics.bonferroni import each
from lohe.proofs_numeric.statistics.confidence_sequence import bernoulli_bounds
from lohe.proofs_numeric.statistics.weighted import weighted_bounds

__all__ = ["anytime_bounds"]


def anytime_bounds(plan: Plan, tally: Tally) -> tuple[tuple[float, float], ...]:
    """Bound the share that converges by each horizon, at all numbers of trials at once.

    They are wider than those for a number of trials fixed beforehand, and hold even if somebody
    watches them and ends the campaign when they please. Strata share the error among them.

    Parameters
    ----------
    plan
    tally
        Totals of consecutive blocks from a number fixed beforehand; of fast blocks alone they
        would be biased.

    Returns
    -------
    tuple of (lower, upper)
        One per horizon.
    """
    return tuple(_bounds(plan, tally, horizon) for horizon in range(len(plan.horizons)))


def _bounds(plan: Plan, tally: Tally, horizon: int) -> tuple[float, float]:
    trials = tally.counts[:, horizon].sum(axis=-1)
    if not trials.all():
        return 0.0, 1.0
    if tally.failures is not None:
        confidence = each(plan.confidence, plan.family)
        lower, upper = weighted_bounds(
            tally.failures[horizon], int(trials.sum()), plan.starts.power, confidence
        )
        return 1 - upper, 1 - lower
    confidence = each(plan.confidence, plan.family * len(trials))
    bounds = [
        bernoulli_bounds(int(converged), int(total), confidence)
        for converged, total in zip(tally.converged[:, horizon], trials, strict=True)
    ]
    shares = np.diff([0.0, *plan.starts.levels, 1.0])
    lower, upper = shares @ np.array(bounds)
    return max(0.0, float(lower)), min(1.0, float(upper))
