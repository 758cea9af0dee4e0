"""A sum that runs along a sequence, segment by segment, and its adjoint in O(segments) memory.

A *block* takes a state and some rows to the next state and the rows' results:
``block(state, rows) -> (state, out, pullback)`` with
``pullback(d_out, d_state) -> (d_state, d_rows)``. States are arrays (..., m, n), rows are arrays
(..., rows, width). The fold of a block over many segments is again a block. It keeps the state at
the start of each segment, and the adjoint works all segments but the last out once more.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from lohe.attention.arrays import Array
from lohe.attention.kernels.threads import map_tasks
from lohe.attention.memory import keep_freed_memory

__all__ = ["CHUNK", "SEGMENT", "Block", "fold_vjp"]

CHUNK = 32
"""Rows whose products with one another are formed directly."""

SEGMENT = 8 * CHUNK
"""Rows to a segment: few enough for a segment's arrays to stay in the cache of a core."""

_GROUP = 2 * SEGMENT  # rows of all leading entries in one call of a block

Arrays = tuple[Array, ...]
Group = tuple[slice, ...]
BlockPullback = Callable[[Array, Arrays], tuple[Arrays, Arrays]]
Block = Callable[[Arrays, Arrays], tuple[Arrays, Array, BlockPullback]]


def fold_vjp(
    xp: Any, block: Block, state: Arrays, rows: Arrays, *, out: Array, constant: int = 0
) -> tuple[Arrays, Array, BlockPullback]:
    """Run a block along the rows.

    With NumPy the leading axes are shared out to threads; other libraries take them whole.

    Parameters
    ----------
    xp
        The array namespace; its arrays must allow assignment to slices.
    block
        See the module.
    state : tuple of (*lead, m, n) arrays
        Before the first row.
    rows : tuple of (*lead, T, w) arrays
        All with the same leading axes.
    out : (*lead, T, width) array
        Room for the results, used where the block is called more than once.
    constant
        How many of the last row arrays take no gradient.

    Returns
    -------
    state : tuple of arrays
        After the last row.
    out : (*lead, T, width) array
    pullback : callable
        ``pullback(d_out, d_state) -> (d_state, d_rows)``, None for the constant rows.
    """
    first = rows[0]
    lead, length = first.shape[:-2], first.shape[-2]
    segments = _segments(length)
    groups = _groups(lead, min(length, SEGMENT)) if xp is np else [()]
    if len(groups) == len(segments) == 1:
        with _quiet():
            return block(state, _cut(xp, rows, ...))
    if xp is np:
        keep_freed_memory()
    last = tuple(xp.empty_like(s) for s in state)

    def forwards(group: Group) -> tuple[Group, list[Arrays], BlockPullback]:
        here = tuple(s[(*group, ...)] for s in state)
        starts = []
        with _quiet():
            for segment in segments:
                starts.append(here)
                where = (*group, ..., segment, slice(None))
                here, out[where], back = block(here, _cut(xp, rows, where))
        for whole, part in zip(last, here, strict=True):
            whole[(*group, ...)] = part
        return group, starts, back

    passes = map_tasks(forwards, groups)
    kept = len(rows) - constant

    def pullback(d_out: Array, d_state: Arrays) -> tuple[Arrays, Arrays]:
        d_rows = tuple(_room_for(xp, r) for r in rows[:kept])
        d_first = tuple(xp.empty_like(s) for s in state)

        def backwards(passed: tuple[Group, list[Arrays], BlockPullback]) -> None:
            group, starts, back = passed
            d_here = tuple(s[(*group, ...)] for s in d_state)
            for segment, start in zip(reversed(segments), reversed(starts), strict=True):
                where = (*group, ..., segment, slice(None))
                if segment is not segments[-1]:
                    _, _, back = block(start, _cut(xp, rows, where))
                d_here, d_pieces = back(d_out[where], d_here)
                for whole, part in zip(d_rows, d_pieces[:kept], strict=True):
                    whole[where] = part
            for whole, part in zip(d_first, d_here, strict=True):
                whole[(*group, ...)] = part

        map_tasks(backwards, passes)
        return d_first, (*d_rows, *[None] * constant)

    return last, out, pullback


def _quiet() -> np.errstate:
    # Callers look for infinities themselves, once; threads don't inherit what they have set.
    return np.errstate(over="ignore", invalid="ignore")


def _is_repeated(xp: Any, array: Array) -> bool:
    # What NumPy makes of a broadcast array, entry by entry, has the repeated axis innermost, and
    # BLAS can't multiply such matrices.
    if xp is not np:
        return False
    return any(n > 1 and not step for n, step in zip(array.shape, array.strides, strict=True))


def _cut(xp: Any, rows: Arrays, where: Any) -> Arrays:
    return tuple(np.ascontiguousarray(r[where]) if _is_repeated(xp, r) else r[where] for r in rows)


def _room_for(xp: Any, array: Array) -> Array:
    if _is_repeated(xp, array):
        return np.empty(array.shape, dtype=array.dtype)
    return xp.empty_like(array)


def _segments(length: int) -> list[slice]:
    """Cut the rows where chunks end, and the rest off; short sequences stay whole."""
    if length <= 2 * CHUNK:
        return [slice(0, length)]
    even = length - length % CHUNK
    ends = [*range(SEGMENT, even, SEGMENT), even, *([length] if length > even else [])]
    return [slice(a, b) for a, b in zip([0, *ends[:-1]], ends, strict=True)]


def _groups(lead: Sequence[int], rows: int) -> list[Group]:
    """Share the longest leading axis out, two segments' rows to a group.

    The groups must not depend on the number of threads, for results must not.
    """
    if not lead:
        return [()]
    axis = max(range(len(lead)), key=lambda i: lead[i])
    others = math.prod(lead) // lead[axis]
    size = max(1, _GROUP // (rows * others))
    before = (slice(None),) * axis
    return [(*before, slice(a, a + size)) for a in range(0, lead[axis], size)]
