"""ln(1 + x) at the speed of ln where the processor has no vector instructions for it."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from lohe.attention.arrays import Array
from lohe.attention.kernels.scratch import write

__all__ = ["log1p"]


@cache
def _numpy_is_fast() -> bool:
    """Whether NumPy's log1p is vectorised here; otherwise it takes numbers one by one."""
    try:
        from numpy.lib.introspect import opt_func_info
    except ImportError:
        return False
    loops = opt_func_info(func_name="^log1p$").get("log1p", {})
    return bool(loops) and not any(
        loop["current"].startswith("baseline") for loop in loops.values()
    )


def log1p(xp: Any, x: Array, work: tuple[Any, Any]) -> Array:
    """Return ln(1 + x) for x >= 0, to the last place or two, in ``work[0]``.

    Parameters
    ----------
    xp
        The array namespace.
    x : array
        Not overwritten.
    work
        Two arrays of the same shape to work in, or two times None.

    Examples
    --------
    >>> float(log1p(np, np.array([1e-20]), (None, None))[0])
    1e-20
    """
    if xp is not np or _numpy_is_fast():
        return write(xp.log1p, x, out=work[0])
    return _by_log(x, work)


def _by_log(x: Array, work: tuple[Any, Any]) -> Array:
    # u = 1 + x is rounded; what it lost, x - (u - 1), is exact, and ln(u + lost) = ln u + lost/u.
    u = np.add(x, 1, out=work[0])
    lost = np.subtract(u, 1, out=work[1])
    np.subtract(x, lost, out=lost)
    np.divide(lost, u, out=lost)
    np.log(u, out=u)
    return np.add(u, lost, out=u)
