"""The mean difference of scores of runs that mostly do well, and now and then fail."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from lohe.proofs_numeric.statistics.clopper_pearson import clopper_pearson_upper
from lohe.proofs_numeric.statistics.paired import Estimate, mean_interval, paired_difference

__all__ = ["difference_with_failures"]


def difference_with_failures(
    left: ArrayLike, right: ArrayLike, bound: float, confidence: float = 0.95
) -> Estimate:
    """Estimate the mean of left - right, of scores from 0 to 1 some of which may be failures.

    Student's interval cannot see a failure that is too rare to have happened. Here it is only for
    pairs of which neither has failed. A pair of which one has may differ by as much as 1, and is as
    frequent as Clopper and Pearson's bounds allow; the three bounds share the error.

    Parameters
    ----------
    left, right : (n,) arrays
        Paired as for `paired_difference`.
    bound
        A run whose score is less has failed.
    confidence
        Between 0 and 1, exclusive.

    Raises
    ------
    InputError
        As `paired_difference`.

    Examples
    --------
    >>> found = difference_with_failures([0.9] * 20, [0.9] * 20, 0.8)
    >>> found.value, round(found.upper, 2)  # a failure in 20 runs is likely not to be seen
    (0.0, 0.19)
    """
    value = paired_difference(left, right, confidence).mean.value
    a, b = np.asarray(left, dtype=np.float64), np.asarray(right, dtype=np.float64)
    n, each = len(a), 1 - (1 - confidence) / 3
    failed = np.minimum(a, b) < bound
    loss, gain = (
        clopper_pearson_upper(int((failed & side).sum()), n, each) for side in (a < b, a > b)
    )
    if failed.all():
        return Estimate(value, -1.0, 1.0, n)
    usual = mean_interval((a - b)[~failed], each)
    lower = usual.lower * (1 - loss - gain if usual.lower > 0 else 1) - loss
    upper = usual.upper * (1 - loss - gain if usual.upper < 0 else 1) + gain
    return Estimate(value, max(-1.0, lower), min(1.0, upper), n)
