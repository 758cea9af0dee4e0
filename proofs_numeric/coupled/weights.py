"""What devices do to the attention weights at the resting points that a cap encloses (T6b)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lohe.dynamics.network import Network
from lohe.proofs_numeric.balls import Balls
from lohe.proofs_numeric.coupled.volume import half_sine
from lohe.proofs_numeric.enclosure import float_up
from lohe.proofs_numeric.uncertainty import Uncertainty
from lohe.proofs_numeric.weights import Rows, largest_weight_error

__all__ = ["cap_weight_error_upper"]

Floats = NDArray[np.float64]


def cap_weight_error_upper(
    network: Network, uncertainty: Uncertainty, centre: Floats, inner: float
) -> float:
    r"""Bound :math:`\sum_j |a'_{ij} - a_{ij}|` over all oscillators and devices.

    The unprimed weights are those at the centre, the primed ones those of any device at its own
    resting point, which is within the chord :math:`2\sin u_{in}` of the centre: so T3 and T3a
    apply.

    Parameters
    ----------
    network
        With couplings and anchors, readout exponent at least 1.
    uncertainty
        Its displacement of anchors counts here; all else is in `inner`.
    centre : (n, d) array
        Rows are unit vectors up to rounding; their exact directions count.
    inner
        tan(u_in / 2) of a cap that holds every device's resting point.

    Returns
    -------
    float
        At most 2.0, which is the trivial bound.
    """

    def states(rows: Rows) -> Balls:
        y = Balls.exact(centre[rows])
        return y / (y * y).sum(axis=1).sqrt()[:, None]

    chords = np.full(network.n, float_up(2 * half_sine(inner)))
    return largest_weight_error(network, uncertainty.anchors, chords, states)
