"""Trials with crosstalk: one start of the whole state, followed until it surely settles."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lohe.dynamics.equilibrium import force_bound
from lohe.dynamics.exponential import FAILED, REACHED, STOPPED, follow
from lohe.dynamics.network import Network
from lohe.proofs_numeric.basins.attractors import MOVING, distinct_states
from lohe.proofs_numeric.basins.plan import LABELS, Plan
from lohe.proofs_numeric.basins.reference import certified_reference
from lohe.proofs_numeric.basins.result import NOWHERE, REFERENCE, BlockResult
from lohe.proofs_numeric.basins.saddles import adjacent_saddles
from lohe.proofs_numeric.basins.starts import draw
from lohe.proofs_numeric.coupled.weighted_cap import WeightedCap

__all__ = ["Whole"]

Floats = NDArray[np.float64]
Rows = NDArray[np.int64]

_CONVERGED, _ELSEWHERE, _HORIZON, _FAILED = range(len(LABELS))

# Estimated error of a step, at most: the share of starts that it can put on the wrong side of a
# boundary between basins is of the same size.
_ACCURACY = 1e-6
# No state within the tolerance of an equilibrium is faster than so many tolerances, in units of the
# largest possible force.
_SLOW = 3.0
# Slow motions of strongly coupled networks take many steps, and are no failures for that.
_MOST_STEPS = 10**7


@dataclass(frozen=True, eq=False)
class Whole:
    """States of oscillators that hear each other, laid out (n, d, trials).

    Parameters
    ----------
    network
        Its drives already summed: what the motion needs.
    reference : (n, d) array
        Where the network rests (`reference_point`); NaN if it does not.
    cap
        The certified cap around the reference; None if none is proved.
    saddles : (m, n, d) array or None
        Where starts near saddles are drawn.
    """

    network: Network
    reference: Floats
    cap: WeightedCap | None
    saddles: Floats | None

    @classmethod
    def prepare(cls, network: Network, plan: Plan) -> Whole:
        """Find the resting point and prove what can be proved of the starts near it."""
        point, cap = certified_reference(network)
        moving = Network(
            network.drive,
            crosstalk=network.crosstalk,
            frequency=network.frequency if network.has_frequency else None,
        )
        if point is None:
            return cls(moving, np.full_like(network.drive, np.nan), None, None)
        wanted = plan.starts.kind == "saddles"
        return cls(moving, point, cap, adjacent_saddles(moving, point) if wanted else None)

    def run(
        self, plan: Plan, number: int, first: int, trials: int, rng: np.random.Generator
    ) -> BlockResult:
        """Draw trials and label them at each horizon; `first` counts the trials before them."""
        x, strata, weights = draw(
            plan.starts, self.reference, rng, trials, first, saddles=self.saddles
        )
        batch = _Batch(self, plan, x)
        batch.judge_all()
        return BlockResult(
            number=number,
            labels=batch.labels,
            strata=strata,
            weights=weights,
            times=batch.times,
            residuals=batch.residuals,
            places=batch.places,
            certified=batch.certified,
            attractors=batch.attractors(),
        )


class _Batch:
    """The trials of one call, as they move from horizon to horizon."""

    def __init__(self, trials: Whole, plan: Plan, x: Floats) -> None:
        count = x.shape[-1]
        self.network, self.reference, self.cap = trials.network, trials.reference, trials.cap
        self.plan, self.x = plan, x
        self.labels = np.full((len(plan.horizons), count), _HORIZON, dtype=np.uint8)
        self.times = np.full(count, np.nan)
        self.residuals = np.full(count, np.nan)
        self.places = np.full(count, NOWHERE, dtype=np.int32)
        self.certified = np.zeros(count, dtype=np.bool_)
        self.resting: list[Floats] = []
        self.active: Rows = np.arange(count)
        self.steps: Floats | None = None
        self.elapsed = 0.0

    def judge_all(self) -> None:
        """Follow the trials and label them at every horizon."""
        for index, horizon in enumerate(self.plan.horizons):
            self._follow(index, horizon)
            self.elapsed = horizon

    def attractors(self) -> Floats:
        """Return the states found at rest elsewhere."""
        if not self.resting:
            return np.empty((0, *self.reference.shape))
        return np.concatenate(self.resting)

    def _follow(self, index: int, horizon: float) -> None:
        """Bring the active trials to a horizon, or to where it is certain that they settle."""
        rows = self.active

        def certain(x: Floats, elapsed: Floats, among: Rows) -> NDArray[np.bool_]:
            assert self.cap is not None
            sigma = self.cap.sigma(x)
            now, trials = self.elapsed + elapsed, rows[among]
            entered = (sigma <= 1) & np.isnan(self.times[trials])
            self.times[trials[entered]] = now[entered]
            return np.asarray(now + self.cap.time_upper(sigma, self.plan.tolerance) <= horizon)

        journey = follow(
            self.network,
            self.x,
            horizon - self.elapsed,
            tolerance=min(_ACCURACY, self.plan.tolerance),
            step=self.steps,
            stop=certain if self.plan.early and self.cap is not None else None,
            max_steps=_MOST_STEPS,
            engine=self.plan.engine,
        )
        stopped = journey.ended == STOPPED
        self.labels[index:, rows[stopped]] = _CONVERGED
        self.places[rows[stopped]] = REFERENCE
        self.certified[rows[stopped]] = True
        failed = journey.ended == FAILED
        self.labels[index:, rows[failed]] = _FAILED
        reached = np.flatnonzero(journey.ended == REACHED)
        self.steps = journey.step[reached]
        self._judge(index, rows[reached], np.take(journey.x, reached, axis=2))

    def _judge(self, index: int, trials: Rows, x: Floats) -> None:
        """Label trials that were followed to the horizon, in the states x."""
        speed = _speed(self.network, x)
        self.residuals[trials] = speed
        far = _norm(x - self.reference[..., np.newaxis])
        near = far <= self.plan.tolerance
        self.labels[index, trials[near]] = _CONVERGED
        if index == len(self.plan.horizons) - 1:
            self.places[trials[near]] = REFERENCE
        # Close to the reference, slow is not yet elsewhere.
        away = ~(far <= np.sqrt(self.plan.tolerance))
        slow = speed <= _SLOW * self.plan.tolerance * force_bound(self.network)
        elsewhere = away & slow
        elsewhere[elsewhere] = self._settle_elsewhere(
            index, trials[elsewhere], np.compress(elsewhere, x, axis=2)
        )
        assert self.steps is not None
        self.active, self.steps = trials[~elsewhere], self.steps[~elsewhere]
        self.x = np.compress(~elsewhere, x, axis=2)

    def _settle_elsewhere(self, index: int, trials: Rows, x: Floats) -> NDArray[np.bool_]:
        """Label states at rest away from the reference, if they are at a stable point."""
        if not trials.size:
            return np.zeros(0, dtype=np.bool_)
        points, kind = distinct_states(
            self.network, x, reference=self.reference, reach=self.plan.tolerance
        )
        resting, told = kind != MOVING, kind >= 0
        known = sum(len(each) for each in self.resting)
        self.labels[index:, trials[resting]] = _ELSEWHERE
        self.places[trials[told]] = kind[told] + 1 + known
        self.resting.append(points)
        return np.asarray(resting)


def _speed(network: Network, x: Floats) -> Floats:
    """Return the largest speed of an oscillator in states (n, d, trials)."""
    force = (network.crosstalk @ x.reshape(network.n, -1)).reshape(x.shape)
    force += network.drive[..., np.newaxis]
    force -= np.einsum("idt,idt->it", x, force)[:, np.newaxis] * x
    if network.frequency is not None:
        force += network.frequency @ x
    return _norm(force)


def _norm(x: Floats) -> Floats:
    """Return the largest length of an oscillator's vector, in each trial."""
    return np.asarray(np.sqrt(np.einsum("idt,idt->it", x, x).max(axis=0)))
