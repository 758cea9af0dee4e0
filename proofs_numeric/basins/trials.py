"""Monte Carlo trials of a network: uniform starts, followed to each horizon and labelled."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from lohe.dynamics.dormand_prince import dormand_prince
from lohe.dynamics.equilibrium import force_bound, resting_point
from lohe.dynamics.errors import InputError
from lohe.dynamics.field import residual, vector_field
from lohe.dynamics.lorentz import attractor
from lohe.dynamics.network import Network
from lohe.dynamics.settling import settle
from lohe.dynamics.sphere import norm, uniform

__all__ = ["LABELS", "Plan", "Sampler", "run_blocks"]

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]

LABELS = ("converged", "elsewhere", "horizon", "failed")
_CONVERGED, _ELSEWHERE, _HORIZON, _FAILED = range(len(LABELS))

# Coordinates of the starts in one block: large enough to keep NumPy busy, small enough to stay in
# the processor's cache and that a Ctrl-C loses little.
_ALONE_COORDINATES = 2**16
_COUPLED_COORDINATES = 2**14


@dataclass(frozen=True)
class Plan:
    """What is to be sampled; with the network, it fixes the result.

    Parameters
    ----------
    network_sha256
        Digest of the network.
    trials
        Number of starts.
    horizons
        Times at which every start is judged; kept in rising order, without repetition.
    seed
        Not negative.
    tolerance
        Distance from the reference point that counts as converged, below 2.
    confidence
        Of the bounds, between 0 and 1.

    Raises
    ------
    InputError
        If a value cannot be used.
    """

    network_sha256: str
    trials: int
    horizons: tuple[float, ...]
    seed: int
    tolerance: float = 1e-6
    confidence: float = 0.99

    def __post_init__(self) -> None:
        if self.trials < 1:
            raise InputError(f"trials is {self.trials}; need at least 1")
        horizons = tuple(sorted({float(t) for t in self.horizons}))
        if not horizons or not all(np.isfinite(t) and t >= 0 for t in horizons):
            raise InputError(f"horizons are {list(horizons)}; give finite times, not negative")
        object.__setattr__(self, "horizons", horizons)
        if self.seed < 0:
            raise InputError(f"seed is {self.seed}; it must not be negative")
        if not 0 < self.tolerance < 2:
            raise InputError(f"tolerance is {self.tolerance}; choose it between 0 and 2")
        if not 0 < self.confidence < 1:
            raise InputError(f"confidence is {self.confidence}; choose it between 0 and 1")


@dataclass(frozen=True, eq=False)
class Sampler:
    """Runs blocks of trials of one network; holds only what the motion needs.

    Without crosstalk the oscillators move alone, and a trial is one oscillator drawn uniformly
    with one uniform start, followed by the exact flow of T1, or of T5 where it has a natural
    frequency. With crosstalk a trial is one uniform start of the whole state, integrated with
    error control a hundred times below the tolerance of the label.

    Parameters
    ----------
    network
        The network, its drives already summed.
    reference : (n, d) array
        Where trials should end; NaN for an oscillator that has no attracting point.
    coupled
        Whether a trial is a start of the whole state.
    """

    network: Network
    reference: Floats
    coupled: bool

    @classmethod
    def prepare(cls, network: Network) -> Sampler:
        """Find the reference points of a network."""
        coupled = network.has_crosstalk
        moving = Network(
            network.drive,
            crosstalk=network.crosstalk if coupled else None,
            frequency=network.frequency if network.has_frequency else None,
        )
        if coupled:
            found = resting_point(moving)
            reference = np.full_like(moving.drive, np.nan) if found is None else found
        elif moving.frequency is not None:
            reference = attractor(moving.drive, moving.frequency)
        else:
            size = norm(moving.drive)[:, np.newaxis]
            undriven = np.full_like(moving.drive, np.nan)
            reference = np.divide(moving.drive, size, out=undriven, where=size > 0)
        return cls(moving, reference, coupled)

    @property
    def block_size(self) -> int:
        """Trials in a block; depends on the network alone."""
        if self.coupled:
            return max(1, _COUPLED_COORDINATES // self.network.drive.size)
        return max(1, _ALONE_COORDINATES // self.network.d)

    def blocks(self, plan: Plan) -> int:
        """Return the number of blocks that the plan needs."""
        return -(-plan.trials // self.block_size)

    def count(self, plan: Plan, block: int) -> Counts:
        """Run one block and count its labels.

        The block draws from its own stream, SeedSequence(seed, spawn_key=(block,)), so that
        the result does not depend on which worker runs it or when.

        Returns
        -------
        (horizons, labels) int array
        """
        trials = min(self.block_size, plan.trials - block * self.block_size)
        rng = np.random.default_rng(np.random.SeedSequence(plan.seed, spawn_key=(block,)))
        labels = (self._whole if self.coupled else self._single)(plan, rng, trials)
        return np.array([np.bincount(row, minlength=len(LABELS)) for row in labels])

    def _single(self, plan: Plan, rng: np.random.Generator, trials: int) -> Iterator[Counts]:
        """Label trials of single oscillators at each horizon."""
        chosen = rng.integers(self.network.n, size=trials)
        x0 = uniform(rng, trials, self.network.d)
        drive, reference = self.network.drive[chosen], self.reference[chosen]
        frequency = None if self.network.frequency is None else self.network.frequency[chosen]
        for horizon in plan.horizons:
            x = settle(x0, drive, horizon, frequency=frequency)
            # A NaN reference is farther than any tolerance: such a trial stays at its horizon.
            near = np.linalg.norm(x - reference, axis=-1) <= plan.tolerance
            labels = np.where(near, _CONVERGED, _HORIZON)
            labels[~np.isfinite(x).all(axis=-1)] = _FAILED
            yield labels

    def _whole(self, plan: Plan, rng: np.random.Generator, trials: int) -> Iterator[Counts]:
        """Label trials of the whole state at each horizon."""
        field = partial(vector_field, self.network)
        x = uniform(rng, (trials, self.network.n), self.network.d)
        alive, elapsed = np.ones(trials, dtype=bool), 0.0
        accuracy = min(1e-6, plan.tolerance / 100)
        rest = 10 * accuracy * force_bound(self.network)
        for horizon in plan.horizons:
            run = dormand_prince(field, x[alive], horizon - elapsed, tolerance=accuracy)
            x[alive], elapsed = run.x, horizon
            alive[alive] = run.finished
            far = np.linalg.norm(x - self.reference, axis=-1).max(axis=-1)
            resting = residual(self.network, x) <= rest
            # Close to the reference, slow is not yet elsewhere.
            away = ~(far <= np.sqrt(plan.tolerance))
            labels = np.where(resting & away, _ELSEWHERE, _HORIZON)
            labels[far <= plan.tolerance] = _CONVERGED
            labels[~alive] = _FAILED
            yield labels


def run_blocks(
    sampler: Sampler, plan: Plan, blocks: Iterable[int], workers: int
) -> Iterator[tuple[int, Counts]]:
    """Yield (block, counts) as blocks finish, in the order given.

    Parameters
    ----------
    sampler, plan
    blocks
        Which blocks to run.
    workers
        Processes; 1 runs in this one.

    Raises
    ------
    InputError
        If `workers` is below 1, or one of them is killed from outside.
    """
    if workers < 1:
        raise InputError(f"workers is {workers}; need at least 1")
    if workers == 1:
        for block in blocks:
            yield block, sampler.count(plan, block)
        return
    from concurrent.futures.process import BrokenProcessPool

    from joblib import Parallel, delayed

    chosen = list(blocks)
    tasks = (delayed(sampler.count)(plan, block) for block in chosen)
    try:
        results = Parallel(n_jobs=workers, return_as="generator")(tasks)
        yield from zip(chosen, results, strict=True)
    except BrokenProcessPool as error:
        raise InputError(
            "a worker process was killed, perhaps for lack of memory; "
            "run the same command again, with fewer workers if it recurs"
        ) from error
