"""Fisher's exact test of paired differences, for scores of whatever distribution."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from lohe.dynamics.errors import InputError

__all__ = ["sign_flip_test"]

# Sums of so many differences with all signs fit in memory, 8 MB; of more, a sample is drawn.
_EXACT = 20

# Sums that are equal but for rounding count as equal.
_ROUNDING = 1e-12


def sign_flip_test(differences: ArrayLike) -> float:
    """Return the chance of so large a sum of differences, either way, if nothing differs.

    If two ways to train give scores of one distribution, every paired difference is as likely to
    have the other sign. No more is assumed: scores may be good but for rare failures.

    Parameters
    ----------
    differences : (n,) array
        Of more than 20, signs are sampled 2²⁰ times, from a fixed seed, and the test stays valid.

    Raises
    ------
    InputError
        If there is none.

    References
    ----------
    R. A. Fisher, The Design of Experiments, Oliver and Boyd, 1935, section 21.

    Examples
    --------
    >>> sign_flip_test([1.0, 2.0, 3.0])  # two of the eight sums are as large
    0.25
    """
    values = np.asarray(differences, dtype=np.float64)
    if values.ndim != 1 or not values.size:
        raise InputError(
            f"differences have shape {values.shape}; need one for each pair, and a pair"
        )
    sums = np.zeros(1)
    for value in values[:_EXACT]:
        sums = np.concatenate([sums + value, sums - value])
    if len(values) > _EXACT:
        rng = np.random.default_rng(0)
        sums = np.zeros(1 << _EXACT)
        for value in values:
            sums += value * rng.choice([-1.0, 1.0], len(sums))
        sums[0] = values.sum()  # what was found is one of the possible
    least = abs(values.sum()) - _ROUNDING * np.abs(values).sum()
    return float(np.mean(np.abs(sums) >= least))
