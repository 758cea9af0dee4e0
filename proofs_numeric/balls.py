r"""Midpoint-radius arrays: every operation encloses, in round-to-nearest, whatever the order.

A ball stands for all numbers within its radius of its middle. The middles are ordinary floating
point, so a matrix product is one call of BLAS; the radii are upper bounds by the standard model of
rounding, :math:`|\mathrm{fl}(a\circ b) - a\circ b| \le u\,|\mathrm{fl}(a\circ b)|` with
:math:`u = 2^{-53}`, and by :math:`\gamma_n` for sums of n products in any order, with or without
fused multiply-add, on any number of threads (not for Strassen's algorithm) [1]_ [2]_.

Radii are sums and products of non-negative numbers. Each formula below has fewer than 30 roundings,
which ``_GROW`` pays for at the end. Underflow costs absolute amounts: a subnormal result, or a
subnormal operand that a processor takes for zero, changes a sum by less than 3 · 2^-1022 and a
product ab by less than 2^-1022 (1 + |a| + |b|); ``_TINY`` pays for some 2^20 of them. What
overflows gets an infinite radius, and the ball then claims nothing.

References
----------
.. [1] N. J. Higham, *Accuracy and Stability of Numerical Algorithms*, 2nd ed., SIAM 2002, ch. 3.
.. [2] S. M. Rump, Fast and parallel interval arithmetic, *BIT* 39 (1999) 534-554.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Any, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lohe.proofs_numeric.enclosure import float_up, gamma

__all__ = ["Balls", "concatenate", "stack"]

Floats = NDArray[np.float64]
Array = TypeVar("Array", Floats, "Balls")

_UNIT = 2.0**-53
_GROW = 1 + 32 * _UNIT
_SHRINK = 1 - 32 * _UNIT
_TINY = 2.0**-1000
# Reciprocals are enclosed between these sizes, where nothing on the way over- or underflows.
_SMALLEST, _LARGEST = 2.0**-500, 2.0**500
# Products of at most so many terms are added up one by one in stacks of matrices.
_FEW = 8


def _quiet() -> np.errstate:
    # Overflow and NaN are part of the arithmetic: they end as infinite radii.
    return np.errstate(over="ignore", under="ignore", invalid="ignore", divide="ignore")


@lru_cache(maxsize=256)
def _product_factors(terms: int) -> tuple[float, float]:
    """Return γ_n, and 1/(1 - γ_n) with room for the roundings that follow."""
    g = gamma(terms)
    return float_up(g), float_up((1 + Fraction(32, 2**53)) / (1 - g))


@dataclass(frozen=True, eq=False)
class Balls:
    """An array of numbers, each known to lie within `radius` of `middle`.

    Operations broadcast as NumPy's do and take another `Balls`, an array or a number on either
    side; arrays and numbers are exact. Use it where NumPy arrays go: the emitted kernels of
    `lohe.proofs_numeric.jacobian` run on both.

    Parameters
    ----------
    middle : (...) array
    radius : (...) array
        Non-negative, broadcast to the shape of `middle`. Where it is infinite, or `middle` is not
        finite, nothing is claimed.

    Raises
    ------
    ValueError
        If a radius is negative.

    Examples
    --------
    >>> third = 1 / Balls.between(3.0, 3.0)
    >>> bool(third.lower * 3 < 1 < third.upper * 3)
    True
    """

    middle: Floats
    radius: Floats

    # NumPy's arrays leave the operation to this class.
    __array_ufunc__ = None

    def __post_init__(self) -> None:
        middle = np.asarray(self.middle, dtype=np.float64)
        radius = np.asarray(self.radius, dtype=np.float64)
        if radius.shape != middle.shape:
            radius = np.broadcast_to(radius, middle.shape)
        sound = np.isfinite(middle) & (radius >= 0) & (radius < np.inf)
        if not sound.all():
            if (radius < 0).any():
                raise ValueError("a radius is negative")
            middle, radius = np.where(sound, middle, 0.0), np.where(sound, radius, np.inf)
        object.__setattr__(self, "middle", middle)
        object.__setattr__(self, "radius", radius)

    @classmethod
    def _of(cls, middle: Floats, radius: Floats) -> Balls:
        """Make balls from arrays of one shape, known to be finite and not negative."""
        found = object.__new__(cls)
        object.__setattr__(found, "middle", middle)
        object.__setattr__(found, "radius", radius)
        return found

    @classmethod
    def _rounded(cls, middle: Floats, radius: Floats) -> Balls:
        """Make balls from what was computed: where that overflowed, they claim nothing."""
        if np.isfinite(middle + radius).all():
            return cls._of(middle, radius)
        return cls(middle, radius)

    @classmethod
    def exact(cls, values: ArrayLike) -> Balls:
        """Take floats as the numbers that they are."""
        middle = np.asarray(values, dtype=np.float64)
        return cls._rounded(middle, np.zeros(middle.shape))

    @classmethod
    def between(cls, lower: ArrayLike, upper: ArrayLike) -> Balls:
        """Enclose all numbers from `lower` to `upper`; infinite ends are allowed.

        Raises
        ------
        ValueError
            If a lower end exceeds its upper end, or an end is NaN.
        """
        low, high = np.asarray(lower, dtype=np.float64), np.asarray(upper, dtype=np.float64)
        if not np.all(low <= high):
            raise ValueError("a lower end exceeds its upper end, or is not a number")
        with _quiet():
            middle = low / 2 + high / 2
            radius = np.maximum(high - middle, middle - low) * _GROW + _TINY
            return cls(middle, np.where(np.isnan(radius), np.inf, radius))

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the array."""
        return self.middle.shape

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return self.middle.ndim

    @property
    def lower(self) -> Floats:
        """Lower bounds."""
        with _quiet():
            end = self.middle - self.radius
            return np.where(self.radius < np.inf, end - (4 * _UNIT * np.abs(end) + _TINY), -np.inf)

    @property
    def upper(self) -> Floats:
        """Upper bounds."""
        return -(-self).lower

    @property
    def magnitude(self) -> Floats:
        """Upper bounds of the absolute values."""
        with _quiet():
            return (np.abs(self.middle) + self.radius) * _GROW + _TINY

    @property
    def mignitude(self) -> Floats:
        """Lower bounds of the absolute values; 0 where a ball contains or touches zero."""
        return np.maximum(np.maximum(self.lower, -self.upper), 0.0)

    @property
    def mT(self) -> Balls:  # noqa: N802 - NumPy's name
        """Transpose of the last two axes."""
        return self.swapaxes(-1, -2)

    def __len__(self) -> int:
        return len(self.middle)

    def __getitem__(self, index: Any) -> Balls:
        return Balls._of(self.middle[index], self.radius[index])

    def swapaxes(self, first: int, second: int) -> Balls:
        """Exchange two axes."""
        return Balls._of(self.middle.swapaxes(first, second), self.radius.swapaxes(first, second))

    def reshape(self, *shape: int) -> Balls:
        """Give the array another shape."""
        return Balls._of(self.middle.reshape(*shape), self.radius.reshape(*shape))

    def __neg__(self) -> Balls:
        return Balls._of(-self.middle, self.radius)

    def __add__(self, other: Balls | ArrayLike) -> Balls:
        right = _balls(other)
        with _quiet():
            middle = self.middle + right.middle
            radius = (self.radius + right.radius + _UNIT * np.abs(middle)) * _GROW + _TINY
            return Balls._rounded(middle, radius)

    __radd__ = __add__

    def __sub__(self, other: Balls | ArrayLike) -> Balls:
        return self + -_balls(other)

    def __rsub__(self, other: ArrayLike) -> Balls:
        return -self + other

    def __mul__(self, other: Balls | ArrayLike) -> Balls:
        right = _balls(other)
        with _quiet():
            # The rounding of the middle, u |a| |b|, and what underflows, as more radius of b.
            size = np.abs(right.middle)
            reach = size * _UNIT + (right.radius + _TINY)
            radius = np.abs(self.middle) * reach
            radius += (self.radius + _TINY) * (size + reach)
            radius *= _GROW
            radius += _TINY
            return Balls._rounded(self.middle * right.middle, radius)

    __rmul__ = __mul__

    def __truediv__(self, other: Balls | ArrayLike) -> Balls:
        return self * _balls(other).reciprocal()

    def __rtruediv__(self, other: ArrayLike) -> Balls:
        return self.reciprocal() * other

    def __matmul__(self, other: Balls | ArrayLike) -> Balls:
        return _product(self, _balls(other))

    def __rmatmul__(self, other: ArrayLike) -> Balls:
        return _product(_balls(other), self)

    def __abs__(self) -> Balls:
        # ||x| - |m|| <= |x - m|.
        return Balls._of(np.abs(self.middle), self.radius)

    def sum(self, axis: int | tuple[int, ...] | None = None) -> Balls:
        """Enclose the sum along axes, of all entries by default."""
        with _quiet():
            middle = self.middle.sum(axis)
            terms = self.middle.size // max(middle.size, 1)
            g, factor = _product_factors(terms)
            # Summing radii loses at most the factor 1 - γ_n.
            radius = (self.radius + (g * np.abs(self.middle) + _TINY)).sum(axis)
            return Balls._rounded(middle, radius * factor + terms * _TINY)

    def reciprocal(self) -> Balls:
        """Enclose the reciprocals; the radius is infinite where zero is not excluded."""
        with _quiet():
            size = np.abs(self.middle)
            gap = (size - self.radius) * _SHRINK
            usable = (gap >= _SMALLEST) & (size <= _LARGEST)
            gap, middle = np.where(usable, gap, 1.0), np.where(usable, self.middle, 1.0)
            inverse = 1 / middle
            # |1/x - 1/m| = |x - m| / (|m| |x|), and the rounding of 1/m.
            slope = np.abs(inverse) / gap
            radius = (self.radius + _TINY) * slope + 2 * _UNIT * np.abs(inverse)
            return Balls(inverse, np.where(usable, radius * _GROW + _TINY, np.inf))

    def sqrt(self) -> Balls:
        """Enclose the square roots of numbers known to be non-negative."""
        with _quiet():
            low = np.sqrt(np.maximum(self.lower, 0.0)) * _SHRINK
            high = np.sqrt(np.maximum(self.upper, _TINY)) * _GROW
            return Balls.between(low, high)


def _balls(values: Balls | ArrayLike) -> Balls:
    return values if isinstance(values, Balls) else Balls.exact(values)


def _product(left: Balls, right: Balls) -> Balls:
    """Enclose a matrix product by one product of the middles and at most two of radii."""
    terms = left.shape[-1]
    g, factor = _product_factors(terms)
    with _quiet():
        size_left, size_right = np.abs(left.middle), np.abs(right.middle)
        # |error| <= |a| (γ|b| + rad b) + rad a (|b| + rad b), with γ for the middles' rounding.
        if not right.radius.any():
            radius = _times(left.radius + g * size_left, size_right)
        else:
            radius = _times(size_left, right.radius + g * size_right)
            if left.radius.any():
                radius = radius + _times(left.radius, size_right + right.radius)
        # Each of the 3 n products and their sums may underflow, or a radius pass for zero.
        largest = (
            size_left.max(initial=1.0)
            + left.radius.max(initial=0.0)
            + size_right.max(initial=0.0)
            + right.radius.max(initial=0.0)
        )
        radius = radius * factor + terms * _TINY * largest
        return Balls._rounded(_times(left.middle, right.middle), radius)


def _times(left: Floats, right: Floats) -> Floats:
    """Multiply matrices, many small ones term by term: a call of BLAS for each takes longer."""
    terms = left.shape[-1]
    if min(left.ndim, right.ndim) < 2 or max(left.ndim, right.ndim) == 2 or terms > _FEW:
        return np.asarray(left @ right)
    if terms != right.shape[-2]:
        raise ValueError(f"matrices of shapes {left.shape} and {right.shape} do not multiply")
    total = np.zeros(np.broadcast_shapes((*left.shape[:-1], 1), right[..., :1, :].shape))
    for k in range(terms):
        total += left[..., :, k, np.newaxis] * right[..., np.newaxis, k, :]
    return total


def concatenate(parts: Sequence[Array], axis: int = 0) -> Array:
    """Join arrays, or balls, along an axis that they have."""
    joined: Array = _join(np.concatenate, parts, axis)
    return joined


def stack(parts: Sequence[Array], axis: int = 0) -> Array:
    """Join arrays, or balls, of one shape along a new axis."""
    joined: Array = _join(np.stack, parts, axis)
    return joined


def _join(join: Any, parts: Sequence[Any], axis: int) -> Any:
    if not any(isinstance(part, Balls) for part in parts):
        return join(parts, axis)
    balls = [_balls(part) for part in parts]
    middle, radius = ([getattr(b, name) for b in balls] for name in ("middle", "radius"))
    return Balls._of(join(middle, axis), join(radius, axis))
