"""How large the basin of the resting point is: sampled, with exact confidence bounds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lohe.dynamics.equilibrium import resting_point
from lohe.dynamics.network import Network
from lohe.dynamics.settling import converged_probability
from lohe.dynamics.sphere import norm
from lohe.proofs_numeric.basins.trials import LABELS, Plan, Sampler, run_blocks
from lohe.proofs_numeric.coupled.attraction import examine_attraction
from lohe.proofs_numeric.coupled.cap import certify_cap
from lohe.proofs_numeric.coupled.contraction import examine_contraction
from lohe.proofs_numeric.coupled.strength import symmetric
from lohe.proofs_numeric.decoupled import drive_norm_bounds
from lohe.proofs_numeric.locking import examine_locks
from lohe.proofs_numeric.statistics.clopper_pearson import clopper_pearson
from lohe.proofs_numeric.uncertainty import Uncertainty

__all__ = ["BasinEstimate", "Theory", "estimate_basin", "estimates", "theory_of"]

Counts = NDArray[np.int64]


@dataclass(frozen=True)
class BasinEstimate:
    """The share of uniform starts that had reached the resting point at the horizon.

    Sampled evidence: bounds that hold with a stated confidence, never a proof. What is proved
    stands apart in `proved_volume`.

    Parameters
    ----------
    trials
        Starts: of single oscillators drawn uniformly if there is no crosstalk, otherwise of the
        whole state. Independent and alike, so that the bounds are exact.
    converged
        Those within `tolerance` of the resting point at the horizon.
    fraction
        converged / trials.
    lower, upper
        Clopper-Pearson bounds on the probability to converge by the horizon.
    confidence
        Of the bounds.
    labels
        Counts that add up to `trials`: ``converged``; ``elsewhere``, at rest at another point;
        ``horizon``, still on its way; ``failed``, not finite or beyond the integrator.
    proved_volume
        Share of all starts that is proved to reach the resting point in the end, whatever the
        horizon, rounded down; None where nothing is proved.
    predicted
        The exact probability by T2, averaged over the oscillators; None if they are coupled or
        have natural frequencies.
    seed, horizon, tolerance
        As given.
    network_sha256
        Digest of the network.
    """

    trials: int
    converged: int
    fraction: float
    lower: float
    upper: float
    confidence: float
    labels: dict[str, int]
    proved_volume: float | None
    predicted: float | None
    seed: int
    horizon: float
    tolerance: float
    network_sha256: str


def estimate_basin(
    network: Network,
    trials: int,
    *,
    seed: int,
    horizon: float,
    tolerance: float = 1e-6,
    confidence: float = 0.99,
    workers: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> BasinEstimate:
    """Sample uniform starts and count how many have settled by the horizon.

    Parameters
    ----------
    network
        Without crosstalk a trial is one oscillator drawn uniformly with one uniform start,
        followed exactly; with crosstalk it is one start of the whole state, integrated.
        Converged means within `tolerance` of h/||h|| (no frequency), of the attracting point of
        T5 (frequency), or, for every oscillator, of the point where the network rests when
        started along its drives (crosstalk).
    trials
        Number of starts.
    seed
        With the other arguments it fixes the result, whatever the number of workers.
    horizon
        Time at which a start is judged.
    tolerance
        Distance that counts as converged.
    confidence
        Of the Clopper-Pearson bounds.
    workers
        Processes.
    progress
        Called with (trials done, trials).

    Returns
    -------
    BasinEstimate

    Raises
    ------
    InputError
        If an argument cannot be used.

    Notes
    -----
    An oscillator without drive has no resting point: its trials count as ``horizon``.

    Examples
    --------
    >>> network = Network([[3.0, 4.0]])
    >>> estimate = estimate_basin(network, 1000, seed=0, horizon=6.0)
    >>> estimate.fraction, round(estimate.lower, 4), estimate.proved_volume
    (1.0, 0.9947, 1.0)
    """
    plan = Plan(network.digest, trials, (horizon,), seed, tolerance, confidence)
    sampler = Sampler.prepare(network)
    total = np.zeros((1, len(LABELS)), dtype=np.int64)
    for _, counts in run_blocks(sampler, plan, range(sampler.blocks(plan)), workers):
        total += counts
        if progress is not None:
            progress(int(total[0].sum()), trials)
    return estimates(plan, total, theory_of(network, plan))[0]


@dataclass(frozen=True)
class Theory:
    """What theorems say beside the samples.

    Parameters
    ----------
    proved_volume
        Share of starts proved to reach the resting point in the end: 1 if almost all do, since
        every drive is proved non-zero (T1), every oscillator proved to lock (T5), or the coupled
        network proved to have a single attractor (T6 with symmetric crosstalk, T6a); otherwise
        the share of the certified cap around the resting point of a coupled network (T6b).
        None where nothing is proved.
    predicted
        For each horizon, the exact probability by T2; None if the network is not decoupled.
    """

    proved_volume: float | None
    predicted: tuple[float | None, ...]


def theory_of(network: Network, plan: Plan) -> Theory:
    """Ask the theorems about the network, at the plan's horizons and tolerance."""
    proved = _proved_volume(network)
    if not network.decoupled:
        return Theory(proved, (None,) * len(plan.horizons))
    chances = (
        converged_probability(norm(network.drive), horizon, plan.tolerance, network.d)
        for horizon in plan.horizons
    )
    return Theory(proved, tuple(float(np.mean(chance)) for chance in chances))


def _proved_volume(network: Network) -> float | None:
    if network.decoupled:
        return 1.0 if bool(np.all(drive_norm_bounds(network)[0] > 0)) else None
    if not network.has_crosstalk:
        return 1.0 if examine_locks(network).proved else None
    as_stored = Uncertainty()
    contracts = examine_contraction(network, as_stored).contraction_upper is not None
    if contracts and symmetric(network):
        return 1.0
    if examine_attraction(network, as_stored).rate_lower is not None:
        return 1.0
    # The cap must be about the point that the samples are held against.
    reference = resting_point(network)
    if reference is None:
        return None
    cap = certify_cap(network, as_stored, centre=reference)
    return None if isinstance(cap, str) or cap.volume_lower == 0 else cap.volume_lower


def estimates(plan: Plan, counts: Counts, theory: Theory) -> tuple[BasinEstimate, ...]:
    """Turn counted labels into one estimate per horizon.

    Parameters
    ----------
    plan
    counts : (horizons, labels) int array
    theory

    Returns
    -------
    tuple of BasinEstimate
        In the order of ``plan.horizons``. They share their starts: each one's bounds hold with
        the stated confidence, all together with less.
    """
    return tuple(
        _estimate(plan, horizon, row, theory.proved_volume, predicted)
        for horizon, row, predicted in zip(plan.horizons, counts, theory.predicted, strict=True)
    )


def _estimate(
    plan: Plan, horizon: float, row: Counts, proved: float | None, predicted: float | None
) -> BasinEstimate:
    labels = dict(zip(LABELS, (int(count) for count in row), strict=True))
    trials, converged = sum(labels.values()), labels["converged"]
    lower, upper = clopper_pearson(converged, trials, plan.confidence)
    return BasinEstimate(
        trials=trials,
        converged=converged,
        fraction=converged / trials,
        lower=lower,
        upper=upper,
        confidence=plan.confidence,
        labels=labels,
        proved_volume=proved,
        predicted=predicted,
        seed=plan.seed,
        horizon=horizon,
        tolerance=plan.tolerance,
        network_sha256=plan.network_sha256,
    )
