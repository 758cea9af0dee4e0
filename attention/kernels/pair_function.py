"""Functions of a pair's product that work within a few arrays of memory."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from lohe.attention.arrays import Array
from lohe.attention.kernels.scratch import Work, write

__all__ = ["NO_WORK", "PairFunction", "constant", "in_place", "step_of"]

NO_WORK: Work = (None, None, None)
"""No memory to work in: every step makes a new array."""


@dataclass(frozen=True)
class PairFunction:
    """A function f of the product s of a pair, and its derivatives.

    Both callables may overwrite s and the work arrays. Values may lie in any of them, for the
    fewer arrays they touch the more of a tile stays in cache; slopes, and values that come with
    slopes, lie in work arrays (or in new ones), never in s.

    Parameters
    ----------
    value
        ``(xp, u s, work) -> f(s)`` with the unit u.
    value_and_slopes
        ``(xp, u s, work) -> (f(s), f'(s))``, and the derivatives by the function's parameters.
    parameters
        Number of parameters that have a derivative.
    vanishes_at_zero
        Whether f and all its derivatives are 0 at s = 0. A pair is then left out by s = 0, which
        also spares f large arguments.
    unit
        The factor u that both expect their argument to have.
    name, exponent
        What compiled loops know the function by, if they do: see
        `lohe.attention.kernels.compiled.functions`.
    """

    value: Callable[[Any, Array, Work], Array]
    value_and_slopes: Callable[[Any, Array, Work], tuple[Array, ...]]
    parameters: int = 0
    vanishes_at_zero: bool = False
    unit: float = 1
    name: str = ""
    exponent: int = 1


def constant(xp: Any, number: float, like: Array) -> Array:
    """Return an array of one number: NumPy's maximum and minimum are slow against a scalar."""
    if xp is not np:
        return xp.full(like.shape[-1:], number, dtype=like.dtype, device=like.device)
    # Against a row they are slow too: they start anew for each row.
    size = 1 << max(like.size - 1, 0).bit_length()
    return _filled(number, size, like.dtype)[: like.size].reshape(like.shape)


@lru_cache(maxsize=32)
def _filled(number: float, size: int, dtype: Any) -> Array:
    array = np.full(size, number, dtype=dtype)
    array.flags.writeable = False
    return array


def in_place(xp: Any, s: Array) -> Array | None:
    """Return an array as memory to write into, or None where a library has no ``out=``."""
    return s if xp is np else None


def step_of(xp: Any, positive: Array, out: Array | None) -> Array:
    """Return 1 where a non-negative array is positive and 0 elsewhere, as b/b without 0/0."""
    least = constant(xp, float(xp.finfo(positive.dtype).smallest_normal), positive)
    return write(xp.divide, positive, write(xp.maximum, positive, least, out=out), out=out)
