"""Oscillators that take turns: each starts where the one before it has come to (T1).

A decoder computes token after token. Then an oscillator need not start at random: it can start
from the state that the token before has reached.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lohe.dynamics.carried_caps import Caps, caps_around, carried_by_drive, share_of_sphere
from lohe.dynamics.settling import settle
from lohe.dynamics.sphere import norm

__all__ = ["follow_in_turn", "settled_in_turn"]

Floats = NDArray[np.float64]


def follow_in_turn(start: Floats, drives: Floats, t: float, stops: NDArray[np.int64]) -> Floats:
    """Follow chains of oscillators, each for a time `t` from where the one before it ended.

    Parameters
    ----------
    start : (n, d) array
        Where the first oscillator of each chain starts.
    drives : (n, L, d) array
        Drives in the order of turns.
    t
        Duration of a turn.
    stops : (n,) array of int
        The oscillator of each chain that is asked for, from 0.

    Returns
    -------
    (n, d) array
        Where that oscillator ends its turn.

    Examples
    --------
    >>> drives = np.array([[[1.0, 0.0], [0.0, 5.0]]])
    >>> follow_in_turn(np.array([[0.0, -1.0]]), drives, 9.0, np.array([1])).round(9)
    array([[0., 1.]])
    """
    x = np.array(start, dtype=np.float64)
    for turn in range(int(stops.max(initial=-1)) + 1):
        active = np.flatnonzero(stops >= turn)
        x[active] = settle(x[active], drives[active, turn], t)
    return x


def settled_in_turn(drives: Floats, t: float, epsilon: float) -> Floats:
    """Probability that each oscillator of a chain ends its turn settled, for a uniform first start.

    The chain is a Möbius map of its first start, so the first starts that bring an oscillator
    within `epsilon` of its resting point are a cap: the cap around that point, carried back
    through the turns before.

    Parameters
    ----------
    drives : (..., L, d) array
        Drives in the order of turns.
    t
        Duration of a turn.
    epsilon
        Distance that counts as settled, between 0 and 2.

    Returns
    -------
    (..., L) array
        An oscillator without drive has no resting point: 0.

    Examples
    --------
    >>> drives = np.array([[1.0, 0.0], [0.0, 1.0]])
    >>> settled_in_turn(drives, 6.0, 0.01).round(4)  # the second from near (1, 0)
    array([0.707 , 0.9979])
    """
    length, turns = norm(drives), drives.shape[-2]
    driven = length > 0
    points = drives / np.where(driven, length, 1.0)[..., np.newaxis]
    points[~driven, 0] = 1.0  # any point does: their chance is set below
    caps = caps_around(points, epsilon)
    share = np.empty(driven.shape)
    for back in range(turns):
        # Caps of the oscillators from `back` on are carried through the turn `back` before theirs.
        caps = carried_by_drive(caps, drives[..., : turns - back, :], t)
        share[..., back] = share_of_sphere(_part(caps, slice(0, 1)))[..., 0]
        caps = _part(caps, slice(1, None))
    return np.where(driven, share, 0.0)


def _part(caps: Caps, turns: slice) -> Caps:
    """Return the caps of some turns, the last axis of the levels."""
    return Caps(caps.pole[..., turns, :], caps.level[..., turns], caps.log_gap[..., turns])
