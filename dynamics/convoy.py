"""Many trials under way at once, each with its own steps, in arrays that stay full."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lohe.dynamics.commutator_free import CommutatorFree
from lohe.dynamics.journey import FAILED, REACHED, STOPPED, Journey, Stop

__all__ = ["Convoy"]

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

# Customary safeguards: aim a little below the tolerance, and change the step by bounded factors.
_SAFETY, _SHRINK, _GROW = 0.9, 0.2, 5.0
# Steps start no smaller than the first part of the duration, and are hopeless below the second.
_SMALLEST, _ROUNDING = 1e-12, 4 * float(np.finfo(np.float64).eps)
# The tolerance of steps beyond the method's reach, over their length in reaches: what rounding
# leaves of the estimate grows so, and only states at rest to rounding meet it.
_AT_REST = 1e-14
# Columns whose trials have ended are given to others together, once they are this part of all.
_IDLE = 1 / 16


class Convoy:
    """The trials under way, a column each; columns whose trials have ended are given to others.

    Parameters
    ----------
    method
        Makes the steps of as many trials as it has columns.
    journey
        Holds the starts, and first steps, of all trials; takes where they end.
    waiting : (trials,) int array
        The positions in the batch of the trials to follow; not empty.
    duration, tolerance
        Time to follow each trial, and bound on the estimated error of each step.
    """

    def __init__(
        self,
        method: CommutatorFree,
        journey: Journey,
        waiting: Integers,
        duration: float,
        tolerance: float,
    ) -> None:
        n, d, most = method.shape
        # No column is ever without a trial's state, be it one that has ended.
        width = min(most, waiting.size)
        shape = n, d, width
        self.method, self.journey = method, journey
        self.duration, self.tolerance = duration, tolerance
        self.x, self.force = np.empty(shape), np.empty(shape)
        self.moved, self.force_moved = np.empty(shape), np.empty(shape)
        self.rows = np.zeros(width, dtype=np.int64)
        self.steps = np.zeros(width, dtype=np.int64)
        self.elapsed, self.step = np.zeros(width), np.zeros(width)
        self.busy = np.zeros(width, dtype=np.bool_)
        self.waiting = waiting

    def run(self, stop: Stop | None, max_steps: int) -> None:
        """Follow the trials to their ends; as `lohe.dynamics.exponential.follow` has it."""
        self.board()
        while self.busy.any():
            landed, hopeless = self.advance()
            ended = np.full(self.rows.size, -1, dtype=np.int8)
            ended[hopeless | (self.steps >= max_steps)] = FAILED
            ended[landed] = REACHED
            if stop is not None:
                ended[stop(self.x, self.elapsed, self.rows)] = STOPPED
            gone = np.flatnonzero(self.busy & (ended >= 0))
            if gone.size:
                self.leave(gone, ended)
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
        self.rows[columns] = rows
        # A guess may be far too cautious, but hardly so; it is for rejections to shrink steps.
        self.step[columns] = np.maximum(step, _SMALLEST * self.duration)
        self.elapsed[columns], self.steps[columns] = 0.0, 0
        self.busy[columns] = True

    def advance(self) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Try a step of each trial; tell which have landed, and which cannot go on."""
        left = self.duration - self.elapsed
        # An idle column stands still until another trial takes it.
        step = np.where(self.busy, np.minimum(self.step, left), 0.0)
        error = self.method.step(self.x, self.force, step, self.moved, self.force_moved)
        self.steps += 1
        # The estimate that mostly decides grows with the fifth power of the step.
        reach, at_rest = self.method.reach, step * (_AT_REST / self.method.reach)
        within = (step < reach) | ~(error <= self.tolerance)
        factor = _SAFETY * (np.where(within, self.tolerance, at_rest) / error) ** 0.2
        wanted = step * np.minimum(np.fmax(factor, _SHRINK), _GROW)
        wanted = np.where(within, np.minimum(wanted, reach), np.maximum(wanted, reach))
        accepted = error <= np.where(step <= reach, self.tolerance, at_rest)
        rejected = np.flatnonzero(~accepted)
        if rejected.size:
            self.moved[:, :, rejected] = self.x[:, :, rejected]
            self.force_moved[:, :, rejected] = self.force[:, :, rejected]
        self.x, self.moved = self.moved, self.x
        self.force, self.force_moved = self.force_moved, self.force
        landed = accepted & (step >= left)
        self.elapsed = np.where(landed, self.duration, self.elapsed + np.where(accepted, step, 0.0))
        # A step cut short by the end says nothing against the longer one.
        self.step = np.where(landed, np.maximum(self.step, wanted), wanted)
        return landed, ~landed & ~(self.step > _ROUNDING * self.duration)

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
