r"""Bounds on a probability from weighted trials (importance sampling), at any time.

Trial i gives z_i, its weight where the event happened and 0 where not, so that the mean of z is
the probability wanted. With 0 <= z <= W, put y = z/W, of mean m. A gambler who stakes the fixed
share g of the capital on every trial, at odds fair for m, has after n trials

.. math:: \prod_i \left(1 - g + g\,y_i/m\right),

a martingale of mean 1, and so is the average over gamblers with different g. By Ville's inequality
it ever reaches 1/error with chance at most `error`. The capital falls as m grows: what it refutes
lies below a lower bound. The upper bound is the lower one of 1 - y.

As the stakes are fixed, only the values that are not 0 and the number of trials matter. They are
2^-j for j = 0 ... 30, which holds a nearly best one for every spread of the weights and up to some
10^9 trials; a quarter of the capital is staked in full (j = 0), the best when no event was seen.

What no upper bound can beat: had the event the probability q under the tilted law, always with
weight W, n trials would miss it with chance (1 - q)^n; so as long as this is not proved to be
impossible, the upper bound stays above about W log(1/error)/n, however rare the events seen.
Tilting makes rare failures measurable from below. To bound them from above as sharply, prove that
the event cannot happen where the weights are large, and give the largest that is left as W.

References
----------
I. Waudby-Smith, A. Ramdas, Estimating means of bounded random variables by betting, Journal of the
Royal Statistical Society B 86 (2024) 1-27. J. L. Kelly, A new interpretation of information rate,
Bell System Technical Journal 35 (1956) 917-926.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import brentq
from scipy.special import expit

from lohe.dynamics.errors import InputError
from lohe.proofs_numeric.statistics.counts import require_confidence

__all__ = ["weighted_bounds"]

Floats = NDArray[np.float64]

_STAKES = 2.0 ** -np.arange(31)
_CAPITAL = np.array([0.25] + [0.025] * 30)

_ROUNDING = 16 * float(np.finfo(np.float64).eps)

# More values than this are rounded to so many binary digits, away from what they would refute.
_MANY, _DIGITS = 2**14, 10

# Log-odds beyond which a mean cannot be told from 0.
_FARTHEST = 700.0


def weighted_bounds(
    values: ArrayLike, trials: int, largest: float, confidence: float = 0.99
) -> tuple[float, float]:
    """Bound the mean of weighted independent trials, as often as one likes.

    With at least the given confidence the bounds hold at all numbers of trials together.

    Parameters
    ----------
    values : (k,) array
        Weights of the trials in which the event happened, in any order; zeros may be left out.
    trials
        Number of all trials.
    largest
        A weight that the event never exceeds, W.
    confidence
        Between 0 and 1, exclusive; half of the error is left to each side.

    Returns
    -------
    lower, upper : float
        In [0, 1], as the mean is a probability.

    Raises
    ------
    InputError
        If there are more values than trials, or they do not lie between 0 and `largest`.

    Examples
    --------
    Thirty events in a thousand trials, each with a weight of 1e-4:

    >>> lower, upper = weighted_bounds([1e-4] * 30, 1000, 4.0)
    >>> round(lower * 1e6, 2), round(upper, 4)
    (1.26, 0.0266)
    """
    require_confidence(confidence)
    z = np.asarray(values, dtype=np.float64).ravel()
    if not (np.isfinite(largest) and largest > 0 and np.all((z >= 0) & (z <= largest))):
        raise InputError(
            f"a weight is not between 0 and the largest, {largest}; give its true value"
        )
    z = z[z > 0]
    if len(z) > trials:
        raise InputError(f"{len(z)} weights of {trials} trials; give the number of all trials")
    zeros, threshold = trials - len(z), math.log(2) - math.log1p(-confidence)
    low, low_counts = _grouped(z, -1)
    high, high_counts = _grouped(z, 1)
    low, high = low / largest, np.minimum(high / largest, 1.0)
    log_odds_low = _least_log_odds(low, 1 - low, low_counts, (0.0, 1.0, zeros), threshold)
    log_odds_high = _least_log_odds(1 - high, high, high_counts, (1.0, 0.0, zeros), threshold)
    lower, upper = largest * float(expit(log_odds_low)), largest * float(expit(-log_odds_high))
    most = min(1.0, largest)
    return min(most, math.nextafter(lower, 0.0)), min(most, math.nextafter(upper, math.inf))


def _grouped(z: Floats, direction: int) -> tuple[Floats, Floats]:
    """Return the values and how often each occurs; many are rounded in the given direction."""
    if len(z) > _MANY:
        digits, exponent = np.frexp(z)
        rounded = np.floor if direction < 0 else np.ceil
        z = np.ldexp(rounded(np.ldexp(digits, _DIGITS)), exponent - _DIGITS)
    found, counts = np.unique(z, return_counts=True)
    return found, counts.astype(np.float64)


def _least_log_odds(
    y: Floats, rest: Floats, counts: Floats, others: tuple[float, float, int], threshold: float
) -> float:
    """Return the log-odds below which every mean of y is refuted.

    `rest` is 1 - y; `others` are one more value of y, its rest and how often it occurs.
    """
    y, rest = np.append(y, others[0]), np.append(rest, others[1])
    counts = np.append(counts, float(others[2]))
    y, rest, counts = y[counts > 0], rest[counts > 0], counts[counts > 0]
    average, total = float(counts @ y), float(counts.sum())
    if average == 0:
        return -math.inf
    stakes = _STAKES[:, np.newaxis]

    def excess(log_odds: float) -> float:
        # y/m - 1, with m = 1/(1 + exp(-log_odds)), so that nothing cancels.
        gain = y * math.exp(-log_odds) - rest
        logs = np.log1p(stakes * gain)
        capital = logs @ counts
        capital -= _ROUNDING * (np.abs(logs) @ counts + total)
        most = float(capital.max())
        return most + math.log(np.exp(capital - most) @ _CAPITAL) - threshold

    # At the average itself no gambler has won.
    missing = float(counts @ rest)
    high = math.log(average) - math.log(missing) if missing > 0 else math.log(total)
    high = min(max(high, -_FARTHEST), _FARTHEST)
    # Who stakes everything on 0 is ruined: the logarithm of 0.
    with np.errstate(divide="ignore"):
        while excess(high) >= 0:
            high += 1
        step = 1.0
        while excess(high - step) < 0:
            if high - step < -_FARTHEST:
                return -math.inf
            step *= 2
        found = float(brentq(excess, high - step, high, xtol=1e-9))
        step = 1e-9
        while excess(found) < 0:
            found -= step
            step *= 2
    return found
