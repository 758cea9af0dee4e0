"""The saddles next to a resting point: one oscillator turned against its force."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lohe.dynamics.equilibrium import force_bound
from lohe.dynamics.errors import InputError
from lohe.dynamics.field import forcing, vector_field
from lohe.dynamics.network import Network
from lohe.dynamics.sphere import norm
from lohe.proofs_numeric.equilibria.newton import distinct, find_rest

__all__ = ["adjacent_saddles"]

Floats = NDArray[np.float64]

_MOST = 64
_ROUNDS = 200
# Newton's method solves dense systems of so many unknowns.
_SOLVABLE = 400
_AT_REST = 1e-9


def adjacent_saddles(network: Network, rest: Floats) -> Floats:
    """Find equilibria near the states that differ from rest by one oscillator turned round.

    Where T6 holds there is exactly one for each oscillator, with d - 1 unstable directions; they
    are the gates through which starts are slowest. The most weakly forced oscillators come first,
    64 at most. Found in floats; nothing is proved.

    Parameters
    ----------
    network
    rest : (n, d) array
        A resting point.

    Returns
    -------
    (m, n, d) array

    Raises
    ------
    InputError
        If none was found.

    Examples
    --------
    >>> coupled = Network([[1.0, 0.0]] * 2, crosstalk=[[0.0, 0.2], [0.2, 0.0]])
    >>> adjacent_saddles(coupled, np.array([[1.0, 0.0]] * 2))[:, :, 0].round(12)
    array([[-1.,  1.],
           [ 1., -1.]])
    """
    order = np.argsort(norm(forcing(network, rest)), kind="stable")[:_MOST]
    signs = np.ones((len(order), network.n, 1))
    signs[np.arange(len(order)), order] = -1.0
    x = signs * rest
    for _ in range(_ROUNDS):
        force = forcing(network, x)
        size = norm(force)[..., np.newaxis]
        x = np.where(size > 0, signs * force / np.where(size > 0, size, 1.0), x)
    if network.n * (network.d - 1) <= _SOLVABLE:
        x = find_rest(network, x)
    speed = np.linalg.norm(vector_field(network, x), axis=-1).max(axis=-1)
    found = distinct(x[speed <= _AT_REST * force_bound(network)], rest[np.newaxis])
    if not len(found):
        raise InputError("no saddle was found next to the resting point; choose other starts")
    return found
