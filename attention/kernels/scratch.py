"""Working memory that NumPy's functions write into again and again, so that it stays in cache."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from typing import Any

import numpy as np

from lohe.attention.arrays import Array
from lohe.attention.memory import keep_freed_memory

__all__ = ["Scratch", "Work", "write"]

Work = tuple[Any, Any, Any]
"""Three arrays of a tile's shape to write into, or three times None where a library has no out=."""


def write(function: Callable[..., Array], *arguments: Any, out: Array | None) -> Array:
    """Call an array function with ``out=`` if there is an array to write into, else without.

    Examples
    --------
    >>> room = np.empty(2)
    >>> write(np.sqrt, np.array([4.0, 9.0]), out=room) is room
    True
    """
    return function(*arguments) if out is None else function(*arguments, out=out)


class Scratch(threading.local):
    """Flat buffers, one set a thread, that tiles of any shape are cut from.

    Parameters
    ----------
    xp
        The array namespace. Only NumPy gets buffers; others get None.
    size
        Entries of the largest tile.
    dtype
        Of the buffers.
    count
        Number of buffers.
    """

    def __init__(self, xp: Any, size: int, dtype: Any, count: int) -> None:
        if xp is np:
            keep_freed_memory()
        # Untouched memory costs nothing, so buffers that no function uses are free.
        self.buffers = [np.empty(size, dtype) for _ in range(count)] if xp is np else None
        self.count = count

    def tiles(self, *shape: int) -> tuple[Any, ...]:
        """Return one array of this shape from each buffer; what they hold is arbitrary."""
        if self.buffers is None:
            return (None,) * self.count
        size = math.prod(shape)
        return tuple(buffer[:size].reshape(shape) for buffer in self.buffers)
