r"""Coupling functions: from a score :math:`q \cdot k/\sqrt{d_h}` to a coupling W >= 0."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from lohe.attention.arrays import Array
from lohe.dynamics.errors import InputError

__all__ = ["COUPLINGS", "Coupling", "find_coupling"]

# Pasqualetti & Guo (arXiv 2606.12059) add this floor, so that a rectified coupling never
# leaves an oscillator without any drive.
_RELU_FLOOR = 1e-3

# Makes squareplus equal to softplus at 0: sqrt(4 ln^2 2)/2 = ln 2.
_SQUAREPLUS = 4 * math.log(2) ** 2


@dataclass(frozen=True)
class Coupling:
    """A coupling function and its derivative, both ``(namespace, score) -> array``.

    Parameters
    ----------
    name
        The name it is chosen by.
    value
        Non-negative for every finite score.
    slope
        Its derivative; at a kink, the derivative from the left.
    """

    name: str
    value: Callable[[Any, Array], Array]
    slope: Callable[[Any, Array], Array]


def _positive_part(xp: Any, s: Array) -> Array:
    return xp.where(s > 0, s, xp.zeros_like(s))


def _softplus(xp: Any, s: Array) -> Array:
    return _positive_part(xp, s) + xp.log1p(xp.exp(-xp.abs(s)))


def _sigmoid(xp: Any, s: Array) -> Array:
    small = xp.exp(-xp.abs(s))  # in (0, 1], so neither branch overflows
    return xp.where(s >= 0, xp.ones_like(s), small) / (1 + small)


def _relu(xp: Any, s: Array) -> Array:
    return _positive_part(xp, s) + _RELU_FLOOR


def _step(xp: Any, s: Array) -> Array:
    return xp.where(s > 0, xp.ones_like(s), xp.zeros_like(s))


def _elu(xp: Any, s: Array) -> Array:
    positive = _positive_part(xp, s)
    return positive + xp.exp(s - positive)


def _elu_slope(xp: Any, s: Array) -> Array:
    return xp.exp(s - _positive_part(xp, s))


def _squareplus(xp: Any, s: Array) -> Array:
    # (s + root)/2 cancels for s << 0; there its conjugate c/(2 (root + |s|)) does not.
    larger = (xp.sqrt(s * s + _SQUAREPLUS) + xp.abs(s)) / 2
    return xp.where(s >= 0, larger, _SQUAREPLUS / 4 / larger)


def _squareplus_slope(xp: Any, s: Array) -> Array:
    return _squareplus(xp, s) / xp.sqrt(s * s + _SQUAREPLUS)


COUPLINGS: Mapping[str, Coupling] = MappingProxyType(
    {
        coupling.name: coupling
        for coupling in (
            Coupling("softplus", _softplus, _sigmoid),
            Coupling("relu", _relu, _step),
            Coupling("elu", _elu, _elu_slope),
            Coupling("squareplus", _squareplus, _squareplus_slope),
        )
    }
)
"""The couplings by name.

``softplus`` ln(1 + e^s), the paper's; ``relu`` s^+ + 1e-3, its only one without exponentials;
``elu`` ELU(s) + 1; ``squareplus`` (s + sqrt(s^2 + 4 ln^2 2))/2, algebraic, softplus at s = 0.
"""


def find_coupling(name: str) -> Coupling:
    """Return the coupling of that name.

    Raises
    ------
    InputError
        If there is none.

    Examples
    --------
    >>> import numpy as np
    >>> float(find_coupling("softplus").value(np, np.float64(0.0)))
    0.6931471805599453
    """
    try:
        return COUPLINGS[name]
    except (KeyError, TypeError) as error:
        raise InputError(f"unknown coupling {name!r}; choose {', '.join(COUPLINGS)}") from error
