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
Flags = NDArray[np.bool_]

APART = 1e-4
"""Largest distance of an oscillator between two states at which they are one."""

MOVING, UNTOLD = -1, -2
"""Kinds of states that get none: not at rest for good, and beyond the number told apart."""

_MOST = 64
# Dense matrices: beyond so many angles, states are compared as they come.
_MOST_ANGLES = 1000
# How often Newton's method may be tried: so that dense systems take about so many operations.
_OPERATIONS, _FEWEST, _TRIES = 1e10, 4, 100_000
# States in the first batch, and entries of the matrices of one batch.
_FIRST, _ENTRIES = 8, 2**22
_STEPS = 40
# Speed and rates over the largest possible force at the level of rounding.
_AT_REST, _NEUTRAL = 1e-11, 1e-9
# Speed, likewise, below which a state is taken to be at rest where that is all one looks at.
_STILL = 1e-7


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
    network: Network,
    states: Floats,
    *,
    reference: Floats | None = None,
    reach: float = 0.1,
    most: int = _MOST,
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
    reach
        Largest distance of an oscillator from the equilibrium that a state is next to.
    most
        Kinds to tell apart; fewer in networks so large that it would take too long.

    Returns
    -------
    representatives : (m, n, d) array
        One equilibrium of each kind, in the order of the first state that belongs to it.
    kinds : (B,) int32 array
        Which of them each state belongs to; `MOVING` where the equilibrium next to a state is
        unstable, is `reference` or is not within reach; `UNTOLD` for states at rest at others than
        those told apart. In networks of more than a thousand angles, and once too many states were
        tried, only states that hardly move count as at rest.

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
    angles, batch = n * (d - 1), _FIRST
    dense = angles <= _MOST_ANGLES
    tries = min(_TRIES, max(_FEWEST, int(_OPERATIONS / angles**3))) if dense else _TRIES
    while left.size and tries > 0:
        # Of thousands of states most are next to few equilibria: begin with some.
        some, left = np.split(left, [min(batch, tries)])
        tries -= some.size
        points, arrived = _equilibria(network, np.moveaxis(states[..., some], -1, 0), reach)
        if reference is not None:
            arrived &= _distance(np.moveaxis(points, 0, -1), reference[..., np.newaxis]) > APART
        kinds[some[~arrived]] = MOVING
        some, points = some[arrived], points[arrived]
        while some.size:
            kind = catalogue.kind(points[0])
            alike = catalogue.likeness.gaps(np.moveaxis(points, 0, -1), points[0]) <= APART
            alike[0] = True
            near = catalogue.likeness.gaps(states[..., left], points[0]) <= min(APART, reach)
            kinds[some[alike]] = kinds[left[near]] = kind
            some, points, left = some[~alike], points[~alike], left[~near]
        batch = min(4 * batch, max(1, _ENTRIES // angles ** (2 if dense else 1)))
    kinds[left[~_still(network, np.moveaxis(states[..., left], -1, 0))]] = MOVING
    return np.array(catalogue.points).reshape(-1, n, d), kinds


def _equilibria(network: Network, states: Floats, reach: float) -> tuple[Floats, Flags]:
    """Follow Newton's method from states (B, n, d), and say which came to rest within reach."""
    x, arrived = states.copy(), np.zeros(len(states), dtype=np.bool_)
    if network.n * (network.d - 1) > _MOST_ANGLES:
        return x, _still(network, x)
    enough, active = _AT_REST * force_bound(network), np.arange(len(x))
    for _ in range(_STEPS):
        velocity = vector_field(network, x[active])
        still = np.linalg.norm(velocity, axis=-1).max(axis=-1) <= enough
        arrived[active[still]] = True
        active, velocity = active[~still], velocity[~still]
        if not active.size:
            break
        x[active] = _newton_step(network, x[active], velocity, reach / 10)
        gone = np.linalg.norm(x[active] - states[active], axis=-1).max(axis=-1)
        active = active[gone <= reach]
    arrived &= np.linalg.norm(x - states, axis=-1).max(axis=-1) <= reach
    return x, arrived


def _still(network: Network, states: Floats) -> Flags:
    """Say which states (B, n, d) hardly move, where Newton's method is not asked."""
    speed = np.linalg.norm(vector_field(network, states), axis=-1).max(axis=-1, initial=0.0)
    return np.asarray(speed <= _STILL * force_bound(network))


def _newton_step(network: Network, x: Floats, velocity: Floats, long: float) -> Floats:
    frames, jacobians = tangent_jacobians(network, x)
    speed = np.swapaxes(frames, -1, -2) @ velocity[..., np.newaxis]
    right = -speed.reshape(len(x), -1, 1)
    try:
        move = np.linalg.solve(jacobians, right)
    except np.linalg.LinAlgError:
        move = np.full_like(right, np.inf)
    # Along a continuum of equilibria nothing asks for a step, and rounding must not.
    wild = ~(np.abs(move).max(axis=(-2, -1)) <= long)
    move[wild] = np.linalg.pinv(jacobians[wild], rcond=_NEUTRAL) @ right[wild]
    return retract(x, (frames @ move.reshape(speed.shape))[..., 0])


def _rates(network: Network, point: Floats) -> NDArray[np.complex128]:
    _, jacobians = tangent_jacobians(network, point[np.newaxis])
    return np.asarray(np.linalg.eigvals(jacobians[0]), dtype=np.complex128)
