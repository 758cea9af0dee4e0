r"""What share of all starts a cap holds, and its angles, from the rational that encodes it (T6b).

A cap of half-angle :math:`\varphi = 2u` is stored as the float :math:`\tau = \tan(u/2)`, so that
:math:`\sin u = 2\tau/(1 + \tau^2)` is rational. A uniform start is within it with probability
:math:`I_{\sin^2 u}(\tfrac{d-1}2, \tfrac{d-1}2)`, the regularised incomplete beta function.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction

import numpy as np
from flint import arb, ctx, fmpq
from numpy.typing import NDArray

from lohe.proofs_numeric.enclosure import float_down, float_up

__all__ = [
    "angle_lower",
    "angle_upper",
    "half_sine",
    "product_lower",
    "share_lower",
    "volume_lower",
]

Floats = NDArray[np.float64]

# Bits in which balls are evaluated, in turn, until one is this accurate.
_PRECISIONS = (192, 512, 2048)
_ACCURACY = 100
# Beyond so many different caps they are grouped, each taken for the smallest of its group: a
# group spans a factor of 2^(1/64) in the cosine of its half-angle.
_DIFFERENT = 256
_PER_OCTAVE = 64


def half_sine(tangent: float) -> Fraction:
    """Return sin u for tan(u/2) = `tangent`, exactly.

    Examples
    --------
    >>> half_sine(0.5)
    Fraction(4, 5)
    """
    t = Fraction(tangent)
    return 2 * t / (1 + t * t)


def angle_lower(tangent: float) -> float:
    r"""Bound the cap's half-angle :math:`4 \arctan \tau` from below, in radians."""
    return float_down(_rational(_accurate(lambda: 4 * arb(tangent).atan()).lower()))


def angle_upper(tangent: float) -> float:
    r"""Bound the cap's half-angle :math:`4 \arctan \tau` from above, in radians."""
    return float_up(_rational(_accurate(lambda: 4 * arb(tangent).atan()).upper()))


def share_lower(tangent: float, d: int) -> float:
    """Bound the share of the sphere within the cap from below.

    Parameters
    ----------
    tangent
        In (0, 1].
    d
        Dimension of the ambient space.

    Returns
    -------
    float
        0.0 at worst.

    Examples
    --------
    >>> half = 0.41421356237309503  # just below tan(pi/8): almost a half sphere
    >>> 0.5 - 1e-15 < share_lower(half, 3) < 0.5
    True
    """
    return volume_lower(tangent, d, 1)


def volume_lower(tangent: float, d: int, n: int) -> float:
    """Bound from below the share of all states whose n oscillators lie within their caps.

    Returns
    -------
    float
        0.0 where it is below the smallest float, as it is for many oscillators and small caps.
    """
    square = half_sine(tangent) ** 2
    power = _accurate(lambda: _share(square, d) ** n)
    if not power.is_finite():
        return 0.0
    return max(float_down(_rational(power.lower())), 0.0)


def product_lower(cosines: Floats, d: int) -> float:
    r"""Bound from below the share of all states with every oscillator within its own cap.

    Parameters
    ----------
    cosines : (n,) array
        :math:`\cos u_i` in (0, 1) of the half-angles :math:`\varphi_i = 2u_i` of the caps.
    d
        Dimension of the ambient space.

    Returns
    -------
    float
        0.0 at worst. Many different caps are rounded down in groups.

    Examples
    --------
    >>> half = 0.7071067811865477  # just above cos(pi/4): almost a half sphere each
    >>> 0.25 - 1e-15 < product_lower(np.array([half, half]), 3) < 0.25
    True
    """
    sizes, counts = np.unique(cosines, return_counts=True)
    if len(sizes) > _DIFFERENT:
        sizes, counts = _grouped(sizes, counts)
    pairs = list(zip(sizes.tolist(), counts.tolist(), strict=True))

    def power() -> arb:
        found = arb(1)
        for cosine, count in pairs:
            found *= _share(1 - Fraction(cosine) ** 2, d) ** count
        return found

    ball = _accurate(power)
    return max(float_down(_rational(ball.lower())), 0.0) if ball.is_finite() else 0.0


def _grouped(sizes: Floats, counts: NDArray[np.int64]) -> tuple[Floats, NDArray[np.int64]]:
    """Return fewer sizes, none smaller than any that it stands for."""
    edges = 2.0 ** (np.arange(-1074 * _PER_OCTAVE, 1) / _PER_OCTAVE)
    places = np.searchsorted(edges, sizes)
    larger = np.minimum(edges[places], math.nextafter(1.0, 0.0))
    chosen, where = np.unique(larger, return_inverse=True)
    return chosen, np.bincount(where, weights=counts).astype(np.int64)


def _share(square: Fraction, d: int) -> arb:
    # Near 1 the series converges slowly; the function's own symmetry leads to near 0.
    small = min(square, 1 - square)
    z, shape = arb(fmpq(small.numerator, small.denominator)), arb(d - 1) / 2
    share = z.beta_lower(shape, shape, 1)
    return share if small == square else 1 - share


def _accurate(evaluate: Callable[[], arb]) -> arb:
    """Evaluate at rising precision until the ball is narrow."""
    for precision in _PRECISIONS:
        with ctx.workprec(precision):
            ball = evaluate()
        if ball.is_finite() and ball.rel_accuracy_bits() >= _ACCURACY:
            break
    return ball


def _rational(point: arb) -> Fraction:
    mantissa, exponent = point.man_exp()
    return _scaled(int(mantissa), int(exponent))


def _scaled(mantissa: int, exponent: int) -> Fraction:
    """Return mantissa * 2^exponent, rounded towards zero far below the smallest float."""
    if exponent < -4096:
        mantissa, exponent = _drop(mantissa, -4096 - exponent), -4096
    return mantissa * Fraction(2) ** exponent


def _drop(mantissa: int, bits: int) -> int:
    size = abs(mantissa) >> bits if bits <= abs(mantissa).bit_length() else 0
    return size if mantissa >= 0 else -size
