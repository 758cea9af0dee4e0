r"""Coupling functions: from a score :math:`q \cdot k/\sqrt{d_h}` to a coupling W >= 0."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np

from lohe.attention.arrays import Array
from lohe.attention.kernels.logarithm import log1p
from lohe.attention.kernels.pair_function import (
    NO_WORK,
    PairFunction,
    constant,
    in_place,
    step_of,
)
from lohe.attention.kernels.scratch import Work, write
from lohe.dynamics.errors import InputError

__all__ = ["COUPLINGS", "RELU_FLOOR", "SQUAREPLUS", "Coupling", "find_coupling"]

RELU_FLOOR = 1e-3
"""Pasqualetti & Guo (arXiv 2606.12059) add it, so that a rectified coupling never leaves an
oscillator without any drive."""

# e^s = 2^(s/ln 2).
_BINARY = 1 / math.log(2)

SQUAREPLUS = 4 * math.log(2) ** 2
"""Makes squareplus equal to softplus at 0: sqrt(4 ln^2 2)/2 = ln 2."""


@dataclass(frozen=True)
class Coupling:
    """A coupling function and its derivative.

    Parameters
    ----------
    name
        The name it is chosen by.
    function
        Value and slope, the one non-negative for every finite score, the other at a kink the
        derivative from the left.
    """

    name: str
    function: PairFunction

    def value(self, xp: Any, score: Array) -> Array:
        """Return the couplings of these scores, a new array."""
        return self.function.value(xp, self._argument(xp, score), NO_WORK)

    def slope(self, xp: Any, score: Array) -> Array:
        """Return the derivative at these scores, a new array."""
        return self.function.value_and_slopes(xp, self._argument(xp, score), NO_WORK)[1]

    def _argument(self, xp: Any, score: Array) -> Array:
        return xp.asarray(score * self.function.unit)  # a new array, which may be overwritten


def _softplus(xp: Any, s: Array, work: Work) -> tuple[Array, Array]:
    # Beyond the limit ln(1 + e^s) is s to rounding, and e^s might overflow. Scores that large
    # are rare; elsewhere than in NumPy, to look costs more than to allow for them.
    limit = 0.9 * math.log2(float(xp.finfo(s.dtype).max))
    excess = None
    if xp is not np or s.max() > limit:
        within = xp.minimum(s, constant(xp, limit, s))
        s, excess = within, s - within
    power = np.exp2(s, out=work[0]) if xp is np else 2.0**s  # faster than e^s by half
    value = log1p(xp, power, (work[1], work[2]))
    return (value if excess is None else value + excess / _BINARY), power


def _softplus_value(xp: Any, s: Array, work: Work) -> Array:
    return _softplus(xp, s, (work[0], in_place(xp, s), work[1]))[0]


def _softplus_slopes(xp: Any, s: Array, work: Work) -> tuple[Array, Array]:
    value, power = _softplus(xp, s, work)
    one_more = write(xp.add, power, constant(xp, 1, s), out=work[2])
    return value, write(xp.divide, power, one_more, out=work[0])


def _relu_value(xp: Any, s: Array, work: Work) -> Array:
    value = write(xp.maximum, s, constant(xp, 0, s), out=in_place(xp, s))
    value += RELU_FLOOR
    return value


def _relu_slopes(xp: Any, s: Array, work: Work) -> tuple[Array, Array]:
    value = write(xp.maximum, s, constant(xp, 0, s), out=work[1])
    slope = step_of(xp, value, work[0])
    value += RELU_FLOOR
    return value, slope


def _elu_value(xp: Any, s: Array, work: Work) -> Array:
    return _elu_slopes(xp, s, (work[0], in_place(xp, s), None))[0]


def _elu_slopes(xp: Any, s: Array, work: Work) -> tuple[Array, Array]:
    zero = constant(xp, 0, s)
    slope = write(xp.exp, write(xp.minimum, s, zero, out=work[0]), out=work[0])
    value = write(xp.maximum, s, zero, out=work[1])
    value += slope
    return value, slope


def _squareplus(xp: Any, s: Array, work: Work) -> tuple[Array, Array]:
    # (s + root)/2 cancels for s << 0; s^+ + (root - |s|)/2 with the difference as its conjugate
    # quotient c/(root + |s|) does not.
    root = write(xp.multiply, s, s, out=work[0])
    root += SQUAREPLUS
    root = write(xp.sqrt, root, out=work[0])
    value = write(xp.abs, s, out=work[1])
    value += root
    value = write(xp.divide, constant(xp, SQUAREPLUS / 2, s), value, out=work[1])
    value += write(xp.maximum, s, constant(xp, 0, s), out=in_place(xp, s))
    return value, root


def _squareplus_value(xp: Any, s: Array, work: Work) -> Array:
    return _squareplus(xp, s, work)[0]


def _squareplus_slopes(xp: Any, s: Array, work: Work) -> tuple[Array, Array]:
    value, root = _squareplus(xp, s, work)
    return value, write(xp.divide, value, root, out=work[0])


COUPLINGS: Mapping[str, Coupling] = MappingProxyType(
    {
        name: Coupling(name, PairFunction(value, slopes, unit=unit, name=name))
        for name, value, slopes, unit in (
            ("softplus", _softplus_value, _softplus_slopes, _BINARY),
            ("relu", _relu_value, _relu_slopes, 1),
            ("elu", _elu_value, _elu_slopes, 1),
            ("squareplus", _squareplus_value, _squareplus_slopes, 1),
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
    >>> float(find_coupling("softplus").value(np, np.ones(1))[0])
    1.3132616875182228
    """
    try:
        return COUPLINGS[name]
    except (KeyError, TypeError) as error:
        raise InputError(f"unknown coupling {name!r}; choose {', '.join(COUPLINGS)}") from error
