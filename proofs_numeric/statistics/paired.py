"""Means, paired differences and what is computed from them, over runs from several seeds."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import stdtrit

from lohe.dynamics.errors import InputError
from lohe.proofs_numeric.statistics.counts import require_confidence

__all__ = [
    "Estimate",
    "Paired",
    "mean_interval",
    "paired_difference",
    "power_law",
    "ratio_of_means",
]

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Estimate:
    """A number with an interval that holds the true one with a given confidence.

    Parameters
    ----------
    value
        The estimate.
    lower, upper
        May be infinite: one run tells nothing about the spread.
    count
        Runs that it rests on.
    """

    value: float
    lower: float
    upper: float
    count: int

    def holds(self, value: float) -> bool:
        """Return whether a value lies in the interval."""
        return self.lower <= value <= self.upper


@dataclass(frozen=True)
class Paired:
    """A mean difference, and how often it was positive, negative or zero."""

    mean: Estimate
    positive: int
    negative: int
    ties: int


def mean_interval(values: ArrayLike, confidence: float = 0.95) -> Estimate:
    """Estimate the mean of a normal population from independent values, by Student's t.

    Parameters
    ----------
    values : (n,) array
        One a seed.
    confidence
        Between 0 and 1, exclusive.

    Raises
    ------
    InputError
        If there is no value, or the confidence makes no sense.

    Examples
    --------
    >>> estimate = mean_interval([1.0, 2.0, 3.0])
    >>> estimate.value, round(estimate.upper, 3)
    (2.0, 4.484)
    """
    sample = _sample(values)
    value = float(sample.mean())
    half = _half_width(sample, confidence)
    return Estimate(value, value - half, value + half, len(sample))


def paired_difference(left: ArrayLike, right: ArrayLike, confidence: float = 0.95) -> Paired:
    """Estimate the mean of left - right, where values at one place were made from one seed.

    What a seed does to both cancels, and where it does nothing alike the interval is still right.

    Parameters
    ----------
    left, right : (n,) arrays
    confidence
        Between 0 and 1, exclusive.

    Raises
    ------
    InputError
        If the numbers of values differ or are zero, or the confidence makes no sense.

    Examples
    --------
    >>> found = paired_difference([1.0, 3.0, 5.0], [0.0, 1.0, 5.0])
    >>> found.mean.value, found.positive, found.ties
    (1.0, 2, 1)
    """
    a, b = _sample(left), _sample(right)
    if len(a) != len(b):
        raise InputError(f"{len(a)} values cannot be paired with {len(b)}")
    differences = a - b
    return Paired(
        mean_interval(differences, confidence),
        positive=int((differences > 0).sum()),
        negative=int((differences < 0).sum()),
        ties=int((differences == 0).sum()),
    )


def ratio_of_means(
    numerators: ArrayLike, denominators: ArrayLike, confidence: float = 0.95
) -> Estimate:
    r"""Estimate the ratio of two means whose values are paired, by Fieller's theorem.

    A ratio r is in the interval if numerator - r denominator may have mean 0 by Student's t: the
    interval is exact for normal values, where a bootstrap over five seeds would be too short. It
    is unbounded, and so tells nothing, if the denominator may be 0.

    Parameters
    ----------
    numerators, denominators : (n,) arrays
    confidence
        Between 0 and 1, exclusive.

    Raises
    ------
    InputError
        As `paired_difference`.

    References
    ----------
    E. C. Fieller, Some problems in interval estimation, Journal of the Royal Statistical Society
    B 16 (1954) 175-185.

    Examples
    --------
    >>> found = ratio_of_means([1.0, 1.1, 0.9], [4.0, 4.1, 4.2])
    >>> round(found.value, 3), found.lower < 0.25 < found.upper
    (0.244, True)
    """
    require_confidence(confidence)
    a, b = _sample(numerators), _sample(denominators)
    if len(a) != len(b):
        raise InputError(f"{len(a)} values cannot be paired with {len(b)}")
    n, over, under = len(a), float(a.mean()), float(b.mean())
    value = over / under if under else math.nan
    everything = Estimate(value, -math.inf, math.inf, n)
    if n < 2:
        return everything
    # r with (mean of a - r b)² <= (t²/n) (variance of a - r b): a quadratic inequality in r.
    (aa, ab), (_, bb) = (np.cov(a, b) * (_student(n, confidence) ** 2 / n)).tolist()
    square, linear, constant = under**2 - bb, over * under - ab, over**2 - aa
    if square <= 0:
        return everything
    root = math.sqrt(max(0.0, linear**2 - square * constant))
    return Estimate(value, (linear - root) / square, (linear + root) / square, n)


def power_law(
    sizes: ArrayLike, gaps: ArrayLike, confidence: float = 0.95
) -> tuple[Estimate, Estimate]:
    r"""Fit gap = C size^-alpha by least squares of the logarithms of the mean gaps.

    The fit is a smooth function of the mean gaps, so its interval is Student's for the values
    that its derivative gives each seed (the delta method).

    Parameters
    ----------
    sizes : (k,) array
        Positive, at least two of them.
    gaps : (n, k) array
        A row a seed.
    confidence
        Between 0 and 1, exclusive.

    Returns
    -------
    constant, exponent : Estimate
        C and alpha.

    Raises
    ------
    InputError
        If sizes or mean gaps are not positive, or fewer than two sizes differ.

    Examples
    --------
    >>> constant, exponent = power_law([1, 4], [[6.0, 3.0], [6.0, 3.0]])
    >>> round(constant.value, 6), round(exponent.value, 6)
    (6.0, 0.5)
    """
    x, rows = np.asarray(sizes, dtype=np.float64), np.asarray(gaps, dtype=np.float64)
    if rows.ndim != 2 or rows.shape[1:] != x.shape:
        raise InputError(f"gaps have shape {rows.shape}; need a row of {x.size} for each seed")
    means = rows.mean(axis=0)
    if not (x > 0).all() or not (means > 0).all() or len(set(x.tolist())) < 2:
        raise InputError("a power law needs two sizes or more, and positive gaps on the average")
    # Least squares: the logarithm of C and minus alpha are linear in those of the gaps.
    weights = np.linalg.pinv(np.stack([np.ones_like(x), np.log(x)], axis=1))
    intercept, slope = weights @ np.log(means)
    halves = [_half_width(values, confidence) for values in weights @ (rows / means).T]
    n = len(rows)
    return (
        Estimate(_exp(intercept), _exp(intercept - halves[0]), _exp(intercept + halves[0]), n),
        Estimate(-float(slope), -float(slope) - halves[1], -float(slope) + halves[1], n),
    )


def _sample(values: ArrayLike) -> Floats:
    sample = np.asarray(values, dtype=np.float64)
    if sample.ndim != 1 or not sample.size:
        raise InputError(f"values have shape {sample.shape}; need one for each run, and a run")
    return sample


def _half_width(sample: Floats, confidence: float) -> float:
    require_confidence(confidence)
    if len(sample) < 2:
        return math.inf
    return _student(len(sample), confidence) * float(sample.std(ddof=1)) / math.sqrt(len(sample))


def _exp(value: float) -> float:
    return math.exp(value) if value < 700 else math.inf


def _student(n: int, confidence: float) -> float:
    return float(stdtrit(n - 1, (1 + confidence) / 2))
