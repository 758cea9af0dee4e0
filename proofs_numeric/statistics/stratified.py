"""Bounds on a probability from trials in strata whose own probabilities are known exactly."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lohe.dynamics.errors import InputError
from lohe.proofs_numeric.statistics.clopper_pearson import (
    clopper_pearson_lower,
    clopper_pearson_upper,
)
from lohe.proofs_numeric.statistics.counts import require_confidence

__all__ = ["error_shares", "stratified_bounds"]

Floats = NDArray[np.float64]

_SUM_GUARD = 1e-9


def stratified_bounds(
    successes: ArrayLike,
    trials: ArrayLike,
    probabilities: ArrayLike,
    confidence: float = 0.99,
    *,
    known: ArrayLike | None = None,
) -> tuple[float, float, float]:
    r"""Bound :math:`\sum_s \pi_s p_s`, where stratum s has the known probability :math:`\pi_s`.

    Each unknown p_s gets one-sided Clopper-Pearson bounds with its share of the error
    (`error_shares`), so that all of one side hold together by Bonferroni's inequality, and the sum
    with them. The numbers of trials must be fixed beforehand.

    Parameters
    ----------
    successes, trials : (strata,) int arrays
    probabilities : (strata,) array
        Of the strata; they add up to 1.
    confidence
        Between 0 and 1, exclusive; half of the error is left to each side.
    known : (strata,) array, optional
        What p_s is known to be, such as 1 in a stratum of which it is proved; NaN where it is
        not known. A known stratum needs no trials.

    Returns
    -------
    fraction : float
        The weighted frequency, without bias.
    lower, upper : float

    Raises
    ------
    InputError
        If the counts or probabilities make no sense, an unknown stratum has no trials, or counts
        contradict what is known.

    Examples
    --------
    A thousand trials in each of two strata, one of them rare and bad:

    >>> fraction, lower, upper = stratified_bounds([1000, 100], [1000, 1000], [0.999, 0.001])
    >>> round(fraction, 6), round(lower, 4), upper < 0.99994
    (0.9991, 0.9935, True)
    """
    require_confidence(confidence)
    happened, total = np.asarray(successes, np.int64), np.asarray(trials, np.int64)
    shares = np.asarray(probabilities, np.float64)
    fixed = np.full(shares.shape, np.nan) if known is None else np.asarray(known, np.float64)
    if not shares.ndim == 1 or not happened.shape == total.shape == shares.shape == fixed.shape:
        raise InputError(
            f"successes {happened.shape}, trials {total.shape}, probabilities {shares.shape}: "
            "give one of each for every stratum"
        )
    if not (np.all(shares >= 0) and abs(math.fsum(shares) - 1) <= _SUM_GUARD):
        raise InputError(f"the strata's probabilities add up to {math.fsum(shares)}; they need 1")
    if np.any((fixed < 0) | (fixed > 1)):
        raise InputError("a known probability is not between 0 and 1; give NaN where unknown")
    sampled = np.isnan(fixed)
    refuted = ((fixed == 1) & (happened < total)) | ((fixed == 0) & (happened > 0))
    if np.any(refuted):
        wrong = int(np.flatnonzero(refuted)[0])
        raise InputError(
            f"stratum {wrong} has {happened[wrong]} successes of {total[wrong]}, against "
            f"its known probability {fixed[wrong]}; do not pass it as known"
        )
    if np.any(total[sampled] < 1):
        missing = int(np.flatnonzero(sampled & (total < 1))[0])
        raise InputError(f"stratum {missing} has no trials; draw at least one in each")
    lows, highs, middles = fixed.copy(), fixed.copy(), fixed.copy()
    errors = (1 - confidence) / 2 * error_shares(shares[sampled], total[sampled])
    for stratum, error in zip(np.flatnonzero(sampled), errors, strict=True):
        k, n = int(happened[stratum]), int(total[stratum])
        lows[stratum] = clopper_pearson_lower(k, n, 1 - error)
        highs[stratum] = clopper_pearson_upper(k, n, 1 - error)
        middles[stratum] = k / n
    lower, fraction, upper = (math.fsum(shares * each) for each in (lows, middles, highs))
    return fraction, max(0.0, lower), min(1.0, upper)


def error_shares(probabilities: Floats, trials: NDArray[np.int64]) -> Floats:
    r"""Split the error among strata, knowing nothing of their results.

    Where all trials of a stratum agree, its bound is log(1/error_s)/n_s away, and
    :math:`\sum_s \pi_s \log(1/\alpha_s)/n_s` is least for :math:`\alpha_s \propto \pi_s/n_s`. Half
    of the error is split so, for the strata that make up most of the probability; the other half
    evenly, since rare strata decide where hardly anything happens outside them.

    Parameters
    ----------
    probabilities, trials : (strata,) arrays

    Returns
    -------
    (strata,) array
        Adds up to 1.

    Examples
    --------
    >>> error_shares(np.array([0.98, 0.02]), np.array([100, 100]))
    array([0.74, 0.26])
    """
    if not len(trials):
        return np.empty(0)
    spread = probabilities / trials
    total = np.sum(spread)
    even = np.full(len(trials), 1 / len(trials))
    return np.asarray((spread / total + even) / 2 if total > 0 else even)
