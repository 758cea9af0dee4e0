r"""A rigorous settling time from a random start (theorems T2 and T5), in ball arithmetic.

For a start uniform on the sphere, :math:`(1 + c_0)/2` is Beta(a, a) with a = (d - 1)/2, where
:math:`c_0` is the cosine to the resting point. A float z with :math:`I_z(a, a) \le \delta` then
bounds the time after which the distance is at most :math:`\epsilon`, with probability
:math:`1 - \delta` or more:
:math:`t = (\log((4 - \epsilon^2)/\epsilon^2) - \log(z/(1 - z))) / (2 \|h\|)`.

With a natural frequency the distances to the attracting and the repelling point keep a ratio that
falls as :math:`e^{-\lambda t}`, and the start is at least :math:`2\sqrt z` from the repelling
point with probability :math:`1 - \delta`, which gives
:math:`t = (\log(4/\epsilon^2) - \log z) / (2 \lambda)`.
"""

from __future__ import annotations

import math
from fractions import Fraction

from flint import arb, ctx
from scipy.special import betaincinv

from lohe.proofs_numeric.enclosure import float_up

__all__ = ["arb_upper", "cap_quantile", "locked_settling_time_upper", "settling_time_upper"]

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
        return _time_upper(spread, norm_lower)


def locked_settling_time_upper(rate_lower: float, epsilon: float, quantile: float) -> float:
    """Bound from above the time to come within `epsilon` of the attracting point (T5).

    Parameters
    ----------
    rate_lower
        Positive lower bound of the rate at which the oscillator locks.
    epsilon
        Distance in (0, 2).
    quantile
        From `cap_quantile`.

    Returns
    -------
    float
        In units of one over the rate's own; infinity if it exceeds the largest float.

    Examples
    --------
    >>> 4.0 < locked_settling_time_upper(1.0, 0.05, 0.5) < 4.1
    True
    """
    with ctx.workprec(_PRECISION):
        spread = (4 / (arb(epsilon) * arb(epsilon))).log() - arb(quantile).log()
        return _time_upper(spread, rate_lower)


def _time_upper(spread: arb, rate: float) -> float:
    return max(float_up(arb_upper(spread / (2 * arb(rate)))), 0.0)


def arb_upper(ball: arb) -> Fraction:
    """Return the exact upper end of a finite ball."""
    mantissa, exponent = ball.upper().man_exp()
    return Fraction(int(mantissa)) * Fraction(2) ** int(exponent)
