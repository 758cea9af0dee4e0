"""How the pairs of queries and keys are cut into tiles that fit the cache."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import numpy as np

from lohe.dynamics.errors import InputError

__all__ = ["Index", "Tiles", "choose_tiles", "lead_blocks"]

Index = tuple[int | slice, ...]
"""Selects a block of the leading axes."""

# Measured on two cores with 1 MiB of second-level cache each, where a buffer has to fit; smaller
# tiles lose more to the calls than they gain.
_BYTES = 1 << 20
_ROWS = 1024

# Narrower products are no faster.
_NARROWEST = 16

# Elsewhere (an accelerator) a launch costs more than a trip to memory.
_BYTES_ELSEWHERE = 1 << 26


@dataclass(frozen=True)
class Tiles:
    """The cut of (leading entries) x queries x keys.

    Parameters
    ----------
    entries
        Leading entries that one tile may hold.
    rows, columns
        Queries and keys in a tile.
    queries, keys
        Queries and keys in all.
    causal
        Query i meets keys j <= i only, so tiles above the diagonal are left out.
    """

    entries: int
    rows: int
    columns: int
    queries: int
    keys: int
    causal: bool

    @cached_property
    def row_blocks(self) -> list[tuple[int, int]]:
        """The first row and the end of each block of rows, the longest rows first."""
        starts = range(0, self.queries, self.rows)
        return [(start, min(start + self.rows, self.queries)) for start in reversed(starts)]

    def cut(self, start: int, end: int) -> Iterator[tuple[slice, slice]]:
        """Yield the rows and the columns of each tile of a block of rows, first columns first.

        Under ``causal`` a tile's rows begin where they meet its first column.
        """
        stop = min(end, self.keys) if self.causal else self.keys
        for first in range(0, stop, self.columns):
            near = max(start, first) if self.causal else start
            yield slice(near, end), slice(first, min(first + self.columns, stop))

    @property
    def size(self) -> int:
        """Entries of the largest tile."""
        return self.entries * self.rows * self.columns


@lru_cache(maxsize=256)
def choose_tiles(
    xp: Any,
    shape: tuple[int, ...],
    itemsize: int,
    *,
    causal: bool,
    tile: tuple[int, int] | None = None,
) -> Tiles:
    """Choose tiles for pairs of this shape.

    Parameters
    ----------
    xp
        The array namespace.
    shape
        Leading axes, queries and keys.
    itemsize
        Bytes of a number.
    causal
        See `Tiles`.
    tile
        Rows and columns, instead of those that fit the cache.

    Raises
    ------
    InputError
        If ``tile`` has a side below 1.

    Examples
    --------
    >>> cut = choose_tiles(np, (8, 4, 2048, 2048), 4, causal=True)
    >>> cut.entries, cut.rows, cut.columns
    (1, 1024, 256)
    >>> choose_tiles(np, (64, 2, 49, 49), 4, causal=False).entries
    109
    """
    *lead, queries, keys = shape
    room = (_BYTES if xp is np else _BYTES_ELSEWHERE) // itemsize
    if tile is None:
        rows = min(queries, _ROWS)
        columns = min(keys, max(1, room // rows))
        if causal:  # half of every tile on the diagonal is idle
            columns = min(columns, max(_NARROWEST, keys // 4))
    elif min(tile) < 1:
        raise InputError(f"tile is {tile}; give it at least one row and one column")
    else:
        rows, columns = min(queries, tile[0]), min(keys, tile[1])
    entries = min(max(1, room // (rows * columns)), math.prod(lead))
    return Tiles(entries, rows, columns, queries, keys, causal)


@lru_cache(maxsize=256)
def lead_blocks(lead: tuple[int, ...], entries: int) -> tuple[Index, ...]:
    """Cut leading axes into blocks of at most so many entries, each one index without copies.

    Examples
    --------
    >>> lead_blocks((2, 3), 1)
    ((0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2))
    >>> lead_blocks((3, 2), 5)
    ((slice(0, 2, None), slice(None, None, None)), (slice(2, 3, None), slice(None, None, None)))
    """
    whole = 1
    axis = len(lead)
    while axis > 0 and whole * lead[axis - 1] <= entries:
        axis -= 1
        whole *= lead[axis]
    rest = (slice(None),) * (len(lead) - axis)
    if axis == 0:
        return (rest,)
    step = entries // whole
    along = lead[axis - 1]
    parts: list[int | slice] = (
        [slice(start, min(start + step, along)) for start in range(0, along, step)]
        if step > 1
        else list(range(along))
    )
    outer = itertools.product(*(range(size) for size in lead[: axis - 1]))
    return tuple((*before, part, *rest) for before in outer for part in parts)
