r"""How large each oscillator's cap may be, in floats: proposals for T6c.

A force :math:`2\sin u\,(\ell\cos u - a\sin u) = R\sin(2u + \psi) - a`, with :math:`R = \sqrt{\ell^2
+ a^2}` and :math:`\tan\psi = a/\ell`, exceeds a push q up to a half-angle that is known in closed
form. The far pull gives each oscillator its cap at once. The near pull depends on the others' caps:
where those grow, its own shrinks; the caps go from a choice that is too small towards the balance,
as far as each stays below what the others leave it. Nothing here is proved, or needs to be.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from lohe.dynamics.network import Network
from lohe.proofs_numeric.coupled.forces import Forces
from lohe.proofs_numeric.coupled.strength import heard_upper
from lohe.proofs_numeric.coupled.trapping import Hold, trapping_angles
from lohe.proofs_numeric.coupled.weighted_trap import loose_push
from lohe.proofs_numeric.uncertainty import Uncertainty

__all__ = ["propose_cosines"]

Floats = NDArray[np.float64]

# Share of every pull that is kept to fall with at the edge of its cap: more of it settles sooner,
# less of it holds more starts. And a relative slack of caps that keep none, in their angle and the
# rest of it to the opposite point.
_KEPT = 1 / 16
_SLACK = 1e-9
# Smallest cosine of a half-angle: what floats tell from the opposite point.
_SMALLEST = 2.0**-56
# Smallest cosines that are tried for all caps, if some cannot hold with none.
_LEAST = (0.0, *(k / 20 for k in range(1, 20)))
# Rounds towards the balance of the near pulls, the way that is tried in the first, and the rounds
# that look for proportions in which all near pulls hold.
_ROUNDS = 12
_WAY = 0.75
_SEARCH = 40
# The largest of the caps in proportion, as sines from above; and what of it is proposed.
_LARGEST = (0.98, 1e-3)
_SPARED = 0.9


def propose_cosines(network: Network, forces: Forces) -> Iterator[Floats]:
    r"""Propose :math:`\cos u_i` of large caps, most hopeful first.

    Parameters
    ----------
    network
        Any network.
    forces
        At its centre (`enclose_forces`).

    Yields
    ------
    (n,) array
        In (0, 1). If T6b has a cap, it is among them.
    """
    far = _widest(forces.drive_along_lower, forces.rotation_upper, loose_push(forces))
    limited = _limited(network, forces, far)
    if limited is not None:
        yield _balanced(network, forces, limited, far)
    uniform = trapping_angles(Hold.of(forces, np.zeros(network.n), Uncertainty()))
    if not isinstance(uniform, str):
        angle = uniform[1] - _SLACK * min(uniform[1], math.cos(uniform[1]))
        yield np.full(network.n, max(math.cos(angle), _SMALLEST))
    elif limited is None:
        small = _proportioned(network, forces)
        if small is not None:
            yield _balanced(network, forces, small, far)


def _limited(network: Network, forces: Forces, far: Floats) -> Floats | None:
    """Return the caps that hold if none is above some size, the best such; None if none holds."""
    best, found = -np.inf, None
    for least in _LEAST:
        sines = np.full(network.n, math.sqrt(1 - least**2))
        cosines = np.maximum(np.fmin(_near(forces, heard_upper(network, sines)), far), least)
        if not _hold(network, forces, cosines):
            continue
        # Half of d - 1 times this is the logarithm of the volume, roughly.
        size = float(np.sum(np.log1p(-np.square(cosines))))
        if size > best:
            best, found = size, cosines
        if found is not None and least == 0:
            break
    return found


def _balanced(network: Network, forces: Forces, cosines: Floats, far: Floats) -> Floats:
    """Widen caps that leave one another room, as long as they do."""
    way = _WAY
    if bool(np.all(far <= cosines)):
        return np.maximum(cosines, _SMALLEST)
    for _ in range(_ROUNDS):
        heard = heard_upper(network, _sines(cosines))
        room = np.fmin(np.fmin(_near(forces, heard), far), cosines)
        if not bool(np.any(room < cosines * (1 - _SLACK))):
            break
        wider = cosines + way * (room - cosines)
        if _hold(network, forces, wider):
            cosines = wider
        else:
            way /= 2
    return np.maximum(cosines, _SMALLEST)


def _hold(network: Network, forces: Forces, cosines: Floats, kept: float = _KEPT) -> bool:
    """Tell whether every cap is held with some share of its pull to spare, in floats."""
    sines = _sines(cosines)
    pushes = 2 * heard_upper(network, sines) + forces.residual_upper, loose_push(forces)
    pulls = forces.along_lower, forces.drive_along_lower
    held = np.zeros(network.n, dtype=np.bool_)
    for pull, push in zip(pulls, pushes, strict=True):
        force = (1 - kept) * pull * cosines - forces.rotation_upper * sines
        held |= 2 * sines * force >= push * (1 - _SLACK)
    return bool(np.all(held))


def _sines(cosines: Floats) -> Floats:
    return np.asarray(np.sqrt((1 - cosines) * (1 + cosines)))


def _proportioned(network: Network, forces: Forces) -> Floats | None:
    """Return caps in proportions that let all near pulls hold, if there are any."""
    shape = np.ones(network.n)
    for _ in range(_SEARCH):
        shape = (1 + heard_upper(network, shape)) / forces.along_lower
        shape /= shape.max()
    for largest in np.geomspace(*_LARGEST, _SEARCH):
        # Held at a larger size, so held with something to spare at this one.
        if _hold(network, forces, _sines(shape * largest), kept=0.0):
            return _sines(shape * (largest * _SPARED))
    return None


def _near(forces: Forces, heard: Floats) -> Floats:
    return _widest(forces.along_lower, forces.rotation_upper, 2 * heard + forces.residual_upper)


def _widest(pull: Floats, rotation: Floats, push: Floats) -> Floats:
    """Return cos u at the widest cap that is held against a push; NaN if there is none."""
    kept = (1 - _KEPT) * pull
    size, lag = np.hypot(kept, rotation), np.arctan2(rotation, kept)
    needed = (push + rotation) / size
    held = (kept > 0) & (needed < 1)
    angle = (np.arcsin(np.where(held, needed, 0.0)) + lag) / 2
    return np.where(held, np.sin(angle), np.nan)
