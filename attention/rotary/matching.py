"""How wide a model must be to have as many parameters as another."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, TypeVar

from lohe.attention.rotary.initialise import rotary_shapes
from lohe.dynamics.errors import InputError

__all__ = ["count_parameters", "match_hidden"]

Config = TypeVar("Config", bound=Any)
Shapes = Mapping[str, tuple[int, ...]]

_TOLERANCE = 0.01

# Widths that are a multiple of the processor's lanes are faster; they are taken where they fit.
_LANES = 8


def count_parameters(shapes: Shapes) -> int:
    """Return the number of parameters of such shapes.

    Examples
    --------
    >>> count_parameters({"weight": (3, 2), "bias": (3,)})
    9
    """
    return sum(math.prod(shape) for shape in shapes.values())


def match_hidden(
    config: Config,
    parameters: int,
    shapes_of: Callable[[Config], Shapes] = rotary_shapes,
) -> Config:
    """Return the model with that hidden width at which it has about so many parameters.

    Parameters
    ----------
    config
        Its ``hidden`` is replaced.
    parameters : int
        The number to come near to.
    shapes_of
        Shapes of a model's parameters: `rotary_shapes`, or another architecture's.

    Raises
    ------
    InputError
        If the nearest number is more than 1 % away.

    Examples
    --------
    >>> from lohe.attention.rotary.config import RotaryConfig
    >>> match_hidden(RotaryConfig(context=8, outputs=9, vocabulary=9, width=16), 20_000).hidden
    80
    """

    def count(hidden: int) -> int:
        return count_parameters(shapes_of(replace(config, hidden=hidden)))

    each = count(2) - count(1)  # the number is affine in the hidden width
    exact = 1 + (parameters - count(1)) / each
    for step in (_LANES, 1):
        hidden = max(1, step * round(exact / step))
        if abs(count(hidden) - parameters) <= _TOLERANCE * parameters:
            matched: Config = replace(config, hidden=hidden)
            return matched
    raise InputError(
        f"no hidden width brings {type(config).__name__} within 1 % of {parameters} "
        f"parameters; the nearest has {count(hidden)}: change its width or layers"
    )
