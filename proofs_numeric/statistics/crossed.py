"""Means over seeds and test items at once: both are samples."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import stdtrit

from lohe.dynamics.errors import InputError
from lohe.proofs_numeric.statistics.counts import require_confidence
from lohe.proofs_numeric.statistics.paired import Estimate

__all__ = ["crossed_mean"]


def crossed_mean(
    table: ArrayLike, clusters: ArrayLike, strata: ArrayLike, confidence: float = 0.95
) -> Estimate:
    """Estimate a mean of runs on a test set, for other seeds and for other items of its kind.

    The variance of the mean is the sum of that over seeds and that over items. What chance does in
    single runs to single items is in both, so the interval errs on the long side. Its degrees of
    freedom are Satterthwaite's.

    Parameters
    ----------
    table : (seeds, items) array
        What each run has of each item, such as the difference between two models.
    clusters : (items,) array
        Equal for items that are not independent, such as clips of one voice.
    strata : (items,) array
        Items of one stratum are averaged first, then the strata; each is of fixed weight.
    confidence
        Between 0 and 1, exclusive.

    Returns
    -------
    Estimate
        Unbounded for a single seed or a single cluster. `count` is the number of seeds.

    Raises
    ------
    InputError
        If the shapes do not fit, or the confidence makes no sense.

    References
    ----------
    F. E. Satterthwaite, An approximate distribution of estimates of variance components,
    Biometrics Bulletin 2 (1946) 110-114.

    Examples
    --------
    >>> found = crossed_mean([[1, 0, 1, 1], [1, 1, 0, 1]], [0, 1, 2, 3], [0, 0, 0, 0])
    >>> found.value, found.lower < 0.4, found.upper > 1
    (0.75, True, True)
    """
    require_confidence(confidence)
    values = np.asarray(table, dtype=np.float64)
    shapes = {np.shape(clusters), np.shape(strata)}
    if values.ndim != 2 or not values.size or shapes != {values.shape[1:]}:
        raise InputError(f"a table of shape {values.shape} needs a cluster and stratum an item")
    _, stratum, sizes = np.unique(strata, return_inverse=True, return_counts=True)
    weights = 1 / (len(sizes) * sizes[stratum])
    scores = values @ weights
    mean = float(scores.mean())

    of_item = values.mean(axis=0)
    residual = of_item - (np.bincount(stratum, of_item) / sizes)[stratum]
    _, cluster = np.unique(clusters, return_inverse=True)
    of_cluster = np.bincount(cluster, weights * residual)

    n, m = len(scores), len(of_cluster)
    if n < 2 or m < 2:
        return Estimate(mean, -math.inf, math.inf, n)
    parts = (
        float(scores.var(ddof=1)) / n,
        float(of_cluster @ of_cluster) * m / (m - 1),
    )
    spread = sum(part**2 / (count - 1) for part, count in zip(parts, (n, m), strict=True))
    freedom = sum(parts) ** 2 / spread if spread else 1.0
    half = float(stdtrit(freedom, (1 + confidence) / 2)) * math.sqrt(sum(parts))
    return Estimate(mean, mean - half, mean + half, n)
