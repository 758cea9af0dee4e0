r"""The lifted cosines :math:`1 + \langle x_i, r_j\rangle` of a readout and their powers."""

from __future__ import annotations

from typing import Any

from lohe.attention.arrays import Array
from lohe.attention.kernels.pair_function import PairFunction, constant, in_place, step_of
from lohe.attention.kernels.row_scale import largest_product
from lohe.attention.kernels.scratch import Work, write

__all__ = ["beside_one", "largest_lift", "learned_power", "positive_power"]

# Up to here the products of repeated squaring cost less than a power of real exponent.
_LARGEST_WHOLE = 64


def beside_one(xp: Any, array: Array) -> Array:
    """Return the rows with a one behind them, as 1 + <x, r> is the product of (x, 1) and (r, 1).

    Parameters
    ----------
    xp
        The array namespace.
    array : (..., T, n) array

    Returns
    -------
    (..., T, n + 1) array
    """
    one = xp.ones((*array.shape[:-1], 1), dtype=array.dtype, device=array.device)
    return xp.concat([array, one], axis=-1)


def positive_power(p: float) -> PairFunction:
    """Return max(0, s)^p for a fixed p > 0.

    Examples
    --------
    >>> import numpy as np
    >>> positive_power(3).value(np, np.array([-1.0, 1.0, 2.0]), (None, None, None))
    array([0., 1., 8.])
    """

    def value(xp: Any, s: Array, work: Work) -> Array:
        return _power(xp, _positive(xp, s, in_place(xp, s)), p, work[0])

    def value_and_slopes(xp: Any, s: Array, work: Work) -> tuple[Array, Array]:
        base = _positive(xp, s, work[0])
        if p == 1:
            return base, step_of(xp, base, work[2])
        if _is_product(p):
            slope = _power(xp, base, p - 1, work[2])
            power = write(xp.multiply, slope, base, out=work[1])
        else:
            power = _power(xp, base, p, work[1])
            slope = _over_base(xp, power, base, work[2])
        slope *= p
        return power, slope

    name, exponent = ("power", int(p)) if _is_product(p) else ("", 1)
    return PairFunction(
        value, value_and_slopes, vanishes_at_zero=True, name=name, exponent=exponent
    )


def learned_power(p: Array) -> PairFunction:
    """Return max(0, s)^p for a p that is learned, with the derivative by p as third.

    Parameters
    ----------
    p : (..., 1, 1) array
        Positive, one for each leading entry.
    """

    def value(xp: Any, s: Array, work: Work) -> Array:
        base = _positive(xp, s, in_place(xp, s))
        return write(xp.pow, base, p, out=in_place(xp, base))

    def value_and_slopes(xp: Any, s: Array, work: Work) -> tuple[Array, Array, Array]:
        base = _positive(xp, s, work[0])
        power = write(xp.pow, base, p, out=work[1])
        slope = _over_base(xp, power, base, work[2])
        slope *= p
        by_exponent = write(xp.log, _at_least_tiny(xp, base, work[0]), out=work[0])
        by_exponent *= power
        return power, slope, by_exponent

    return PairFunction(value, value_and_slopes, parameters=1, vanishes_at_zero=True)


def largest_lift(xp: Any, left: Array, right: Array, counted: Array, *, causal: bool) -> Array:
    """Return the largest lifted cosine of each row, or 0 if that is negative.

    Parameters
    ----------
    xp
        The array namespace.
    left : (..., T_q, n) array
    right : (..., T, n) array
        Their products are the lifted cosines.
    counted : (..., T) bool array
        Which keys count.
    causal
        Row i counts keys j <= i only.

    Returns
    -------
    (..., T_q, 1) array
    """
    largest = largest_product(xp, left, right, counted, causal=causal)
    return xp.maximum(largest, xp.zeros_like(largest))


def _positive(xp: Any, s: Array, room: Array | None) -> Array:
    return write(xp.maximum, s, constant(xp, 0, s), out=room)


def _at_least_tiny(xp: Any, base: Array, room: Array | None) -> Array:
    tiny = constant(xp, float(xp.finfo(base.dtype).smallest_normal), base)
    return write(xp.maximum, base, tiny, out=room)


def _over_base(xp: Any, power: Array, base: Array, room: Array | None) -> Array:
    """Return base^(p - 1) as base^p / base, and 0 where the base is 0."""
    return write(xp.divide, power, _at_least_tiny(xp, base, room), out=room)


def _is_product(p: float) -> bool:
    return p == int(p) and p <= _LARGEST_WHOLE


def _power(xp: Any, base: Array, p: float, room: Array | None) -> Array:
    if p == 1:
        return base
    if not _is_product(p):
        return write(xp.pow, base, constant(xp, p, base), out=room)
    power = base
    for bit in bin(int(p))[3:]:  # after the leading 1: square, and multiply where there is a 1
        power = write(xp.multiply, power, power, out=room)
        if bit == "1":
            power *= base
    return power
