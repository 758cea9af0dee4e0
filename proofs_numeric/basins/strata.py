"""The strata of a campaign, each with bounds of its own."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from lohe.proofs_numeric.basins.plan import Plan
from lohe.proofs_numeric.basins.tally import Tally
from lohe.proofs_numeric.statistics.bonferroni import each
from lohe.proofs_numeric.statistics.clopper_pearson import clopper_pearson

__all__ = ["Stratum", "by_stratum"]


@dataclass(frozen=True)
class Stratum:
    """Starts of one nearness to the antipodes, at the last horizon.

    Parameters
    ----------
    start, end
        Of the nearness u of `lohe.proofs_numeric.basins.plan.Starts`; their difference is the
        share of uniform starts that the stratum holds.
    trials, converged
        Counts.
    lower, upper
        Clopper-Pearson bounds on the share of the stratum that converges.
    """

    start: float
    end: float
    trials: int
    converged: int
    lower: float
    upper: float


def by_stratum(plan: Plan, tally: Tally) -> tuple[Stratum, ...]:
    """Bound what converges in each stratum, all strata at once with the plan's confidence.

    Parameters
    ----------
    plan
        With stratified starts.
    tally

    Returns
    -------
    tuple of Stratum
        From the nearest to the antipodes to the farthest.
    """
    edges = plan.starts.edges
    confidence = each(plan.confidence, plan.family * (len(edges) - 1))
    found = []
    for number, (start, end) in enumerate(pairwise(edges)):
        trials = int(tally.counts[number, -1].sum())
        converged = int(tally.converged[number, -1])
        bounds = clopper_pearson(converged, trials, confidence) if trials else (0.0, 1.0)
        found.append(Stratum(start, end, trials, converged, *bounds))
    return tuple(found)
