"""The resting point that trials of a coupled network are held against."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lohe.dynamics.equilibrium import force_bound, resting_point
from lohe.dynamics.network import Network
from lohe.dynamics.sphere import retract
from lohe.proofs_numeric.coupled.weighted_cap import WeightedCap, certify_weighted_cap
from lohe.proofs_numeric.equilibria.newton import tangent_jacobians

__all__ = ["certified_reference", "reference_point"]

Floats = NDArray[np.float64]

# Dense eigenvalue problems of so many unknowns are affordable.
_SOLVABLE = 400
# Growth rates over the largest possible force at the level of rounding.
_NEUTRAL = 1e-9
# Radians by which a saddle is left, and how many saddles are.
_PUSH, _SADDLES = 1e-2, 8


def reference_point(network: Network) -> Floats | None:
    """Find where a network rests when it is started along its drives, and stays when disturbed.

    Symmetry may lead it to a saddle, as two opposite drives do. From there it is pushed along the
    direction that grows fastest, and goes on. Found in floats; nothing is proved.

    Parameters
    ----------
    network

    Returns
    -------
    (n, d) array, or None
        None if the network does not come to rest.

    Examples
    --------
    >>> opposite = Network([[1.0, 0.0], [-1.0, 0.0]], crosstalk=[[0.0, 3.0], [3.0, 0.0]])
    >>> bool(np.all(np.abs(reference_point(opposite)[:, 1]) > 0.9))  # both to one side
    True
    """
    rest = resting_point(network)
    for _ in range(_SADDLES):
        push = None if rest is None else _growing(network, rest)
        if rest is None or push is None:
            return rest
        rest = resting_point(network, start=retract(rest, _PUSH * push))
    return rest


def certified_reference(network: Network) -> tuple[Floats | None, WeightedCap | None]:
    """Find the `reference_point` and the certified caps around it.

    Parameters
    ----------
    network
        As it is stored: if it has couplings, what is proved is of the drives that they add up to
        exactly, not of the rounded ones.

    Returns
    -------
    point : (n, d) array or None
        None if the network does not come to rest.
    cap : WeightedCap or None
        None if nothing is proved around the point.
    """
    point = reference_point(network)
    if point is None:
        return None, None
    cap = certify_weighted_cap(network, centre=point)
    return (point, None) if isinstance(cap, str) else (cap.centre, cap)


def _growing(network: Network, rest: Floats) -> Floats | None:
    """Return the direction that grows fastest, (n, d) of length 1; None if none does."""
    if network.n * (network.d - 1) > _SOLVABLE:
        return None
    frames, jacobians = tangent_jacobians(network, rest[np.newaxis])
    rates, modes = np.linalg.eig(jacobians[0])
    lead = int(np.argmax(rates.real))
    if rates[lead].real <= _NEUTRAL * force_bound(network):
        return None
    mode = modes[:, lead].real.reshape(network.n, network.d - 1, 1)
    # Eigenvectors come with any sign; results must not.
    largest = mode.ravel()[np.argmax(np.abs(mode))]
    return np.asarray((frames[0] @ mode)[..., 0] * (np.sign(largest) / np.linalg.norm(mode)))
