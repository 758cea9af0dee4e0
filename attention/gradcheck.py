"""A Taylor test that holds any adjoint of this package's shape against its function."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lohe.dynamics.errors import InputError

__all__ = ["GradientCheck", "check_pullback"]

Floats = NDArray[np.float64]

# Eighth-order central difference: at steps of 1e-4 its truncation is far below its rounding,
# which is about 1e-16/1e-4 of the value.
_STENCIL = ((1, 4 / 5), (2, -1 / 5), (3, 4 / 105), (4, -1 / 280))


@dataclass(frozen=True)
class GradientCheck:
    """How well a pullback agrees with its function.

    Parameters
    ----------
    relative_error
        Largest difference between the adjoint's directional derivative and an eighth-order
        central difference, over the arguments, relative to the largest derivative seen for the
        same argument.
    order
        Measured order of the Taylor remainder f(x + s u) - f(x) - s Df(x)u: 2 for a right
        adjoint, 1 for a wrong one, ``inf`` where the remainder is rounding only (linear functions).
    """

    relative_error: float
    order: float


def check_pullback(
    function: Callable[..., tuple[Any, ...]],
    arguments: Sequence[Any],
    rng: np.random.Generator,
    *,
    directions: int = 3,
    step: float = 1e-4,
) -> GradientCheck:
    """Compare a pullback with differences of its function, argument by argument.

    Parameters
    ----------
    function
        ``function(*arguments) -> (y, ..., pullback)`` where ``pullback(dy)`` is one gradient, or
        a tuple of one gradient per argument (None for an argument that has none). Only the first
        result is differentiated.
    arguments
        Arrays; they are taken as float64. Keep them away from kinks by more than 4 steps.
    rng
        Draws the directions and the cotangent.
    directions
        Directions tried per argument.
    step
        Length of the difference's step in each coordinate.

    Returns
    -------
    GradientCheck

    Raises
    ------
    InputError
        If the pullback returns another number of gradients, or one of another shape.

    Examples
    --------
    >>> def square(x):
    ...     return x * x, lambda dy: 2 * x * dy
    >>> check = check_pullback(square, [np.ones(3)], np.random.default_rng(0))
    >>> check.relative_error < 1e-10, round(check.order)
    (True, 2)
    """
    points = [np.asarray(argument, dtype=np.float64) for argument in arguments]
    first = function(*points)
    value, pullback = np.asarray(first[0]), first[-1]
    cotangent = rng.standard_normal(value.shape)
    gradients = pullback(cotangent)
    if not isinstance(gradients, tuple):
        gradients = (gradients,)
    if len(gradients) != len(points):
        raise InputError(
            f"the pullback gave {len(gradients)} gradients for {len(points)} arguments"
        )

    def along(index: int, direction: Floats, length: float) -> float:
        moved = [p + length * direction if i == index else p for i, p in enumerate(points)]
        return float(np.vdot(cotangent, np.asarray(function(*moved)[0]) - value))

    rounding = float(np.linalg.norm(cotangent) * np.linalg.norm(value)) * np.finfo(float).eps
    worst, orders = 0.0, [np.inf]
    for index, gradient in enumerate(gradients):
        if gradient is None:
            continue
        if np.shape(gradient) != points[index].shape:
            raise InputError(
                f"gradient {index} has shape {np.shape(gradient)}; expected {points[index].shape}"
            )
        exact, measured = [], []
        for _ in range(directions):
            direction = rng.standard_normal(points[index].shape)
            exact.append(float(np.vdot(gradient, direction)))
            measured.append(
                sum(
                    weight
                    * (along(index, direction, m * step) - along(index, direction, -m * step))
                    for m, weight in _STENCIL
                )
                / step
            )
            coarse, fine = (
                abs(along(index, direction, s) - s * exact[-1]) for s in (step, step / 2)
            )
            if fine > 1e3 * rounding:
                orders.append(float(np.log2(coarse / fine)))
        # A gradient that is zero up to rounding is measured against the function's own size.
        size = max(np.max(np.abs(exact)), np.max(np.abs(measured)), 1e9 * rounding)
        worst = max(worst, float(np.max(np.abs(np.subtract(exact, measured))) / size))
    return GradientCheck(worst, min(orders))
