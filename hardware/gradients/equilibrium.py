r"""Equilibrium propagation: gradients from how an array answers to a nudge.

An array whose crosstalk is symmetric and whose oscillators are not detuned settles at a minimum of
the energy

.. math:: E = -\sum_{ij} W_{ij}\langle r_j, x_i\rangle
              - \frac12\sum_{ik} J_{ik}\langle x_i, x_k\rangle.

Nudged by :math:`\beta` times the loss it settles elsewhere, and (Scellier & Bengio, Front. Comput.
Neurosci. 11, 24, 2017; with both signs of the nudge: Laborieux et al., Front. Neurosci. 15, 2021)

.. math:: \frac{dL}{dW_{ij}} = \lim_{\beta\to0} \frac1{2\beta}
          \big(\partial_{W_{ij}} E(x^{\beta}) - \partial_{W_{ij}} E(x^{-\beta})\big)
          = -\lim_{\beta\to0} \frac{\langle r_j,\; x^{\beta}_i - x^{-\beta}_i\rangle}{2\beta}.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from lohe.dynamics.errors import InputError
from lohe.hardware.gradients.estimate import Estimate, Loss

__all__ = ["equilibrium_propagation"]

Floats = NDArray[np.float64]


def equilibrium_propagation(
    settle: Callable[[Floats], Floats], anchors: Floats, loss: Loss, nudge: float
) -> Estimate:
    r"""Settle freely, then twice under a further drive :math:`\mp\beta\,\partial L/\partial x`.

    The nudge is the loss to first order at the free state, so that it is a drive like any other.

    Parameters
    ----------
    settle
        From a further drive (n, d) to the states (n, d) that the array settles at.
    anchors : (T, d) array
    loss
        Of the states.
    nudge : float
        :math:`\beta`. Small ones are drowned by noise, large ones are biased by its square.

    Raises
    ------
    InputError
        If the nudge is not positive.

    Notes
    -----
    Where crosstalk is not symmetric or oscillators are detuned there is no such energy, and the
    estimate is biased however small the nudge.
    """
    if not nudge > 0:
        raise InputError(f"nudge is {nudge}; it must be positive")
    free = settle(np.zeros((1, anchors.shape[-1])))
    _, slope = loss(free)
    forth, back = settle(-nudge * slope), settle(nudge * slope)
    return Estimate(-((forth - back) @ anchors.T) / (2 * nudge), 3)
