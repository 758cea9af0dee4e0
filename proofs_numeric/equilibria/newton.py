"""Newton's method on the product of spheres for many starts at once: guesses, nothing proved."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lohe.dynamics.equilibrium import force_bound
from lohe.dynamics.field import forcing, vector_field
from lohe.dynamics.network import Network
from lohe.dynamics.sphere import retract

__all__ = ["distinct", "find_rest", "tangent_jacobians"]

Floats = NDArray[np.float64]

# Residual speed over the largest possible force at which a state counts as resting.
_AT_REST = 1e-11
# Steps are cut to this many radians, so that far starts do not jump about.
_LONGEST = 1.0


def tangent_jacobians(network: Network, x: Floats) -> tuple[Floats, Floats]:
    r"""Linearise the field on tangent spaces in orthonormal frames.

    Parameters
    ----------
    network
    x : (N, n, d) array
        States.

    Returns
    -------
    frames : (N, n, d, d - 1) array
        Columns :math:`b_j = e_j - (x_j/(1 \pm x_0))(x \pm e_0)`, the sign that of :math:`x_0`.
    jacobians : (N, n (d - 1), n (d - 1)) array
        Blocks :math:`B_i^\top(A_i - \langle x_i, g_i\rangle I)B_i` and :math:`J_{ik}B_i^\top B_k`.
    """
    count, n, d = x.shape
    sign = np.where(x[..., :1] >= 0, 1.0, -1.0)
    pole = x.copy()
    pole[..., :1] += sign
    ratio = x[..., 1:] / (1 + np.abs(x[..., :1]))
    frames = np.eye(d)[:, 1:] - pole[..., :, np.newaxis] * ratio[..., np.newaxis, :]
    size = n * (d - 1)
    if network.crosstalk is None:
        jacobians = np.zeros((count, size, size))
    else:
        matrix = network.crosstalk
        dense = matrix if isinstance(matrix, np.ndarray) else matrix.toarray()
        rows = np.swapaxes(frames, -1, -2).reshape(count, size, d)
        spread = dense.repeat(d - 1, axis=0).repeat(d - 1, axis=1)
        jacobians = rows @ np.swapaxes(rows, -1, -2) * spread
    pull = np.sum(x * forcing(network, x), axis=-1)
    own = -pull[..., np.newaxis, np.newaxis] * np.eye(d - 1)
    if network.frequency is not None:
        own = own + np.swapaxes(frames, -1, -2) @ network.frequency @ frames
    blocks, index = jacobians.reshape(count, n, d - 1, n, d - 1), np.arange(n)
    blocks[:, index, :, index, :] = np.moveaxis(own, 1, 0)
    return frames, jacobians


def find_rest(network: Network, x: Floats, *, steps: int = 30) -> Floats:
    """Follow Newton's method from many starts and return the states that came to rest.

    Parameters
    ----------
    network
    x : (N, n, d) array
        Starts.
    steps
        Newton steps at most.

    Returns
    -------
    (M, n, d) array
        M <= N states with a residual at the level of rounding, not told apart: use `distinct`.
    """
    x = x.copy()
    enough = _AT_REST * force_bound(network)
    moving = np.arange(len(x))
    for _ in range(steps + 1):
        state = x[moving]
        velocity = vector_field(network, state)
        restless = np.max(np.linalg.norm(velocity, axis=-1), axis=-1) > enough
        moving, state, velocity = moving[restless], state[restless], velocity[restless]
        if not moving.size:
            break
        x[moving] = _step(network, state, velocity)
    return np.delete(x, moving, axis=0)


def _step(network: Network, x: Floats, velocity: Floats) -> Floats:
    """Make one Newton step of bounded length."""
    frames, jacobians = tangent_jacobians(network, x)
    speed = np.swapaxes(frames, -1, -2) @ velocity[..., np.newaxis]
    right = -speed.reshape(len(x), -1, 1)
    try:
        move = np.linalg.solve(jacobians, right)
    except np.linalg.LinAlgError:
        move = np.linalg.pinv(jacobians) @ right
    move = np.where(np.isfinite(move), move, 0.0).reshape(speed.shape)
    longest = np.max(np.linalg.norm(move, axis=(-2, -1)), axis=-1)
    cut = np.minimum(1.0, _LONGEST / np.maximum(longest, _LONGEST))
    return retract(x, (frames @ move)[..., 0] * cut[:, np.newaxis, np.newaxis])


def distinct(states: Floats, known: Floats, *, apart: float = 1e-6) -> Floats:
    """Return the states farther than `apart` from the known ones and from each other.

    Parameters
    ----------
    states : (N, n, d) array
    known : (K, n, d) array
    apart
        Largest distance of any coordinate at which two states count as one.

    Returns
    -------
    (M, n, d) array
        In the order given.
    """
    # Most starts end in few states: sort out all but one of each before comparing pairs.
    _, first = np.unique(np.round(states / apart), axis=0, return_index=True)
    kept = [*known]
    new = []
    for state in states[np.sort(first)]:
        if not kept or np.min(np.max(np.abs(np.array(kept) - state), axis=(-2, -1))) > apart:
            kept.append(state)
            new.append(state)
    return np.array(new).reshape(-1, *states.shape[1:])
