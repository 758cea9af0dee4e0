"""Settling under a constant drive (T1): the exact flow, and its statistics (T2)."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import betainc, betaincinv, expit

from lohe.dynamics.determinant import determinant
from lohe.dynamics.errors import InputError
from lohe.dynamics.lorentz import lorentz_flow
from lohe.dynamics.sphere import largest, norm

__all__ = [
    "antipodal_cap_probability",
    "converged_probability",
    "settle",
    "settling_time",
]

Floats = NDArray[np.float64]

# Starts are scaled to the sphere, so rounding in their norms is harmless; this guard only
# catches points that were never on it.
_UNIT_GUARD = 1e-6

# Starts with <x0, h/|h|> below this are treated by the careful formula. Elsewhere the plain one
# amplifies rounding by less than 1/sqrt(2 (1 - 0.9)) = 2.3.
_NEAR_ANTIPODE = -0.9


def settle(
    x0: ArrayLike, drive: ArrayLike, t: ArrayLike, *, frequency: ArrayLike | None = None
) -> Floats:
    r"""Follow :math:`\dot x = Ax + P_x h` exactly from `x0` for a time `t`.

    With :math:`c = \langle x_0, \hat h\rangle`, the part :math:`v = x_0 - c\hat h` across the
    drive and :math:`e = \exp(-\|h\|t)`, T1's flow is

    .. math:: x(t) = \frac{(1 + c - e^2(1 - c))\,\hat h + 2ev}{1 + c + e^2(1 - c)},

    which neither overflows nor cancels away from the antipode. Near it, ``v`` comes from exact
    products of the given numbers and :math:`1 + c = \|v\|^2/(1 - c)`, so that a start is told
    from the antipode to full relative accuracy. The absolute error of each component stays
    within some units of rounding times the logarithm of the antipodal distance, for any
    :math:`\|h\|t`.

    Parameters
    ----------
    x0 : (..., d) array
        Starts. Their direction counts: norms within 1e-6 of 1 are taken as 1.
    drive : (..., d) array
        Constant drives h. An oscillator without drive stays where it is.
    t : float or (...,) array
        Times; negative ones run the flow backwards.
    frequency : (..., d, d) array, optional
        Skew-symmetric natural frequencies A, for the flow of T5 (`lorentz_flow`).

    Returns
    -------
    (..., d) array
        States at time t; the leading axes of all arguments are broadcast.

    Raises
    ------
    InputError
        For starts off the sphere, non-finite values and shapes that do not go together.

    Notes
    -----
    The antipode of the drive is an equilibrium: a start stays there if it is exactly opposite,
    as ``[-1, 0]`` is to ``[2, 0]``. A rounded ``-h / norm(h)`` mostly is not, and escapes after
    a time of about 37/||h||, as the exact flow from that point does.

    Examples
    --------
    >>> settle([0.0, 1.0], [2.0, 0.0], 1e6)
    array([1., 0.])
    >>> settle([-1.0, 0.0], [2.0, 0.0], 1e6)
    array([-1.,  0.])
    """
    start, h, time = _read(x0, drive, t)
    if frequency is not None and np.any(frequency):
        return lorentz_flow(start, h, frequency, time)
    if np.any(time < 0):
        h = np.where(time[..., np.newaxis] < 0, -h, h)
        time = np.abs(time)
    _, exponent = np.frexp(largest(h))
    scaled = np.ldexp(h, -exponent)
    length = np.sqrt(_dot(scaled, scaled))
    driven = length > 0
    toward = np.divide(scaled, length, out=np.zeros_like(scaled), where=driven)
    with np.errstate(over="ignore", under="ignore"):
        e = np.exp(-np.ldexp(length * time[..., np.newaxis], exponent))

    along = _dot(start, toward)
    across = start - along * toward
    radius = np.sqrt(_dot(start, start))
    near = radius + along
    far = e * e * (radius - along)
    moving = driven & (e < 1)
    near_antipode = (along < _NEAR_ANTIPODE) & moving
    total = near + far
    if np.any(near_antipode):
        total = np.where(near_antipode, 1.0, total)
    x = ((near - far) * toward + (2 * e) * across) / total
    if not np.all(moving):
        x = np.where(moving, x, start)
    if np.any(near_antipode):
        rows = np.broadcast_to(near_antipode, (*x.shape[:-1], 1))[..., 0]
        parts = (np.broadcast_to(a, (*x.shape[:-1], a.shape[-1]))[rows] for a in (start, scaled, e))
        x[rows] = _leave_antipode(*parts)
    return np.asarray(x)


def _leave_antipode(start: Floats, h: Floats, e: Floats) -> Floats:
    """Return T1's flow for rows (m, d) near the antipode; `h` is of order 1, `e` is (m, 1)."""
    pivot = np.argmax(np.abs(h), axis=-1)[:, np.newaxis]
    h_pivot = np.take_along_axis(h, pivot, axis=-1)
    # start - (start_k/h_k) h has the same part across h as the start, is no longer than
    # 1 + sqrt(d) times that part, and each entry is one determinant: nothing cancels.
    skewed = determinant(start, h, np.take_along_axis(start, pivot, axis=-1), h_pivot) / h_pivot
    toward = h / np.sqrt(_dot(h, h))
    size = largest(skewed)
    unit = np.divide(skewed, size, out=np.zeros_like(skewed), where=size > 0)
    unit -= _dot(unit, toward) * toward
    length = np.sqrt(_dot(unit, unit))
    across, sine = size * unit, size * length
    cosine = _dot(start, toward)
    # The distances to antipode and drive, up to a common factor, are sine and rest; the flow
    # shrinks the second by e. Scaled by the larger, neither square underflows.
    rest = np.hypot(sine, cosine) - cosine
    shrunk = np.where((sine == 0) & (e == 0), 1.0, e * rest)
    scale = np.maximum(sine, shrunk)
    near, far = sine / scale, shrunk / scale
    turned = (near * near - far * far) * toward + (2 * far) * (across / scale)
    return np.asarray(turned / (near * near + far * far))


def converged_probability(
    drive_norm: ArrayLike, t: ArrayLike, epsilon: ArrayLike, d: int
) -> Floats:
    r"""Probability that a uniform start has settled by time `t` (T2).

    P(||x(t) - h/||h|| || <= epsilon) for a start uniform on the sphere of dimension d - 1.

    Parameters
    ----------
    drive_norm, t, epsilon
        ||h||, time and distance, arrays that broadcast. Without drive nothing settles: 0.
    d
        Dimension of the ambient space.

    Returns
    -------
    array
        Probabilities.

    Examples
    --------
    >>> float(converged_probability(1.0, 0.0, np.sqrt(2.0), 3).round(12))  # a half sphere
    0.5
    """
    epsilon, norms = np.asarray(epsilon, dtype=np.float64), np.asarray(drive_norm)
    if not (np.all(epsilon > 0) and np.all(norms >= 0)):
        raise InputError("epsilon must be positive and drive norms non-negative")
    # sin^2(phi/2) ~ Beta(a, a) at the start, and the flow multiplies tan(phi/2) by exp(-||h||t).
    a, inside = (_dimension(d) - 1) / 2, epsilon < 2
    log_odds = _log_tan_squared(np.where(inside, epsilon, 1.0)) + 2 * norms * np.asarray(t)
    # SciPy's own complement, betaincc, is off by 5e-12 for a = 1/2 and tiny arguments.
    settled = np.where(
        log_odds <= 0, betainc(a, a, expit(log_odds)), 1 - betainc(a, a, expit(-log_odds))
    )
    return np.asarray(np.where(norms > 0, np.where(inside, settled, 1.0), 0.0))


def settling_time(drive_norm: float, epsilon: float, delta: float, d: int) -> float:
    """Time after which a uniform start is within `epsilon` with probability 1 - `delta` (T2).

    Examples
    --------
    >>> round(settling_time(2.0, 1e-2, 1e-3, 2), 3)
    5.877
    """
    if not (drive_norm > 0 and 0 < epsilon < 2 and 0 < delta < 1):
        raise InputError("need drive_norm > 0, 0 < epsilon < 2 and 0 < delta < 1")
    a = (_dimension(d) - 1) / 2
    missed = float(betaincinv(a, a, delta))
    needed = math.log1p(-missed) - math.log(missed) - float(_log_tan_squared(np.asarray(epsilon)))
    return max(0.0, needed / (2 * drive_norm))


def antipodal_cap_probability(alpha: ArrayLike, d: int) -> Floats:
    """Probability that a uniform start lies within the angle `alpha` of the antipode (T2).

    Examples
    --------
    >>> float(antipodal_cap_probability(np.pi / 2, 8).round(12))
    0.5
    """
    a = (_dimension(d) - 1) / 2
    return np.asarray(betainc(a, a, np.sin(np.asarray(alpha, dtype=np.float64) / 2) ** 2))


def _log_tan_squared(epsilon: Floats) -> Floats:
    """Return log tan^2(phi/2) for the chord epsilon = 2 sin(phi/2)."""
    quarter = (epsilon / 2) ** 2
    return np.asarray(2 * np.log(epsilon / 2) - np.log1p(-quarter))


def _dimension(d: int) -> int:
    if d < 2:
        raise InputError(f"d is {d}; the sphere needs an ambient dimension of at least 2")
    return d


def _dot(x: Floats, y: Floats) -> Floats:
    return np.asarray(np.einsum("...d,...d->...", x, y))[..., np.newaxis]


def _read(x0: ArrayLike, drive: ArrayLike, t: ArrayLike) -> tuple[Floats, Floats, Floats]:
    start = np.asarray(x0, dtype=np.float64)
    h = np.asarray(drive, dtype=np.float64)
    time = np.asarray(t, dtype=np.float64)
    shapes = f"x0 {start.shape}, drive {h.shape}, t {time.shape}"
    if start.ndim < 1 or h.ndim < 1 or start.shape[-1] != h.shape[-1] or start.shape[-1] < 2:
        raise InputError(f"{shapes}: expected (..., d), (..., d) with d >= 2, and (...)")
    try:
        np.broadcast_shapes(start.shape[:-1], h.shape[:-1], time.shape)
    except ValueError as error:
        raise InputError(f"{shapes}: the leading axes do not broadcast") from error
    if not np.all(np.abs(norm(start) - 1) <= _UNIT_GUARD):
        raise InputError("x0 is off the sphere or not finite; normalise it")
    if not np.all(np.isfinite(h)):
        raise InputError("drive has NaN or infinite entries")
    if np.any(np.isnan(time)):
        raise InputError("t has NaN entries")
    return start, h, time
