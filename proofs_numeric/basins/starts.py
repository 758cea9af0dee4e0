"""Draws of starts: uniform, by how near they are to the antipodes, or near saddles."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lohe.dynamics.errors import InputError
from lohe.proofs_numeric.basins.plan import Starts
from lohe.proofs_numeric.basins.points import (
    cap_half_sine,
    cap_share,
    points_around,
    uniform_points,
)

__all__ = ["Draws", "draw", "draw_single", "largest_weight", "nearness_at"]

Floats = NDArray[np.float64]
Bytes = NDArray[np.uint8]

_MOST_STRATA = 256

# Covers the rounding of shares and powers, which is below 1e-12.
_ROOM = 1 + 1e-9
# Radians by which rounding may move a stored point.
_FLOOR = 1e-15


class Draws(NamedTuple):
    """Starts of one block of trials.

    Parameters
    ----------
    states : (n, d, trials) or (trials, d) array
        Unit vectors, C-contiguous; of the whole network, or of single oscillators.
    strata : (trials,) uint8 array
        The stratum of each start; zeros unless starts are stratified.
    weights : (trials,) array or None
        Likelihood of each start, uniform against tilted; None unless starts are tilted.
    """

    states: Floats
    strata: Bytes
    weights: Floats | None


def draw(
    starts: Starts,
    reference: Floats,
    rng: np.random.Generator,
    trials: int,
    first: int = 0,
    *,
    saddles: Floats | None = None,
) -> Draws:
    """Draw starts of a whole network.

    Parameters
    ----------
    starts
        How to draw. Trial j goes to stratum (first + j) mod strata, so that each stratum gets
        the same number whatever the blocks.
    reference : (n, d) array
        Resting point. Only its shape counts for uniform starts and saddles.
    rng
    trials
    first
        Number of the first trial in its campaign.
    saddles : (m, n, d) array, optional
        States to start near; needed by ``saddles``, which picks one of them uniformly for each
        trial.

    Returns
    -------
    Draws
        With states (n, d, trials).

    Raises
    ------
    InputError
        If stratified or tilted starts meet an oscillator without an attracting point, or
        saddles are missing, or are too many strata to count or too small caps to draw from.

    Notes
    -----
    Given u, the least of n independent uniform numbers is m = 1 - (1 - u)^(1/n), each oscillator
    is as likely as any other to hold it, and the others are uniform on (m, 1); so the states have
    exactly the law of uniform ones given u.

    Examples
    --------
    >>> reference = np.array([[0.0, 1.0], [1.0, 0.0]])
    >>> starts = Starts("strata", levels=(1e-3, 0.1))
    >>> found = draw(starts, reference, np.random.default_rng(0), 5)
    >>> found.states.shape, found.strata
    ((2, 2, 5), array([0, 1, 2, 0, 1], dtype=uint8))
    """
    n, d = reference.shape
    if starts.kind == "uniform":
        return Draws(uniform_points(rng, n, d, trials), _no_strata(trials), None)
    if starts.kind == "saddles":
        chosen = rng.integers(len(_given(saddles)), size=trials)
        centres = np.ascontiguousarray(np.moveaxis(_given(saddles)[chosen], 0, -1))
        return Draws(_in_caps(rng, centres, starts.angle), _no_strata(trials), None)
    return _by_nearness(starts, reference[:, :, np.newaxis], rng, trials, first)


def draw_single(
    starts: Starts,
    reference: Floats,
    rng: np.random.Generator,
    first: int = 0,
    *,
    saddles: Floats | None = None,
) -> Draws:
    """Draw starts of single oscillators, one in each trial.

    Parameters
    ----------
    starts, rng, first
        As for `draw`.
    reference : (trials, d) array
        Resting point of each trial's oscillator.
    saddles : (trials, d) array, optional
        The saddle, or repelling point, to start near in each trial; needed by ``saddles``.

    Returns
    -------
    Draws
        With states (trials, d).

    Raises
    ------
    InputError
        As `draw`.
    """
    trials, d = reference.shape
    if starts.kind == "uniform":
        found = Draws(uniform_points(rng, 1, d, trials), _no_strata(trials), None)
    elif starts.kind == "saddles":
        centres = np.ascontiguousarray(_given(saddles).T)[np.newaxis]
        found = Draws(_in_caps(rng, centres, starts.angle), _no_strata(trials), None)
    else:
        rows = np.ascontiguousarray(reference.T)[np.newaxis]
        found = _by_nearness(starts, rows, rng, trials, first)
    return Draws(np.ascontiguousarray(found.states[0].T), found.strata, found.weights)


def nearness_at(angle: float, n: int, d: int) -> float:
    """Nearness u of starts whose nearest oscillator is at the given angle from its antipode.

    Parameters
    ----------
    angle
        Radians between an oscillator and its antipode.
    n
        Oscillators; 1 for trials of single ones.
    d
        Dimension of the ambient space.

    Returns
    -------
    float
        Rounded up, the rounding of stored starts included: where u is larger, every oscillator
        is farther than that from its antipode.

    Examples
    --------
    >>> round(nearness_at(np.pi / 2, 2, 3), 6)
    0.75
    """
    share = cap_share(min(angle + _FLOOR, np.pi), d)
    return float(min(1.0, -_ROOM * np.expm1(n * np.log1p(-share)))) if share < 1 else 1.0


def largest_weight(starts: Starts, nearness: float = 1.0) -> float:
    """Weight that starts up to the given nearness u do not exceed, when they are tilted.

    Examples
    --------
    >>> largest_weight(Starts("tilted", power=4.0))
    4.0
    >>> round(largest_weight(Starts("tilted", power=4.0), 1e-4), 9)
    0.004
    """
    weight = _ROOM * starts.power * nearness ** (1 - 1 / starts.power)
    return float(min(starts.power, weight))


def _by_nearness(
    starts: Starts, reference: Floats, rng: np.random.Generator, trials: int, first: int
) -> Draws:
    """Draw stratified or tilted starts; the reference is (n, d, 1) or (1, d, trials)."""
    if not np.all(np.isfinite(reference)):
        raise InputError(
            f"{starts.kind} starts need an attracting point for every oscillator; "
            "use uniform starts for a network where one has none"
        )
    # Not 0, whose logarithm is infinite.
    v = 1 - rng.random(trials)
    if starts.kind == "tilted":
        strata = _no_strata(trials)
        weights = starts.power * v ** (starts.power - 1)
        return Draws(_at(v**starts.power, reference, rng), strata, weights)
    edges = np.array(starts.edges)
    if len(edges) - 1 > _MOST_STRATA:
        raise InputError(f"{len(edges) - 1} strata are too many; give at most 255 levels")
    strata = ((first + np.arange(trials)) % (len(edges) - 1)).astype(np.uint8)
    low, high = edges[strata], edges[strata + np.intp(1)]
    return Draws(_at(low + (high - low) * v, reference, rng), strata, None)


def _at(u: Floats, reference: Floats, rng: np.random.Generator) -> Floats:
    """Draw states with the given nearness u to the antipodes."""
    n, d, trials = len(reference), reference.shape[1], len(u)
    with np.errstate(divide="ignore"):
        # u = 1 is the reference point itself, and follows.
        log_rest = np.log1p(-u) / n
    least = -np.expm1(log_rest)
    if n == 1:
        return points_around(rng, reference, least[np.newaxis], -1.0)
    nearest, every = rng.integers(n, size=trials), np.arange(trials)
    states = uniform_points(rng, n, d, trials)
    heights = np.einsum("idt,id->it", states, reference[:, :, 0])
    # Where more than half of the sphere is too near to the antipode, redrawing would take long.
    crowded = np.flatnonzero(least > 0.5)
    half = cap_half_sine(np.where(least > 0.5, 0.0, least), d)
    least_height = 2 * half * half - 1
    heights[nearest, every] = 1.0
    heights[:, crowded] = 1.0
    low, trial = np.nonzero(heights < least_height)
    while len(low):
        again = uniform_points(rng, 1, d, len(low))[0]
        states[low, :, trial] = again.T
        failed = np.einsum("dk,kd->k", again, reference[low, :, 0]) < least_height[trial]
        low, trial = low[failed], trial[failed]
    share = np.exp(log_rest[crowded]) * rng.random((n, len(crowded)))
    states[:, :, crowded] = points_around(rng, reference, share)
    centres = np.ascontiguousarray(reference[nearest, :, 0].T)[np.newaxis]
    states[nearest, :, every] = points_around(rng, centres, least[np.newaxis], -1.0)[0].T
    return states


def _in_caps(rng: np.random.Generator, centres: Floats, angle: float) -> Floats:
    n, d, trials = centres.shape
    whole = cap_share(angle, d)
    if whole < 1e-280:
        raise InputError(f"a cap of radius {angle} is too small for d = {d}; choose a larger angle")
    return points_around(rng, centres, whole * rng.random((n, trials)))


def _given(saddles: Floats | None) -> Floats:
    if saddles is None or len(saddles) == 0 or not np.all(np.isfinite(saddles)):
        raise InputError("there is no saddle to start near; use uniform starts")
    return saddles


def _no_strata(trials: int) -> Bytes:
    return np.zeros(trials, dtype=np.uint8)
