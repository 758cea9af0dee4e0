"""Random points on spheres, laid out (oscillators, d, trials)."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy.special import betainc, betaincinv, betaln

from lohe.dynamics.errors import InputError

__all__ = ["cap_half_sine", "cap_share", "points_around", "uniform_points"]

Floats = NDArray[np.float64]

# SciPy's inverse of the incomplete beta function is right to 1e-13 down to 1e-60 for every
# d <= 256 (compared with mpmath), and gives NaN far below: there Newton's method takes over.
_FAR_TAIL = 1e-30

# Points drawn at once: few enough to stay in the processor's cache, and that the memory for them
# is not asked from the system each time.
_PIECE = 2**12


def uniform_points(rng: np.random.Generator, n: int, d: int, trials: int) -> Floats:
    """Draw uniform points on `n` spheres for each trial.

    Parameters
    ----------
    rng
    n
        Spheres.
    d
        Dimension of their ambient space; for d = 1 the sphere is {-1, 1}.
    trials

    Returns
    -------
    (n, d, trials) array
        C-contiguous.

    Notes
    -----
    For d = 2 and 3 made from points of the unit disc, in one half to two thirds of the time that
    normal deviates take, and by additions, products, quotients and square roots alone, which IEEE
    arithmetic rounds alike on every machine. For larger d normal deviates are normalised.

    References
    ----------
    G. Marsaglia, Choosing a point from the surface of a sphere, Annals of Mathematical
    Statistics 43 (1972) 645-646.
    """
    if d == 1:
        return np.asarray(2.0 * rng.integers(2, size=(n, d, trials)) - 1.0, dtype=np.float64)
    points = np.empty((n, d, trials))
    if d > 3:
        rng.standard_normal(out=points)
        length = np.einsum("idt,idt->it", points, points)
        np.sqrt(length, out=length)
        points /= length[:, np.newaxis]
        return points
    rows = max(1, _PIECE // max(1, trials))
    for i in range(0, n, rows):
        for t in range(0, trials, _PIECE):
            _fill_from_disc(rng, points[i : i + rows, :, t : t + _PIECE])
    return points


def cap_half_sine(share: Floats, d: int) -> Floats:
    r"""Half-angle of the cap that holds a share of the sphere: sin(angle/2).

    The inverse of `cap_share`, with full relative accuracy for shares down to 1e-300 and at most
    one half.

    Parameters
    ----------
    share : array
        In [0, 1/2].
    d
        Dimension of the ambient space, at least 2.

    Returns
    -------
    array

    Notes
    -----
    By Archimedes and T2, sin²(angle/2) ~ Beta(a, a) with a = (d - 1)/2 for a uniform point.

    Examples
    --------
    >>> cap_half_sine(np.array([0.25]), 3)
    array([0.5])
    """
    if d == 2:
        return np.asarray(np.sin(np.pi / 2 * share))
    if d == 3:
        return np.asarray(np.sqrt(share))
    a = (d - 1) / 2
    square = betaincinv(a, a, np.maximum(share, _FAR_TAIL))
    far = share < _FAR_TAIL
    if np.any(far):
        square = np.asarray(square)
        square[far] = _far_tail(share[far], a)
    return np.asarray(np.sqrt(square))


def cap_share(angle: float, d: int) -> float:
    """Share of the sphere that lies within the angle of a point.

    Examples
    --------
    >>> round(cap_share(np.pi / 3, 3), 12)
    0.25
    """
    a = (d - 1) / 2
    if angle > np.pi / 2:
        return 1 - cap_share(np.pi - angle, d)
    return float(betainc(a, a, math.sin(angle / 2) ** 2))


def points_around(
    rng: np.random.Generator, centre: Floats, share: Floats, side: Floats | float = 1.0
) -> Floats:
    """Draw points at given distances from centres, in uniform directions.

    Parameters
    ----------
    rng
    centre : (n or 1, d, trials or 1) array
        Unit vectors.
    share : (n, trials) array
        Share, between 0 and 1, of the sphere that is nearer to the centre than the point is. A
        share that is uniform on [0, 1] makes the point uniform on the sphere.
    side : (n, trials) array or float
        1 to measure from the centre, -1 from its antipode.

    Returns
    -------
    (n, d, trials) array
        C-contiguous.

    Notes
    -----
    Distances from the side that is measured from are right to full relative accuracy before the
    point is rounded to doubles. Rounding moves it by some 1e-16: this is the nearest that a point
    can come to the antipode and still be told from it, and a distance of 1e-12 keeps four digits.
    """
    d = centre.shape[1]
    beyond = share > 0.5
    half = cap_half_sine(np.where(beyond, 1 - share, share), d)
    across = 2 * half * np.sqrt(1 - half * half)
    along = np.where(beyond, -side, side) * (1 - 2 * half * half)
    points = _tangents(rng, centre, *share.shape)
    points *= across[:, np.newaxis]
    points += along[:, np.newaxis] * centre
    return points


def _tangents(rng: np.random.Generator, centre: Floats, n: int, trials: int) -> Floats:
    """Draw uniform unit vectors orthogonal to the centres.

    Householder's reflection that takes the last axis to plus or minus the centre takes the
    uniform points of the equator there; nothing cancels.
    """
    d = centre.shape[1]
    flat = uniform_points(rng, n, d - 1, trials)
    tip, last = centre[:, :-1], centre[:, -1]
    along = np.einsum("idt,idt->it", np.broadcast_to(tip, flat.shape), flat)
    tangents = np.empty((n, d, trials))
    np.multiply(tip, (along / (1 + np.abs(last)))[:, np.newaxis], out=tangents[:, :-1])
    np.subtract(flat, tangents[:, :-1], out=tangents[:, :-1])
    np.multiply(along, -np.copysign(1.0, last), out=tangents[:, -1])
    return tangents


def _fill_from_disc(rng: np.random.Generator, points: Floats) -> None:
    """Fill a (n, 2 or 3, trials) array with uniform points of the circle or the sphere."""
    n, d, trials = points.shape
    a, b = (half.reshape(n, trials) for half in _disc(rng, n * trials))
    x, y = points[:, 0], points[:, 1]
    if d == 2:
        # Doubling the angle of (a, b) covers the circle evenly.
        np.multiply(a, b, out=y)
        y *= 2
        a *= a
        b *= b
        np.subtract(a, b, out=x)
        a += b
        x /= a
        y /= a
        return
    # a^2 + b^2 is uniform on [0, 1/4): it makes the height (Archimedes), (a, b) the direction.
    z = points[:, 2]
    np.multiply(a, a, out=x)
    np.multiply(b, b, out=y)
    x += y
    x *= 4
    np.multiply(x, -2, out=z)
    z += 1
    np.subtract(1, x, out=x)
    np.sqrt(x, out=x)
    x *= 4
    np.multiply(x, b, out=y)
    x *= a


def _disc(rng: np.random.Generator, count: int) -> tuple[Floats, Floats]:
    """Draw `count` uniform points in the disc of radius 1/2, without the centre."""
    found = np.empty((2, count))
    filled = 0
    while filled < count:
        # Of the points of the square, pi/4 lie in the disc.
        square = rng.random((2, int(1.3 * (count - filled)) + 16))
        square -= 0.5
        a, b = square
        radius = a * a
        radius += b * b
        kept = np.flatnonzero((radius < 0.25) & (radius > 0))[: count - filled]
        end = filled + len(kept)
        # Not "raise", which would copy; the indices are right.
        np.take(square, kept, axis=1, out=found[:, filled:end], mode="clip")
        filled = end
    return found[0], found[1]


def _far_tail(share: Floats, a: float) -> Floats:
    """Solve betainc(a, a, y) = share for y, by Newton's method in the logarithms.

    The logarithm of betainc is concave in log y and the leading term y^a/(a B(a, a)) bounds it
    from above, so that the iteration climbs to the root.
    """
    scale = float(betaln(a, a))
    with np.errstate(divide="ignore"):
        wanted = np.log(share)
    log_y = (wanted + math.log(a) + scale) / a
    positive = share > 0
    for _ in range(50):
        if not np.any(positive):
            break
        y = np.exp(log_y[positive])
        reached = betainc(a, a, y)
        slope = np.exp(a * log_y[positive] + (a - 1) * np.log1p(-y) - scale) / reached
        step = (wanted[positive] - np.log(reached)) / slope
        log_y[positive] += step
        if np.max(np.abs(step)) < 1e-9:
            break
    else:
        raise InputError(f"no cap holds a share of {share.min()} of the sphere; choose a larger")
    return np.asarray(np.exp(log_y))
