"""What attention makes of positions: a velocity and a force for any momentum at them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

__all__ = ["Field", "FieldAt", "Gradients", "Shares", "add_gradients"]

Floats = NDArray[Any]
Gradients = dict[str, Floats]

Shares = dict[str, Floats]
"""Gradients with respect to what a field holds, under names that are its own."""

Pullback = Callable[[Floats], tuple[Shares, Floats]]


@dataclass(frozen=True)
class Field:
    """The attention at some positions X.

    Parameters
    ----------
    velocity, force : callable
        ``f(momentum) -> (result, pullback)``: F(X, Y), and G(X, Y) without the damping.
        ``pullback(d_result) -> (shares, d_momentum)``.
    pullback : callable
        ``pullback(shares) -> (gradients by name, dx)`` for the sum of all shares.
    """

    velocity: Callable[[Floats], tuple[Floats, Pullback]]
    force: Callable[[Floats], tuple[Floats, Pullback]]
    pullback: Callable[[Shares], tuple[Gradients, Floats]]


FieldAt = Callable[[Floats], Field]
"""From positions to the field there."""


def add_gradients(total: dict[str, Floats], more: Mapping[str, Floats]) -> dict[str, Floats]:
    """Add more gradients to a dictionary of them, and return it.

    Examples
    --------
    >>> import numpy as np
    >>> add_gradients({"a": np.ones(1)}, {"a": np.ones(1), "b": np.ones(1)})
    {'a': array([2.]), 'b': array([1.])}
    """
    for name, gradient in more.items():
        if name in total:
            total[name] = total[name] + gradient
        else:
            total[name] = gradient
    return total
