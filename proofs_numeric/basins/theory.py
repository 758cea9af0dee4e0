"""What theorems say of a basin, beside the samples."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np

from lohe.dynamics.network import Network
from lohe.dynamics.settling import converged_probability
from lohe.dynamics.sphere import norm
from lohe.proofs_numeric.basins.certain import certain_nearness
from lohe.proofs_numeric.basins.plan import Plan
from lohe.proofs_numeric.basins.reference import certified_reference
from lohe.proofs_numeric.basins.trials import Sampler
from lohe.proofs_numeric.coupled.attraction import examine_attraction
from lohe.proofs_numeric.coupled.contraction import examine_contraction
from lohe.proofs_numeric.coupled.strength import symmetric
from lohe.proofs_numeric.coupled.weighted_cap import WeightedCap
from lohe.proofs_numeric.decoupled import drive_norm_bounds
from lohe.proofs_numeric.locking import examine_locks
from lohe.proofs_numeric.uncertainty import Uncertainty

__all__ = ["Theory", "theory_of"]


@dataclass(frozen=True)
class Theory:
    """What theorems say beside the samples.

    Parameters
    ----------
    proved_volume
        Share of uniform starts proved to reach the resting point in the end: 1 if almost all do,
        since every drive is proved non-zero (T1), every oscillator proved to lock (T5), or the
        coupled network proved to have a single attractor (T6 with symmetric crosstalk, T6a);
        otherwise the share of the certified caps around the resting point of a coupled network
        (T6c). None where nothing is proved.
    theorem
        Which one says so; empty where nothing is proved.
    predicted
        For each horizon, the exact probability by T2; None if the network is not decoupled, or
        the starts are those near saddles.
    certain
        For each horizon, the nearness u to the antipodes (see `Starts`) above which every start
        is proved to converge in time; 1 where nothing is proved, or the starts do not need it.
    """

    proved_volume: float | None
    theorem: str
    predicted: tuple[float | None, ...]
    certain: tuple[float, ...]


def theory_of(network: Network, plan: Plan, sampler: Sampler | None = None) -> Theory:
    """Ask the theorems about the network, at the plan's horizons and tolerance.

    Parameters
    ----------
    network, plan
    sampler
        The one prepared for both, if there is one: what it has certified is not done again.
    """

    @cache
    def cap() -> WeightedCap | None:
        if not network.has_crosstalk:
            return None
        return certified_reference(network)[1] if sampler is None else sampler.cap

    proved, theorem = _proved_volume(network, cap)
    nothing = (None,) * len(plan.horizons)
    by_nearness = plan.starts.kind in ("strata", "tilted")
    near_saddles = plan.starts.kind == "saddles"
    return Theory(
        proved_volume=proved,
        theorem=theorem,
        predicted=nothing if near_saddles else _predicted(network, plan) or nothing,
        certain=certain_nearness(network, plan, cap())
        if by_nearness
        else (1.0,) * len(plan.horizons),
    )


def _predicted(network: Network, plan: Plan) -> tuple[float, ...] | None:
    if not network.decoupled:
        return None
    chances = (
        converged_probability(norm(network.drive), horizon, plan.tolerance, network.d)
        for horizon in plan.horizons
    )
    return tuple(float(np.mean(chance)) for chance in chances)


def _proved_volume(
    network: Network, certified: Callable[[], WeightedCap | None]
) -> tuple[float | None, str]:
    nothing = (None, "")
    if network.decoupled:
        return (1.0, "T1") if bool(np.all(drive_norm_bounds(network)[0] > 0)) else nothing
    if not network.has_crosstalk:
        return (1.0, "T5") if examine_locks(network).proved else nothing
    as_stored = Uncertainty()
    contracts = examine_contraction(network, as_stored).contraction_upper is not None
    if contracts and symmetric(network):
        return 1.0, "T6"
    if examine_attraction(network, as_stored).rate_lower is not None:
        return 1.0, "T6a"
    # The caps are about the point that the samples are held against.
    cap = certified()
    return nothing if cap is None or cap.volume_lower == 0 else (cap.volume_lower, "T6c")
