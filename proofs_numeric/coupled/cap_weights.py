r"""How large each oscillator's cap may be, in floats: proposals for T6c.

A force :math:`2\sin u\,(\ell\cos u - a\sin u) = R\sin(2u + \psi) - a`, with :math:`R = \sqrt{\ell^2
+ a^2}` and :math:`\tan\psi = a/\ell`, exceeds a push q up to a half-angle that is known in closed
form. The far pull gives each oscillator its cap at once. The near pull depends on the others' caps:
where those grow, its own shrinks; the caps go from a choice that is too small towards the balance,
as far as each stays below what the others leave it. Nothing here is proved, or needs to be.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from lohe.dynamics.network import Network
from lohe.proofs_numeric.coupled.forces import Forces
from lohe.proofs_numeric.coupled.strength import heard_upper

__all__ = ["propose_cosines"]

Floats = NDArray[np.float64]

# Share of every pull that is kept to fall with at the edge of its cap: more of it settles sooner,
# less of it holds more starts.
_KEPT = 1 / 16
# Smallest cosine of a half-angle: all but a hemisphere's worth of the opposite point.
_SMALLEST = 2.0**-48
# Rounds towards the balance of the near pulls, and of the search for caps of any size at all.
_ROUNDS = 6
_SEARCH = 60


def propose_cosines(network: Network, forces: Forces) -> Iterator[Floats]:
    r"""Propose :math:`\cos u_i` of the largest caps, most hopeful first.

    Parameters
    ----------
    network
        Any network.
    forces
        At its centre (`enclose_forces`).

    Yields
    ------
    (n,) array
        In (0, 1).
    """
    push = forces.crosstalk_upper + forces.across_upper + forces.residual_upper
    far = _widest(forces.drive_along_lower, forces.rotation_upper, push)
    start = _near(forces, forces.crosstalk_upper)
    for other in (far, np.full(network.n, np.nan)):
        best = np.fmin(start, other)
        if not np.any(np.isnan(best)):
            yield _balanced(network, forces, best, other)


def _balanced(network: Network, forces: Forces, cosines: Floats, far: Floats) -> Floats:
    """Widen caps that leave one another room, as long as they do."""
    if network.crosstalk is None or bool(np.all(far <= cosines)):
        return np.maximum(cosines, _SMALLEST)
    room = _room(network, forces, cosines, far)
    for _ in range(_ROUNDS):
        wider = np.minimum(cosines, room + (cosines - room) / 4)
        left = _room(network, forces, wider, far)
        if not bool(np.all(left <= wider)):
            break
        cosines, room = wider, left
    return np.maximum(cosines, _SMALLEST)


def _room(network: Network, forces: Forces, cosines: Floats, far: Floats) -> Floats:
    heard = heard_upper(network, np.sqrt((1 - cosines) * (1 + cosines)))
    room = np.fmin(_near(forces, heard), far)
    return np.where(np.isnan(room), np.inf, room)


def _near(forces: Forces, heard: Floats) -> Floats:
    return _widest(forces.along_lower, forces.rotation_upper, 2 * heard + forces.residual_upper)


def _widest(pull: Floats, rotation: Floats, push: Floats) -> Floats:
    """Return cos u at the widest cap that is held against a push; NaN if there is none."""
    kept = (1 - _KEPT) * pull
    size, lag = np.hypot(kept, rotation), np.arctan2(rotation, kept)
    needed = (push + rotation) / size
    held = (kept > 0) & (needed < np.cos(0.0))
    angle = (np.arcsin(np.where(held, needed, 0.0)) + lag) / 2
    return np.where(held & (angle < np.pi / 2), np.sin(angle), np.nan)
