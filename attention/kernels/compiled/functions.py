r"""Couplings and powers of a strip of numbers, in place.

With :math:`u = e^{-|s|}` softplus is :math:`s^+ + \ln(1 + u)`, and with w = u/(2 + u) <= 1/3
:math:`\ln(1 + u) = 2 \operatorname{artanh} w`: a few terms of two Taylor series are exact to
rounding, whatever the size of s. Where :math:`e^{-|s|}` is below the smallest normal number it is
taken as 0.
"""

from __future__ import annotations

import math
from functools import cache
from typing import Any, NamedTuple

import numpy as np
from numba.extending import overload

from lohe.attention.coupling import RELU_FLOOR, SQUAREPLUS
from lohe.attention.kernels.compiled.jit import inlined

__all__ = ["NUMBERS", "STRIP", "Room", "room_for", "value", "value_and_slope"]

STRIP = 1024
"""Longest strip."""

NUMBERS = {"softplus": 0, "relu": 1, "elu": 2, "squareplus": 3, "power": 4}
"""What the compiled functions are told apart by."""

_SOFTPLUS, _RELU, _ELU, _SQUAREPLUS, _POWER = NUMBERS.values()

# Terms of e^f for |f| <= ln(2)/2, and of artanh(w)/w for w <= 1/3, before the rounding of single
# and of double precision.
_EXP = {4: 8, 8: 14}
_ARTANH = {4: 8, 8: 17}

_LN2_BEYOND_DOUBLE = 2.319046813846300e-17


class Room(NamedTuple):
    """Coefficients in the precision of the numbers, the highest order first, and working memory."""

    exp: Any
    artanh: Any
    constants: Any
    layout: Any  # exponent bias and bits of the mantissa
    power: Any
    bits: Any  # of those powers
    decay: Any


def room_for(dtype: np.dtype[Any]) -> Room:
    """Return coefficients and memory for strips of float32 or float64, for one thread."""
    power = np.empty(STRIP, dtype)
    bits = power.view(f"i{dtype.itemsize}")
    return Room(*_coefficients(dtype), power, bits, np.empty(STRIP, dtype))


@cache
def _coefficients(dtype: np.dtype[Any]) -> tuple[Any, Any, Any, Any]:
    size, finfo = dtype.itemsize, np.finfo(dtype)
    # ln 2 in two parts, the first of so few digits that its product with an exponent is exact.
    digits = 2.0 ** (finfo.nmant - finfo.iexp)
    octave = math.floor(math.log(2) * digits) / digits
    rest = (math.log(2) - octave) + _LN2_BEYOND_DOUBLE
    least = (finfo.minexp - 1) * math.log(2)
    constants = (1 / math.log(2), octave, rest, least, 0.5, 1, 2, RELU_FLOOR, SQUAREPLUS)
    exp = [1 / math.factorial(order) for order in reversed(range(_EXP[size]))]
    artanh = [1 / (2 * order + 1) for order in reversed(range(_ARTANH[size]))]
    layout = np.array([1 - finfo.minexp, finfo.nmant], f"i{size}")
    return np.array(exp, dtype), np.array(artanh, dtype), np.array(constants, dtype), layout


# The number of terms follows from the type of a number, so that loops over terms are unrolled.


def _exp_terms(number: Any) -> int:
    return _EXP[number.itemsize]


def _artanh_terms(number: Any) -> int:
    return _ARTANH[number.itemsize]


@overload(_exp_terms)
def _exp_terms_of(number):
    terms = _EXP[number.bitwidth // 8]
    return lambda number: terms


@overload(_artanh_terms)
def _artanh_terms_of(number):
    terms = _ARTANH[number.bitwidth // 8]
    return lambda number: terms


@inlined
def _decay(s, room):
    """Put e^-|s| into the room."""
    constants, series, bits = room.constants, room.exp, room.bits
    per, octave, rest, least, half = (
        constants[0], constants[1], constants[2], constants[3], constants[4]
    )  # fmt: skip
    for k in range(s.size):
        t = max(-abs(s[k]), least)
        octaves = np.floor(t * per + half)
        f = (t - octaves * octave) - octaves * rest
        total = series[0]
        for order in range(1, _exp_terms(total)):
            total = total * f + series[order]
        room.decay[k] = total
        bits[k] = octaves
    bias, shift = room.layout
    for k in range(s.size):
        bits[k] = (bits[k] + bias) << shift
    for k in range(s.size):
        room.decay[k] *= room.power[k]


@inlined
def _log1p(u, room):
    """Return ln(1 + u) for u between 0 and 1."""
    w = u / (room.constants[6] + u)
    square = w * w
    total = room.artanh[0]
    for order in range(1, _artanh_terms(u)):
        total = total * square + room.artanh[order]
    return (w + w) * total


@inlined
def value(number, exponent, s, room):
    """Put f(s) into s.

    Parameters
    ----------
    number
        See `NUMBERS`.
    exponent
        Of a power, at least 1.
    s : (n,) array
        At most `STRIP`.
    room
        See `room_for`.
    """
    zero, half = s[0] - s[0], room.constants[4]
    n, floor, root_of = s.size, room.constants[7], room.constants[8]
    if number == _SOFTPLUS:
        _decay(s, room)
        for k in range(n):
            s[k] = max(s[k], zero) + _log1p(room.decay[k], room)
    elif number == _RELU:
        for k in range(n):
            s[k] = max(s[k], zero) + floor
    elif number == _ELU:
        _decay(s, room)
        for k in range(n):
            s[k] = s[k] + room.constants[5] if s[k] > zero else room.decay[k]
    elif number == _SQUAREPLUS:
        for k in range(n):
            root = np.sqrt(s[k] * s[k] + root_of)
            s[k] = max(s[k], zero) + half * root_of / (abs(s[k]) + root)
    else:
        for k in range(n):
            s[k] = max(s[k], zero)
        _raise(exponent, s, room.power)


@inlined
def value_and_slope(number, exponent, s, slope, room):
    """Put f(s) into s and f'(s) into an array of its own; see `value`."""
    zero, half, one = s[0] - s[0], room.constants[4], room.constants[5]
    n, floor, root_of = s.size, room.constants[7], room.constants[8]
    if number == _SOFTPLUS:
        _decay(s, room)
        for k in range(n):
            u = room.decay[k]
            slope[k] = (one if s[k] > zero else u) / (one + u)
            s[k] = max(s[k], zero) + _log1p(u, room)
    elif number == _RELU:
        for k in range(n):
            slope[k] = one if s[k] > zero else zero
            s[k] = max(s[k], zero) + floor
    elif number == _ELU:
        _decay(s, room)
        for k in range(n):
            positive = s[k] > zero
            s[k] = s[k] + one if positive else room.decay[k]
            slope[k] = one if positive else room.decay[k]
    elif number == _SQUAREPLUS:
        for k in range(n):
            root = np.sqrt(s[k] * s[k] + root_of)
            s[k] = max(s[k], zero) + half * root_of / (abs(s[k]) + root)
            slope[k] = s[k] / root
    else:
        # The power beneath, p - 1, is the slope but for the factor p.
        factor = zero
        for _ in range(exponent):
            factor += one
        for k in range(n):
            s[k] = max(s[k], zero)
            slope[k] = s[k]
        if exponent > 1:
            _raise(exponent - 1, slope, room.power)
            for k in range(n):
                s[k] *= slope[k]
                slope[k] *= factor
        else:
            for k in range(n):
                slope[k] = one if s[k] > zero else zero


@inlined
def _raise(exponent, s, base):
    """Raise numbers to a whole power, by squaring from the leading bit on."""
    n = s.size
    for k in range(n):
        base[k] = s[k]
    bit = 1
    while 2 * bit <= exponent:
        bit *= 2
    while bit > 1:
        bit //= 2
        for k in range(n):
            s[k] *= s[k]
        if exponent & bit:
            for k in range(n):
                s[k] *= base[k]
