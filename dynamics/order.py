"""Order parameters: how far oscillators, or the anchors that one listens to, agree."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lohe.dynamics.errors import InputError
from lohe.dynamics.network import Network
from lohe.dynamics.sphere import norm

__all__ = ["coherence", "order_parameter"]

Floats = NDArray[np.float64]


def order_parameter(x: ArrayLike) -> Floats:
    """Length of the mean state: 1 in full synchrony, near 0 when states are spread evenly.

    Parameters
    ----------
    x : (..., n, d) array

    Returns
    -------
    (...) array

    Examples
    --------
    >>> float(order_parameter([[1.0, 0.0], [0.0, 1.0]]).round(6))
    0.707107
    """
    return norm(np.mean(np.asarray(x, dtype=np.float64), axis=-2))


def coherence(network: Network) -> Floats:
    """Coherence rho_i = ||sum_j W_ij r_j|| / sum_j W_ij of each oscillator (T3), rounded.

    Returns
    -------
    (n,) array
        In [0, 1] for unit anchors; 0 where every coupling is 0.

    Raises
    ------
    InputError
        If the network was given by drives, which do not determine it.

    Examples
    --------
    >>> network = Network(couplings=[[3.0, 4.0]], anchors=[[1.0, 0.0], [0.0, 1.0]])
    >>> coherence(network).round(6)
    array([0.714286])
    """
    if network.couplings is None:
        raise InputError("coherence needs couplings and anchors; this network has only drives")
    total = network.couplings.sum(axis=-1)
    safe = np.where(total > 0, total, 1.0)
    return np.asarray(norm(network.drive) / safe)
