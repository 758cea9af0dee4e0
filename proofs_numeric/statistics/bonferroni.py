"""Several bounds that hold together."""

from __future__ import annotations

from lohe.dynamics.errors import InputError
from lohe.proofs_numeric.statistics.counts import require_confidence

__all__ = ["each"]


def each(confidence: float, family: int) -> float:
    """Confidence of each of several bounds that all hold together with the given one.

    Bonferroni's inequality: whatever the bounds have in common, the chance that any of them fails
    is at most the sum of their chances.

    Parameters
    ----------
    confidence
        Of all bounds together, between 0 and 1, exclusive.
    family
        Number of bounds.

    Returns
    -------
    float
        At least `confidence`.

    Raises
    ------
    InputError
        If the confidence or the number makes no sense.

    Examples
    --------
    >>> each(0.99, 10)
    0.999
    """
    require_confidence(confidence)
    if family < 1:
        raise InputError(f"a family of {family} bounds; need at least 1")
    return 1 - (1 - confidence) / family
