"""Trials with crosstalk: one start of the whole state, followed until it surely settles."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lohe.dynamics.equilibrium import force_bound, resting_point
from lohe.dynamics.exponential import FAILED, REACHED, STOPPED, follow
from lohe.dynamics.field import residual
from lohe.dynamics.network import Network
from lohe.proofs_numeric.basins.attractors import MOVING, distinct_states
from lohe.proofs_numeric.basins.plan import LABELS, Plan
from lohe.proofs_numeric.basins.result import NOWHERE, REFERENCE, BlockResult
from lohe.proofs_numeric.basins.saddles import adjacent_saddles
from lohe.proofs_numeric.basins.starts import draw
from lohe.proofs_numeric.coupled.weighted_cap import WeightedCap, certify_weighted_cap

__all__ = ["Whole"]

Floats = NDArray[np.float64]
Rows = NDArray[np.int64]

_CONVERGED, _ELSEWHERE, _HORIZON, _FAILED = range(len(LABELS))

# Local error of the integration, and its share of the tolerance.
_ACCURACY, _SHARE = 1e-6, 0.1
# Speed over the largest possible force below which a state may be at rest.
_AT_REST = 1e-6


@dataclass(frozen=True, eq=False)
class Whole:
    """States of oscillators that hear each other, laid out (n, d, trials).

    Parameters
    ----------
    network
    reference : (n, d) array
        Where the network rests when started along its drives; NaN if it does not.
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
        found = resting_point(network)
        if found is None:
            return cls(network, np.full_like(network.drive, np.nan), None, None)
        cap = certify_weighted_cap(network, centre=found)
        wanted = plan.starts.kind == "saddles"
        return cls(
            network,
            found if isinstance(cap, str) else cap.centre,
            None if isinstance(cap, str) else cap,
            adjacent_saddles(network, found) if wanted else None,
        )

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
            np.ascontiguousarray(self.x[..., rows]),
            horizon - self.elapsed,
            tolerance=min(_ACCURACY, _SHARE * self.plan.tolerance),
            step=self.steps,
            stop=None if self.cap is None else certain,
        )
        x, ended = journey.x, journey.ended
        self.residuals[rows] = residual(self.network, np.moveaxis(x, -1, 0))
        far = np.linalg.norm(x - self.reference[..., np.newaxis], axis=1).max(axis=0)
        stopped, failed = ended == STOPPED, ended == FAILED
        near = stopped | ((ended == REACHED) & (far <= self.plan.tolerance))
        self.labels[index, rows[near]] = _CONVERGED
        self.labels[index:, rows[stopped]] = _CONVERGED
        self.certified[rows[stopped]] = True
        self.labels[index:, rows[failed]] = _FAILED
        last = index == len(self.plan.horizons) - 1
        self.places[rows[stopped | (near & last)]] = REFERENCE
        # Close to the reference, slow is not yet elsewhere.
        away = ~(far <= np.sqrt(self.plan.tolerance))
        still = self.residuals[rows] <= _AT_REST * force_bound(self.network)
        elsewhere = (ended == REACHED) & away & still
        elsewhere[elsewhere] = self._settle_elsewhere(index, rows[elsewhere], x[..., elsewhere])
        go_on = (ended == REACHED) & ~elsewhere
        self.active, self.steps = rows[go_on], journey.step[go_on]
        self.x[..., self.active] = x[..., go_on]

    def _settle_elsewhere(self, index: int, trials: Rows, x: Floats) -> NDArray[np.bool_]:
        """Label states at rest away from the reference, if they are at a stable point."""
        if not trials.size:
            return np.zeros(0, dtype=np.bool_)
        points, kind = distinct_states(
            self.network, np.ascontiguousarray(x), reference=self.reference
        )
        resting, told = kind != MOVING, kind >= 0
        known = sum(len(each) for each in self.resting)
        self.labels[index:, trials[resting]] = _ELSEWHERE
        self.places[trials[told]] = kind[told] + 1 + known
        self.resting.append(points)
        return np.asarray(resting)
