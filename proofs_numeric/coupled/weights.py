r"""What devices do to the attention weights at the resting points that a cap encloses (T6b).

Every device's resting point is within the chord :math:`c = 2 \sin u_{in}` of the centre y, and its
anchors within :math:`\delta` of the stored ones. So :math:`w_j = \max(0, 1 + \langle x, r_j
\rangle)` moves by at most :math:`c\|r_j\| + \delta`, and the sum of the t visible ones, which is
affine but for clamps, by at most :math:`D = \min(\sum_j (c\|r_j\| + \delta), c\|R\| + t\delta +
\sum_j \max(0, \|r_j\| + \delta - 1))` with :math:`R = \sum_j r_j`. The weights move by at most
:math:`(\sum_j (c\|r_j\| + \delta) + D)/(S - D)` in sum, :math:`S \ge t + \langle y, R \rangle`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lohe.dynamics.network import Network
from lohe.proofs_numeric.coupled.volume import half_sine
from lohe.proofs_numeric.enclosure import (
    PRODUCT_UNDERFLOW,
    down,
    float_up,
    gamma,
    norm_bounds,
    up,
)
from lohe.proofs_numeric.uncertainty import Uncertainty
from lohe.proofs_numeric.weights import largest_weight_error

__all__ = ["cap_weight_error_upper"]

Floats = NDArray[np.float64]

# Relative slack for the norms of the centre's rows, which are unit up to rounding.
_ROUNDING = 2.0**-20


def cap_weight_error_upper(
    network: Network, uncertainty: Uncertainty, centre: Floats, inner: float
) -> float:
    r"""Bound :math:`\sum_j |a'_{ij} - a_{ij}|` over all oscillators and devices (p = 1).

    The unprimed weights are those at the centre, the primed ones those of any device at its own
    resting point.

    Parameters
    ----------
    network
        With couplings and anchors, readout exponent 1.
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
    chord = float_up(2 * half_sine(inner))
    return largest_weight_error(
        network,
        uncertainty.anchors,
        np.full(network.n, chord),
        lambda rows, total, error: _aligned_lower(centre[rows], total, error),
    )


def _aligned_lower(y: Floats, total: Floats, error: Floats) -> Floats:
    r"""Bound :math:`\langle y/\|y\|, R\rangle` from below, R within `error` of `total`."""
    size = norm_bounds(total, error)[1]
    spread = norm_bounds(np.zeros_like(error), error)[1]
    computed = np.einsum("ni,ni->n", y, total)
    slack = up(size * float_up(4 * gamma(y.shape[1] + 2)) + y.shape[1] * PRODUCT_UNDERFLOW)
    lower, upper = norm_bounds(y, np.zeros_like(y))
    off = np.maximum(up(upper - 1), up(1 - lower))
    # Dividing by the norm of y moves the product by at most ||R|| times its distance from 1.
    slack = up(up(slack + up(size * off)) + up(spread * (1 + _ROUNDING)))
    return np.asarray(down(computed - slack))
