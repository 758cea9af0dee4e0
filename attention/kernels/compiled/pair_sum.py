r"""Sums over all pairs, compiled: what `lohe.attention.kernels.pair_sum` does with NumPy.

Function and mask take one pass over a tile between its two matrix products, and threads meet once
for a block of rows instead of once for each function. Which tiles there are depends on shapes only.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numba
import numpy as np
from numba import types

from lohe.attention.arrays import Array
from lohe.attention.kernels.compiled.chunk import copy
from lohe.attention.kernels.compiled.functions import (
    NUMBERS,
    STRIP,
    room_for,
    value,
    value_and_slope,
)
from lohe.attention.kernels.compiled.jit import array_type, compiled, in_four_axes, inlined
from lohe.attention.kernels.threads import map_tasks

__all__ = ["CompiledPairs"]

# Of a tile; measured on cores with 1 MiB of second-level cache.
_ROWS, _COLUMNS = 64, 256

# Rows of all entries that one task works through.
_BLOCK = 512

# Parts of an entry's rows can go to several threads, but each has its own table of gradients.
_TASKS = 4

# Below so many pairs, handing work to a thread costs more than it saves.
_WORTH_A_THREAD = 1 << 17


@dataclass(frozen=True)
class CompiledPairs:
    """What the pairs are formed of, and what is summed over them.

    Parameters
    ----------
    left, right, values : (*lead, rows, width) arrays
        See `lohe.attention.kernels.pair_sum.pair_sum_vjp`.
    name, exponent
        The function: one of `NUMBERS`, and the exponent of a power.
    scale
        Factor of the products.
    causal
        Whether row i meets columns j <= i only.
    """

    left: Array
    right: Array
    values: Array
    name: str
    exponent: int
    scale: float
    causal: bool

    def sums(self) -> Array:
        """Return the sums, (*lead, T_q, n)."""
        left, arrays = self.left, self._arrays()
        sums = np.empty((*arrays[0].shape[:-1], self.values.shape[-1]), left.dtype)
        sum_rows = _sum_rows(left.dtype)

        def work(task: tuple[tuple[int, int], tuple[int, int]]) -> None:
            sum_rows(arrays, sums, task, self._function(), room_for(left.dtype))

        blocks = self._blocks()
        self._for_each(work, [(some, block) for block in blocks for some in self._entries()])
        return sums.reshape(*left.shape[:-1], -1)

    def gradients(self, d_sums: Array) -> tuple[Array, Array, Array]:
        """Return the gradients of left, right and values."""
        left, arrays, blocks = self.left, self._arrays(), self._blocks()
        entries = self._entries()
        parts = min(len(blocks), -(-_TASKS // len(entries)))
        d_left = np.empty(arrays[0].shape, left.dtype)
        d_right, d_values = (np.zeros((parts, *a.shape), left.dtype) for a in arrays[1:])
        given = (*arrays, in_four_axes(d_sums))
        pull_rows = _pull_rows(left.dtype)

        def work(task: tuple[tuple[int, int], int]) -> None:
            some, part = task
            found = (d_left, d_right[part], d_values[part])
            for block in blocks[part::parts]:
                pull_rows(given, found, (some, block), self._function(), room_for(left.dtype))

        self._for_each(work, [(some, part) for part in range(parts) for some in entries])
        joined = [d[0] if parts == 1 else d.sum(axis=0) for d in (d_right, d_values)]
        joined[0] *= self.scale
        return (
            d_left.reshape(left.shape),
            joined[0].reshape(self.right.shape),
            joined[1].reshape(self.values.shape),
        )

    def _arrays(self) -> tuple[Array, ...]:
        return tuple(in_four_axes(array) for array in (self.left, self.right, self.values))

    def _function(self) -> tuple[int, int, bool, Any]:
        return NUMBERS[self.name], self.exponent, self.causal, self.left.dtype.type(self.scale)

    def _blocks(self) -> list[tuple[int, int]]:
        """Return the first row and the end of each block of rows, the longest rows first."""
        queries = self.left.shape[-2]
        return [(a, min(a + _BLOCK, queries)) for a in reversed(range(0, queries, _BLOCK))]

    def _entries(self) -> list[tuple[int, int]]:
        """Return the leading entries, cut where they have as many rows as a block."""
        count = math.prod(self.left.shape[:-2])
        some = max(1, _BLOCK // self.left.shape[-2])
        return [(a, min(a + some, count)) for a in range(0, count, some)]

    def _for_each(self, work: Callable[[Any], None], tasks: list[Any]) -> None:
        if self.left[..., 0].size * self.right.shape[-2] >= _WORTH_A_THREAD:
            map_tasks(work, tasks)
        else:
            for task in tasks:
                work(task)


def _task_types(number: Any) -> tuple[Any, ...]:
    pair = types.UniTuple(types.int64, 2)
    function = types.Tuple((types.int64, types.int64, types.boolean, number))
    room = numba.typeof(room_for(np.dtype(number.name)))
    return types.UniTuple(pair, 2), function, room


def _sum_types(number: Any) -> Any:
    read = array_type(number, 4, read_only=True)
    task, function, room = _task_types(number)
    return types.void(types.UniTuple(read, 3), number[:, :, :, ::1], task, function, room)


def _pull_types(number: Any) -> Any:
    read, written = array_type(number, 4, read_only=True), number[:, :, :, ::1]
    task, function, room = _task_types(number)
    return types.void(types.UniTuple(read, 4), types.UniTuple(written, 3), task, function, room)


@inlined
def _turn(source, factor, flat):
    """Write the transpose of some rows, times a factor, into flat memory; return it as a matrix."""
    rows, width = source.shape
    turned = flat[: rows * width].reshape(width, rows)
    for i in range(rows):
        for j in range(width):
            turned[j, i] = source[i, j] * factor
    return turned


@inlined
def _add(source, target):
    for i in range(source.shape[0]):
        for j in range(source.shape[1]):
            target[i, j] += source[i, j]


@inlined
def _met(causal, end, first, last):
    """Return how many of the columns from first to last some row before `end` meets."""
    return min(last, end) - first if causal else last - first


@inlined
def _hide_future(tile, begin, first):
    """Put 0 where a column, here a row of the tile, is later than a row."""
    for j in range(tile.shape[0]):
        tile[j, : max(0, first + j - begin)] = 0


# Tiles are transposed: columns of the matrix of pairs go down, its rows across. BLAS is fastest at
# products of a matrix, or of a transposed one, with a matrix that is not.


@compiled(_sum_types)
def _sum_rows(arrays, sums, task, function, room):
    """Write the sums of a block of rows of some entries."""
    left, right, values = arrays
    (entry, last_entry), (start, end) = task
    number, exponent, causal, scale = function
    m, n, keys = left.shape[3], values.shape[3], right.shape[2]
    like, height = sums.dtype, end - start
    tiles, rows_of = np.empty(_ROWS * _COLUMNS, like), np.empty(height * m, like)
    keys_of, values_of = np.empty((_COLUMNS, m), like), np.empty((_COLUMNS, n), like)
    share = np.empty((_ROWS, n), like)
    for each in range(entry, last_entry):
        a, b = each // left.shape[1], each % left.shape[1]
        for begin in range(start, end, _ROWS):
            some = left[a, b, begin : min(begin + _ROWS, end)]
            _turn(some, scale, rows_of[(begin - start) * m :])
        sums[a, b, start:end] = 0
        for first in range(0, min(end, keys) if causal else keys, _COLUMNS):
            last = min(first + _COLUMNS, keys)
            copy(right[a, b, first:last], keys_of)
            copy(values[a, b, first:last], values_of)
            for begin in range(start, end, _ROWS):
                rows = min(_ROWS, end - begin)
                columns = _met(causal, begin + rows, first, last)
                if columns > 0:
                    at = (begin - start) * m
                    near = rows_of[at : at + rows * m].reshape(m, rows)
                    tile = tiles[: rows * columns].reshape(columns, rows)
                    np.dot(keys_of[:columns], near, tile)
                    for part in range(0, tile.size, STRIP):
                        value(number, exponent, tiles[part : min(part + STRIP, tile.size)], room)
                    if causal:
                        _hide_future(tile, begin, first)
                    np.dot(tile.T, values_of[:columns], share[:rows])
                    _add(share[:rows], sums[a, b, begin : begin + rows])


@compiled(_pull_types)
def _pull_rows(arrays, found, task, function, room):
    """Add to the gradients what a block of rows of some entries contributes."""
    left, right, values, d_sums = arrays
    d_left, d_right, d_values = found
    (entry, last_entry), (start, end) = task
    number, exponent, causal, scale = function
    m, n, keys, like = left.shape[3], values.shape[3], right.shape[2], d_left.dtype
    tiles, slopes = np.empty(_ROWS * _COLUMNS, like), np.empty(_ROWS * _COLUMNS, like)
    rows_of, turned = np.empty((end - start, m), like), np.empty((end - start) * m, like)
    d_rows_of, d_turned = np.empty((end - start, n), like), np.empty((end - start) * n, like)
    keys_of, values_of = np.empty((_COLUMNS, m), like), np.empty((_COLUMNS, n), like)
    to_rows, to_keys = np.empty((_ROWS, m), like), np.empty((_COLUMNS, m), like)
    to_values, one = np.empty((_COLUMNS, n), like), scale / scale
    for each in range(entry, last_entry):
        a, b = each // left.shape[1], each % left.shape[1]
        copy(left[a, b, start:end], rows_of)
        copy(d_sums[a, b, start:end], d_rows_of)
        for begin in range(0, end - start, _ROWS):
            rows = min(_ROWS, end - start - begin)
            _turn(rows_of[begin : begin + rows], scale, turned[begin * m :])
            _turn(d_rows_of[begin : begin + rows], one, d_turned[begin * n :])
        d_left[a, b, start:end] = 0
        for first in range(0, min(end, keys) if causal else keys, _COLUMNS):
            last = min(first + _COLUMNS, keys)
            copy(right[a, b, first:last], keys_of)
            copy(values[a, b, first:last], values_of)
            for begin in range(0, end - start, _ROWS):
                rows = min(_ROWS, end - start - begin)
                columns = _met(causal, start + begin + rows, first, last)
                if columns > 0:
                    size, some = rows * columns, slice(begin, begin + rows)
                    near = turned[begin * m : (begin + rows) * m].reshape(m, rows)
                    d_near = d_turned[begin * n : (begin + rows) * n].reshape(n, rows)
                    tile = tiles[:size].reshape(columns, rows)
                    slope = slopes[:size].reshape(columns, rows)
                    np.dot(keys_of[:columns], near, tile)
                    for part in range(0, size, STRIP):
                        strip = slice(part, min(part + STRIP, size))
                        value_and_slope(number, exponent, tiles[strip], slopes[strip], room)
                    if causal:
                        _hide_future(tile, start + begin, first)
                        _hide_future(slope, start + begin, first)
                    np.dot(tile, d_rows_of[some], to_values[:columns])
                    _add(to_values[:columns], d_values[a, b, first : first + columns])
                    np.dot(values_of[:columns], d_near, tile)
                    for k in range(size):
                        slopes[k] *= tiles[k]
                    np.dot(slope, rows_of[some], to_keys[:columns])
                    _add(to_keys[:columns], d_right[a, b, first : first + columns])
                    np.dot(slope.T, keys_of[:columns], to_rows[:rows])
                    _add(to_rows[:rows], d_left[a, b, start + begin : start + begin + rows])
        for i in range(start, end):
            for j in range(m):
                d_left[a, b, i, j] *= scale
