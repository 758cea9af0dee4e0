"""A price on drives that cancel, to be added to a loss."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["FLOOR", "incoherence"]

Floats = NDArray[Any]

FLOOR = 1e-3
"""Coherence below which the price rises no further, so that no gradient is unbounded."""


def incoherence(
    coherence: Floats, weights: NDArray[Any] | None = None
) -> tuple[float, Callable[[float], Floats]]:
    r"""Return the mean of :math:`-\tfrac12 \ln\frac{\rho_i^2 + \varepsilon^2}{1 + \varepsilon^2}`.

    By T2 an oscillator settles in a time proportional to :math:`1/\|h_i\|`, and
    :math:`\|h_i\| = \rho_i \sum_j W_{ij}`: one nat of price is one e-fold of settling time at
    given couplings, and it is 0 where all anchors pull one way. :math:`(1 - \rho)^2` would charge
    :math:`\rho = 0.01` hardly more than :math:`0.1`, which settles ten times sooner.
    :math:`\varepsilon` is `FLOOR`.

    Parameters
    ----------
    coherence : array
        The coherences, from 0 to 1; see `coherent_attention_vjp`.
    weights : array, optional
        What each counts, for example 0 for padding; broadcasts against `coherence`.

    Returns
    -------
    price : float
        In nats, from 0 to -ln `FLOOR`, about 6.9.
    pullback : callable
        ``pullback(d_price) -> d_coherence``.

    Examples
    --------
    >>> round(incoherence(np.array([1.0, 1.0]))[0], 6), round(incoherence(np.array([0.1]))[0], 2)
    (0.0, 2.3)
    """
    share = np.broadcast_to(1.0 if weights is None else weights, coherence.shape)
    share = (share / share.sum()).astype(coherence.dtype)
    squares = coherence * coherence + FLOOR**2
    price = 0.5 * float(np.vdot(share, np.log((1 + FLOOR**2) / squares)))

    def pullback(d_price: float) -> Floats:
        return np.asarray(-d_price * share * coherence / squares)

    return price, pullback
