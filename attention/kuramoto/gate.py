"""The gate of a score: how much each coordinate of the attending token counts."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lohe.attention.linear import linear
from lohe.dynamics.errors import InputError

__all__ = ["GATES", "check_gate", "gate"]

Floats = NDArray[Any]
Value = Callable[[Floats], Floats]


def _sigmoid(raised: Floats) -> Floats:
    with np.errstate(over="ignore"):  # the gate is then shut, as it should be
        np.exp(np.negative(raised, out=raised), out=raised)
    raised += 1
    return np.divide(1, raised, out=raised)


def _softplus(raised: Floats) -> Floats:
    below = np.log1p(np.exp(-np.abs(raised)))
    np.maximum(raised, 0, out=raised)
    raised += below
    return raised


# The value, in place, and the slope as a function of the value.
_KINDS: Mapping[str, tuple[Value, Value]] = MappingProxyType(
    {
        "sigmoid": (_sigmoid, lambda g: g * (1 - g)),
        "softplus": (_softplus, lambda g: -np.expm1(-g)),
        "signed": (lambda raised: raised, np.ones_like),
    }
)

GATES = ("none", *_KINDS)
"""Every coordinate counts alike, a share between 0 and 1, a weight above 0, or any number: only the
last lets a head look for tokens that are *out* of phase, and is no metric of the torus then."""

OPEN: Mapping[str, tuple[float, float]] = MappingProxyType(
    {
        "none": (0.0, 1.0),
        "sigmoid": (0.0, 0.5),
        "softplus": (math.log(math.e - 1), 1.0),
        "signed": (1.0, 1.0),
    }
)
"""The bias that a new gate has, and its value there."""


def check_gate(kind: str) -> None:
    """Check that there is such a gate.

    Raises
    ------
    InputError
        If not.
    """
    if kind not in GATES:
        raise InputError(f"gate is {kind!r}; choose {', '.join(GATES)}")


def gate(
    kind: str, weight: Floats, bias: Floats, x: Floats
) -> tuple[Floats, Callable[[Floats], tuple[Floats, Floats, Floats]]]:
    """Return f(W x + b) for every oscillator, x all coordinates of the token.

    Parameters
    ----------
    kind : {"sigmoid", "softplus", "signed"}
        The function f; see `GATES`.
    weight : (H n, H n d) array
    bias : (H n,) array
    x : (B, T, H, n, d) array
        Points.

    Returns
    -------
    g : (B, T, H, n) array
    pullback : callable
        ``pullback(dg) -> (dweight, dbias, dx)``.

    Raises
    ------
    InputError
        For another kind.

    Examples
    --------
    >>> shut = np.zeros((1, 2)), np.zeros(1)
    >>> gate("sigmoid", *shut, np.ones((1, 1, 1, 1, 2)))[0].item()
    0.5
    """
    check_gate(kind)
    value, slope = _KINDS[kind]
    batch, tokens, *oscillators, _ = x.shape
    raised, back = linear(weight, bias, x.reshape(batch, tokens, -1))
    g = value(raised)

    def pullback(dg: Floats) -> tuple[Floats, Floats, Floats]:
        dweight, dbias, dx = back(dg.reshape(g.shape) * slope(g))
        assert dbias is not None
        return dweight, dbias, dx.reshape(x.shape)

    return g.reshape(batch, tokens, *oscillators), pullback
