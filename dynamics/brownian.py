r"""Brownian motion on spheres by isotropic geodesic steps, of weak order 2.

Write :math:`m = d - 1`, L for the Laplace-Beltrami operator of the unit sphere and
:math:`t = D\Delta`: over a time :math:`\Delta`, Brownian motion of diffusivity D has the
transition operator :math:`e^{tL}`. The mean :math:`u(r)` of a function f over the geodesic sphere
of radius r about a point solves Darboux's equation

.. math:: u'' + (m - 1)\cot(r)\,u' = Lu, \qquad u(0) = f, \quad u'(0) = 0,

so that :math:`u = f + \frac{r^2}{2m}Lf + \frac{r^4}{8m(m + 2)}(L^2 + \frac{2(m - 1)}{3}L)f +
O(r^6)`. A Gaussian tangent vector of variance :math:`\sigma^2 = 2s` in each direction has
:math:`E r^2 = 2sm` and :math:`E r^4 = 4s^2m(m + 2)`. The step :math:`x \mapsto \exp_x(\sigma\xi)`
therefore has the operator

.. math:: 1 + \left(s + \tfrac{m - 1}{3}s^2\right)L + \tfrac{s^2}{2}L^2 + O(s^3),

which agrees with :math:`e^{tL}` up to :math:`O(t^3)` for every smooth function exactly if
:math:`s = t - \frac{m - 1}{3}t^2 + O(t^3)`. Taken as :math:`s = t/(1 + \frac{d - 2}{3}t)`, it is
positive for every step. On the circle s = t and the step is exact.

References
----------
S. Helgason, Differential operators on homogeneous spaces, Acta Math. 102 (1959) 239-299, for mean
values and Darboux's equation on two-point homogeneous spaces.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lohe.dynamics.errors import InputError

__all__ = ["brownian_step", "geodesic_variance"]

Floats = NDArray[np.float64]

_TINY = float(np.finfo(np.float64).tiny)


def geodesic_variance(time: ArrayLike, d: int) -> Floats:
    r"""Variance, in each tangent direction, of the geodesic step that stands for Brownian motion.

    Parameters
    ----------
    time : (...) array
        :math:`D\Delta`, in radians squared; not negative.
    d
        Dimension of the ambient space.

    Returns
    -------
    (...) array
        :math:`\sigma^2 = 2D\Delta/(1 + \frac{d - 2}{3}D\Delta)`.

    Raises
    ------
    InputError
        If a time is negative or not finite, or d is below 2.

    Examples
    --------
    >>> geodesic_variance([0.0, 0.1], 2)
    array([0. , 0.2])
    """
    t = np.asarray(time, dtype=np.float64)
    if not (np.all(np.isfinite(t)) and np.all(t >= 0)):
        raise InputError("diffusivity times step must be finite and not negative")
    if d < 2:
        raise InputError(f"d is {d}; the sphere needs an ambient dimension of at least 2")
    return np.asarray(2 * t / (1 + (d - 2) / 3 * t))


def brownian_step(x: Floats, deviation: ArrayLike, rng: np.random.Generator) -> Floats:
    r"""Move each point by :math:`\exp_x(\sigma\xi)`, with :math:`\xi` a Gaussian tangent vector.

    Parameters
    ----------
    x : (n, d, trials) array
        Points of the sphere along the middle axis.
    deviation : float or (n,) array
        :math:`\sigma`, the root of `geodesic_variance`, of each oscillator.
    rng
        Source of randomness; n d trials normal numbers are drawn.

    Returns
    -------
    (n, d, trials) array
        Unit vectors to rounding, whatever the number of steps: each step removes what rounding
        has done to their length.

    Examples
    --------
    >>> x = np.broadcast_to([[1.0], [0.0], [0.0]], (1, 3, 4))
    >>> moved = brownian_step(x, 0.1, np.random.default_rng(0))
    >>> moved.shape, bool(np.all(abs(np.linalg.norm(moved, axis=1) - 1) < 1e-15))
    ((1, 3, 4), True)
    """
    sigma = np.asarray(deviation, dtype=np.float64)
    sigma = sigma[:, np.newaxis] if sigma.ndim else sigma
    moved = rng.standard_normal(x.shape)
    # The projection must use the direction of x: an error of its length would feed on itself.
    along = _dot(moved, x) / _dot(x, x)
    moved -= along[:, np.newaxis] * x
    # Above zero, where sin(angle)/angle rounds to its limit 1.
    angle = np.maximum(sigma * np.sqrt(_dot(moved, moved)), _TINY)
    moved *= (sigma * np.sin(angle) / angle)[:, np.newaxis]
    moved += np.cos(angle)[:, np.newaxis] * x
    moved /= np.sqrt(_dot(moved, moved))[:, np.newaxis]
    return moved


def _dot(x: Floats, y: Floats) -> Floats:
    return np.asarray(np.einsum("ndb,ndb->nb", x, y))
