r"""The rate and the time of agreement on every device (theorem T12), in rationals and Arb balls.

With the overlap :math:`\delta`, errors of at most :math:`\eta` in each row of the crosstalk and the
least cosine c of the start, the rate is :math:`\delta - 2\eta`, or :math:`\delta - 2\eta/\sqrt{1 -
c^2}` for c < 0, in the plane, and :math:`\delta - \eta(1 + 1/c)` in more dimensions.
"""

from __future__ import annotations

from fractions import Fraction

from flint import arb, ctx

from lohe.proofs_numeric.enclosure import float_down, float_up, sqrt_down
from lohe.proofs_numeric.settling_bound import arb_upper

__all__ = ["agreement_rate", "agreement_time_upper"]

_PRECISION = 192


def agreement_rate(overlap: float, cosine: float, errors: float, *, plane: bool) -> float:
    """Bound from below the rate that errors of the crosstalk leave; not positive if none is left.

    Parameters
    ----------
    overlap
        Lower bound of the overlap.
    cosine
        Lower bound of the start's least cosine, positive unless in the plane.
    errors
        Largest sum of absolute errors in a row of the crosstalk.
    plane
        Whether d = 2.

    Examples
    --------
    >>> agreement_rate(1.0, 0.5, 0.125, plane=True), agreement_rate(1.0, 0.5, 0.125, plane=False)
    (0.75, 0.625)
    """
    if not errors:
        return overlap
    eta, c = Fraction(errors), Fraction(cosine)
    if not plane:
        return float_down(Fraction(overlap) - eta * (1 + 1 / c))
    sine = Fraction(1) if c >= 0 else sqrt_down(1 - c * c)
    return float_down(Fraction(overlap) - 2 * eta / sine) if sine else 0.0


def agreement_time_upper(rate: float, epsilon: float, cosine: float, *, plane: bool) -> float:
    """Bound from above the time until all states are within `epsilon` of each other.

    Parameters
    ----------
    rate
        Positive, by `agreement_rate`.
    epsilon
        Distance in (0, 2).
    cosine
        Lower bound of the start's least cosine, above -1 in the plane and else positive.
    plane
        Whether d = 2.

    Returns
    -------
    float
        0 if they are from the start; infinity if the time exceeds the largest float.

    Examples
    --------
    >>> 5.29 < agreement_time_upper(1.0, 0.01, 0.0, plane=True) < 5.30
    True
    """
    if Fraction(cosine) >= 1 - Fraction(epsilon) ** 2 / 2:
        return 0.0
    with ctx.workprec(_PRECISION):
        c, square = arb(cosine), arb(epsilon) * arb(epsilon)
        apart = (1 - c) / (1 + c) if plane else (1 - c) / c
        spread = apart.log() + (((4 if plane else 2) - square) / square).log()
        return max(float_up(arb_upper(spread / (2 * arb(rate)))), 0.0)
