r"""The causal readout with exponent 1, compiled: a few tokens at a time, all of it in cache.

All that the past leaves behind is :math:`\sum_j (r_j, 1) (v_j, 1)^\top`. The adjoint goes along the
tokens once more, for what depends on the past, and then back, for what depends on the future: there
the sum is of resting points times gradients.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numba import types

from lohe.attention.arrays import Array
from lohe.attention.kernels.compiled.chunk import (
    CHUNK,
    add_product,
    add_rows,
    copy,
    masked,
    past_only,
    square,
)
from lohe.attention.kernels.compiled.jit import (
    array_type,
    compiled,
    dot,
    in_four_axes,
    inlined,
    room_like,
)
from lohe.attention.kernels.threads import map_tasks

__all__ = [
    "add_keys",
    "compiled_affine_readout_vjp",
    "forget",
    "moment_of",
    "pull_keys",
    "pull_quotient",
    "pull_read",
    "read_chunk",
    "reading_of",
    "take_keys",
]

Gradients = tuple[Array, Array, Array]


class Moment(NamedTuple):
    """The sum of (r, 1) (v, 1)^T over some keys, and memory for a share of it."""

    outer: Any
    of_values: Any
    of_anchors: Any
    count: Any
    share: Any


class Reading(NamedTuple):
    """Memory for the readout of a chunk."""

    pins: Any
    values: Any
    sums: Any
    weights: Any
    near: Any
    d_near: Any
    share_x: Any
    share_v: Any
    d_x: Any
    d_v: Any
    ones: Any


def compiled_affine_readout_vjp(
    x: Array, anchors: Array, v: Array, read: Array
) -> tuple[Array, Callable[[Array], Gradients]]:
    """Return the attended values and their adjoint; see `affine_readout_vjp`.

    Parameters
    ----------
    x, anchors : (*lead, T, d) arrays
    v : (*lead, T, d_v) array
    read : (*lead, T, 1) array
        1 where a key is read, else 0. Leading axes are the same for all.

    Returns
    -------
    out : (*lead, T, d_v) array
    pullback : callable
        ``pullback(d_out) -> (dx, danchors, dv)`` with all leading axes.
    """
    dtype = np.dtype(v.dtype)
    arrays = tuple(in_four_axes(array) for array in (x, anchors, v, read))
    columns = arrays[0].shape[1]
    entries, out = range(arrays[0].shape[0] * columns), room_like(arrays[2])
    read_rows, pull_rows = _read(dtype), _pull(dtype)
    map_tasks(lambda entry: read_rows(arrays, out, divmod(entry, columns)), entries)

    def pullback(d_out: Array) -> Gradients:
        found = tuple(room_like(array) for array in arrays[:3])
        given = (*arrays, in_four_axes(d_out))
        map_tasks(lambda entry: pull_rows(given, found, divmod(entry, columns)), entries)
        dx, danchors, dv = found
        return dx.reshape(x.shape), danchors.reshape(anchors.shape), dv.reshape(v.shape)

    return out.reshape(v.shape), pullback


@inlined
def moment_of(d, n, like):
    """Return the sum over no keys."""
    return Moment(
        np.zeros((d, n), like.dtype),
        np.zeros(n, like.dtype),
        np.zeros(d, like.dtype),
        np.zeros(1, like.dtype),
        np.empty((d, n), like.dtype),
    )


@inlined
def forget(moment):
    """Make the sum that over no keys."""
    moment.outer[:], moment.of_values[:], moment.of_anchors[:], moment.count[:] = 0, 0, 0, 0


@inlined
def reading_of(d, n, like):
    """Return memory for chunks."""
    return Reading(
        np.empty((CHUNK, d), like.dtype),
        np.empty((CHUNK, n), like.dtype),
        np.empty((CHUNK, n), like.dtype),
        np.empty(CHUNK, like.dtype),
        np.empty(CHUNK * CHUNK, like.dtype),
        np.empty(CHUNK * CHUNK, like.dtype),
        np.empty((CHUNK, d), like.dtype),
        np.empty((CHUNK, n), like.dtype),
        np.empty((CHUNK, d), like.dtype),
        np.empty((CHUNK, n), like.dtype),
        np.ones(CHUNK, like.dtype),
    )


@inlined
def take_keys(anchors, v, read, room):
    """Copy the keys of a chunk to where they lie in order."""
    masked(anchors, read, room.pins)
    copy(v, room.values)


@inlined
def read_chunk(x, read, least, moment, room):
    """Sum the weighted values of a chunk's rows, and the weights, into the room.

    No weight is below the least, to which cancellation may bring it.
    """
    rows = x.shape[0]
    near, sums = square(room.near, rows), room.sums[:rows]
    np.dot(x, room.pins[:rows].T, near)
    for i in range(rows):
        total = dot(x[i], moment.of_anchors) + moment.count[0]
        for j in range(i + 1):
            near[i, j] += read[j]
            total += near[i, j]
        room.weights[i] = max(total, least)
    past_only(near)
    np.dot(near, room.values[:rows], sums)
    add_product(x, moment.outer, room.share_v[:rows], sums)
    for i in range(rows):
        for j in range(sums.shape[1]):
            sums[i, j] += moment.of_values[j]


@inlined
def add_keys(read, moment, room):
    """Add the chunk's keys to the sum."""
    rows = read.size
    pins, values = room.pins[:rows], room.values[:rows]
    add_product(pins.T, values, moment.share, moment.outer)
    add_rows(values, read, moment.of_values)
    add_rows(pins, room.ones, moment.of_anchors)
    for j in range(rows):
        moment.count[0] += read[j]


@inlined
def pull_quotient(d_out, d_sums, d_weights, room):
    """Write the gradients of sums and weights that `read_chunk` left in the room."""
    for i in range(d_out.shape[0]):
        for j in range(d_out.shape[1]):
            d_sums[i, j] = d_out[i, j] / room.weights[i]
        d_weights[i] = -dot(d_sums[i], room.sums[i]) / room.weights[i]


@inlined
def _pull_near(d_sums, d_weights, room):
    """Return the gradients of the chunk's lifted cosines."""
    rows = d_weights.size
    d_near = square(room.d_near, rows)
    np.dot(d_sums, room.values[:rows].T, d_near)
    for i in range(rows):
        for j in range(i + 1):
            d_near[i, j] += d_weights[i]
    past_only(d_near)
    return d_near


@inlined
def pull_read(d_sums, d_weights, moment, room):
    """Return the gradients of the resting points; the moment is of the keys before."""
    rows = d_weights.size
    d_x = room.d_x[:rows]
    np.dot(_pull_near(d_sums, d_weights, room), room.pins[:rows], d_x)
    add_product(d_sums, moment.outer.T, room.share_x[:rows], d_x)
    for i in range(rows):
        for j in range(d_x.shape[1]):
            d_x[i, j] += d_weights[i] * moment.of_anchors[j]
    return d_x


@inlined
def pull_keys(x, read, d_sums, d_weights, after, room):
    """Return the gradients of a chunk's keys, and add its rows to what comes after.

    That is the sum of (x, 1) (d_sums, d_weight)^T over all rows behind the chunk.
    """
    rows = read.size
    near, pins, values = square(room.near, rows), room.pins[:rows], room.values[:rows]
    d_anchors, dv = room.d_x[:rows], room.d_v[:rows]
    np.dot(x, pins.T, near)
    for i in range(rows):
        for j in range(i + 1):
            near[i, j] += read[j]
    past_only(near)
    np.dot(near.T, d_sums, dv)
    add_product(pins, after.outer, room.share_v[:rows], dv)
    np.dot(_pull_near(d_sums, d_weights, room).T, x, d_anchors)
    add_product(values, after.outer.T, room.share_x[:rows], d_anchors)
    for i in range(rows):
        for j in range(dv.shape[1]):
            dv[i, j] += read[i] * after.of_values[j]
        for j in range(d_anchors.shape[1]):
            d_anchors[i, j] = (d_anchors[i, j] + after.of_anchors[j]) * read[i]
    add_product(x.T, d_sums, after.share, after.outer)
    add_rows(d_sums, room.ones, after.of_values)
    add_rows(x, d_weights, after.of_anchors)
    return d_anchors, dv


def _read_types(number: Any) -> Any:
    read, written = array_type(number, 4, read_only=True), array_type(number, 4)
    return types.void(types.UniTuple(read, 4), written, types.UniTuple(types.int64, 2))


def _pull_types(number: Any) -> Any:
    read, written = array_type(number, 4, read_only=True), array_type(number, 4)
    where = types.UniTuple(types.int64, 2)
    return types.void(types.UniTuple(read, 5), types.UniTuple(written, 3), where)


@compiled(_read_types)
def _read(arrays, out, where):
    """Read out one leading entry."""
    a, b = where
    x, anchors, v = arrays[0][a, b], arrays[1][a, b], arrays[2][a, b]
    (length, d), n = x.shape, v.shape[1]
    moment, room = moment_of(d, n, out), reading_of(d, n, out)
    states = np.empty((CHUNK, d), out.dtype)
    for start in range(0, length, CHUNK):
        some = slice(start, min(start + CHUNK, length))
        rows, read = some.stop - start, arrays[3][a, b, some, 0]
        copy(x[some], states)
        take_keys(anchors[some], v[some], read, room)
        read_chunk(states[:rows], read, moment.count[0] * 0, moment, room)
        for i in range(rows):
            for j in range(n):
                out[a, b, start + i, j] = room.sums[i, j] / room.weights[i]
        add_keys(read, moment, room)


@compiled(_pull_types)
def _pull(arrays, found, where):
    """Write the gradients of one leading entry."""
    a, b = where
    x, anchors, v, d_out = arrays[0][a, b], arrays[1][a, b], arrays[2][a, b], arrays[4][a, b]
    dx, d_anchors, dv = found[0][a, b], found[1][a, b], found[2][a, b]
    (length, d), n, like = x.shape, v.shape[1], found[0].dtype
    moment, room = moment_of(d, n, dx), reading_of(d, n, dx)
    states, d_sums = np.empty((CHUNK, d), like), np.empty((length, n), like)
    d_weights = np.empty(length, like)
    for start in range(0, length, CHUNK):
        some = slice(start, min(start + CHUNK, length))
        rows, read = some.stop - start, arrays[3][a, b, some, 0]
        copy(x[some], states)
        take_keys(anchors[some], v[some], read, room)
        read_chunk(states[:rows], read, moment.count[0] * 0, moment, room)
        pull_quotient(d_out[some], d_sums[some], d_weights[some], room)
        copy(pull_read(d_sums[some], d_weights[some], moment, room), dx[some])
        add_keys(read, moment, room)
    forget(moment)
    for start in range((length - 1) // CHUNK * CHUNK, -1, -CHUNK):
        some = slice(start, min(start + CHUNK, length))
        rows, read = some.stop - start, arrays[3][a, b, some, 0]
        copy(x[some], states)
        take_keys(anchors[some], v[some], read, room)
        found_here = pull_keys(states[:rows], read, d_sums[some], d_weights[some], moment, room)
        copy(found_here[0], d_anchors[some])
        copy(found_here[1], dv[some])
