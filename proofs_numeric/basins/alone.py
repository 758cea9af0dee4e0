"""Trials without crosstalk: one oscillator drawn uniformly, one start, its exact flow."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lohe.dynamics.equilibrium import resting_points
from lohe.dynamics.lorentz import apply_motion, attractor, lorentz_motion
from lohe.dynamics.network import Network
from lohe.dynamics.settling import settle
from lohe.dynamics.sphere import norm, project
from lohe.proofs_numeric.basins.plan import LABELS, Plan
from lohe.proofs_numeric.basins.result import NOWHERE, REFERENCE, BlockResult
from lohe.proofs_numeric.basins.starts import draw_single

__all__ = ["Alone"]

Floats = NDArray[np.float64]

_CONVERGED, _, _HORIZON, _FAILED = range(len(LABELS))


@dataclass(frozen=True, eq=False)
class Alone:
    """Oscillators that do not hear each other.

    Parameters
    ----------
    drive, reference : (n, d) arrays
        The reference is each oscillator's attracting point; NaN where it has none.
    frequency : (n, d, d) array or None
    repelling : (n, d) array or None
        Repelling points of T5; None without frequencies.
    motions : (horizons, n, d + 1, d + 1) array or None
        What T5's flow does by each horizon, if that is worth keeping.
    """

    drive: Floats
    reference: Floats
    frequency: Floats | None
    repelling: Floats | None
    motions: Floats | None

    @classmethod
    def prepare(cls, network: Network, plan: Plan) -> Alone:
        """Find the resting points, and what the flow does by each horizon."""
        drive = network.drive
        reference = resting_points(network)
        if not network.has_frequency:
            return cls(drive, reference, None, None, None)
        frequency = network.frequency
        assert frequency is not None
        motions = None
        if network.n <= plan.trials:
            times = np.array(plan.horizons)[:, np.newaxis]
            motions = lorentz_motion(
                drive, frequency, np.broadcast_to(times, (len(times), len(drive)))
            )
        # Backwards in time the two fixed points change places.
        return cls(drive, reference, frequency, attractor(-drive, -frequency), motions)

    def run(
        self, plan: Plan, number: int, first: int, trials: int, rng: np.random.Generator
    ) -> BlockResult:
        """Draw trials and label them at each horizon; `first` counts the trials before them."""
        chosen = rng.integers(len(self.drive), size=trials)
        reference = self.reference[chosen]
        opposite = -reference if self.repelling is None else self.repelling[chosen]
        x0, strata, weights = draw_single(plan.starts, reference, rng, first, saddles=opposite)
        labels = np.empty((len(plan.horizons), trials), dtype=np.uint8)
        x = x0
        for horizon, row in enumerate(labels):
            x = self._at(plan, horizon, x0, chosen)
            # A NaN reference is farther than any tolerance: such a trial stays at its horizon.
            near = np.linalg.norm(x - reference, axis=-1) <= plan.tolerance
            row[:] = np.where(near, _CONVERGED, _HORIZON)
            row[~np.isfinite(x).all(axis=-1)] = _FAILED
        settled = labels[-1] == _CONVERGED
        return BlockResult(
            number=number,
            labels=labels,
            strata=strata,
            weights=weights,
            times=self._times(x0, chosen, plan.tolerance),
            residuals=self._speed(x, chosen),
            places=np.where(settled, REFERENCE, NOWHERE).astype(np.int32),
            certified=np.zeros(trials, dtype=np.bool_),
            attractors=np.empty((0, *self.drive.shape)),
        )

    def _at(self, plan: Plan, horizon: int, x0: Floats, chosen: NDArray[np.int64]) -> Floats:
        if self.motions is not None:
            return apply_motion(self.motions[horizon, chosen], x0)
        frequency = None if self.frequency is None else self.frequency[chosen]
        return settle(x0, self.drive[chosen], plan.horizons[horizon], frequency=frequency)

    def _times(self, x0: Floats, chosen: NDArray[np.int64], tolerance: float) -> Floats:
        """Return when each start is within the tolerance: exactly by T1, at the latest by T5.

        T1 shrinks tan(phi/2), the ratio of the distances to the two fixed points, by exp(-|h|t),
        T5 by exp(-rate t). With frequencies the distance itself may turn, but is at most twice
        the ratio.
        """
        reference, drive = self.reference[chosen], self.drive[chosen]
        if self.repelling is None:
            opposite, rate = -reference, norm(drive)
            aim = tolerance / np.sqrt((2 - tolerance) * (2 + tolerance))
        else:
            opposite = self.repelling[chosen]
            rate = np.einsum("td,td->t", reference, drive)
            aim = tolerance / 2
        with np.errstate(divide="ignore", invalid="ignore"):
            start = np.log(norm(x0 - reference)) - np.log(norm(x0 - opposite))
            times = np.maximum(0.0, (start - np.log(aim)) / rate)
        return np.where(np.isfinite(times), times, np.nan)

    def _speed(self, x: Floats, chosen: NDArray[np.int64]) -> Floats:
        velocity = project(x, self.drive[chosen])
        if self.frequency is not None:
            velocity += np.einsum("tij,tj->ti", self.frequency[chosen], x)
        return np.asarray(np.sqrt(np.einsum("td,td->t", velocity, velocity)))
