r"""Krawczyk's operator for every device at once: how far the equations may be off (T8).

A device's field differs from the stored network's by
:math:`p_i = \Delta A_ix_i + P_{x_i}(\Delta h_i + \sum_k\Delta J_{ik}x_k)` of norm at most
:math:`q_i = \omega + e_i + \eta`. Along tangent vectors :math:`v_k` of norm at most c its
derivative is at most :math:`c\,(q_i + \eta)`: :math:`\Delta A_iv_i` gives :math:`c\,\omega`, the
change of the projector :math:`\|\langle v,w\rangle x + \langle x,w\rangle v\| \le \|v\|\|w\|` for
:math:`v \perp x` gives :math:`c\,(e_i + \eta)`, and :math:`\sum_k\Delta J_{ik}v_k` another
:math:`c\,\eta`. A change of chart coordinates by at most 1 each moves a point by at most
:math:`c = 2\sqrt{d-1}`, one of the coordinates in orthonormal tangent frames by :math:`\sqrt{d-1}`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from lohe.dynamics.network import Network
from lohe.proofs_numeric.enclosure import float_up, sqrt_up
from lohe.proofs_numeric.uncertainty import Uncertainty

__all__ = ["Deviations", "deviations"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Deviations:
    """Bounds for every component of the equations, one for each of the N = n (d - 1).

    Parameters
    ----------
    equations : (N,) array
        Upper bounds of what devices add to the equations at any state.
    derivative : (N,) array
        Upper bounds of the row sums of what they add to the derivative by chart coordinates.
    linearisation : (N,) array
        The same for the linearisation in orthonormal tangent frames.
    """

    equations: Floats
    derivative: Floats
    linearisation: Floats


def deviations(network: Network, uncertainty: Uncertainty) -> Deviations | None:
    """Bound how far devices' equations are from the stored network's; None without uncertainty.

    Raises
    ------
    InputError
        If the uncertainty needs couplings and anchors that the network does not have.
    """
    if uncertainty.none:
        return None
    coordinates = network.d - 1
    root = sqrt_up(Fraction(coordinates))
    omega, eta = Fraction(uncertainty.frequency), Fraction(uncertainty.crosstalk)
    bounds: list[tuple[float, ...]] = []
    for error in uncertainty.drive_errors(network).tolist():
        if math.isinf(error):
            bounds.append((math.inf,) * 3)
        else:
            speed = omega + Fraction(error) + eta
            turn = root * (speed + eta)
            bounds.append((float_up(speed), float_up(2 * turn), float_up(turn)))
    return Deviations(*np.array(bounds).repeat(coordinates, axis=0).T)
