"""Geometry of the unit sphere: batched over leading axes, the sphere's own axis last."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lohe.dynamics.errors import InputError

__all__ = [
    "distance",
    "exp",
    "largest",
    "log",
    "norm",
    "normalise",
    "project",
    "retract",
    "transport",
    "uniform",
]

Floats = NDArray[np.float64]

# Two rounded unit vectors that are opposite in exact arithmetic add up to no more than this: at
# such a pair no direction of a shortest path can be told from rounding.
_ANTIPODAL = 4 * float(np.finfo(np.float64).eps)
_FEW_COLUMNS = 16


def _dot(x: Floats, y: Floats) -> Floats:
    return np.asarray(np.einsum("...d,...d->...", x, y))[..., np.newaxis]


def largest(x: Floats) -> Floats:
    """Return the largest absolute entry along the last axis, which is kept with length 1.

    Column by column where there are few: NumPy reduces short rows one at a time, ten times slower.

    Examples
    --------
    >>> largest(np.array([[3.0, -4.0]]))
    array([[4.]])
    """
    if not 0 < x.shape[-1] <= _FEW_COLUMNS:
        return np.asarray(np.max(np.abs(x), axis=-1, keepdims=True, initial=0.0))
    found = np.abs(x[..., :1])
    for column in range(1, x.shape[-1]):
        np.maximum(found, np.abs(x[..., column : column + 1]), out=found)
    return found


def norm(x: ArrayLike) -> Floats:
    """Euclidean norm along the last axis, free of overflow and underflow.

    Parameters
    ----------
    x : (..., d) array

    Returns
    -------
    (...) array

    Examples
    --------
    >>> float(norm([3e200, 4e200]) / 1e200)
    5.0
    """
    array = np.asarray(x, dtype=np.float64)
    _, exponent = np.frexp(largest(array))
    scaled = np.ldexp(array, -exponent)
    return np.asarray(np.ldexp(np.sqrt(_dot(scaled, scaled)), exponent)[..., 0])


def normalise(x: ArrayLike) -> Floats:
    """Scale vectors to the unit sphere.

    Parameters
    ----------
    x : (..., d) array

    Returns
    -------
    (..., d) array
        Unit vectors.

    Raises
    ------
    InputError
        If a vector is zero or not finite, and so has no direction.

    Examples
    --------
    >>> normalise([3.0, 4.0])
    array([0.6, 0.8])
    """
    array = np.asarray(x, dtype=np.float64)
    _, exponent = np.frexp(largest(array))
    scaled = np.ldexp(array, -exponent)
    length = np.sqrt(_dot(scaled, scaled))
    if not (np.all(np.isfinite(length)) and np.all(length > 0)):
        raise InputError("a zero or non-finite vector has no direction; remove it")
    return np.asarray(scaled / length)


def project(x: Floats, v: Floats) -> Floats:
    """Project ambient vectors to the tangent space at `x`: v - <x, v> x.

    Parameters
    ----------
    x : (..., d) array
        Points of the sphere.
    v : (..., d) array
        Ambient vectors.

    Examples
    --------
    >>> project(np.array([1.0, 0.0]), np.array([5.0, 2.0]))
    array([0., 2.])
    """
    return v - _dot(x, v) * x


def retract(x: Floats, v: Floats) -> Floats:
    """Move from `x` by the tangent vector `v` and scale back: (x + v)/||x + v||.

    A retraction of second order: it agrees with `exp` up to terms cubic in ``v``.

    Examples
    --------
    >>> retract(np.array([1.0, 0.0]), np.array([0.0, 0.75]))
    array([0.8, 0.6])
    """
    return normalise(x + v)


def exp(x: Floats, v: Floats) -> Floats:
    """Follow the geodesic from `x` with velocity `v` for unit time.

    Parameters
    ----------
    x : (..., d) array
        Points of the sphere.
    v : (..., d) array
        Tangent vectors at `x`.

    Examples
    --------
    >>> exp(np.array([1.0, 0.0]), np.array([0.0, np.pi / 2])).round(12)
    array([0., 1.])
    """
    angle = norm(v)[..., np.newaxis]
    # numpy's sinc is sin(pi t)/(pi t), smooth through zero.
    return np.asarray(np.cos(angle) * x + np.sinc(angle / np.pi) * v)


def log(x: Floats, y: Floats) -> Floats:
    """Velocity at `x` of the shortest geodesic that reaches `y` in unit time.

    Raises
    ------
    InputError
        If a pair is antipodal, where the shortest geodesic is not unique.

    Examples
    --------
    >>> log(np.array([1.0, 0.0]), np.array([0.0, 1.0])) / np.pi
    array([0. , 0.5])
    """
    near = _refuse_antipodes(x, y)[..., np.newaxis]
    # y - x near x and y + x near the antipode: each is exact where the other cancels.
    tangent = project(x, np.where(near, y - x, y + x))
    length = norm(tangent)[..., np.newaxis]
    stretch = np.divide(
        distance(x, y)[..., np.newaxis], length, out=np.ones_like(length), where=length > 0
    )
    return np.asarray(stretch * tangent)


def transport(x: Floats, y: Floats, v: Floats) -> Floats:
    """Carry the tangent vector `v` from `x` to `y` in parallel along the shortest geodesic.

    Raises
    ------
    InputError
        If a pair is antipodal, where the shortest geodesic is not unique.

    Examples
    --------
    >>> transport(np.array([1.0, 0.0]), np.array([0.0, 1.0]), np.array([0.0, 2.0]))
    array([-2.,  0.])
    """
    _refuse_antipodes(x, y)
    middle = x + y
    # 1 + <x, y> = ||x + y||^2/2, without the cancellation near the antipode.
    return v - 2 * _dot(y, v) / _dot(middle, middle) * middle


def distance(x: Floats, y: Floats) -> Floats:
    """Angle between unit vectors, in [0, pi]: 2 arctan2(||x - y||, ||x + y||).

    Accurate to rounding for tiny angles and for angles near pi, where the arc cosine of the
    inner product loses half the digits.

    Returns
    -------
    (...) array
        Radians.

    Examples
    --------
    >>> float(distance(np.array([1.0, 0.0]), np.array([1.0, 1e-9])))
    1e-09
    """
    return np.asarray(2 * np.arctan2(norm(x - y), norm(x + y)))


def uniform(rng: np.random.Generator, shape: int | tuple[int, ...], d: int) -> Floats:
    """Draw points uniformly from the sphere.

    Parameters
    ----------
    rng
        Source of randomness.
    shape
        Leading axes of the result.
    d
        Dimension of the ambient space, at least 2.

    Returns
    -------
    (*shape, d) array

    Examples
    --------
    >>> uniform(np.random.default_rng(0), (4, 3), 2).shape
    (4, 3, 2)
    """
    if d < 2:
        raise InputError(f"the sphere's ambient dimension is {d}; it must be at least 2")
    leading = (shape,) if isinstance(shape, int) else tuple(shape)
    points = rng.standard_normal((math.prod(leading), d))
    points /= np.sqrt(_dot(points, points))
    return points.reshape(*leading, d)


def _refuse_antipodes(x: Floats, y: Floats) -> NDArray[np.bool_]:
    """Return whether the points are closer than a right angle; raise if any are opposite."""
    apart, together = norm(x - y), norm(x + y)
    if np.any(together <= _ANTIPODAL):
        raise InputError("antipodal points have no unique shortest path; move one of them")
    return np.asarray(apart <= together)
