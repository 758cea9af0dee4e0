"""Trajectories of coupled oscillators by exponentials: freeze the forces, flow exactly, correct."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lohe.dynamics.commutator_free import CommutatorFree
from lohe.dynamics.errors import InputError
from lohe.dynamics.network import Network
from lohe.dynamics.sphere import norm

__all__ = ["FAILED", "REACHED", "STOPPED", "Journey", "follow"]

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Stop = Callable[[Floats, Floats, Integers], NDArray[np.bool_]]

REACHED, STOPPED, FAILED = 0, 1, 2

# Customary safeguards: aim a little below the tolerance, and change the step by bounded factors.
_SAFETY, _SHRINK, _GROW = 0.9, 0.2, 5.0
# How far norms of starts may be from 1.
_UNIT_GUARD = 1e-6
# Coordinates under way at the same time: the arrays of a step then stay in the processor's cache.
_COORDINATES = 2**15
_FEWEST = 16
# Ended trials are replaced together, once they are this part of those under way.
_IDLE = 1 / 8


@dataclass(frozen=True, eq=False)
class Journey:
    """Where each trial of a batch came to.

    Parameters
    ----------
    x : (n, d, B) array
        The state in which each trial ended; of a failed one, the last that was accepted.
    elapsed : (B,) array
        Time from the start to that state.
    ended : (B,) int8 array
        ``REACHED`` the duration, ``STOPPED`` before, or ``FAILED``.
    steps : (B,) int array
        Steps tried, accepted or not.
    step : (B,) array
        Step with which to go on; NaN for a trial that took none.
    """

    x: Floats
    elapsed: Floats
    ended: NDArray[np.int8]
    steps: Integers
    step: Floats


def follow(
    network: Network,
    x: Floats,
    duration: float,
    *,
    tolerance: float = 1e-6,
    step: Floats | None = None,
    stop: Stop | None = None,
    max_steps: int = 100_000,
) -> Journey:
    r"""Follow a batch of states for a time `duration`, each trial with its own steps.

    A step freezes the forces :math:`g = h + Jx` and flows exactly under them (`CommutatorFree`),
    so that states stay on their spheres, a network without crosstalk takes one step, and steps
    grow without bound near rest, where the frozen flow is exact.

    Parameters
    ----------
    network
        With crosstalk or without, with natural frequencies or without.
    x : (n, d, B) array
        Starts, each oscillator on the unit sphere; the batch is the **last** axis, so that the
        crosstalk of all trials is one matrix product.
    duration
        Time to follow, not negative.
    tolerance
        Bound on the estimated error of a step, for the worst oscillator.
    step : (B,) array, optional
        First step of each trial, positive, as `Journey.step` gives them; it is guessed where
        NaN.
    stop
        ``stop(x, elapsed, rows)`` tells which trials are finished, (B',) bool. It is asked for
        the trials under way, at their starts and after every round of steps: states (n, d, B'),
        times (B',), and positions in the batch (B',). The arrays are reused: copy what you keep.
        A trial whose step was rejected is asked for again where it was.
    max_steps
        Steps allowed to each trial.

    Returns
    -------
    Journey

    Raises
    ------
    InputError
        If an argument cannot be used.

    Notes
    -----
    Trials that need a step below rounding or more steps than allowed fail, and are reported.
    The same batch gives the same bits, for one and the same number of BLAS threads; which other
    trials are in the batch changes a trial by rounding alone.

    Examples
    --------
    >>> pair = Network([[2.0, 0.0], [0.0, 2.0]], crosstalk=[[0.0, 0.5], [0.5, 0.0]])
    >>> starts = np.array([[[0.0], [1.0]], [[-1.0], [0.0]]])
    >>> end = follow(pair, starts, 30.0, tolerance=1e-9)
    >>> end.x[..., 0].round(6), end.ended
    (array([[0.974418, 0.224745],
           [0.224745, 0.974418]]), array([0], dtype=int8))
    """
    if not (np.isfinite(duration) and duration >= 0 and tolerance > 0 and max_steps >= 1):
        raise InputError("need a finite duration >= 0, a tolerance > 0 and max_steps >= 1")
    starts = _read(network, x, step)
    batch = starts.shape[2]
    proposed = np.full(batch, np.nan) if step is None else np.array(step, dtype=np.float64)
    journey = Journey(
        x=starts.copy(),
        elapsed=np.zeros(batch),
        ended=np.full(batch, REACHED, dtype=np.int8),
        steps=np.zeros(batch, dtype=np.int64),
        step=proposed,
    )
    waiting = np.arange(batch)
    if stop is not None and batch:
        stopped = stop(journey.x, journey.elapsed, waiting)
        journey.ended[stopped] = STOPPED
        waiting = waiting[~stopped]
    if duration > 0 and waiting.size:
        with np.errstate(over="ignore", divide="ignore", invalid="ignore", under="ignore"):
            _Convoy(network, journey, waiting, float(duration), tolerance).run(stop, max_steps)
    return journey


class _Convoy:
    """The trials under way, a column each; columns whose trial has ended take waiting ones."""

    def __init__(
        self,
        network: Network,
        journey: Journey,
        waiting: Integers,
        duration: float,
        tolerance: float,
    ) -> None:
        width = min(waiting.size, max(_FEWEST, _COORDINATES // (network.n * network.d)))
        shape = (network.n, network.d, width)
        self.method = CommutatorFree(network, width)
        self.journey, self.waiting = journey, waiting
        self.duration, self.tolerance = duration, tolerance
        self.x, self.force = np.empty(shape), np.empty(shape)
        self.moved, self.force_moved = np.empty(shape), np.empty(shape)
        self.rows = np.zeros(width, dtype=np.int64)
        self.steps = np.zeros(width, dtype=np.int64)
        self.elapsed, self.step = np.zeros(width), np.zeros(width)
        self.busy = np.zeros(width, dtype=np.bool_)

    def run(self, stop: Stop | None, max_steps: int) -> None:
        """Follow all waiting trials to their ends."""
        self.board()
        while self.busy.any():
            landed, hopeless = self.advance()
            ended = np.full(self.rows.size, -1, dtype=np.int8)
            ended[hopeless | (self.steps >= max_steps)] = FAILED
            ended[landed] = REACHED
            if stop is not None:
                ended[stop(self.x, self.elapsed, self.rows)] = STOPPED
            self.leave(np.flatnonzero(self.busy & (ended >= 0)), ended)
            if np.count_nonzero(self.busy) < (1 - _IDLE) * self.busy.size:
                if self.waiting.size:
                    self.board()
                else:
                    self.close_ranks()

    def board(self) -> None:
        """Give idle columns to waiting trials, in their order."""
        columns = np.flatnonzero(~self.busy)[: self.waiting.size]
        rows, self.waiting = self.waiting[: columns.size], self.waiting[columns.size :]
        x = np.take(self.journey.x, rows, axis=2)
        force = self.method.force(x, np.empty_like(x))
        step = self.journey.step[rows]
        fresh = np.isnan(step)
        step[fresh] = self.method.first_step(force, self.tolerance)[fresh]
        self.x[:, :, columns], self.force[:, :, columns] = x, force
        self.rows[columns], self.step[columns] = rows, step
        self.elapsed[columns], self.steps[columns] = 0.0, 0
        self.busy[columns] = True

    def advance(self) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Try a step of each trial; tell which have landed, and which cannot go on."""
        left = self.duration - self.elapsed
        # An idle column stands still until another trial takes it.
        step = np.where(self.busy, np.minimum(self.step, left), 0.0)
        error = self.method.step(self.x, self.force, step, self.moved, self.force_moved)
        self.steps += 1
        factor = np.clip(_SAFETY * (self.tolerance / error) ** 0.25, _SHRINK, _GROW)
        factor[np.isnan(factor)] = _SHRINK
        accepted = error <= self.tolerance
        rejected = np.flatnonzero(~accepted)
        self.moved[:, :, rejected] = self.x[:, :, rejected]
        self.force_moved[:, :, rejected] = self.force[:, :, rejected]
        self.x, self.moved = self.moved, self.x
        self.force, self.force_moved = self.force_moved, self.force
        landed = accepted & (step >= left)
        self.elapsed = np.where(landed, self.duration, self.elapsed + np.where(accepted, step, 0.0))
        # A step cut short by the end says nothing against the longer one.
        self.step = np.where(landed, np.maximum(self.step, step * factor), step * factor)
        smallest = 4 * np.finfo(np.float64).eps * self.duration
        return landed, ~accepted & ~(self.step > smallest)

    def leave(self, columns: Integers, ended: NDArray[np.int8]) -> None:
        """Write down where the trials in these columns have ended."""
        rows = self.rows[columns]
        self.journey.x[:, :, rows] = self.x[:, :, columns]
        self.journey.elapsed[rows] = self.elapsed[columns]
        self.journey.ended[rows] = ended[columns]
        self.journey.steps[rows] = self.steps[columns]
        self.journey.step[rows] = self.step[columns]
        self.busy[columns] = False

    def close_ranks(self) -> None:
        """Keep the columns that are busy."""
        columns = np.flatnonzero(self.busy)
        # Indexing with [:, :, columns] would lay the batch out first.
        self.x, self.force = (np.take(a, columns, axis=2) for a in (self.x, self.force))
        self.moved, self.force_moved = np.empty_like(self.x), np.empty_like(self.x)
        self.rows, self.steps = self.rows[columns], self.steps[columns]
        self.elapsed, self.step = self.elapsed[columns], self.step[columns]
        self.busy = self.busy[columns]


def _read(network: Network, x: Floats, step: Floats | None) -> Floats:
    starts = np.ascontiguousarray(x, dtype=np.float64)
    if starts.ndim != 3 or starts.shape[:2] != (network.n, network.d):
        raise InputError(
            f"states have shape {starts.shape}; expected ({network.n}, {network.d}, batch)"
        )
    if not np.all(np.abs(norm(np.moveaxis(starts, 1, -1)) - 1) <= _UNIT_GUARD):
        raise InputError("starts are off the sphere or not finite; normalise them")
    if step is not None and (np.shape(step) != starts.shape[2:] or np.any(np.asarray(step) <= 0)):
        raise InputError("step needs one positive number for each trial")
    return starts
