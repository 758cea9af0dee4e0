r"""Rigorous bounds of the coupling functions, from nothing but correctly rounded arithmetic.

NumPy's ``exp`` and ``log1p`` promise no error bound, so both are computed here from sums,
products and quotients, with errors that are proved below. Every function returns bounds that
differ from its computed value by the factor :math:`1 \pm 2^{-44}`; u is :math:`2^{-53}`.

*Exponential.* For a in [0, 700], k is an integer with :math:`|t| \le 0.36` where
:math:`t = k \ln 2 - a`, so that :math:`e^{-a} = 2^{-k} e^t`. The product of k with the leading 33
bits of ln 2 is exact, two roundings of numbers at most 0.36 in size follow, and what the product
with the rest of ln 2 loses is below :math:`2^{-20} u`: t is off by at most u. Horner's scheme of
degree 13 with rounded coefficients errs by at most :math:`\gamma_{28} \sum |t|^j/j!
\le \gamma_{28} e^{0.72} e^t < 58 u\, e^t` [1]_, and the series is cut off at less than
:math:`10^{-17} < u`. In all that is below :math:`60 u`, and the power of two is exact.

*Logarithm.* :math:`\ln(1 + v) = 2 \sum_j z^{2j+1}/(2j + 1)` with :math:`z = v/(2 + v) \le 1/3` for
v in [0, 1]. Every term is positive, so relative errors do not grow: z has 2 roundings, z² then 5, a
power :math:`z^{2j}` at most 5j, and Horner's scheme adds 2 a step and one for each coefficient.
With 17 terms that is at most :math:`\gamma_{130}`, and the series is cut off at
:math:`10^{-17}` of its sum.

Softplus and squareplus add and divide such positive numbers, with fewer than 10 more roundings:
all are within 256 u, a half of :math:`2^{-44}`; the rest pays for the multiplication by
:math:`1 \pm 2^{-44}` itself. Underflow touches only terms below :math:`2^{-1000}` beside terms of
order one, except where v itself is that small; there the logarithm is within a factor 1 ± v of v.

References
----------
.. [1] N. J. Higham, *Accuracy and Stability of Numerical Algorithms*, 2nd ed., SIAM 2002, ch. 5.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from lohe.proofs_numeric.enclosure import down, up

__all__ = ["coupling_bounds"]

Floats = NDArray[np.float64]
Bounds = tuple[Floats, Floats]

_SHRINK, _GROW = 1 - 2.0**-44, 1 + 2.0**-44

# ln 2 = _LN2_HIGH + _LN2_LOW to 2^-87; the first has 33 bits.
_LN2_HIGH = float.fromhex("0x1.62e42fefp-1")
_LN2_LOW = float.fromhex("0x1.473de6af278edp-34")
_INVERSE_FACTORIALS = tuple(1 / math.factorial(j) for j in range(14))
_ODD_RECIPROCALS = tuple(1 / (2 * j + 1) for j in range(17))
_LONGEST = 700.0
# e^-700 is below this.
_VANISHING = 2.0**-1000

# 4 ln^2 2 to 2^-52 of itself.
_SQUAREPLUS = float.fromhex("0x1.ebfbdff82c58fp+0")

# The floor of the rectified coupling, as a float: it is part of the function's definition.
_RELU_FLOOR = 1e-3


def _horner(coefficients: tuple[float, ...], x: Floats) -> Floats:
    total = np.full_like(x, coefficients[-1])
    for coefficient in reversed(coefficients[:-1]):
        total = total * x + coefficient
    return total


def _exp(s: Floats) -> Floats:
    """Return e^s for s in [-700, 0], within 60 u; smaller s count as -700."""
    a = np.minimum(-s, _LONGEST)
    k = np.rint(a / math.log(2))
    t = (k * _LN2_HIGH - a) + k * _LN2_LOW
    return np.ldexp(_horner(_INVERSE_FACTORIALS, t), -k.astype(np.int64))


def _log1p(v: Floats) -> Floats:
    """Return ln(1 + v) for v in [0, 1], within 140 u."""
    z = v / (2 + v)
    return 2 * z * _horner(_ODD_RECIPROCALS, z * z)


def _softplus(s: Floats) -> Bounds:
    value = np.maximum(s, 0.0) + _log1p(_exp(-np.abs(s)))
    return _widened(value, s < -_LONGEST)


def _relu(s: Floats) -> Bounds:
    value = np.maximum(s, 0.0) + _RELU_FLOOR
    return np.where(s > 0, down(value), value), np.where(s > 0, up(value), value)


def _elu(s: Floats) -> Bounds:
    lower, upper = _widened(_exp(np.minimum(s, 0.0)), s < -_LONGEST)
    line = s + 1
    return np.where(s > 0, down(line), lower), np.where(s > 0, up(line), upper)


def _squareplus(s: Floats) -> Bounds:
    # (s + root)/2 cancels for s << 0; there its conjugate does not.
    larger = (np.sqrt(s * s + _SQUAREPLUS) + np.abs(s)) / 2
    value = np.where(s >= 0, larger, _SQUAREPLUS / 4 / larger)
    return _widened(value, np.zeros(s.shape, dtype=bool))


def _widened(value: Floats, vanishing: NDArray[np.bool_]) -> Bounds:
    lower, upper = value * _SHRINK, value * _GROW
    return np.where(vanishing, 0.0, lower), np.where(vanishing, _VANISHING, upper)


_BOUNDS: Mapping[str, Callable[[Floats], Bounds]] = {
    "softplus": _softplus,
    "relu": _relu,
    "elu": _elu,
    "squareplus": _squareplus,
}


def coupling_bounds(name: str, lower: Floats, upper: Floats) -> Bounds:
    """Bound a coupling function, which increases, over intervals of scores.

    Parameters
    ----------
    name : {"softplus", "relu", "elu", "squareplus"}
        As defined in `lohe.dynamics.tokens.Tokens`.
    lower, upper : (...) arrays
        Ends of the intervals, below 2^500 in size.

    Returns
    -------
    lower, upper : (...) arrays
        Non-negative bounds of the function over each interval.

    Examples
    --------
    >>> low, high = coupling_bounds("softplus", np.array([0.0]), np.array([0.0]))
    >>> bool(low[0] < math.log(2) < high[0] < low[0] * (1 + 1e-12))
    True
    """
    bounds = _BOUNDS[name]
    return bounds(lower)[0], bounds(upper)[1]
