"""How many oscillators settle in a given time, from random starts and from those before them.

After the convergence experiment of Pasqualetti & Guo (arXiv 2606.12059): 57,900 solves with T = 30
and an error below 0.01. A trial is one oscillator of the model, drawn uniformly with replacement,
from a fresh uniform start; in the sequential experiment the uniform start is that of the first
token of its sequence, and every oscillator up to the drawn one takes its turn from where the one
before ended. Either way trials are independent and alike, so the counts are binomial.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from lohe.dynamics.sequential import follow_in_turn, settled_in_turn
from lohe.dynamics.settling import converged_probability, settle
from lohe.dynamics.sphere import norm, uniform
from lohe.proofs_numeric.experiments.population import Population

__all__ = ["SOLVES", "random_starts", "sequential_chance", "sequential_starts"]

Floats = NDArray[np.float64]

SOLVES = 57_900
"""Trials of the published experiment."""

_BLOCK = 8192


def random_starts(
    population: Population,
    horizons: Sequence[float],
    tolerance: float,
    solves: int,
    *,
    rng: np.random.Generator,
) -> tuple[NDArray[np.bool_], Floats]:
    """Tell which of randomly started oscillators settle by each horizon (T1), and the chance (T2).

    Parameters
    ----------
    population
    horizons
        Times T; the same starts are judged at all of them.
    tolerance
        Distance from the resting point that counts as settled.
    solves
        Trials.
    rng
        Source of randomness.

    Returns
    -------
    settled : (horizons, solves) bool array
    predicted : (horizons,) array
        Mean over all oscillators of the exact probability.
    """
    settled = np.empty((len(horizons), solves), dtype=np.bool_)
    for begin in range(0, solves, _BLOCK):
        rows = slice(begin, min(begin + _BLOCK, solves))
        chosen = rng.integers(population.n, size=rows.stop - begin)
        starts = uniform(rng, len(chosen), population.d)
        for place, horizon in enumerate(horizons):
            ended = settle(starts, population.drive[chosen], horizon)
            settled[place, rows] = _at_rest(population, chosen, ended, tolerance)
    times = np.asarray(horizons, dtype=np.float64)[:, np.newaxis]
    chance = converged_probability(population.norms, times, tolerance, population.d)
    return settled, chance.mean(axis=1)


def sequential_starts(
    population: Population,
    horizon: float,
    tolerance: float,
    solves: int,
    *,
    rng: np.random.Generator,
) -> NDArray[np.bool_]:
    """Tell which oscillators settle that start where the one of the token before ended.

    Parameters
    ----------
    population, tolerance, solves, rng
        As in `random_starts`.
    horizon
        Time T of every turn.

    Returns
    -------
    (solves,) bool array
    """
    settled = np.empty(solves, dtype=np.bool_)
    for begin in range(0, solves, _BLOCK):
        rows = slice(begin, min(begin + _BLOCK, solves))
        chosen = rng.integers(population.n, size=rows.stop - begin)
        starts = uniform(rng, len(chosen), population.d)
        chains, stops = population.chain_of[chosen], population.turn_of[chosen]
        ended = follow_in_turn(starts, population.chains[chains], horizon, stops)
        settled[rows] = _at_rest(population, chosen, ended, tolerance)
    return settled


def sequential_chance(population: Population, horizon: float, tolerance: float) -> Floats:
    """Return each oscillator's exact probability to settle in its turn, (n,)."""
    chance = settled_in_turn(population.chains, horizon, tolerance)
    return np.asarray(chance[population.chain_of, population.turn_of])


def _at_rest(
    population: Population, chosen: NDArray[np.int64], x: Floats, tolerance: float
) -> NDArray[np.bool_]:
    """Tell which states are within the tolerance of the resting points; none without drive."""
    length = population.norms[chosen]
    driven = length > 0
    toward = population.drive[chosen] / np.where(driven, length, 1.0)[:, np.newaxis]
    return np.asarray(driven & (norm(x - toward) <= tolerance))
