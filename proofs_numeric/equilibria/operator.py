r"""Krawczyk's operator about a centre in midpoint-radius arithmetic: one matrix product (T8).

With any matrix C, every zero :math:`\xi` of :math:`\Phi` in the box of half widths r about
:math:`\tilde\xi` satisfies

.. math:: \xi - \tilde\xi \in -C\Phi(\tilde\xi) + (I - C\,D\Phi(\text{box}))(\xi - \tilde\xi).

Where the right side lies within the box for every :math:`\xi` of it, the box holds exactly one
zero; where it misses the box, none [1]_. Only row sums of :math:`|I - C\,D\Phi|\,r` are needed.
With M the middle of :math:`D\Phi` at the centre and :math:`M', R'` those over the box they are at
most :math:`|I - CM|\,r + |C|\,((|M' - M| + R')\,r)`: one product of matrices for the centre, and
products with vectors for every box about it.

References
----------
.. [1] R. Krawczyk, Newton-Algorithmen zur Bestimmung von Nullstellen mit Fehlerschranken,
   *Computing* 4 (1969) 187-201.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lohe.proofs_numeric.balls import Balls
from lohe.proofs_numeric.equilibria.arbs import arbs, precision, to_balls
from lohe.proofs_numeric.equilibria.chart import Frame, frame_at
from lohe.proofs_numeric.equilibria.system import System, derivative, residual

__all__ = ["Operator", "box_about", "linearise"]

Floats = NDArray[np.float64]

# These pay for three roundings of non-negative numbers, and for what underflows.
_GROW = 1 + 2.0**-50
_TINY = 2.0**-1000

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
        The middle M of the derivative at the centre, N = n (d - 1).
    inverse : (N, N) array
        C.
    defect : (N, N) array
        Upper bounds of :math:`|I - CM|`.
    step : Balls of shape (N,)
        :math:`C\Phi(\tilde\xi)`.
    """

    system: System
    centre: Frame
    slope: Floats
    inverse: Floats
    defect: Floats
    step: Balls

    def spread(self, reach: Floats) -> Floats:
        r"""Bound :math:`|I - C\,D\Phi(\text{box})|\,r` from above.

        Parameters
        ----------
        reach : (N,) array
            The half widths r of the box.

        Returns
        -------
        (N,) array
        """
        radius = reach.reshape(self.centre.coordinates.shape)
        over = derivative(self.system, self.centre, Balls(np.zeros(radius.shape), radius))
        change = (np.abs(over.middle - self.slope) + over.radius) * _GROW + _TINY
        moved = (Balls.exact(change) @ reach).magnitude
        beside = Balls.exact(self.defect) @ reach
        return (beside + Balls.exact(np.abs(self.inverse)) @ moved).upper


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
    slope: Floats = derivative(system, frame, Balls.exact(np.zeros(centre.shape))).middle
    try:
        inverse = np.linalg.inv(slope).astype(np.float64, copy=False)
    except np.linalg.LinAlgError:
        return None
    if not np.isfinite(inverse).all():
        return None
    with precision(_RESIDUAL_BITS):
        value = to_balls(residual(precise, frame_at(poles, arbs(centre))))
    defect = Balls.exact(inverse) @ slope - np.eye(len(slope))
    step = Balls.exact(inverse) @ value
    return Operator(system, frame, slope, inverse, defect.magnitude, step)


def box_about(centre: Balls, reach: Floats | float) -> Balls:
    """Return the box within `reach` of a centre that is itself known to its radius only."""
    return Balls(centre.middle, (centre.radius + reach) * _GROW + _TINY)
