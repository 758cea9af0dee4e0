"""Which resting states are the same: told apart in floats, after Newton's method; nothing proved.

Trials come to rest along an equilibrium's slowest direction, and a state is called resting before
it is quite there. So a state is first brought to the equilibrium next to it, and states whose
equilibria are closer than `APART` count as one. A network without drives and frequencies can be
turned as a whole, which makes every equilibrium one of a continuum: there, states that one
rotation of all oscillators brings together count as one. In other networks all states that some
direction neither leads to nor away from count as one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lohe.dynamics.equilibrium import force_bound
from lohe.dynamics.errors import InputError
from lohe.dynamics.field import vector_field
from lohe.dynamics.network import Network
from lohe.dynamics.sphere import retract
from lohe.proofs_numeric.equilibria.newton import tangent_jacobians

__all__ = ["APART", "MOVING", "UNTOLD", "Catalogue", "Likeness", "distinct_states"]

Floats = NDArray[np.float64]
Kinds = NDArray[np.int32]

APART = 1e-4
"""Largest distance of an oscillator between two states at which they are one."""

MOVING, UNTOLD = -1, -2
"""Kinds of states that get none: not at rest for good, and beyond the number told apart."""

_MOST = 64
# Dense matrices: beyond so many angles, states are compared as they come.
_MOST_ANGLES = 1000
# How often Newton's method may be tried: so that dense systems take about so many operations.
_OPERATIONS, _FEWEST, _TRIES = 1e9, 4, 1000
# A resting state is not far from its equilibrium: Newton's method must not lead farther.
_REACH, _STEPS = 0.1, 40
# Speed and rates over the largest possible force at the level of rounding.
_AT_REST, _NEUTRAL = 1e-11, 1e-9


@dataclass(frozen=True, eq=False)
class Likeness:
    """How far apart states of a network are, up to a rotation of all if that changes nothing.

    Parameters
    ----------
    network
    """

    network: Network

    @property
    def turns(self) -> bool:
        """Whether rotating all oscillators together turns equilibria into equilibria."""
        return not (np.any(self.network.drive) or self.network.has_frequency)

    def gaps(self, states: Floats, one: Floats) -> Floats:
        """Return the largest distance of an oscillator from `one`, for each state.

        Parameters
        ----------
        states : (n, d, B) array
        one : (n, d) array

        Returns
        -------
        (B,) array
        """
        if self.turns and states.shape[-1]:
            return _distance(states, _turned(one, states))
        return _distance(states, one[..., np.newaxis])


def _distance(states: Floats, others: Floats) -> Floats:
    return np.asarray(np.sqrt(np.square(states - others).sum(axis=1).max(axis=0)))


def _turned(one: Floats, states: Floats) -> Floats:
    """Turn one state as close as it comes to each of the others (Kabsch), shape (n, d, B)."""
    overlaps = np.einsum("nib,nj->bij", states, one)
    left, _, right = np.linalg.svd(overlaps)
    # Rotations only: a mirror image is another state. The weakest direction gives way.
    left[..., -1] *= np.linalg.det(left @ right)[:, np.newaxis]
    return np.asarray(np.einsum("bij,nj->nib", left @ right, one))


class Catalogue:
    """The kinds of equilibria met so far, in the order in which they were met.

    Parameters
    ----------
    network
    most
        Kinds to keep.

    Attributes
    ----------
    points : list of (n, d) arrays
        The first equilibrium of each kind.
    neutral : list of bool
        Whether some direction neither leads to nor away from it, in floats, so that it may belong
        to a continuum of equilibria.
    """

    def __init__(self, network: Network, most: int) -> None:
        self.network, self.most = network, most
        self.likeness = Likeness(network)
        self.points: list[Floats] = []
        self.neutral: list[bool] = []

    def kind(self, point: Floats) -> int:
        """Return the kind of an equilibrium, a new one if it is like none that was met.

        Parameters
        ----------
        point : (n, d) array

        Returns
        -------
        int
            An index into `points`; `MOVING` if the equilibrium is unstable; `UNTOLD` if it is of
            a new kind and there are as many as may be kept.
        """
        if self.points:
            stack = np.stack(self.points, axis=-1)
            gaps = self.likeness.gaps(stack, point)
            if gaps.min() <= APART:
                return int(np.argmin(gaps))
        still = False
        if self.network.n * (self.network.d - 1) <= _MOST_ANGLES:
            rates, level = _rates(self.network, point), _NEUTRAL * force_bound(self.network)
            if rates.real.max() > level:
                return MOVING
            still = bool(np.abs(rates).min() <= level)
        if still and not self.likeness.turns and True in self.neutral:
            return self.neutral.index(True)
        if len(self.points) == self.most:
            return UNTOLD
        self.points.append(point)
        self.neutral.append(still)
        return len(self.points) - 1


def distinct_states(
    network: Network, states: Floats, *, reference: Floats | None = None, most: int = _MOST
) -> tuple[Floats, Kinds]:
    """Tell resting states apart.

    Parameters
    ----------
    network
        With crosstalk.
    states : (n, d, B) array
        States that hardly move.
    reference : (n, d) array, optional
        An equilibrium that is not asked for: states next to it are still on their way to it.
    most
        Kinds to tell apart; fewer where that would take too long, in large networks or among
        thousands of states that are all on their way.

    Returns
    -------
    representatives : (m, n, d) array
        One equilibrium of each kind, in the order of the first state that belongs to it.
    kinds : (B,) int32 array
        Which of them each state belongs to; `MOVING` where the equilibrium next to a state is
        unstable, is `reference` or does not exist; `UNTOLD` where that was not found out.

    Raises
    ------
    InputError
        If the states do not have the network's shape.

    Examples
    --------
    >>> pair = Network([[0.1, 0.0], [-0.1, 0.0]], crosstalk=[[0.0, 1.0], [1.0, 0.0]])
    >>> states = np.array([[[0.1, 0.1, 0.1], [1, -1, 1]], [[-0.1, -0.1, -0.1], [1, -1, 1.0]]])
    >>> points, kinds = distinct_states(pair, states)
    >>> kinds, points[:, 0].round(2)
    (array([0, 1, 0], dtype=int32), array([[ 0.05,  1.  ],
           [ 0.05, -1.  ]]))
    """
    n, d = network.n, network.d
    if states.ndim != 3 or states.shape[:2] != (n, d):
        raise InputError(f"states have shape {states.shape}; expected ({n}, {d}, states)")
    catalogue = Catalogue(network, most)
    kinds = np.full(states.shape[-1], UNTOLD, dtype=np.int32)
    left = np.arange(states.shape[-1])
    for _ in range(min(_TRIES, max(_FEWEST, int(_OPERATIONS / (n * (d - 1)) ** 3)))):
        if not left.size:
            break
        others = states[..., left]
        # The first of those left is its own kind's, whatever the rounding of its distance.
        alike = catalogue.likeness.gaps(others, others[..., 0]) <= APART
        alike[0] = True
        point, kind = _equilibrium(network, others[..., 0]), MOVING
        if point is not None and not _arriving(point, reference):
            kind = catalogue.kind(point)
            if kind == UNTOLD:
                break
            alike |= catalogue.likeness.gaps(others, point) <= APART
        kinds[left[alike]] = kind
        left = left[~alike]
    return np.array(catalogue.points).reshape(-1, n, d), kinds


def _arriving(point: Floats, reference: Floats | None) -> bool:
    if reference is None:
        return False
    return bool(_distance(point[..., np.newaxis], reference[..., np.newaxis])[0] <= APART)


def _equilibrium(network: Network, state: Floats) -> Floats | None:
    """Follow Newton's method, by shortest steps, to the equilibrium next to a state."""
    if network.n * (network.d - 1) > _MOST_ANGLES:
        return state
    enough, x = _AT_REST * force_bound(network), state[np.newaxis]
    for _ in range(_STEPS):
        velocity = vector_field(network, x)
        if np.linalg.norm(velocity, axis=-1).max() <= enough:
            return np.asarray(x[0])
        frames, jacobians = tangent_jacobians(network, x)
        speed = np.swapaxes(frames, -1, -2) @ velocity[..., np.newaxis]
        # Along a continuum of equilibria nothing asks for a step, and rounding must not.
        move = np.linalg.lstsq(jacobians[0], -speed.ravel(), rcond=_NEUTRAL)[0]
        x = retract(x, (frames @ move.reshape(speed.shape))[..., 0])
        if not _distance(x[0][..., np.newaxis], state[..., np.newaxis])[0] <= _REACH:
            return None
    return None


def _rates(network: Network, point: Floats) -> NDArray[np.complex128]:
    _, jacobians = tangent_jacobians(network, point[np.newaxis])
    return np.asarray(np.linalg.eigvals(jacobians[0]), dtype=np.complex128)
