"""Trajectories of a network from uniform starts or from rest, with noise or without, and files."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lohe.dynamics.equilibrium import resting_points
from lohe.dynamics.errors import InputError
from lohe.dynamics.exponential import REACHED, follow
from lohe.dynamics.files import read_npz, write_npz
from lohe.dynamics.langevin import Langevin, default_step, diffusivities
from lohe.dynamics.network import Network
from lohe.dynamics.settling import settle
from lohe.dynamics.sphere import uniform

__all__ = ["Start", "Trajectories", "simulate"]

Floats = NDArray[np.float64]
Start = Literal["uniform", "rest", "given"]

FORMAT = "lohe.trajectories"
VERSION = 1

# Coordinates that move together, with a stream of random numbers of their own.
_COORDINATES = 2**15
# Error of a step where no exact flow is known.
_TOLERANCE = 1e-8
# How far starts that are given may be from the sphere.
_UNIT_GUARD = 1e-5


@dataclass(frozen=True, eq=False)
class Trajectories:
    """States at some times, of several trials.

    Parameters
    ----------
    times : (m,) array
        Rising, from 0.
    states : (m, trials, n, d) array
    start
        ``uniform``, ``rest`` or ``given``.
    seed
        With the network and the other values it fixes the states.
    diffusivity : (n,) array
        D of each oscillator; zeros without noise.
    step
        Of the Langevin steps; 0 without noise, where flows are exact, or, with crosstalk, have
        errors of 1e-8 a step.
    network_sha256
        Digest of the network.
    """

    times: Floats
    states: Floats
    start: Start
    seed: int
    diffusivity: Floats
    step: float
    network_sha256: str

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write a ``.trajectories.npz`` file, atomically.

        Raises
        ------
        InputError
            If the path cannot be written.
        """
        header = {
            "format": FORMAT,
            "version": VERSION,
            "start": self.start,
            "seed": self.seed,
            "step": self.step,
            "network_sha256": self.network_sha256,
        }
        arrays = {"times": self.times, "states": self.states, "diffusivity": self.diffusivity}
        write_npz(path, header, arrays)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Trajectories:
        """Read a ``.trajectories.npz`` file.

        Raises
        ------
        InputError
            If the file is missing, damaged or of another format or version.
        """
        header, arrays = read_npz(path, FORMAT)
        if header.get("version") != VERSION:
            raise InputError(f"{path} has version {header.get('version')}; expected {VERSION}")
        try:
            found = cls(
                **{name: arrays[name] for name in ("times", "states", "diffusivity")},
                start=header["start"],
                seed=int(header["seed"]),
                step=float(header["step"]),
                network_sha256=str(header["network_sha256"]),
            )
            sizes = (found.times.size, found.diffusivity.size)
            whole = found.states.ndim == 4 and (len(found.states), found.states.shape[2]) == sizes
        except (KeyError, TypeError, ValueError) as error:
            raise InputError(f"{path} does not hold trajectories; simulate again") from error
        if not whole:
            raise InputError(f"{path} does not hold trajectories; simulate again")
        return found


def simulate(
    network: Network,
    times: Sequence[float],
    trials: int,
    *,
    seed: int,
    start: Start | Floats = "uniform",
    diffusivity: ArrayLike = 0.0,
    step: float | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Trajectories:
    """Follow trials of a network and keep their states at the times given.

    Without noise the flow is exact where there is no crosstalk (T1, T5) and integrated with error
    control otherwise; with noise, Langevin steps of weak order 2.

    Parameters
    ----------
    network
    times
        Rising, the first 0.
    trials
        Starts of the whole state.
    seed
        Not negative.
    start
        ``uniform`` draws the starts; ``rest`` begins at `resting_points`; an array
        (trials, n, d) of states begins there.
    diffusivity : float or (n,) array
        D in radians squared per time.
    step
        Longest Langevin step; by default `lohe.dynamics.langevin.default_step`. Each interval
        between two times is cut into equal steps.
    progress
        Called with (done, total) in states.

    Returns
    -------
    Trajectories

    Raises
    ------
    InputError
        If an argument cannot be used, or there is no resting point to start from.

    Examples
    --------
    >>> made = simulate(Network([[2.0, 0.0]]), [0.0, 50.0], 3, seed=0)
    >>> made.states.shape, made.states[-1, :, 0, 0].round(9)
    ((2, 3, 1, 2), array([1., 1., 1.]))
    """
    moments = np.array(times, dtype=np.float64)
    if not (moments.ndim == 1 and moments.size and moments[0] == 0 and np.isfinite(moments).all()):
        raise InputError("times must be finite numbers that begin with 0")
    if np.any(np.diff(moments) <= 0):
        raise InputError("times must rise")
    if trials < 1:
        raise InputError(f"trials is {trials}; need at least 1")
    if seed < 0:
        raise InputError(f"seed is {seed}; it must not be negative")
    given: Floats | None = None
    if not isinstance(start, str):
        given, start = _given(start, (trials, network.n, network.d)), "given"
    elif start not in get_args(Start) or start == "given":
        raise InputError(f"start is {start!r}; choose 'uniform', 'rest' or an array of states")
    noise = diffusivities(network, diffusivity)
    rest = resting_points(network) if start == "rest" else None
    if rest is not None and np.isnan(rest).any():
        missing = int(np.flatnonzero(np.isnan(rest).any(axis=1))[0])
        raise InputError(f"oscillator {missing} has no resting point; use uniform starts")
    noisy = bool(noise.any())
    longest = 0.0
    if noisy:
        longest = default_step(network, noise) if step is None else step
        Langevin.prepare(network, noise, longest)  # refuses unusable steps before any work
    elif step is not None:
        raise InputError("a step is for noisy trajectories; leave it out or add noise")

    states = np.empty((moments.size, trials, network.n, network.d))
    size = max(1, _COORDINATES // network.drive.size)
    for chunk, first in enumerate(range(0, trials, size)):
        rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(chunk,)))
        count = min(size, trials - first)
        if given is not None:
            x = given[first : first + count]
        elif rest is None:
            x = uniform(rng, (count, network.n), network.d)
        else:
            x = np.repeat(rest[np.newaxis], count, axis=0)
        prepare = partial(Langevin.prepare, network, noise)
        path = _noisy(prepare, moments, x, longest, rng) if noisy else _quiet(network, moments, x)
        for index, reached in enumerate(path):
            states[index, first : first + count] = reached
            if progress is not None:
                progress(first * moments.size + (index + 1) * count, trials * moments.size)
    return Trajectories(moments, states, start, seed, noise, longest, network.digest)


def _given(states: Floats, shape: tuple[int, ...]) -> Floats:
    """Return starts at length 1; those of a model are, to its own precision."""
    found = np.array(states, dtype=np.float64)
    if found.shape != shape:
        raise InputError(f"starts have shape {found.shape}; expected {shape}")
    length = np.linalg.norm(found, axis=-1, keepdims=True)
    if not np.all(np.abs(length - 1) <= _UNIT_GUARD):
        raise InputError("starts are off the sphere or not finite; normalise them")
    return np.asarray(found / length)


def _quiet(network: Network, times: Floats, x: Floats) -> Iterator[Floats]:
    """Yield (trials, n, d) states without noise."""
    if not network.has_crosstalk:
        for time in times:
            yield settle(x, network.drive, time, frequency=network.frequency)
        return
    state = np.ascontiguousarray(np.moveaxis(x, 0, -1))
    pace: Floats | None = None
    for interval in np.diff(times, prepend=0.0):
        journey = follow(network, state, float(interval), tolerance=_TOLERANCE, step=pace)
        if np.any(journey.ended != REACHED):
            raise InputError("a trajectory could not be followed to the end; shorten the horizon")
        state, pace = journey.x, journey.step
        yield np.moveaxis(state, -1, 0)


def _noisy(
    prepare: Callable[[float], Langevin],
    times: Floats,
    x: Floats,
    longest: float,
    rng: np.random.Generator,
) -> Iterator[Floats]:
    """Yield (trials, n, d) states with noise."""
    state = np.ascontiguousarray(np.moveaxis(x, 0, -1))
    yield x
    motion: Langevin | None = None
    for interval in np.diff(times):
        steps = math.ceil(interval / longest)
        if motion is None or motion.step != interval / steps:
            motion = prepare(interval / steps)
        state = motion.advance(state, steps, rng)
        yield np.moveaxis(state, -1, 0)
