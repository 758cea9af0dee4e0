"""The adaptive Dormand-Prince pair of orders 5 and 4, each state of a batch at its own pace."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lohe.dynamics.errors import InputError

__all__ = ["Integration", "dormand_prince"]

Floats = NDArray[np.float64]

# Coefficients of RK5(4)7M; the last stage of a step is the first of the next.
_STAGES = (
    (1 / 5,),
    (3 / 40, 9 / 40),
    (44 / 45, -56 / 15, 32 / 9),
    (19372 / 6561, -25360 / 2187, 64448 / 6561, -212 / 729),
    (9017 / 3168, -355 / 33, 46732 / 5247, 49 / 176, -5103 / 18656),
    (35 / 384, 0.0, 500 / 1113, 125 / 192, -2187 / 6784, 11 / 84),
)
_ERROR = (71 / 57600, 0.0, -71 / 16695, 71 / 1920, -17253 / 339200, 22 / 525, -1 / 40)

# Customary safeguards: aim a little below the tolerance, and change the step by bounded factors.
_SAFETY, _SHRINK, _GROW = 0.9, 0.2, 5.0


@dataclass(frozen=True)
class Integration:
    """What an adaptive integration reached.

    Parameters
    ----------
    x : (batch, n, d) array
        Final states; where `finished` is false, the last state that was accepted.
    finished : (batch,) bool array
        Whether each state reached the end. The others became non-finite, or needed a step below
        rounding or more steps than allowed.
    steps : (batch,) int array
        Accepted and rejected steps of each state.
    """

    x: Floats
    finished: NDArray[np.bool_]
    steps: NDArray[np.int64]


def dormand_prince(
    field: Callable[[Floats], Floats],
    x: Floats,
    duration: float,
    *,
    tolerance: float = 1e-9,
    max_steps: int = 100_000,
) -> Integration:
    """Integrate a batch of states for a time `duration` with error control.

    Parameters
    ----------
    field
        Velocity of (batch, n, d) states, for example ``partial(vector_field, network)``.
    x : (batch, n, d) array
        Starts, unit vectors along the last axis; accepted steps are scaled back to the sphere.
    duration
        Time to integrate, not negative.
    tolerance
        Bound on the estimated error of a step, for the worst coordinate; states are of order 1,
        so absolute and relative error are the same.
    max_steps
        Steps allowed to each state.

    Returns
    -------
    Integration

    Raises
    ------
    InputError
        If the duration or the tolerance cannot be used.

    References
    ----------
    J. R. Dormand, P. J. Prince, A family of embedded Runge-Kutta formulae, J. Comput. Appl.
    Math. 6 (1980) 19-26.

    Examples
    --------
    >>> from lohe.dynamics.sphere import project
    >>> toward = np.array([1.0, 0.0])
    >>> end = dormand_prince(lambda x: project(x, toward), np.array([[[0.0, 1.0]]]), 30.0)
    >>> end.x.round(9)
    array([[[1., 0.]]])
    """
    if not (np.isfinite(duration) and duration >= 0 and tolerance > 0):
        raise InputError("need a finite duration >= 0 and a tolerance > 0")
    if x.ndim != 3:
        raise InputError(f"states have shape {x.shape}; expected (batch, n, d)")
    end = x.copy()
    finished = np.full(len(x), duration == 0)
    steps = np.zeros(len(x), dtype=np.int64)

    rows = np.flatnonzero(~finished)
    state, left = x[rows], np.full(rows.size, float(duration))
    velocity = field(state)
    step = np.minimum(left, _first_step(velocity, tolerance))
    while rows.size:
        steps[rows] += 1
        moved, velocity_after, error = _attempt(field, state, velocity, step)
        with np.errstate(divide="ignore", invalid="ignore"):
            factor = np.clip(_SAFETY * (tolerance / error) ** 0.2, _SHRINK, _GROW)
        factor[np.isnan(error)] = _SHRINK
        accepted = error <= tolerance
        landed = accepted & (step >= left)
        take = accepted[:, np.newaxis, np.newaxis]
        state = np.where(take, moved, state)
        velocity = np.where(take, velocity_after, velocity)
        left = np.where(accepted, left - step, left)
        step = np.minimum(left, step * factor)
        # Written so that NaN, from a field that is not finite, counts as hopeless.
        hopeless = ~(step > 4 * np.finfo(np.float64).eps * duration) & ~(step >= left)
        gone = landed | hopeless | (steps[rows] >= max_steps)
        if np.any(gone):
            end[rows[gone]] = state[gone]
            finished[rows[landed]] = True
            stay = ~gone
            rows, state, velocity = rows[stay], state[stay], velocity[stay]
            left, step = left[stay], step[stay]
    return Integration(end, finished, steps)


def _first_step(velocity: Floats, tolerance: float) -> Floats:
    """Guess a step small enough for any field of this speed; it then grows by itself."""
    speed = np.max(np.linalg.norm(velocity, axis=-1), axis=-1)
    with np.errstate(divide="ignore"):
        return np.asarray(tolerance**0.2 / speed)


def _attempt(
    field: Callable[[Floats], Floats], x: Floats, velocity: Floats, step: Floats
) -> tuple[Floats, Floats, Floats]:
    """Make one step of order 5; return the state, its velocity and the estimated error."""
    stride = step[:, np.newaxis, np.newaxis]
    stages = [velocity]
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        for coefficients in _STAGES:
            moved = x + stride * _combine(coefficients, stages)
            if len(stages) < len(_STAGES):
                stages.append(field(moved))
        moved /= np.linalg.norm(moved, axis=-1, keepdims=True)
        stages.append(field(moved))
        error = np.max(np.abs(stride * _combine(_ERROR, stages)), axis=(-2, -1))
    return moved, stages[-1], np.asarray(error)


def _combine(coefficients: tuple[float, ...], stages: list[Floats]) -> Floats:
    terms = (c * k for c, k in zip(coefficients, stages, strict=True) if c)
    total = next(terms).copy()
    for term in terms:
        total += term
    return total
