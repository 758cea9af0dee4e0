"""A step of the schemes that evaluate the force once, and its adjoint."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from lohe.attention.accelerated.coefficients import Coefficients
from lohe.attention.accelerated.field import Field, Shares, add_gradients

__all__ = ["Slopes", "multistep"]

Floats = NDArray[Any]


class Slopes(NamedTuple):
    """What a step leaves to the next one: F and R of `lohe.attention.accelerated.coefficients`."""

    velocity: Floats
    force: Floats


class StepGradients(NamedTuple):
    """The gradients of a step's arguments."""

    shares: Shares
    momentum: Floats
    before: Slopes | None
    coefficients: Coefficients


def multistep(
    field: Field, y: Floats, before: Slopes | None, c: Coefficients
) -> tuple[Floats, Floats, Slopes, Callable[..., StepGradients]]:
    """Take one step.

    Parameters
    ----------
    field : Field
        At the positions.
    y : (B, T, D) array
        Momenta.
    before : Slopes or None
        Of the step before; None at the first, or where the coefficients leave it out.
    c : Coefficients
        Of the step.

    Returns
    -------
    moved : (B, T, D) array
        By how much the positions move.
    momentum : (B, T, D) array
        The new momenta.
    slopes : Slopes
    pullback : callable
        ``pullback(d_moved, d_momentum, d_slopes=None) -> StepGradients``.
    """
    force, back_force = field.force(y)
    if c.loss:
        force = force - c.loss * y
    after = c.decay * y
    after += c.kick * force
    if before is not None:
        after += c.kick_before * before.force
    velocity, back_velocity = field.velocity(after if c.late else y)
    moved = c.drift * velocity
    if before is not None:
        moved += c.drift_before * before.velocity

    def pullback(d_moved: Floats, d_after: Floats, d_slopes: Slopes | None = None) -> StepGradients:
        d_velocity, d_before = c.drift * d_moved, None
        if d_slopes is not None:
            d_velocity += d_slopes.velocity
        shares, dy = back_velocity(d_velocity)
        if c.late:
            d_after = d_after + dy
            dy = c.decay * d_after
        else:
            dy += c.decay * d_after
        d_force = c.kick * d_after
        if d_slopes is not None:
            d_force += d_slopes.force
        of_force, dy_of_force = back_force(d_force)
        dy += dy_of_force
        if c.loss:
            dy -= c.loss * d_force
        if before is not None:
            d_before = Slopes(c.drift_before * d_moved, c.kick_before * d_after)
        d_coefficients = Coefficients(
            decay=_along(d_after, y),
            kick=_along(d_after, force),
            kick_before=0.0 if before is None else _along(d_after, before.force),
            drift=_along(d_moved, velocity),
            drift_before=0.0 if before is None else _along(d_moved, before.velocity),
            loss=-_along(d_force, y),
        )
        return StepGradients(add_gradients(shares, of_force), dy, d_before, d_coefficients)

    return moved, after, Slopes(velocity, force), pullback


def _along(gradient: Floats, direction: Floats) -> float:
    return float(np.vdot(gradient, direction))
