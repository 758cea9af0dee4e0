"""How long a state withstands noise: walkers, first exits, survival and rate with bounds."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lohe.dynamics.errors import InputError
from lohe.dynamics.langevin import Langevin, default_step, diffusivities
from lohe.dynamics.network import Network
from lohe.proofs_numeric.basins.executors import executor
from lohe.proofs_numeric.basins.regions import Region
from lohe.proofs_numeric.basins.walkers import STAYED, Exits, Walk
from lohe.proofs_numeric.statistics.clopper_pearson import clopper_pearson

__all__ = ["Escape", "Rate", "Survival", "escape"]

Floats = NDArray[np.float64]

_UNIT_GUARD = 1e-6


@dataclass(frozen=True)
class Survival:
    """Share of walkers still in the region at a time, with Clopper-Pearson bounds.

    The bounds are exact for the process that was simulated, steps of finite size included; those
    of several times hold each by itself.
    """

    time: float
    survivors: int
    fraction: float
    lower: float
    upper: float


@dataclass(frozen=True)
class Rate:
    r"""Escapes per time, as if exits after a first while came at a constant rate.

    Walkers that are still inside after the state has forgotten its start leave at a constant
    rate, the first eigenvalue of the motion killed at the boundary. That `since` is late enough is
    a model and not proved here; given it, the bounds are exact: of those inside at `since`, each
    is out at the horizon T with probability :math:`1 - e^{-\lambda(T - s)}`, and Clopper-Pearson
    bounds of that probability are turned into bounds of the rate.

    Parameters
    ----------
    since
        Time s from which exits count.
    exits, exposure
        Their number, and the time that walkers spent inside after s.
    estimate
        exits / exposure.
    lower, upper
        Bounds; the upper one is infinite if none stayed: choose a shorter horizon.
    steady
        False if bounds of the same confidence from the two halves of [s, T] exclude each other,
        which speaks against a constant rate; a constant one does so with a probability of at
        most 2 (1 - confidence).
    """

    since: float
    exits: int
    exposure: float
    estimate: float
    lower: float
    upper: float
    steady: bool


@dataclass(frozen=True, eq=False)
class Escape:
    """First exits of walkers from a region: sampled evidence, never a proof.

    Parameters
    ----------
    walkers, horizon, seed, confidence
        As given.
    step
        The step, at most the one asked for, that divides the horizon.
    diffusivity : (n,) array
        D of each oscillator.
    names
        Of the faces of the region.
    times : (walkers,) array
        First exit of each walker to half a step; infinite if it stayed until the horizon.
    faces : (walkers,) int32 array
        Through which face; -1 if it stayed.
    network_sha256
        Digest of the network.
    """

    walkers: int
    horizon: float
    seed: int
    confidence: float
    step: float
    diffusivity: Floats
    names: tuple[str, ...]
    times: Floats
    faces: NDArray[np.int32]
    network_sha256: str

    @property
    def exits(self) -> int:
        """Number of walkers that left."""
        return int(np.count_nonzero(self.faces != STAYED))

    @property
    def through(self) -> dict[str, int]:
        """Number of walkers that left through each face, of the faces that any left through."""
        counts = np.bincount(self.faces[self.faces != STAYED], minlength=len(self.names))
        return {self.names[k]: int(counts[k]) for k in np.flatnonzero(counts)}

    def survival(self, times: Sequence[float] | None = None) -> tuple[Survival, ...]:
        """Bound the probability to be still inside, at given times or at the horizon.

        Raises
        ------
        InputError
            If a time lies outside [0, horizon].
        """
        found = []
        for time in (self.horizon,) if times is None else times:
            self._check_time(time)
            survivors = int(np.count_nonzero(self.times > time))
            bounds = clopper_pearson(survivors, self.walkers, self.confidence)
            found.append(Survival(time, survivors, survivors / self.walkers, *bounds))
        return tuple(found)

    def rate(self, since: float = 0.0) -> Rate | None:
        """Estimate the rate of escape after a time; None if no walker was left then.

        Raises
        ------
        InputError
            If the time is not in [0, horizon).
        """
        self._check_time(since)
        if since == self.horizon:
            raise InputError("a rate needs time to look at; begin before the horizon")
        middle = (since + self.horizon) / 2
        inside = np.minimum(self.times[self.times > since], self.horizon)
        if not inside.size:
            return None
        exits = int(np.count_nonzero(inside < self.horizon))
        exposure = float(np.sum(inside - since))
        lower, upper = self._rate_bounds(since, self.horizon)
        early, late = self._rate_bounds(since, middle), self._rate_bounds(middle, self.horizon)
        steady = early[0] <= late[1] and late[0] <= early[1]
        return Rate(since, exits, exposure, exits / exposure, lower, upper, steady)

    def _rate_bounds(self, begin: float, end: float) -> tuple[float, float]:
        inside = int(np.count_nonzero(self.times > begin))
        if not inside:
            return 0.0, math.inf
        exits = int(np.count_nonzero((self.times > begin) & (self.times <= end)))
        lower, upper = clopper_pearson(exits, inside, self.confidence)
        most = -math.log1p(-upper) if upper < 1 else math.inf
        return -math.log1p(-lower) / (end - begin), most / (end - begin)

    def _check_time(self, time: float) -> None:
        if not 0 <= time <= self.horizon:
            raise InputError(f"time {time:g} lies outside [0, {self.horizon:g}]")


def escape(
    network: Network,
    region: Region,
    start: ArrayLike,
    *,
    diffusivity: ArrayLike,
    horizon: float,
    walkers: int,
    seed: int,
    step: float | None = None,
    confidence: float = 0.99,
    workers: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> Escape:
    """Follow noisy walkers from one state until they leave a region, or to the horizon.

    Parameters
    ----------
    network
    region
        `Caps`, `Slips` or `Arrival` of `lohe.proofs_numeric.basins.regions`.
    start : (n, d) array
        Unit vectors inside the region, usually a resting point.
    diffusivity : float or (n,) array
        D in radians squared per time.
    horizon
        Time to follow.
    walkers
        Number of independent walkers.
    seed
        With the other arguments but `workers` it fixes the result.
    step
        At most this long; by default `lohe.dynamics.langevin.default_step`.
    confidence
        Of the bounds.
    workers
        Processes.
    progress
        Called with (walkers done, walkers).

    Returns
    -------
    Escape

    Raises
    ------
    InputError
        If an argument cannot be used.

    Notes
    -----
    Exits between two steps are sampled by Brownian bridges (`lohe.proofs_numeric.basins.walkers`)
    where a single oscillator's motion leaves the region. The bias that is left vanishes with the
    step at order 1: halve the step and compare.

    Examples
    --------
    >>> from lohe.proofs_numeric.basins.regions import Caps
    >>> network, rest = Network([[1.0, 0.0]]), [[1.0, 0.0]]
    >>> found = escape(
    ...     network, Caps(rest, 1.0), rest, diffusivity=0.5, horizon=2.0, walkers=500, seed=0
    ... )
    >>> found.exits + found.survival()[0].survivors
    500
    """
    if walkers < 1:
        raise InputError(f"walkers is {walkers}; need at least 1")
    if seed < 0:
        raise InputError(f"seed is {seed}; it must not be negative")
    if not 0 < confidence < 1:
        raise InputError(f"confidence is {confidence}; choose it between 0 and 1")
    if not (math.isfinite(horizon) and horizon > 0):
        raise InputError(f"horizon is {horizon}; it must be positive")
    state = _read(network, start, region)
    noise = diffusivities(network, diffusivity)
    longest = default_step(network, noise) if step is None else step
    Langevin.prepare(network, noise, longest)  # refuses unusable steps before any work is done
    steps = math.ceil(horizon / longest)
    walk = Walk(network, region, state, noise, horizon / steps, steps, walkers, seed)
    report = progress or (lambda done, total: None)
    exits: list[Exits] = []
    done = 0

    def run(number: int) -> Exits:
        return walk.run(
            number, lambda share: report(done + int(share * walk.size(number)), walkers)
        )

    with executor(workers=workers) as machine:
        # Other processes report whole blocks; this one also says how far it is within a block.
        for block in machine.run(run if workers == 1 else walk.run, range(walk.blocks)):
            exits.append(block)
            done += len(block.times)
            report(done, walkers)
    exits.sort(key=lambda block: block.number)
    return Escape(
        walkers,
        float(horizon),
        seed,
        confidence,
        walk.step,
        noise,
        region.faces,
        np.concatenate([block.times for block in exits]),
        np.concatenate([block.faces for block in exits]),
        network.digest,
    )


def _read(network: Network, start: ArrayLike, region: Region) -> Floats:
    state = np.array(start, dtype=np.float64)
    if state.shape != (network.n, network.d):
        raise InputError(f"start has shape {state.shape}; expected {(network.n, network.d)}")
    if not np.all(np.abs(np.linalg.norm(state, axis=-1) - 1) <= _UNIT_GUARD):
        raise InputError("start has rows off the sphere; normalise them")
    state /= np.linalg.norm(state, axis=-1, keepdims=True)
    try:
        distances = region.distances(state[:, :, np.newaxis], None)
    except ValueError as error:
        raise InputError("the region belongs to a network of another size") from error
    if not np.all(distances > 0):
        raise InputError("the start lies outside the region; choose a larger one or another start")
    return state
