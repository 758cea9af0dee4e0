"""Exact confidence bounds on a probability from counted successes."""

from __future__ import annotations

from scipy.special import betaincinv

from lohe.dynamics.errors import InputError
from lohe.proofs_numeric.statistics.counts import require_confidence, require_counts

__all__ = ["clopper_pearson", "clopper_pearson_lower", "clopper_pearson_upper"]


def clopper_pearson(successes: int, trials: int, confidence: float = 0.99) -> tuple[float, float]:
    """Bounds that hold the true probability with at least the given confidence.

    The lower bound is the probability at which so many successes or more would have happened
    with chance (1 - confidence)/2, the upper one that for so many or fewer: exact binomial
    tails, no normal approximation, so all successes out of n never read as certainty.

    Parameters
    ----------
    successes, trials
        Counts of independent, identically distributed trials.
    confidence
        Between 0 and 1, exclusive.

    Returns
    -------
    lower, upper : float
        In [0, 1].

    Raises
    ------
    InputError
        If the counts or the confidence make no sense.

    References
    ----------
    C. J. Clopper, E. S. Pearson, The use of confidence or fiducial limits illustrated in the
    case of the binomial, Biometrika 26 (1934) 404-413.

    Examples
    --------
    >>> lower, upper = clopper_pearson(1000, 1000, 0.99)
    >>> round(lower, 6), upper
    (0.994716, 1.0)
    """
    require_confidence(confidence)
    both = (1 + confidence) / 2
    return (
        clopper_pearson_lower(successes, trials, both),
        clopper_pearson_upper(successes, trials, both),
    )


def clopper_pearson_lower(successes: int, trials: int, confidence: float = 0.99) -> float:
    """Bound a probability from below alone, with the whole error on that side.

    Examples
    --------
    >>> round(clopper_pearson_lower(1000, 1000, 0.99), 6)
    0.995405
    """
    tail = _tail(successes, trials, confidence)
    if successes == 0:
        return 0.0
    return float(betaincinv(successes, trials - successes + 1, tail))


def clopper_pearson_upper(successes: int, trials: int, confidence: float = 0.99) -> float:
    """Bound a probability from above alone: the mirror image of `clopper_pearson_lower`."""
    tail = _tail(successes, trials, confidence)
    failures = trials - successes
    return 1 - float(betaincinv(failures, successes + 1, tail)) if failures else 1.0


def _tail(successes: int, trials: int, confidence: float) -> float:
    require_counts(successes, trials)
    require_confidence(confidence)
    if trials == 0:
        raise InputError("no trials bound nothing; need at least 1")
    return 1 - confidence
