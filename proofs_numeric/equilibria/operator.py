r"""Krawczyk's operator about a centre in midpoint-radius arithmetic: one matrix product (T8).

With any matrix C, every zero :math:`\xi` of :math:`\Phi` in the box of half widths r about
:math:`\tilde\xi` satisfies

.. math:: \xi - \tilde\xi \in -C\Phi(\tilde\xi) + (I - C\,D\Phi(\text{box}))(\xi - \tilde\xi).

Where the right side lies within the box for every :math:`\xi` of it, the box holds exactly one
zero; where it misses the box, none [1]_. Only row sums of :math:`|I - C\,D\Phi|\,r` are needed.
With M an approximation of :math:`D\Phi` at the centre and :math:`M', R'` middle and radius over
the box they are at most :math:`|I - CM|\,r + |C|\,((|M' - M| + R')\,r)`: one product of matrices
for the centre, whose rounding adds :math:`\gamma_N|C||M|\,r`, and products with vectors for every
box.

References
----------
.. [1] R. Krawczyk, Newton-Algorithmen zur Bestimmung von Nullstellen mit Fehlerschranken,
   *Computing* 4 (1969) 187-201.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import lapack

from lohe.proofs_numeric.balls import Balls
from lohe.proofs_numeric.enclosure import float_up, gamma
from lohe.proofs_numeric.equilibria.arbs import arbs, precision, to_balls
from lohe.proofs_numeric.equilibria.chart import Frame, frame_at
from lohe.proofs_numeric.equilibria.devices import Deviations
from lohe.proofs_numeric.equilibria.system import System, derivative, residual

__all__ = ["Operator", "box_about", "inverted", "linearise"]

Floats = NDArray[np.float64]

# These pay for a few roundings of non-negative numbers, and for what underflows.
_GROW = 1 + 2.0**-49
_TINY = 2.0**-1000

# Columns that LAPACK works on at a time.
_BLOCK = 64

# The equations nearly vanish at the centre: doubles would leave nothing but their rounding.
_RESIDUAL_BITS = 128


@dataclass(frozen=True, eq=False)
class Operator:
    r"""Krawczyk's operator about a centre.

    Parameters
    ----------
    system
    centre
        With its frames, in `Balls`.
    slope : (N, N) array
        M, N = n (d - 1).
    inverse : (N, N) array
        C.
    defect : (N, N) array
        :math:`|I - CM|` as computed.
    step : Balls of shape (N,)
        :math:`C\Phi(\tilde\xi)`.
    """

    system: System
    centre: Frame
    slope: Floats
    inverse: Floats
    defect: Floats
    step: Balls

    def step_upper(self, extra: Deviations | None = None) -> Floats:
        r"""Bound :math:`|C\Phi'(\tilde\xi)|` for the network itself, or for every device."""
        bound = self.step.magnitude
        if extra is None:
            return bound
        with np.errstate(over="ignore", invalid="ignore"):
            total = bound + _product_up(np.abs(self.inverse), extra.equations)
            return np.where(np.isnan(total), np.inf, total * _GROW)

    def spread(self, reach: Floats, extra: Deviations | None = None) -> Floats:
        r"""Bound :math:`|I - C\,D\Phi(\text{box})|\,r` from above.

        Parameters
        ----------
        reach : (N,) array
            The half widths r of the box.
        extra
            What devices add to the equations; the bound is then for every device.

        Returns
        -------
        (N,) array
        """
        radius = reach.reshape(self.centre.coordinates.shape)
        over = derivative(self.system, self.centre, Balls(np.zeros(radius.shape), radius))
        # The rounding of C M, at most γ_N |C| |M|, goes with the radii of the derivative.
        rounding = float_up(gamma(len(reach)))
        change = np.abs(over.middle - self.slope) + over.radius + rounding * np.abs(self.slope)
        added = np.zeros(len(reach)) if extra is None else extra.derivative * reach.max()
        sizes = np.abs(self.inverse)
        # What C M loses to underflow, in every entry.
        lost = len(reach) * _TINY * (1 + sizes.max() + np.abs(self.slope).max())
        with np.errstate(over="ignore", invalid="ignore"):
            turned = _product_up(sizes, _product_up(change, reach) + added)
            total = _product_up(self.defect, reach) + turned + lost * reach.sum()
            return np.where(np.isnan(total), np.inf, total * _GROW)


def _product_up(matrix: Floats, vector: Floats) -> Floats:
    """Bound a product of non-negative numbers, each with up to 8 roundings, from above."""
    terms = len(vector)
    grow = float_up((1 + Fraction(32, 2**53)) / (1 - gamma(terms)))
    lost = 4 * terms * _TINY * (1 + matrix.max() + vector.max())
    return np.asarray(matrix @ vector * grow + lost)


def linearise(system: System, precise: System, poles: Floats, centre: Floats) -> Operator | None:
    """Set up Krawczyk's operator.

    Parameters
    ----------
    system, precise
        The coefficients in `Balls` and in Arb.
    poles : (n,) array
    centre : (n, d - 1) array

    Returns
    -------
    Operator or None
        None where the derivative has no inverse in floats.
    """
    frame = frame_at(poles, Balls.exact(centre))
    around = np.zeros(centre.shape)
    slope = derivative(system.rounded, frame_at(poles, centre), around)
    inverse = inverted(slope)
    if inverse is None:
        return None
    with precision(_RESIDUAL_BITS):
        value = to_balls(residual(precise, frame_at(poles, arbs(centre))))
    defect = np.abs(inverse @ slope - np.eye(len(slope)))
    step = Balls.exact(inverse) @ value
    return Operator(system, frame, slope, inverse, defect, step)


def inverted(values: Floats) -> Floats | None:
    """Return an approximate inverse, None where there is none in floats.

    By LU and inversion of its factors, which takes two thirds of the time of solving for the
    columns of the identity.
    """
    factors, pivots, _ = lapack.dgetrf(values)
    inverse, singular = lapack.dgetri(factors, pivots, lwork=_BLOCK * len(values))
    if singular or not np.isfinite(inverse).all():
        return None
    return np.ascontiguousarray(inverse)


def box_about(centre: Balls, reach: Floats | float) -> Balls:
    """Return the box within `reach` of a centre that is itself known to its radius only."""
    return Balls(centre.middle, (centre.radius + reach) * _GROW + _TINY)
