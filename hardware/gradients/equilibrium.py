r"""Equilibrium propagation: gradients from how an array answers to a nudge by the loss itself.

An array whose crosstalk is symmetric settles at a minimum of the energy

.. math:: E = -\sum_i \langle h_i, x_i\rangle
              - \frac12\sum_{ik} J_{ik}\langle x_i, x_k\rangle,

which detuning of phases only tilts, by :math:`-\sum_i \omega_i\theta_i`. Nudged by :math:`\beta`
times the loss it settles elsewhere, and (Scellier & Bengio, Front. Comput. Neurosci. 11, 24, 2017;
with both signs of the nudge: Laborieux et al., Front. Neurosci. 15, 2021)

.. math:: \frac{dL}{dh_i} = \lim_{\beta\to0} \frac1{2\beta}
          \big(\partial_{h_i} E(x^{\beta}) - \partial_{h_i} E(x^{-\beta})\big)
          = -\lim_{\beta\to0} \frac{x^{\beta}_i - x^{-\beta}_i}{2\beta}.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lohe.hardware.gradients.estimate import Estimate, Settle, require_positive_size

__all__ = ["equilibrium_propagation"]

Floats = NDArray[Any]


def equilibrium_propagation(settle: Settle, slope: Floats, nudge: Floats | float) -> Estimate:
    r"""Settle twice under a further drive :math:`\mp\beta\,\partial L/\partial x`.

    The nudge is the loss to first order at the free state, so that it is a drive like any other.

    Parameters
    ----------
    settle
        From a further drive to the states that are read.
    slope : (..., n, d) array
        Of the loss by the states, where the arrays are without a nudge.
    nudge : float or (..., 1, 1) array
        :math:`\beta`. Small ones are drowned by noise, large ones are biased by their square.

    Raises
    ------
    InputError
        If the nudge is not positive.

    Notes
    -----
    Where crosstalk is not symmetric, or oscillators on a sphere of d > 2 turn by themselves, there
    is no such energy, and the estimate is biased however small the nudge.
    """
    require_positive_size("nudge", nudge)
    forth, back = settle(-nudge * slope), settle(nudge * slope)
    return Estimate(-(forth - back) / (2 * np.asarray(nudge)), 2)
