"""Schemes judged by the energy that is left after so many calls, each at its best step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lohe.attention.accelerated.decay import energy_decay
from lohe.attention.accelerated.problems import Cloud
from lohe.dynamics.errors import InputError

__all__ = ["STEPS", "Judged", "choose_steps", "judge"]

Floats = NDArray[Any]

STEPS = tuple(2.0 ** (k / 2) for k in range(-6, 9))
"""The steps that are tried: from 1/8 to 16, by factors of the root of two."""

_LEAST = 1e-30  # shares of the energy below are not told apart


@dataclass(frozen=True, eq=False)
class Judged:
    """What a scheme left of the energy, by problem.

    Parameters
    ----------
    left : (budgets, problems) array
        Energy after each budget of calls, as a share of that at the start. A run that ends above
        it, or leaves every bound, counts as one that was never begun: 1.
    broken : (budgets,) array of int
        How many runs did.
    exponent : (problems,) array
        Of the power of the calls with which the energy falls over the last three quarters of the
        largest budget, by least squares; not a number where the run broke.
    reached : (levels, problems) array
        Calls until the energy is below each share of that at the start, in the run of the largest
        budget; infinite where it is not.
    """

    left: Floats
    broken: NDArray[np.int64]
    exponent: Floats
    reached: Floats


def choose_steps(
    clouds: Cloud, scheme: str, steps: Sequence[float], budgets: Sequence[int]
) -> list[float]:
    """Return the best step for each budget of calls.

    The best leaves the least of the energy, in the geometric mean over the clouds, among the steps
    with which no run ends above its start; the smallest if there is none.

    Parameters
    ----------
    clouds : Cloud
        A stack; other problems than those on which the scheme is judged, or its step flatters it.
    scheme
        See `run_particles`.
    steps, budgets
        What is tried, and calls.

    Raises
    ------
    InputError
        If there is no step or no budget.
    """
    if not steps or not budgets:
        raise InputError("give at least one step and one number of calls")
    scores = []
    for step in sorted(steps):
        left = _course(clouds, scheme, step, max(budgets), budgets)
        score = np.log(np.maximum(left, _LEAST)).mean(axis=1)
        scores.append(np.where((left <= 1).all(axis=1), score, np.inf))
    best = np.argmin(np.array(scores), axis=0)
    return [sorted(steps)[k] for k in best]


def judge(
    clouds: Cloud,
    scheme: str,
    steps: Sequence[float],
    budgets: Sequence[int],
    levels: Sequence[float],
) -> Judged:
    """Run a scheme on a stack of clouds.

    Parameters
    ----------
    clouds, scheme
        See `choose_steps`.
    steps, budgets
        For each number of calls the step to be used; budgets rise.
    levels
        Shares of the energy at the start.
    """
    left = np.stack([
        _course(clouds, scheme, step, budget, [budget])[0]
        for step, budget in zip(steps[:-1], budgets[:-1], strict=True)
    ] + [np.ones(clouds.x.shape[:-2])])  # fmt: skip
    run = energy_decay(clouds.particles, clouds.x, scheme, step=steps[-1], calls=budgets[-1])
    with np.errstate(over="ignore"):
        course = run.energy / run.energy[0]
    left[-1] = course[-1]
    broken = ~(left <= 1)
    late = run.calls >= run.calls[-1] / 4
    with np.errstate(invalid="ignore", divide="ignore"):
        exponent = -_slope(np.log(run.calls[late]), np.log(course[late]))
    below = [course <= level for level in levels]
    reached = [np.where(b.any(axis=0), run.calls[b.argmax(axis=0)], np.inf) for b in below]
    return Judged(
        np.where(broken, 1.0, np.maximum(left, _LEAST)),
        broken.sum(axis=1),
        np.where(broken[-1], np.nan, exponent),
        np.array(reached),
    )


def _course(clouds: Cloud, scheme: str, step: float, calls: int, at: Sequence[int]) -> Floats:
    """Return the share of the energy after each number of calls, (numbers, problems)."""
    run = energy_decay(clouds.particles, clouds.x, scheme, step=step, calls=calls)
    places = np.searchsorted(run.calls, at, side="right") - 1
    with np.errstate(over="ignore"):
        return np.asarray(run.energy[places] / run.energy[0])


def _slope(x: Floats, y: Floats) -> Floats:
    """Return the slopes of straight lines through the columns of y."""
    weights = x - x.mean()
    return np.asarray(weights @ y / (weights @ weights))
