"""Whether oscillators do not settle in time for starts near the antipode, or for weak drives.

The chance of a miss is known exactly (T2), and so is what it would be with other drives, or other
starts.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import betainc, expit

from lohe.dynamics.errors import InputError
from lohe.proofs_numeric.experiments.population import Population

__all__ = ["Explanation", "explain", "norm_needed"]

Floats = NDArray[np.float64]

_LEAST_COSINE = -0.9
_EARLY = 4
_DIMENSIONS = (2, 8, 32)
_TAIL = (1e-3, 1e-2, 0.1, 0.3, 1.0, 3.0, 10.0)
_COHERENCES = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5)
_LEVELS = (0.0, 0.001, 0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 1.0)


@dataclass(frozen=True)
class Explanation:
    r"""The share of misses, what it would be otherwise, and whose misses they are.

    Parameters
    ----------
    missed
        Chance that a random oscillator from a uniform start is not settled.
    missed_with_median_drive
        The same if every drive had the median norm.
    missed_away_from_antipode
        The same with the drives as they are, but no start with :math:`c_0 < -0.9`, which are all
        within 26 degrees of the antipode.
    missed_by_dimension
        The same with drives of these norms on spheres of other dimension, by d: what the starts
        alone contribute to the effect of the dimension.
    norm_needed
        The drive norm that settles a start on the equator, :math:`c_0 = 0`, just in time; a weaker
        drive misses half of the starts or more.
    weak
        Share of the oscillators whose drive is weaker.
    missed_by_weak
        Share of the misses that are theirs.
    missed_near_antipode
        Share of the misses whose start has :math:`c_0 < -0.9`.
    antipode_angle_at_median
        Angle from the antipode, in radians, within which a start is missed at the median drive;
        its logarithm to base 10 is beside it, as it is soon below the smallest float.
    norm_quantiles
        Quantiles of the drive norm by level.
    norm_tail
        Share of the oscillators with a norm below each bound.
    weak_starved
        Share of the weak oscillators whose couplings add up to less than `norm_needed`, so that
        no arrangement of unit anchors would drive them in time; the others' anchors cancel. None
        without couplings or without weak ones.
    weak_alone
        Share of the weak oscillators that see one key only, as first tokens of causal heads do;
        None likewise.
    weak_early
        Share of the weak oscillators that are among the first four tokens of their sequences;
        None where sequences are not known, or without weak ones.
    coherence
        Median order parameter :math:`\rho` (T3), the norm over the sum of the couplings; None
        without couplings.
    coherence_tail
        Share of the oscillators whose anchors cancel to less than each bound of :math:`\rho`; of
        anchors in general position the share falls as the power d of a small bound.
    """

    missed: float
    missed_with_median_drive: float
    missed_away_from_antipode: float
    missed_by_dimension: dict[str, float]
    norm_needed: float
    weak: float
    missed_by_weak: float | None
    missed_near_antipode: float | None
    log10_antipode_angle_at_median: float
    norm_quantiles: dict[str, float]
    norm_tail: dict[str, float]
    weak_starved: float | None
    weak_alone: float | None
    weak_early: float | None
    coherence: float | None
    coherence_tail: dict[str, float] | None

    def document(self) -> dict[str, Any]:
        """Return it as values that JSON can hold."""
        return asdict(self)


def norm_needed(horizon: float, tolerance: float) -> float:
    """Return the drive norm that brings a start on the equator within the tolerance in time (T1).

    Examples
    --------
    >>> round(norm_needed(30.0, 0.01), 4)
    0.1766
    """
    if not (horizon > 0 and 0 < tolerance < 2):
        raise InputError("need a positive horizon and a tolerance between 0 and 2")
    return math.atanh(1 - tolerance**2 / 2) / horizon


def explain(population: Population, horizon: float, tolerance: float) -> Explanation:
    """Weigh the two explanations of what has not settled by the horizon.

    Parameters
    ----------
    population
    horizon
        Time T.
    tolerance
        Distance that counts as settled.

    Returns
    -------
    Explanation
    """
    norms, d = population.norms, population.d
    miss = _missed(norms, horizon, tolerance, d)
    median = float(np.median(norms))
    needed = norm_needed(horizon, tolerance)
    # A start is missed below c* = tanh(artanh(1 - eps^2/2) - |h| T).
    below = np.tanh((needed - norms) * horizon)
    near = float(_start_below(np.asarray(_LEAST_COSINE), d))
    caught = np.where(norms > 0, np.maximum(_start_below(below, d) - near, 0.0), 1 - near)
    weak = norms < needed
    missed = float(miss.mean())
    by_weak = float(miss[weak].sum() / miss.sum()) if missed else None
    by_near = float(np.minimum(miss, near).sum() / miss.sum()) if missed else None
    return Explanation(
        missed=missed,
        missed_with_median_drive=float(_missed(np.asarray(median), horizon, tolerance, d)),
        missed_away_from_antipode=float(caught.mean() / (1 - near)),
        missed_by_dimension={
            str(other): float(_missed(norms, horizon, tolerance, other).mean())
            for other in _DIMENSIONS
        },
        norm_needed=needed,
        weak=float(weak.mean()),
        missed_by_weak=by_weak,
        missed_near_antipode=by_near,
        log10_antipode_angle_at_median=_log10_angle(median, horizon, tolerance),
        norm_quantiles={f"{level:g}": float(np.quantile(norms, level)) for level in _LEVELS},
        norm_tail={f"{bound:g}": float((norms < bound).mean()) for bound in _TAIL},
        weak_early=_early(population, weak),
        **_of_couplings(population, weak, needed),
    )


def _missed(norms: Floats, horizon: float, tolerance: float, d: int) -> Floats:
    """Return the chances not to settle (T2), to full relative accuracy however small."""
    a = (d - 1) / 2
    log_odds = 2 * math.log(math.tan(math.asin(tolerance / 2))) + 2 * norms * horizon
    return np.asarray(np.where(norms > 0, betainc(a, a, expit(-log_odds)), 1.0))


def _start_below(cosine: Floats, d: int) -> Floats:
    """Return the probability that a uniform start has a smaller cosine to the drive."""
    a = (d - 1) / 2
    return np.asarray(betainc(a, a, (1 + cosine) / 2))


def _log10_angle(length: float, horizon: float, tolerance: float) -> float:
    """Return log10 of the angle from the antipode that a start needs to settle in time (T1).

    The flow multiplies tan(phi/2), phi the angle from the antipode, by exp(|h| T).
    """
    log_tangent = -math.log(math.tan(math.asin(tolerance / 2))) - length * horizon
    angle = 2 * math.atan(math.exp(log_tangent)) if log_tangent > -30 else 0.0
    return math.log10(angle) if angle else (math.log(2) + log_tangent) / math.log(10)


def _early(population: Population, weak: NDArray[np.bool_]) -> float | None:
    known = all(network.sequence is not None for network in population.networks)
    return float((population.turn_of[weak] < _EARLY).mean()) if known and weak.any() else None


def _of_couplings(population: Population, weak: NDArray[np.bool_], needed: float) -> dict[str, Any]:
    """Return what the couplings tell of weak oscillators."""
    sums, alone = [], []
    for network in population.networks:
        if network.couplings is None:
            names = "weak_starved", "weak_alone", "coherence", "coherence_tail"
            return dict.fromkeys(names)
        sums.append(network.couplings.sum(axis=1))
        alone.append((network.couplings > 0).sum(axis=1) == 1)
    total, single = np.concatenate(sums), np.concatenate(alone)
    rho = np.divide(population.norms, total, out=np.zeros_like(total), where=total > 0)
    return {
        "weak_starved": float((total[weak] < needed).mean()) if weak.any() else None,
        "weak_alone": float(single[weak].mean()) if weak.any() else None,
        "coherence": float(np.median(rho)),
        "coherence_tail": {f"{bound:g}": float((rho < bound).mean()) for bound in _COHERENCES},
    }
