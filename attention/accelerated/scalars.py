"""Learned numbers of a layer that have to stay positive or between 0 and 1."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["SCALARS", "Range", "is_scalar_accelerated", "raw_scalar", "read_scalars"]

Floats = NDArray[Any]
Range = str

SCALARS: Mapping[str, Range] = MappingProxyType({
    "step_position": "positive",
    "step_momentum": "positive",
    "damping_log": "positive",
    "damping_linear": "positive",
    "coupling": "positive",
    "lookahead": "fraction",
    "memory": "fraction",
    "strength": "positive",
})  # fmt: skip
"""Last part of such a parameter's name, and the range of what it stands for: a positive number is
softplus of the parameter, a fraction its logistic function."""


def is_scalar_accelerated(name: str) -> bool:
    """Return whether a parameter is a step, a damping or a coefficient of Nesterov's method.

    Examples
    --------
    >>> is_scalar_accelerated("layer0.attention.step_position")
    True
    >>> is_scalar_accelerated("layer0.norm1.gain")
    False
    """
    return name.rpartition(".")[2] in SCALARS


def raw_scalar(name: str, value: float) -> float:
    """Return the parameter that stands for a value; the inverse of `read_scalars`.

    Examples
    --------
    >>> round(raw_scalar("lookahead", 0.9), 6)
    2.197225
    """
    if SCALARS[name] == "fraction":
        return math.log(value / (1 - value))
    return value + math.log(-math.expm1(-value))


def read_scalars(
    weights: Mapping[str, Floats], prefix: str, names: Sequence[str]
) -> tuple[dict[str, float], Callable[[Mapping[str, float]], dict[str, Floats]]]:
    """Return the numbers that some parameters stand for.

    Parameters
    ----------
    weights
        The parameters ``prefix`` + name, without axes.
    prefix, names
        Names out of `SCALARS`.

    Returns
    -------
    values : dict
        By name.
    pullback : callable
        From the values' gradients, by name, to those of the parameters, by ``prefix`` + name.

    Examples
    --------
    >>> values, pullback = read_scalars({"a.memory": np.zeros(())}, "a.", ["memory"])
    >>> values, pullback({"memory": 4.0})
    ({'memory': 0.5}, {'a.memory': array(1.)})
    """
    values, slopes = {}, {}
    for name in names:
        raw = float(weights[prefix + name])
        tail = math.exp(-abs(raw))
        logistic = (1 if raw >= 0 else tail) / (1 + tail)
        if SCALARS[name] == "fraction":
            values[name], slopes[name] = logistic, tail / (1 + tail) ** 2
        else:
            values[name], slopes[name] = max(raw, 0) + math.log1p(tail), logistic

    def pullback(gradients: Mapping[str, float]) -> dict[str, Floats]:
        return {
            prefix + name: np.asarray(
                slopes[name] * gradients[name], dtype=weights[prefix + name].dtype
            )
            for name in names
        }

    return values, pullback
