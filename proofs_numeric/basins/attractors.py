"""Which equilibria resting states are next to: by Newton's method, in floats; nothing proved.

Trials come to rest along an equilibrium's slowest direction, and a state is called resting before
it is quite there. So a state is first brought to the equilibrium next to it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lohe.dynamics.equilibrium import force_bound
from lohe.dynamics.errors import InputError
from lohe.dynamics.field import vector_field
from lohe.dynamics.network import Network
from lohe.dynamics.sphere import retract
from lohe.proofs_numeric.basins.catalogue import APART, MOST_ANGLES, MOVING, UNTOLD, Catalogue
from lohe.proofs_numeric.equilibria.newton import tangent_jacobians

__all__ = ["MOVING", "UNTOLD", "distinct_states"]

Floats = NDArray[np.float64]
Kinds = NDArray[np.int32]
Flags = NDArray[np.bool_]

_MOST = 64
# How often Newton's method may be tried: so that dense systems take about so many operations.
_OPERATIONS, _FEWEST, _TRIES = 1e10, 4, 100_000
# States in the first batch, and entries of the matrices of one batch.
_FIRST, _ENTRIES = 8, 2**22
_STEPS = 40
# Speed over the largest possible force at the level of rounding, and the singular values over the
# largest that get no step.
_AT_REST, _SINGULAR = 1e-11, 1e-9
# Speed, likewise, below which a state is taken to be at rest where that is all one looks at.
_STILL = 1e-7


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
    dense = angles <= MOST_ANGLES
    tries = min(_TRIES, max(_FEWEST, int(_OPERATIONS / angles**3))) if dense else _TRIES
    while left.size and tries > 0:
        # Of thousands of states most are next to few equilibria: begin with some.
        some, left = np.split(left, [min(batch, tries)])
        tries -= some.size
        points, arrived = _equilibria(network, np.moveaxis(states[..., some], -1, 0), reach)
        if reference is not None:
            arrived &= _farthest(points - reference) > APART
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
    if network.n * (network.d - 1) > MOST_ANGLES:
        return x, _still(network, x)
    enough, active = _AT_REST * force_bound(network), np.arange(len(x))
    for _ in range(_STEPS):
        velocity = vector_field(network, x[active])
        still = _farthest(velocity) <= enough
        arrived[active[still]] = True
        active, velocity = active[~still], velocity[~still]
        if not active.size:
            break
        x[active] = _newton_step(network, x[active], velocity, reach / 10)
        gone = _farthest(x[active] - states[active])
        active = active[gone <= reach]
    arrived &= _farthest(x - states) <= reach
    return x, arrived


def _still(network: Network, states: Floats) -> Flags:
    """Say which states (B, n, d) hardly move, where Newton's method is not asked."""
    return _farthest(vector_field(network, states)) <= _STILL * force_bound(network)


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
    move[wild] = np.linalg.pinv(jacobians[wild], rcond=_SINGULAR) @ right[wild]
    return retract(x, (frames @ move.reshape(speed.shape))[..., 0])


def _farthest(vectors: Floats) -> Floats:
    """Return the largest length of an oscillator's vector, in each of (B, n, d)."""
    return np.asarray(np.linalg.norm(vectors, axis=-1).max(axis=-1, initial=0.0))
