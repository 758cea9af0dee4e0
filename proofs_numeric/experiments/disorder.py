"""What a spread of natural frequencies does to settling and to the attention weights (T5).

After the frequency disorder of Pasqualetti & Guo (arXiv 2606.12059): every oscillator gets a skew
matrix A whose entries above the diagonal are normal with deviation s. A trial is one oscillator
of the model, drawn uniformly with replacement, with an A and a uniform start of its own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from lohe.dynamics.carried_caps import caps_around, carried_by_motion, share_of_sphere
from lohe.dynamics.lorentz import apply_motion, lorentz_motion
from lohe.dynamics.network import Network
from lohe.dynamics.sphere import norm, uniform
from lohe.proofs_numeric.exact import rationals
from lohe.proofs_numeric.experiments.population import Population
from lohe.proofs_numeric.locking import Locks, examine_locks
from lohe.proofs_numeric.locking_exact import Locked, decide_lock, resolvent

__all__ = ["SPREADS", "Disorder", "frequencies", "resting_points", "sample_disorder"]

Floats = NDArray[np.float64]

SPREADS = (0.01, 0.05, 0.1, 0.5)

_ENTRIES = 1 << 20  # of a block's frequencies


@dataclass(frozen=True, eq=False)
class Disorder:
    """What became of the trials.

    Parameters
    ----------
    locked : (trials,) bool array
        Proved to lock, or proved not to: every one is decided, in exact arithmetic where need be.
    settled : (trials,) bool array
        Within the tolerance of the locked oscillator's resting point at the horizon.
    chance : (trials,) array
        Exact probability of that, over the starts; 0 for an oscillator that does not lock.
    shift : (trials,) array
        Angle between the resting points with and without frequency; NaN if it does not lock.
    weight_shift : (trials,) array
        Sum of the absolute changes of its attention weights, from 0 to 2; NaN without anchors, or
        if it does not lock.
    """

    locked: NDArray[np.bool_]
    settled: NDArray[np.bool_]
    chance: Floats
    shift: Floats
    weight_shift: Floats


def frequencies(rng: np.random.Generator, n: int, d: int, spread: float) -> Floats:
    """Draw skew matrices with independent normal entries above the diagonal, (n, d, d)."""
    above = np.triu(rng.standard_normal((n, d, d)) * spread, k=1)
    return above - np.swapaxes(above, -1, -2)


def sample_disorder(
    population: Population,
    spread: float,
    horizon: float,
    tolerance: float,
    trials: int,
    *,
    rng: np.random.Generator,
    progress: Callable[[int, int], None] | None = None,
) -> Disorder:
    """Draw detuned oscillators and follow each from a uniform start (T5's exact flow).

    Parameters
    ----------
    population
    spread
        Standard deviation s of a frequency's entries.
    horizon
        Time T.
    tolerance
        Distance from the resting point that counts as settled.
    trials
        Oscillators, with replacement.
    rng
        Source of randomness.
    progress
        Called with (trials done, trials in all).

    Returns
    -------
    Disorder
    """
    size = max(1, _ENTRIES // population.d**2)
    parts = []
    for begin in range(0, trials, size):
        count = min(size, trials - begin)
        chosen = rng.integers(population.n, size=count)
        turn = frequencies(rng, count, population.d, spread)
        starts = uniform(rng, count, population.d)
        parts.append(_follow(population, chosen, turn, starts, (horizon, tolerance)))
        if progress is not None:
            progress(begin + count, trials)
    return Disorder(
        *(
            np.concatenate([getattr(part, name) for part in parts])
            for name in Disorder.__dataclass_fields__
        )
    )


def _follow(
    population: Population,
    chosen: NDArray[np.int64],
    turn: Floats,
    starts: Floats,
    judged: tuple[float, float],
) -> Disorder:
    """Follow one oscillator a row; `judged` is the horizon and the tolerance."""
    (horizon, tolerance), drive = judged, population.drive[chosen]
    points = resting_points(Network(drive, frequency=turn))
    locked = ~np.isnan(points[:, 0])
    known = np.where(locked[:, np.newaxis], points, np.eye(population.d)[0])
    motion = lorentz_motion(drive, turn, np.full(len(drive), horizon))
    settled = locked & (norm(apply_motion(motion, starts) - known) <= tolerance)
    chance = share_of_sphere(carried_by_motion(caps_around(known, tolerance), motion))
    length = population.norms[chosen]
    plain = drive / np.where(length > 0, length, 1.0)[:, np.newaxis]
    chord = np.where(locked & (length > 0), norm(known - plain), np.nan)
    before = _weights(population, chosen, plain)
    after = _weights(population, chosen, known)
    moved = np.where(np.isnan(chord), np.nan, np.abs(after - before).sum(axis=1))
    return Disorder(locked, settled, np.where(locked, chance, 0.0), 2 * np.arcsin(chord / 2), moved)


def resting_points(network: Network) -> Floats:
    """Find the resting point of every oscillator that locks; that none is missed is proved.

    `examine_locks` stops at the first oscillator that does not lock; here each one is decided, in
    exact arithmetic where floats leave it open.

    Parameters
    ----------
    network
        With natural frequencies and without crosstalk.

    Returns
    -------
    (n, d) array
        NaN in the rows of oscillators that do not lock.
    """
    locks: Locks = examine_locks(network)
    points = locks.points.copy()
    assert network.frequency is not None
    for i in np.flatnonzero(locks.rates_lower == 0):
        drive, turn = rationals(network.drive[i]), rationals(network.frequency[i])
        outcome = decide_lock(drive, turn)
        if isinstance(outcome, Locked):
            y = np.array([float(v) for v in resolvent(drive, turn, Fraction(outcome.level))])
            points[i] = y / norm(y)
    return points


def _weights(population: Population, chosen: NDArray[np.int64], x: Floats) -> Floats:
    """Return the attention weights of oscillators at rest at x, (n, T); NaN without anchors."""
    networks = population.networks
    keys = max(1 if net.anchors is None else len(net.anchors) for net in networks)
    found = np.full((len(chosen), keys), np.nan)
    first = np.concatenate([[0], np.cumsum([network.n for network in networks])])
    for index, network in enumerate(networks):
        rows = np.flatnonzero(population.network_of[chosen] == index)
        if network.anchors is None or network.couplings is None or not rows.size:
            continue
        raised = np.maximum(0.0, 1 + x[rows] @ network.anchors.T) ** network.readout_exponent
        visible = network.couplings > 0 if network.visible is None else network.visible
        raised *= visible[chosen[rows] - first[index]]
        found[rows] = 0.0
        found[rows, : raised.shape[1]] = raised / raised.sum(axis=1, keepdims=True)
    return found
