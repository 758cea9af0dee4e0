"""Oscillators on the circle, kept as angles: a token's state is a point of a torus."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from lohe.attention.kuramoto.points import sum_tokens
from lohe.attention.rotary.rotation import as_complex

__all__ = ["Torus"]

Floats = NDArray[Any]


@dataclass(frozen=True)
class Torus:
    """States (B, T, H, n) of angles theta, in radians; the point of an angle is e^(i theta).

    Examples
    --------
    >>> theta = np.array([[[[0.0, np.pi / 2]]]])
    >>> Torus().points(theta)[0].round(9)[0, 0, 0].tolist()
    [[1.0, 0.0], [0.0, 1.0]]
    """

    dimension: ClassVar[int] = 2
    freedoms: ClassVar[int] = 1

    def points(self, theta: Floats) -> tuple[Floats, Callable[[Floats], Floats]]:
        """Return the points (B, T, H, n, 2) and ``pullback(dx) -> dtheta``."""
        x = np.empty((*theta.shape, 2), dtype=theta.dtype)
        x[..., 0], x[..., 1] = np.cos(theta), np.sin(theta)

        def pullback(dx: Floats) -> Floats:
            return _across(x, dx)

        return x, pullback

    def pull(
        self, x: Floats, mean: Floats, step: Floats
    ) -> tuple[Floats, Callable[[Floats], tuple[Floats, Floats, Floats]]]:
        r"""Return :math:`\eta\,\mathrm{Im}(\bar z m)`, the pull of a mean m along the circle.

        Parameters
        ----------
        x, mean : (B, T, H, n, 2) array
            Points z, and means m of points.
        step : (H, n) array
            Lengths eta of the step.

        Returns
        -------
        change : (B, T, H, n) array
            Of the angles.
        pullback : callable
            ``pullback(dchange) -> (dx, dmean, dstep)``.
        """
        torque = _across(x, mean)

        def pullback(dchange: Floats) -> tuple[Floats, Floats, Floats]:
            # Im(conj(z) m) has the gradients -i m by z and i z by m.
            turned = (1j * (dchange * step)).astype(as_complex(x).dtype, copy=False)[..., None]
            dmean = (turned * as_complex(x)).view(x.dtype)
            dx = (turned.conj() * as_complex(mean)).view(x.dtype)
            return dx, dmean, sum_tokens(dchange * torque)

        return torque * step, pullback

    def moved(
        self, theta: Floats, change: Floats
    ) -> tuple[Floats, Callable[[Floats], tuple[Floats, Floats]]]:
        """Return the states after a change (B, T, H, n) of the angles, and the adjoint."""
        return theta + change, lambda d: (d, d)


def _across(x: Floats, y: Floats) -> Floats:
    """Return Im(conj(x) y) of points, (..., n)."""
    product = as_complex(x).conj()
    product = product * as_complex(y)
    return np.asarray(product.imag[..., 0])
