r"""A rigorous settling time from a random start (theorem T2), in ball arithmetic.

For a start uniform on the sphere, :math:`(1 + c_0)/2` is Beta(a, a) with a = (d - 1)/2, where
:math:`c_0` is the cosine to the resting point. A float z with :math:`I_z(a, a) \le \delta` then
bounds the time after which the distance is at most :math:`\epsilon`, with probability
:math:`1 - \delta` or more:
:math:`t = (\log((4 - \epsilon^2)/\epsilon^2) - \log(z/(1 - z))) / (2 \|h\|)`.
"""

from __future__ import annotations

import math
from fractions import Fraction

from flint import arb, ctx
from scipy.special import betaincinv

from lohe.proofs_numeric.enclosure import float_up

__all__ = ["cap_quantile", "settling_time_upper"]

_PRECISION = 192


def cap_quantile(delta: float, d: int) -> float:
    r"""Return a float z, as large as is easily proved, with P((1 + c_0)/2 < z) <= delta.

    Parameters
    ----------
    delta
        A probability in (0, 1).
    d
        Dimension of the ambient space, at least 2.

    Returns
    -------
    float
        0.0 if no positive float can be proved (`delta` is extremely small).

    Examples
    --------
    >>> cap_quantile(0.25, 3)
    0.25
    """
    shape = (d - 1) / 2
    guess = min(float(betaincinv(shape, shape, delta)), math.nextafter(1.0, 0.0))
    step = 2.0**-52
    with ctx.workprec(_PRECISION):
        for _ in range(60):
            if guess <= 0:
                break
            if arb(guess).beta_lower(arb(d - 1) / 2, arb(d - 1) / 2, 1) <= arb(delta):
                return guess
            guess = min(guess * (1 - step), math.nextafter(guess, 0.0))
            step *= 2
    return 0.0


def settling_time_upper(norm_lower: float, epsilon: float, quantile: float) -> float:
    """Bound from above the time to come within `epsilon` of the resting point (T2).

    Parameters
    ----------
    norm_lower
        Positive lower bound of the drive norm.
    epsilon
        Distance in (0, 2).
    quantile
        From `cap_quantile`.

    Returns
    -------
    float
        In units of 1/‖h‖'s own; infinity if it exceeds the largest float.

    Examples
    --------
    >>> 3.6 < settling_time_upper(1.0, 0.05, 0.5) < 3.7
    True
    """
    with ctx.workprec(_PRECISION):
        square = arb(epsilon) * arb(epsilon)
        z = arb(quantile)
        spread = ((4 - square) / square).log() - (z / (1 - z)).log()
        upper = (spread / (2 * arb(norm_lower))).upper()
        mantissa, exponent = upper.man_exp()
    return max(float_up(Fraction(int(mantissa)) * Fraction(2) ** int(exponent)), 0.0)
