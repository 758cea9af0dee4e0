r"""Strang splitting: half the damping, a conservative step of second order, half the damping.

The Hamiltonian does not separate into positions and momenta, so the conservative step runs on two
copies (X, P) and :math:`(\bar X, \bar P)` whose Hamiltonian does, :math:`H(X, \bar P) +
H(\bar X, P)`, held together by a rotation of their difference (Tao, arXiv 1609.02212): A for half
a step, B, the rotation by :math:`2\omega h`, B, A. Four evaluations of the force a step.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from lohe.attention.accelerated.field import FieldAt, Gradients, add_gradients

__all__ = ["SplitGradients", "strang_step"]

Floats = NDArray[Any]
Pair = tuple[Floats, Floats]
"""A position and a momentum."""


class SplitGradients(NamedTuple):
    """The gradients of a step's arguments."""

    gradients: Gradients
    position: Floats
    momentum: Floats
    step: float
    coupling: float
    falls: tuple[float, float]


def strang_step(
    field_at: FieldAt,
    x: Floats,
    p: Floats,
    *,
    step: float,
    coupling: float,
    falls: tuple[float, float],
) -> tuple[Floats, Floats, Callable[[Floats, Floats], SplitGradients]]:
    r"""Take one step.

    Parameters
    ----------
    field_at
        From positions to the field there.
    x, p : (B, T, D) array
        Positions and momenta.
    step, coupling : float
        h and :math:`\omega`. The step is of second order in h for an :math:`\omega` that stays.
    falls : pair of float
        By how much :math:`\eta` rises in each half of the step.

    Returns
    -------
    positions, momenta : (B, T, D) array
    pullback : callable
        ``pullback(d_positions, d_momenta) -> SplitGradients``.
    """
    before, after = (math.exp(-fall) for fall in falls)
    half, angle = step / 2, 2 * coupling * step
    shrunk = before * p
    own, copy = (x, shrunk), (x, shrunk)
    own, copy, back_1 = _exchange(field_at, own, copy, half)
    copy, own, back_2 = _exchange(field_at, copy, own, half)
    own, copy, back_turn = _turn(own, copy, angle)
    copy, own, back_3 = _exchange(field_at, copy, own, half)
    own, copy, back_4 = _exchange(field_at, own, copy, half)
    left = own[1]

    def pullback(d_positions: Floats, d_momenta: Floats) -> SplitGradients:
        zero = np.zeros_like(d_positions)
        d_fall_after = -after * float(np.vdot(d_momenta, left))
        d_own, d_copy = (d_positions, after * d_momenta), (zero, zero)
        d_own, d_copy, d_step, gradients = back_4(d_own, d_copy)
        d_copy, d_own, more, found = back_3(d_copy, d_own)
        d_step, gradients = d_step + more, add_gradients(gradients, found)
        d_own, d_copy, d_angle = back_turn(d_own, d_copy)
        d_copy, d_own, more, found = back_2(d_copy, d_own)
        d_step, gradients = d_step + more, add_gradients(gradients, found)
        d_own, d_copy, more, found = back_1(d_own, d_copy)
        d_step, gradients = d_step + more, add_gradients(gradients, found)
        d_shrunk = d_own[1] + d_copy[1]
        return SplitGradients(
            gradients,
            d_own[0] + d_copy[0],
            before * d_shrunk,
            d_step / 2 + 2 * coupling * d_angle,
            2 * step * d_angle,
            (-before * float(np.vdot(d_shrunk, p)), d_fall_after),
        )

    return own[0], after * own[1], pullback


def _exchange(
    field_at: FieldAt, at: Pair, other: Pair, length: float
) -> tuple[Pair, Pair, Callable[[Pair, Pair], tuple[Pair, Pair, float, Gradients]]]:
    """Flow along H(position of `at`, momentum of `other`), which move the remaining two."""
    field = field_at(at[0])
    force, back_force = field.force(other[1])
    velocity, back_velocity = field.velocity(other[1])

    def pullback(d_at: Pair, d_other: Pair) -> tuple[Pair, Pair, float, Gradients]:
        shares, dp = back_force(length * d_at[1])
        more, dp_of_velocity = back_velocity(length * d_other[0])
        gradients, dx = field.pullback(add_gradients(shares, more))
        d_length = float(np.vdot(d_at[1], force) + np.vdot(d_other[0], velocity))
        d_momentum = d_other[1] + dp + dp_of_velocity
        return (d_at[0] + dx, d_at[1]), (d_other[0], d_momentum), d_length, gradients

    moved = (at[0], at[1] + length * force), (other[0] + length * velocity, other[1])
    return *moved, pullback


def _turn(
    own: Pair, copy: Pair, angle: float
) -> tuple[Pair, Pair, Callable[[Pair, Pair], tuple[Pair, Pair, float]]]:
    """Rotate the difference of the copies by an angle; what they have in common stays."""
    cos, sin = math.cos(angle), math.sin(angle)
    dx, dp = own[0] - copy[0], own[1] - copy[1]
    turned = cos * dx + sin * dp, cos * dp - sin * dx
    change = tuple((t - d) / 2 for t, d in zip(turned, (dx, dp), strict=True))

    def pullback(d_own: Pair, d_copy: Pair) -> tuple[Pair, Pair, float]:
        # Half the gradient of the turned difference is what its halves get.
        gx, gp = ((a - b) / 2 for a, b in zip(d_own, d_copy, strict=True))
        d_angle = float(np.vdot(gx, turned[1]) - np.vdot(gp, turned[0]))
        back = cos * gx - sin * gp - gx, sin * gx + cos * gp - gp
        return (
            (d_own[0] + back[0], d_own[1] + back[1]),
            (d_copy[0] - back[0], d_copy[1] - back[1]),
            d_angle,
        )

    return (
        (own[0] + change[0], own[1] + change[1]),
        (copy[0] - change[0], copy[1] - change[1]),
        pullback,
    )
