"""How large the basin of the resting point is: sampled, with exact confidence bounds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from lohe.dynamics.network import Network
from lohe.proofs_numeric.basins.executors import executor
from lohe.proofs_numeric.basins.plan import LABELS, Plan, Starts
from lohe.proofs_numeric.basins.starts import largest_weight
from lohe.proofs_numeric.basins.summary import summarise
from lohe.proofs_numeric.basins.tally import Fold, Tally
from lohe.proofs_numeric.basins.theory import Theory, theory_of
from lohe.proofs_numeric.basins.trials import Sampler
from lohe.proofs_numeric.statistics.bonferroni import each
from lohe.proofs_numeric.statistics.clopper_pearson import clopper_pearson
from lohe.proofs_numeric.statistics.confidence_sequence import bernoulli_bounds
from lohe.proofs_numeric.statistics.stratified import stratified_bounds
from lohe.proofs_numeric.statistics.weighted import weighted_bounds

__all__ = ["BasinEstimate", "estimate_basin", "estimates", "share_bounds"]

Counts = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class BasinEstimate:
    """The share of uniform starts that had reached the resting point at the horizon.

    Sampled evidence: bounds that hold with a stated confidence, never a proof. What is proved
    stands apart in `proved_volume`.

    Parameters
    ----------
    trials
        Starts: of single oscillators drawn uniformly if there is no crosstalk, otherwise of the
        whole state. Independent, so that the bounds are exact.
    converged
        Those within `tolerance` of the resting point at the horizon.
    fraction
        The share estimated: converged / trials for uniform starts, weighted by known
        probabilities where starts are stratified or tilted.
    lower, upper
        Bounds on the probability to converge by the horizon.
    confidence
        With which the bounds hold, together with those of the other `family` - 1.
    labels
        Counts that add up to `trials`: ``converged``; ``elsewhere``, at rest at another stable
        point; ``horizon``, still on its way; ``failed``, not finite or beyond the integrator.
    proved_volume
        Share of uniform starts that is proved to reach the resting point in the end, whatever
        the horizon, rounded down; None where nothing is proved.
    predicted
        The exact probability by T2, averaged over the oscillators; None if they are coupled or
        have natural frequencies.
    seed, horizon, tolerance
        As given.
    network_sha256
        Digest of the network.
    interval
        Kind of the bounds: ``Clopper-Pearson``, ``confidence sequence`` (valid at any number of
        trials, so also at the one where a rule stopped), ``stratified`` or ``weighted``.
    certified
        Trials ended early, as the certified cap held them and bounds the time that is left.
    starts
        How starts were drawn. Those near saddles speak of no others.
    family
        Number of bounds that hold together with `confidence`.
    theorem
        The theorem behind `proved_volume`; empty where nothing is proved.
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
    interval: str = "Clopper-Pearson"
    certified: int = 0
    starts: Starts = field(default_factory=Starts)
    family: int = 1
    theorem: str = ""


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
    plan = Plan(network.digest, trials, (horizon,), seed, tolerance, confidence, records=False)
    sampler = Sampler.prepare(network, plan)
    done, fold = 0, Fold(plan)
    with executor(workers) as pool:
        for result in pool.run(sampler.run, range(sampler.blocks)):
            fold.add(summarise(plan, result))
            done += result.trials
            if progress is not None:
                progress(done, trials)
    return estimates(plan, fold.tally(), theory_of(network, plan, sampler))[0]


def estimates(plan: Plan, tally: Tally, theory: Theory) -> tuple[BasinEstimate, ...]:
    """Turn counted labels into one estimate per horizon.

    Parameters
    ----------
    plan
    tally
        What the trials gave.
    theory

    Returns
    -------
    tuple of BasinEstimate
        In the order of ``plan.horizons``. They share their starts.
    """
    return tuple(
        _estimate(plan, tally, theory, index, horizon)
        for index, horizon in enumerate(plan.horizons)
    )


def _estimate(
    plan: Plan, tally: Tally, theory: Theory, index: int, horizon: float
) -> BasinEstimate:
    counts = tally.counts[:, index]
    labels = dict(zip(LABELS, (int(count) for count in counts.sum(axis=0)), strict=True))
    interval, fraction, lower, upper = share_bounds(
        plan,
        tally.converged[:, index],
        counts.sum(axis=-1),
        tally.failures[index] if tally.failures is not None else None,
        theory.certain[index],
    )
    whole = theory.proved_volume == 1
    return BasinEstimate(
        trials=sum(labels.values()),
        converged=labels["converged"],
        fraction=fraction,
        lower=lower,
        upper=upper,
        confidence=plan.confidence,
        labels=labels,
        # A share of all starts says nothing of those near saddles, unless it is all of them.
        proved_volume=theory.proved_volume if whole or plan.starts.kind != "saddles" else None,
        predicted=theory.predicted[index],
        seed=plan.seed,
        horizon=horizon,
        tolerance=plan.tolerance,
        network_sha256=plan.network_sha256,
        interval=interval,
        certified=tally.certified,
        starts=plan.starts,
        family=plan.family,
        theorem=theory.theorem,
    )


def share_bounds(
    plan: Plan,
    successes: Counts,
    trials: Counts,
    failures: Floats | None = None,
    certain: float = 1.0,
) -> tuple[str, float, float, float]:
    """Estimate the probability of an event, with the bounds that the plan's starts allow.

    Parameters
    ----------
    plan
        Its confidence is shared among its family of bounds.
    successes, trials : (strata,) int arrays
        How often the event happened, in how many trials.
    failures
        Weights of the trials in which it did not happen; needed for tilted starts.
    certain
        Nearness to the antipodes above which it is proved to happen; 1 if nothing is proved.

    Returns
    -------
    interval : str
        The kind of bounds.
    fraction, lower, upper : float
    """
    confidence = each(plan.confidence, plan.family)
    happened, total = int(successes.sum()), int(trials.sum())
    if plan.starts.kind == "strata":
        edges = np.array(plan.starts.edges)
        # A trial that contradicts the proof was followed too coarsely, and counts.
        proved = (edges[:-1] >= certain) & (successes == trials)
        known = np.where(proved, 1.0, np.nan)
        shares = np.diff(edges)
        return "stratified", *stratified_bounds(successes, trials, shares, confidence, known=known)
    if plan.starts.kind == "tilted":
        assert failures is not None
        largest = largest_weight(plan.starts, certain)
        if failures.max(initial=0.0) > largest:
            largest = plan.starts.power
        low, high = weighted_bounds(failures, total, largest, confidence)
        # By chance the weights may add up to more than the number of trials.
        share = max(0.0, 1 - float(np.sum(failures)) / total)
        return "weighted", share, 1 - high, 1 - low
    if plan.stopping is not None:
        found = bernoulli_bounds(happened, total, confidence)
        return "confidence sequence", happened / total, *found
    return "Clopper-Pearson", happened / total, *clopper_pearson(happened, total, confidence)
