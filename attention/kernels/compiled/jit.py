"""How loops are compiled, and the types of what they are given."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache
from typing import Any

import numba
import numpy as np

# Compiled matrix products are those of SciPy's BLAS, which has threads of its own.
import scipy.linalg.cython_blas  # noqa: F401
from numba import types

from lohe.attention.arrays import Array
from lohe.attention.kernels.threads import find_blas

__all__ = ["array_type", "compiled", "dot", "in_four_axes", "inlined", "room_like"]

find_blas()

# Contracting to fused multiply-adds is the one liberty taken with most: NaN must still be seen.
_OPTIONS: dict[str, Any] = {"error_model": "numpy", "fastmath": {"contract", "nsz"}}


def inlined(function: Callable[..., Any]) -> Any:
    """Compile a function that compiled functions call."""
    return numba.njit(cache=True, **_OPTIONS)(function)


def compiled(signature: Callable[[Any], Any]) -> Callable[[Callable[..., Any]], Any]:
    """Compile a function that Python calls, without holding the interpreter's lock.

    Parameters
    ----------
    signature
        From Numba's type of the numbers to the types of the arguments. They are given because
        the layouts and rights that arrays come with would else be compiled for one by one.

    Returns
    -------
    callable
        From a dtype, float32 or float64, to the function; it is compiled at the first call.
    """

    def decorate(function: Callable[..., Any]) -> Any:
        @cache
        def version(dtype: np.dtype[Any]) -> Any:
            number = numba.from_dtype(dtype)
            return numba.njit(signature(number), nogil=True, cache=True, **_OPTIONS)(function)

        return version

    return decorate


@numba.njit(cache=True, error_model="numpy", fastmath={"contract", "nsz", "reassoc"})
def dot(left, right):
    """Return the product of two rows, summed in whatever order is fast."""
    total = left[0] * right[0]
    for k in range(1, left.size):
        total += left[k] * right[k]
    return total


def in_four_axes(array: Array) -> Array:
    """Return an array with two leading axes, without a copy wherever that is possible."""
    *lead, rows, width = array.shape
    if len(lead) > 2:
        lead = [math.prod(lead[:-1]), lead[-1]]
    return array.reshape((*(1, 1, *lead)[-2:], rows, width))


def room_like(array: Array) -> Array:
    """Return memory whose axes lie in the order of an array's, unless it repeats its entries.

    The heads of a projection then join again without a copy.
    """
    repeated = any(n > 1 and not step for n, step in zip(array.shape, array.strides, strict=True))
    return np.empty(array.shape, array.dtype) if repeated else np.empty_like(array)


def array_type(number: Any, axes: int, *, read_only: bool = False) -> Any:
    """Return the type of arrays with any strides, which also takes those that lie in order."""
    return types.Array(number, axes, "A", readonly=read_only)
